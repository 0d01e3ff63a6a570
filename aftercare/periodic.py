"""Work that is done every now and then while the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

logger = structlog.get_logger()


class Periodic:
    """Does something at once and then again after every pause, in a task of the running event loop.

    An error is logged once, when it comes up, and does not end it.

    Args:
        name: of the work, in the log.
        work: what is done.
        seconds: the pause.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; once."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """Do it no more; what is being done is broken off."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        problem = ""
        while True:
            try:
                await self._work()
                problem = ""
            except Exception as error:
                if problem != (problem := f"{type(error).__name__}: {error}"):
                    logger.error("periodic.failed", work=self._name, exc_info=error)
            await asyncio.sleep(self._seconds)
