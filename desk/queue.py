"""Tickets in the database: finding one, changing one, and how the queue is ordered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, extract, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations.tables import ConversationRow, HandoffRow
from desk.models import QUEUED, State, Ticket
from desk.rules import Rules
from desk.tables import TicketRow
from storage import table

TICKETS = table(TicketRow)
CONVERSATIONS = table(ConversationRow)
HANDOFFS = table(HandoffRow)

NOT_CLOSED = TICKETS.c.state != State.CLOSED


def rank(rules: Rules) -> ColumnElement[Any]:
    """What the queue is ordered by: the moment (in seconds) since which a ticket waits, moved back by its priority."""
    worth = int(rules.priority_worth.total_seconds())
    return extract("epoch", TICKETS.c.queued_at) - TICKETS.c.priority * worth


async def find(connection: AsyncConnection, ticket_id: int) -> Ticket | None:
    """A ticket; None where there is none."""
    row = (await connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id))).first()
    return Ticket.from_row(row) if row else None


async def latest(connection: AsyncConnection, conversation_id: str) -> Ticket | None:
    """The ticket of a conversation that is not closed, else its newest; None where it has none."""
    theirs = select(TICKETS).where(TICKETS.c.conversation_id == conversation_id)
    query = theirs.order_by(NOT_CLOSED.desc(), TICKETS.c.id.desc()).limit(1)
    row = (await connection.execute(query)).first()
    return Ticket.from_row(row) if row else None


async def waiting(connection: AsyncConnection, rules: Rules, limit: int) -> list[Ticket]:
    """The tickets that are neither taken nor offered, in the order of the queue."""
    query = select(TICKETS).where(TICKETS.c.state == State.WAITING)
    rows = await connection.execute(query.order_by(rank(rules), TICKETS.c.id).limit(limit))
    return [Ticket.from_row(row) for row in rows]


async def position(connection: AsyncConnection, rules: Rules, ticket: Ticket, back_office: list[str]) -> int:
    """The place of a ticket among those that wait in its language; 1 is next.

    Args:
        back_office: the reasons for which nobody is in the queue.
    """
    order = rank(rules)
    its = select(order).where(TICKETS.c.id == ticket.id).correlate(None).scalar_subquery()
    before = (order < its) | ((order == its) & (TICKETS.c.id < ticket.id))
    ahead = select(func.count()).select_from(TICKETS)
    ahead = ahead.where(TICKETS.c.state.in_(QUEUED), TICKETS.c.language == ticket.language)
    found: int = (await connection.execute(ahead.where(TICKETS.c.reason.not_in(back_office), before))).scalar_one()
    return found + 1


async def add(connection: AsyncConnection, **values: Any) -> Ticket:
    """A new ticket. What is not given is empty."""
    empty = {"declined_by": [], "tags": [], "warned": [], "reopened": 0}
    made = await connection.execute(insert(TICKETS).values({**empty, **values}).returning(TICKETS))
    return Ticket.from_row(made.one())


async def change(
    connection: AsyncConnection, ticket_id: int, now: datetime, *where: ColumnElement[bool], **values: Any
) -> Ticket | None:
    """Change a ticket of which something is true still; None where it is not. Of two at once, one succeeds."""
    changed = update(TICKETS).where(TICKETS.c.id == ticket_id, *where).values(**values, changed_at=now)
    row = (await connection.execute(changed.returning(TICKETS))).first()
    return Ticket.from_row(row) if row else None


async def lock(connection: AsyncConnection, conversation_id: str) -> None:
    """Let nobody else begin a ticket of a conversation until the transaction is over."""
    # A write that changes nothing; both databases let the second one wait for the first.
    theirs = update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id)
    await connection.execute(theirs.values(channel=CONVERSATIONS.c.channel))


async def close_handoffs(connection: AsyncConnection, conversation_id: str, now: datetime) -> None:
    """Keep that nothing is wished of people any more in a conversation."""
    wished = update(HANDOFFS).where(HANDOFFS.c.conversation_id == conversation_id, HANDOFFS.c.closed_at.is_(None))
    await connection.execute(wished.values(closed_at=now))
