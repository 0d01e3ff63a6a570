"""Who is asking: what a channel vouches for, and one-time codes by e-mail."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil

import structlog
from sqlalchemy import ColumnElement, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.letters import Letter, MailUnavailable, Post
from bot.tables import CodePauseRow, CodeRow
from shop import Customer, email_key, order_digits
from storage import Database, UtcDateTime, forget, insertion, table

logger = structlog.get_logger()

VERIFIED_SLOT = "verified"
"""The slot that says who the customer is: `id`, `email`, and `until` when (ISO 8601) that holds."""

CODES = table(CodeRow)
PAUSES = table(CodePauseRow)

DIGITS = 6

BETWEEN_CODES = timedelta(seconds=30)
"""So long there is no other code for an address."""

CODES_AN_HOUR = 5
"""So many codes there are for an address, in all conversations together."""

HOUR = timedelta(hours=1)

TRIES = 5
"""So many wrong codes an address has, in all conversations together, before it has to pause."""

PAUSE_LENGTHS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""How long an address pauses the first time, the second …; the last is for all that follow."""

FORGIVEN_AFTER = timedelta(days=1)
"""So long after the last wrong code, tries and pauses start over."""


@dataclass(frozen=True)
class Identity:
    """Who wrote a message, as the channel that it came by knows for certain.

    Attributes:
        email: the address under which the customer is signed in to the shop.
        phone: the number from which the message was sent, in international form.
    """

    email: str | None = None
    phone: str | None = None


class SendOutcome(StrEnum):
    """What became of the wish for a code."""

    SENT = "sent"
    ALREADY_SENT = "already_sent"
    """There is one that is still valid."""
    TOO_SOON = "too_soon"
    PAUSED = "paused"


@dataclass(frozen=True)
class Sent:
    """The answer to the wish for a code: the same whether somebody is known under the address or not.

    Attributes:
        seconds: of `TOO_SOON`, after how many there can be another code.
        until: of `PAUSED`, when the pause ends; aware.
    """

    outcome: SendOutcome
    seconds: int = 0
    until: datetime | None = None


class CheckOutcome(StrEnum):
    """What a code was found to be."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    """Too old, used up, replaced, or never sent: it takes a new one."""
    PAUSED = "paused"
    """Nothing is looked at; or this was one wrong code too many."""


@dataclass(frozen=True)
class Checked:
    """The answer to a code.

    Attributes:
        tries_left: of `WRONG`, how many more codes may be tried before a pause.
        until: of `PAUSED`, when the pause ends; aware.
    """

    outcome: CheckOutcome
    tries_left: int = 0
    until: datetime | None = None


class Codes:
    """One-time codes that customers get by e-mail. Methods raise `storage.DatabaseUnavailable` when it is away.

    A code is for one conversation and one address. Limits are an address's own, whichever conversation it is named
    in, and hold for addresses that nobody is known under too: no answer, and no time that it takes, tells the two
    apart. Codes and addresses are kept as keyed hashes only.

    Args:
        database: has the tables `bot_codes` and `bot_code_pauses`.
        post: sends the letters.
        secret: what the keys of the hashes are derived from, at least 32 bytes.
        now: the present moment, aware.
    """

    def __init__(
        self,
        database: Database,
        post: Post,
        secret: bytes,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._post = post
        # A key of its own: what is hashed for another purpose tells nothing about what is hashed here.
        self._key = hmac.digest(secret, b"aftercare one-time codes", hashlib.sha256)
        self._now = now
        # The event loop itself keeps only weak references to its tasks.
        self._sending: set[asyncio.Task[None]] = set()

    async def begin(
        self,
        conversation_id: str,
        email: str,
        customer: Customer | None,
        language: str,
        minutes: int,
        again: bool = False,
    ) -> Sent:
        """Send a code, unless one for this conversation and address is still valid.

        The letter goes to the customer's address as the shop has it, never to the one that was typed: addresses
        that compare as equal need not belong to the same person. It is sent in the background, so that the time does
        not tell whether there is anybody to write to; what goes wrong with it is logged.

        Args:
            conversation_id: where the code will be typed.
            email: the address that was typed.
            customer: who is known under it, if anybody is; nobody gets no letter, and all else is the same.
            language: of the letter.
            minutes: how long the code is valid.
            again: send another one though the last is still valid, and make the last one invalid.
        """
        now = self._now()
        address = self._hash("address", email_key(email))
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        async with self._database.writing() as connection:
            record = await lock_record(connection, address, now)
            if record.paused_until:
                return Sent(SendOutcome.PAUSED, until=record.paused_until)
            if not again and await connection.scalar(select(CODES.c.id).where(*_valid(conversation_id, address, now))):
                return Sent(SendOutcome.ALREADY_SENT)
            wait = await _wait(connection, address, now)
            if wait:
                return Sent(SendOutcome.TOO_SOON, seconds=ceil(wait.total_seconds()))
            await _invalidate(connection, CODES.c.conversation_id == conversation_id, CODES.c.address == address)
            await connection.execute(
                insert(CODES),
                {
                    "conversation_id": conversation_id,
                    "address": address,
                    "code": self._hash("code", conversation_id, address, code),
                    "created_at": now,
                    "expires_at": now + timedelta(minutes=minutes),
                },
            )
        if customer is not None:
            values = {"customer": customer.name, "code": code, "minutes": minutes}
            self._send(Letter("code", customer.email, language, values))
        return Sent(SendOutcome.SENT)

    async def check(self, conversation_id: str, email: str, code: str) -> Checked:
        """Whether this is the code that was sent last for this conversation and address; if so, it is used up.

        Of the text only its digits count, in any script.
        """
        now = self._now()
        address = self._hash("address", email_key(email))
        given = self._hash("code", conversation_id, address, order_digits(code))
        async with self._database.writing() as connection:
            record = await lock_record(connection, address, now)
            if record.paused_until:
                return Checked(CheckOutcome.PAUSED, until=record.paused_until)
            valid = select(CODES.c.id, CODES.c.code).where(*_valid(conversation_id, address, now))
            sent = (await connection.execute(valid)).first()
            if sent is None:
                return Checked(CheckOutcome.EXPIRED)
            if not hmac.compare_digest(given, sent.code):
                checked = await count_failure(connection, address, record, now)
                if checked.outcome is CheckOutcome.PAUSED:
                    # A code that outlives a pause could be tried more often.
                    await _invalidate(connection, CODES.c.address == address)
                return checked
            await _invalidate(connection, CODES.c.id == sent.id)
            await keep_record(connection, address, tries=0, pauses=0)
            return Checked(CheckOutcome.RIGHT)

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete what was last used before this moment, or only count it; returns how many rows. What limits still
        need stays.
        """
        now = self._now()
        before = min(before, now - FORGIVEN_AFTER)
        old_codes = CODES.c.created_at < before, CODES.c.expires_at < now
        pauses = await forget(self._database, PAUSES, PAUSES.c.seen_at < before, dry_run=dry_run)
        return pauses + await forget(self._database, CODES, *old_codes, dry_run=dry_run)

    async def close(self) -> None:
        """Wait for the letters that are on their way."""
        await asyncio.gather(*self._sending)

    def _hash(self, *parts: str) -> str:
        # As JSON, no two lists of parts are the same text.
        return hmac.new(self._key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()

    def _send(self, letter: Letter) -> None:
        task = asyncio.create_task(self._deliver(letter))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, letter: Letter) -> None:
        try:
            await self._post.send(letter)
        except MailUnavailable as error:
            logger.error("code.not_sent", reason=str(error))
        except Exception as error:
            # Not what it says: it may be about the address.
            logger.error("code.not_sent", reason=type(error).__name__)


# Made once: making a statement takes longer than executing it.
_OF_ADDRESS = update(PAUSES).where(PAUSES.c.address == bindparam("whose"))
_SEEN = _OF_ADDRESS.values(seen_at=bindparam("now", type_=UtcDateTime)).returning(PAUSES)


@dataclass(frozen=True)
class Record:
    """How an address did so far.

    Attributes:
        tries: what was wrong since the last pause or the last right one.
        pauses: the pauses since the last right one.
        paused_until: when the pause ends that it is in, if it is in one.
    """

    tries: int = 0
    pauses: int = 0
    paused_until: datetime | None = None


async def lock_record(connection: AsyncConnection, address: str, now: datetime) -> Record:
    """The record of an address, which nobody else can use until the transaction ends.

    Begins the transaction: since it writes, SQLite waits for other writers here, and what is read afterwards is what
    they left.
    """
    seen = {"whose": address, "now": now}
    found = (await connection.execute(_SEEN, seen)).first()
    if found is None:
        row = insertion(connection, PAUSES).values(address=address, tries=0, pauses=0, seen_at=now)
        await connection.execute(row.on_conflict_do_nothing())
        found = (await connection.execute(_SEEN, seen)).one()
    if found.failed_at and found.failed_at <= now - FORGIVEN_AFTER:
        return Record()
    paused = found.paused_until and found.paused_until > now
    return Record(found.tries, found.pauses, found.paused_until if paused else None)


async def keep_record(
    connection: AsyncConnection,
    address: str,
    *,
    tries: int,
    pauses: int,
    paused_until: datetime | None = None,
    failed_at: datetime | None = None,
) -> None:
    values = {"tries": tries, "pauses": pauses, "paused_until": paused_until, "failed_at": failed_at}
    await connection.execute(_OF_ADDRESS, {"whose": address, **values})


async def count_failure(connection: AsyncConnection, address: str, record: Record, now: datetime) -> Checked:
    """Count something wrong that was given; after the last try, pause."""
    tries = record.tries + 1
    if tries < TRIES:
        await keep_record(connection, address, tries=tries, pauses=record.pauses, failed_at=now)
        return Checked(CheckOutcome.WRONG, tries_left=TRIES - tries)
    until = now + PAUSE_LENGTHS[min(record.pauses, len(PAUSE_LENGTHS) - 1)]
    await keep_record(connection, address, tries=0, pauses=record.pauses + 1, paused_until=until, failed_at=now)
    return Checked(CheckOutcome.PAUSED, until=until)


async def _wait(connection: AsyncConnection, address: str, now: datetime) -> timedelta:
    """How long it takes until an address may get another code."""
    last_ones = (
        select(CODES.c.created_at)
        .where(CODES.c.address == address)
        .order_by(CODES.c.created_at.desc())
        .limit(CODES_AN_HOUR)
    )
    sent = list(await connection.scalars(last_ones))
    free = now
    if sent:
        free = max(free, sent[0] + BETWEEN_CODES)
    if len(sent) == CODES_AN_HOUR:
        free = max(free, sent[-1] + HOUR)
    return free - now


def _valid(conversation_id: str, address: str, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions for the code that is valid for a conversation and an address; there is one at most."""
    return [
        CODES.c.conversation_id == conversation_id,
        CODES.c.address == address,
        CODES.c.code.is_not(None),
        CODES.c.expires_at > now,
    ]


async def _invalidate(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> None:
    await connection.execute(update(CODES).where(*conditions, CODES.c.code.is_not(None)).values(code=None))
