"""Where an imported article belongs: its language, its category, and its slug."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from babel import Locale, UnknownLocaleError
from pypinyin import lazy_pinyin
from slugify import slugify

_CATEGORIES: Mapping[str, list[str]] = yaml.load(
    Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
_MAX_SLUG = 80
_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|json|md)$")
# `articles/360012345-Returns-at-a-glance`: the number is the help desk's, not the article's.
_NUMBERED = re.compile(r"/articles?/\d+-(?=.)")
_HAN = re.compile(r"[\u3400-\u9fff]")
# As Germans write it without umlauts; everybody else leaves the dots out.
_UMLAUTS = {"de": [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")]}


def language_of(tag: str, languages: Sequence[str]) -> str | None:
    """Which of the languages a tag (`de-DE`, `zh_cn`) or a name (`German`, `Deutsch`) means; None if none.

    >>> language_of("zh-Hans-CN", ["en", "zh"]), language_of("Spanisch", ["de", "es"]), language_of("it", ["en"])
    ('zh', 'es', None)
    """
    served = {language.replace("_", "-").casefold(): language for language in languages}
    parts = re.split(r"[-_]", tag.strip().casefold())
    for length in range(len(parts), 0, -1):
        if language := served.get("-".join(parts[:length])):
            return language
    # `English (US)`
    return _names(tuple(languages)).get(re.sub(r"\s*[(（].*", "", tag.strip().casefold()))


def category_of(names: Iterable[str], chosen: Mapping[str, str]) -> str | None:
    """Our category for what an article is filed under.

    Args:
        names: of the source's categories, the nearest first.
        chosen: ours for names of the source's; these come first, whatever their words mean.
    """
    names = list(names)
    own = {name.casefold(): category for name, category in chosen.items()}
    for name in names:
        if name.casefold() in own:
            return own[name.casefold()]
    return next(filter(None, map(_category_by_words, names)), None)


def slug_of(slug: str, url: str, title: str, language: str, otherwise: str) -> str:
    """A slug for the article: the given one, the last part of its address, or its title, in plain letters.

    What has only digits is a number that says nothing; where there is nothing else, `otherwise` makes the slug.
    """
    for name in (slug, _last_part(url), title):
        found = slugged(name, language)
        if found and not found.isdigit():
            return found
    return slugged(f"article {otherwise}", language)


def slugged(text: str, language: str = "") -> str:
    """A text in lower-case letters, digits and single hyphens; '' if it has nothing that could be written so.

    >>> slugged("Rückgabe & Umtausch", "de"), slugged("退货政策"), slugged("¿Cuánto cuesta?")
    ('rueckgabe-umtausch', 'tui-huo-zheng-ce', 'cuanto-cuesta')
    """
    if _HAN.search(text):
        text = " ".join(lazy_pinyin(text))
    return str(slugify(text, max_length=_MAX_SLUG, word_boundary=True, replacements=_UMLAUTS.get(language, ())))


@cache
def _names(languages: tuple[str, ...]) -> dict[str, str]:
    """The languages by their names, in each of them and in English."""
    codes = {re.split("[-_]", language)[0]: language for language in languages}
    names: dict[str, str] = {}
    for speaking in (*codes, "en"):
        try:
            locale = Locale.parse(speaking)
        except (UnknownLocaleError, ValueError):
            continue
        for code, name in locale.languages.items():
            language = codes.get(code.partition("_")[0])
            if language:
                names.setdefault(name.casefold(), language)
    return names


def _category_by_words(name: str) -> str | None:
    found = ((match.start(), -len(match[0]), category) for match, category in _words_in(_folded(name)))
    return min(found, default=(0, 0, None))[2]


def _words_in(name: str) -> Iterable[tuple[re.Match[str], str]]:
    for category, words in _CATEGORIES.items():
        for word in map(_folded, words):
            if match := re.search(word if _HAN.search(word) else rf"\b{word}", name):
                yield match, category


@cache
def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _last_part(url: str) -> str:
    """The last part of an address's path, without the number and the extension that it may have."""
    try:
        path = unquote(urlsplit(url).path).rstrip("/")
    except ValueError:  # No address.
        return ""
    return _EXTENSION.sub("", _NUMBERED.sub("/", path).rpartition("/")[2].lower())
