"""What the desk keeps of conversations is told, and forgotten, with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Text, cast, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations.tables import MessageRow
from desk.tables import (
    AuditRow,
    FollowUpRow,
    MirrorRow,
    NoteRow,
    ReviewRow,
    TicketRow,
    TranslationRow,
    WarningRow,
    WebhookDeliveryRow,
)
from desk.translation.cache import text_hash
from storage import table

MESSAGES = table(MessageRow)
TICKETS = table(TicketRow)
NOTES = table(NoteRow)
FOLLOW_UPS = table(FollowUpRow)
REVIEWS = table(ReviewRow)
MIRRORS = table(MirrorRow)
TRANSLATIONS = table(TranslationRow)
AUDIT = table(AuditRow)
WARNINGS = table(WarningRow)
DELIVERIES = table(WebhookDeliveryRow)


class DeskKeeping:
    """The desk's part in the memory of conversations; see `conversations.Companion`."""

    async def export(self, connection: AsyncConnection, conversation_id: str) -> dict[str, Any]:
        """What was noted about a conversation, and when people were at work on it."""
        noted = select(NOTES.c.text, NOTES.c.created_at).where(NOTES.c.conversation_id == conversation_id)
        columns = (TICKETS.c.reason, TICKETS.c.tags, TICKETS.c.created_at, TICKETS.c.closed_at, TICKETS.c.close_reason)
        worked = select(*columns).where(TICKETS.c.conversation_id == conversation_id)
        notes = await connection.execute(noted.order_by(NOTES.c.id))
        tickets = await connection.execute(worked.order_by(TICKETS.c.id))
        return {
            "notes": [dict(row) for row in notes.mappings()],
            "tickets": [dict(row) for row in tickets.mappings()],
        }

    async def erase(self, connection: AsyncConnection, conversation_ids: Sequence[str]) -> Counter[str]:
        """Forget everything about some conversations, before their messages go."""
        erased: Counter[str] = Counter()
        await self._forget_translations(connection, conversation_ids)
        for what, target in (
            ("follow_ups", FOLLOW_UPS),
            ("notes", NOTES),
            ("tickets", TICKETS),
            ("mirrors", MIRRORS),
        ):
            theirs = target.c.conversation_id.in_(conversation_ids)
            erased[what] = (await connection.execute(delete(target).where(theirs))).rowcount
        # That somebody did something stays known, and no longer to whom.
        seen = update(AUDIT).where(AUDIT.c.conversation_id.in_(conversation_ids))
        await connection.execute(seen.values(conversation_id=None, details={}))
        await self._leave_out_of_warnings(connection, set(conversation_ids))
        await self._leave_out_of_deliveries(connection, conversation_ids)
        return erased

    async def let_go(self, connection: AsyncConnection, messages: ScalarSelect[int]) -> None:
        """Forget what was made of messages that are about to go."""
        await connection.execute(delete(REVIEWS).where(REVIEWS.c.message_id.in_(messages)))

    async def let_handoffs_go(self, connection: AsyncConnection, handoffs: ScalarSelect[int]) -> None:
        """Go on without handoffs that are about to go."""
        await connection.execute(update(TICKETS).where(TICKETS.c.handoff_id.in_(handoffs)).values(handoff_id=None))

    async def _forget_translations(self, connection: AsyncConnection, conversation_ids: Sequence[str]) -> None:
        said = select(MESSAGES.c.content).where(MESSAGES.c.conversation_id.in_(conversation_ids))
        noted = select(NOTES.c.text).where(NOTES.c.conversation_id.in_(conversation_ids))
        texts = {str(content.get("text") or "") for content in await connection.scalars(said)}
        texts |= set(await connection.scalars(noted))
        hashes = [text_hash(text) for text in texts if text]
        for start in range(0, len(hashes), 500):
            theirs: ColumnElement[bool] = TRANSLATIONS.c.text_hash.in_(hashes[start : start + 500])
            await connection.execute(delete(TRANSLATIONS).where(theirs))

    async def _leave_out_of_warnings(self, connection: AsyncConnection, conversation_ids: set[str]) -> None:
        for row in (await connection.execute(select(WARNINGS.c.id, WARNINGS.c.conversations))).all():
            if conversation_ids.intersection(row.conversations):
                others = [one for one in row.conversations if one not in conversation_ids]
                await connection.execute(update(WARNINGS).where(WARNINGS.c.id == row.id).values(conversations=others))

    async def _leave_out_of_deliveries(self, connection: AsyncConnection, conversation_ids: Sequence[str]) -> None:
        payload = cast(DELIVERIES.c.payload, Text)
        for conversation_id in conversation_ids:
            named = payload.contains(json.dumps(conversation_id)[1:-1], autoescape=True)
            await connection.execute(delete(DELIVERIES).where(named))
