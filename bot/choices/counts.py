"""Counts and positions: "two of them", "3x", "the second one"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from bot.choices.words import Words, words_of
from bot.matters import any_of

# Of three digits at most: longer numbers are those of orders and articles.
_DIGITS = re.compile(r"(?<![\w.,-])[x#]?\s?(\d{1,3})(?=$|[^\w.,-]|x(?!\w)|[.,](?!\d)|[\u2e80-\u9fff]|[a-z]{2,4}(?!\w))")
_POSITION = re.compile(r"(?<![\w.,-])#?(\d{1,2})(?:\.|\)|st|nd|rd|th|er|e|eme|o|a)?(?=$|[^\w,]|[\u2e80-\u9fff])")
_DIGITS_UNSPACED = re.compile(r"(?<![a-z0-9.,-])[x#]?\s?(\d{1,3})(?![a-wyz0-9-]|[.,]\d)")


class Counts:
    """The numbers and ordinals of a language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def number(self, text: str) -> int | None:
        """The one number that a folded text says; None if it says none, or several."""
        digits = _DIGITS_UNSPACED if self._unspaced else _DIGITS
        found = {int(match.group(1)) for match in digits.finditer(text)}
        found |= {self._words.numbers[match.group()] for match in self._numbers.finditer(text)}
        if not found and not self._words.articles.isdisjoint(words_of(text)):
            found = {1}
        return found.pop() if len(found) == 1 else None

    def position(self, text: str) -> int | None:
        """The position that a folded text says and nothing else with it; -1 is the last one, None none."""
        return self._only(text, self._ordinals, self._words.ordinals) or self._only(
            text, self._numbers, self._words.numbers
        )

    def _only(self, text: str, pattern: re.Pattern[str], values: Mapping[str, int]) -> int | None:
        found = {values[match.group()] for match in pattern.finditer(text)}
        rest = pattern.sub(" ", text)
        found |= {int(match.group(1)) for match in _POSITION.finditer(rest)}
        if len(found) != 1 or self._words.content_of(_POSITION.sub(" ", rest)):
            return None
        return found.pop()

    @cached_property
    def _numbers(self) -> re.Pattern[str]:
        return re.compile(any_of(list(self._words.numbers)))

    @cached_property
    def _ordinals(self) -> re.Pattern[str]:
        return re.compile(any_of(list(self._words.ordinals)))

    @property
    def _unspaced(self) -> bool:
        return any(not word.isascii() for word in self._words.numbers)
