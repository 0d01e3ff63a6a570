"""What is said on a messenger reaches the customer once and in its order, or somebody learns why it did not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from conversations import (
    Author,
    Conversations,
    Delivery,
    Incoming,
    LocalFeed,
    LocalLocks,
    NotNow,
    NotSent,
    Outbox,
    Outgoing,
    State,
    Uncertain,
)
from conversations.outbox import LEASE, LONGEST_PAUSE, OUTBOX, PATIENCE
from storage import Database, Workers
from tests.bots import ScriptedBot, answer

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANNA = "whatsapp:anna"


@dataclass
class Platform:
    """A platform that takes payloads, or does not."""

    moment: datetime = NOON
    got: list[str] = field(default_factory=list)
    problems: list[Exception] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def render(self, content: Mapping[str, Any], language: str | None) -> list[dict[str, Any]]:
        return [{"body": part, "language": language} for part in content["text"].split("|")]

    async def deliver(self, outgoing: Outgoing) -> str:
        if self.problems:
            raise self.problems.pop(0)
        self.got.append(outgoing.payload["body"])
        return f"wamid.{outgoing.id}"


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def feed() -> LocalFeed:
    return LocalFeed()


@pytest.fixture
def outbox(database: Database, platform: Platform, feed: LocalFeed) -> Outbox:
    outbox = Outbox(database, platform.now, feed)
    outbox.register("whatsapp", platform.render, platform.deliver)
    return outbox


@pytest.fixture
def conversations(database: Database, outbox: Outbox, platform: Platform, feed: LocalFeed) -> Conversations:
    bot = ScriptedBot(lambda heard: answer({"text": f"You said: {heard.text}"}))
    return Conversations(database, bot, LocalLocks(), platform.now, feed, outbox)


async def deliver_due(outbox: Outbox) -> None:
    while (outgoing := await outbox.claim()) is not None:
        try:
            await outbox.process(outgoing)
        except RuntimeError:
            continue


def hello(text: str = "hello", id: str = "1", sender: str = "anna", **fields: Any) -> Incoming:
    return Incoming("whatsapp", sender, text, id, **fields)


async def test_an_answer_is_delivered_in_its_parts(
    conversations: Conversations, outbox: Outbox, platform: Platform, database: Database
) -> None:
    await conversations.receive(hello("one|two|three"))
    assert outbox.filled.is_set()
    await deliver_due(outbox)
    assert platform.got == ["You said: one", "two", "three"]
    async with database.reading() as connection:
        rows = (await connection.execute(select(OUTBOX))).all()
    assert {(row.state, row.payload, row.next_attempt_at) for row in rows} == {("sent", None, None)}


async def test_a_repeated_message_is_not_answered_again(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    await conversations.receive(hello())
    await conversations.receive(hello())
    await deliver_due(outbox)
    assert platform.got == ["You said: hello"]


async def test_channels_that_fetch_their_answers_have_nothing_delivered(
    conversations: Conversations, outbox: Outbox
) -> None:
    await conversations.receive(Incoming("widget", "anna", "hello", "1"))
    assert await outbox.claim() is None


async def test_what_agents_say_is_delivered_in_the_language_of_the_conversation(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    await conversations.receive(hello())
    await conversations.say(ANNA, Author.AGENT, {"text": "Hello, this is Mei.", "name": "Mei"})
    await deliver_due(outbox)
    assert platform.got == ["You said: hello", "Hello, this is Mei."]


async def test_what_is_said_under_the_same_id_is_said_once(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    await conversations.note(hello())
    for _ in range(2):
        await conversations.say(ANNA, Author.BOT, {"text": "Sorry."}, message_id="sorry:1")
    await deliver_due(outbox)
    assert platform.got == ["Sorry."]
    assert [message.content["text"] for message in await conversations.messages(ANNA)] == ["hello", "Sorry."]


async def test_later_parts_wait_for_earlier_ones_and_nobody_else_does(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    platform.problems = [NotNow("503")]
    await conversations.receive(hello("one|two"))
    await conversations.receive(hello("other", sender="ben"))
    await deliver_due(outbox)
    assert platform.got == ["You said: other"]
    platform.moment += timedelta(seconds=1)
    await deliver_due(outbox)
    assert platform.got == ["You said: other", "You said: one", "two"]


async def test_it_is_not_tried_earlier_than_the_platform_says(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    platform.problems = [NotNow("429", seconds=90)]
    await conversations.receive(hello())
    await deliver_due(outbox)
    platform.moment += timedelta(seconds=89)
    await deliver_due(outbox)
    assert platform.got == []
    platform.moment += timedelta(seconds=1)
    await deliver_due(outbox)
    assert platform.got == ["You said: hello"]


async def test_what_failed_is_tried_again_when_the_customer_writes(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    platform.problems = [NotNow("too many", seconds=600), NotNow("too many", seconds=600)]
    await conversations.receive(hello("one|two"))
    await conversations.receive(hello("other", sender="ben"))
    await deliver_due(outbox)
    outbox.filled.clear()
    await outbox.hurry(ANNA)
    assert outbox.filled.is_set()
    await deliver_due(outbox)
    assert platform.got == ["You said: one", "two"], "Ben has not written"
    platform.moment += timedelta(seconds=600)
    await deliver_due(outbox)
    assert platform.got == ["You said: one", "two", "You said: other"]


async def test_where_nothing_failed_nothing_is_hurried(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    platform.problems = [Uncertain("no answer")]
    await conversations.receive(hello())
    await deliver_due(outbox)
    outbox.filled.clear()
    await outbox.hurry(ANNA)
    assert not outbox.filled.is_set(), "it may have arrived"
    platform.moment += LEASE
    await deliver_due(outbox)
    assert platform.got == ["You said: hello"]
    outbox.filled.clear()
    await outbox.hurry(ANNA)
    assert not outbox.filled.is_set() and await outbox.claim() is None, "it was sent"


async def test_what_is_held_is_not_hurried(database: Database, platform: Platform) -> None:
    outbox = Outbox(database, platform.now)
    outbox.register("wechat", platform.render, platform.deliver, hold=timedelta(seconds=1))
    conversations = Conversations(database, ScriptedBot(), LocalLocks(), platform.now, outbox=outbox)
    await conversations.receive(Incoming("wechat", "anna", "hello", "1"))
    await outbox.hurry("wechat:anna")
    await deliver_due(outbox)
    assert platform.got == []
    assert await outbox.take("wechat:anna")


async def test_what_cannot_be_sent_is_given_up_with_its_reason(
    conversations: Conversations, outbox: Outbox, platform: Platform, feed: LocalFeed
) -> None:
    platform.problems = [NotSent("window_closed")]
    async with conversations.subscribe(ANNA) as subscription:
        await conversations.receive(hello("one|two"))
        with capture_logs() as logs:
            await deliver_due(outbox)
        events = [await subscription.next() for _ in range(6)]
    (_, said) = await conversations.messages(ANNA)
    assert platform.got == ["two"]
    assert await outbox.of(ANNA) == {said.id: Delivery(State.FAILED, "window_closed")}
    assert [entry["event"] for entry in logs] == ["outbox.given_up"]
    assert "anna" not in str(logs) and "one" not in str(logs)
    assert [event for event in events if event["type"] == "delivery"] == [
        {"type": "delivery", "message_id": said.id, "state": "failed", "reason": "window_closed"},
        {"type": "delivery", "message_id": said.id, "state": "sent", "reason": None},
    ]


async def test_what_fails_for_a_day_is_given_up(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    await conversations.receive(hello())
    tries = 0
    while (outgoing := await outbox.claim()) is not None or platform.moment < NOON + PATIENCE:
        if outgoing:
            platform.problems = [NotNow("no connection")]
            await outbox.process(outgoing)
            tries += 1
        platform.moment += LONGEST_PAUSE
    (delivery,) = (await outbox.of(ANNA)).values()
    assert delivery == Delivery(State.FAILED, "no connection") and tries > 50
    assert platform.got == []


async def test_a_mistake_of_ours_is_told_and_tried_again(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    platform.problems = [RuntimeError("a mistake")]
    await conversations.receive(hello())
    outgoing = await outbox.claim()
    assert outgoing
    with pytest.raises(RuntimeError):
        await outbox.process(outgoing)
    platform.moment += timedelta(seconds=1)
    await deliver_due(outbox)
    assert platform.got == ["You said: hello"]


async def test_a_process_that_dies_after_sending_sends_nothing_twice_where_the_platform_tells(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    await conversations.receive(hello())
    outgoing = await outbox.claim()
    assert outgoing
    await platform.deliver(outgoing)  # and dies
    noted = await outbox.note("whatsapp", State.SENT, platform_id="wamid.7", outgoing_id=outgoing.id)
    assert noted and noted.message_id == outgoing.message_id
    platform.moment += LEASE
    await deliver_due(outbox)
    assert platform.got == ["You said: hello"]
    read = await outbox.note("whatsapp", State.READ, platform_id="wamid.7")
    assert read == noted


async def test_a_process_that_dies_while_sending_is_followed_by_another(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    await conversations.receive(hello())
    assert await outbox.claim()
    await deliver_due(outbox)
    assert platform.got == []
    platform.moment += LEASE
    await deliver_due(outbox)
    assert platform.got == ["You said: hello"]


async def test_what_was_being_sent_while_nobody_could_be_told_waits_for_the_platform(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    await conversations.receive(hello())
    assert await outbox.claim()
    platform.moment += timedelta(hours=1)
    await outbox.await_news()
    await deliver_due(outbox)
    assert platform.got == []
    platform.moment += LEASE
    await deliver_due(outbox)
    assert platform.got == ["You said: hello"]


async def test_what_may_have_arrived_waits_for_the_platform_to_tell(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    platform.problems = [Uncertain("no answer"), Uncertain("no answer")]
    await conversations.receive(hello("one"))
    await conversations.receive(hello("two", "2", "ben"))
    await deliver_due(outbox)
    (ben,) = await outbox.of("whatsapp:ben")
    async with outbox._database.reading() as connection:
        (id_,) = await connection.scalars(select(OUTBOX.c.id).where(OUTBOX.c.message_id == ben))
    assert await outbox.note("whatsapp", State.DELIVERED, platform_id="wamid.9", outgoing_id=id_)
    platform.moment += timedelta(seconds=59)
    await deliver_due(outbox)
    assert platform.got == []
    platform.moment += timedelta(seconds=1)
    await deliver_due(outbox)
    assert platform.got == ["You said: one"]


async def test_a_status_never_goes_backwards(conversations: Conversations, outbox: Outbox, platform: Platform) -> None:
    await conversations.receive(hello())
    await deliver_due(outbox)
    (message_id,) = await outbox.of(ANNA)
    platform_id = f"wamid.{1}"
    for told, state in (
        (State.DELIVERED, State.DELIVERED),
        (State.SENT, State.DELIVERED),
        (State.READ, State.READ),
        (State.DELIVERED, State.READ),
        (State.FAILED, State.READ),
    ):
        await outbox.note("whatsapp", told, platform_id=platform_id)
        assert await outbox.of(ANNA) == {message_id: Delivery(state)}
    assert await outbox.note("whatsapp", State.READ, platform_id=platform_id) is None
    assert await outbox.note("whatsapp", State.READ, platform_id="wamid.unknown") is None
    assert await outbox.note("wechat", State.READ, platform_id=platform_id) is None


async def test_what_arrived_after_it_was_given_up_has_arrived(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    platform.problems = [NotSent("no account")]
    await conversations.receive(hello())
    await deliver_due(outbox)
    await outbox.note("whatsapp", State.DELIVERED, outgoing_id=1)
    (delivery,) = (await outbox.of(ANNA)).values()
    assert delivery.state is State.DELIVERED


async def test_a_status_may_come_before_the_answer_to_the_request(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    await conversations.receive(hello())
    outgoing = await outbox.claim()
    assert outgoing
    await outbox.note("whatsapp", State.DELIVERED, platform_id="wamid.1", outgoing_id=outgoing.id)
    await outbox.conclude(outgoing, "wamid.1")
    (delivery,) = (await outbox.of(ANNA)).values()
    assert delivery.state is State.DELIVERED
    assert await outbox.message_of("whatsapp", "wamid.1") == outgoing.message_id
    assert await outbox.message_of("whatsapp", "wamid.2") is None


async def test_what_is_held_can_be_taken_and_is_delivered_otherwise(database: Database, platform: Platform) -> None:
    outbox = Outbox(database, platform.now)
    outbox.register("wechat", platform.render, platform.deliver, hold=timedelta(seconds=1))
    conversations = Conversations(database, ScriptedBot(), LocalLocks(), platform.now, outbox=outbox)
    await conversations.receive(Incoming("wechat", "anna", "hello", "1"))
    await conversations.say("wechat:anna", Author.BOT, {"text": "And this."})
    await deliver_due(outbox)
    assert platform.got == []
    taken = await outbox.take("wechat:anna")
    assert taken and taken.payload["body"] == "Hello." and taken.sender == "anna"
    assert await outbox.take("wechat:anna") is None, "the second part waits for the first one"
    await outbox.conclude(taken)
    following = await outbox.take("wechat:anna")
    assert following
    await outbox.put_back(following)
    await deliver_due(outbox)
    assert platform.got == ["And this."]


async def test_until_when_a_customer_can_be_written_to_is_known(
    conversations: Conversations, outbox: Outbox, platform: Platform
) -> None:
    tomorrow = NOON + timedelta(hours=24)
    await conversations.receive(hello(name="Anna", reachable_until=tomorrow))
    outgoing = await outbox.claim()
    assert outgoing and outgoing.reachable_until == tomorrow
    await outbox.conclude(outgoing)
    await conversations.receive(hello("again", "2", reachable_until=tomorrow + timedelta(hours=1)))
    following = await outbox.claim()
    assert following and following.reachable_until == tomorrow + timedelta(hours=1)
    await outbox.conclude(following)
    await conversations.receive(hello("late", "0", reachable_until=tomorrow))
    last = await outbox.claim()
    assert last and last.reachable_until == tomorrow + timedelta(hours=1)


async def test_many_workers_deliver_everything_once(database_url: str, platform: Platform) -> None:
    databases = [Database(database_url) for _ in range(2)]
    outboxes = [Outbox(database, platform.now) for database in databases]
    everything = asyncio.Event()

    async def deliver(outgoing: Outgoing) -> str:
        await asyncio.sleep(0)
        platform.got.append(f"{outgoing.sender} {outgoing.payload['body']}")
        if len(platform.got) == 90:
            everything.set()
        return str(outgoing.id)

    for outbox in outboxes:
        outbox.register("whatsapp", platform.render, deliver)
    conversations = Conversations(databases[0], ScriptedBot(), LocalLocks(), platform.now, outbox=outboxes[0])
    for number in range(10):
        await conversations.note(hello(id=f"h{number}", sender=str(number)))
        for part in range(3):
            await conversations.say(f"whatsapp:{number}", Author.BOT, {"text": f"{part}a|{part}b|{part}c"})
    workers = [Workers(outbox, "outbox", at_once=4, seconds=0.01) for outbox in outboxes]
    for each in workers:
        each.start()
    await asyncio.wait_for(everything.wait(), 60)
    for each in workers:
        await each.stop()
    for database in databases:
        await database.close()
    assert len(set(platform.got)) == 90
    for number in range(10):
        theirs = [said for said in platform.got if said.startswith(f"{number} ")]
        assert theirs == sorted(theirs)
