"""How things stand in what all processes share: the database, its queues, the desk, Redis, the home folder."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Table, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations.tables import InboxRow, OutboxRow
from desk.access.agents import Presence
from desk.models import QUEUED, State
from desk.presence import Attendance
from desk.queue import TICKETS
from desk.tables import WebhookDeliveryRow
from mail.tables import OutboxRow as LetterRow
from storage import Database, DatabaseUnavailable, redis_client, table

QUEUES = {
    "inbox": table(InboxRow),
    "outbox": table(OutboxRow),
    "mail": table(LetterRow),
    "webhooks": table(WebhookDeliveryRow),
}
"""What waits to be dealt with, by one of all processes."""

PATIENCE_SECONDS = 3.0
"""How long the database has to answer, before it counts as away."""


class Standing:
    """Gauges that are looked up when they are asked for, and are the same whichever process is asked.

    Args:
        home: the folder of state.
        redis_url: of the Redis server that all processes share; "" where there is none.
        model: names the model that answers.
    """

    def __init__(
        self,
        database: Database,
        attendance: Attendance,
        home: Path,
        redis_url: str,
        model: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._attendance = attendance
        self._home = home
        self._redis: Redis | None = redis_client(redis_url) if redis_url else None
        self._model = model
        self._now = now

    async def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(_Seen(await self.look()))
        return generate_latest(registry)

    async def look(self) -> list[Metric]:
        """See how things stand. Of a database that is away it says so, and no more."""
        up = GaugeMetricFamily(
            "aftercare_up", "Whether what the server needs answers (1) or not (0)", labels=["service"]
        )
        found: list[Metric] = [self._release(), self._room(), up]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._database.reading() as connection:
                found += [*await self._queues(connection), *await self._tickets(connection)]
                found.append(await self._agents())
            up.add_metric(["database"], 1)
        except (DatabaseUnavailable, TimeoutError):
            up.add_metric(["database"], 0)
        if self._redis:
            up.add_metric(["redis"], await self._redis_answers(self._redis))
        return found

    async def close(self) -> None:
        """Give back what it needs."""
        if self._redis:
            await self._redis.aclose()

    def _release(self) -> Metric:
        info = InfoMetricFamily("aftercare_release", "The release, and the model that answers")
        info.add_metric([], {"version": version("aftercare"), "model": self._model()})
        return info

    def _room(self) -> Metric:
        free = shutil.disk_usage(self._home).free
        return GaugeMetricFamily("aftercare_home_free_bytes", "Room on the disk that the home folder is on", value=free)

    async def _queues(self, connection: AsyncConnection) -> Iterable[Metric]:
        waiting = GaugeMetricFamily("aftercare_queue_waiting", "What waits to be dealt with", labels=["queue"])
        late = GaugeMetricFamily(
            "aftercare_queue_late_seconds", "For how long the next of it has been due", labels=["queue"]
        )
        now = self._now()
        for name, queue in QUEUES.items():
            count, due = await _waiting(connection, queue)
            waiting.add_metric([name], count)
            late.add_metric([name], max(0.0, (now - due).total_seconds()) if due else 0)
        return waiting, late

    async def _tickets(self, connection: AsyncConnection) -> Iterable[Metric]:
        tickets = GaugeMetricFamily("aftercare_tickets", "Tickets that are not closed", labels=["state"])
        oldest = GaugeMetricFamily("aftercare_ticket_wait_seconds", "For how long the first of the queue has waited")
        since = func.min(case((TICKETS.c.state.in_(QUEUED), TICKETS.c.queued_at)))
        query = select(TICKETS.c.state, func.count(), since).where(TICKETS.c.state != State.CLOSED)
        rows = {row[0]: row for row in await connection.execute(query.group_by(TICKETS.c.state))}
        for state in (each for each in State if each is not State.CLOSED):
            tickets.add_metric([state], rows[state][1] if state in rows else 0)
        moments = [row[2] for row in rows.values() if row[2]]
        oldest.add_metric([], max(0.0, (self._now() - min(moments)).total_seconds()) if moments else 0)
        return tickets, oldest

    async def _agents(self) -> Metric:
        agents = GaugeMetricFamily("aftercare_agents", "People at the desk", labels=["presence"])
        presences = list((await self._attendance.presences()).values())
        for presence in Presence:
            agents.add_metric([presence], presences.count(presence))
        return agents

    async def _redis_answers(self, redis: Redis) -> int:
        try:
            await redis.ping()
        except (RedisError, OSError):
            return 0
        return 1


class _Seen:
    """What was seen, as the library collects it."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


async def _waiting(connection: AsyncConnection, queue: Table) -> tuple[int, datetime | None]:
    """How much waits in a queue, and since when the first of it is to be dealt with, or from when on."""
    at = queue.c.next_attempt_at
    count, due = (await connection.execute(select(func.count(at), func.min(at)).where(at.is_not(None)))).one()
    return count, due
