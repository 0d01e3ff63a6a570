"""The words with which people choose, count and date in one language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml
from symspellpy.editdistance import DistanceAlgorithm, EditDistance

from bot.matters import any_of
from bot.nlu.text import normalize, without_accents

MIN_LETTERS_OF_SLIP = 5
"""Shorter words are too many to be told from each other by all but one letter."""

_WORD = re.compile(r"\d+|[\u2e80-\u9fff]|[^\W\d_\u2e80-\u9fff]+")
# What an apostrophe cuts off is no word: the "m" of "I'm" and the "l" of "l'autre" are no sizes.
_CLIPPED = re.compile(r"(?<!\w)(?:[cdjlmnst]|qu)'(?=\w)|(?<=\w)'(?:s|m|re|ve|ll|d|t)(?!\w)")
_NOTHING = re.compile(r"(?!)")

_distance = EditDistance(DistanceAlgorithm.DAMERAU_OSA)


def fold(text: str) -> str:
    """The form in which choices are compared: without case, accents, and the width of characters."""
    return without_accents(normalize(text)).strip()


def words_of(text: str) -> list[str]:
    """The words, numbers, and Chinese characters of a folded text, in their order."""
    return _WORD.findall(_CLIPPED.sub(" ", text))


def is_slip(word: str, meant: str) -> bool:
    """Whether a word differs from another as by a slip of the keyboard."""
    shorter = min(len(word), len(meant))
    if shorter < MIN_LETTERS_OF_SLIP or word.isdigit() or meant.isdigit():
        return False
    return bool(_distance.compare(word, meant, 2 if shorter >= 2 * MIN_LETTERS_OF_SLIP else 1) >= 0)


class Words:
    """The block `words` of a language's file; every phrase folded.

    Attributes:
        numbers: phrases for counts; `articles` are counts of one where nothing else counts.
        ordinals: phrases for positions, counted from 1, the last being -1, and 0 for what only looks like one.
        all, both: that all is meant, or two of two.
        excepting: before or behind what is not meant.
        but: from here on something else is said.
        joining: between two things that are both meant.
        negations: what makes a day one that does not suit.
        denying: how people say what is not so before they say what is.
        asking: how questions begin; in Chinese, what is in them.
        fillers: words that choose nothing.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content
        self.numbers = _valued(content["numbers"])
        self.articles = frozenset(map(fold, content["articles"]))
        self.ordinals = _valued(content["ordinals"]) | {fold(phrase): -1 for phrase in content["last"]}
        self.all = _any(content["all"])
        self.both = _any(content["both"])
        self.excepting = _any(content["except"])
        self.but = _any(content["but"])
        self.joining = _any(content["and"])
        self.negations = _any(content["negations"])
        self.denying = _any(content["denying"])
        self.fillers = frozenset(word for phrase in content["fillers"] for word in words_of(fold(phrase)))
        self.days = _valued(content["days"])
        self.not_days = _any(content["not_days"])
        self.in_days = tuple(map(fold, content["in_days"]))
        self.in_weeks = tuple(map(fold, content["in_weeks"]))
        self.next_week = _any(content["next_week"])
        self.weekdays = _valued(content["weekdays"])
        self.months = _valued(content["months"])
        self.before_day = any_of([fold(phrase) for phrase in content["before_day"]]) or "(?!)"

    @cached_property
    def _asking(self) -> re.Pattern[str]:
        asking = [fold(phrase) for phrase in self._content["asking"]]
        anywhere = [phrase for phrase in asking if not phrase.isascii()]
        opening = any_of([phrase for phrase in asking if phrase.isascii()]) or "(?!)"
        return re.compile(rf"^\W*(?:{opening})|(?:{any_of(anywhere) or '(?!)'})")

    def are_asking(self, text: str) -> bool:
        """Whether a folded text is a question."""
        return self._asking.search(text) is not None

    def content_of(self, text: str) -> list[str]:
        """The words of a folded text without fillers."""
        return [word for word in words_of(text) if word not in self.fillers]


@lru_cache(maxsize=16)
def load_content(path: Path) -> dict[str, Any]:
    """A language's file, every value in it as text.

    Raises:
        FileNotFoundError: when there is none.
        yaml.YAMLError: when it is broken.
    """
    # To YAML, "no", "on" and "y" are truth values.
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
    return content


def _valued(phrases: Mapping[str, Sequence[str]]) -> dict[str, int]:
    return {fold(phrase): int(value) for value, of_value in phrases.items() for phrase in of_value}


def _any(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(any_of([fold(phrase) for phrase in phrases])) if phrases else _NOTHING
