"""How a message is normalised before anything looks at it."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W\u2e80-\u9fff]+")
_UNSPACED = re.compile(r"[\u2e80-\u9fff]")


def count_words(text: str) -> float:
    """The words of a text; where they are not set apart, as in Chinese, about two characters each."""
    return len(_WORD.findall(text)) + len(_UNSPACED.findall(text)) / 2


def fold_width(text: str) -> str:
    """Replace each character by its NFKC form where that is one character, so that offsets stay as they were.

    `ＡＣ－１０４２３３` becomes `AC-104233`, and a match in the result is a match in the original.
    """
    if text.isascii():
        return text
    return "".join(_narrow(character) for character in text)


_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212"
"""What phones and word processors make of a hyphen."""


def _narrow(character: str) -> str:
    if character in _HYPHENS:
        return "-"
    if character in "ºª":
        return character  # NFKC makes letters of these, and "nº104233" a word
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def normalize(text: str) -> str:
    """The form in which words are compared: NFKC, case folded, plain apostrophes, no control characters."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if folded.isprintable():
        return folded
    return "".join(character if character.isprintable() else " " for character in folded)


def without_accents(text: str) -> str:
    """Without case and accents, for comparing what people type on any keyboard: `Österreich` → `osterreich`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
