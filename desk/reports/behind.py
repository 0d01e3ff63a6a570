"""The conversations behind a warning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from conversations.messages import MESSAGES
from conversations.service import CONVERSATIONS
from conversations.tables import Author
from desk.reports.queries import INTENT, TICKETS
from desk.reports.reviews import masked
from desk.reports.spikes import DAY, INTENT_KIND, Warned
from storage import Database


@dataclass(frozen=True)
class Behind:
    """A conversation, what was said in it (without personal data), and its newest ticket, if it ever had one."""

    conversation_id: str
    language: str
    channel: str
    text: str
    at: datetime
    ticket_id: int | None


async def behind(database: Database, warned: Warned) -> list[Behind]:
    """The conversations behind a warning, the newest first: with the complaint, or else with what was said first.

    Raises `storage.DatabaseUnavailable`.
    """
    about = (
        MESSAGES.c.conversation_id.in_(warned.conversations),
        MESSAGES.c.author == Author.CUSTOMER,
        MESSAGES.c.created_at > warned.raised_at - DAY,
        *([warned.subject == INTENT] if warned.kind == INTENT_KIND else []),
    )
    first = select(func.min(MESSAGES.c.id)).where(*about).group_by(MESSAGES.c.conversation_id)
    ticket = select(func.max(TICKETS.c.id)).where(TICKETS.c.conversation_id == MESSAGES.c.conversation_id)
    query = (
        select(
            MESSAGES.c.conversation_id,
            MESSAGES.c.content,
            MESSAGES.c.understanding,
            MESSAGES.c.created_at,
            CONVERSATIONS.c.channel,
            CONVERSATIONS.c.language,
            ticket.scalar_subquery().label("ticket_id"),
        )
        .join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
        .where(MESSAGES.c.id.in_(first))
        .order_by(MESSAGES.c.id.desc())
    )
    async with database.reading(long=True) as connection:
        return [_behind(row) for row in await connection.execute(query)]


def _behind(row: Any) -> Behind:
    said = row.content.get("title") or row.content["text"]
    text = masked(said, row.understanding or {}, row.language or "")
    return Behind(row.conversation_id, row.language or "", row.channel, text, row.created_at, row.ticket_id)
