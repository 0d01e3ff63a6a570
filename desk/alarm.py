"""Wakes whoever waits for something to happen at the desk."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from conversations import Feed
from desk.events import DESK


class Alarm:
    """Sets an event whenever something happens at the desk.

    Args:
        feed: where it is heard of; None where it is not, and whoever waits has to look for themselves.
        rings: what is set.
    """

    def __init__(self, feed: Feed | None, rings: asyncio.Event) -> None:
        self._feed = feed
        self._rings = rings
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen; once, in the event loop of those who wait."""
        if self._feed:
            self._task = asyncio.create_task(self._listen(self._feed), name="alarm")

    async def stop(self) -> None:
        """Listen no more."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen(self, feed: Feed) -> None:
        async with feed.subscribe(DESK) as subscription:
            while True:
                await subscription.next()
                self._rings.set()
