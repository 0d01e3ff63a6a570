"""Wishes for a human agent: what they make of tickets, and what customers are told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.directives import HIGH
from conversations import Author
from conversations.messages import MESSAGES
from desk import queue
from desk.assessment import Assessment, Words, assess, is_back_office
from desk.by_mail import is_mailed
from desk.models import HELD, QUEUED, Place, State, Ticket, UnknownTicket
from desk.presence import crew
from desk.queue import CONVERSATIONS, HANDOFFS, TICKETS
from desk.rules import WITHDRAWN, Rules
from desk.telling import Telling
from desk.waits import place

logger = structlog.get_logger()

HEARD = 3
"""So many of the customer's latest messages say how grave a matter is."""


class Intake:
    """Begins tickets, in transactions that are under way.

    Args:
        by_mail: whether absent customers get answers by e-mail, see `desk.by_mail`.
        wished: is told the reason of each wish.
    """

    def __init__(
        self,
        rules: Rules,
        telling: Telling,
        now: Callable[[], datetime],
        *,
        by_mail: bool = False,
        wished: Callable[[str], object] = lambda reason: None,
    ) -> None:
        self._rules = rules
        self._telling = telling
        self._by_mail = by_mail
        self._wished = wished
        self._now = now

    async def take_on(
        self, connection: AsyncConnection, conversation_id: str, handoff_id: int, language: str
    ) -> list[dict[str, Any]]:
        """See `conversations.Desk.handed_over`."""
        await queue.lock(connection, conversation_id)
        known = await queue.latest(connection, conversation_id)
        handoff = (await connection.execute(select(HANDOFFS).where(HANDOFFS.c.id == handoff_id))).one()
        self._wished(handoff.reason)
        said = await said_lately(connection, conversation_id)
        reason = known.reason if known and not known.closed and handoff.priority != HIGH else handoff.reason
        urgent = handoff.priority == HIGH
        wish = assess(self._rules, reason, handoff.context, said, language, urgent=urgent)
        told = wish.back_office
        if known and not known.closed:
            told = told or known.state in HELD or self.waits(known)
            ticket = await self._add_matter(connection, known, wish)
        elif known and self._goes_on(known):
            ticket = await self._go_on(connection, known, wish, handoff_id)
        else:
            ticket = await self.begin(connection, conversation_id, wish, language, handoff_id=handoff_id)
        return [] if told else [await self._waiting(connection, ticket, language)]

    async def withdraw(
        self, connection: AsyncConnection, conversation_id: str, language: str | None
    ) -> list[dict[str, Any]]:
        """See `conversations.Desk.withdrawn`."""
        ticket = await queue.latest(connection, conversation_id)
        if ticket and ticket.state in HELD and await floor_of(connection, conversation_id):
            return []
        if ticket and ticket.queued and self.waits(ticket):
            now = self._now()
            over = {"state": State.CLOSED, "closed_at": now, "close_reason": WITHDRAWN}
            nobodys = {"agent_id": None, "offered_until": None}
            if await queue.change(connection, ticket.id, now, TICKETS.c.state.in_(QUEUED), **over, **nobodys):
                await queue.close_handoffs(connection, conversation_id, now)
        return [self._telling.withdrawn(language or (ticket.language if ticket else "en"))]

    async def begin(
        self,
        connection: AsyncConnection,
        conversation_id: str,
        wish: Assessment,
        language: str,
        **columns: Any,
    ) -> Ticket:
        """A new ticket, with other `columns` than a waiting one has where they are given."""
        now = self._now()
        talk = select(CONVERSATIONS.c.channel).where(CONVERSATIONS.c.id == conversation_id)
        channel = await connection.scalar(talk)
        if channel is None:
            raise UnknownTicket(conversation_id)
        ticket = await queue.add(
            connection,
            **{
                "conversation_id": conversation_id,
                "channel": channel,
                "language": language,
                "state": State.WAITING,
                "reason": wish.reason,
                "priority": wish.priority,
                "severity": wish.severity,
                "skill": wish.skill,
                "team": wish.team,
                "intent": wish.intent,
                "answer_due_at": now + wish.answer_within if wish.answer_within else None,
                "resolution_due_at": now + wish.resolve_within if wish.resolve_within else None,
                "created_at": now,
                "queued_at": now,
                "changed_at": now,
                **columns,
            },
        )
        logger.info("ticket.opened", ticket_id=ticket.id, reason=ticket.reason, priority=int(ticket.priority))
        return ticket

    async def _add_matter(self, connection: AsyncConnection, known: Ticket, wish: Assessment) -> Ticket:
        """Bring what is new of a wish into the ticket that it has: it may become more urgent, never less."""
        now = self._now()
        # Who waits for somebody does not find themselves in the back office.
        reason = known.reason if wish.back_office else wish.reason
        values: dict[str, Any] = {"reason": reason, "priority": max(known.priority, wish.priority)}
        values |= {"severity": wish.severity or known.severity, "skill": wish.skill or known.skill}
        due = [known.answer_due_at, now + wish.answer_within if wish.answer_within else None]
        if known.queued and not known.first_answer_at:
            values["answer_due_at"] = min(filter(None, due), default=None)
        return await queue.change(connection, known.id, now, **values) or known

    def _goes_on(self, closed: Ticket) -> bool:
        """Whether who wishes for a person again means the same matter."""
        recent = closed.closed_at is not None and closed.closed_at > self._now() - self._rules.reopen_within
        return recent and closed.agent_id is not None and closed.close_reason != WITHDRAWN

    async def _go_on(self, connection: AsyncConnection, known: Ticket, wish: Assessment, handoff_id: int) -> Ticket:
        """Open a ticket again: for the agent who had it where that one takes tickets now, else for anybody."""
        now = self._now()
        there = {one.agent.id for one in await crew(connection, self._rules, now)}
        values = {**reopened(known), "handoff_id": handoff_id, "state": State.WAITING, "agent_id": None}
        if known.agent_id in there:
            until = now + self._rules.accept_within
            values |= {"state": State.OFFERED, "agent_id": known.agent_id, "offered_until": until}
        due = now + wish.resolve_within if wish.resolve_within else None
        values |= {"resolution_due_at": due, "queued_at": now, "accepted_at": None, "warned": [], "declined_by": []}
        values |= {"priority": max(known.priority, wish.priority), "severity": wish.severity, "reason": wish.reason}
        return await queue.change(connection, known.id, now, **values) or known

    def waits(self, ticket: Ticket) -> bool:
        """See `desk.tickets.Tickets.waits`."""
        return not is_back_office(self._rules, ticket.reason, ticket.severity)

    async def place(self, connection: AsyncConnection, ticket: Ticket) -> Place:
        """See `desk.tickets.Tickets.place`."""
        now = self._now()
        return await place(connection, self._rules, ticket, await crew(connection, self._rules, now), now)

    async def _waiting(self, connection: AsyncConnection, ticket: Ticket, language: str) -> dict[str, Any]:
        """What a customer is told who begins to wait."""
        now = self._now()
        if not self._telling.is_there(language, now) or not await crew(connection, self._rules, now):
            by_mail = self._by_mail and await is_mailed(connection, ticket)
            return self._telling.nobody_there(language, now, by_mail=by_mail)
        return self._telling.waiting(language, await self.place(connection, ticket))


def reopened(ticket: Ticket) -> dict[str, Any]:
    """What is otherwise of a ticket that was closed and is not any more."""
    nothing = {"closed_at": None, "close_reason": None}
    return {"reopened": ticket.reopened + 1, **nothing}


async def floor_of(connection: AsyncConnection, conversation_id: str) -> str | None:
    """What whoever has the floor of a conversation is called."""
    theirs = select(CONVERSATIONS.c.floor).where(CONVERSATIONS.c.id == conversation_id)
    name: str | None = await connection.scalar(theirs)
    return name


async def said_lately(connection: AsyncConnection, conversation_id: str) -> Words:
    """What the customer said of late."""
    theirs = (MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.author == Author.CUSTOMER)
    query = select(MESSAGES.c.content, MESSAGES.c.understanding).where(*theirs).order_by(MESSAGES.c.id.desc())
    rows = (await connection.execute(query.limit(HEARD))).all()
    intent = (rows[0].understanding or {}).get("intent") if rows else None
    return Words([str(row.content.get("text") or "") for row in rows], intent)
