"""What agents write to each other about a conversation; no customer sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations import Feed
from desk.access.agents import AGENTS, Agent
from desk.events import DESK, follow_up_changed, note_added
from desk.follow_ups import MENTION, raise_follow_up
from desk.tables import NoteRow
from storage import Database, table

NOTES = table(NoteRow)

MOST = 4000
"""So many characters a note has at most."""

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]$")
"""The end of a name after which no space has to come."""


class InvalidNote(ValueError):
    """A note that is empty or too long."""


@dataclass(frozen=True)
class Note:
    """A note.

    Attributes:
        agent: the name of whoever wrote it; None where the desk itself did.
        mentions: the ids of the agents who are named in it.
    """

    id: int
    conversation_id: str
    agent_id: int | None
    agent: str | None
    text: str
    mentions: tuple[int, ...]
    created_at: datetime


class Notes:
    """Keeps the notes."""

    def __init__(self, database: Database, feed: Feed, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._feed = feed
        self._now = now

    async def add(self, conversation_id: str, agent: Agent, text: str) -> Note:
        """Write a note. Who is named in it (`@Mei`) gets something to look after. Raises `InvalidNote`."""
        text = text.strip()
        if not 0 < len(text) <= MOST:
            raise InvalidNote(f"a note has 1 to {MOST} characters")
        now = self._now()
        async with self._database.writing() as connection:
            colleagues = await _colleagues(connection, but=agent.id)
            mentions = sorted(mentioned(text, colleagues))
            values = {"conversation_id": conversation_id, "agent_id": agent.id, "text": text, "mentions": mentions}
            adding = insert(NOTES).values(**values, created_at=now).returning(NOTES.c.id)
            note_id: int = (await connection.execute(adding)).scalar_one()
            raised = [
                await raise_follow_up(connection, MENTION, conversation_id, now, note_id=note_id, agent_id=who)
                for who in mentions
            ]
        await self._feed.publish(
            DESK, note_added(conversation_id, note_id, mentions), *(follow_up_changed(one) for one in raised)
        )
        return Note(note_id, conversation_id, agent.id, agent.name, text, tuple(mentions), now)

    async def of(self, conversation_id: str) -> list[Note]:
        """The notes of a conversation, the oldest first."""
        query = select(NOTES, AGENTS.c.name.label("agent")).outerjoin(AGENTS, AGENTS.c.id == NOTES.c.agent_id)
        theirs = query.where(NOTES.c.conversation_id == conversation_id).order_by(NOTES.c.id)
        async with self._database.reading() as connection:
            return [_note(row) for row in await connection.execute(theirs)]


def mentioned(text: str, names: Iterable[tuple[int, str]]) -> set[int]:
    """Who is named in a text after an @: by the whole name, or by the first one where only one agent has it.

    >>> sorted(mentioned("@Mei Lin and @jonas!", [(1, "Mei Lin"), (2, "Mei Wang"), (3, "Jonas Weber")]))
    [1, 3]
    """
    people = list(names)
    by_name = {name.casefold(): who for who, name in people}
    firsts = [name.casefold().split()[0] for _, name in people if name.split()]
    for who, name in people:
        first = name.casefold().split()[0]
        if firsts.count(first) == 1:
            by_name.setdefault(first, who)
    # The longest first: of "Mei Lin" and "Mei", the former is meant where it stands.
    ordered = sorted(by_name, key=len, reverse=True)
    pattern = "|".join(re.escape(name) + ("" if _CJK.search(name) else r"(?!\w)") for name in ordered)
    return {by_name[name] for name in re.findall(f"@({pattern})", text.casefold())} if pattern else set()


async def _colleagues(connection: AsyncConnection, but: int) -> list[tuple[int, str]]:
    query = select(AGENTS.c.id, AGENTS.c.name).where(AGENTS.c.disabled_at.is_(None), AGENTS.c.id != but)
    return [(row.id, row.name) for row in await connection.execute(query)]


def _note(row: Row[Any]) -> Note:
    return Note(
        row.id, row.conversation_id, row.agent_id, row.agent, row.text, tuple(row.mentions or ()), row.created_at
    )
