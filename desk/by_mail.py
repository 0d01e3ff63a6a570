"""What agents answer, as letters to customers who are not there any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.letters import Letter, Post
from conversations import Author, Message
from conversations.messages import MESSAGES
from conversations.service import CUSTOMERS
from desk.models import Ticket
from desk.slots import VERIFIED, slots_of
from storage import Database

MAILED = frozenset({"widget"})
"""Channels on which nothing reaches a customer who is not there."""

AWAY_AFTER = timedelta(minutes=10)
"""Who wrote nothing for so long is not there any more."""


async def is_mailed(connection: AsyncConnection, ticket: Ticket) -> bool:
    """Whether a customer gets answers by e-mail: who proved to be who they are, where nothing else reaches them."""
    if ticket.channel not in MAILED:
        return False
    proved = select(CUSTOMERS.c.customer_id).where(CUSTOMERS.c.conversation_id == ticket.conversation_id)
    return await connection.scalar(proved.limit(1)) is not None


class AnswersByMail:
    """Writes them.

    Args:
        website: where the customer goes on with the conversation.
        now: the present moment, aware.
    """

    def __init__(
        self, database: Database, post: Post, website: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._post = post
        self._website = website
        self._now = now

    async def answered(self, ticket: Ticket, message: Message) -> None:
        """Write to the customer of a ticket, if they are away, what an agent has just said; once for a message."""
        text = message.content.get("text")
        written = func.max(MESSAGES.c.created_at)
        theirs = MESSAGES.c.conversation_id == ticket.conversation_id, MESSAGES.c.author == Author.CUSTOMER
        async with self._database.reading() as connection:
            if not text or not await is_mailed(connection, ticket):
                return
            last: datetime | None = await connection.scalar(select(written).where(*theirs))
            verified = (await slots_of(connection, ticket.conversation_id)).get(VERIFIED) or {}
        if not verified.get("email") or (last and self._now() - last < AWAY_AFTER):
            return
        values = {"agent": message.content["name"], "text": text, "url": self._website}
        letter = Letter("agent_answer", verified["email"], ticket.language, values)
        await self._post.put(letter, f"agent_answer:{message.id}")
