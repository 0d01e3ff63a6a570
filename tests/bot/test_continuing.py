"""A conversation that is gone on with elsewhere: everything comes along but the proof of who somebody was."""

from __future__ import annotations

import json

from sqlalchemy import insert, select

from bot.continuing import TRACKERS, continue_conversation
from bot.identity import VERIFIED_SLOT
from storage import Database

STARTED = {"event": "slot", "name": "order_number", "value": "AC-104233"}
VERIFIED = {"event": "slot", "name": VERIFIED_SLOT, "value": {"id": "C1", "email": "anna@mail.example"}}


async def events(database: Database, conversation_id: str) -> list[object] | None:
    async with database.reading() as connection:
        stored = await connection.scalar(select(TRACKERS.c.events).where(TRACKERS.c.conversation_id == conversation_id))
    return json.loads(stored) if stored else None


async def test_the_matter_comes_along_and_the_proof_does_not(database: Database) -> None:
    async with database.writing() as connection:
        for conversation_id, known in (("widget:v", [STARTED, VERIFIED]), ("whatsapp:a", [VERIFIED])):
            row = {"conversation_id": conversation_id, "events": json.dumps(known)}
            await connection.execute(insert(TRACKERS), row)
        await continue_conversation(connection, "widget:v", "whatsapp:a")
    assert await events(database, "whatsapp:a") == [STARTED]
    assert await events(database, "widget:v") == [STARTED, VERIFIED]


async def test_nothing_can_be_gone_on_with_where_nothing_was(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(TRACKERS), {"conversation_id": "whatsapp:a", "events": json.dumps([VERIFIED])})
        await continue_conversation(connection, "widget:v", "whatsapp:a")
    assert await events(database, "whatsapp:a") == [VERIFIED]
