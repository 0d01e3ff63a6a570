"""What a troubleshooting guide consists of."""

from collections.abc import Mapping
from dataclasses import dataclass

FALLBACK_LANGUAGE = "en"
"""Every text exists in this language; others may be missing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try, and how one sees that it helped: texts by language (ISO 639-1)."""

    texts: Mapping[str, str]
    stop: bool = False
    """The product must not be used any more: after this, a person takes over. Nothing follows such a step."""

    def text(self, language: str) -> str:
        """The text in a language, or the English one."""
        return self.texts.get(language) or self.texts[FALLBACK_LANGUAGE]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that can be wrong with a product; `key` is unique in its guide."""

    key: str
    names: Mapping[str, str]
    phrases: Mapping[str, tuple[str, ...]]
    """By language: how customers describe it. Examples to compare with, no complete list."""
    steps: tuple[Step, ...]
    """From the simplest to the most thorough; at least one."""

    @property
    def is_hazard(self) -> bool:
        """There is nothing to try: the first step already says to stop."""
        return self.steps[0].stop

    def name(self, language: str) -> str:
        """The name in a language, or the English one."""
        return self.names.get(language) or self.names[FALLBACK_LANGUAGE]


@dataclass(frozen=True, slots=True)
class Guide:
    """The problems of a product category, the most frequent ones first; at least one."""

    category: str
    problems: tuple[Problem, ...]
