"""What is kept of conversations, and for how long: whose they are, what is told of them, how they are forgotten."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, ScalarSelect, Select, Text, cast, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.forgetting import forget_conversations
from conversations.photos import Photos
from conversations.tables import (
    ConversationCustomerRow,
    ConversationRow,
    HandoffRow,
    InboxRow,
    MessageRow,
    OutboxRow,
    RatingRow,
)
from shop import phone_key
from storage import Database, forget, table

CONVERSATIONS = table(ConversationRow)
CUSTOMERS = table(ConversationCustomerRow)
MESSAGES = table(MessageRow)
HANDOFFS = table(HandoffRow)
RATINGS = table(RatingRow)
INBOX = table(InboxRow)
OUTBOX = table(OutboxRow)

AT_ONCE = 500
"""So many rows are deleted in one transaction, so that no message has to wait for long."""


class Companion(Protocol):
    """What a room above keeps of conversations: it is told and forgotten with them; `desk.keeping.DeskKeeping`."""

    async def export(self, connection: AsyncConnection, conversation_id: str) -> dict[str, Any]:
        """What the customer of a conversation is told of it, besides what is kept here."""
        ...

    async def erase(self, connection: AsyncConnection, conversation_ids: Sequence[str]) -> Counter[str]:
        """Forget some conversations, before anything of them is deleted; returns how much of what that was."""
        ...

    async def let_go(self, connection: AsyncConnection, messages: ScalarSelect[int]) -> None:
        """Forget some messages, by their ids, before they are deleted."""
        ...

    async def let_handoffs_go(self, connection: AsyncConnection, handoffs: ScalarSelect[int]) -> None:
        """Go on without some handoffs, by their ids, before they are deleted."""
        ...


class Keeping:
    """The memory of all conversations. Methods raise `storage.DatabaseUnavailable` when the database is away.

    Args:
        database: has the tables of conversations and of the bot.
        photos: of the same conversations.
        companions: what else is kept of them.
    """

    def __init__(self, database: Database, photos: Photos, companions: Sequence[Companion] = ()) -> None:
        self._database = database
        self._photos = photos
        self._companions = companions

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
        """A conversation as it is told to its customer: what was said and shown, when people were asked for, and
        how it was rated.
        """
        said = (MESSAGES.c.author, MESSAGES.c.created_at, MESSAGES.c.content, MESSAGES.c.understanding)
        asked = (HANDOFFS.c.reason, HANDOFFS.c.context, HANDOFFS.c.created_at, HANDOFFS.c.closed_at)
        rated = (RATINGS.c.stars, RATINGS.c.comment, RATINGS.c.created_at)
        begun = (
            *(CONVERSATIONS.c.channel, CONVERSATIONS.c.sender, CONVERSATIONS.c.name),
            *(CONVERSATIONS.c.language, CONVERSATIONS.c.created_at),
        )
        async with self._database.reading() as connection:
            conversation = await connection.execute(select(*begun).where(CONVERSATIONS.c.id == conversation_id))
            messages = await connection.execute(_of(MESSAGES, conversation_id, *said))
            handoffs = await connection.execute(_of(HANDOFFS, conversation_id, *asked))
            ratings = await connection.execute(
                select(*rated).where(RATINGS.c.conversation_id == conversation_id).order_by(RATINGS.c.message_id)
            )
            beside = [await each.export(connection, conversation_id) for each in self._companions]
            return {
                **conversation.mappings().one(),
                "messages": [dict(row) for row in messages.mappings()],
                "handoffs": [dict(row) for row in handoffs.mappings()],
                "ratings": [dict(row) for row in ratings.mappings()],
                **{name: what for each in beside for name, what in each.items()},
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
                forgotten += await self._delete_messages(connection, MESSAGES.c.id.in_(found))
        async with self._database.writing() as connection:
            await self._delete_handoffs(connection, HANDOFFS.c.closed_at < before)
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
            for companion in self._companions:
                erased += await companion.erase(connection, conversation_ids)
            erased["trackers"] += await forget_conversations(connection, conversation_ids)
            theirs = MESSAGES.c.conversation_id.in_(conversation_ids)
            erased["messages"] += await self._delete_messages(connection, theirs)
            erased["handoffs"] += await self._delete_handoffs(
                connection, HANDOFFS.c.conversation_id.in_(conversation_ids)
            )
            others = (("conversation_customers", CUSTOMERS), ("webhooks", INBOX))
            for what, target in others:
                theirs = target.c.conversation_id.in_(conversation_ids)
                erased[what] += (await connection.execute(delete(target).where(theirs))).rowcount
            gone = await connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.id.in_(conversation_ids)))
            erased["conversations"] += gone.rowcount
        return erased

    async def _delete_messages(self, connection: AsyncConnection, which: ColumnElement[bool]) -> int:
        """Answers may outlive the message that they answer; ratings do not outlive the question, and nothing that is to
        be delivered outlives its message.
        """
        going = select(MESSAGES.c.id).where(which).scalar_subquery()
        for companion in self._companions:
            await companion.let_go(connection, going)
        for target in (RATINGS, OUTBOX):
            await connection.execute(delete(target).where(target.c.message_id.in_(going)))
        await connection.execute(update(MESSAGES).where(MESSAGES.c.answers_id.in_(going)).values(answers_id=None))
        return (await connection.execute(delete(MESSAGES).where(which))).rowcount

    async def _delete_handoffs(self, connection: AsyncConnection, which: ColumnElement[bool]) -> int:
        for companion in self._companions:
            await companion.let_handoffs_go(connection, select(HANDOFFS.c.id).where(which).scalar_subquery())
        return (await connection.execute(delete(HANDOFFS).where(which))).rowcount


def _of(target: Any, conversation_id: str, *columns: ColumnElement[Any]) -> Select[Any]:
    return select(*columns).where(target.c.conversation_id == conversation_id).order_by(target.c.id)
