"""What somebody has to look after: a low rating, a mention in a note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, false, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations import Feed
from desk.access.agents import AGENTS, Agent, Role
from desk.events import DESK, follow_up_changed
from desk.queue import TICKETS
from desk.tables import FollowUpRow
from storage import Database, table

FOLLOW_UPS = table(FollowUpRow)

LOW_RATING, MENTION = "low_rating", "mention"
"""The kinds."""


@dataclass(frozen=True)
class FollowUp:
    """Something to look after.

    Attributes:
        message_id: the message that asked for the rating.
        agent_id: whose it is; None for any supervisor's.
    """

    id: int
    kind: str
    conversation_id: str
    message_id: int | None
    note_id: int | None
    agent_id: int | None
    created_at: datetime
    done_at: datetime | None


class FollowUps:
    """Keeps what is to be looked after."""

    def __init__(self, database: Database, feed: Feed, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._feed = feed
        self._now = now

    async def add(
        self,
        kind: str,
        conversation_id: str,
        *,
        message_id: int | None = None,
        note_id: int | None = None,
        agent_id: int | None = None,
    ) -> int:
        """Something new to look after; returns its number."""
        async with self._database.writing() as connection:
            number = await raise_follow_up(
                connection,
                kind,
                conversation_id,
                self._now(),
                message_id=message_id,
                note_id=note_id,
                agent_id=agent_id,
            )
        await self._feed.publish(DESK, follow_up_changed(number))
        return number

    async def open_for(self, agent: Agent) -> list[FollowUp]:
        """What an agent has to look after, the oldest first; supervisors see what is any supervisor's too."""
        query = select(FOLLOW_UPS).where(FOLLOW_UPS.c.done_at.is_(None), _theirs(agent)).order_by(FOLLOW_UPS.c.id)
        async with self._database.reading() as connection:
            return [FollowUp(**row._mapping) for row in await connection.execute(query)]

    async def done(self, follow_up_id: int, agent: Agent) -> bool:
        """Keep that an agent has looked after something of theirs; returns whether there was such a thing."""
        open_one = (FOLLOW_UPS.c.id == follow_up_id, FOLLOW_UPS.c.done_at.is_(None), _theirs(agent))
        async with self._database.writing() as connection:
            done = await connection.execute(update(FOLLOW_UPS).where(*open_one).values(done_at=self._now()))
        if done.rowcount:
            await self._feed.publish(DESK, follow_up_changed(follow_up_id))
        return bool(done.rowcount)

    async def rated(self, conversation_id: str, message_id: int, *, low: bool) -> None:
        """A customer said how it went: what is low is looked after once; what no longer is, not any more."""
        async with self._database.writing() as connection:
            its = (FOLLOW_UPS.c.kind == LOW_RATING, FOLLOW_UPS.c.message_id == message_id)
            known = (await connection.execute(select(FOLLOW_UPS.c.id, FOLLOW_UPS.c.done_at).where(*its))).first()
            if known is None and low:
                agent_id = await _supervisor(connection, message_id)
                number = await raise_follow_up(
                    connection, LOW_RATING, conversation_id, self._now(), message_id=message_id, agent_id=agent_id
                )
            elif known and not low and known.done_at is None:
                number = known.id
                done = update(FOLLOW_UPS).where(FOLLOW_UPS.c.id == number)
                await connection.execute(done.values(done_at=self._now()))
            else:
                return
        await self._feed.publish(DESK, follow_up_changed(number))


async def raise_follow_up(
    connection: AsyncConnection,
    kind: str,
    conversation_id: str,
    now: datetime,
    *,
    message_id: int | None = None,
    note_id: int | None = None,
    agent_id: int | None = None,
) -> int:
    """See `FollowUps.add`; in a transaction that is under way."""
    row = {
        "kind": kind,
        "conversation_id": conversation_id,
        "message_id": message_id,
        "note_id": note_id,
        "agent_id": agent_id,
        "created_at": now,
    }
    number: int = (await connection.execute(insert(FOLLOW_UPS).values(row).returning(FOLLOW_UPS.c.id))).scalar_one()
    return number


def _theirs(agent: Agent) -> ColumnElement[bool]:
    anyone = FOLLOW_UPS.c.agent_id.is_(None) if agent.role is not Role.AGENT else false()
    return or_(FOLLOW_UPS.c.agent_id == agent.id, anyone)


async def _supervisor(connection: AsyncConnection, message_id: int) -> int | None:
    """The supervisor of the agent whose work was rated; None where that is nobody, or several are."""
    of_agent = select(AGENTS.c.team).join(TICKETS, TICKETS.c.agent_id == AGENTS.c.id)
    team = await connection.scalar(of_agent.where(TICKETS.c.rating_message_id == message_id))
    if team is None:
        return None
    theirs = (AGENTS.c.team == team, AGENTS.c.role == Role.SUPERVISOR, AGENTS.c.disabled_at.is_(None))
    found = list(await connection.scalars(select(AGENTS.c.id).where(*theirs).limit(2)))
    return found[0] if len(found) == 1 else None
