"""What was said in a conversation, and what the team wrote beside it, in one time line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from conversations import Author, Photo, Photos
from conversations.messages import MESSAGES
from conversations.outbox import Delivery, Outbox
from conversations.tables import RatingRow
from desk.access.agents import Agents
from desk.tables import NoteRow
from storage import Database, table

NOTES = table(NoteRow)
RATINGS = table(RatingRow)

AT_ONCE = 50
"""So many messages are shown at a time."""

MOST = 200
"""So many are fetched at once that a page has missed."""

NOTE = "note"
"""The kind of a line that customers never see; the others are of their author's kind."""

_INTENT = re.compile(r"/(\w+)")

ReasonText = Callable[[str, str], str]
"""Why something was not delivered, in words: from the reason that `conversations.outbox` keeps, and a language."""


@dataclass(frozen=True)
class Understood:
    """What the bot made of a message; `confidence` from 0 to 1, `entities` by their names."""

    intent: str
    confidence: float
    entities: tuple[tuple[str, str], ...]

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Understood:
        """What is kept of it with the message."""
        entities = tuple((str(found["entity"]), str(found["value"])) for found in stored.get("entities") or ())
        return cls(str(stored.get("intent") or ""), float(stored.get("confidence") or 0.0), entities)


@dataclass(frozen=True)
class Line:
    """Something that was said, or noted.

    Attributes:
        id: of the message, or of the note.
        kind: an `Author`, or `NOTE`.
        name: of an agent.
        pressed: whether a button was pressed, whose title is the text.
        command: of a button whose title is not known, the intent that it stands for.
        event: of the system, what happened.
        stars: of a message that asks for a rating, those that were given.
    """

    id: int
    kind: str
    at: datetime
    text: str = ""
    name: str | None = None
    pressed: bool = False
    command: str | None = None
    buttons: tuple[str, ...] = ()
    photos: tuple[Photo, ...] = ()
    original: str | None = None
    understood: Understood | None = None
    delivery: Delivery | None = None
    event: str | None = None
    asks_rating: bool = False
    stars: int | None = None
    comment: str | None = None

    @property
    def key(self) -> str:
        """What the line is called on the page."""
        return f"{'n' if self.kind == NOTE else 'm'}{self.id}"


@dataclass(frozen=True)
class Part:
    """A part of the time line; `more` says whether there is something before it."""

    lines: tuple[Line, ...]
    more: bool = False


class Transcript:
    """Reads time lines.

    Args:
        photos: what customers and agents showed; None where nothing is kept.
    """

    def __init__(self, database: Database, outbox: Outbox, agents: Agents, photos: Photos | None) -> None:
        self._database = database
        self._outbox = outbox
        self._agents = agents
        self._photos = photos

    async def latest(self, conversation_id: str, before: int | None = None) -> Part:
        """The latest messages, or those before one, with the notes that were written meanwhile."""
        earlier = [MESSAGES.c.id < before] if before is not None else []
        rows = await self._messages(conversation_id, *earlier, limit=AT_ONCE + 1, latest=True)
        more, rows = len(rows) > AT_ONCE, rows[-AT_ONCE:]
        since = rows[0].created_at if more else None
        until = await self._moment(before) if before is not None else None
        notes = await self._notes(conversation_id, since=since, until=until)
        return Part(await self._lines(conversation_id, rows, notes), more)

    async def after(self, conversation_id: str, message_id: int, note_id: int) -> Part:
        """What came after a message and after a note."""
        rows = await self._messages(conversation_id, MESSAGES.c.id > message_id, limit=MOST)
        notes = [note for note in await self._notes(conversation_id) if note.id > note_id]
        return Part(await self._lines(conversation_id, rows, notes))

    async def some(self, conversation_id: str, message_ids: Sequence[int]) -> Part:
        """Some messages as they are now."""
        rows = await self._messages(conversation_id, MESSAGES.c.id.in_(message_ids[:MOST]), limit=MOST)
        return Part(await self._lines(conversation_id, rows, []))

    async def _messages(
        self, conversation_id: str, *which: ColumnElement[bool], limit: int, latest: bool = False
    ) -> list[Row[Any]]:
        """Messages, the oldest first."""
        columns = (MESSAGES.c.id, MESSAGES.c.author, MESSAGES.c.content, MESSAGES.c.understanding)
        query = (
            select(*columns, MESSAGES.c.created_at, RATINGS.c.stars, RATINGS.c.comment)
            .outerjoin(RATINGS, RATINGS.c.message_id == MESSAGES.c.id)
            .where(MESSAGES.c.conversation_id == conversation_id, *which)
            .order_by(MESSAGES.c.id.desc() if latest else MESSAGES.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return sorted(await connection.execute(query), key=lambda row: row.id)

    async def _moment(self, message_id: int) -> datetime | None:
        async with self._database.reading() as connection:
            found: datetime | None = await connection.scalar(
                select(MESSAGES.c.created_at).where(MESSAGES.c.id == message_id)
            )
            return found

    async def _notes(
        self, conversation_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Row[Any]]:
        query = select(NOTES).where(NOTES.c.conversation_id == conversation_id).order_by(NOTES.c.id)
        if since:
            query = query.where(NOTES.c.created_at >= since)
        if until:
            query = query.where(NOTES.c.created_at < until)
        async with self._database.reading() as connection:
            return list(await connection.execute(query))

    async def _lines(
        self, conversation_id: str, rows: Iterable[Row[Any]], notes: Sequence[Row[Any]]
    ) -> tuple[Line, ...]:
        deliveries = await self._outbox.of(conversation_id)
        shown = await self._photos.of(conversation_id) if self._photos else []
        photos = {photo.id: photo for photo in shown}
        names = {agent.id: agent.name for agent in await self._agents.all(disabled=True)} if notes else {}
        said = [_line(row, deliveries.get(row.id), photos) for row in rows]
        noted = [Line(row.id, NOTE, row.created_at, row.text, names.get(row.agent_id)) for row in notes]
        return tuple(sorted([*said, *noted], key=lambda line: (line.at, line.kind == NOTE, line.id)))


def _line(row: Row[Any], delivery: Delivery | None, photos: Mapping[str, Photo]) -> Line:
    content: Mapping[str, Any] = row.content
    text = str(content.get("title") or content.get("text") or "")
    command = _INTENT.match(text) if row.author == Author.CUSTOMER else None
    return Line(
        id=row.id,
        kind=row.author,
        at=row.created_at,
        text="" if command else text,
        name=content.get("name"),
        pressed=row.author == Author.CUSTOMER and bool(content.get("title")),
        command=command[1] if command else None,
        buttons=tuple(str(button["title"]) for button in content.get("buttons") or ()),
        photos=tuple(photos[photo_id] for photo_id in content.get("photos") or () if photo_id in photos),
        original=content.get("original"),
        understood=Understood.from_stored(row.understanding) if row.understanding else None,
        delivery=delivery,
        event=content.get("event"),
        asks_rating=(content.get("custom") or {}).get("type") == "rating",
        stars=row.stars,
        comment=row.comment,
    )
