"""What customers are to be told on platforms that we have to call, kept until they have it.

What is to be sent is stored together with the message that says it, so that neither is there without the other. It is
sent afterwards, and sent again where that failed for a while. A process that dies between sending something and noting
so leaves it in the state `SENDING`: after the claim runs out it is sent again, unless the platform told meanwhile that
it has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import ColumnElement, FromClause, Update, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations.feed import Feed, LocalFeed
from conversations.messages import Message
from conversations.tables import ConversationRow, OutboxRow
from storage import Database, claim, moments, pause, remind, table

logger = structlog.get_logger()

OUTBOX = table(OutboxRow)
CONVERSATIONS = table(ConversationRow)

LEASE = timedelta(minutes=1)
"""So long something belongs to the process that sends it; and so long a platform has to tell that it has it."""

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=15)

PATIENCE = timedelta(hours=24)
"""After this time, what could not be sent is given up: in a chat it would answer nothing any more."""

LONGEST_REASON = 200


class State(StrEnum):
    """How far something has got on its way to a customer."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


_ORDER = list(State)


class NotNow(Exception):
    """The platform does not take it at present, and does not have it.

    Args:
        reason: in a few words, with nothing personal in it.
        seconds: not to be tried again earlier.
    """

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class NotSent(Exception):
    """The platform does not take it, however often it is tried; says why."""


class Uncertain(Exception):
    """It was sent, and nobody knows whether it arrived; says why."""


@dataclass(frozen=True)
class Outgoing:
    """Something that is to be sent.

    Attributes:
        id: of the row in the outbox.
        sender: who the customer is on the channel.
        message_id: the message of the conversation that it is, or a part of.
        payload: what the channel made of the message.
        attempts: this one included.
        reachable_until: to when the platform lets us write to the customer; None where it sets no limit.
    """

    id: int
    channel: str
    conversation_id: str
    sender: str
    message_id: int
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    reachable_until: datetime | None = None


@dataclass(frozen=True)
class Noted:
    """The message of which a platform told something."""

    conversation_id: str
    message_id: int


@dataclass(frozen=True)
class Delivery:
    """How far a message has got, and why not farther."""

    state: State
    reason: str | None = None


Render = Callable[[Mapping[str, Any], str | None], list[dict[str, Any]]]
Deliver = Callable[[Outgoing], Awaitable[str | None]]


@dataclass(frozen=True)
class _Way:
    render: Render
    deliver: Deliver
    hold: timedelta


class Outbox:
    """The outbox of all channels. Several processes may work on the same one (`storage.Workers`).

    Args:
        database: has the table `conversation_outbox`.
        now: the present moment, aware.
        feed: is told how far messages have got.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        feed: Feed | None = None,
    ) -> None:
        self._database = database
        self._now = now
        self._feed = feed or LocalFeed()
        self._ways: dict[str, _Way] = {}
        self._due = _due(self._ways)
        self.filled = asyncio.Event()
        """Set whenever this process puts something in; whoever waits for it clears it."""

    def register(self, channel: str, render: Render, deliver: Deliver, hold: timedelta = timedelta()) -> None:
        """Name how the messages of a channel are sent.

        Args:
            render: makes the platform's payloads of a message's content and the language of its conversation.
            deliver: sends a payload, and returns what the platform calls it. Raises `NotNow`, `NotSent`, `Uncertain`.
            hold: so long what is put in may be taken (`take`) before it is delivered.
        """
        self._ways[channel] = _Way(render, deliver, hold)
        self._due = _due(self._ways)

    async def put(
        self, connection: AsyncConnection, conversation_id: str, language: str | None, messages: Sequence[Message]
    ) -> None:
        """Put messages of a conversation in, within a transaction; after it, call `wake`.

        Messages of channels that fetch what was said themselves are passed over.
        """
        channel = conversation_id.partition(":")[0]
        way = self._ways.get(channel)
        if way is None:
            return
        now = self._now()
        common = {
            "channel": channel,
            "conversation_id": conversation_id,
            "state": State.WAITING,
            "attempts": 0,
            "next_attempt_at": now + way.hold,
            "created_at": now,
        }
        rows = [
            {**common, "message_id": message.id, "payload": payload}
            for message in messages
            for payload in way.render(message.content, language)
        ]
        if rows:
            await connection.execute(insert(OUTBOX), rows)
            remind(self.filled, way.hold)

    def wake(self) -> None:
        """Have what was put in delivered, now that its transaction is over."""
        self.filled.set()

    async def claim(self) -> Outgoing | None:
        """Take what has been due the longest; None where nothing is."""
        return await self._claim(self._due)

    async def take(self, conversation_id: str) -> Outgoing | None:
        """Take the next of a conversation while it is held back; None where nothing waits."""
        hold = self._ways[conversation_id.partition(":")[0]].hold
        return await self._claim(HELD, hold, conversation=conversation_id)

    async def hurry(self, conversation_id: str) -> None:
        """Have what waits after a failed attempt tried now: the customer has just written, and the platform lets us
        write to them again.

        What was never tried, and what may have arrived, goes on waiting.
        """
        now = self._now()
        failed = OUTBOX.c.state == State.WAITING, OUTBOX.c.attempts > 0, OUTBOX.c.next_attempt_at > now
        which = OUTBOX.c.conversation_id == conversation_id, *failed
        async with self._database.writing() as connection:
            hurried = await connection.execute(update(OUTBOX).where(*which).values(next_attempt_at=now))
        if hurried.rowcount:
            self.filled.set()

    async def process(self, outgoing: Outgoing) -> None:
        """Send what was claimed."""
        try:
            platform_id = await self._ways[outgoing.channel].deliver(outgoing)
        except NotNow as error:
            await self._postpone(outgoing, str(error), error.seconds)
        except Uncertain as error:
            await self._postpone(outgoing, str(error), LEASE.total_seconds(), State.SENDING)
        except NotSent as error:
            await self._give_up(outgoing, str(error))
        except Exception as error:
            # A mistake of ours: it has to wait like any other, and the caller hears of it.
            await self._postpone(outgoing, type(error).__name__)
            raise
        else:
            await self.conclude(outgoing, platform_id)

    async def put_back(self, outgoing: Outgoing) -> None:
        """Have something delivered after all that was taken."""
        await self._change(outgoing.id, state=State.WAITING, next_attempt_at=self._now())
        self.filled.set()

    async def conclude(self, outgoing: Outgoing, platform_id: str | None = None) -> None:
        """Note that something was sent, and what the platform calls it."""
        sent = {"platform_id": platform_id, "sent_at": self._now(), "reason": None}
        # The platform may have told more than that meanwhile.
        await self._note([OUTBOX.c.id == outgoing.id], State.SENT, sent)

    async def await_news(self) -> None:
        """Give platforms time to tell whether they have what was being sent when a process died.

        For the start of a process: while none ran, nobody could be told.
        """
        soonest = self._now() + LEASE
        unsure = OUTBOX.c.state == State.SENDING, OUTBOX.c.next_attempt_at < soonest
        async with self._database.writing() as connection:
            await connection.execute(update(OUTBOX).where(*unsure).values(next_attempt_at=soonest))

    async def note(
        self,
        channel: str,
        state: State,
        *,
        platform_id: str | None = None,
        outgoing_id: int | None = None,
        reason: str | None = None,
    ) -> Noted | None:
        """Note what a platform tells of something that was sent; None where that is not known, or not news.

        Args:
            platform_id: what the platform calls it.
            outgoing_id: its id in the outbox, where the platform repeats it.
            reason: why it failed.
        """
        named = [OUTBOX.c.platform_id == platform_id] if platform_id else []
        if outgoing_id is not None:
            named = [(OUTBOX.c.id == outgoing_id) | named[0] if named else OUTBOX.c.id == outgoing_id]
        if not named:
            return None
        values = {"platform_id": func.coalesce(OUTBOX.c.platform_id, platform_id), "reason": _short(reason)}
        return await self._note([OUTBOX.c.channel == channel, *named], state, values)

    async def of(self, conversation_id: str) -> dict[int, Delivery]:
        """How far the messages of a conversation have got, by their ids; of one in several parts, the last of them."""
        query = select(OUTBOX.c.message_id, OUTBOX.c.state, OUTBOX.c.reason).where(
            OUTBOX.c.conversation_id == conversation_id
        )
        found: dict[int, Delivery] = {}
        async with self._database.reading() as connection:
            for message_id, state, reason in await connection.execute(query.order_by(OUTBOX.c.id)):
                known = found.get(message_id)
                if known is None or _urgency(State(state)) > _urgency(known.state):
                    found[message_id] = Delivery(State(state), reason)
        return found

    async def message_of(self, channel: str, platform_id: str) -> int | None:
        """The message that the platform calls so, if it is one of ours."""
        query = select(OUTBOX.c.message_id).where(OUTBOX.c.channel == channel, OUTBOX.c.platform_id == platform_id)
        async with self._database.reading() as connection:
            found: int | None = await connection.scalar(query)
            return found

    async def _claim(self, statement: Update, hold: timedelta = timedelta(), **values: Any) -> Outgoing | None:
        now = self._now()
        values |= moments(now, LEASE, PATIENCE, hold)
        # What was never tried lies as far ahead as its channel holds it back.
        values["soon"] = max([values["soon"], *(now + way.hold for way in self._ways.values())])
        async with self._database.writing() as connection:
            row = (await connection.execute(statement, values)).first()
            if row is None:
                return None
            customer = select(CONVERSATIONS.c.sender, CONVERSATIONS.c.reachable_until)
            known = (await connection.execute(customer.where(CONVERSATIONS.c.id == row.conversation_id))).one()
        return Outgoing(
            id=row.id,
            channel=row.channel,
            conversation_id=row.conversation_id,
            sender=known.sender,
            message_id=row.message_id,
            payload=row.payload,
            attempts=row.attempts,
            created_at=row.created_at,
            reachable_until=known.reachable_until,
        )

    async def _postpone(
        self, outgoing: Outgoing, reason: str, seconds: float | None = None, state: State = State.WAITING
    ) -> None:
        """Have something tried again, later each time, or give it up."""
        wait = pause(outgoing.attempts, FIRST_PAUSE, LONGEST_PAUSE, jitter=True)
        if seconds is not None:
            wait = max(wait, timedelta(seconds=seconds))
        next_attempt_at = self._now() + wait
        if next_attempt_at > outgoing.created_at + PATIENCE:
            await self._give_up(outgoing, reason)
            return
        # Where the platform told meanwhile that it has it, nothing is to be tried again.
        still = OUTBOX.c.state == State.SENDING
        later = {"state": state, "next_attempt_at": next_attempt_at, "reason": _short(reason)}
        async with self._database.writing() as connection:
            await connection.execute(update(OUTBOX).where(OUTBOX.c.id == outgoing.id, still).values(later))
        remind(self.filled, wait)
        logger.warning("outbox.postponed", **_described(outgoing, reason))

    async def _give_up(self, outgoing: Outgoing, reason: str) -> None:
        await self._note([OUTBOX.c.id == outgoing.id], State.FAILED, {"reason": _short(reason)})
        logger.error("outbox.given_up", **_described(outgoing, reason))

    async def _note(self, which: list[ColumnElement[bool]], state: State, values: dict[str, Any]) -> Noted | None:
        """Take something on to a state that comes after the one that it has, and keep no copy of what is over."""
        before = [earlier for earlier in _ORDER if _ORDER.index(earlier) < _ORDER.index(state)]
        if state is State.FAILED:
            # Whoever has read it has it.
            before.remove(State.READ)
        elif state in (State.DELIVERED, State.READ):
            # What was given up had arrived.
            before.append(State.FAILED)
        changes = {**values, "state": state, "next_attempt_at": None, "payload": None}
        changed = (
            update(OUTBOX)
            .where(*which, OUTBOX.c.state.in_(before))
            .values(changes)
            .returning(OUTBOX.c.conversation_id, OUTBOX.c.message_id)
        )
        async with self._database.writing() as connection:
            row = (await connection.execute(changed)).first()
            if row is None:
                # What is told twice, or late, may still say what the platform calls it.
                known = {name: value for name, value in values.items() if name == "platform_id"}
                if known and values["platform_id"] is not None:
                    await connection.execute(update(OUTBOX).where(*which, OUTBOX.c.platform_id.is_(None)).values(known))
                return None
        event = {"type": "delivery", "message_id": row.message_id, "state": state, "reason": values.get("reason")}
        await self._feed.publish(row.conversation_id, event)
        return Noted(row.conversation_id, row.message_id)

    async def _change(self, outgoing_id: int, **values: Any) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(OUTBOX).where(OUTBOX.c.id == outgoing_id).values(values))


def _due(channels: Iterable[str]) -> Update:
    theirs = tuple(channels)
    return _claiming(lambda row: [row.c.channel.in_(theirs)])


def _claiming(where: Callable[[FromClause], Sequence[ColumnElement[bool]]]) -> Update:
    return claim(OUTBOX, lane=("conversation_id",), where=where).values(state=State.SENDING)


HELD = _claiming(lambda row: [row.c.conversation_id == bindparam("conversation"), row.c.state == State.WAITING])
"""Claims what waits in a conversation."""


def _urgency(state: State) -> int:
    """Of the parts of a message, the one that has got least far tells how far the message has got."""
    return len(_ORDER) if state is State.FAILED else len(_ORDER) - 1 - _ORDER.index(state)


def _short(reason: str | None) -> str | None:
    return reason[:LONGEST_REASON] if reason else None


def _described(outgoing: Outgoing, reason: str) -> dict[str, Any]:
    return {"channel": outgoing.channel, "id": outgoing.id, "attempts": outgoing.attempts, "reason": reason}
