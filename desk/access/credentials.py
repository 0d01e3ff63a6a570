"""What people prove with who they are: their passwords, and the codes of their authenticator apps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, or_, select, update

from desk.access.agents import AGENTS, SESSIONS, Agent, Agents, Role, agent_of, anybody
from desk.access.audit import Audit
from desk.access.links import Links
from desk.access.passwords import Passwords
from desk.access.sealing import Seal
from desk.access.totp import Authenticator
from storage import Database

BETWEEN_STEPS = timedelta(minutes=5)
"""So long somebody may take between their password and their code."""


class LinkUsed(Exception):
    """A link is not good any more."""


class Credentials:
    """Checks and changes what people prove with who they are.

    Args:
        secret: of the house.
    """

    def __init__(
        self,
        database: Database,
        secret: bytes,
        passwords: Passwords,
        authenticator: Authenticator,
        agents: Agents,
        audit: Audit,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._authenticator = authenticator
        self._agents = agents
        self._audit = audit
        self._first_step = Seal(secret, "aftercare.desk.first_step", now)

    async def check(self, email: str, password: str) -> Agent | None:
        """Whose e-mail address and password these are; None, after the same time, where they are nobody's."""
        row = await self._row(AGENTS.c.email == email.strip().lower())
        hashed = row.password_hash if row and row.disabled_at is None else None
        if not await self._passwords.verify(hashed, password) or row is None:
            await self._audit.record(None, "sign_in_failed", agent=row.id if row else None)
            return None
        if self._passwords.is_outdated(row.password_hash):
            renewed = {"password_hash": await self._passwords.hash(password)}
            unchanged = (AGENTS.c.id == row.id, AGENTS.c.password_hash == row.password_hash)
            async with self._database.writing() as connection:
                await connection.execute(update(AGENTS).where(*unchanged).values(renewed))
        return agent_of(row)

    async def first_step(self, agent: Agent) -> str:
        """What tells, for a while, that somebody gave the right password."""
        row = await self._row(AGENTS.c.id == agent.id)
        return self._first_step.seal(f"{agent.id} {_fingerprint(row)}").decode()

    async def after_first_step(self, sealed: str) -> Agent | None:
        """Who gave the right password; None where that was too long ago, or it has been changed since."""
        whose, _, fingerprint = (self._first_step.open(sealed, BETWEEN_STEPS) or "").partition(" ")
        if not whose:
            return None
        row = await self._row(AGENTS.c.id == int(whose))
        same = row is not None and row.disabled_at is None and _fingerprint(row) == fingerprint
        return agent_of(row) if row and same else None

    async def check_code(self, agent_id: int, code: str) -> bool:
        """Whether a code is the one that somebody's app shows, and was not used before."""
        row = await self._row(AGENTS.c.id == agent_id)
        secret = self._authenticator.stored(row.totp_secret) if row and row.totp_secret else None
        step = self._authenticator.step(secret, code) if secret else None
        if step is None:
            return False
        unused = or_(AGENTS.c.totp_used.is_(None), AGENTS.c.totp_used < step)
        async with self._database.writing() as connection:
            done = await connection.execute(
                update(AGENTS).where(AGENTS.c.id == agent_id, unused).values(totp_used=step)
            )
        return bool(done.rowcount)

    async def set_password(self, agent_id: int, password: str, *, keep_session: int | None = None) -> None:
        """Give somebody a new password; they are signed out everywhere but in one session."""
        hashed = await self._passwords.hash(password)
        async with self._database.writing() as connection:
            await connection.execute(update(AGENTS).where(AGENTS.c.id == agent_id).values(password_hash=hashed))
            ending = delete(SESSIONS).where(SESSIONS.c.agent_id == agent_id)
            if keep_session is not None:
                ending = ending.where(SESSIONS.c.id != keep_session)
            await connection.execute(ending)
            await self._audit.write(connection, agent_id, "password_changed")

    async def set_password_by_link(self, links: Links, token: str, password: str) -> None:
        """Give the account of a link a new password; it is signed out everywhere. Raises `LinkUsed`."""
        hashed = await self._passwords.hash(password)
        async with self._database.writing() as connection:
            link = await links.use(connection, token)
            if link is None or link.agent_id is None:
                raise LinkUsed
            agent_id = link.agent_id
            await connection.execute(update(AGENTS).where(AGENTS.c.id == agent_id).values(password_hash=hashed))
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.agent_id == agent_id))
            await self._audit.write(connection, agent_id, "password_set_by_link")

    async def add_first_administrator(
        self, links: Links, token: str, password: str, *, email: str, name: str, locale: str
    ) -> Agent:
        """Make the first administrator.

        Raises:
            LinkUsed: the link is not good, or there is somebody who can sign in by now.
            EmailTaken: there is an account with this address.
            InvalidAgent: the address or the name cannot be.
        """
        hashed = await self._passwords.hash(password)
        async with self._database.writing() as connection:
            link = await links.use(connection, token)
            if link is None or link.agent_id is not None or await anybody(connection):
                raise LinkUsed
            agent = await self._agents.insert(
                connection,
                email=email,
                name=name,
                role=Role.ADMINISTRATOR,
                team=None,
                locale=locale,
                languages=[locale],
                skills=[],
                time_zone="UTC",
                capacity=5,
            )
            await connection.execute(update(AGENTS).where(AGENTS.c.id == agent.id).values(password_hash=hashed))
            await self._audit.write(connection, agent.id, "first_administrator")
        return agent

    async def turn_totp_on(self, agent_id: int, secret: str, code: str) -> bool:
        """Ask for a code from now on, if `code` shows that somebody's app knows the secret; returns whether it does."""
        step = self._authenticator.step(secret, code)
        if step is None:
            return False
        changes = {"totp_secret": self._authenticator.store(secret), "totp_used": step}
        async with self._database.writing() as connection:
            await connection.execute(update(AGENTS).where(AGENTS.c.id == agent_id).values(changes))
            await self._audit.write(connection, agent_id, "totp_on")
        return True

    async def turn_totp_off(self, agent_id: int, by: int | None) -> None:
        """Ask somebody for their password alone.

        Args:
            by: who did that; None for the command line.
        """
        changes = {"totp_secret": None, "totp_used": None}
        async with self._database.writing() as connection:
            await connection.execute(update(AGENTS).where(AGENTS.c.id == agent_id).values(changes))
            await self._audit.write(connection, by, "totp_off", agent=agent_id)

    async def _row(self, which: Any) -> Row[Any] | None:
        async with self._database.reading() as connection:
            return (await connection.execute(select(AGENTS).where(which))).first()


def _fingerprint(row: Row[Any] | None) -> str:
    """What changes with the password."""
    return hashlib.sha256(str(row and row.password_hash).encode()).hexdigest()[:16]
