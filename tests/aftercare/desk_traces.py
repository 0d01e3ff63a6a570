"""What people at the desk leave behind who worked on a conversation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, insert, select

from aftercare.house import Ground
from conversations import Author, HandoffRow, MessageRow
from desk.access.agents import Agents, Role
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
    WebhookRow,
)
from desk.translation.cache import text_hash
from storage import Base, table

AGENT = "mei@halden.example"

MESSAGES = table(MessageRow)
HANDOFFS = table(HandoffRow)


async def work_on(ground: Ground, conversation_id: str, words: str) -> None:
    """Have somebody at the desk do everything that can be done with a conversation, and note some words of it."""
    agents, now = Agents(ground.database, ground.now), ground.now()
    agent = await agents.by_email(AGENT) or await agents.add(AGENT, "Mei", Role.AGENT)
    async with ground.database.writing() as connection:

        async def add(row: type[Base], **values: Any) -> Any:
            return (await connection.execute(insert(table(row)), values)).inserted_primary_key

        theirs = MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.author == Author.CUSTOMER
        message = (await connection.execute(select(MESSAGES).where(*theirs))).one()
        wish = select(func.max(HANDOFFS.c.id)).where(HANDOFFS.c.conversation_id == conversation_id)
        times = dict.fromkeys(("created_at", "queued_at", "changed_at"), now)
        lists: dict[str, Any] = {"declined_by": [], "tags": ["refund"], "warned": []}
        plain = {"reason": "claim", "channel": "rest", "language": "en", "priority": 1, "reopened": 0}
        begun = {"conversation_id": conversation_id, "handoff_id": await connection.scalar(wish), "state": "closed"}
        (ticket,) = await add(TicketRow, **begun, **plain, **lists, **times, agent_id=agent.id, closed_at=now)
        about = {"conversation_id": conversation_id, "agent_id": agent.id}
        (note,) = await add(NoteRow, **about, text=words, mentions=[agent.id], created_at=now)
        await add(FollowUpRow, **about, kind="mention", note_id=note, created_at=now)
        await add(ReviewRow, message_id=message.id, intent="track_order", agent_id=agent.id, reviewed_at=now)
        for text in (message.content["text"], words):
            made = table(TranslationRow).c.text_hash == text_hash(text)
            if not await connection.scalar(select(func.count()).select_from(table(TranslationRow)).where(made)):
                languages = {"source": "en", "target": "de"}
                await add(TranslationRow, text_hash=text_hash(text), **languages, text=f"„{text}“", made_at=now)
        await add(AuditRow, at=now, **about, action="seen", ticket_id=ticket, details={"about": conversation_id})
        spike: dict[str, Any] = {"kind": "intent", "subject": "report_damaged", "count": 9, "expected": 1.0}
        await add(WarningRow, **spike, conversations=[conversation_id, "rest:somebody"], raised_at=now)
        hook: dict[str, Any] = {"url": "https://hook.example", "events": ["ticket.opened"], "secret": b"salt"}
        (webhook,) = await add(WebhookRow, **hook, texts=False, created_at=now)
        told = {"data": {"conversation_id": conversation_id}}
        sending = {"event": "ticket.opened", "key": f"{ticket}", "attempts": 1, "state": "waiting"}
        waiting = {"payload": told, "next_attempt_at": now, "created_at": now}
        await add(WebhookDeliveryRow, webhook_id=webhook, **sending, **waiting)
        mirror = {"contact": "c", "counterpart": f"{ticket}", "told_up_to": 0}
        await add(MirrorRow, conversation_id=conversation_id, **mirror)
