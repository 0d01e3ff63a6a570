"""The way of a message through a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import case, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.directives import DIRECTIVE, HANDOFF, HIGH
from bot.identity import Identity
from bot.reply import Reply
from conversations.locks import Locks
from conversations.tables import Author, ConversationCustomerRow, ConversationRow, HandoffRow, MessageRow
from storage import Database, table

logger = structlog.get_logger()

# The bare tables, in the way of every message: through the mapped classes, each statement takes twice as long.
CONVERSATIONS = table(ConversationRow)
CUSTOMERS = table(ConversationCustomerRow)
MESSAGES = table(MessageRow)
HANDOFFS = table(HandoffRow)


class Bot(Protocol):
    """What answers while a person does not; `bot.assistant.Assistant`."""

    async def reply(
        self,
        conversation_id: str,
        text: str,
        locale_hint: str | None = None,
        *,
        identity: Identity | None = None,
        photos: Sequence[str] = (),
    ) -> Reply:
        """One turn of a conversation."""
        ...


@dataclass(frozen=True)
class Incoming:
    """A message from a customer, as a connector parsed it.

    Attributes:
        channel: the name of the channel, at most 32 characters.
        sender: who it is on that channel, at most 200 characters.
        text: what was written, or the payload of a button.
        message_id: the channel's own id of the message, by which a repeated delivery is recognised.
        locale_hint: the locale that the channel knows of the customer, such as `de-AT`.
        identity: who wrote it, if the channel vouches for that. It holds for this message, and is not stored with it.
        photos: the ids of photographs that came with it, see `conversations.photos`.
    """

    channel: str
    sender: str
    text: str
    message_id: str | None = None
    locale_hint: str | None = None
    identity: Identity | None = None
    photos: tuple[str, ...] = ()

    @property
    def conversation_id(self) -> str:
        """The conversation that it belongs to."""
        return conversation_id_of(self.channel, self.sender)

    @property
    def content(self) -> dict[str, Any]:
        """What is stored of it."""
        photos = {"photos": list(self.photos)} if self.photos else {}
        return {"text": self.text, **photos}


def conversation_id_of(channel: str, sender: str) -> str:
    """The conversation of a customer on a channel."""
    return f"{channel}:{sender}"


@dataclass(frozen=True)
class _Stored:
    """A message as it was stored: its id, its conversation's language so far, and the answers it already has."""

    id: int
    language: str | None
    answers: list[dict[str, Any]]


class Conversations:
    """Stores what is said, asks the bot for an answer, and carries out what the answer asks for.

    Messages of one conversation are answered one after the other, those of different ones at the same time.
    """

    def __init__(
        self,
        database: Database,
        bot: Bot,
        locks: Locks,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._bot = bot
        self._locks = locks
        self._now = now

    async def receive(self, incoming: Incoming) -> list[dict[str, Any]]:
        """The answer to a message: a list of messages with `text`, and perhaps `buttons` or an `image`.

        A message that was answered before (the same `message_id`) gets the same answer, and nothing happens twice.

        Raises:
            LockUnavailable: when the turns before it take too long.
            storage.DatabaseUnavailable: when nothing can be stored.
        """
        async with self._locks.hold(incoming.conversation_id):
            message = await self._store(incoming)
            if message.answers:
                return message.answers
            reply = await self._bot.reply(
                incoming.conversation_id,
                incoming.text,
                incoming.locale_hint,
                identity=incoming.identity,
                photos=incoming.photos,
            )
            await self._conclude(incoming, message, reply)
            return reply.messages

    async def close(self) -> None:
        """Give back what the locks need; the database belongs to the caller."""
        await self._locks.close()

    async def handoffs(self, limit: int = 100) -> list[HandoffRow]:
        """The open wishes for a human agent, the urgent ones first, then the oldest."""
        urgent_first = case((HandoffRow.priority == HIGH, 0), else_=1)
        waiting = select(HandoffRow).where(HandoffRow.closed_at.is_(None))
        query = waiting.order_by(urgent_first, HandoffRow.id).limit(limit)
        async with self._database.session() as session:
            return list(await session.scalars(query))

    async def transcript(self, conversation_id: str) -> list[MessageRow]:
        """Everything that was said in a conversation, from the beginning."""
        query = select(MessageRow).where(MessageRow.conversation_id == conversation_id).order_by(MessageRow.id)
        async with self._database.session() as session:
            return list(await session.scalars(query))

    async def _store(self, incoming: Incoming) -> _Stored:
        """Keep the message, unless it is there already."""
        async with self._database.writing() as connection:
            if incoming.message_id is not None:
                known = await connection.scalar(
                    select(MESSAGES.c.id).where(
                        MESSAGES.c.conversation_id == incoming.conversation_id,
                        MESSAGES.c.channel_message_id == incoming.message_id,
                    )
                )
                if known is not None:
                    # Without an answer the process died before it: it is answered now.
                    answers = select(MESSAGES.c.content).where(MESSAGES.c.answers_id == known).order_by(MESSAGES.c.id)
                    return _Stored(known, None, list(await connection.scalars(answers)))
            conversation = select(CONVERSATIONS.c.language).where(CONVERSATIONS.c.id == incoming.conversation_id)
            row = (await connection.execute(conversation)).first()
            if row is None:
                await connection.execute(
                    insert(CONVERSATIONS),
                    {
                        "id": incoming.conversation_id,
                        "channel": incoming.channel,
                        "sender": incoming.sender,
                        "created_at": self._now(),
                    },
                )
            stored = await connection.execute(
                insert(MESSAGES).returning(MESSAGES.c.id),
                {
                    "conversation_id": incoming.conversation_id,
                    "author": Author.CUSTOMER,
                    "content": incoming.content,
                    "channel_message_id": incoming.message_id,
                    "created_at": self._now(),
                },
            )
            return _Stored(stored.scalar_one(), row.language if row else None, [])

    async def _conclude(self, incoming: Incoming, message: _Stored, reply: Reply) -> None:
        """Keep the answer and what was understood, and do what the answer asks for."""
        conversation_id = incoming.conversation_id
        async with self._database.writing() as connection:
            await connection.execute(
                update(MESSAGES).where(MESSAGES.c.id == message.id).values(understanding=asdict(reply.understanding))
            )
            if reply.language != message.language:
                await connection.execute(
                    update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(language=reply.language)
                )
            if reply.messages:
                answers = [
                    {
                        "conversation_id": conversation_id,
                        "author": Author.BOT,
                        "content": said,
                        "answers_id": message.id,
                        "created_at": self._now(),
                    }
                    for said in reply.messages
                ]
                await connection.execute(insert(MESSAGES), answers)
            if reply.customer:
                await _note_customer(connection, conversation_id, reply.customer)
            for directive in reply.directives:
                if directive[DIRECTIVE] == HANDOFF:
                    await self._hand_off(connection, conversation_id, directive)
                else:
                    logger.error("directive.unknown", directive=directive[DIRECTIVE], conversation_id=conversation_id)

    async def _hand_off(self, connection: AsyncConnection, conversation_id: str, directive: Mapping[str, Any]) -> None:
        """Keep a wish for a human agent. While one is open, another adds its matter to it, and its urgency."""
        waiting = select(HANDOFFS.c.id, HANDOFFS.c.priority, HANDOFFS.c.context).where(
            HANDOFFS.c.conversation_id == conversation_id, HANDOFFS.c.closed_at.is_(None)
        )
        known = (await connection.execute(waiting)).first()
        reason, priority = directive["reason"], directive["priority"]
        matters = [directive["summary"]] if directive["summary"] else []
        if known is None:
            row = {"conversation_id": conversation_id, "reason": reason, "priority": priority, "context": matters}
            await connection.execute(insert(HANDOFFS), {**row, "created_at": self._now()})
        else:
            changes: dict[str, Any] = {"context": known.context + [one for one in matters if one not in known.context]}
            if priority == HIGH and known.priority != HIGH:
                changes |= {"priority": priority, "reason": reason}
            await connection.execute(update(HANDOFFS).where(HANDOFFS.c.id == known.id).values(changes))
        logger.info("handoff.recorded", conversation_id=conversation_id, reason=reason, priority=priority)


async def _note_customer(connection: AsyncConnection, conversation_id: str, customer_id: str) -> None:
    """Keep that a customer takes part in a conversation: by this it is found when the customer asks for their data."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"conversation_id": conversation_id, "customer_id": customer_id}
    await connection.execute(dialect.insert(CUSTOMERS).values(row).on_conflict_do_nothing())
