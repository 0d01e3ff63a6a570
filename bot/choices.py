"""Answers in words to questions with choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Option:
    value: str
    names: tuple[str, ...] = ()


class ChoiceReader:
    def one(self, text: str, language: str, question: str, options: Sequence[Option]) -> str | None:
        return None

    def several(
        self, text: str, language: str, question: str, options: Sequence[Option]
    ) -> dict[str, int | None] | None:
        return None

    def day(self, text: str, language: str, today: date) -> date | None:
        return None

    def number(self, text: str, language: str) -> int | None:
        return None
