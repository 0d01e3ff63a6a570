"""Webhooks: addresses that are told of events, and what is on its way to them.

What is to be told is not announced by whoever causes it, but read from the tables (`desk.api.happenings`) and put down
as deliveries, each once: a process that dies between something and telling it loses nothing, since whichever comes next
looks back a day. Deliveries are sent by `storage.Workers`, and again where that fails for a while; what is told twice
has the same `id`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import httpx
import structlog
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations import Feed
from desk.alarm import Alarm
from desk.api.destinations import Destinations, Refused, Unreachable
from desk.api.happenings import EVENTS, MESSAGES, NOTES, RATINGS, Happening, happenings
from desk.api.signatures import HEADER, signature, signing_key
from desk.tables import WebhookDeliveryRow, WebhookRow
from storage import Database, claim, forget, insertion, moments, pause, remind, table

logger = structlog.get_logger()

WEBHOOKS = table(WebhookRow)
DELIVERIES = table(WebhookDeliveryRow)

LEASE = timedelta(minutes=1)
"""So long a delivery belongs to the process that makes it. If the process dies meanwhile, another one makes it."""

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)

PATIENCE = timedelta(days=1)
"""After this time, what could not be told is given up; and so far back is looked for what was never put down."""

GIVEN_UP = timedelta(days=5)
"""A webhook that has failed for so long without a break is told nothing any more."""

OVERLAP = timedelta(minutes=2)
"""Longer than a transaction lasts, and than the clocks of processes differ."""

TIMEOUT_SECONDS = 10.0
TOGETHER_SECONDS = 20.0
"""How long a receiver may be silent, and how long a request may take."""

GONE = 410
"""With this, a receiver says that it wants to hear nothing any more."""

MOST_WEBHOOKS = 50

SALT_BYTES = 32


class State(StrEnum):
    """How far a delivery has got."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class TooManyWebhooks(Exception):
    """There are as many as there may be."""


@dataclass(frozen=True)
class Webhook:
    """An address that is told of events.

    Attributes:
        events: those that it is told of, some of `happenings.EVENTS`.
        texts: whether it is told what was said as well.
        failing_since: since when it has failed without a break.
    """

    id: int
    url: str
    events: tuple[str, ...]
    texts: bool
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True)
class Delivery:
    """An event that a webhook was told of, or is to be told of; `reason` says why it failed last."""

    id: int
    event: str
    state: State
    attempts: int
    reason: str | None
    next_attempt_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process is to make."""

    id: int
    webhook: Webhook
    key: str
    event: str
    payload: Mapping[str, Any]
    attempts: int
    created_at: datetime


class Webhooks:
    """The webhooks, and the queue of what they are to be told (`storage.Workers`). Several processes may work on it.

    Args:
        database: has the tables of the desk and of the conversations.
        secret: the house's; the keys with which requests are signed are derived from it.
        destinations: where webhooks may go.
        feed: wakes the queue when something happens at the desk; the rest is found at the next look.
        now: the present moment, aware.
    """

    def __init__(
        self,
        database: Database,
        secret: bytes,
        destinations: Destinations | None = None,
        feed: Feed | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._secret = secret
        self._destinations = destinations or Destinations()
        self._now = now
        self._http: httpx.AsyncClient | None = None
        self._since: datetime | None = None
        self.filled = asyncio.Event()
        """Set whenever something may have happened that is to be told."""
        self._alarm = Alarm(feed, self.filled)

    async def add(self, url: str, events: Sequence[str], *, texts: bool = False) -> tuple[Webhook, str]:
        """Begin telling an address; returns the webhook and the key with which its requests are signed.

        Raises:
            Refused: webhooks may not go there.
            Unreachable: its name cannot be looked up.
            TooManyWebhooks: there are `MOST_WEBHOOKS`.
            ValueError: an event is unknown, or there is none.
        """
        wanted = tuple(event for event in EVENTS if event in events)
        if not wanted or set(events) - set(EVENTS):
            raise ValueError(f"events are some of: {', '.join(EVENTS)}")
        await self._destinations.resolve(url)
        salt = secrets.token_bytes(SALT_BYTES)
        row = {"url": url, "events": list(wanted), "secret": salt, "texts": texts, "created_at": self._now()}
        async with self._database.writing() as connection:
            if (await connection.scalar(select(func.count()).select_from(WEBHOOKS)) or 0) >= MOST_WEBHOOKS:
                raise TooManyWebhooks
            made = (await connection.execute(insert(WEBHOOKS).returning(WEBHOOKS), row)).one()
        return _webhook(made), signing_key(self._secret, salt)

    async def all(self) -> list[Webhook]:
        """The webhooks, the oldest first."""
        async with self._database.reading() as connection:
            return [_webhook(row) for row in await connection.execute(select(WEBHOOKS).order_by(WEBHOOKS.c.id))]

    async def remove(self, webhook_id: int) -> bool:
        """Tell an address nothing more, and forget it; returns whether there was such a webhook."""
        async with self._database.writing() as connection:
            await connection.execute(delete(DELIVERIES).where(DELIVERIES.c.webhook_id == webhook_id))
            return (await connection.execute(delete(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id))).rowcount > 0

    async def deliveries(self, webhook_id: int, *, before: int | None = None, limit: int = 50) -> list[Delivery]:
        """What a webhook was told, the latest first.

        Args:
            before: an id; only those with lower ones.
        """
        names = ("id", "event", "state", "attempts", "reason", "next_attempt_at", "created_at")
        query = select(*(DELIVERIES.c[name] for name in names)).where(DELIVERIES.c.webhook_id == webhook_id)
        if before is not None:
            query = query.where(DELIVERIES.c.id < before)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(DELIVERIES.c.id.desc()).limit(limit))
            return [Delivery(**{**row._mapping, "state": State(row.state)}) for row in rows]

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete the deliveries from before a moment (aware) that are over, or only count them; returns how many.

        The moment must lie further back than twice `PATIENCE`: by the deliveries it is known what was told.
        """
        over = DELIVERIES.c.next_attempt_at.is_(None), DELIVERIES.c.created_at < before
        return await forget(self._database, DELIVERIES, *over, dry_run=dry_run)

    def start(self) -> None:
        """Listen to what happens at the desk; once, in the event loop of the queue's workers."""
        self._alarm.start()

    async def close(self) -> None:
        """Listen no more, and close the connections."""
        await self._alarm.stop()
        if self._http:
            await self._http.aclose()
            self._http = None

    async def claim(self) -> Claimed | None:
        """Take the delivery that has been due the longest; where none is, look first for what happened meanwhile."""
        claimed = await self._claim()
        if claimed is None and await self._put_down():
            claimed = await self._claim()
        return claimed

    async def process(self, claimed: Claimed) -> None:
        """Tell a webhook what was claimed."""
        try:
            body = await self._body(claimed)
            problem, status = await self._send(claimed, body)
        except Exception as error:
            # A mistake of ours: it has to wait like any other, and the caller hears of it.
            await self._postpone(claimed, type(error).__name__)
            raise
        if problem is None:
            await self._conclude(claimed)
        elif status == GONE:
            await self._disable(claimed.webhook.id, problem)
        else:
            await self._postpone(claimed, problem)

    async def _claim(self) -> Claimed | None:
        at = moments(self._now(), LEASE, LEASE + LONGEST_PAUSE)
        async with self._database.writing() as connection:
            row = (await connection.execute(DUE, at)).first()
            if row is None:
                return None
            webhook = (await connection.execute(select(WEBHOOKS).where(WEBHOOKS.c.id == row.webhook_id))).one()
        return Claimed(row.id, _webhook(webhook), row.key, row.event, row.payload, row.attempts, row.created_at)

    async def _put_down(self) -> int:
        """Put down what happened since the last look; returns how many deliveries that makes."""
        now = self._now()
        since = self._since or now - PATIENCE
        async with self._database.reading() as connection:
            listening = await connection.execute(select(WEBHOOKS).where(WEBHOOKS.c.disabled_at.is_(None)))
            webhooks = [_webhook(row) for row in listening]
            wanted = [event for event in EVENTS if any(event in webhook.events for webhook in webhooks)]
            found, more = await happenings(connection, wanted, since) if wanted else ([], None)
            known = await _known(connection, since - OVERLAP) if found else set()
        rows = [
            _row(webhook, happening, now)
            for happening in found
            for webhook in webhooks
            if happening.event in webhook.events
            and happening.at >= webhook.created_at
            and (webhook.id, happening.event, happening.key) not in known
        ]
        if rows:
            async with self._database.writing() as connection:
                # Another process may have been faster.
                await connection.execute(insertion(connection, DELIVERIES).on_conflict_do_nothing(), rows)
        self._since = more or now - OVERLAP
        return len(rows)

    async def _body(self, claimed: Claimed) -> bytes:
        """What is sent. What was said is looked up only now: what was deleted meanwhile is not told."""
        data = dict(claimed.payload["data"])
        if claimed.webhook.texts:
            data |= await self._texts(claimed)
        told = {"id": claimed.id, "event": claimed.event, "at": claimed.payload["at"], "data": data}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    async def _texts(self, claimed: Claimed) -> dict[str, Any]:
        data = claimed.payload["data"]
        match claimed.event:
            case "message.created":
                query = select(MESSAGES.c.content).where(MESSAGES.c.id == data["message_id"])
            case "note.created":
                query = select(NOTES.c.text).where(NOTES.c.id == data["note_id"])
            case "rating.given":
                query = select(RATINGS.c.comment).where(RATINGS.c.message_id == data["message_id"])
            case _:
                return {}
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return dict(row._mapping) if row else {}

    async def _send(self, claimed: Claimed, body: bytes) -> tuple[str | None, int | None]:
        """Make a request; returns why it failed, if it did, and the status that it was answered with."""
        seconds = int(self._now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "Aftercare",
            "aftercare-event": claimed.event,
            "aftercare-delivery": str(claimed.id),
            HEADER: signature(await self._key(claimed.webhook.id), seconds, body),
        }
        try:
            async with asyncio.timeout(TOGETHER_SECONDS):
                where = (await self._destinations.resolve(claimed.webhook.url)).request
                headers |= where.pop("headers")
                # What a receiver answers says nothing beyond its status, however long it is.
                async with self._client().stream("POST", content=body, headers=headers, **where) as response:
                    return (None if response.is_success else f"status {response.status_code}"), response.status_code
        except (Refused, Unreachable) as error:
            return str(error), None
        except (httpx.HTTPError, TimeoutError) as error:
            return type(error).__name__, None

    async def _key(self, webhook_id: int) -> str:
        async with self._database.reading() as connection:
            salt = await connection.scalar(select(WEBHOOKS.c.secret).where(WEBHOOKS.c.id == webhook_id))
        return signing_key(self._secret, salt or b"")

    async def _conclude(self, claimed: Claimed) -> None:
        async with self._database.writing() as connection:
            await _end(connection, claimed.id, State.SENT, None)
            if claimed.webhook.failing_since:
                theirs = update(WEBHOOKS).where(WEBHOOKS.c.id == claimed.webhook.id)
                await connection.execute(theirs.values(failing_since=None))

    async def _postpone(self, claimed: Claimed, reason: str) -> None:
        """Have something told again, later each time, or give it up, and the webhook too if it failed for long."""
        now = self._now()
        since = claimed.webhook.failing_since or now
        if now - since > GIVEN_UP:
            await self._disable(claimed.webhook.id, reason)
            return
        wait = pause(claimed.attempts, FIRST_PAUSE, LONGEST_PAUSE, jitter=True)
        over = now + wait > claimed.created_at + PATIENCE
        async with self._database.writing() as connection:
            failing = update(WEBHOOKS).where(WEBHOOKS.c.id == claimed.webhook.id, WEBHOOKS.c.failing_since.is_(None))
            await connection.execute(failing.values(failing_since=now))
            if over:
                await _end(connection, claimed.id, State.FAILED, reason)
            else:
                later = {"next_attempt_at": now + wait, "reason": reason[:200]}
                await connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == claimed.id).values(later))
        described = {"webhook": claimed.webhook.id, "id": claimed.id, "attempts": claimed.attempts, "reason": reason}
        if over:
            logger.error("webhook.given_up", **described)
        else:
            remind(self.filled, wait)
            logger.warning("webhook.postponed", **described)

    async def _disable(self, webhook_id: int, reason: str) -> None:
        waiting = DELIVERIES.c.webhook_id == webhook_id, DELIVERIES.c.next_attempt_at.is_not(None)
        over = {"state": State.FAILED, "next_attempt_at": None, "payload": None, "reason": reason[:200]}
        async with self._database.writing() as connection:
            await connection.execute(
                update(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id).values(disabled_at=self._now())
            )
            await connection.execute(update(DELIVERIES).where(*waiting).values(over))
        logger.error("webhook.disabled", webhook=webhook_id, reason=reason)

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            # No proxy of the environment: it would look names up itself. No redirects: they would not be checked.
            self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False)
        return self._http


DUE = claim(DELIVERIES)


def _webhook(row: Row[Any]) -> Webhook:
    events = tuple(row.events)
    return Webhook(row.id, row.url, events, row.texts, row.created_at, row.failing_since, row.disabled_at)


def _row(webhook: Webhook, happening: Happening, now: datetime) -> dict[str, Any]:
    return {
        "webhook_id": webhook.id,
        "event": happening.event,
        "key": happening.key,
        "payload": {"at": happening.at.isoformat(), "data": dict(happening.data)},
        "attempts": 0,
        "next_attempt_at": now,
        "state": State.WAITING,
        "created_at": now,
    }


async def _known(connection: AsyncConnection, since: datetime) -> set[tuple[int, str, str]]:
    """What was put down since a moment."""
    query = select(DELIVERIES.c.webhook_id, DELIVERIES.c.event, DELIVERIES.c.key).where(
        DELIVERIES.c.created_at >= since
    )
    return {(webhook_id, event, key) for webhook_id, event, key in await connection.execute(query)}


async def _end(connection: AsyncConnection, delivery_id: int, state: State, reason: str | None) -> None:
    """Tell something no more, and keep of it only that there was it."""
    over = {"state": state, "next_attempt_at": None, "payload": None, "reason": reason and reason[:200]}
    await connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(over))
