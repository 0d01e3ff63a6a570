"""One turn at a time in each conversation, in one process or in many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol
from weakref import WeakValueDictionary

from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from storage import redis_client

HOLD_SECONDS = 15.0
"""After this time a lock is given up that its holder did not renew: it must have died."""

RENEW_SECONDS = 4.0
"""How often a lock is renewed."""

WAIT_SECONDS = 30.0
"""How long a message waits for the turns before it."""


class LockUnavailable(Exception):
    """The conversation is busy for too long, or the locks cannot be reached."""


class Locks(Protocol):
    """Mutual exclusion by name."""

    def hold(self, name: str) -> AbstractAsyncContextManager[None]:
        """Hold the lock of this name inside the `async with` block. Raises `LockUnavailable`."""
        ...

    async def close(self) -> None:
        """Give back what the locks need."""
        ...


class LocalLocks:
    """Locks of one process; waiting is in the order of coming."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """See `Locks.hold`."""
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = asyncio.Lock()
        async with lock:
            yield

    async def close(self) -> None:
        """See `Locks.close`."""


class RedisLocks:
    """Locks shared by all processes that use the same Redis server.

    A server that forgets them, as at a restart, lets two processes hold the same one. What they do has to bear that:
    `bot.trackers` keeps one of two turns.
    """

    def __init__(self, url: str) -> None:
        self._redis = redis_client(url)
        # Waiting in this process first keeps its messages in order, and its polling of the server low.
        self._local = LocalLocks()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """See `Locks.hold`."""
        async with self._local.hold(name):
            lock = self._redis.lock(f"aftercare:lock:{name}", timeout=HOLD_SECONDS, blocking_timeout=WAIT_SECONDS)
            try:
                acquired = await lock.acquire()
            except RedisError as error:
                raise LockUnavailable(f"cannot reach Redis: {error}") from error
            if not acquired:
                raise LockUnavailable(f"no turn within {WAIT_SECONDS:.0f} seconds")
            renewing = asyncio.create_task(_renew(lock))
            try:
                yield
            finally:
                renewing.cancel()
                # Where it has run out, or the server is gone, it frees itself.
                with suppress(LockError, RedisError):
                    await lock.release()

    async def close(self) -> None:
        """See `Locks.close`."""
        await self._redis.aclose()


async def _renew(lock: Lock) -> None:
    """Renew a lock until it is somebody else's, as after a time in which the server could not be reached."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            await lock.reacquire()
        except LockError:
            return
        except RedisError:
            # Tried again: it has not run out yet.
            continue
