"""Work on a queue while the server runs. Tests wait for what is done, not for time to pass."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from storage import DatabaseUnavailable, Workers, remind

PATIENCE = 30
LONG = 3600.0
"""Seconds that no test waits."""


class Shelf:
    """A queue in memory."""

    def __init__(self) -> None:
        self.filled = asyncio.Event()
        self.waiting: deque[str] = deque()
        self.done: asyncio.Queue[str] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()
        self.busy: set[str] = set()
        self.most_busy = 0
        self.began = asyncio.Event()
        self.failures = 0

    def put(self, *items: str) -> None:
        self.waiting.extend(items)
        self.filled.set()

    async def claim(self) -> str | None:
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable("cannot use the database")
        return self.waiting.popleft() if self.waiting else None

    async def process(self, item: str) -> None:
        self.busy.add(item)
        self.most_busy = max(self.most_busy, len(self.busy))
        self.began.set()
        try:
            await self.open.wait()
            if item.startswith("bad"):
                raise RuntimeError("it was told to fail")
            self.done.put_nowait(item)
        finally:
            self.busy.remove(item)

    async def next(self) -> str:
        return await asyncio.wait_for(self.done.get(), PATIENCE)


@pytest.fixture
async def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def workers(shelf: Shelf) -> AsyncIterator[Workers]:
    """Three that look for themselves only when they start."""
    workers = Workers(shelf, "shelf", at_once=3, seconds=LONG)
    workers.start()
    yield workers
    await workers.stop(PATIENCE)
    assert tasks() == [] and not shelf.busy


def tasks() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "shelf"]


async def test_what_is_put_in_is_done_at_once(shelf: Shelf, workers: Workers) -> None:
    for item in ("one", "two", "three"):
        shelf.put(item)
        assert await shelf.next() == item


async def test_what_waits_from_before_is_done(shelf: Shelf) -> None:
    shelf.put("one")
    shelf.filled.clear()
    workers = Workers(shelf, "shelf", seconds=LONG)
    workers.start()
    assert await shelf.next() == "one"
    await workers.stop(PATIENCE)


async def test_what_another_process_puts_in_is_found(shelf: Shelf) -> None:
    workers = Workers(shelf, "shelf", seconds=0.001)
    workers.start()
    shelf.waiting.append("one")
    assert await shelf.next() == "one"
    await workers.stop(PATIENCE)


async def test_so_many_are_done_at_the_same_time_and_no_more(shelf: Shelf, workers: Workers) -> None:
    shelf.open.clear()
    shelf.put(*"abcdefgh")
    await asyncio.wait_for(shelf.began.wait(), PATIENCE)
    shelf.open.set()
    assert sorted([await shelf.next() for _ in range(8)]) == list("abcdefgh")
    assert shelf.most_busy == 3


async def test_what_becomes_due_when_something_is_over_is_done(shelf: Shelf, workers: Workers) -> None:
    shelf.open.clear()
    shelf.put("one")
    await asyncio.wait_for(shelf.began.wait(), PATIENCE)
    # Without a word, as a row that waited for another one of its lane.
    shelf.waiting.append("two")
    shelf.open.set()
    assert [await shelf.next(), await shelf.next()] == ["one", "two"]


async def test_what_becomes_due_after_a_while_is_done(shelf: Shelf, workers: Workers) -> None:
    remind(shelf.filled, timedelta(milliseconds=20))
    remind(shelf.filled, timedelta(days=1))
    shelf.put("one")
    assert await shelf.next() == "one"
    shelf.waiting.append("two")
    assert await shelf.next() == "two"


async def test_it_ends_with_what_is_under_way(shelf: Shelf) -> None:
    workers = Workers(shelf, "shelf", seconds=LONG)
    workers.start()
    shelf.open.clear()
    shelf.put("one", "two")
    await asyncio.wait_for(shelf.began.wait(), PATIENCE)
    stopping = asyncio.create_task(workers.stop(PATIENCE))
    shelf.open.set()
    await stopping
    assert shelf.done.qsize() == 1 and list(shelf.waiting) == ["two"]


async def test_it_does_not_wait_for_ever(shelf: Shelf) -> None:
    workers = Workers(shelf, "shelf", seconds=LONG)
    workers.start()
    shelf.open.clear()
    shelf.put("one")
    await asyncio.wait_for(shelf.began.wait(), PATIENCE)
    await workers.stop(patience=0.001)
    assert tasks() == []
    assert shelf.done.empty()


async def test_an_error_is_logged_once_and_does_not_end_it(shelf: Shelf) -> None:
    shelf.failures = 3
    workers = Workers(shelf, "shelf", seconds=0.001)
    shelf.put("one")
    with capture_logs() as logs:
        workers.start()
        assert await shelf.next() == "one"
    await workers.stop(PATIENCE)
    assert [entry["event"] for entry in logs] == ["work.failed"]


async def test_what_fails_keeps_nobody_from_working(shelf: Shelf, workers: Workers) -> None:
    with capture_logs() as logs:
        shelf.put("bad", "bad too", "good")
        assert await shelf.next() == "good"
        shelf.put("better")
        assert await shelf.next() == "better"
    assert logs[0]["event"] == "work.failed" and logs[0]["work"] == "shelf"


async def test_what_never_began_can_be_stopped(shelf: Shelf) -> None:
    await Workers(shelf, "shelf").stop()
