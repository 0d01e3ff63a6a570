"""What a writer should mend in the articles, beyond what keeps a file from being an article at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

from knowledge_base.articles import Article, ArticleError
from knowledge_base.figures import Figure, Kind, names_used, policy_figures, written_out
from knowledge_base.links import anchor
from knowledge_base.rendering import Renderer

MIN_QUESTIONS = 25
BODY_WORDS = (120, 400)
BODY_CHARACTERS = (200, 600)
"""For the languages in `UNSPACED`, whose words are not set apart."""
UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my"})
UNKNOWN_COUNTRY = "ZZ"
"""CLDR's code for an unknown country: what a customer sees whose country nobody knows."""

Articles = Mapping[str, Mapping[str, Article]]
"""By language, then by slug."""

# Only a shop counts in these. Days, months and percents are everybody's: of washing, of batteries, of children's ages.
_SHOPS_OWN = (Kind.MONEY, Kind.WORKDAYS)
_FILE_LINK = re.compile(r"\]\(<?(?![a-z]+:)([^\s()<>#]+\.md)(?:#([^\s()<>]*))?", re.IGNORECASE)
_HEADING = re.compile(r"^#{2,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


def check_articles(
    articles: Articles,
    renderer: Renderer,
    folder: Path,
    catalogue_language: str,
    countries: Collection[str] = (),
) -> Iterator[ArticleError]:
    """The findings of all checks, in no particular order.

    Args:
        articles: by language, then by slug.
        renderer: knows the variables.
        folder: holds the languages' folders; a missing article is reported where it should lie.
        catalogue_language: the language whose slugs are the catalogue.
        countries: every article must render for each of them, and for an unknown one.
    """
    everywhere = dict.fromkeys((UNKNOWN_COUNTRY, *countries))
    yield from _catalogue(articles, folder, catalogue_language)
    yield from _figures(articles, renderer, everywhere)
    for of_language in articles.values():
        yield from _repeated_questions(of_language)
        for article in of_language.values():
            yield from _few_questions(article)
            yield from _links(article, {**articles.get(catalogue_language, {}), **of_language})
            yield from _rendering(article, renderer, everywhere)


def body_length(article: Article, body: str) -> int:
    """The length of a rendered body: words, or characters where words are not set apart."""
    text = re.sub(r"^#+|^[-*] |[*_`|>]", "", body, flags=re.MULTILINE)
    return len("".join(text.split())) if article.language in UNSPACED else len(text.split())


def _catalogue(articles: Articles, folder: Path, catalogue_language: str) -> Iterator[ArticleError]:
    catalogue = articles.get(catalogue_language, {})
    for language, of_language in articles.items():
        for slug in catalogue.keys() - of_language.keys():
            yield ArticleError(
                folder / language / f"{slug}.md", 1, f"missing: the article is there in {catalogue_language}"
            )
        for slug in of_language.keys() - catalogue.keys():
            yield ArticleError(of_language[slug].path, 1, f"there is no article '{slug}' in {catalogue_language}")


def _few_questions(article: Article) -> Iterator[ArticleError]:
    if len(article.questions) < MIN_QUESTIONS:
        message = f"{len(article.questions)} questions, expected at least {MIN_QUESTIONS}"
        yield ArticleError(article.path, article.lines["questions"], message)


def _repeated_questions(articles: Mapping[str, Article]) -> Iterator[ArticleError]:
    """Questions that are the same but for case, spaces and punctuation."""
    first: dict[str, tuple[Article, int]] = {}
    for article in articles.values():
        for i, question in enumerate(article.questions):
            line = article.lines[f"questions.{i}"]
            other, other_line = first.setdefault(re.sub(r"[\W_]+", "", question.casefold()), (article, line))
            if (other, other_line) != (article, line):
                message = f"the question '{question}' stands at {other.path}:{other_line} already"
                yield ArticleError(article.path, line, message)


def _rendering(article: Article, renderer: Renderer, countries: Collection[str]) -> Iterator[ArticleError]:
    """Variables and filters that fail, and bodies of a wrong length: each once, not for every country."""
    found: set[int] = set()
    try:
        for unknown in renderer.unknown_variables(article, UNKNOWN_COUNTRY):
            found.add(unknown.line)
            yield unknown
    except ArticleError as error:
        yield error
        return
    least, most = BODY_CHARACTERS if article.language in UNSPACED else BODY_WORDS
    unit = "characters" if article.language in UNSPACED else "words"
    lengths: dict[int, str] = {}
    for country in countries:
        try:
            rendered = renderer.render(article, country)
        except ArticleError as error:
            if error.line not in found:
                found.add(error.line)
                yield error
        else:
            lengths.setdefault(body_length(article, rendered.body), country)
    for length in {min(lengths), max(lengths)} if lengths else ():
        if not least <= length <= most:
            message = f"the body has {length} {unit} for {lengths[length]}, expected {least} to {most}"
            yield ArticleError(article.path, article.lines["body"], message)


def _figures(articles: Articles, renderer: Renderer, countries: Collection[str]) -> Iterator[ArticleError]:
    """Figures of the shop that are written out, where a variable would say what holds in the country."""
    stated = policy_figures(map(renderer.variables, countries))
    sections = {name.partition(".")[0] for names in stated.values() for name in names}
    used: dict[str, set[str]] = {}
    for of_language in articles.values():
        for slug, article in of_language.items():
            used.setdefault(slug, set()).update(names_used(article) & sections)
    for of_language in articles.values():
        for slug, article in of_language.items():
            for figure in written_out(article):
                # What an article is about, the sections of the policies tell that it uses in any language.
                about = sections if figure.kind in _SHOPS_OWN else used[slug] or sections
                names = _stating(figure, stated, about)
                if names:
                    message = (
                        f"'{figure.text}' is written out: is it {' or '.join(names)}? "
                        f"If it is no figure of the shop, {{{{ '{figure.text}' }}}} says so"
                    )
                    yield ArticleError(article.path, figure.line, message)


def _stating(
    figure: Figure, stated: Mapping[tuple[Kind, Decimal], Collection[str]], sections: Collection[str]
) -> list[str]:
    """The variables that state a figure: of a range both ends, or else it is none of the shop."""
    # Working days are often called days.
    kinds = (Kind.DAYS, Kind.WORKDAYS) if figure.kind is Kind.DAYS else (figure.kind,)
    found = [
        {name for kind in kinds for name in stated.get((kind, value), ()) if name.partition(".")[0] in sections}
        for value in figure.values
    ]
    return sorted(set().union(*found)) if all(found) else []


def _links(article: Article, catalogue: Mapping[str, Article]) -> Iterator[ArticleError]:
    """Links to files of articles, `[text](slug.md#section)`, that lead nowhere."""
    for link in _FILE_LINK.finditer(article.body):
        file, section = link.groups()
        line = article.lines["body"] + article.body.count("\n", 0, link.start())
        target = catalogue.get(file.removesuffix(".md").removeprefix("./"))
        if target is None:
            yield ArticleError(article.path, line, f"the link to '{file}' leads to no article")
        elif section and not _has_section(target, unquote(section)):
            yield ArticleError(article.path, line, f"'{file}' has no section '{section}'")


def _has_section(article: Article, name: str) -> bool:
    headings = _HEADING.findall(article.body)
    # What a template's heading says depends on the country.
    return any("{" in heading or anchor(heading) == anchor(name) for heading in headings)
