"""Tokens with which programs are let in. Only their hashes are kept: each is shown once, when it is made."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, or_, select, update

from desk.access.agents import Agent, Agents
from desk.tables import ApiTokenRow
from storage import Database, table

TOKENS = table(ApiTokenRow)

PREFIX = "acd_"
"""By this, programs that look for secrets in files know one."""

BYTES = 32

LONGEST_NAME = 100

USED_WITHIN = timedelta(minutes=1)
"""When a token was used last is kept no more precisely: not every request shall write."""


class Scope(StrEnum):
    """What a token may do; its agent's permissions bound it as well."""

    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    NOTES = "notes"
    REPORTS_READ = "reports:read"
    AGENTS_READ = "agents:read"
    AGENTS_WRITE = "agents:write"
    WEBHOOKS = "webhooks"
    KNOWLEDGE_READ = "knowledge:read"


@dataclass(frozen=True)
class Token:
    """A token that was made. It acts as the agent `agent_id`."""

    id: int
    name: str
    scopes: frozenset[Scope]
    agent_id: int
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class Tokens:
    """The tokens of all programs.

    Args:
        database: has the table `desk_tokens`.
        now: the present moment, aware.
    """

    def __init__(
        self, database: Database, agents: Agents, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._agents = agents
        self._now = now

    async def make(self, name: str, scopes: Sequence[Scope], agent_id: int) -> tuple[Token, str]:
        """A new token for somebody, and what a program shows to be let in with it.

        Raises `ValueError` without a name or a scope.
        """
        name = name.strip()
        if not 0 < len(name) <= LONGEST_NAME or not scopes:
            raise ValueError(f"a token has a name of up to {LONGEST_NAME} characters, and a scope")
        shown = PREFIX + secrets.token_urlsafe(BYTES)
        row = {
            "name": name,
            "token_hash": _hash(shown),
            "scopes": [scope for scope in Scope if scope in scopes],
            "agent_id": agent_id,
            "created_at": self._now(),
        }
        async with self._database.writing() as connection:
            made = (await connection.execute(insert(TOKENS).returning(TOKENS), row)).one()
        return _token(made), shown

    async def all(self) -> list[Token]:
        """The tokens, those that are good first, the newest first."""
        query = select(TOKENS).order_by(TOKENS.c.revoked_at.is_not(None), TOKENS.c.id.desc())
        async with self._database.reading() as connection:
            return [_token(row) for row in await connection.execute(query)]

    async def revoke(self, token_id: int) -> bool:
        """Let nobody in with a token any more; returns whether it was good until now."""
        good = TOKENS.c.id == token_id, TOKENS.c.revoked_at.is_(None)
        async with self._database.writing() as connection:
            revoked = await connection.execute(update(TOKENS).where(*good).values(revoked_at=self._now()))
            return revoked.rowcount > 0

    async def admit(self, shown: str) -> tuple[Token, Agent] | None:
        """The token that a program shows, and the agent as whom it acts; None where it is not good, or they may not
        work here any more.
        """
        if not shown.startswith(PREFIX):
            return None
        return await self._admit(TOKENS.c.token_hash == _hash(shown))

    async def still(self, token: Token) -> tuple[Token, Agent] | None:
        """The same for a token that was good a while ago."""
        return await self._admit(TOKENS.c.id == token.id)

    async def _admit(self, which: ColumnElement[bool]) -> tuple[Token, Agent] | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(TOKENS).where(which, TOKENS.c.revoked_at.is_(None)))).first()
        agent = await self._agents.get(row.agent_id) if row else None
        if row is None or agent is None or agent.disabled:
            return None
        await self._note_use(row.id, row.used_at)
        return _token(row), agent

    async def _note_use(self, token_id: int, used_at: datetime | None) -> None:
        now = self._now()
        if used_at and now - used_at < USED_WITHIN:
            return
        lately = or_(TOKENS.c.used_at.is_(None), TOKENS.c.used_at < now)
        async with self._database.writing() as connection:
            await connection.execute(update(TOKENS).where(TOKENS.c.id == token_id, lately).values(used_at=now))


def _hash(shown: str) -> str:
    # As random as the hash is long: nothing is gained by making it slow to compute.
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Row[Any]) -> Token:
    scopes = frozenset(Scope(scope) for scope in row.scopes)
    return Token(row.id, row.name, scopes, row.agent_id, row.created_at, row.used_at, row.revoked_at)
