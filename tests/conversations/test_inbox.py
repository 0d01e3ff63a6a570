"""What platforms tell is dealt with once, in its order, and survives the process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from conversations import Inbox, Notice
from conversations.inbox import INBOX, KEPT, LEASE, PATIENCE, STATUSES
from storage import Database, Workers

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(database: Database, clock: Clock) -> Inbox:
    return Inbox(database, clock)


def notice(key: str, customer: str = "anna", lane: str = "message") -> Notice:
    return Notice(key, f"whatsapp:{customer}", {"text": key}, lane)


def collector() -> tuple[list[str], Callable[[Notice], Awaitable[None]]]:
    heard: list[str] = []

    async def handle(notice: Notice) -> None:
        heard.append(notice.content["text"])

    return heard, handle


async def work_off(inbox: Inbox) -> None:
    """Deal with everything that is due."""
    while (claimed := await inbox.claim()) is not None:
        try:
            await inbox.process(claimed)
        except RuntimeError:
            continue


async def test_what_is_told_twice_happens_once(inbox: Inbox) -> None:
    heard, handle = collector()
    inbox.register("whatsapp", handle)
    await inbox.put("whatsapp", [notice("1"), notice("2")])
    await inbox.put("whatsapp", [notice("2"), notice("3")])
    await work_off(inbox)
    await inbox.put("whatsapp", [notice("1"), notice("3")])
    await work_off(inbox)
    assert heard == ["1", "2", "3"]


async def test_the_same_key_of_another_channel_is_another_notice(inbox: Inbox) -> None:
    heard, handle = collector()
    for channel in ("whatsapp", "wechat"):
        inbox.register(channel, handle)
        await inbox.put(channel, [notice("1")])
    await work_off(inbox)
    assert heard == ["1", "1"]


async def test_of_one_conversation_one_after_the_other_of_several_at_the_same_time(inbox: Inbox) -> None:
    inbox.register("whatsapp", collector()[1])
    await inbox.put("whatsapp", [notice("a1"), notice("a2"), notice("b1", "ben"), notice("s1", lane=STATUSES)])
    claimed = [await inbox.claim() for _ in range(3)]
    assert [one and one.notice.key for one in claimed] == ["a1", "b1", "s1"]
    assert await inbox.claim() is None
    assert claimed[0]
    await inbox.process(claimed[0])
    following = await inbox.claim()
    assert following and following.notice.key == "a2"


async def test_a_hundred_notices_among_four_workers(database_url: str, clock: Clock) -> None:
    databases = [Database(database_url) for _ in range(2)]
    heard: list[tuple[str, int]] = []
    everything = asyncio.Event()

    async def handle(notice: Notice) -> None:
        await asyncio.sleep(0)
        heard.append((notice.conversation_id, notice.content["number"]))
        if len(heard) == 100:
            everything.set()

    inboxes = [Inbox(database, clock) for database in databases]
    workers = [Workers(inbox, "inbox", at_once=4, seconds=0.01) for inbox in inboxes]
    for number in range(100):
        one = Notice(str(number), f"whatsapp:{number % 7}", {"number": number})
        await inboxes[number % 2].put("whatsapp", [one])
    for inbox, worker in zip(inboxes, workers, strict=True):
        inbox.register("whatsapp", handle)
        worker.start()
    await asyncio.wait_for(everything.wait(), 60)
    for worker in workers:
        await worker.stop()
    for database in databases:
        await database.close()
    assert len(set(heard)) == 100
    for customer in range(7):
        theirs = [number for conversation, number in heard if conversation == f"whatsapp:{customer}"]
        assert theirs == sorted(theirs)


async def test_what_fails_is_tried_again_later_and_holds_up_only_its_own(inbox: Inbox, clock: Clock) -> None:
    tries: list[str] = []

    async def handle(notice: Notice) -> None:
        tries.append(notice.key)
        if tries.count("bad") < 3 and notice.key == "bad":
            raise RuntimeError("the shop is away")

    inbox.register("whatsapp", handle)
    await inbox.put("whatsapp", [notice("bad"), notice("after"), notice("other", "ben")])
    await work_off(inbox)
    assert tries == ["bad", "other"]
    for seconds in (1, 2):
        clock.moment += timedelta(seconds=seconds)
        await work_off(inbox)
    assert tries == ["bad", "other", "bad", "bad", "after"]


async def test_what_never_succeeds_is_given_up_with_a_reason(inbox: Inbox, clock: Clock, database: Database) -> None:
    heard, handle = collector()

    async def handle_or_fail(notice: Notice) -> None:
        if notice.key == "bad":
            raise RuntimeError("a mistake")
        await handle(notice)

    inbox.register("whatsapp", handle_or_fail)
    await inbox.put("whatsapp", [notice("bad"), notice("after")])
    with capture_logs() as logs:
        while not heard:
            await work_off(inbox)
            clock.moment += timedelta(minutes=1)
    assert clock.moment - NOON <= PATIENCE + timedelta(minutes=2)
    assert logs[-1]["event"] == "inbox.given_up" and logs[-1]["reason"] == "RuntimeError"
    assert "anna" not in str(logs)
    async with database.reading() as connection:
        row = (await connection.execute(select(INBOX).where(INBOX.c.key == "bad"))).one()
    assert (row.reason, row.content, row.next_attempt_at) == ("RuntimeError", None, None)


async def test_what_a_dead_process_had_in_hand_is_gone_on_with(inbox: Inbox, database: Database, clock: Clock) -> None:
    heard, handle = collector()
    inbox.register("whatsapp", handle)
    await inbox.put("whatsapp", [notice("1"), notice("2")])
    assert await inbox.claim()
    other = Inbox(database, clock)
    other.register("whatsapp", handle)
    assert await other.claim() is None
    clock.moment += LEASE
    await work_off(other)
    assert heard == ["1", "2"]


async def test_the_only_process_need_not_wait_for_a_dead_one(inbox: Inbox, database: Database, clock: Clock) -> None:
    heard, handle = collector()
    inbox.register("whatsapp", handle)
    await inbox.put("whatsapp", [notice("1")])
    assert await inbox.claim()
    other = Inbox(database, clock)
    other.register("whatsapp", handle)
    await other.release()
    await work_off(other)
    assert heard == ["1"]


async def test_whoever_waits_learns_that_it_is_over(inbox: Inbox) -> None:
    inbox.register("wechat", collector()[1])
    await inbox.put("wechat", [notice("1")])
    waiting = asyncio.create_task(inbox.wait_handled("wechat", "1", 30))
    await asyncio.sleep(0)
    await work_off(inbox)
    assert await waiting
    assert await inbox.wait_handled("wechat", "1", 0)
    await inbox.put("wechat", [notice("2")])
    assert not await inbox.wait_handled("wechat", "2", 0)


async def test_whoever_waits_learns_at_the_end_what_another_process_did(
    inbox: Inbox, database: Database, clock: Clock
) -> None:
    await inbox.put("wechat", [notice("1")])
    other = Inbox(database, clock)
    other.register("wechat", collector()[1])
    waiting = asyncio.create_task(inbox.wait_handled("wechat", "1", 0.2))
    await work_off(other)
    assert await waiting


async def test_what_a_webhook_was_answered_with_is_remembered(inbox: Inbox) -> None:
    await inbox.put("wechat", [notice("1"), notice("2")])
    await inbox.keep_answer("wechat", "1", {"text": "hello"})
    assert await inbox.answer("wechat", "1") == {"text": "hello"}
    assert await inbox.answer("wechat", "2") is None
    assert await inbox.answer("wechat", "3") is None


async def test_what_is_over_is_forgotten_in_the_end(inbox: Inbox, clock: Clock) -> None:
    inbox.register("whatsapp", collector()[1])
    await inbox.put("whatsapp", [notice("1")])
    await work_off(inbox)
    await inbox.put("whatsapp", [notice("2")])
    clock.moment += KEPT + timedelta(seconds=1)
    before = clock.moment - KEPT
    assert await inbox.forget(before, dry_run=True) == 1
    assert await inbox.forget(before) == 1
    await work_off(inbox)
    assert await inbox.forget(before) == 1
