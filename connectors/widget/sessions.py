"""The sessions of visitors: who goes on with which conversation."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData
from sqlalchemy import insert, select, update

from connectors.widget.tables import SessionRow
from shop import email_key
from storage import Database, forget, table
from web.signing import serializer

SESSIONS = table(SessionRow)

SALT = "aftercare.widget.session"

RENEWED_AFTER = timedelta(hours=1)
"""From this age on, a token is replaced by a new one when its visitor comes back."""

LASTS = timedelta(days=30)
"""So long a visitor may stay away."""


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor, and the token with which they come back.

    Attributes:
        visitor: 32 hexadecimal digits that nobody can guess, and nobody is told but in the signed token.
        token: the one to come back with; it replaces any earlier one.
        customer: whether it belongs to a customer for whom the shop vouched.
    """

    visitor: str
    token: str
    customer: bool


class Sessions:
    """Begins sessions, and lets visitors go on with theirs.

    A token is signed, and good until the second one after it was given out: the one before the latest still counts,
    since the latest may not have arrived. So a token that was copied is worthless soon after its owner was there again.

    A session in which the shop vouched for a customer belongs to that customer from then on: it goes on only with a
    token that is about the same one, so that whoever uses the browser after them sees nothing of it.

    What somebody said before they signed in becomes theirs, unless a customer has proved by a code who they are in that
    conversation: it may have been another one, at the same computer.

    Args:
        key: what tokens are signed with, the same in every process.
        taken: tells whether a customer has proved who they are in a visitor's conversation.
    """

    def __init__(
        self,
        database: Database,
        key: bytes,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        taken: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        self._database = database
        self._now = now
        self._taken = taken or _nobody
        self._key = hmac.digest(key, SALT.encode(), "sha256")
        self._serializer = serializer(key, SALT)

    async def begin(self, email: str | None = None) -> Session:
        """A new session, of the customer with this address or of nobody in particular."""
        visitor = secrets.token_hex(16)
        row = {"visitor": visitor, "generation": 1, "customer": self._customer(email), "renewed_at": self._now()}
        async with self._database.writing() as connection:
            await connection.execute(insert(SESSIONS), row)
        return self._session(visitor, 1, email)

    async def go_on(self, token: str, email: str | None = None, *, renew: bool = True) -> Session | None:
        """The session of a token; None if it is not good, or the session is another customer's.

        Args:
            email: whom the shop says this is, or lately was.
            renew: whether the visitor is told of a new token.
        """
        try:
            visitor, generation = self._serializer.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        now, customer = self._now(), self._customer(email)
        async with self._database.reading() as connection:
            row = (await connection.execute(select(SESSIONS).where(SESSIONS.c.visitor == visitor))).first()
        if row is None or row.generation - generation not in (0, 1) or row.renewed_at < now - LASTS:
            return None
        if row.customer not in (None, customer):
            return None
        if row.customer != customer and await self._taken(visitor):
            return None
        latest: int = row.generation
        changes: dict[str, object] = {}
        if row.customer != customer:
            changes["customer"] = customer
        if renew and row.renewed_at < now - RENEWED_AFTER:
            latest += 1
            changes |= {"generation": latest, "renewed_at": now}
        if changes:
            # Of two windows that come back together, one renews it, and the other one's token is the one before.
            unchanged = (
                SESSIONS.c.visitor == visitor,
                SESSIONS.c.generation == row.generation,
                SESSIONS.c.customer.is_not_distinct_from(row.customer),
            )
            async with self._database.writing() as connection:
                renewed = await connection.execute(update(SESSIONS).where(*unchanged).values(changes))
            if not renewed.rowcount:
                return await self.go_on(token, email, renew=renew)
        return self._session(visitor, latest, email)

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete the sessions that were not renewed since a moment, or only count them; returns how many."""
        return await forget(self._database, SESSIONS, SESSIONS.c.renewed_at < before, dry_run=dry_run)

    def _session(self, visitor: str, generation: int, email: str | None) -> Session:
        return Session(visitor, self._serializer.dumps([visitor, generation]), email is not None)

    def _customer(self, email: str | None) -> str | None:
        return hmac.new(self._key, email_key(email).encode(), "sha256").hexdigest() if email else None


async def _nobody(visitor: str) -> bool:
    return False
