"""A conversation that is gone on with on another channel."""

from __future__ import annotations

import json

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import VERIFIED_SLOT
from bot.tables import TrackerRow
from storage import table

TRACKERS = table(TrackerRow)


async def continue_conversation(connection: AsyncConnection, earlier: str, conversation_id: str) -> None:
    """Bring a conversation to where another one is, in the caller's transaction.

    What was proved in the other one is not: whoever has a link need not be who was verified.
    """
    query = select(TRACKERS.c.events).where(TRACKERS.c.conversation_id == earlier)
    stored = await connection.scalar(query)
    if stored is None:
        return
    events = [event for event in json.loads(stored) if event.get("name") != VERIFIED_SLOT]
    await connection.execute(delete(TRACKERS).where(TRACKERS.c.conversation_id == conversation_id))
    row = {"conversation_id": conversation_id, "events": json.dumps(events, ensure_ascii=False)}
    await connection.execute(insert(TRACKERS), row)
