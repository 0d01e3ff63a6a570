"""The delivery while the server runs. Tests wait for what it delivers, not for time to pass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest
from structlog.testing import capture_logs

from mail import Outbox, Postman
from storage import Database, DatabaseUnavailable
from tests.mail.samples import Clock, code_letter, composer

PATIENCE = 30
LONG = 3600.0
"""Seconds that no test waits."""


class Mailbox:
    """A way out that tells what it delivered."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[str] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()
        self.began = asyncio.Event()

    async def deliver(self, message: EmailMessage) -> None:
        self.began.set()
        await self.open.wait()
        self.arrived.put_nowait(message["Subject"][-6:])

    async def next(self) -> str:
        return await asyncio.wait_for(self.arrived.get(), PATIENCE)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def outbox(database: Database, mailbox: Mailbox) -> Outbox:
    return Outbox(database, mailbox, composer(), Clock())


@pytest.fixture
async def postman(outbox: Outbox) -> AsyncIterator[Postman]:
    """One that looks for itself only when it starts."""
    postman = Postman(outbox, seconds=LONG)
    postman.start()
    yield postman
    await postman.stop(PATIENCE)
    assert postmen() == []


def postmen() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "postman"]


async def test_what_is_put_in_is_delivered_at_once(outbox: Outbox, postman: Postman, mailbox: Mailbox) -> None:
    for code in ("111111", "222222", "333333"):
        await outbox.put(code_letter(code=code), code)
        assert await mailbox.next() == code


async def test_what_waits_from_before_is_delivered(outbox: Outbox, mailbox: Mailbox) -> None:
    await outbox.put(code_letter(), "1")
    outbox.filled.clear()
    postman = Postman(outbox, seconds=LONG)
    postman.start()
    assert await mailbox.next() == "123456"
    await postman.stop(PATIENCE)


async def test_what_another_process_puts_in_is_found(database: Database, outbox: Outbox, mailbox: Mailbox) -> None:
    postman = Postman(outbox, seconds=0.001)
    postman.start()
    await Outbox(database, mailbox, composer(), Clock()).put(code_letter(), "1")
    assert await mailbox.next() == "123456"
    await postman.stop(PATIENCE)


async def test_it_ends_with_the_letter_that_is_under_way(outbox: Outbox, postman: Postman, mailbox: Mailbox) -> None:
    mailbox.open.clear()
    for code in ("111111", "222222"):
        await outbox.put(code_letter(code=code), code)
    await asyncio.wait_for(mailbox.began.wait(), PATIENCE)
    stopping = asyncio.create_task(postman.stop(PATIENCE))
    mailbox.open.set()
    await stopping
    assert mailbox.arrived.qsize() == 1
    assert await outbox.deliver_due() == 1


async def test_it_does_not_wait_for_ever(outbox: Outbox, mailbox: Mailbox) -> None:
    postman = Postman(outbox, seconds=LONG)
    postman.start()
    mailbox.open.clear()
    await outbox.put(code_letter(), "1")
    await asyncio.wait_for(mailbox.began.wait(), PATIENCE)
    await postman.stop(patience=0.001)
    assert postmen() == []


class Failing(Outbox):
    """An outbox whose database is away for some time."""

    failures = 0

    async def deliver_next(self) -> bool | None:
        if self.failures < 3:
            self.failures += 1
            raise DatabaseUnavailable("cannot use the database")
        return await super().deliver_next()


async def test_an_error_is_logged_once_and_does_not_end_it(database: Database, mailbox: Mailbox) -> None:
    failing = Failing(database, mailbox, composer(), Clock())
    await failing.put(code_letter(), "1")
    postman = Postman(failing, seconds=0.001)
    with capture_logs() as logs:
        postman.start()
        assert await mailbox.next() == "123456"
    await postman.stop(PATIENCE)
    assert [entry["event"] for entry in logs] == ["mail.not_delivered"]


async def test_what_never_began_can_be_stopped(outbox: Outbox) -> None:
    await Postman(outbox).stop()
