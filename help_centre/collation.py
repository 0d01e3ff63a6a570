"""The order of a language's alphabet."""

from __future__ import annotations

import unicodedata
from functools import cache

from pypinyin import lazy_pinyin

from bot.localization import country_name


def sort_key(text: str, language: str) -> list[str]:
    """What texts are compared by: Chinese by pinyin, as in dictionaries; others by their letters, where an accent
    decides only between words that are otherwise the same.

    A stand-in for the Unicode Collation Algorithm, whose one library in Python needs a C++ compiler.
    """
    folded = text.casefold()
    if language == "zh":
        return [syllable.casefold() for syllable in lazy_pinyin(folded)]
    if language == "es":
        folded = folded.replace("ñ", "n\uffff")  # a letter of its own, after every other n
    decomposed = unicodedata.normalize("NFD", folded)
    return ["".join(char for char in decomposed if not unicodedata.combining(char)), folded]


@cache
def country_names(countries: tuple[str, ...], language: str) -> tuple[tuple[str, str], ...]:
    """The codes (ISO 3166) of countries and their names in a language, sorted by name."""
    named = [(code, country_name(code, language)) for code in countries]
    return tuple(sorted(named, key=lambda entry: sort_key(entry[1], language)))
