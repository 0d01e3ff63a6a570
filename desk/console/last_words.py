"""What customers said before they asked for a person: it says more than what the bot told them since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select

from conversations.messages import MESSAGES
from conversations.tables import Author
from desk.console.lists import SAYING_NOTHING
from desk.models import Ticket
from storage import Database

LOOKED_AT = 4
"""So many of the latest messages of a customer."""

EXCERPT = 200
"""So many characters are shown at most."""


async def last_words(database: Database, tickets: Sequence[Ticket]) -> dict[int, str]:
    """The latest words in which each ticket's customer says what it is about, else their latest words at all."""
    conversations = {ticket.conversation_id for ticket in tickets}
    newest_first = func.row_number().over(partition_by=MESSAGES.c.conversation_id, order_by=MESSAGES.c.id.desc())
    theirs = (MESSAGES.c.conversation_id.in_(conversations), MESSAGES.c.author == Author.CUSTOMER)
    columns = (MESSAGES.c.id, MESSAGES.c.conversation_id, MESSAGES.c.content, MESSAGES.c.understanding)
    numbered = select(*columns, newest_first.label("back")).where(*theirs).subquery()
    query = select(numbered).where(numbered.c.back <= LOOKED_AT).order_by(numbered.c.id.desc())
    said: dict[str, list[Row[Any]]] = defaultdict(list)
    async with database.reading() as connection:
        for row in await connection.execute(query):
            if _text(row.content):
                said[row.conversation_id].append(row)
    return {
        ticket.id: _text(_telling(rows).content)[:EXCERPT]
        for ticket in tickets
        if (rows := said.get(ticket.conversation_id))
    }


def _telling(rows: Sequence[Row[Any]]) -> Row[Any]:
    """The first message that says what it is about, else the first."""
    intents = ((row, (row.understanding or {}).get("intent")) for row in rows)
    return next((row for row, intent in intents if intent not in SAYING_NOTHING), rows[0])


def _text(content: Mapping[str, Any]) -> str:
    """What was written, or what the button said that was pressed; "" where that is not known."""
    text = str(content.get("title") or content.get("text") or "")
    return "" if text.startswith("/") else text
