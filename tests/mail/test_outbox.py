"""The outbox, on both databases: what is put in is delivered, once, and tried again where it has to be."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.letters import Letter, MailUnavailable
from mail import LetterError, Outbox, SmtpMailer
from mail.outbox import CLAIM, LONGEST_PAUSE, OUTBOX, PATIENCE
from storage import Database
from tests.mail.samples import ADDRESS, NOON, Clock, code_letter, composer
from tests.mail.servers import MailServer, mail_server


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(database: Database, server: MailServer, clock: Clock) -> Outbox:
    return Outbox(database, SmtpMailer(server.url), composer(), clock)


async def rows(database: Database) -> list[Any]:
    async with database.reading() as connection:
        return list(await connection.execute(select(OUTBOX).order_by(OUTBOX.c.id)))


async def test_a_letter_is_delivered_and_its_content_forgotten(
    outbox: Outbox, server: MailServer, database: Database, clock: Clock
) -> None:
    await outbox.put(code_letter(), "code:1")
    (waiting,) = await rows(database)
    assert (waiting.letter, waiting.recipient, waiting.attempts) == ("code", ADDRESS, 0)
    assert waiting.next_attempt_at == waiting.created_at == NOON
    assert "Your code is 123456" in waiting.message
    assert server.messages == []

    assert await outbox.deliver_due() == 1
    (arrived,) = server.messages
    assert arrived["Subject"] == "Your code is 123456"
    (done,) = await rows(database)
    assert (done.message, done.next_attempt_at, done.sent_at, done.attempts) == (None, None, NOON, 1)
    assert await outbox.deliver_due() == 0


async def test_a_key_is_good_for_one_letter(outbox: Outbox, server: MailServer, database: Database) -> None:
    await outbox.put(code_letter(code="111111"), "return:1")
    await outbox.put(code_letter(code="222222"), "return:1")
    assert await outbox.deliver_due() == 1
    await outbox.put(code_letter(code="333333"), "return:1")
    await outbox.put(code_letter(code="444444"), "return:2")
    assert await outbox.deliver_due() == 1
    assert [message["Subject"][-6:] for message in server.messages] == ["111111", "444444"]
    assert len(await rows(database)) == 2


async def test_one_key_at_the_same_time(outbox: Outbox, database: Database) -> None:
    await asyncio.gather(*(outbox.put(code_letter(), "return:1") for _ in range(8)))
    assert len(await rows(database)) == 1


async def test_letters_go_in_the_order_in_which_they_came(outbox: Outbox, server: MailServer) -> None:
    for number in range(5):
        await outbox.put(code_letter(code=str(number)), str(number))
    assert await outbox.deliver_due() == 5
    assert [message["Subject"][-1] for message in server.messages] == ["0", "1", "2", "3", "4"]


async def test_what_cannot_be_written_is_not_kept(outbox: Outbox, database: Database) -> None:
    with pytest.raises(LetterError):
        await outbox.put(Letter("code", ADDRESS, "en"), "1")
    with pytest.raises(ValueError, match="e-mail address"):
        await outbox.put(code_letter("a@b.example\r\nBcc: c@d.example"), "2")
    assert await rows(database) == []


async def test_what_is_refused_for_now_is_tried_again(
    outbox: Outbox, server: MailServer, database: Database, clock: Clock
) -> None:
    server.recipient_answers = ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
    await outbox.put(code_letter(), "1")
    with capture_logs() as logs:
        assert await outbox.deliver_due() == 0
    (entry,) = logs
    assert (entry["event"], entry["log_level"], entry["attempts"]) == ("mail.not_sent", "warning", 1)

    clock.forward(seconds=59)
    assert await outbox.deliver_next() is None
    clock.forward(seconds=1)
    assert await outbox.deliver_next() is False
    clock.forward(seconds=119)
    assert await outbox.deliver_next() is None
    clock.forward(seconds=1)
    assert await outbox.deliver_next() is True
    (done,) = await rows(database)
    assert (done.attempts, done.sent_at) == (3, clock.moment)
    assert len(server.messages) == 1


async def test_one_letter_does_not_hold_up_the_others(outbox: Outbox, server: MailServer) -> None:
    server.recipient_answers = ["451 later"]
    await outbox.put(code_letter(code="111111"), "1")
    await outbox.put(code_letter(code="222222"), "2")
    assert await outbox.deliver_due() == 1
    assert [message["Subject"][-6:] for message in server.messages] == ["222222"]


async def test_what_is_refused_for_good_is_given_up_at_once(
    outbox: Outbox, server: MailServer, database: Database, clock: Clock
) -> None:
    server.recipient_answers = [f"550 5.1.1 <{ADDRESS}>: no such user"]
    await outbox.put(code_letter(), "1")
    with capture_logs() as logs:
        assert await outbox.deliver_due() == 0
    (entry,) = logs
    assert (entry["event"], entry["log_level"]) == ("mail.given_up", "error")
    assert entry["reason"] == "the mail server answered 550 (5.1.1)"
    assert "anna" not in json.dumps(entry)
    (row,) = await rows(database)
    assert (row.message, row.next_attempt_at, row.sent_at) == (None, None, None)
    clock.forward(days=9)
    assert await outbox.deliver_next() is None


async def test_an_unreachable_server_is_tried_for_five_days(database: Database, clock: Clock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outbox = Outbox(database, SmtpMailer(f"smtp://127.0.0.1:{unused.getsockname()[1]}"), composer(), clock)
        await outbox.put(code_letter(), "1")
        pauses: list[timedelta] = []
        with capture_logs() as logs:
            while (row := (await rows(database))[0]).next_attempt_at:
                pauses.append(row.next_attempt_at - clock.moment)
                clock.moment = row.next_attempt_at
                assert await outbox.deliver_due() == 0
    minutes = [pause / timedelta(minutes=1) for pause in pauses]
    assert minutes[:11] == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 360]
    assert set(minutes[10:]) == {360}
    assert PATIENCE - LONGEST_PAUSE < clock.moment - NOON <= PATIENCE
    assert [entry["event"] for entry in logs] == ["mail.not_sent"] * (len(pauses) - 1) + ["mail.given_up"]
    assert "anna" not in json.dumps(logs)
    assert row.message is None


async def test_two_that_deliver_at_once_send_no_letter_twice(
    database_url: str, server: MailServer, clock: Clock
) -> None:
    databases = [Database(database_url) for _ in range(3)]
    outboxes = [Outbox(database, SmtpMailer(server.url), composer(), clock) for database in databases]
    letters = [f"{number:06}" for number in range(24)]
    for code in letters:
        await outboxes[0].put(code_letter(code=code), code)
    sent = await asyncio.gather(*(outbox.deliver_due() for outbox in outboxes))
    for database in databases:
        await database.close()
    assert sorted(message["Subject"][-6:] for message in server.messages) == letters
    assert sum(sent) == len(letters)
    assert all(sent)


class Stuck:
    """A way out that takes a message, and never comes to an end."""

    def __init__(self) -> None:
        self.began = asyncio.Event()

    async def deliver(self, message: EmailMessage) -> None:
        self.began.set()
        await asyncio.Future()


async def test_what_a_dead_process_was_delivering_is_taken_over(
    outbox: Outbox, server: MailServer, database: Database, clock: Clock
) -> None:
    stuck = Stuck()
    dying = Outbox(database, stuck, composer(), clock)
    await dying.put(code_letter(), "1")
    task = asyncio.create_task(dying.deliver_due())
    await asyncio.wait_for(stuck.began.wait(), 30)

    assert await outbox.deliver_due() == 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    clock.moment += CLAIM - timedelta(seconds=1)
    assert await outbox.deliver_due() == 0
    clock.forward(seconds=1)
    assert await outbox.deliver_due() == 1
    assert len(server.messages) == 1


class Broken:
    """A way out with a mistake."""

    async def deliver(self, message: EmailMessage) -> None:
        raise RuntimeError(f"cannot deliver to {message['To']}")


async def test_a_mistake_is_raised_and_the_letter_waits(
    outbox: Outbox, server: MailServer, database: Database, clock: Clock
) -> None:
    broken = Outbox(database, Broken(), composer(), clock)
    await broken.put(code_letter(), "1")
    with capture_logs() as logs, pytest.raises(RuntimeError):
        await broken.deliver_due()
    assert logs[0]["reason"] == "RuntimeError"
    assert await outbox.deliver_due() == 0
    clock.forward(minutes=1)
    assert await outbox.deliver_due() == 1


async def test_a_code_is_sent_at_once_and_stored_nowhere(
    outbox: Outbox, server: MailServer, database: Database
) -> None:
    await outbox.send(code_letter())
    assert [message["Subject"] for message in server.messages] == ["Your code is 123456"]
    assert await rows(database) == []
    assert not outbox.filled.is_set()


async def test_a_code_that_the_server_does_not_take(outbox: Outbox, server: MailServer, database: Database) -> None:
    server.recipient_answers = [f"550 <{ADDRESS}> unknown"]
    with pytest.raises(MailUnavailable) as caught:
        await outbox.send(code_letter())
    assert ADDRESS not in str(caught.value)
    assert await rows(database) == []


async def test_what_is_done_and_old_is_forgotten(
    outbox: Outbox, server: MailServer, database: Database, clock: Clock
) -> None:
    server.data_answers = ["250 OK", "550 no", "451 later"]
    for key in ("sent", "given up", "waiting"):
        await outbox.put(code_letter(), key)
    await outbox.deliver_due()
    clock.forward(hours=1)
    server.data_answers = ["451 later"]
    await outbox.put(code_letter(), "new")
    await outbox.deliver_due()

    assert await outbox.forget(NOON) == 0
    assert await outbox.forget(NOON + timedelta(minutes=30)) == 2
    assert [row.key for row in await rows(database)] == ["waiting", "new"]
