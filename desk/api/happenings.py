"""What happened, read from the tables in which it is kept anyway.

Nobody has to announce an event in order that webhooks hear of it, and none is lost with a process: whatever happened
since a moment can be found again at any time. Each has a `key` by which it is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations.tables import MessageRow, RatingRow
from desk.tables import FollowUpRow, NoteRow, TicketRow, WarningRow
from storage import table

TICKETS = table(TicketRow)
MESSAGES = table(MessageRow)
RATINGS = table(RatingRow)
NOTES = table(NoteRow)
FOLLOW_UPS = table(FollowUpRow)
WARNINGS = table(WarningRow)

MOST = 5000
"""So many happenings of one kind are read at a time, the oldest first."""

CLOSED = "closed"


@dataclass(frozen=True)
class Happening:
    """Something that happened.

    Attributes:
        event: its kind, one of `EVENTS`.
        key: tells it from others of its kind, at most 64 characters.
        at: when it happened.
        data: what it is about, by numbers and codes; nothing that anybody wrote.
    """

    event: str
    key: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class _Source:
    """Where happenings of a kind are found: rows of `target` since `moment`."""

    target: Table
    moment: ColumnElement[datetime]
    where: tuple[ColumnElement[bool], ...]
    key: Callable[[Row[Any]], str]
    data: Callable[[Row[Any]], dict[str, Any]]

    def query(self, since: datetime) -> Select[Any]:
        changed = (TICKETS.c.changed_at >= since,) if self.target is TICKETS else ()
        found = select(self.target, self.moment.label("happened_at")).where(self.moment >= since, *self.where, *changed)
        return found.order_by(self.moment).limit(MOST)


def _ticket(row: Row[Any]) -> dict[str, Any]:
    columns = ("conversation_id", "reason", "channel", "language", "skill", "priority", "team", "agent_id")
    return {"ticket_id": row.id, **{name: getattr(row, name) for name in columns}}


def _closed(row: Row[Any]) -> dict[str, Any]:
    return {**_ticket(row), "close_reason": row.close_reason}


def _columns(id_name: str, *names: str) -> Callable[[Row[Any]], dict[str, Any]]:
    return lambda row: {id_name: row.id, **{name: getattr(row, name) for name in names}}


def _rating(row: Row[Any]) -> dict[str, Any]:
    return {"message_id": row.message_id, "conversation_id": row.conversation_id, "stars": row.stars}


def _by_id(row: Row[Any]) -> str:
    return str(row.id)


def _by_moment(row: Row[Any]) -> str:
    return f"{row.id}.{row.happened_at.timestamp():.3f}"


_LATELY_BEGUN = case(
    (TICKETS.c.accepted_at.is_(None) | (TICKETS.c.queued_at > TICKETS.c.accepted_at), TICKETS.c.queued_at),
    else_=TICKETS.c.accepted_at,
)
"""When a ticket last began to wait, or was last taken: an open one that was closed before was reopened by then."""

SOURCES: Mapping[str, _Source] = {
    "ticket.opened": _Source(TICKETS, TICKETS.c.created_at, (), _by_id, _ticket),
    "ticket.accepted": _Source(TICKETS, TICKETS.c.accepted_at, (), _by_moment, _ticket),
    "ticket.closed": _Source(TICKETS, TICKETS.c.closed_at, (TICKETS.c.state == CLOSED,), _by_moment, _closed),
    "ticket.reopened": _Source(
        TICKETS,
        _LATELY_BEGUN,
        (TICKETS.c.state != CLOSED, TICKETS.c.reopened > 0),
        lambda row: f"{row.id}.{row.reopened}",
        _ticket,
    ),
    "message.created": _Source(
        MESSAGES, MESSAGES.c.created_at, (), _by_id, _columns("message_id", "conversation_id", "author")
    ),
    "rating.given": _Source(
        RATINGS,
        RATINGS.c.created_at,
        (),
        lambda row: f"{row.message_id}.{row.happened_at.timestamp():.3f}",
        _rating,
    ),
    "note.created": _Source(NOTES, NOTES.c.created_at, (), _by_id, _columns("note_id", "conversation_id", "agent_id")),
    "follow_up.created": _Source(
        FOLLOW_UPS,
        FOLLOW_UPS.c.created_at,
        (),
        _by_id,
        _columns("follow_up_id", "kind", "conversation_id", "message_id", "agent_id"),
    ),
    "warning.raised": _Source(
        WARNINGS, WARNINGS.c.raised_at, (), _by_id, _columns("warning_id", "kind", "count", "expected", "conversations")
    ),
}

EVENTS = tuple(SOURCES)
"""The kinds of happenings."""


async def happenings(
    connection: AsyncConnection, events: Iterable[str], since: datetime
) -> tuple[list[Happening], datetime | None]:
    """What happened of some kinds since a moment (aware), each kind in its order.

    A ticket that was closed and reopened in between is found as reopened only. Where there is more than `MOST` of a
    kind, the moment comes with it from which on there is more to be read; else None.
    """
    found, more = [], []
    for event in events:
        source = SOURCES[event]
        rows = (await connection.execute(source.query(since))).all()
        found += [Happening(event, source.key(row), row.happened_at, source.data(row)) for row in rows]
        if len(rows) == MOST:
            more.append(rows[-1].happened_at)
    return found, min(more, default=None)
