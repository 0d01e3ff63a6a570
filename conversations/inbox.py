"""What platforms tell us, kept until it has been dealt with.

A webhook is stored before it is acknowledged, and dealt with afterwards. A platform that tells the same thing twice is
recognized by the key that it gives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Update, select, update

from conversations.tables import InboxRow
from storage import Database, claim, forget, insertion, moments, pause, remind, table

logger = structlog.get_logger()

INBOX = table(InboxRow)

MESSAGES, STATUSES = "message", "status"
"""Lanes: what was said, and what became of what we said, which need not wait for a turn of the bot."""

LEASE = timedelta(minutes=1)
"""So long a notice belongs to the process that deals with it. If the process dies meanwhile, another one goes on."""

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)

PATIENCE = timedelta(minutes=10)
"""After this time, a notice that cannot be dealt with is given up: others of its conversation wait for it."""

KEPT = timedelta(days=8)
"""So long it is remembered that something was dealt with: platforms repeat for up to seven days."""


@dataclass(frozen=True)
class Notice:
    """Something that a platform tells.

    Attributes:
        key: what the platform calls it: never twice the same in a channel, at most 255 characters.
        conversation_id: the conversation that it belongs to.
        content: JSON; what the channel needs to deal with it.
        lane: notices of one conversation and one lane are dealt with one after the other.
    """

    key: str
    conversation_id: str
    content: dict[str, Any]
    lane: str = MESSAGES


@dataclass(frozen=True)
class ClaimedNotice:
    """A notice that this process is to deal with."""

    id: int
    channel: str
    notice: Notice
    attempts: int
    received_at: datetime


Handle = Callable[[Notice], Awaitable[None]]


class Inbox:
    """The inbox of all channels. Several processes may work on the same one (`storage.Workers`).

    Args:
        database: has the table `conversation_inbox`.
        now: the present moment, aware.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now
        self._handlers: dict[str, Handle] = {}
        self._due = _due(self._handlers)
        self._waiting: dict[tuple[str, str], list[asyncio.Event]] = {}
        self.filled = asyncio.Event()
        """Set whenever this process puts something in; whoever waits for it clears it."""

    def register(self, channel: str, handle: Handle) -> None:
        """Name what deals with the notices of a channel.

        It may be called again with the same notice when it failed, or when the process died: what it does has to be
        the same the second time.
        """
        self._handlers[channel] = handle
        self._due = _due(self._handlers)

    async def put(self, channel: str, notices: Sequence[Notice]) -> None:
        """Keep notices, all or none of them; those that are known already change nothing.

        Raises `storage.DatabaseUnavailable` when they cannot be kept.
        """
        if not notices:
            return
        now = self._now()
        rows = [
            {
                "channel": channel,
                "key": notice.key,
                "conversation_id": notice.conversation_id,
                "lane": notice.lane,
                "content": notice.content,
                "attempts": 0,
                "next_attempt_at": now,
                "received_at": now,
            }
            for notice in notices
        ]
        async with self._database.writing() as connection:
            await connection.execute(insertion(connection, INBOX).values(rows).on_conflict_do_nothing())
        self.filled.set()

    async def claim(self) -> ClaimedNotice | None:
        """Take the notice that has been due the longest; None where none is."""
        at = moments(self._now(), LEASE, LEASE + LONGEST_PAUSE)
        async with self._database.writing() as connection:
            row = (await connection.execute(self._due, at)).first()
        if row is None:
            return None
        notice = Notice(row.key, row.conversation_id, row.content, row.lane)
        return ClaimedNotice(row.id, row.channel, notice, row.attempts, row.received_at)

    async def process(self, claimed: ClaimedNotice) -> None:
        """Deal with a notice. Raises what its channel raises; then it is tried again later."""
        try:
            await self._handlers[claimed.channel](claimed.notice)
        except Exception as error:
            await self._postpone(claimed, type(error).__name__)
            raise
        await self._conclude(claimed)

    async def wait_handled(self, channel: str, key: str, seconds: float) -> bool:
        """Wait until a notice has been dealt with; False where that takes longer than so many seconds.

        Of what another process deals with, it is seen at the end only.
        """
        done = asyncio.Event()
        waiting = self._waiting.setdefault((channel, key), [])
        waiting.append(done)
        try:
            if await self._is_over(channel, key):
                return True
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), seconds)
            return done.is_set() or await self._is_over(channel, key)
        finally:
            waiting.remove(done)
            if not waiting:
                self._waiting.pop((channel, key), None)

    async def keep_answer(self, channel: str, key: str, answer: Any) -> None:
        """Keep what a webhook was answered with (JSON), so that the same one is answered the same."""
        async with self._database.writing() as connection:
            await connection.execute(update(INBOX).where(*_named(channel, key)).values(answer=answer))

    async def answer(self, channel: str, key: str) -> Any | None:
        """What a webhook was answered with, if that was kept."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(INBOX.c.answer).where(*_named(channel, key)))

    async def release(self) -> None:
        """Make everything due at once that a process had claimed which is no more.

        For a process that is the only one: what another is dealing with would be dealt with twice.
        """
        async with self._database.writing() as connection:
            now = self._now()
            await connection.execute(update(INBOX).where(INBOX.c.next_attempt_at > now).values(next_attempt_at=now))

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete what was received before a moment (aware) and is over, or only count it; returns how much it was."""
        over = INBOX.c.next_attempt_at.is_(None), INBOX.c.received_at < before
        return await forget(self._database, INBOX, *over, dry_run=dry_run)

    async def _is_over(self, channel: str, key: str) -> bool:
        over = select(INBOX.c.id).where(*_named(channel, key), INBOX.c.next_attempt_at.is_(None))
        async with self._database.reading() as connection:
            return (await connection.execute(over)).first() is not None

    async def _postpone(self, claimed: ClaimedNotice, reason: str) -> None:
        wait = pause(claimed.attempts, FIRST_PAUSE, LONGEST_PAUSE)
        next_attempt_at = self._now() + wait
        described = {"channel": claimed.channel, "id": claimed.id, "attempts": claimed.attempts, "reason": reason}
        if next_attempt_at > claimed.received_at + PATIENCE:
            await self._conclude(claimed, reason=reason)
            logger.error("inbox.given_up", **described)
            return
        async with self._database.writing() as connection:
            later = {"next_attempt_at": next_attempt_at, "reason": reason}
            await connection.execute(update(INBOX).where(INBOX.c.id == claimed.id).values(later))
        remind(self.filled, wait)
        logger.warning("inbox.postponed", **described)

    async def _conclude(self, claimed: ClaimedNotice, reason: str | None = None) -> None:
        """Keep of a notice only that there was one: what was said in it stands in the conversation."""
        over = {"next_attempt_at": None, "content": None, "reason": reason}
        async with self._database.writing() as connection:
            await connection.execute(update(INBOX).where(INBOX.c.id == claimed.id).values(over))
        for done in self._waiting.get((claimed.channel, claimed.notice.key), ()):
            done.set()


def _due(channels: Iterable[str]) -> Update:
    theirs = tuple(channels)
    return claim(INBOX, lane=("conversation_id", "lane"), where=lambda row: [row.c.channel.in_(theirs)])


def _named(channel: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return INBOX.c.channel == channel, INBOX.c.key == key
