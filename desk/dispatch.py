"""What happens to tickets by itself: they are offered, offers run out, agents drop out, timers warn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import structlog
from sqlalchemy import ColumnElement, String, and_, cast, or_, select

from conversations import Feed, LocalLocks, Locks, LockUnavailable
from desk import queue
from desk.access.agents import AGENTS, Presence
from desk.events import DESK, presence_changed, running_out
from desk.models import HELD, QUEUED, State, Taken, Ticket
from desk.presence import Attendance, crew
from desk.queue import CONVERSATIONS, NOT_CLOSED, TICKETS
from desk.routing import Candidate, all_declined, choose
from desk.rules import VALUED, Mode
from desk.tickets import Tickets
from storage import Database

logger = structlog.get_logger()

SECONDS = 2.0
"""Between two rounds, where nothing calls for one at once."""

PATIENCE_SECONDS = 10.0

MOST = 500
"""So many waiting tickets are looked at in a round, the first of the queue."""

SETTLED = timedelta(seconds=15)
"""So long after a ticket has changed its hands, the floor has too; else something was cut short."""

LATELY = timedelta(hours=1)

Spent = Callable[[str], Awaitable[Mapping[str, Decimal]]]
"""How much the customers of a conversation have ordered for, by currency (ISO 4217)."""


class Dispatcher:
    """Does it, in a task of the running event loop. Several processes may, in turn: each thing happens once.

    An error is logged once, when it comes up, and ends nothing.

    Args:
        spent: for the priority of valued customers; without it there are none.
        seconds: between two rounds.
        locks: those of all processes: two that offer at once would offer somebody more than they can have.
    """

    def __init__(
        self,
        database: Database,
        feed: Feed,
        tickets: Tickets,
        attendance: Attendance,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        spent: Spent | None = None,
        seconds: float = SECONDS,
        locks: Locks | None = None,
    ) -> None:
        self._database = database
        self._feed = feed
        self._tickets = tickets
        self._attendance = attendance
        self._rules = tickets.rules
        self._now = now
        self._spent = spent
        self._seconds = seconds
        self._locks = locks or LocalLocks()
        self._weighed: set[int] = set()
        self._presences: dict[int, Presence] = {}
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; once."""
        self._task = asyncio.create_task(self._run(), name="desk.dispatch")

    async def stop(self) -> None:
        """Do it no more; what is being done has `PATIENCE_SECONDS` to end, since a query should not be broken off."""
        self._stopping = True
        self._tickets.stirred.set()
        if self._task is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._task, PATIENCE_SECONDS)

    async def round(self) -> None:
        """Do everything that is due. What fails for one ticket is raised after the others had their turn."""
        await self._tell_presences()
        failed: list[Exception] = []
        works: tuple[tuple[tuple[ColumnElement[bool], ...], Callable[[Ticket], Awaitable[object]]], ...] = (
            (self._vain_offers(), self._end_offer),
            (self._orphaned(), self._tickets.requeue),
            (self._awake(), self._wake),
            (self._silent(), self._give_floor_back),
        )
        for due, work in works:
            for ticket in await self._select(*due):
                try:
                    await work(ticket)
                except Taken:
                    pass  # somebody else did something with it just now
                except Exception as error:
                    failed.append(error)
        await self._warn()
        await self._weigh()
        if self._rules.mode is Mode.OFFER:
            await self._offer()
        if failed:
            raise failed[0]

    async def _run(self) -> None:
        problem = ""
        while not self._stopping:
            self._tickets.stirred.clear()
            try:
                async with self._alone():
                    await self.round()
                problem = ""
            except Exception as error:
                if problem != (problem := f"{type(error).__name__}: {error}"):
                    logger.error("dispatch.failed", exc_info=error)
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._tickets.stirred.wait(), self._seconds)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """One process after the other; where they cannot agree, rather too many offers than none."""
        async with AsyncExitStack() as stack:
            with suppress(LockUnavailable):
                await stack.enter_async_context(self._locks.hold("desk.dispatch"))
            yield

    async def _tell_presences(self) -> None:
        """Tell who was not heard of any more, or is again."""
        now = await self._attendance.presences()
        known, self._presences = self._presences, now
        changed = {agent: presence for agent, presence in now.items() if known.get(agent, presence) != presence}
        if changed:
            await self._feed.publish(DESK, *(presence_changed(agent, presence) for agent, presence in changed.items()))

    def _vain_offers(self) -> tuple[ColumnElement[bool], ...]:
        """Offers that ran out, or whose agent is not there."""
        there = select(AGENTS.c.id).where(
            AGENTS.c.presence == Presence.ONLINE, AGENTS.c.seen_at > self._now() - self._rules.heartbeat
        )
        vain = or_(TICKETS.c.offered_until <= self._now(), TICKETS.c.agent_id.not_in(there))
        return TICKETS.c.state == State.OFFERED, vain

    async def _end_offer(self, ticket: Ticket) -> None:
        assert ticket.agent_id is not None and ticket.offered_until is not None
        await self._tickets.take_back(ticket, ticket.agent_id, declined=ticket.offered_until <= self._now())

    def _orphaned(self) -> tuple[ColumnElement[bool], ...]:
        """Open tickets whose customers wait, and whose agent has been gone for too long, and had them before."""
        since = self._now() - self._rules.requeue_after
        heard = AGENTS.c.seen_at > since
        there = select(AGENTS.c.id).where(heard, AGENTS.c.disabled_at.is_(None))
        waiting_for = TICKETS.c.reason.not_in([name for name, one in self._rules.triggers.items() if one.back_office])
        gone = TICKETS.c.agent_id.not_in(there)
        return TICKETS.c.state == State.OPEN, gone, TICKETS.c.changed_at <= since, waiting_for

    def _awake(self) -> tuple[ColumnElement[bool], ...]:
        return TICKETS.c.state == State.SNOOZED, TICKETS.c.snoozed_until <= self._now()

    async def _wake(self, ticket: Ticket) -> None:
        await self._tickets.wake(ticket.id)

    def _silent(self) -> tuple[ColumnElement[bool], ...]:
        """Tickets that nobody has, in a conversation in which somebody has the floor all the same."""
        now = self._now()
        floor = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.floor.is_not(None))
        silent = floor.where(CONVERSATIONS.c.id == TICKETS.c.conversation_id).correlate(TICKETS).exists()
        other = TICKETS.alias()
        held = select(other.c.id).where(other.c.conversation_id == TICKETS.c.conversation_id, other.c.state.in_(HELD))
        queued = TICKETS.c.state.in_(QUEUED)
        closed = and_(TICKETS.c.state == State.CLOSED, TICKETS.c.closed_at > now - LATELY)
        settled = TICKETS.c.changed_at <= now - SETTLED
        return or_(queued, closed), settled, silent, ~held.correlate(TICKETS).exists()

    async def _give_floor_back(self, ticket: Ticket) -> None:
        await self._tickets.conversations.leave_floor(ticket.conversation_id, closed=ticket.closed)

    async def _warn(self) -> None:
        """Say of timers that they are about to run out, and that they have; each once."""
        now, rules = self._now(), self._rules
        timers = (
            ("answer", TICKETS.c.answer_due_at, rules.warn_answer, TICKETS.c.first_answer_at.is_(None)),
            ("resolution", TICKETS.c.resolution_due_at, rules.warn_resolution, NOT_CLOSED),
        )
        for name, due_at, ahead, running in timers:
            broken = f"{name}_broken"
            for ticket in await self._select(NOT_CLOSED, running, due_at <= now, ~_warned(broken)):
                await self._warn_of(ticket, broken)
            for ticket in await self._select(NOT_CLOSED, running, due_at > now, due_at <= now + ahead, ~_warned(name)):
                await self._warn_of(ticket, name)

    async def _warn_of(self, ticket: Ticket, warning: str) -> None:
        # Not `changed_at`: nothing happened to the ticket.
        same = TICKETS.c.changed_at == ticket.changed_at, ~_warned(warning)
        async with self._database.writing() as connection:
            values = {"warned": [*ticket.warned, warning]}
            told = await queue.change(connection, ticket.id, ticket.changed_at, *same, **values)
        if told:
            await self._feed.publish(DESK, running_out(ticket.id, warning))

    async def _weigh(self) -> None:
        """Put the tickets of valued customers further ahead; each is looked at once by a process."""
        if self._spent is None:
            return
        waiting = await self._select(TICKETS.c.state == State.WAITING)
        self._weighed &= {ticket.id for ticket in waiting}
        for ticket in waiting:
            if ticket.id in self._weighed:
                continue
            self._weighed.add(ticket.id)
            if VALUED not in ticket.tags and self._rules.is_valued(await self._spent(ticket.conversation_id)):
                with suppress(Taken):
                    await self._tickets.value(ticket)

    async def _offer(self) -> None:
        now = self._now()
        async with self._database.reading() as connection:
            candidates = await crew(connection, self._rules, now)
            if not any(one.room for one in candidates):
                return
            waiting = await queue.waiting(connection, self._rules, MOST)
        for ticket in waiting:
            chosen = choose(ticket, candidates, self._rules, now)
            if chosen is None:
                await self._begin_anew(ticket, candidates)
                continue
            with suppress(Taken):
                await self._tickets.offer(ticket, chosen.agent.id)
                candidates = [_busier(one, now) if one is chosen else one for one in candidates]

    async def _begin_anew(self, ticket: Ticket, candidates: Sequence[Candidate]) -> None:
        """Where everybody let an offer pass, they are asked again after a while."""
        now = self._now()
        if now - ticket.changed_at >= self._rules.offer_again_after and all_declined(ticket, candidates):
            with suppress(Taken):
                await self._tickets.ask_again(ticket)

    async def _select(self, *where: ColumnElement[bool]) -> list[Ticket]:
        query = select(TICKETS).where(*where).order_by(TICKETS.c.id).limit(MOST)
        async with self._database.reading() as connection:
            return [Ticket.from_row(row) for row in await connection.execute(query)]


def _warned(warning: str) -> ColumnElement[bool]:
    return cast(TICKETS.c.warned, String).contains(f'"{warning}"')


def _busier(candidate: Candidate, now: datetime) -> Candidate:
    return replace(candidate, load=candidate.load + 1, busy_since=now)
