"""Prepared answers: a text for each language under a shortcut, with variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import yaml
from sqlalchemy import Row, delete, select

from desk.tables import CannedRow
from storage import Database, insertion, table

CANNED = table(CannedRow)

SEEDS = Path(__file__).with_name("canned.yml")

VARIABLES = ("name", "agent", "order_number", "shop")
"""What a text may leave open, as `{name}`: the customer's name, the agent's, an order's number, the shop's name."""

MOST = 4000
"""So many characters a text has at most."""

_SHORTCUT = re.compile(r"[a-z0-9_]{1,32}")
_VARIABLE = re.compile(r"\{(" + "|".join(VARIABLES) + r")\}")


class InvalidCanned(ValueError):
    """A prepared answer that cannot be; `field` is `shortcut`, `language` or `text`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True)
class CannedAnswer:
    """A prepared answer in one language."""

    id: int
    shortcut: str
    language: str
    text: str
    changed_at: datetime


class Canned:
    """Keeps the prepared answers."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    async def seed(self, path: Path = SEEDS) -> int:
        """Fill an empty desk with those of a file (shortcut, language, text); returns how many."""
        rows = [self._row(*each) for each in _read(path)]
        async with self._database.writing() as connection:
            if (await connection.execute(select(CANNED.c.id).limit(1))).first():
                return 0
            # Another process may be doing the same.
            await connection.execute(insertion(connection, CANNED).on_conflict_do_nothing(), rows)
        return len(rows)

    async def all(self, language: str | None = None) -> list[CannedAnswer]:
        """All of them, or those in a language, by their shortcuts."""
        query = select(CANNED).order_by(CANNED.c.shortcut, CANNED.c.language)
        if language is not None:
            query = query.where(CANNED.c.language == language)
        async with self._database.reading() as connection:
            return [_answer(row) for row in await connection.execute(query)]

    async def find(self, words: str, language: str, limit: int = 20) -> list[CannedAnswer]:
        """Those in a language whose shortcut begins with some words, then those that contain them."""
        words = words.strip().casefold()
        known = await self.all(language)
        first = [one for one in known if one.shortcut.startswith(words)]
        others = [one for one in known if one not in first and words in f"{one.shortcut} {one.text}".casefold()]
        return (first + others)[:limit]

    async def save(self, shortcut: str, language: str, text: str) -> CannedAnswer:
        """Add a prepared answer, or change it. Raises `InvalidCanned`."""
        row = self._row(shortcut, language, text)
        async with self._database.writing() as connection:
            saving = insertion(connection, CANNED).values(row)
            values = {"text": row["text"], "changed_at": row["changed_at"]}
            saving = saving.on_conflict_do_update(index_elements=["shortcut", "language"], set_=values)
            return _answer((await connection.execute(saving.returning(CANNED))).one())

    async def remove(self, canned_id: int) -> bool:
        """Delete a prepared answer; returns whether there was one."""
        async with self._database.writing() as connection:
            return bool((await connection.execute(delete(CANNED).where(CANNED.c.id == canned_id))).rowcount)

    def _row(self, shortcut: str, language: str, text: str) -> dict[str, Any]:
        shortcut, text = shortcut.strip().lstrip("/").lower(), text.strip()
        if not _SHORTCUT.fullmatch(shortcut):
            raise InvalidCanned("shortcut", "1 to 32 letters (a-z), digits and _")
        if not 0 < len(language) <= 16:
            raise InvalidCanned("language", "must be the code of a language")
        if not 0 < len(text) <= MOST:
            raise InvalidCanned("text", f"must have 1 to {MOST} characters")
        if unknown := _left_open(text) - set(VARIABLES):
            raise InvalidCanned("text", f"unknown variables: {', '.join(sorted(unknown))}; there are {VARIABLES}")
        return {"shortcut": shortcut, "language": language, "text": text, "changed_at": self._now()}


def fill(text: str, values: Mapping[str, str | None]) -> str:
    """A text with its variables; one that is not known stays, so that the agent sees it before it is sent.

    >>> fill("Hello {name}, {agent} here.", {"name": None, "agent": "Mei"})
    'Hello {name}, Mei here.'
    """
    return _VARIABLE.sub(lambda found: values.get(found[1]) or found[0], text)


def _read(path: Path) -> list[tuple[str, str, str]]:
    content: Mapping[str, Mapping[str, str]] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return [(shortcut, language, text) for shortcut, texts in content.items() for language, text in texts.items()]


def _left_open(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise InvalidCanned("text", f"braces are for variables: {error}") from error


def _answer(row: Row[Any]) -> CannedAnswer:
    return CannedAnswer(row.id, row.shortcut, row.language, row.text, row.changed_at)
