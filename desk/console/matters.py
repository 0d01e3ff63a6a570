"""What agents have to look after, as the page of follow-ups shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from conversations.tables import ConversationRow, RatingRow
from desk.access.agents import AGENTS
from desk.follow_ups import FOLLOW_UPS, FollowUp
from desk.notes import NOTES
from desk.queue import TICKETS
from storage import Database, table

CONVERSATIONS = table(ConversationRow)
RATINGS = table(RatingRow)


@dataclass(frozen=True)
class Matter:
    """A follow-up, and what it is about.

    Attributes:
        name: what the customer is called, if it is known.
        ticket_id: of the newest ticket; None where people had no part in the conversation.
        stars: of a low rating.
        text: the comment of the rating, or the note.
        author: of the note.
    """

    id: int
    kind: str
    conversation_id: str
    created_at: datetime
    name: str | None
    ticket_id: int | None
    stars: int | None
    text: str
    author: str | None


async def matters(database: Database, follow_ups: Sequence[FollowUp]) -> list[Matter]:
    """What follow-ups are about, in their order."""
    its = TICKETS.c.conversation_id == FOLLOW_UPS.c.conversation_id
    newest = select(func.max(TICKETS.c.id)).where(its).correlate(FOLLOW_UPS).scalar_subquery()
    query = (
        select(
            FOLLOW_UPS.c.id,
            FOLLOW_UPS.c.kind,
            FOLLOW_UPS.c.conversation_id,
            FOLLOW_UPS.c.created_at,
            CONVERSATIONS.c.name,
            newest.label("ticket_id"),
            RATINGS.c.stars,
            func.coalesce(NOTES.c.text, RATINGS.c.comment, "").label("text"),
            AGENTS.c.name.label("author"),
        )
        .join(CONVERSATIONS, CONVERSATIONS.c.id == FOLLOW_UPS.c.conversation_id)
        .outerjoin(RATINGS, RATINGS.c.message_id == FOLLOW_UPS.c.message_id)
        .outerjoin(NOTES, NOTES.c.id == FOLLOW_UPS.c.note_id)
        .outerjoin(AGENTS, AGENTS.c.id == NOTES.c.agent_id)
        .where(FOLLOW_UPS.c.id.in_([each.id for each in follow_ups]))
        .order_by(FOLLOW_UPS.c.id)
    )
    async with database.reading() as connection:
        return [Matter(**row._mapping) for row in await connection.execute(query)]
