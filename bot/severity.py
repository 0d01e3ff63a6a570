"""Messages that a person is to see at once: of injuries, lawyers, authorities, the press, banks, and full of insults.

`bot/data/severity.yml` holds the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from bot.nlu.text import normalize
from knowledge_base.words import Analyzer

WORDS = Path(__file__).parent / "data" / "severity.yml"

SAFETY = "safety"
"""Somebody was hurt, or may be."""

INSULT = "insult"

INSULTS = 2
"""So many different insults in a message are severe."""


def severity(text: str, language: str) -> str | None:
    """What makes a message severe, a key of the words' file, the gravest if several do; None if nothing does.

    >>> severity("I'll see you in court", "en"), severity("Sie Idiot!", "de"), severity("充电器冒烟了", "zh")
    ('legal', None, 'safety')
    """
    tokens = _tokens(text, language)
    for kind, phrases in _phrases(language).items():
        found = {phrase for phrase in phrases if _contains(tokens, phrase)}
        if len(found) >= (INSULTS if kind == INSULT else 1):
            return kind
    return None


@cache
def _phrases(language: str) -> dict[str, set[tuple[str, ...]]]:
    """The phrases of a language by what they are about, the gravest first; none where the file has no such language."""
    content = yaml.load(WORDS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {
        kind: {_tokens(phrase, language) for phrase in phrases} for kind, phrases in content.get(language, {}).items()
    }


@cache
def _analyzer(language: str) -> Analyzer:
    return Analyzer(language)


def _tokens(text: str, language: str) -> tuple[str, ...]:
    """The words without inflection; where no spaces set them apart, the characters."""
    analyzer = _analyzer(language)
    return tuple(normalize(text) if analyzer.unspaced else analyzer.words(text))


def _contains(tokens: Sequence[str], phrase: Sequence[str]) -> bool:
    size = len(phrase)
    return any(tokens[start : start + size] == phrase for start in range(len(tokens) - size + 1))
