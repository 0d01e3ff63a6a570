"""The countries that a message speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml
from babel.core import parse_locale

from bot.localization import locale_of
from bot.nlu.text import without_accents

OTHER_NAMES = Path(__file__).parent / "data" / "country_names.yml"

NOT_MEANT = frozenset({"jersey", "jordan", "guinea", "georgia", "chad", "granada", "reunion", "maurice", "dominique"})
"""Names that in a shop mean something else, or somebody, more often than the country."""

NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ"})
"""Codes that CLDR has among the territories."""

_UNSPACED = re.compile(r"[\u2e80-\u9fff]")


def mentioned_country(text: str, language: str) -> str | None:
    """The country (ISO 3166 code) that a text names in `language` or in English, the last one of several; or None.

    >>> mentioned_country("und nach Österreich?", "de"), mentioned_country("tell us more", "en")
    ('AT', None)
    """
    names, pattern = _names(language)
    # Abbreviations count as they stand, all else without case and accents.
    found = [names[match.group()] for spelling in (text, without_accents(text)) for match in pattern.finditer(spelling)]
    return found[-1] if found else None


def region_of(locale: str | None) -> str | None:
    """The country of a locale such as `de-AT`, if it has one.

    >>> region_of("de-AT"), region_of("zh-Hans-CN"), region_of("es-419"), region_of("en")
    ('AT', 'CN', None, None)
    """
    try:
        region = parse_locale((locale or "").replace("_", "-"), sep="-")[1]
    except ValueError:
        return None
    return region if region and region.isalpha() else None


@cache
def _names(language: str) -> tuple[dict[str, str], re.Pattern[str]]:
    """The names with their codes, and a pattern that finds them."""
    names = {without_accents(name): code for name, code in (*_countries("en"), *_countries(language))}
    for code, others in yaml.load(OTHER_NAMES.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).items():
        names.update((name if name.isupper() else without_accents(name), code) for name in others)
    for name in NOT_MEANT:
        names.pop(name, None)
    # The longest first, so that the Guinea of "Papua New Guinea" is not one of its own.
    return names, re.compile("|".join(_whole(name) for name in sorted(names, key=len, reverse=True)))


def _countries(language: str) -> Iterator[tuple[str, str]]:
    """CLDR's names, and their codes."""
    for code, name in locale_of(language).territories.items():
        if len(code) == 2 and code not in NO_COUNTRIES:
            yield name, code


def _whole(name: str) -> str:
    """The name as a whole word, where words are set apart."""
    return re.escape(name) if _UNSPACED.search(name) else rf"(?<!\w){re.escape(name)}(?!\w)"
