"""Letters on their way: kept until the mail server has taken them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP

import structlog
from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.letters import Letter, MailUnavailable
from mail.addresses import parse_address
from mail.composer import Composer
from mail.mailers import LETTER_SECONDS, Mailer, MailRefused
from mail.tables import OutboxRow
from storage import Database, claim, forget, moments, pause, table

logger = structlog.get_logger()

OUTBOX = table(OutboxRow)
DUE = claim(OUTBOX)

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
"""Between two attempts at a letter; each pause is twice as long as the one before."""

PATIENCE = timedelta(days=5)
"""After this time, a letter that could not be delivered is given up."""

CLAIM = timedelta(seconds=5 * LETTER_SECONDS)
"""For so long a letter belongs to the process that delivers it. If the process dies meanwhile, another one tries."""


@dataclass(frozen=True)
class ClaimedLetter:
    """A letter that this process is to deliver."""

    id: int
    letter: str
    message: EmailMessage
    attempts: int
    """This one included."""
    created_at: datetime


@dataclass(frozen=True)
class KeptLetter:
    """What is kept of a letter whose content is not; `sent_at` is None as long as it was not sent."""

    letter: str
    recipient: str
    created_at: datetime
    sent_at: datetime | None


class Outbox:
    """The post (`bot.letters.Post`): keeps letters in the database, and delivers those that are due.

    Several processes may deliver from the same database; each letter is delivered by one of them.

    Args:
        database: has the table `mail_outbox`.
        mailer: the way out.
        composer: writes the letters, when they are put or sent.
        now: the present moment, aware.
    """

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        composer: Composer,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._composer = composer
        self._now = now
        self.filled = asyncio.Event()
        """Set whenever this process puts a letter in; whoever waits for it clears it."""

    async def put(self, letter: Letter, key: str) -> None:
        """See `bot.letters.Post.put`."""
        message = self._composer.compose(letter)
        now = self._now()
        row = {
            "key": key,
            "letter": letter.name,
            "recipient": str(message["To"]),
            "recipient_key": str(message["To"]),
            "message": message.as_string(),
            "attempts": 0,
            "next_attempt_at": now,
            "created_at": now,
        }
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(OUTBOX), row)
        except IntegrityError:
            return  # the key is there already
        self.filled.set()

    async def send(self, letter: Letter) -> None:
        """See `bot.letters.Post.send`."""
        await self._mailer.deliver(self._composer.compose(letter))

    async def deliver_due(self) -> int:
        """Try all letters that are due; returns how many were sent."""
        sent = 0
        while (result := await self.deliver_next()) is not None:
            sent += result
        return sent

    async def deliver_next(self) -> bool | None:
        """Try the letter that has been due for the longest; returns whether it was sent, or None where none is due."""
        claimed = await self.claim()
        return None if claimed is None else await self.process(claimed)

    async def process(self, claimed: ClaimedLetter) -> bool:
        """Try a letter that was claimed; returns whether it was sent."""
        try:
            await self._mailer.deliver(claimed.message)
        except MailUnavailable as error:
            await self._postpone(claimed, str(error), permanent=isinstance(error, MailRefused))
            return False
        except Exception as error:
            # A mistake of ours: the letter has to wait like any other, and the caller hears of it.
            await self._postpone(claimed, type(error).__name__)
            raise
        await self._conclude(claimed, sent_at=self._now())
        return True

    async def letters_to(self, address: str) -> list[KeptLetter]:
        """What is kept of the letters to an address, the oldest first. Raises `ValueError` where it is none."""
        query = select(OUTBOX).where(_to(address)).order_by(OUTBOX.c.id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [KeptLetter(row.letter, row.recipient, row.created_at, row.sent_at) for row in rows]

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete the letters from before a moment (aware) that were sent or given up, or only count them; returns how
        many that were.
        """
        done = OUTBOX.c.next_attempt_at.is_(None), OUTBOX.c.created_at < before
        return await forget(self._database, OUTBOX, *done, dry_run=dry_run)

    async def forget_recipient(self, address: str) -> int:
        """Delete all letters to an address, those that wait as well; returns how many that were.

        Raises `ValueError` where it is none.
        """
        return await forget(self._database, OUTBOX, _to(address))

    async def claim(self) -> ClaimedLetter | None:
        """Take a due letter away from all other processes, for as long as `CLAIM`."""
        at = moments(self._now(), CLAIM, CLAIM + LONGEST_PAUSE)
        async with self._database.writing() as connection:
            row = (await connection.execute(DUE, at)).first()
        if row is None:
            return None
        message = message_from_string(row.message, _class=EmailMessage, policy=SMTP)
        return ClaimedLetter(row.id, row.letter, message, row.attempts, row.created_at)

    async def _postpone(self, claimed: ClaimedLetter, reason: str, *, permanent: bool = False) -> None:
        """Have a letter tried again, later each time, or give it up."""
        described = {"letter": claimed.letter, "id": claimed.id, "attempts": claimed.attempts, "reason": reason}
        next_attempt_at = self._now() + pause(claimed.attempts, FIRST_PAUSE, LONGEST_PAUSE)
        if permanent or next_attempt_at > claimed.created_at + PATIENCE:
            await self._conclude(claimed)
            logger.error("mail.given_up", **described)
            return
        async with self._database.writing() as connection:
            await connection.execute(
                update(OUTBOX).where(OUTBOX.c.id == claimed.id).values(next_attempt_at=next_attempt_at)
            )
        logger.warning("mail.not_sent", **described)

    async def _conclude(self, claimed: ClaimedLetter, sent_at: datetime | None = None) -> None:
        """Try a letter no more, and keep no copy of it."""
        done = {"next_attempt_at": None, "sent_at": sent_at, "message": None}
        async with self._database.writing() as connection:
            await connection.execute(update(OUTBOX).where(OUTBOX.c.id == claimed.id).values(done))


def _to(address: str) -> ColumnElement[bool]:
    """The condition for letters to an address."""
    return OUTBOX.c.recipient_key == parse_address(address).addr_spec
