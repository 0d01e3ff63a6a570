"""How a customer sounds, message by message: what one sees at once in the words, and no more than that.

A message with a threat, an injury or insults counts -2 (`bot.severity`), a complaint -1, shouting -1, thanks +1, all
else 0. No model judges people here, so nothing has to be believed: each value can be read off its message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.severity import severity

LOWEST, HIGHEST = -2, 1

LATELY = 3
"""So many messages say how the customer sounds now."""

MOST = 24
"""So many messages are looked at."""

LETTERS = 8
"""So many capital letters in a row of words are shouting; an order number is not."""

WIDTH, HEIGHT = 120.0, 28.0
"""Of the drawing, in its own units."""

_SHOUTED = re.compile(r"!{2,}|！{2,}|[?？][!！]|[!！][?？]")


class Trend(StrEnum):
    """Where it goes."""

    CALM = "calm"
    IMPROVING = "improving"
    WORSENING = "worsening"
    UPSET = "upset"


@dataclass(frozen=True)
class Mood:
    """The values of the latest messages, the oldest first; each from `LOWEST` to `HIGHEST`."""

    scores: tuple[int, ...] = ()

    @property
    def trend(self) -> Trend:
        """Where it goes: the latest messages against those before them."""
        lately, before = _mean(self.scores[-LATELY:]), _mean(self.scores[:-LATELY])
        if self.scores[:-LATELY] and lately - before >= 0.5:
            return Trend.IMPROVING
        if self.scores[:-LATELY] and before - lately >= 0.5:
            return Trend.WORSENING
        return Trend.UPSET if lately <= -0.5 else Trend.CALM

    @property
    def points(self) -> list[tuple[float, float]]:
        """The values as points of a line, from left to right, 0 at the top left of `WIDTH` by `HEIGHT`."""
        step = WIDTH / max(len(self.scores) - 1, 1)
        share = HEIGHT / (HIGHEST - LOWEST)
        return [
            (round(index * step, 1), round((HIGHEST - score) * share, 1)) for index, score in enumerate(self.scores)
        ]


def score(text: str, language: str, intent: str | None) -> int:
    """How a message sounds.

    >>> score("I'll see you in court!!", "en", None), score("Danke", "de", "thank"), score("AC-104233?", "en", None)
    (-2, 1, 0)
    """
    if severity(text, language):
        return -2
    value = {"complain": -1, "thank": 1}.get(intent or "", 0)
    if _SHOUTED.search(text) or _capitals(text) >= LETTERS:
        value -= 1
    return max(value, LOWEST)


def _capitals(text: str) -> int:
    """How many letters there are, if all words that have any are in capitals."""
    letters = [char for word in text.split() if not any(map(str.isdigit, word)) for char in word if char.isalpha()]
    return len(letters) if letters and all(map(str.isupper, letters)) else 0


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
