"""What is kept of conversations, and for how long: whose they are, what is told of them, how they are forgotten."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.forgetting import forget_conversations
from conversations.photos import Photos
from conversations.tables import ConversationCustomerRow, ConversationRow, HandoffRow, MessageRow
from shop import phone_key
from storage import Database, forget, table

CONVERSATIONS = table(ConversationRow)
CUSTOMERS = table(ConversationCustomerRow)
MESSAGES = table(MessageRow)
HANDOFFS = table(HandoffRow)

AT_ONCE = 500
"""So many rows are deleted in one transaction, so that no message has to wait for long."""


class Keeping:
    """The memory of all conversations. Methods raise `storage.DatabaseUnavailable` when the database is away.

    Args:
        database: has the tables of conversations and of the bot.
        photos: of the same conversations.
    """

    def __init__(self, database: Database, photos: Photos) -> None:
        self._database = database
        self._photos = photos

    async def of(self, customer_id: str) -> list[str]:
        """The ids of the conversations in which it was proved that this customer, and nobody else, takes part."""
        others = CUSTOMERS.alias()
        shared = exists().where(
            others.c.conversation_id == CUSTOMERS.c.conversation_id, others.c.customer_id != customer_id
        )
        query = select(CUSTOMERS.c.conversation_id).where(CUSTOMERS.c.customer_id == customer_id, ~shared)
        async with self._database.reading() as connection:
            return list(await connection.scalars(query.order_by(CUSTOMERS.c.conversation_id)))

    async def export(self, conversation_id: str) -> dict[str, Any]:
        """A conversation as it is told to its customer: what was said and shown, and when people were asked for."""
        said = (MESSAGES.c.author, MESSAGES.c.created_at, MESSAGES.c.content, MESSAGES.c.understanding)
        asked = (HANDOFFS.c.reason, HANDOFFS.c.context, HANDOFFS.c.created_at, HANDOFFS.c.closed_at)
        begun = (CONVERSATIONS.c.channel, CONVERSATIONS.c.sender, CONVERSATIONS.c.language, CONVERSATIONS.c.created_at)
        async with self._database.reading() as connection:
            conversation = await connection.execute(select(*begun).where(CONVERSATIONS.c.id == conversation_id))
            messages = await connection.execute(_of(MESSAGES, conversation_id, *said))
            handoffs = await connection.execute(_of(HANDOFFS, conversation_id, *asked))
            return {
                **conversation.mappings().one(),
                "messages": [dict(row) for row in messages.mappings()],
                "handoffs": [dict(row) for row in handoffs.mappings()],
            }

    async def erase(self, customer_id: str, email: str, phone: str | None) -> Counter[str]:
        """Forget a customer's conversations; returns how much of what that was.

        These are the ones in which it was proved that the customer takes part, those in which the address was named,
        with or without a proof, and those whose sender is the customer's phone number, as it is on some channels.

        Args:
            customer_id: the shop's id of the customer.
            email: the customer's address.
            phone: a number that is the customer's alone.
        """
        proved = select(CUSTOMERS.c.conversation_id).where(CUSTOMERS.c.customer_id == customer_id)
        said, address = func.lower(cast(MESSAGES.c.content, Text)), json.dumps(email.lower())[1:-1]
        naming = select(MESSAGES.c.conversation_id).where(said.contains(address, autoescape=True))
        senders = [phone, phone_key(phone), f"+{phone_key(phone)}"] if phone else []
        theirs = or_(
            CONVERSATIONS.c.id.in_(proved), CONVERSATIONS.c.id.in_(naming), CONVERSATIONS.c.sender.in_(senders)
        )
        erased: Counter[str] = Counter()
        while found := await self._ids(select(CONVERSATIONS.c.id).where(theirs).limit(AT_ONCE)):
            erased += await self._erase(found)
        return erased

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete the messages from before a moment (aware), the handoffs that were closed before it, and conversations
        of which nothing is left; or only count the messages. Returns how many messages that were.
        """
        old = MESSAGES.c.created_at < before
        if dry_run:
            return await forget(self._database, MESSAGES, old, dry_run=True)
        forgotten = 0
        while found := await self._ids(select(MESSAGES.c.id).where(old).order_by(MESSAGES.c.id).limit(AT_ONCE)):
            async with self._database.writing() as connection:
                forgotten += await _delete_messages(connection, MESSAGES.c.id.in_(found))
        await forget(self._database, HANDOFFS, HANDOFFS.c.closed_at < before)
        silent = ~exists().where(MESSAGES.c.conversation_id == CONVERSATIONS.c.id)
        over = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.created_at < before, silent).limit(AT_ONCE)
        while empty := await self._ids(over):
            await self._erase(empty)
        return forgotten

    async def _ids(self, query: Select[Any]) -> list[Any]:
        async with self._database.reading() as connection:
            return list(await connection.scalars(query))

    async def _erase(self, conversation_ids: Sequence[str]) -> Counter[str]:
        """The photographs go first: their files would be left over."""
        erased: Counter[str] = Counter()
        for conversation_id in conversation_ids:
            erased["photos"] += await self._photos.delete_of(conversation_id)
        async with self._database.writing() as connection:
            erased["trackers"] += await forget_conversations(connection, conversation_ids)
            erased["messages"] += await _delete_messages(connection, MESSAGES.c.conversation_id.in_(conversation_ids))
            for what, target in (("handoffs", HANDOFFS), ("conversation_customers", CUSTOMERS)):
                theirs = target.c.conversation_id.in_(conversation_ids)
                erased[what] += (await connection.execute(delete(target).where(theirs))).rowcount
            gone = await connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.id.in_(conversation_ids)))
            erased["conversations"] += gone.rowcount
        return erased


def _of(target: Any, conversation_id: str, *columns: ColumnElement[Any]) -> Select[Any]:
    return select(*columns).where(target.c.conversation_id == conversation_id).order_by(target.c.id)


async def _delete_messages(connection: AsyncConnection, which: ColumnElement[bool]) -> int:
    """Answers may outlive the message that they answer."""
    going = select(MESSAGES.c.id).where(which).scalar_subquery()
    await connection.execute(update(MESSAGES).where(MESSAGES.c.answers_id.in_(going)).values(answers_id=None))
    return (await connection.execute(delete(MESSAGES).where(which))).rowcount
