"""Links that are good once: to set a password, or to make the first administrator."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.access.agents import LINKS
from storage import Database, forget

FIRST_ADMINISTRATOR = timedelta(hours=24)
INVITATION = timedelta(days=7)
NEW_PASSWORD = timedelta(hours=24)
"""How long links are good."""


@dataclass(frozen=True)
class Link:
    """What a link is for: the account of which it sets the password, or None where it makes the first administrator."""

    agent_id: int | None


class Links:
    """Makes links, and tells what they are for. Only the hash of what makes one hard to guess is stored.

    Args:
        public_url: where the desk is reached, without a slash at the end.
    """

    def __init__(
        self, database: Database, public_url: str = "", now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._public_url = public_url
        self._now = now

    async def make(self, agent_id: int | None, lasts: timedelta) -> str:
        """A new link; those that were made for the same account before are void."""
        token = secrets.token_urlsafe(32)
        row = {"token_hash": _hash(token), "agent_id": agent_id, "expires_at": self._now() + lasts}
        async with self._database.writing() as connection:
            await connection.execute(delete(LINKS).where(LINKS.c.agent_id.is_not_distinct_from(agent_id)))
            await connection.execute(insert(LINKS), row)
        return f"{self._public_url}/desk/welcome/{token}"

    async def find(self, token: str) -> Link | None:
        """What a link is for; None where it is not good (any more)."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(LINKS.c.agent_id).where(*self._good(token)))).first()
        return Link(row.agent_id) if row else None

    async def use(self, connection: AsyncConnection, token: str) -> Link | None:
        """Use a link up, in the transaction in which that is done which it is for; None where it is not good."""
        using = update(LINKS).where(*self._good(token)).values(used_at=self._now()).returning(LINKS.c.agent_id)
        row = (await connection.execute(using)).first()
        return Link(row.agent_id) if row else None

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete the links that ran out before a moment, or only count them; returns how many."""
        return await forget(self._database, LINKS, LINKS.c.expires_at < before, dry_run=dry_run)

    def _good(self, token: str) -> tuple[ColumnElement[bool], ...]:
        unused = LINKS.c.used_at.is_(None)
        return (LINKS.c.token_hash == _hash(token), unused, LINKS.c.expires_at > self._now())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
