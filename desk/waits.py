"""How long customers wait for an agent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.models import Place, Ticket
from desk.queue import TICKETS, position
from desk.routing import Candidate
from desk.rules import Rules

RECENT = timedelta(days=7)
SAMPLE = 50
"""From so many tickets it is estimated, the latest ones."""

MINUTE = timedelta(minutes=1)


async def place(
    connection: AsyncConnection, rules: Rules, ticket: Ticket, crew: Sequence[Candidate], now: datetime
) -> Place:
    """Where a waiting ticket stands, and how long it takes with the agents who are there."""
    back_office = [reason for reason, trigger in rules.triggers.items() if trigger.back_office]
    stands = await position(connection, rules, ticket, back_office)
    answered = TICKETS.c.reason.not_in(back_office)
    waits = await _durations(connection, TICKETS.c.queued_at, TICKETS.c.accepted_at, answered, since=now - RECENT)
    handling = await _durations(connection, TICKETS.c.accepted_at, TICKETS.c.closed_at, answered, since=now - RECENT)
    speakers = [one for one in crew if ticket.language in one.agent.languages]
    overflow = timedelta() if speakers else rules.overflow_after
    return Place(stands, expected_wait(stands, waits, handling, speakers or crew, overflow))


def expected_wait(
    stands: int,
    waits: Sequence[timedelta],
    handling: Sequence[timedelta],
    crew: Sequence[Candidate],
    at_least: timedelta = timedelta(),
) -> timedelta | None:
    """How long somebody waits who is at a place of the queue; None where nothing is known of it.

    With a free agent it takes as long as it lately took in the middle; without, as long as the agents need for those
    ahead, if that is longer.

    Args:
        waits: of late, from asking to an agent.
        handling: of late, from an agent to the end.
    """
    if not waits or not crew:
        return None
    usual = max(_middle(waits), at_least)
    behind = stands - sum(one.room for one in crew)
    if behind <= 0 or not handling:
        return usual
    return max(usual, _middle(handling) * behind / sum(one.agent.capacity for one in crew))


def rounded(wait: timedelta) -> timedelta:
    """A wait as it is told: rounded up, to five minutes from ten on, and to hours from an hour on.

    >>> [str(rounded(timedelta(seconds=wait))) for wait in (1, 130, 660, 3700)]
    ['0:01:00', '0:03:00', '0:15:00', '2:00:00']
    """
    for limit, step in ((10 * MINUTE, MINUTE), (60 * MINUTE, 5 * MINUTE)):
        if wait <= limit:
            return max(1, -(-wait // step)) * step
    return -(-wait // timedelta(hours=1)) * timedelta(hours=1)


def _middle(times: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(time.total_seconds() for time in times))


async def _durations(
    connection: AsyncConnection,
    begin: ColumnElement[datetime],
    end: ColumnElement[datetime],
    *where: ColumnElement[bool],
    since: datetime,
) -> list[timedelta]:
    query = select(begin, end).where(begin.is_not(None), end.is_not(None), TICKETS.c.created_at > since, *where)
    rows = await connection.execute(query.order_by(TICKETS.c.id.desc()).limit(SAMPLE))
    return [max(ended - began, timedelta()) for began, ended in rows]
