"""Who is signed in, with which browser."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.access.agents import AGENTS, SESSIONS, Agent, agent_of
from storage import Database, forget

logger = structlog.get_logger()

IDLE = timedelta(hours=12)
"""So long somebody may do nothing."""

LASTS = timedelta(days=30)
"""After this time everybody signs in again, whatever they do."""

RENEWED_AFTER = timedelta(hours=1)
"""From this age on, a token is replaced by a new one."""

OVERLAP = timedelta(minutes=1)
"""So long the token before the latest is still good: requests that were under way carry it."""

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when somebody was last there; each time is a write."""


@dataclass(frozen=True)
class Session:
    """A browser in which an agent is signed in.

    Attributes:
        browser: what it is, such as "Firefox, Linux".
    """

    id: int
    agent_id: int
    created_at: datetime
    seen_at: datetime
    browser: str


@dataclass(frozen=True)
class SignedIn:
    """Somebody who came back.

    Attributes:
        token: the one to come back with from now on; None while the one they came with is good.
    """

    session: Session
    agent: Agent
    token: str | None


class Sessions:
    """Begins sessions, and lets agents go on with theirs.

    A token is random, and only its hash is stored. It is replaced every hour. When somebody comes with one that was
    replaced a while ago, they or somebody else have a copy: then the session ends for both.

    Args:
        secret: of the house; the same in every process.
    """

    def __init__(
        self, database: Database, secret: bytes, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._key = hmac.digest(secret, b"aftercare.desk.csrf", "sha256")
        self._now = now

    async def begin(self, agent_id: int, browser: str) -> str:
        """A new session; returns its token."""
        token, now = secrets.token_urlsafe(32), self._now()
        row = {
            "agent_id": agent_id,
            "token_hash": _hash(token),
            "created_at": now,
            "renewed_at": now,
            "seen_at": now,
            "browser": browser[:100],
        }
        async with self._database.writing() as connection:
            await connection.execute(insert(SESSIONS), row)
        return token

    async def go_on(self, token: str, *, renew: bool = True) -> SignedIn | None:
        """Whose token it is; None if it is not good, or the account is disabled.

        Args:
            renew: whether the browser can be given a new token with the answer.
        """
        hashed, now = _hash(token), self._now()
        async with self._database.reading() as connection:
            own = or_(SESSIONS.c.token_hash == hashed, SESSIONS.c.earlier_hash == hashed)
            row, agent = await _find(connection, own, now)
        if row is None or agent is None:
            return None
        if row.token_hash != hashed and now - row.renewed_at > OVERLAP:
            logger.warning("desk.session_token_reused", agent_id=agent.id)
            await self.end(row.id)
            return None
        renewed = None
        if renew and row.token_hash == hashed and now - row.renewed_at >= RENEWED_AFTER:
            renewed = await self._renew(row, now)
        elif now - row.seen_at >= SEEN_EVERY:
            await self._see(row, now)
        return SignedIn(_session(row), agent, renewed)

    async def still(self, session: Session) -> Agent | None:
        """Who is signed in in a session at this moment; None where it is over. It does not count as being there."""
        same = and_(SESSIONS.c.id == session.id, SESSIONS.c.created_at == session.created_at)
        async with self._database.reading() as connection:
            return (await _find(connection, same, self._now()))[1]

    async def of(self, agent_id: int) -> list[Session]:
        """Where somebody is signed in, the browser that was used last first."""
        query = select(SESSIONS).where(SESSIONS.c.agent_id == agent_id).order_by(SESSIONS.c.seen_at.desc())
        now = self._now()
        async with self._database.reading() as connection:
            return [_session(row) for row in await connection.execute(query) if _lasts(row, now)]

    async def end(self, session_id: int) -> None:
        """Sign out."""
        async with self._database.writing() as connection:
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.id == session_id))

    async def end_all(self, agent_id: int, but: int | None = None) -> int:
        """Sign somebody out everywhere, or everywhere but in one session; returns of how many."""
        ending = delete(SESSIONS).where(SESSIONS.c.agent_id == agent_id)
        if but is not None:
            ending = ending.where(SESSIONS.c.id != but)
        async with self._database.writing() as connection:
            return (await connection.execute(ending)).rowcount

    def csrf(self, session: Session) -> str:
        """The token that forms of a session carry, and no other site knows.

        It stays the same while the session lasts, so that a page that is open for hours can still be used.
        """
        # Numbers of rows may be used again.
        name = f"{session.id} {session.created_at.isoformat()}"
        return hmac.new(self._key, name.encode(), "sha256").hexdigest()

    async def forget(self, *, dry_run: bool = False) -> int:
        """Delete the sessions that are over, or only count them; returns how many."""
        now = self._now()
        over = or_(SESSIONS.c.seen_at < now - IDLE, SESSIONS.c.created_at < now - LASTS)
        return await forget(self._database, SESSIONS, over, dry_run=dry_run)

    async def _renew(self, row: Row[Any], now: datetime) -> str | None:
        """A new token; None where another request has just got one."""
        token = secrets.token_urlsafe(32)
        changes = {"token_hash": _hash(token), "earlier_hash": row.token_hash, "renewed_at": now, "seen_at": now}
        unchanged = (SESSIONS.c.id == row.id, SESSIONS.c.token_hash == row.token_hash)
        async with self._database.writing() as connection:
            renewed = await connection.execute(update(SESSIONS).where(*unchanged).values(changes))
        return token if renewed.rowcount else None

    async def _see(self, row: Row[Any], now: datetime) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(SESSIONS).where(SESSIONS.c.id == row.id).values(seen_at=now))


async def _find(
    connection: AsyncConnection, which: ColumnElement[bool], now: datetime
) -> tuple[Row[Any], Agent] | tuple[None, None]:
    """The session of which something is true, and whose it is, unless it is over or the account is disabled."""
    row = (await connection.execute(select(SESSIONS).where(which))).first()
    if row is None or not _lasts(row, now):
        return None, None
    whose = select(AGENTS).where(AGENTS.c.id == row.agent_id, AGENTS.c.disabled_at.is_(None))
    found = (await connection.execute(whose)).first()
    return (row, agent_of(found)) if found else (None, None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _lasts(row: Row[Any], now: datetime) -> bool:
    return bool(now - row.seen_at <= IDLE and now - row.created_at <= LASTS)


def _session(row: Row[Any]) -> Session:
    return Session(row.id, row.agent_id, row.created_at, row.seen_at, row.browser)
