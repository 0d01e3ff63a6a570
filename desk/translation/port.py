"""What translates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TranslationUnavailable(Exception):
    """There is no translation now; the message says why, and repeats nothing of the text."""


class TranslatorError(ValueError):
    """A translator that is configured wrongly; the message says how, and what to do."""


class Translator(Protocol):
    """Something that translates texts. Languages are codes such as "de" or "zh"."""

    name: str
    """What operators know it by."""

    async def open(self) -> None:
        """Get ready: see which languages there are. Once that is done, it costs nothing.

        Raises:
            TranslationUnavailable: when that cannot be found out now.
            TranslatorError: when it is configured wrongly.
        """

    def supports(self, source: str, target: str) -> bool:
        """Whether it translates from one language into the other, without a detour; False before it is open."""

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The texts' translations. Their lines stay as they are; numbers, addresses and order numbers survive.

        Raises:
            TranslationUnavailable: when there are none now, or never of these languages.
        """

    async def close(self) -> None:
        """Let go of connections and models. It can be opened again afterwards."""
