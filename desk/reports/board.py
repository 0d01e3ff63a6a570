"""The live board: who waits, who works, and what is about to take too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.models import HELD, QUEUED, State
from desk.reports.figures import Figures
from desk.reports.queries import AGENTS, TICKETS
from desk.rules import Rules

IDLE_WITHIN = timedelta(hours=24)
"""How far back it is looked for what somebody did last."""

MOST_AT_RISK = 20

_PRESENCES = ("online", "away", "offline")


@dataclass(frozen=True)
class Waiting:
    """How many customers of a language wait, and since when the one who has waited the longest does."""

    language: str
    count: int
    since: datetime


@dataclass(frozen=True)
class Load:
    """What an agent has to do: tickets that are open, of as many as they can have, and ones that are put off.

    `idle_since` is when they last had one, if they have none and it was lately.
    """

    name: str
    presence: str
    open: int
    snoozed: int
    capacity: int
    idle_since: datetime | None


@dataclass(frozen=True)
class Risk:
    """A ticket whose `timer` (`answer` or `resolution`) runs out at `due`, soon or in the past; `agent` has it."""

    ticket_id: int
    language: str
    agent: str | None
    timer: str
    due: datetime


@dataclass(frozen=True)
class Board:
    """What is going on at the desk.

    Attributes:
        waiting: by language, the longest wait first.
        agents: those who are online first, then by how much they have to do.
        risks: the most urgent `MOST_AT_RISK`.
        today: the figures of the day so far.
    """

    waiting: Sequence[Waiting]
    agents: Sequence[Load]
    risks: Sequence[Risk]
    today: Figures

    @property
    def count(self) -> int:
        """How many customers wait."""
        return sum(each.count for each in self.waiting)

    @property
    def longest(self) -> datetime | None:
        """Since when the customer who has waited the longest does."""
        return min((each.since for each in self.waiting), default=None)


async def find_waiting(connection: AsyncConnection) -> list[Waiting]:
    """Who waits, by language."""
    since = func.min(TICKETS.c.queued_at).label("since")
    query = (
        select(TICKETS.c.language, func.count().label("waiting"), since)
        .where(TICKETS.c.state.in_(QUEUED))
        .group_by(TICKETS.c.language)
        .order_by(since)
    )
    return [Waiting(row.language, row.waiting, row.since) for row in await connection.execute(query)]


async def find_loads(connection: AsyncConnection, now: datetime) -> list[Load]:
    """What each agent has to do."""
    had = (
        select(
            TICKETS.c.agent_id,
            func.count().filter(TICKETS.c.state == State.OPEN).label("open"),
            func.count().filter(TICKETS.c.state == State.SNOOZED).label("snoozed"),
            func.max(TICKETS.c.closed_at).label("closed_at"),
        )
        .where(or_(TICKETS.c.state.in_(HELD), TICKETS.c.closed_at >= now - IDLE_WITHIN))
        .group_by(TICKETS.c.agent_id)
        .subquery("had")
    )
    query = (
        select(AGENTS.c.name, AGENTS.c.presence, AGENTS.c.capacity, had.c.open, had.c.snoozed, had.c.closed_at)
        .outerjoin(had, had.c.agent_id == AGENTS.c.id)
        .where(AGENTS.c.disabled_at.is_(None))
        .order_by(AGENTS.c.name)
    )
    loads = [
        Load(
            row.name,
            row.presence,
            row.open or 0,
            row.snoozed or 0,
            row.capacity,
            None if row.open else row.closed_at,
        )
        for row in await connection.execute(query)
    ]
    return sorted(loads, key=lambda load: (_PRESENCES.index(load.presence), -load.open))


async def find_risks(connection: AsyncConnection, rules: Rules, now: datetime) -> list[Risk]:
    """Which tickets are about to take too long, or do already."""
    unanswered = and_(TICKETS.c.first_answer_at.is_(None), TICKETS.c.answer_due_at < now + rules.warn_answer)
    unresolved = TICKETS.c.resolution_due_at < now + rules.warn_resolution
    query = (
        select(
            TICKETS.c.id,
            TICKETS.c.language,
            AGENTS.c.name,
            TICKETS.c.answer_due_at,
            TICKETS.c.resolution_due_at,
            unanswered.label("unanswered"),
        )
        .outerjoin(AGENTS, AGENTS.c.id == TICKETS.c.agent_id)
        .where(TICKETS.c.state != State.CLOSED, or_(unanswered, unresolved))
    )
    risks = [
        Risk(
            row.id,
            row.language,
            row.name,
            "answer" if row.unanswered else "resolution",
            row.answer_due_at if row.unanswered else row.resolution_due_at,
        )
        for row in await connection.execute(query)
    ]
    return sorted(risks, key=lambda risk: risk.due)[:MOST_AT_RISK]
