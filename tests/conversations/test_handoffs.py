"""Wishes for a human agent, as the bot's answers bring them."""

import asyncio
from typing import Any

from sqlalchemy import text, update

from bot.directives import HIGH, NORMAL, handoff
from conversations import Conversations, HandoffRow, Incoming, LocalLocks
from storage import Database, migrate
from tests.bots import ScriptedBot, answer

CLAIM = {"flow": "report_damaged", "order_number": "AC-114590", "claim_number": "CL-2KQ7XD"}
ORDER = {"flow": "cancel_order", "order_number": "AC-102938"}

CONVERSATION_OF_BEFORE = (
    "INSERT INTO conversations (id, channel, sender, created_at) VALUES ('rest:u1', 'rest', 'u1', CURRENT_TIMESTAMP)"
)
HANDOFF_OF_BEFORE = (
    "INSERT INTO conversation_handoffs (conversation_id, reason, created_at) "
    "VALUES ('rest:u1', 'asked', CURRENT_TIMESTAMP)"
)


class Customers:
    """Customers in front of such a bot."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asks: list[dict[str, Any]] = []
        bot = ScriptedBot(lambda heard: answer({"text": "A colleague takes over."}, directives=self._asks))
        self.conversations = Conversations(database, bot, LocalLocks())

    async def write(self, sender: str, *asked: dict[str, Any]) -> None:
        """A message whose answer asks for handoffs."""
        self._asks = list(asked)
        await self.conversations.receive(Incoming("rest", sender, "so where is it"))

    async def queue(self) -> list[HandoffRow]:
        """The open handoffs."""
        return await self.conversations.handoffs()


async def test_it_has_its_reason_and_what_it_is_about(database: Database) -> None:
    customers = Customers(database)
    await customers.write("u1", handoff("claim", summary=CLAIM))
    (row,) = await customers.queue()
    assert (row.conversation_id, row.reason, row.priority, row.context) == ("rest:u1", "claim", NORMAL, [CLAIM])


async def test_urgent_ones_are_first_then_the_oldest(database: Database) -> None:
    customers = Customers(database)
    for sender, priority in (("u1", NORMAL), ("u2", HIGH), ("u3", NORMAL), ("u4", HIGH)):
        await customers.write(sender, handoff("asked", priority))
    assert [row.conversation_id for row in await customers.queue()] == ["rest:u2", "rest:u4", "rest:u1", "rest:u3"]


async def test_while_one_is_open_another_matter_is_added_to_it(database: Database) -> None:
    customers = Customers(database)
    await customers.write("u1", handoff("claim", summary=CLAIM))
    await customers.write("u1", handoff("asked"), handoff("asked", summary=ORDER), handoff("claim", summary=CLAIM))
    (row,) = await customers.queue()
    assert (row.reason, row.context) == ("claim", [CLAIM, ORDER])


async def test_an_open_one_becomes_urgent_and_stays_so(database: Database) -> None:
    customers = Customers(database)
    await customers.write("u1", handoff("asked"))
    await customers.write("u2", handoff("asked"))
    await customers.write("u2", handoff("complaint", HIGH))
    await customers.write("u2", handoff("asked"))
    first, second = await customers.queue()
    assert (first.conversation_id, first.reason, first.priority) == ("rest:u2", "complaint", HIGH)
    assert (second.conversation_id, second.reason, second.priority) == ("rest:u1", "asked", NORMAL)


async def test_after_one_is_closed_a_new_one_is_opened(database: Database) -> None:
    customers = Customers(database)
    await customers.write("u1", handoff("complaint", HIGH, ORDER))
    async with database.session() as session:
        await session.execute(update(HandoffRow).values(closed_at=HandoffRow.created_at))
    assert await customers.queue() == []
    await customers.write("u1", handoff("asked"))
    (row,) = await customers.queue()
    assert (row.reason, row.priority, row.context) == ("asked", NORMAL, [])


async def test_handoffs_of_before_have_a_place_in_the_queue(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate, empty_database_url, "0007")
    database = Database(empty_database_url)
    async with database.session() as session:
        await session.execute(text(CONVERSATION_OF_BEFORE))
        await session.execute(text(HANDOFF_OF_BEFORE))
    await asyncio.to_thread(migrate, empty_database_url)
    customers = Customers(database)
    await customers.write("u1", handoff("claim", HIGH, CLAIM))
    (row,) = await customers.queue()
    assert (row.reason, row.priority, row.context) == ("claim", HIGH, [CLAIM])
    await database.close()
