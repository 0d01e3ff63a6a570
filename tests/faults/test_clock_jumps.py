"""A clock that is set while the house is at work: nothing waits for hours, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from conversations import Author, Conversations, Inbox, Incoming, LocalLocks, Notice, Outgoing
from conversations import Outbox as MessengerOutbox
from mail import Outbox
from mail.outbox import OUTBOX
from storage import Database, Workers
from tests.bots import ScriptedBot
from tests.mail.samples import Clock, code_letter, composer

JUMP = timedelta(hours=2)
PATIENCE = 10.0

BACK_AND_FORTH = pytest.mark.parametrize("jump", [JUMP, -JUMP], ids=["forward", "back"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Postman:
    """Notes what it delivers, as soon as it may."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.under_way = asyncio.Event()

    async def deliver(self, message: EmailMessage) -> None:
        await self._deliver(str(message["To"]))

    async def send(self, outgoing: Outgoing) -> str:
        await self._deliver(outgoing.payload["text"])
        return f"p{outgoing.id}"

    async def handle(self, notice: Notice) -> None:
        await self._deliver(notice.key)

    async def _deliver(self, what: str) -> None:
        self.under_way.set()
        await self.may_go_on.wait()
        self.delivered.append(what)


@BACK_AND_FORTH
async def test_what_came_in_before_is_dealt_with(database: Database, clock: Clock, jump: timedelta) -> None:
    postman = Postman()
    inbox = Inbox(database, clock)
    inbox.register("whatsapp", postman.handle)
    await inbox.put("whatsapp", [Notice("before", "whatsapp:anna", {})])
    clock.moment += jump
    await inbox.put("whatsapp", [Notice("after", "whatsapp:anna", {})])
    await work_off(inbox.claim, inbox.process)
    assert postman.delivered == ["before", "after"]


async def test_a_claim_of_a_clock_that_was_wrong_holds_up_nobody(database: Database, clock: Clock) -> None:
    postman = Postman()
    inbox = Inbox(database, clock)
    inbox.register("whatsapp", postman.handle)
    await inbox.put("whatsapp", [Notice("n1", "whatsapp:anna", {})])
    clock.moment += JUMP
    assert await inbox.claim(), "by a process that dies then"
    clock.moment -= JUMP
    await work_off(inbox.claim, inbox.process)
    assert postman.delivered == ["n1"]


@BACK_AND_FORTH
async def test_what_was_said_before_is_delivered(database: Database, clock: Clock, jump: timedelta) -> None:
    postman = Postman()
    outbox = MessengerOutbox(database, clock)
    outbox.register("whatsapp", lambda content, language: [dict(content)], postman.send)
    conversations = Conversations(database, ScriptedBot(), LocalLocks(), clock, outbox=outbox)
    await conversations.receive(Incoming("whatsapp", "anna", "hi", "m1"))
    clock.moment += jump
    await conversations.say("whatsapp:anna", Author.AGENT, {"text": "And me."})
    await work_off(outbox.claim, outbox.process)
    assert postman.delivered == ["Hello.", "And me."]


@BACK_AND_FORTH
async def test_a_letter_from_before_is_delivered(database: Database, clock: Clock, jump: timedelta) -> None:
    postman = Postman()
    outbox = Outbox(database, postman, composer(), clock)
    await outbox.put(code_letter(), "letter:1")
    clock.moment += jump
    assert await outbox.deliver_due() == 1


async def test_what_is_in_hand_is_not_taken_up_again(database: Database, clock: Clock) -> None:
    postman = Postman()
    outbox = Outbox(database, postman, composer(), clock)
    postman.may_go_on.clear()
    await outbox.put(code_letter(), "letter:1")
    workers = Workers(outbox, "mail", at_once=2)
    workers.start()
    await asyncio.wait_for(postman.under_way.wait(), PATIENCE)
    # The claim runs out in this moment.
    clock.moment += JUMP
    await outbox.put(code_letter(), "letter:2")
    async with asyncio.timeout(PATIENCE):
        while await attempts(database) != [2, 1]:
            await asyncio.sleep(0.01)
    postman.may_go_on.set()
    await workers.stop(PATIENCE)
    await outbox.deliver_due()
    assert len(postman.delivered) == 2


async def work_off(claim: Callable[[], Awaitable[Any]], process: Callable[[Any], Awaitable[object]]) -> None:
    while (claimed := await claim()) is not None:
        await process(claimed)


async def attempts(database: Database) -> list[int]:
    """How often each letter was claimed."""
    async with database.reading() as connection:
        return list(await connection.scalars(select(OUTBOX.c.attempts).order_by(OUTBOX.c.id)))
