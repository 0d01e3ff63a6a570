"""Several matters in one message: "it arrived broken, and also where's my other order"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.intents import MATTERS, QUESTION
from bot.nlu.text import count_words, fold_width

SURE_ADDED, SURE_JOINED, SURE_APART = 0.8, 0.98, 0.999
"""How sure both parts must be where the second begins with a word that adds something, with one that may join two
matters, and with neither. People tell one matter in several sentences far more often than two matters in one message:
these values, with `_are_two`, part 5 of a thousand messages with one matter, and find 86 of a hundred with two."""

MIN_WORDS, MIN_WORDS_UNSPACED = 3, 2
"""The words that each part has at least; the latter in Chinese, where a word says more."""

MAX_BORDERS = 8
"""So many places are looked at in a message at most, the ones with the clearest words first."""

_MARK = re.compile(r"[.!?;,\n。！？；，、–—:：)）]+\s*")
_TRIM = " \n,:;，：；、"
_UNSPACED = re.compile(r"[\u2e80-\u9fff]")

Understand = Callable[[Sequence[str]], list[dict[str, Any]]]
"""Parses texts, each as Rasa's parse result after the decision."""


@dataclass(frozen=True)
class Matter:
    """A part of a message, and what it was parsed as."""

    text: str
    parsed: dict[str, Any]

    @property
    def label(self) -> str:
        """The likeliest intent; of a question, with its article."""
        intent = str(self.parsed["intent_ranking"][0]["name"])
        if intent == QUESTION:
            return str(self.parsed["response_selector"][QUESTION]["ranking"][0]["intent_response_key"])
        return intent

    @property
    def intent(self) -> str:
        """The likeliest intent."""
        return self.label.partition("/")[0]

    @property
    def confidence(self) -> float:
        """The probability of the likeliest intent."""
        return float(self.parsed["intent_ranking"][0]["confidence"])


@dataclass(frozen=True)
class _Border:
    """A place at which a message may go on to another matter.

    Attributes:
        end: where the first part ends.
        start: where the second part starts, after the connective.
        sure: how sure both parts must be.
    """

    end: int
    start: int
    sure: float


class Connectives:
    """The words of one language with which people go on to another matter."""

    def __init__(self, openers: Sequence[str], adding: Sequence[str], joining: Sequence[str]) -> None:
        lead = f"(?:(?:{any_of(openers)})[,，]?\\s*)*"
        self._adding = re.compile(f"{lead}(?:{any_of(adding)})", re.IGNORECASE)
        self._joining = re.compile(f"(?:{any_of(joining)})", re.IGNORECASE)

    def borders(self, text: str) -> list[_Border]:
        """The places at which the text may go on to another matter, the likeliest first."""
        positions = {found.end() for found in _MARK.finditer(text)}
        # Full-width letters are letters; but a dash, which this makes a hyphen, is a mark.
        text = fold_width(text)
        positions |= {found.start() for pattern in (self._adding, self._joining) for found in pattern.finditer(text)}
        borders = [self._border(text, position) for position in positions]
        long_enough = [border for border in borders if all(map(_is_long, (text[: border.end], text[border.start :])))]
        return sorted(long_enough, key=lambda border: (border.sure, border.end))[:MAX_BORDERS]

    def _border(self, text: str, position: int) -> _Border:
        for pattern, sure in ((self._adding, SURE_ADDED), (self._joining, SURE_JOINED)):
            connective = pattern.match(text, position)
            if connective:
                return _Border(position, connective.end(), sure)
        return _Border(position, position, SURE_APART)


def load_connectives(path: Path) -> dict[str, Connectives]:
    """The connectives of each language in a file."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {language: Connectives(**words) for language, words in content.items()}


def separate(text: str, language: str, connectives: Mapping[str, Connectives], understand: Understand) -> list[Matter]:
    """The two matters of a message in their order; none if it has but one.

    Of several places to part it, the one is taken whose parts are understood best, among those with the clearest
    connective.
    """
    if language not in connectives:
        return []
    borders = connectives[language].borders(text)
    if not borders:
        return []
    pieces = [piece.strip(_TRIM) for border in borders for piece in (text[: border.end], text[border.start :])]
    matters = [Matter(piece, parsed) for piece, parsed in zip(pieces, understand(pieces), strict=True)]
    best: tuple[float, float] | None = None
    found: list[Matter] = []
    for number, border in enumerate(borders):
        first, second = matters[2 * number], matters[2 * number + 1]
        confidence = min(first.confidence, second.confidence)
        if (
            _are_two(first, second, border)
            and confidence >= border.sure
            and (best is None or (-border.sure, confidence) > best)
        ):
            best, found = (-border.sure, confidence), [first, second]
    return found


def _are_two(first: Matter, second: Matter, border: _Border) -> bool:
    """Whether two parts are matters of their own."""
    if first.label == second.label or not {first.intent, second.intent} <= MATTERS:
        return False
    # People ask a question after a sentence that leads to it: by a mark alone, two questions are not told apart.
    return border.sure < SURE_APART or {first.intent, second.intent} != {QUESTION}


def _is_long(part: str) -> bool:
    return count_words(part) >= (MIN_WORDS_UNSPACED if _UNSPACED.search(part) else MIN_WORDS)


def any_of(phrases: Sequence[str]) -> str:
    """A pattern for one of the phrases, the longest first, and not inside of a word where words have borders."""
    return "|".join(map(_phrase, sorted(phrases, key=len, reverse=True)))


def _phrase(phrase: str) -> str:
    if _UNSPACED.match(phrase):
        return re.escape(phrase)
    end = r"(?!\w)" if phrase[-1].isalnum() else ""
    # A Chinese character before "2)" is no part of its word.
    return rf"(?<![^\W\u2e80-\u9fff]){re.escape(phrase)}{end}"
