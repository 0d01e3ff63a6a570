"""What happened, as reports count it: contacts, tickets opened and closed, ratings asked for.

A *contact* is a stretch of a conversation: it begins with a message from the customer, and ends when they were silent
for `SILENCE`. Everything is counted by exact moments, so that the days of any time zone come out right; a moment is in
seconds since 1970 here, a duration in seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from desk.reports import queries

SILENCE = timedelta(hours=24)
"""A contact ends when its customer was silent for longer."""

REPEATED_WITHIN = timedelta(days=7)
"""A matter was not settled at the first contact where its customer comes back with it within this time."""

BOT, NOBODY = "bot", "nobody"
"""Who settled what no agent did, and who has what no agent has yet."""

WITHDRAWN = "withdrawn"
"""Why a ticket was closed whose customer wanted no person any more."""


@dataclass(slots=True)
class Fact:
    """Something that is counted. `agent` is an agent's id, `BOT` or `NOBODY`; `intent` is empty where nobody knows."""

    at: float
    conversation_id: str
    channel: str
    language: str
    agent: str
    intent: str


@dataclass(slots=True)
class Contact(Fact):
    """A contact; `at` is its first message.

    Attributes:
        customer: the same for all contacts of a customer, as far as is known.
        understood: how many of the customer's messages the bot looked at.
        misunderstood: of how many of them it could make nothing.
        answered_after: until the bot's first answer, if it gave one.
        settled: whether the customer did not come back with the matter; None where that is not known yet.
    """

    customer: str
    ended_at: float
    understood: int
    misunderstood: int
    answered_after: float | None
    settled: bool | None = None


@dataclass(slots=True)
class Opened(Fact):
    """A ticket that began, and how long its customer waited for a person's first answer, if they have got one."""

    answered_after: float | None


@dataclass(slots=True)
class Closed(Fact):
    """A ticket that was closed, and how long after it began."""

    took: float


@dataclass(slots=True)
class Asked(Fact):
    """A customer who was asked for a rating, and how many stars they gave, if they did."""

    stars: int | None


@dataclass(slots=True)
class Facts:
    """All facts of a time."""

    contacts: list[Contact] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


async def load(connection: AsyncConnection, start: datetime, end: datetime, now: datetime) -> Facts:
    """The facts from one moment until before another."""
    # What was said just before tells which contacts began before; what followed, whether a matter came back.
    around = queries.stretches(start - SILENCE, end + REPEATED_WITHIN)
    contacts = list(_contacts(await connection.execute(around)))
    tickets = (await connection.execute(queries.tickets(start, end + SILENCE))).all()
    asked = [_asked(row) for row in await connection.execute(queries.askings(start, end))]
    _note_tickets(contacts, tickets)
    _note_repeated(contacts, now.timestamp())
    _note_intents(asked, contacts)
    first, last = start.timestamp(), end.timestamp()
    return Facts(
        [contact for contact in contacts if first <= contact.at < last],
        [_opened(ticket) for ticket in tickets if first <= ticket.created_at < last],
        [_closed(ticket) for ticket in tickets if ticket.closed_at and ticket.closed_at < last],
        asked,
    )


def _contacts(stretches: Iterable[Any]) -> Iterator[Contact]:
    """Put together what no silence parts; the stretches come by conversation and time."""
    silence = SILENCE.total_seconds()
    contact: Contact | None = None
    for row in stretches:
        if (
            contact is not None
            and contact.conversation_id == row.conversation_id
            and row.started_at - contact.ended_at <= silence
        ):
            contact.ended_at = row.ended_at
            contact.understood += row.understood
            contact.misunderstood += row.misunderstood
            contact.intent = contact.intent or row.intent or ""
            continue
        if contact is not None:
            yield contact
        contact = _contact(row)
    if contact is not None:
        yield contact


def _contact(row: Any) -> Contact:
    conversation_id, channel, language, customer, intent, start, end, answered, understood, misunderstood = row
    after = None if answered is None else answered - start
    common = (start, conversation_id, channel, language, BOT, intent or "")
    return Contact(*common, customer, end, understood, misunderstood, after)


def _opened(ticket: Any) -> Opened:
    answered = ticket.first_answer_at
    return Opened(ticket.created_at, *_common(ticket), None if answered is None else answered - ticket.created_at)


def _closed(ticket: Any) -> Closed:
    return Closed(ticket.closed_at, *_common(ticket), ticket.closed_at - ticket.created_at)


def _common(ticket: Any) -> tuple[str, str, str, str, str]:
    return ticket.conversation_id, ticket.channel, ticket.language, _agent(ticket), ticket.intent


def _asked(row: Any) -> Asked:
    agent = BOT if row.ticket_id is None else _agent(row)
    return Asked(row.at, row.conversation_id, row.channel, row.language, agent, "", row.stars)


def _agent(row: Any) -> str:
    return NOBODY if row.agent_id is None else str(row.agent_id)


def _note_tickets(contacts: Iterable[Contact], tickets: Iterable[Any]) -> None:
    """Note of each contact who had the ticket that was open during it, or right after it."""
    theirs = defaultdict(list)
    for ticket in tickets:
        if ticket.close_reason != WITHDRAWN:
            theirs[ticket.conversation_id].append(ticket)
    silence = SILENCE.total_seconds()
    for contact in contacts:
        for ticket in theirs.get(contact.conversation_id, ()):
            closed_before = ticket.closed_at and ticket.closed_at < contact.at
            if ticket.created_at <= contact.ended_at + silence and not closed_before:
                contact.agent = _agent(ticket)
                contact.settled = False if ticket.reopened else contact.settled


def _note_repeated(contacts: Iterable[Contact], now: float) -> None:
    """Note of each contact whether it settled its matter."""
    theirs: defaultdict[tuple[str, str], list[Contact]] = defaultdict(list)
    for contact in contacts:
        theirs[contact.customer, contact.intent].append(contact)
    within = REPEATED_WITHIN.total_seconds()
    for same in theirs.values():
        same.sort(key=lambda contact: contact.at)
        for contact, following in zip(same, (*same[1:], None), strict=True):
            if following and following.at <= contact.ended_at + within:
                contact.settled = False
            elif contact.settled is None and contact.ended_at + within <= now:
                contact.settled = True


def _note_intents(asked: Iterable[Asked], contacts: Iterable[Contact]) -> None:
    """Note of each rating asked for what the contact before it was about; contacts come in their order."""
    theirs: defaultdict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        theirs[each.conversation_id].append(each)
    for contact in contacts:
        for each in theirs.get(contact.conversation_id, ()):
            if contact.at <= each.at:
                each.intent = contact.intent
