"""More is said than can be answered at once: who is next, who waits, and who is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from bot.reply import Reply
from conversations import WAITING, Busy, Conversations, Incoming, LocalFeed, LocalLocks, Turns, conversation_id_of
from conversations.turns import NEW_AFTER, ROOM_OF_ONE
from storage import Database
from tests.bots import ScriptedBot

PATIENCE_SECONDS = 30

CHANNEL = "rest"


async def nothing() -> None:
    return None


@dataclass
class SlowBot(ScriptedBot):
    """Answers when it is let."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def reply(self, conversation_id: str, text: str, *arguments: Any, **context: Any) -> Reply:
        reply = await super().reply(conversation_id, text, *arguments, **context)
        await self.may_answer.wait()
        return reply

    @property
    def said(self) -> list[str]:
        return [heard.text for heard in self.heard]


class House:
    """Conversations with a bot that is slow."""

    def __init__(self, database: Database, **turns: Any) -> None:
        self.bot = SlowBot()
        self.turns = Turns(**turns)
        self.feed = LocalFeed()
        self.conversations = Conversations(database, self.bot, LocalLocks(), feed=self.feed, turns=self.turns)
        self._tasks: list[asyncio.Task[Any]] = []
        self._changed = asyncio.Event()
        self.turns.on_change = self._changed.set

    def write(self, sender: str, text: str, **fields: Any) -> asyncio.Task[list[dict[str, Any]]]:
        incoming = Incoming(CHANNEL, sender, text, **fields)
        self._tasks.append(asyncio.create_task(self.conversations.receive(incoming)))
        return self._tasks[-1]

    async def converse(self, *senders: str) -> None:
        """Have conversations under way."""
        self.bot.may_answer.set()
        for sender in senders:
            await self.write(sender, "hello")
        self.bot.may_answer.clear()
        self.bot.heard.clear()

    async def until(self, *, waiting: int, under_way: int = 1) -> None:
        """Wait until so many turns wait, and so many have begun."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (self.turns.waiting, self.turns.under_way) != (waiting, under_way):
                self._changed.clear()
                await self._changed.wait()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def build(database: Database) -> AsyncIterator[Callable[..., House]]:
    houses: list[House] = []

    def build(**turns: Any) -> House:
        houses.append(House(database, **turns))
        return houses[-1]

    yield build
    for house in houses:
        await house.close()


Build = Callable[..., House]


async def test_a_flood_of_one_visitor_delays_another_by_one_turn(build: Build) -> None:
    house = build(at_once=1)
    for number in range(200):
        house.write("flo", f"flood {number}", kept=True)
    await house.until(waiting=0)
    anna = house.write("anna", "where is my order")
    await house.until(waiting=1)
    house.bot.may_answer.set()
    await asyncio.wait_for(anna, PATIENCE_SECONDS)
    assert house.bot.said[:2] == ["flood 0", "where is my order"]


async def test_a_flood_has_no_precedence_over_new_conversations_though_it_is_under_way(build: Build) -> None:
    house = build(at_once=1)
    await house.converse("flo", "ben")
    ben = house.write("ben", "first")
    await house.until(waiting=0)
    newcomer = house.write("anna", "where is my order")
    await house.until(waiting=1)
    flood = [house.write("flo", f"flood {number}") for number in range(3)]
    await house.until(waiting=2)
    house.bot.may_answer.set()
    await asyncio.gather(ben, newcomer, *flood)
    assert house.bot.said[:2] == ["first", "where is my order"]


async def test_conversations_under_way_go_before_new_ones(build: Build) -> None:
    house = build(at_once=1)
    await house.converse("ben", "cleo")
    ben = house.write("ben", "first")
    await house.until(waiting=0)
    newcomers = [house.write(f"new {number}", f"new {number}") for number in range(3)]
    await house.until(waiting=3)
    cleo = house.write("cleo", "go on")
    await house.until(waiting=4)
    house.bot.may_answer.set()
    await asyncio.gather(ben, cleo, *newcomers)
    assert house.bot.said[:2] == ["first", "go on"]
    assert sorted(house.bot.said[2:]) == ["new 0", "new 1", "new 2"]


async def test_a_full_room_lets_nobody_in_and_half_a_room_no_new_conversation(build: Build, database: Database) -> None:
    house = build(at_once=1, room=4)
    await house.converse("ben", "cleo", "dora")
    for sender in ("anna", "ben"):
        house.write(sender, "hello")
    await house.until(waiting=1)
    with pytest.raises(Busy):
        await house.write("eve", "hello")
    assert await house.conversations.messages(conversation_id_of(CHANNEL, "eve")) == []
    for sender in ("cleo", "dora"):
        house.write(sender, "hello")
    await house.until(waiting=3)
    with pytest.raises(Busy) as refused:
        await house.write("ben", "hello again")
    assert refused.value.seconds >= 1
    # What is kept elsewhere waits.
    kept = house.write("fred", "hello", kept=True)
    await house.until(waiting=4)
    house.bot.may_answer.set()
    assert await kept == [{"text": "Hello."}]


async def test_so_many_messages_of_a_conversation_wait_at_most(build: Build) -> None:
    house = build(at_once=1)
    for number in range(ROOM_OF_ONE):
        house.write("flo", f"flood {number}")
    await house.until(waiting=0)
    with pytest.raises(Busy):
        await house.write("flo", "one too many")
    house.bot.may_answer.set()
    assert await house.write("anna", "hello") == [{"text": "Hello."}]


async def test_who_waits_is_told_so(build: Build) -> None:
    house = build(at_once=1, moment=0)
    house.write("ben", "first")
    await house.until(waiting=0)
    async with house.feed.subscribe(conversation_id_of(CHANNEL, "anna")) as told:
        anna = house.write("anna", "hello")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await told.next() != WAITING:
                pass
        house.bot.may_answer.set()
        await anna


async def test_who_has_waited_too_long_is_refused_and_answered_when_it_comes_again(build: Build) -> None:
    house = build(at_once=1, moment=0, longest=0)
    house.write("ben", "first")
    await house.until(waiting=0)
    with pytest.raises(Busy):
        await house.write("anna", "hello", message_id="m1")
    house.bot.may_answer.set()
    await house.until(waiting=0, under_way=0)
    assert await house.write("anna", "hello", message_id="m1") == [{"text": "Hello."}]
    assert house.bot.said == ["first", "hello"]
    said = await house.conversations.messages(conversation_id_of(CHANNEL, "anna"))
    assert [message.content["text"] for message in said] == ["hello", "Hello."]


async def test_who_goes_leaves_the_turn_to_others(build: Build) -> None:
    house = build(at_once=1)
    await house.converse("ben", "cleo")
    under_way, waiting = house.write("ben", "first"), house.write("cleo", "second")
    await house.until(waiting=1)
    waiting.cancel()
    await house.until(waiting=0)
    under_way.cancel()
    await house.until(waiting=0, under_way=0)
    house.bot.may_answer.set()
    assert await house.write("anna", "hello") == [{"text": "Hello."}]


async def test_a_bot_that_fails_gives_its_turn_back(build: Build) -> None:
    house = build(at_once=1)
    house.bot.may_answer.set()
    house.bot.script = lambda heard: {}[heard.text]
    for _ in range(3):
        with pytest.raises(KeyError):
            await house.write("ben", "hello")
    assert house.turns.under_way == 0


# The order alone


async def _line(turns: Turns, order: list[str], end: asyncio.Event, name: str, new: bool) -> None:
    with turns.let_in(name):
        async with turns.turn(name, nothing, new=new):
            order.append(name)
            await end.wait()


async def test_after_some_turns_a_new_conversation_has_its_own_all_the_same() -> None:
    turns, order, end = Turns(at_once=1), list[str](), asyncio.Event()
    line = partial(_line, turns, order, end)
    async with asyncio.TaskGroup() as group:
        for name in ("begin", "new", *(f"under way {number}" for number in range(2 * NEW_AFTER))):
            group.create_task(line(name, name == "new"))
            await asyncio.sleep(0)
        end.set()
    assert order.index("new") == NEW_AFTER + 1


async def test_turns_are_told_of_how_long_they_waited_and_a_refusal_when_to_come_again() -> None:
    now = 100.0
    turns, end = Turns(at_once=1, room=3, clock=lambda: now), asyncio.Event()
    waited: list[float] = []
    turns.on_begin = waited.append
    line = partial(_line, turns, [], end)
    async with asyncio.TaskGroup() as group:
        for name in ("one", "two", "three"):
            group.create_task(line(name, False))
            await asyncio.sleep(0)
            now += 4
        with pytest.raises(Busy) as refused, turns.let_in("four"):
            raise AssertionError
        assert refused.value.seconds == 8, "the second has waited for so long"
        end.set()
    assert waited == [0, 8, 4]


async def test_no_more_turns_than_allowed_are_under_way() -> None:
    turns, most = Turns(at_once=3), 0

    async def one(number: int) -> None:
        nonlocal most
        async with turns.turn(str(number), nothing, new=bool(number % 2)):
            most = max(most, turns.under_way)
            await asyncio.sleep(0)

    await asyncio.gather(*(one(number) for number in range(20)))
    assert (most, turns.under_way, turns.waiting) == (3, 0, 0)
