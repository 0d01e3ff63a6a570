"""A desk for tests: real tickets and conversations on a real database, a bot that says what it is told, and a clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.directives import NORMAL, handoff
from bot.localization import Catalogues
from conversations import Conversations, Incoming, LocalFeed, LocalLocks, Message, Subscription
from desk.access.agents import AGENTS, Agent, Agents, Presence, Role
from desk.by_mail import AnswersByMail
from desk.dispatch import Dispatcher, Spent
from desk.messages import DOMAIN, LOCALES, Words
from desk.presence import Attendance
from desk.rules import Rules
from desk.tickets import Ticket, Tickets
from shop import Policies
from shop.policies import BUNDLED
from storage import Database
from tests.bots import Heard, ScriptedBot, answer

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is no matter of the database."""

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
"""A Monday; the team is there, on both sides of the Atlantic from two hours later on."""


@dataclass
class Clock:
    """The time, which a test moves on."""

    time: datetime = NOON + timedelta(hours=2)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **time: float) -> None:
        """Move on."""
        self.time += timedelta(**time)


class Floor:
    """A desk, its customers and its agents.

    `wish` is what the bot asks of the rooms above in its next answers.
    """

    def __init__(
        self,
        database: Database,
        spent: Spent | None = None,
        rules: Rules | None = None,
        by_mail: Callable[[Clock], AnswersByMail] | None = None,
    ) -> None:
        self.database = database
        self.clock = Clock()
        self.feed = LocalFeed()
        self.rules = rules or Rules.load()
        self.agents = Agents(database, self.clock)
        self.attendance = Attendance(database, self.feed, self.rules, self.clock)
        catalogues = Catalogues(LOCALES, DOMAIN)
        self.tickets = Tickets(
            database,
            self.feed,
            self.rules,
            Policies.load(BUNDLED),
            lambda language: Words(catalogues, language),
            self.clock,
            by_mail=by_mail(self.clock) if by_mail else None,
        )
        self.wish: list[dict[str, Any]] = []
        self.intent = "human_handoff"
        self.language = "en"
        self.bot = ScriptedBot(self._answer)
        self.conversations = Conversations(database, self.bot, LocalLocks(), self.clock, self.feed, desk=self.tickets)
        self.tickets.conversations = self.conversations
        self.dispatcher = Dispatcher(database, self.feed, self.tickets, self.attendance, self.clock, spent)

    def _answer(self, heard: Heard) -> Any:
        reply = answer({"text": "A colleague takes over."}, intent=self.intent, directives=self.wish)
        return replace(reply, language=self.language)

    async def write(self, sender: str, text: str = "Where is it?") -> list[dict[str, Any]]:
        """A customer writes; returns what is answered at once."""
        return await self.conversations.receive(Incoming("widget", sender, text))

    async def ask(
        self,
        sender: str,
        reason: str = "asked",
        priority: str = NORMAL,
        language: str = "en",
        text: str = "I want a person",
        **summary: Any,
    ) -> list[dict[str, Any]]:
        """A customer writes, and the bot hands over; returns what is said besides what the bot says."""
        self.wish, self.language = [handoff(reason, priority, summary)], language
        self.intent = "human_handoff" if reason == "asked" else "inform"
        said = await self.write(sender, text)
        self.wish = []
        return said[1:]

    async def ticket(self, sender: str, **wish: Any) -> Ticket:
        """The ticket of a customer who asks for a person."""
        await self.ask(sender, **wish)
        return await self.of(sender)

    async def of(self, sender: str) -> Ticket:
        """The ticket of a customer."""
        found = await self.tickets.of(f"widget:{sender}")
        assert found
        return found

    async def agent(self, name: str, role: Role = Role.AGENT, *, online: bool = True, **columns: Any) -> Agent:
        """An agent who is there, or not."""
        made = await self.agents.add(f"{name.split()[0].lower()}@example.com", name, role, **columns)
        if online:
            await self.attendance.set(made.id, Presence.ONLINE)
        found = await self.agents.get(made.id)
        assert found
        return found

    async def heartbeats(self, *agents: Agent) -> None:
        """Those and only those are heard of now."""
        async with self.database.writing() as connection:
            theirs = update(AGENTS).where(AGENTS.c.id.in_([agent.id for agent in agents]))
            await connection.execute(theirs.values(seen_at=self.clock()))

    async def messages(self, sender: str) -> list[Message]:
        """Everything that was said."""
        return await self.conversations.messages(f"widget:{sender}")

    async def floor(self, sender: str) -> bool:
        """Whether the bot is silent."""
        before = len(self.bot.heard)
        await self.write(sender, "Hello?")
        return len(self.bot.heard) == before


def events(subscription: Subscription) -> list[dict[str, Any]]:
    """What a subscriber was told so far."""
    queue = subscription._queue
    return [queue.get_nowait() for _ in range(queue.qsize())]
