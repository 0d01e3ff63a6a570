"""Work on a queue while the server runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any, Protocol

import structlog

logger = structlog.get_logger()

SECONDS = 5.0
"""Between two looks at a queue: for what is to be tried again, and what other processes put in."""

PATIENCE_SECONDS = 10.0
"""How long what is being done may hold up the end of the process."""


class Queue(Protocol):
    """What waits in the database, to be dealt with by one of any number of processes."""

    filled: asyncio.Event
    """Set whenever this process puts something in."""

    async def claim(self) -> Any | None:
        """Take what has been due the longest; None where nothing is. What has an `id` is dealt with once at a time."""
        ...

    async def process(self, claimed: Any) -> object:
        """Deal with what was claimed."""
        ...


SOON = timedelta(minutes=1)


def remind(filled: asyncio.Event, wait: timedelta) -> None:
    """Have a queue looked at after a while, in which something becomes due then. What takes longer than `SOON` is found
    all the same, a little later.
    """
    if wait <= SOON:
        asyncio.get_running_loop().call_later(wait.total_seconds(), filled.set)


class Workers:
    """Deal with what is due in a queue, in tasks of the running event loop.

    What this process puts in is dealt with at once. An error is logged once, when it comes up, and ends nothing.

    Args:
        name: of the work, in the log.
        at_once: so many things are dealt with at the same time.
        seconds: between two looks at the queue.
    """

    def __init__(self, queue: Queue, name: str, at_once: int = 1, seconds: float = SECONDS) -> None:
        self._queue = queue
        self._name = name
        self._seconds = seconds
        self._room = asyncio.Semaphore(at_once)
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._in_hand: set[Any] = set()
        self._problem = ""

    def start(self) -> None:
        """Begin; once."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self, patience: float = PATIENCE_SECONDS) -> None:
        """Begin nothing more. What is being done has so many seconds to end."""
        self._stopping = True
        self._queue.filled.set()
        if self._task is not None:
            # It is cancelled after that; cut short, it might be done a second time.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end(self._task), patience)

    async def _end(self, task: asyncio.Task[None]) -> None:
        try:
            await task
            await asyncio.gather(*self._work)
        except asyncio.CancelledError:
            for work in (task, *self._work):
                work.cancel()
            raise

    async def _run(self) -> None:
        while not self._stopping:
            self._queue.filled.clear()
            while not self._stopping and await self._begin():
                pass
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._queue.filled.wait(), self._seconds)

    async def _begin(self) -> bool:
        """Begin with what is due, as soon as there is room; returns whether anything was."""
        await self._room.acquire()
        claimed = None
        try:
            if not self._stopping:
                claimed = await self._queue.claim()
        except Exception as error:
            self._failed(error)
        finally:
            if claimed is None:
                self._room.release()
        if claimed is None:
            return False
        if getattr(claimed, "id", None) in self._in_hand:
            # The claim ran out early, as when the clock jumped.
            self._room.release()
            return True
        work = asyncio.create_task(self._process(claimed))
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        return True

    async def _process(self, claimed: Any) -> None:
        in_hand = {claimed.id} if hasattr(claimed, "id") else set()
        self._in_hand |= in_hand
        try:
            await self._queue.process(claimed)
            self._problem = ""
        except Exception as error:
            self._failed(error)
        finally:
            self._in_hand -= in_hand
            self._room.release()
            # Something may have waited for this to be over.
            self._queue.filled.set()

    def _failed(self, error: Exception) -> None:
        if self._problem != (problem := f"{type(error).__name__}: {error}"):
            self._problem = problem
            logger.error("work.failed", work=self._name, exc_info=error)
