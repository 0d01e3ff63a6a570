"""Work that is done ahead, so that no customer has to wait for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import structlog

from aftercare.background import Background

logger = structlog.get_logger()

SWITCH_SECONDS = 0.0005
"""So soon the thread gives way to the one that answers customers. That waits for the database many times in a turn, and
with Python's own 5 ms, which come each time, some turns took three times as long.
"""


class WarmUp(Background):
    """Does what would else be done when it is first needed, in a thread of its own.

    After each piece it pauses for as long as that took: what customers want meanwhile comes first.

    Args:
        pieces: does a piece of the work at each step.
    """

    def __init__(self, pieces: Iterator[None]) -> None:
        super().__init__("warm-up")
        self._pieces = pieces

    def _run(self) -> None:
        started = begun = time.monotonic()
        usual = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            for _ in self._pieces:
                if self._stopping.wait(time.monotonic() - begun):
                    return
                begun = time.monotonic()
        except Exception as error:
            # It is done when it is needed, then, and whoever needs it hears what is wrong.
            logger.error("warm_up.failed", exc_info=error)
        else:
            logger.info("warm_up.done", seconds=round(time.monotonic() - started, 1))
        finally:
            sys.setswitchinterval(usual)
