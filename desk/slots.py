"""What the bot knows in a conversation."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import VERIFIED_SLOT as VERIFIED
from bot.tables import TrackerRow
from storage import table

TRACKERS = table(TrackerRow)

__all__ = ["VERIFIED", "slots_of"]


async def slots_of(connection: AsyncConnection, conversation_id: str) -> dict[str, Any]:
    """What the bot knows at present: of each slot, the value that it was given last."""
    stored = await connection.scalar(select(TRACKERS.c.events).where(TRACKERS.c.conversation_id == conversation_id))
    events = json.loads(stored) if stored else []
    slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    return {name: value for name, value in slots.items() if value is not None}
