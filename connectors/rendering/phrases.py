"""The sentences that messengers say by themselves, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml

from bot.localization import Catalogues
from bot.messages import Messages, Source

DOMAIN = "messengers"
"""The gettext domain: catalogues are `<folder>/<language>/LC_MESSAGES/messengers.po`."""

ROOM = Path(__file__).parent
FILE = ROOM / "phrases.yml"
LOCALES = ROOM / "locales"


class Phrases:
    """The phrases of `phrases.yml` in a language; in English where it has no translation of one.

    Args:
        catalogues: of the domain `DOMAIN`.
        language: a code such as "de".
    """

    def __init__(self, catalogues: Catalogues, language: str) -> None:
        self._catalogues = catalogues
        self.language = language

    def text(self, key: str, **values: object) -> str:
        """A phrase, with the values that it leaves open. Raises `KeyError` for an unknown key or a missing value."""
        said = self._catalogues.text(self.language, key, _english()[key])
        return said.format(**values) if values else said


def messengers_messages(locales: Path = LOCALES) -> Messages:
    """What messengers say, in the order of the file. The key of a phrase is its context."""
    return Messages(locales, DOMAIN, _sources())


@cache
def _english() -> Mapping[str, str]:
    phrases: Mapping[str, str] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return phrases


def _sources() -> Iterator[Source]:
    for key, text in _english().items():
        yield Source(key, text, "", FILE.name, 0)
