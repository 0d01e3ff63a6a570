"""What happened at the desk, written into its tables as if it had."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from conversations.tables import Author, ConversationCustomerRow, ConversationRow, MessageRow, RatingRow
from desk.tables import AgentRow, TicketRow
from storage import Base, Database, migrate, table


@pytest.fixture(name="migrated", scope="module")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database: a copy of it is there sooner than another one."""
    path = tmp_path_factory.mktemp("migrated") / "desk.db"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, f"sqlite:///{path}").result()
    return path


@pytest.fixture(name="database")
async def on_sqlite(migrated: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database on SQLite."""
    opened = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'desk.db')}")
    yield opened
    await opened.close()


@pytest.fixture(name="either")
async def on_both(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def at(text: str) -> datetime:
    """A moment of 2026 in UTC: `11-03 14:30`."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


class Past:
    """Notes what happened, and keeps it all at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows: dict[type[Base], list[dict[str, Any]]] = {}
        self._conversations: set[str] = set()

    def said(
        self,
        conversation_id: str,
        when: str | datetime,
        intent: str = "track_order",
        text: str = "Hello",
        *,
        confidence: float = 0.9,
        language: str = "en",
        entities: tuple[dict[str, Any], ...] = (),
        answered: float | None = 2.0,
        customer: str | None = None,
    ) -> int:
        """A customer's message, and the bot's answer so many seconds later; returns the message's id."""
        moment = when if isinstance(when, datetime) else at(when)
        self._converse(conversation_id, moment, language, customer)
        understanding = {
            "intent": intent,
            "confidence": confidence,
            "language": language,
            "entities": list(entities),
        }
        number = self._message(conversation_id, Author.CUSTOMER, moment, {"text": text}, understanding)
        if answered is not None:
            later = moment + timedelta(seconds=answered)
            self._message(conversation_id, Author.BOT, later, {"text": "Answer"}, None, number)
        return number

    def asked(self, conversation_id: str, when: str, stars: int | None = None) -> int:
        """The customer is asked for a rating, and gives one perhaps; returns the id of the message that asks."""
        content = {"text": "How was it?", "custom": {"type": "rating"}}
        number = self._message(conversation_id, Author.BOT, at(when), content, None)
        if stars:
            rating = {"message_id": number, "conversation_id": conversation_id, "stars": stars, "comment": None}
            self._add(RatingRow, {**rating, "created_at": at(when)})
        return number

    def agent(self, name: str, **columns: Any) -> int:
        """Somebody at the desk; returns their id."""
        number = len(self._rows.get(AgentRow, ())) + 1
        row = {
            "id": number,
            "email": f"{name.lower()}@halden.example",
            "name": name,
            "role": "agent",
            "locale": "en",
            "languages": ["en"],
            "skills": [],
            "time_zone": "UTC",
            "capacity": 5,
            "presence": "online",
            "sound": True,
            "created_at": at("01-01 00:00"),
        }
        self._add(AgentRow, row | columns)
        return number

    def ticket(
        self,
        conversation_id: str,
        when: str,
        *,
        answered: str | None = None,
        closed: str | None = None,
        **columns: Any,
    ) -> int:
        """A ticket, of whoever and whatever the columns say; returns its id."""
        number = len(self._rows.get(TicketRow, ())) + 1
        row = {
            "id": number,
            "conversation_id": conversation_id,
            "state": "closed" if closed else "open",
            "reason": "asked",
            "channel": conversation_id.split(":")[0],
            "language": "en",
            "priority": 1,
            "intent": "track_order",
            "agent_id": None,
            "rating_message_id": None,
            "declined_by": [],
            "tags": [],
            "warned": [],
            "created_at": at(when),
            "queued_at": at(when),
            "first_answer_at": at(answered) if answered else None,
            "answer_due_at": None,
            "resolution_due_at": None,
            "closed_at": at(closed) if closed else None,
            "close_reason": "solved" if closed else None,
            "reopened": 0,
            "changed_at": at(when),
        }
        self._add(TicketRow, row | columns)
        return number

    async def keep(self) -> None:
        """Write it all down."""
        order = (ConversationRow, ConversationCustomerRow, AgentRow, MessageRow, RatingRow, TicketRow)
        async with self._database.writing() as connection:
            for kind in order:
                if rows := self._rows.get(kind):
                    await connection.execute(insert(table(kind)), rows)
        self._rows.clear()

    def _converse(self, conversation_id: str, moment: datetime, language: str, customer: str | None) -> None:
        if conversation_id in self._conversations:
            return
        self._conversations.add(conversation_id)
        channel, sender = conversation_id.split(":")
        row = {"id": conversation_id, "channel": channel, "sender": sender, "language": language}
        self._add(ConversationRow, {**row, "created_at": moment})
        if customer:
            self._add(ConversationCustomerRow, {"conversation_id": conversation_id, "customer_id": customer})

    def _message(
        self,
        conversation_id: str,
        author: Author,
        moment: datetime,
        content: dict[str, Any],
        understanding: dict[str, Any] | None,
        answers_id: int | None = None,
    ) -> int:
        number = len(self._rows.get(MessageRow, ())) + 1
        row = {"id": number, "conversation_id": conversation_id, "author": author, "content": content}
        rest = {"understanding": understanding, "answers_id": answers_id, "created_at": moment}
        self._add(MessageRow, row | rest)
        return number

    def _add(self, kind: type[Base], row: dict[str, Any]) -> None:
        self._rows.setdefault(kind, []).append(row)
