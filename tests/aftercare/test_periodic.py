"""Work that is done again and again."""

import asyncio
from contextlib import suppress

from structlog.testing import capture_logs

from aftercare.periodic import Periodic

PATIENCE = 10


class Work:
    """Is done so many times, failing at first, and then waits."""

    def __init__(self, failures: int, times: int) -> None:
        self.done = 0
        self.enough = asyncio.Event()
        self._failures = failures
        self._times = times

    async def __call__(self) -> None:
        self.done += 1
        if self.done == self._times:
            self.enough.set()
        if self.done <= self._failures:
            raise RuntimeError("not yet")


async def test_it_is_done_again_until_it_is_stopped() -> None:
    work = Work(failures=0, times=3)
    periodic = Periodic("sweep", work, seconds=0)
    periodic.start()
    await asyncio.wait_for(work.enough.wait(), PATIENCE)
    await periodic.stop()
    done = work.done
    await asyncio.sleep(0)
    assert work.done == done >= 3


async def test_an_error_is_logged_once_and_does_not_end_it() -> None:
    work = Work(failures=2, times=3)
    periodic = Periodic("sweep", work, seconds=0)
    with capture_logs() as logs:
        periodic.start()
        await asyncio.wait_for(work.enough.wait(), PATIENCE)
        await periodic.stop()
    assert [(entry["event"], entry["work"]) for entry in logs] == [("periodic.failed", "sweep")]


async def test_what_takes_long_does_not_hold_up_the_end() -> None:
    begun = asyncio.Event()

    async def endless() -> None:
        begun.set()
        await asyncio.Event().wait()

    periodic = Periodic("sweep", endless, seconds=0)
    periodic.start()
    await asyncio.wait_for(begun.wait(), PATIENCE)
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(periodic.stop(), PATIENCE)


async def test_stopping_what_never_began() -> None:
    await Periodic("sweep", Work(0, 1), seconds=0).stop()
