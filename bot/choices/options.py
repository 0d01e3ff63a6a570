"""Choices that have names of their own: products, colours, sizes, orders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.choices.words import fold, is_slip, words_of

MIN_PART = 4
"""So many letters of a longer word name it: "Jacke" a "Regenjacke"."""

MIN_ENDING = 3
"""So many last digits name an order."""

Stem = Callable[[str], str]


@dataclass(frozen=True)
class Option:
    """A choice.

    Attributes:
        value: what is chosen.
        names: what it is called in the customer's language.
    """

    value: str
    names: tuple[str, ...] = ()


class Names:
    """What the options of a question are called.

    Args:
        fillers: words that choose nothing.
        stem: a word without its inflection.
    """

    def __init__(self, options: Sequence[Option], fillers: frozenset[str], stem: Stem) -> None:
        self._options = options
        self._fillers = fillers
        self._stem = stem
        self._words = [
            {word for name in option.names for word in words_of(fold(name)) if _is_size(word) or word not in fillers}
            for option in options
        ]
        self._stems = [set(map(stem, words)) for words in self._words]

    def exactly(self, text: str) -> str | None:
        """The value of the only option that a folded text is a name of, word for word."""
        found = {option.value for option in self._options if text in map(fold, (*option.names, option.value))}
        return found.pop() if len(found) == 1 else None

    def mentioned(self, text: str) -> list[str]:
        """The values of the options that a folded text names: several where it could be either, none if it is none."""
        scores: Counter[str] = Counter()
        for word in words_of(text):
            named = self._named_by(word)
            # The fewer options a word names, the more it says; what names all of them says nothing.
            if named and (len(named) < len(self._options) or len(self._options) == 1):
                scores.update({self._options[index].value: 1 / len(named) for index in named})  # type: ignore[misc]
        best = max(scores.values(), default=0)
        return [value for value, score in scores.items() if score > best - 1e-9]

    def without_names(self, text: str) -> str:
        """A folded text without the numbers that are part of a name, such as a size or an order's number."""
        return re.sub(r"\d+", lambda number: " " if self._named_by(number.group()) else number.group(), text)

    def _named_by(self, word: str) -> list[int]:
        if word in self._fillers and not _is_size(word):
            return []
        stem = self._stem(word)
        return (
            self._where(self._stems, lambda of_name: of_name == stem)
            or self._where(self._stems, lambda of_name: _is_part(stem, of_name))
            or self._where(self._words, lambda of_name: _is_slip_of_part(word, of_name))
        )

    def _where(self, words: Sequence[set[str]], fits: Callable[[str], bool]) -> list[int]:
        """The options that have a word that fits."""
        return [index for index, of_option in enumerate(words) if any(map(fits, of_option))]


def _is_size(word: str) -> bool:
    return word in {"s", "m", "l"}


def _is_part(word: str, of_name: str) -> bool:
    if word.isdigit() or of_name.isdigit():
        return word.isdigit() and of_name.isdigit() and len(word) >= MIN_ENDING and of_name.endswith(word)
    shorter, longer = sorted((word, of_name), key=len)
    return len(shorter) >= MIN_PART and shorter in longer


def _is_slip_of_part(word: str, of_name: str) -> bool:
    # What is compounded is at the end: the "Socken" of the "Wandersocken".
    return is_slip(word, of_name) or is_slip(word, of_name[-len(word) :])
