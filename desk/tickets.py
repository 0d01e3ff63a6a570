"""Tickets: what people settle, from the wish for a human agent to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.directives import handoff
from conversations import Author, Conversations, Feed, Message
from desk import listing, queue
from desk.access.agents import AGENTS, Agent, UnknownAgent
from desk.access.audit import Audit
from desk.access.permissions import May, may, sees
from desk.assessment import assess
from desk.by_mail import AnswersByMail
from desk.events import DESK, offered, ticket_changed
from desk.follow_ups import FollowUps
from desk.intake import Intake, floor_of, reopened, said_lately
from desk.models import (
    HELD,
    QUEUED,
    Line,
    NotAllowed,
    Place,
    Priority,
    Search,
    State,
    Taken,
    Ticket,
    UnknownTicket,
    View,
)
from desk.notes import Notes
from desk.presence import is_there
from desk.queue import CONVERSATIONS, HANDOFFS, TICKETS
from desk.rules import HANDED_BACK, VALUED, Rules
from desk.telling import Sentences, Telling
from shop import Policies
from storage import Database

__all__ = [
    "Line",
    "NotAllowed",
    "Place",
    "Priority",
    "Search",
    "State",
    "Taken",
    "Ticket",
    "Tickets",
    "UnknownTicket",
    "View",
]

logger = structlog.get_logger()

ANYTHING = Search()

NOT_CLOSED = tuple(state for state in State if state is not State.CLOSED)

WITH_CARDS = "widget"
"""The channel that shows the cards of what the bot begins."""


class Tickets:
    """The tickets; `conversations.Desk` for the conversations.

    Who does something with a ticket has to see it (`NotAllowed`), and a ticket that is no longer in the state for what
    is to be done raises `Taken`; one that there is not, `UnknownTicket`. What is said to the customer may raise what
    `Conversations.say` raises.

    Args:
        words: the sentences in a language.
        by_mail: writes what agents answer to customers who are not there any more; without it, nobody does.
        wished: is told the reason of each wish for a human agent, new or changed.
    """

    conversations: Conversations
    """Set after both are made, since each needs the other."""

    def __init__(
        self,
        database: Database,
        feed: Feed,
        rules: Rules,
        policies: Policies,
        words: Callable[[str], Sentences],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        by_mail: AnswersByMail | None = None,
        wished: Callable[[str], object] = lambda reason: None,
    ) -> None:
        self._database = database
        self._feed = feed
        self._now = now
        self._audit = Audit(database, now)
        self._telling = Telling(policies, words)
        self._intake = Intake(rules, self._telling, now, by_mail=by_mail is not None, wished=wished)
        self._by_mail = by_mail
        self.rules = rules
        self.notes = Notes(database, feed, now)
        self.follow_ups = FollowUps(database, feed, now)
        self.stirred = asyncio.Event()
        """Set whenever this process changes the queue; whoever waits for it clears it."""

    # What conversations tell.

    async def handed_over(
        self, connection: AsyncConnection, conversation_id: str, handoff_id: int, language: str
    ) -> list[dict[str, Any]]:
        """See `conversations.Desk.handed_over`."""
        return await self._intake.take_on(connection, conversation_id, handoff_id, language)

    async def withdrawn(
        self, connection: AsyncConnection, conversation_id: str, language: str | None
    ) -> list[dict[str, Any]]:
        """See `conversations.Desk.withdrawn`. What somebody decides on is not withdrawn with it."""
        return await self._intake.withdraw(connection, conversation_id, language)

    async def moved(self, connection: AsyncConnection, conversation_id: str, to: str) -> None:
        """See `conversations.Desk.moved`."""
        theirs = TICKETS.c.conversation_id == conversation_id, TICKETS.c.state.in_(NOT_CLOSED)
        channel = select(CONVERSATIONS.c.channel).where(CONVERSATIONS.c.id == to).scalar_subquery()
        await connection.execute(update(TICKETS).where(*theirs).values(conversation_id=to, channel=channel))

    def overheard(self, text: str, language: str) -> dict[str, Any] | None:
        """See `conversations.Desk.overheard`: the rules name the words."""
        return handoff("keyword") if self.rules.keyword(text, language) else None

    async def heard(self, conversation_id: str) -> None:
        """See `conversations.Desk.heard`. A ticket that was put off comes back when its customer writes."""
        ticket = await self.of(conversation_id)
        if ticket and ticket.state is State.SNOOZED:
            # Its agent may be gone, and this is called while the conversation is locked: the dispatcher sees to it.
            await self._change(ticket.id, (State.SNOOZED,), None, None, snoozed_until=self._now())
        elif ticket:
            await self._tell(ticket)

    async def rated(self, conversation_id: str, message_id: int, stars: int) -> None:
        """See `conversations.Desk.rated`."""
        await self.follow_ups.rated(conversation_id, message_id, low=stars <= self.rules.low_rating)

    async def adopt(self) -> int:
        """Make tickets of the open wishes that have none, from before there was a desk; returns how many."""
        without = ~select(TICKETS.c.id).where(TICKETS.c.conversation_id == HANDOFFS.c.conversation_id).exists()
        wished = select(HANDOFFS.c.id, HANDOFFS.c.conversation_id, CONVERSATIONS.c.language).join(
            CONVERSATIONS, CONVERSATIONS.c.id == HANDOFFS.c.conversation_id
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(wished.where(HANDOFFS.c.closed_at.is_(None), without))).all()
        for row in rows:
            async with self._database.writing() as connection:
                await self.handed_over(connection, row.conversation_id, row.id, row.language or "en")
        self.stirred.set()
        return len(rows)

    # What agents see.

    async def get(self, ticket_id: int) -> Ticket | None:
        """A ticket; None where there is none."""
        async with self._database.reading() as connection:
            return await queue.find(connection, ticket_id)

    async def of(self, conversation_id: str) -> Ticket | None:
        """The ticket of a conversation that is not closed, else its newest; None where it never had one."""
        async with self._database.reading() as connection:
            return await queue.latest(connection, conversation_id)

    async def listing(
        self, view: View, agent: Agent, *, search: Search = ANYTHING, limit: int = 50, before: int | None = None
    ) -> list[Line]:
        """The tickets of a list that an agent sees; for the next page, `before` is the last ticket of this one."""
        async with self._database.reading() as connection:
            return await listing.lines(connection, self.rules, view, agent, search, limit, before)

    async def counts(self, agent: Agent) -> dict[str, int]:
        """How many tickets an agent sees in each list, by its name; closed ones are not counted."""
        async with self._database.reading() as connection:
            return await listing.counts(connection, agent)

    async def place(self, ticket_id: int) -> Place:
        """Where a waiting ticket stands in the queue."""
        async with self._database.reading() as connection:
            ticket = await queue.find(connection, ticket_id)
            if ticket is None:
                raise UnknownTicket(ticket_id)
            return await self._intake.place(connection, ticket)

    def waits(self, ticket: Ticket) -> bool:
        """Whether the customer waits for somebody; else somebody decides, and the bot goes on until an agent writes."""
        return self._intake.waits(ticket)

    # What agents do.

    async def open_for(self, agent: Agent, conversation_id: str, reason: str = "taken_over") -> Ticket:
        """Let an agent begin by themselves: with what waits there, or with a new ticket."""
        async with self._database.writing() as connection:
            await queue.lock(connection, conversation_id)
            known = await queue.latest(connection, conversation_id)
            begun = None
            if known is None or known.closed:
                talk = select(CONVERSATIONS.c.language).where(CONVERSATIONS.c.id == conversation_id)
                language = await connection.scalar(talk) or agent.languages[0]
                wish = assess(self.rules, reason, (), await said_lately(connection, conversation_id), language)
                mine: dict[str, Any] = {"state": State.OPEN, "agent_id": agent.id, "accepted_at": self._now()}
                begun = await self._intake.begin(connection, conversation_id, wish, language, **mine)
                await self._record(connection, begun, agent.id, "ticket_opened", reason=reason)
        if begun is None:
            assert known
            return known if known.agent_id == agent.id and known.state in HELD else await self.accept(known.id, agent)
        await self._tell(begun)
        await self.conversations.take_floor(conversation_id, agent.name)
        return begun

    async def accept(self, ticket_id: int, agent: Agent) -> Ticket:
        """Take a ticket that waits, or that is offered. Of several who try, one gets it."""
        await self._seen(ticket_id, agent)
        mine: dict[str, Any] = {
            "state": State.OPEN,
            "agent_id": agent.id,
            "accepted_at": self._now(),
            "offered_until": None,
        }
        ticket = await self._change(ticket_id, QUEUED, "ticket_accepted", agent.id, **mine, declined_by=[])
        if self.waits(ticket):
            await self.conversations.take_floor(ticket.conversation_id, agent.name)
        return ticket

    async def value(self, ticket: Ticket) -> Ticket:
        """Put a waiting ticket further ahead, whose customer is a valued one."""
        values: dict[str, Any] = {"tags": [*ticket.tags, VALUED], "priority": min(ticket.priority + 1, Priority.URGENT)}
        return await self._change(ticket.id, (State.WAITING,), None, None, *_unchanged(ticket), **values)

    async def ask_again(self, ticket: Ticket) -> Ticket:
        """Let a waiting ticket be offered to those again who let it pass."""
        return await self._change(ticket.id, (State.WAITING,), None, None, declined_by=[])

    async def offer(self, ticket: Ticket, agent_id: int) -> Ticket:
        """Offer a waiting ticket to an agent for a while."""
        until = self._now() + self.rules.accept_within
        values: dict[str, Any] = {"state": State.OFFERED, "agent_id": agent_id, "offered_until": until}
        given = await self._change(ticket.id, (State.WAITING,), None, None, **values)
        await self._feed.publish(DESK, offered(ticket.id, agent_id, until))
        return given

    async def decline(self, ticket_id: int, agent: Agent) -> None:
        """Let an offer pass."""
        ticket = await self._seen(ticket_id, agent)
        await self.take_back(ticket, agent.id, declined=True)

    async def take_back(self, ticket: Ticket, agent_id: int, *, declined: bool = False) -> Ticket:
        """End an offer to an agent, who let it pass or is not there."""
        values: dict[str, Any] = {"state": State.WAITING, "agent_id": None, "offered_until": None}
        if declined:
            values["declined_by"] = sorted({*ticket.declined_by, agent_id})
        theirs = TICKETS.c.agent_id == agent_id
        return await self._change(ticket.id, (State.OFFERED,), "offer_passed", agent_id, theirs, **values)

    async def release(self, ticket_id: int, agent: Agent) -> None:
        """Give a ticket back to the queue, for somebody else."""
        ticket = await self._theirs(ticket_id, agent)
        await self._requeue(ticket, "ticket_released", agent.id, declined_by=[ticket.agent_id])

    async def requeue(self, ticket: Ticket) -> None:
        """Put a ticket back in the queue, further ahead, whose agent is gone."""
        priority = min(ticket.priority + 1, Priority.URGENT)
        await self._requeue(ticket, "ticket_requeued", None, priority=priority, declined_by=[])

    async def assign(
        self, ticket_id: int, by: Agent, *, agent_id: int | None = None, team: str | None = None, note: str = ""
    ) -> Ticket:
        """Give a ticket to an agent, who has it at once, or to a team, whose queue it is in then.

        Raises:
            NotAllowed: it is the ticket of somebody else, or of nobody and meant for somebody else.
            UnknownAgent: there is no such agent.
        """
        ticket = await self._seen(ticket_id, by)
        if not may(by, May.MOVE) and by.id != ticket.agent_id and (ticket.agent_id or by.id != agent_id):
            raise NotAllowed(f"agent {by.id} may not move ticket {ticket_id}")
        if note.strip():
            await self.notes.add(ticket.conversation_id, by, note)
        if agent_id is None:
            return await self._requeue(ticket, "ticket_moved", by.id, team=team, declined_by=[])
        name = await self._name(agent_id)
        mine: dict[str, Any] = {
            "state": State.OPEN,
            "agent_id": agent_id,
            "accepted_at": self._now(),
            "declined_by": [],
        }
        nothing: dict[str, Any] = {"offered_until": None, "snoozed_until": None}
        same = _unchanged(ticket)
        moved = await self._change(ticket_id, NOT_CLOSED, "ticket_moved", by.id, *same, to=agent_id, **mine, **nothing)
        if self.waits(moved):
            await self.conversations.take_floor(moved.conversation_id, name)
        return moved

    async def prioritize(self, ticket_id: int, by: Agent, priority: int) -> Ticket:
        """Say how urgent a ticket is: a `Priority`. Raises `ValueError` for what is none."""
        await self._seen(ticket_id, by)
        return await self._change(ticket_id, NOT_CLOSED, "ticket_prioritized", by.id, priority=Priority(priority))

    async def tag(self, ticket_id: int, by: Agent, tags: Sequence[str]) -> Ticket:
        """Say what a ticket is about, closed or not. Raises `ValueError` for a tag that the rules do not have."""
        if unknown := set(tags) - {*self.rules.tags, VALUED}:
            raise ValueError(f"unknown tags: {', '.join(sorted(unknown))}")
        await self._seen(ticket_id, by)
        return await self._change(ticket_id, tuple(State), "ticket_tagged", by.id, tags=list(dict.fromkeys(tags)))

    async def snooze(self, ticket_id: int, agent: Agent, until: datetime) -> Ticket:
        """Put a ticket off until a moment, or until its customer writes; the agent keeps it."""
        ticket = await self._theirs(ticket_id, agent)
        values: dict[str, Any] = {"state": State.SNOOZED, "snoozed_until": until}
        return await self._change(ticket_id, HELD, "ticket_snoozed", agent.id, *_unchanged(ticket), **values)

    async def wake(self, ticket_id: int) -> Ticket:
        """Bring a ticket back that was put off: to its agent, or to the queue where that one is not there."""
        ticket = await self._found(ticket_id)
        async with self._database.reading() as connection:
            there = await is_there(connection, self.rules, ticket.agent_id, self._now())
        if not there:
            return await self._requeue(ticket, "ticket_requeued", None, declined_by=[])
        values: dict[str, Any] = {"state": State.OPEN, "snoozed_until": None}
        return await self._change(ticket_id, (State.SNOOZED,), None, None, *_unchanged(ticket), **values)

    async def answer(
        self,
        ticket_id: int,
        agent: Agent,
        text: str,
        *,
        photos: Sequence[str] = (),
        translated: str | None = None,
        message_id: str | None = None,
    ) -> Message:
        """Say something to the customer; what was said under the same `message_id` is not said again.

        Args:
            translated: what the customer reads, where the agent wrote in another language; the agents see both.
        """
        ticket = await self._found(ticket_id)
        if ticket.agent_id != agent.id or ticket.state not in HELD:
            raise Taken(ticket_id)
        if await self._holder(ticket.conversation_id) != agent.name:
            await self.conversations.take_floor(ticket.conversation_id, agent.name)
        content: dict[str, Any] = {"text": translated or text, "name": agent.name}
        content |= {"original": text} if translated else {}
        content |= {"photos": list(photos)} if photos else {}
        message = await self.conversations.say(ticket.conversation_id, Author.AGENT, content, message_id=message_id)
        if self._by_mail:
            await self._by_mail.answered(ticket, message)
        first: dict[str, Any] = {"first_answer_at": ticket.first_answer_at or self._now()}
        opened: dict[str, Any] = {"state": State.OPEN, "snoozed_until": None}
        await self._change(ticket_id, HELD, "answered", agent.id, TICKETS.c.agent_id == agent.id, **first, **opened)
        return message

    async def hand_back(self, ticket_id: int, agent: Agent, *, note: str = "", flow: str | None = None) -> None:
        """Let the bot go on.

        Args:
            note: for the colleagues.
            flow: what the bot begins with: the name of a flow, or a payload such as
                `/return_item{"order_number": "AC-1"}`.
        """
        ticket = await self._theirs(ticket_id, agent)
        if note.strip():
            await self.notes.add(ticket.conversation_id, agent, note)
        await self._close(ticket, HANDED_BACK, agent.id)
        await self.conversations.leave_floor(ticket.conversation_id)
        if flow:
            payload = flow if flow.startswith("/") else f"/{flow}"
            await self.conversations.prompt(ticket.conversation_id, payload, cards=ticket.channel == WITH_CARDS)

    async def close(self, ticket_id: int, agent: Agent, reason: str, *, rating: bool = True) -> None:
        """Settle a ticket, and ask the customer how it went, if an agent wrote to them.

        Raises:
            ValueError: for a reason that the rules do not have.
        """
        if reason not in self.rules.close_reasons:
            raise ValueError(f"unknown reason: {reason}")
        ticket = await self._theirs(ticket_id, agent)
        await self._close(ticket, reason, agent.id)
        await self.conversations.leave_floor(ticket.conversation_id, closed=True)
        if rating and ticket.first_answer_at:
            language = await self.conversations.language(ticket.conversation_id) or ticket.language
            question = self._telling.rating(language)
            asked = await self.conversations.say(ticket.conversation_id, Author.BOT, question)
            async with self._database.writing() as connection:
                await queue.change(connection, ticket_id, self._now(), rating_message_id=asked.id)

    async def reopen(self, ticket_id: int, agent: Agent) -> Ticket:
        """Take a closed ticket up again. Raises `Taken` where the conversation has a newer one."""
        ticket = await self._seen(ticket_id, agent)
        mine: dict[str, Any] = {"state": State.OPEN, "agent_id": agent.id, "accepted_at": self._now(), "warned": []}
        async with self._database.writing() as connection:
            await queue.lock(connection, ticket.conversation_id)
            newest = await queue.latest(connection, ticket.conversation_id)
            if newest is None or newest.id != ticket_id or not newest.closed:
                raise Taken(ticket_id)
            within = self.rules.trigger(newest.reason).resolve_within
            due: dict[str, Any] = {"resolution_due_at": self._now() + within if within else None}
            values: dict[str, Any] = {**mine, **due, **reopened(newest)}
            again = await queue.change(connection, ticket_id, self._now(), **values)
            assert again
            await self._record(connection, again, agent.id, "ticket_reopened")
        await self._tell(again)
        await self.conversations.take_floor(ticket.conversation_id, agent.name)
        return again

    # How.

    async def _requeue(self, ticket: Ticket, action: str, by: int | None, **values: Any) -> Ticket:
        now = self._now()
        nobodys: dict[str, Any] = {"agent_id": None, "offered_until": None, "snoozed_until": None, "accepted_at": None}
        queued: dict[str, Any] = {"state": State.WAITING, "queued_at": ticket.queued_at if ticket.queued else now}
        same = _unchanged(ticket)
        moved = await self._change(ticket.id, NOT_CLOSED, action, by, *same, **{**nobodys, **queued, **values})
        await self.conversations.leave_floor(ticket.conversation_id)
        return moved

    async def _close(self, ticket: Ticket, reason: str, by: int) -> None:
        now = self._now()
        over: dict[str, Any] = {"state": State.CLOSED, "closed_at": now, "close_reason": reason}
        nothing: dict[str, Any] = {"offered_until": None, "snoozed_until": None}
        async with self._database.writing() as connection:
            same = (TICKETS.c.state != State.CLOSED, *_unchanged(ticket))
            closed = await queue.change(connection, ticket.id, now, *same, **over, **nothing)
            if closed is None:
                raise Taken(ticket.id)
            await queue.close_handoffs(connection, ticket.conversation_id, now)
            await self._record(connection, closed, by, "ticket_closed", reason=reason)
        await self._tell(closed)

    async def _change(
        self,
        ticket_id: int,
        states: Sequence[State],
        action: str | None,
        by: int | None,
        *where: ColumnElement[bool],
        to: int | None = None,
        **values: Any,
    ) -> Ticket:
        """Change a ticket that is in one of some states, record who did what, and tell it. Raises `Taken`."""
        async with self._database.writing() as connection:
            still = TICKETS.c.state.in_(states)
            ticket = await queue.change(connection, ticket_id, self._now(), still, *where, **values)
            if ticket is None:
                raise Taken(ticket_id)
            if action:
                details = {"to": to} if to else {}
                await self._record(connection, ticket, by, action, **details)
        await self._tell(ticket)
        return ticket

    async def _record(
        self, connection: AsyncConnection, ticket: Ticket, by: int | None, action: str, **details: Any
    ) -> None:
        about: dict[str, Any] = {"conversation_id": ticket.conversation_id, "ticket_id": ticket.id}
        await self._audit.write(connection, by, action, **about, **details)

    async def _tell(self, ticket: Ticket) -> None:
        await self._feed.publish(DESK, ticket_changed(ticket))
        if ticket.state is not State.OPEN:
            self.stirred.set()

    async def _found(self, ticket_id: int) -> Ticket:
        ticket = await self.get(ticket_id)
        if ticket is None:
            raise UnknownTicket(ticket_id)
        return ticket

    async def _seen(self, ticket_id: int, agent: Agent) -> Ticket:
        ticket = await self._found(ticket_id)
        if not sees(agent, ticket):
            raise NotAllowed(f"agent {agent.id} does not see ticket {ticket_id}")
        return ticket

    async def _theirs(self, ticket_id: int, agent: Agent) -> Ticket:
        """A ticket that is an agent's, or nobody's, or that they may take from somebody."""
        ticket = await self._seen(ticket_id, agent)
        if ticket.agent_id not in (None, agent.id) and not may(agent, May.MOVE):
            raise NotAllowed(f"ticket {ticket_id} is not agent {agent.id}'s")
        return ticket

    async def _name(self, agent_id: int) -> str:
        query = select(AGENTS.c.name).where(AGENTS.c.id == agent_id, AGENTS.c.disabled_at.is_(None))
        async with self._database.reading() as connection:
            name: str | None = await connection.scalar(query)
        if name is None:
            raise UnknownAgent(agent_id)
        return name

    async def _holder(self, conversation_id: str) -> str | None:
        async with self._database.reading() as connection:
            return await floor_of(connection, conversation_id)


def _unchanged(ticket: Ticket) -> tuple[ColumnElement[bool], ...]:
    """Whether a ticket is in the same hands still."""
    nobodys = TICKETS.c.agent_id.is_(None) if ticket.agent_id is None else TICKETS.c.agent_id == ticket.agent_id
    return TICKETS.c.state == ticket.state, nobodys
