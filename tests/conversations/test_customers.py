"""Who takes part in a conversation, as the bot finds it out."""

from collections.abc import Sequence

from sqlalchemy import select

from bot.identity import Identity
from bot.reply import Reply, Understanding
from conversations import Conversations, Incoming, LocalLocks
from conversations.service import CUSTOMERS
from storage import Database


class Verifier:
    """A bot that knows at each message who the customer is, if anybody."""

    def __init__(self, *customers: str | None) -> None:
        self._customers = list(customers)

    async def reply(
        self,
        conversation_id: str,
        text: str,
        locale_hint: str | None = None,
        *,
        identity: Identity | None = None,
        photos: Sequence[str] = (),
    ) -> Reply:
        understanding = Understanding("inform", 1.0, "en", [])
        return Reply([{"text": "Thank you."}], "en", understanding, customer=self._customers.pop(0))


async def test_every_customer_of_a_conversation_is_kept_once(database: Database) -> None:
    conversations = Conversations(database, Verifier(None, "C1", "C1", "C2"), LocalLocks())
    for _ in range(4):
        await conversations.receive(Incoming("rest", "u1", "hello"))
    async with database.reading() as connection:
        kept = list(await connection.execute(select(CUSTOMERS).order_by(CUSTOMERS.c.customer_id)))
    assert kept == [("rest:u1", "C1"), ("rest:u1", "C2")]
