"""The delivery of letters while the server runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from mail.outbox import Outbox

logger = structlog.get_logger()

SECONDS = 5.0
"""Between two looks at the outbox: for letters to try again, and those that other processes put in."""

PATIENCE_SECONDS = 10.0
"""How long a letter that is being delivered may hold up the end of the process."""


class Postman:
    """Delivers what is due in an outbox, in a task of the running event loop.

    Letters that this process puts in are delivered at once. An error is logged once, when it comes up, and does not
    end it.
    """

    def __init__(self, outbox: Outbox, seconds: float = SECONDS) -> None:
        self._outbox = outbox
        self._seconds = seconds
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to deliver; once."""
        self._task = asyncio.create_task(self._run(), name="postman")

    async def stop(self, patience: float = PATIENCE_SECONDS) -> None:
        """Deliver no more. The letter that is being delivered has so many seconds to arrive."""
        self._stopping = True
        self._outbox.filled.set()
        if self._task is not None:
            # It is cancelled after that; cut short, the letter might be sent a second time.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._task, patience)

    async def _run(self) -> None:
        problem = ""
        while not self._stopping:
            self._outbox.filled.clear()
            try:
                while not self._stopping and await self._outbox.deliver_next() is not None:
                    pass
                problem = ""
            except Exception as error:
                if problem != (problem := f"{type(error).__name__}: {error}"):
                    logger.error("mail.not_delivered", exc_info=error)
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._outbox.filled.wait(), self._seconds)
