"""Which conversation of Chatwoot stands for which of ours, and how much of it is there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, exists, insert, or_, select, update

from conversations.tables import ConversationRow, MessageRow
from desk.models import State
from desk.tables import MirrorRow, TicketRow
from storage import Database, table

MIRRORS = table(MirrorRow)
TICKETS = table(TicketRow)
MESSAGES = table(MessageRow)
CONVERSATIONS = table(ConversationRow)

MOST = 500


@dataclass(frozen=True)
class Counterpart:
    """A conversation that is in Chatwoot too.

    Attributes:
        contact: what the customer is called there; nobody can guess it.
        counterpart: the number of the conversation there.
        ticket_id: the ticket that is open there; None where nothing is.
        told_up_to: the id of the last message that is there.
    """

    conversation_id: str
    contact: str
    counterpart: str
    ticket_id: int | None
    told_up_to: int


class Counterparts:
    """Keeps them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, conversation_id: str) -> Counterpart | None:
        """That of a conversation of ours."""
        return await self._one(MIRRORS.c.conversation_id == conversation_id)

    async def find(self, counterpart: str) -> Counterpart | None:
        """That with a number in Chatwoot."""
        return await self._one(MIRRORS.c.counterpart == counterpart)

    async def add(self, made: Counterpart) -> None:
        """Keep a new one."""
        async with self._database.writing() as connection:
            await connection.execute(insert(MIRRORS), {each.name: getattr(made, each.name) for each in fields(made)})

    async def change(self, conversation_id: str, **columns: Any) -> None:
        """Keep how far it is."""
        async with self._database.writing() as connection:
            theirs = update(MIRRORS).where(MIRRORS.c.conversation_id == conversation_id)
            await connection.execute(theirs.values(columns))

    async def remove(self, conversation_id: str) -> None:
        """Forget one that is no longer in Chatwoot."""
        async with self._database.writing() as connection:
            await connection.execute(delete(MIRRORS).where(MIRRORS.c.conversation_id == conversation_id))

    async def behind(self) -> list[str]:
        """The conversations of which Chatwoot lacks something: an open ticket, a message, or that it was closed."""
        same = MIRRORS.c.conversation_id == TICKETS.c.conversation_id
        shown = or_(MIRRORS.c.ticket_id.is_(None), MIRRORS.c.ticket_id != TICKETS.c.id)
        opened = (
            select(TICKETS.c.conversation_id).outerjoin(MIRRORS, same).where(TICKETS.c.state != State.CLOSED, shown)
        )
        unsaid = exists().where(
            MESSAGES.c.conversation_id == MIRRORS.c.conversation_id, MESSAGES.c.id > MIRRORS.c.told_up_to
        )
        its = TICKETS.c.id == MIRRORS.c.ticket_id
        going_on = (
            select(MIRRORS.c.conversation_id).join(TICKETS, its).where(or_(TICKETS.c.state == State.CLOSED, unsaid))
        )
        async with self._database.reading() as connection:
            first = list(await connection.scalars(opened.order_by(TICKETS.c.id).limit(MOST)))
            return first + list(await connection.scalars(going_on.limit(MOST)))

    async def name(self, conversation_id: str) -> str | None:
        """What the customer is called on the channel."""
        query = select(CONVERSATIONS.c.name).where(CONVERSATIONS.c.id == conversation_id)
        async with self._database.reading() as connection:
            found: str | None = await connection.scalar(query)
            return found

    async def was_said(self, conversation_id: str, message_id: str) -> bool:
        """Whether something was said already under an id of the channel's."""
        theirs = MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.channel_message_id == message_id
        async with self._database.reading() as connection:
            return (await connection.execute(select(MESSAGES.c.id).where(*theirs))).first() is not None

    async def _one(self, which: Any) -> Counterpart | None:
        query = select(*(MIRRORS.c[each.name] for each in fields(Counterpart))).where(which)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return Counterpart(**row._mapping) if row else None
