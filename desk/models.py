"""What the desk speaks of: tickets, how they are listed, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import Row, RowMapping


class State(StrEnum):
    """What becomes of a ticket."""

    WAITING = "waiting"
    OFFERED = "offered"
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


QUEUED = (State.WAITING, State.OFFERED)
"""The states of a ticket that nobody has taken yet."""

HELD = (State.OPEN, State.SNOOZED)
"""The states of a ticket that an agent has."""


class Priority(IntEnum):
    """How urgent a ticket is; `Rules.priority_minutes` says how much waiting a level is worth."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3


@dataclass(frozen=True, slots=True)
class Ticket:
    """A conversation, or a part of it, that people settle; see `desk.tables.TicketRow` for what the fields mean."""

    id: int
    conversation_id: str
    handoff_id: int | None
    state: State
    reason: str
    channel: str
    language: str
    skill: str | None
    priority: Priority
    severity: str | None
    intent: str | None
    team: str | None
    agent_id: int | None
    declined_by: tuple[int, ...]
    offered_until: datetime | None
    tags: tuple[str, ...]
    created_at: datetime
    queued_at: datetime
    accepted_at: datetime | None
    first_answer_at: datetime | None
    answer_due_at: datetime | None
    resolution_due_at: datetime | None
    warned: tuple[str, ...]
    snoozed_until: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    rating_message_id: int | None
    reopened: int
    changed_at: datetime

    @classmethod
    def from_row(cls, row: Row[Any]) -> Ticket:
        """The ticket of a row that has all columns of the table."""
        return cls.from_mapping(row._mapping)

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any] | RowMapping) -> Ticket:
        """See `from_row`."""
        values = {each.name: row[each.name] for each in fields(cls)}
        values |= {name: tuple(values[name]) for name in ("declined_by", "tags", "warned")}
        return cls(**{**values, "state": State(values["state"]), "priority": Priority(values["priority"])})

    @property
    def queued(self) -> bool:
        """Whether nobody has taken it yet."""
        return self.state in QUEUED

    @property
    def closed(self) -> bool:
        """Whether it is settled."""
        return self.state is State.CLOSED


class View(StrEnum):
    """The lists of the desk."""

    QUEUE = "queue"
    MINE = "mine"
    TEAM = "team"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True)
class Search:
    """What a list is narrowed down to; an empty field narrows nothing.

    Attributes:
        words: are said in the conversation, or stand in the customer's name; as a whole, in any case.
        since, until: of the ticket's beginning, the latter excluded.
    """

    words: str = ""
    language: str | None = None
    channel: str | None = None
    reason: str | None = None
    team: str | None = None
    tag: str | None = None
    agent_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket in a list.

    Attributes:
        name: what the customer is called on the channel, if it is known.
        agent: the name of the agent who has it, or to whom it is offered.
        last_text, last_author, last_at: what was said last in the conversation.
        unread: so many messages of the customer's nobody has read or answered.
    """

    ticket: Ticket
    name: str | None
    agent: str | None
    last_text: str
    last_author: str | None
    last_at: datetime | None
    unread: int


@dataclass(frozen=True)
class Place:
    """Where a ticket stands in the queue: 1 is next. `wait` is None where nothing is known of how long it takes."""

    position: int
    wait: timedelta | None


class Taken(Exception):
    """Somebody else was faster, or the ticket is no longer in the state for that."""


class NotAllowed(Exception):
    """The agent may not do that with this ticket."""


class UnknownTicket(LookupError):
    """There is no ticket with this number."""
