"""Two processes that hold the same conversation, as when Redis forgot who does: one turn is kept, and none is lost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import select

from bot.reply import Reply, Understanding
from bot.trackers import TRACKERS, TrackerChange
from conversations import Author, Conversations, Incoming, LocalLocks, LockUnavailable
from storage import Database

SENDER = "anna"
PATIENCE = 30.0


class Counter:
    """A bot that remembers what it heard, as the tracker has it, and says how much that is.

    Args:
        meet: so many turns begin before any goes on.
    """

    def __init__(self, database: Database, meet: int = 1) -> None:
        self._database = database
        self.barrier = asyncio.Barrier(meet)
        self.turns = 0

    async def reply(self, conversation_id: str, text: str, *arguments: Any, **context: Any) -> Reply:
        """See `conversations.Bot`."""
        self.turns += 1
        async with self._database.reading() as connection:
            of_it = select(TRACKERS.c.events).where(TRACKERS.c.conversation_id == conversation_id)
            before = await connection.scalar(of_it)
        await asyncio.wait_for(self.barrier.wait(), PATIENCE)
        heard = [*json.loads(before or "[]"), text]
        said = [] if text == "silence" else [{"text": str(len(heard))}]
        change = TrackerChange(before, json.dumps(heard))
        return Reply(said, "en", Understanding("inform", 1.0, "en", []), tracker=change)


def processes(database: Database, bot: Counter) -> list[Conversations]:
    """Two, whose locks know nothing of each other."""
    return [Conversations(database, bot, LocalLocks()) for _ in range(2)]


def message(number: int, text: str = "hello") -> Incoming:
    return Incoming("rest", SENDER, text, f"m{number}")


async def both(*turns: Any) -> list[Any]:
    return sorted(
        await asyncio.gather(*turns, return_exceptions=True), key=lambda result: isinstance(result, Exception)
    )


async def test_the_same_message_at_both_is_answered_once(database: Database) -> None:
    bot = Counter(database, meet=2)
    one, other = processes(database, bot)
    kept, overtaken = await both(one.receive(message(1)), other.receive(message(1)))
    assert kept == [{"text": "1"}]
    assert isinstance(overtaken, LockUnavailable)
    assert [await each.receive(message(1)) for each in (one, other)] == [kept, kept]
    assert bot.turns == 2
    authors = [row.author for row in await one.transcript(f"rest:{SENDER}")]
    assert authors == [Author.CUSTOMER, Author.BOT]


@pytest.mark.parametrize("begun", [False, True], ids=["first", "later"])
async def test_two_messages_at_once_are_both_heard(database: Database, begun: bool) -> None:
    bot = Counter(database)
    one, other = processes(database, bot)
    first = [await one.receive(message(0, "hello"))] if begun else []
    bot.barrier = asyncio.Barrier(2)
    kept, overtaken = await both(one.receive(message(1, "left")), other.receive(message(2, "right")))
    assert isinstance(overtaken, LockUnavailable)
    bot.barrier = asyncio.Barrier(1)
    again = [await one.receive(message(number, text)) for number, text in ((1, "left"), (2, "right"))]
    assert kept in again
    count = len(first)
    assert sorted(answer[0]["text"] for answer in again) == [str(count + 1), str(count + 2)]


async def test_what_was_answered_with_nothing_is_not_asked_again(database: Database) -> None:
    bot = Counter(database)
    conversations, _ = processes(database, bot)
    assert [await conversations.receive(message(1, "silence")) for _ in range(2)] == [[], []]
    assert bot.turns == 1
