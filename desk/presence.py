"""Who is at the desk: kept in the database, so that all processes agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations import Feed
from desk.access.agents import AGENTS, Presence, agent_of
from desk.events import DESK, presence_changed
from desk.models import State
from desk.queue import TICKETS
from desk.routing import Candidate
from desk.rules import Rules
from storage import Database

BEAT = timedelta(seconds=10)
"""Heartbeats that come sooner after another are not written down."""


class Attendance:
    """Who is there: who said so, and was heard of since (`Rules.heartbeat`)."""

    def __init__(
        self, database: Database, feed: Feed, rules: Rules, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._feed = feed
        self._rules = rules
        self._now = now

    async def set(self, agent_id: int, presence: Presence) -> None:
        """An agent says whether they take tickets."""
        async with self._database.writing() as connection:
            theirs = update(AGENTS).where(AGENTS.c.id == agent_id)
            await connection.execute(theirs.values(presence=presence, seen_at=self._now()))
        await self._feed.publish(DESK, presence_changed(agent_id, presence))

    async def heartbeat(self, agent_id: int) -> None:
        """An agent's desk is open; to be called every fifteen seconds or so as long as it is."""
        now = self._now()
        stale = or_(AGENTS.c.seen_at.is_(None), AGENTS.c.seen_at <= now - BEAT)
        async with self._database.writing() as connection:
            await connection.execute(update(AGENTS).where(AGENTS.c.id == agent_id, stale).values(seen_at=now))

    async def present(self) -> list[Candidate]:
        """Who takes tickets now, and how much they have to do."""
        async with self._database.reading() as connection:
            return await crew(connection, self._rules, self._now())

    async def presences(self) -> dict[int, Presence]:
        """Of everybody who has an account, by id; who was not heard of is offline, whatever they said."""
        query = select(AGENTS.c.id, AGENTS.c.presence, AGENTS.c.seen_at).where(AGENTS.c.disabled_at.is_(None))
        since = self._now() - self._rules.heartbeat
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        there = {row.id for row in rows if row.seen_at and row.seen_at > since}
        return {row.id: Presence(row.presence) if row.id in there else Presence.OFFLINE for row in rows}


async def crew(connection: AsyncConnection, rules: Rules, now: datetime) -> list[Candidate]:
    """See `Attendance.present`; in a transaction that is under way."""
    theirs = TICKETS.c.agent_id == AGENTS.c.id
    held = TICKETS.c.state.in_((State.OPEN, State.OFFERED))
    load = select(func.count()).select_from(TICKETS).where(theirs, held).correlate(AGENTS).scalar_subquery()
    busy_since = select(func.max(TICKETS.c.accepted_at)).where(theirs).correlate(AGENTS).scalar_subquery()
    there = (
        AGENTS.c.presence == Presence.ONLINE,
        AGENTS.c.disabled_at.is_(None),
        AGENTS.c.seen_at > now - rules.heartbeat,
    )
    query = select(AGENTS, load.label("load"), busy_since.label("busy_since")).where(*there).order_by(AGENTS.c.id)
    return [Candidate(agent_of(row), row.load, row.busy_since) for row in await connection.execute(query)]


async def is_there(connection: AsyncConnection, rules: Rules, agent_id: int | None, now: datetime) -> bool:
    """Whether an agent was heard of lately, and has not gone offline."""
    there = (AGENTS.c.presence != Presence.OFFLINE, AGENTS.c.seen_at > now - rules.heartbeat)
    found = select(AGENTS.c.id).where(AGENTS.c.id == agent_id, AGENTS.c.disabled_at.is_(None), *there)
    return (await connection.execute(found)).first() is not None
