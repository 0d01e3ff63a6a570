"""Articles for a customer: templates filled in with the figures of a country, formatted for a locale.

The figures come from a callable, `country_code -> mapping`: its entries stand in the templates under their
names (`{{ returns.window_days }}`). Templates see nothing else of the program: the environment is
sandboxed, and a name that does not exist is an error with the file and the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jinja2
from babel import Locale, UnknownLocaleError
from babel.dates import format_time
from babel.lists import format_list
from babel.numbers import format_currency
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from knowledge_base.articles import Article, ArticleError

Variables = Callable[[str], Mapping[str, Any]]
"""The figures that hold in a country, by its ISO 3166 code; it answers for every code, known or not."""

PARTS = ("title", "answer", "body")

# A tag that ends a line with other text on it. Jinja would trim that line break as well, and glue two words,
# or a paragraph and a heading, together; `+%}` tells it not to.
_TAG = r"\{%(?:(?!%\}).)*%\}"
_KEPT_LINE_END = re.compile(rf"^(?!(?:[ \t]*{_TAG})+$)(.*[^-+\n])%\}}$", re.MULTILINE)
# A break in a line of Chinese: without a space, unlike one between words.
_CHINESE = r"[\u3000-\u9fff\uff00-\uffef]"
_BREAK_IN_CHINESE = re.compile(rf"(?<={_CHINESE})[ \t]*\n[ \t\n]*(?={_CHINESE})")


@dataclass(frozen=True)
class Rendered:
    """What a reader sees: `title` and `answer` in plain text on one line, `body` in Markdown."""

    slug: str
    language: str
    title: str
    answer: str
    body: str


class Renderer:
    """Renders articles; each template is compiled when it is first needed, and kept with the renderer."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self._templates: dict[tuple[str, str], jinja2.Template] = {}
        self._environment = ImmutableSandboxedEnvironment(
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # The result is plain text or Markdown; who makes HTML of it cleans it.
            trim_blocks=True,  # A tag alone on its line leaves no empty line behind; see `_KEPT_LINE_END`.
            lstrip_blocks=True,
        )
        self._environment.filters.update(money=_money, listing=_listing, time=_time, languages=_languages)

    def variables(self, country: str) -> Mapping[str, Any]:
        """The figures of a country, as templates see them."""
        return self._variables(country)

    def title(self, article: Article, country: str) -> str:
        """The title alone; see `render`."""
        return self._one_line(article, "title", country)

    def answer(self, article: Article, country: str) -> str:
        """The answer alone; see `render`."""
        return self._one_line(article, "answer", country)

    def body(self, article: Article, country: str) -> str:
        """The body alone; see `render`."""
        return self._render(article, "body", country).strip()

    def render(self, article: Article, country: str) -> Rendered:
        """The article for a customer in `country` (ISO 3166, two letters), formatted as is usual there.

        Raises:
            ArticleError: a variable does not exist, or a value is not what its filter formats.
        """
        return Rendered(
            slug=article.slug,
            language=article.language,
            title=self.title(article, country),
            answer=self.answer(article, country),
            body=self.body(article, country),
        )

    def unknown_variables(self, article: Article, country: str) -> Iterator[ArticleError]:
        """The variables that do not exist, also in branches that a rendering for `country` would not take."""
        context = self._context(article, country)
        for part in PARTS:
            tree = self._environment.parse(getattr(article, part))
            own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
            for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)):
                names = _dotted(node)
                if names and names[0] not in own and not self._exists(context, names):
                    line = article.lines[part] + node.lineno - 1
                    yield ArticleError(article.path, line, f"unknown variable '{'.'.join(names)}'")

    def _exists(self, context: Mapping[str, Any], names: tuple[str, ...]) -> bool:
        """Whether the last of the names exists; if one before it does not, that one is reported instead."""
        if names[0] not in context:
            return len(names) > 1
        value = context[names[0]]
        for i, name in enumerate(names[1:], start=2):
            value = self._environment.getattr(value, name)
            if isinstance(value, jinja2.Undefined):
                return i < len(names)
        return True

    def _one_line(self, article: Article, part: str, country: str) -> str:
        text = _BREAK_IN_CHINESE.sub("", self._render(article, part, country))
        # Plain spaces and line breaks are folded; no-break spaces (in "60 €") are not.
        return re.sub(r"[ \t\n]+", " ", text).strip(" ")

    def _render(self, article: Article, part: str, country: str) -> str:
        source: str = getattr(article, part)
        key = (f"{article.path}#{part}", source)
        context = self._context(article, country)
        try:
            template = self._templates.get(key)
            if template is None:
                template = self._templates[key] = self._compile(*key)
            return template.render(context)
        except Exception as error:  # Whatever a template does wrong is the article's error.
            line = article.lines[part] + (_template_line(error, key[0]) or 1) - 1
            message = getattr(error, "message", None) or str(error) or type(error).__name__
            raise ArticleError(article.path, line, f"for {country}: {message}") from error

    def _compile(self, name: str, source: str) -> jinja2.Template:
        source = _KEPT_LINE_END.sub(r"\1+%}", source)
        code = self._environment.compile(source, name=name, filename=name)
        return jinja2.Template.from_code(self._environment, code, self._environment.make_globals(None))

    def _context(self, article: Article, country: str) -> dict[str, Any]:
        try:
            locale = locale_of(article.language, country)
        except (UnknownLocaleError, ValueError) as error:
            message = f"the folder '{article.language}' is not the code of a language"
            raise ArticleError(article.path, 1, message) from error
        return {
            **self._variables(country),
            "country": locale.territories.get(country, country),
            "country_code": country,
            "_locale": locale,
        }


@lru_cache(maxsize=1024)
def locale_of(language: str, country: str) -> Locale:
    """Babel's locale for a language as written in a country, or the language's own where there is no such.

    Raises:
        UnknownLocaleError, ValueError: for what is not the code of a language that Babel knows.
    """
    try:
        return Locale.parse(f"{language}_{country}")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)


def _locale(context: jinja2.runtime.Context) -> Locale:
    locale = context["_locale"]
    assert isinstance(locale, Locale)
    return locale


@jinja2.pass_context
def _money(context: jinja2.runtime.Context, value: Any) -> str:
    """`60 €`, `4,90 €`: cents only where there are any. A bare number is in the country's `currency`."""
    amount, currency = getattr(value, "amount", value), getattr(value, "currency", None)
    if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
        raise TypeError(f"'money' formats an amount, not {value!r}")
    currency = currency or context["currency"]
    locale = _locale(context)
    if amount == int(amount):
        return format_currency(amount, currency, _whole(locale), locale, currency_digits=False)
    return format_currency(amount, currency, locale=locale)


@lru_cache(maxsize=1024)
def _whole(locale: Locale) -> str:
    """The locale's pattern for money, without decimals."""
    return re.sub(r"\.0+", "", locale.currency_formats["standard"].pattern)


@jinja2.pass_context
def _listing(context: jinja2.runtime.Context, values: Iterable[Any]) -> str:
    """`Visa, Mastercard and PayPal`."""
    if isinstance(values, str):
        raise TypeError(f"'listing' formats a list, not {values!r}")
    return format_list([str(value) for value in values], locale=_locale(context))


@jinja2.pass_context
def _time(context: jinja2.runtime.Context, value: Any) -> str:
    """`8:00 AM`, of a time or of the text '08:00'."""
    if isinstance(value, str):
        value = time.fromisoformat(value)
    if not isinstance(value, time):
        raise TypeError(f"'time' formats a time of day such as '08:00', not {value!r}")
    return format_time(value, "short", locale=_locale(context))


@jinja2.pass_context
def _languages(context: jinja2.runtime.Context, codes: Iterable[str]) -> str:
    """`English, German and French`, of language codes."""
    names = _locale(context).languages
    unknown = [code for code in codes if code not in names]
    if unknown:
        raise ValueError(f"'languages': no language has the code {', '.join(map(repr, unknown))}")
    return format_list([names[code] for code in codes], locale=_locale(context))


def _dotted(node: nodes.Node) -> tuple[str, ...]:
    """`returns.window_days` and `returns['window_days']` as names; () for what is no such path."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        parent = _dotted(node.node)
        return (*parent, node.attr) if parent else ()
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        parent = _dotted(node.node)
        return (*parent, node.arg.value) if parent else ()
    return ()


def _template_line(error: BaseException, name: str) -> int | None:
    """The line of the template (from 1) in which an error came up. Jinja puts it into the traceback."""
    line: int | None = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
