"""What happens in conversations, told as it happens to whoever is looking: the customer's windows, and the desk.

An event is a JSON object with a `type`. What an event says is also in the database where it is to last, so that an
event that was lost costs nothing but a look there; `LOST` says when to look.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Protocol

import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from storage import redis_client

logger = structlog.get_logger()

Event = dict[str, Any]

LOST: Event = {"type": "lost"}
"""Stands for events that did not arrive."""

WAITING: Event = {"type": "waiting"}
"""The customer's message waits for its turn, since there is much to answer."""

MOST_WAITING = 200
"""So many events wait for a subscriber that is slow; then it is told that it has lost some."""

RETRY_SECONDS = 1.0

SILENCE_SECONDS = 3.0
"""After so long without a word, the server is asked whether it is still there; and as long it may take to answer."""

CHANNEL = "aftercare:feed"


class Subscription:
    """The events of one conversation, in their order, from the moment on in which it was subscribed to."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event] = asyncio.Queue(MOST_WAITING)

    async def next(self) -> Event:
        """The next event, as soon as there is one."""
        return await self._queue.get()

    def put(self, event: Event) -> None:
        """Add an event. One too many makes all of them `LOST`."""
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            event = LOST
        self._queue.put_nowait(event)


class Feed(Protocol):
    """Tells what happens in conversations."""

    async def publish(self, conversation_id: str, *events: Event) -> None:
        """Tell the subscribers of a conversation. Never raises for one that cannot be reached."""
        ...

    def subscribe(self, conversation_id: str) -> AbstractAsyncContextManager[Subscription]:
        """Listen to a conversation inside the `async with` block."""
        ...

    async def close(self) -> None:
        """Give back what the feed needs."""
        ...


class LocalFeed:
    """A feed within one process."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[Subscription]] = defaultdict(set)

    async def publish(self, conversation_id: str, *events: Event) -> None:
        """See `Feed.publish`."""
        self.tell(conversation_id, *events)

    def tell(self, conversation_id: str, *events: Event) -> None:
        """Tell the subscribers in this process."""
        for subscription in self._subscriptions.get(conversation_id, ()):
            for event in events:
                subscription.put(event)

    def tell_all(self, event: Event) -> None:
        """Tell the subscribers of all conversations."""
        for conversation_id in self._subscriptions:
            self.tell(conversation_id, event)

    @asynccontextmanager
    async def subscribe(self, conversation_id: str) -> AsyncIterator[Subscription]:
        """See `Feed.subscribe`."""
        subscription = Subscription()
        self._subscriptions[conversation_id].add(subscription)
        try:
            yield subscription
        finally:
            subscriptions = self._subscriptions[conversation_id]
            subscriptions.discard(subscription)
            if not subscriptions:
                del self._subscriptions[conversation_id]

    async def close(self) -> None:
        """See `Feed.close`."""


class RedisFeed:
    """A feed for all processes that use the same Redis server.

    All of them hear everything, and each passes on what its own subscribers want: a turn has three events or so, and
    there are few processes.
    """

    def __init__(self, url: str) -> None:
        self._redis = redis_client(url)
        self._local = LocalFeed()
        self._reader: asyncio.Task[None] | None = None
        self._hearing = asyncio.Event()
        self._untold: set[str] = set()
        """The conversations of which other processes have not heard everything."""

    async def publish(self, conversation_id: str, *events: Event) -> None:
        """See `Feed.publish`."""
        told = json.dumps([conversation_id, events], ensure_ascii=False)
        try:
            await self._redis.publish(CHANNEL, told)
        except RedisError as error:
            logger.error("feed.unreachable", reason=str(error))
            # Those in this process look at once, and the others as soon as they can be told to. They get no events: an
            # earlier one may not have arrived.
            self._local.tell(conversation_id, LOST)
            self._untold.add(conversation_id)
        else:
            await self._catch_up()

    @asynccontextmanager
    async def subscribe(self, conversation_id: str) -> AsyncIterator[Subscription]:
        """See `Feed.subscribe`."""
        async with self._local.subscribe(conversation_id) as subscription:
            if self._reader is None:
                self._reader = asyncio.create_task(self._read())
            # Before the subscriber looks into the database for what was before.
            await self._hearing.wait()
            yield subscription

    async def close(self) -> None:
        """See `Feed.close`."""
        if self._reader:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
        await self._redis.aclose()

    async def _read(self) -> None:
        """Pass on what comes from the server; after it was away, say that something may have been lost."""
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    await self._listen(pubsub)
            except RedisError as error:
                logger.error("feed.unreachable", reason=str(error))
            except Exception as error:
                logger.error("feed.failed", exc_info=error)
            self._hearing.set()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, pubsub: PubSub) -> None:
        """Pass on what comes, until the server is away: a connection can be lost without anybody saying so."""
        asked = False
        while True:
            message = await pubsub.get_message(timeout=SILENCE_SECONDS)
            if message is None:
                if asked:
                    raise RedisConnectionError(f"not a word for {2 * SILENCE_SECONDS:.0f} seconds")
                await pubsub.ping()
                asked = True
                continue
            asked = False
            if message["type"] == "subscribe":
                if self._hearing.is_set():
                    self._local.tell_all(LOST)
                self._hearing.set()
            elif message["type"] == "message":
                conversation_id, events = json.loads(message["data"])
                self._local.tell(conversation_id, *events)
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Tell the others what they could not be told."""
        untold, self._untold = self._untold, set()
        for conversation_id in untold:
            await self.publish(conversation_id, LOST)


def typing(author: str, name: str | None = None) -> Event:
    """Somebody is writing."""
    return {"type": "typing", "author": author, "name": name}


def read_up_to(message_id: int, reader: str) -> Event:
    """Somebody has seen everything up to a message."""
    return {"type": "read", "up_to": message_id, "reader": reader}
