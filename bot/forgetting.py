"""Forgetting conversations: their state, and the codes that were sent for them."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.tables import CodeRow, TrackerRow
from storage import table


async def forget_conversations(connection: AsyncConnection, conversation_ids: Sequence[str]) -> int:
    """Delete what the bot knows of conversations, in the caller's transaction; returns how many had any state."""
    await connection.execute(delete(table(CodeRow)).where(table(CodeRow).c.conversation_id.in_(conversation_ids)))
    trackers = table(TrackerRow)
    return (await connection.execute(delete(trackers).where(trackers.c.conversation_id.in_(conversation_ids)))).rowcount
