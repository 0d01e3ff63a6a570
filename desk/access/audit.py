"""Who saw and did what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.tables import AuditRow
from storage import Database, forget, table

ENTRIES = table(AuditRow)


@dataclass(frozen=True)
class Entry:
    """Something that somebody saw or did.

    Attributes:
        agent_id: who; None for the desk itself, and for whoever is not signed in.
        action: what, such as `refunded` or `sessions_ended`.
        details: numbers, codes and amounts; nothing that a customer said, and no secret.
    """

    id: int
    at: datetime
    agent_id: int | None
    action: str
    conversation_id: str | None
    ticket_id: int | None
    details: dict[str, Any]


class Audit:
    """Keeps the record; nothing in it is ever changed."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    async def record(
        self,
        agent_id: int | None,
        action: str,
        *,
        conversation_id: str | None = None,
        ticket_id: int | None = None,
        **details: Any,
    ) -> None:
        """Record something, in a transaction of its own."""
        async with self._database.writing() as connection:
            await self.write(
                connection, agent_id, action, conversation_id=conversation_id, ticket_id=ticket_id, **details
            )

    async def write(
        self,
        connection: AsyncConnection,
        agent_id: int | None,
        action: str,
        *,
        conversation_id: str | None = None,
        ticket_id: int | None = None,
        **details: Any,
    ) -> None:
        """Record something in the transaction in which it is done: neither is there without the other."""
        row = {
            "at": self._now(),
            "agent_id": agent_id,
            "action": action,
            "conversation_id": conversation_id,
            "ticket_id": ticket_id,
            "details": details,
        }
        await connection.execute(insert(ENTRIES), row)

    async def entries(
        self,
        *,
        conversation_id: str | None = None,
        agent_id: int | None = None,
        action: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """The record, the latest first.

        Args:
            conversation_id: only what is about this conversation.
            agent_id: only what this agent did.
            action: only this.
            before: only what has a smaller id, for the next page.
        """
        query = select(ENTRIES).order_by(ENTRIES.c.id.desc()).limit(limit)
        wanted = {"conversation_id": conversation_id, "agent_id": agent_id, "action": action}
        for name, value in wanted.items():
            if value is not None:
                query = query.where(ENTRIES.c[name] == value)
        if before is not None:
            query = query.where(ENTRIES.c.id < before)
        async with self._database.reading() as connection:
            return [_entry(row) for row in await connection.execute(query)]

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete what is older than a moment, or only count it; returns how much."""
        return await forget(self._database, ENTRIES, ENTRIES.c.at < before, dry_run=dry_run)


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, row.at, row.agent_id, row.action, row.conversation_id, row.ticket_id, row.details)
