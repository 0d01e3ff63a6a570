"""The way of a message through a conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import bindparam, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.continuing import continue_conversation
from bot.directives import DIRECTIVE, HANDOFF, HIGH
from bot.reply import Reply
from bot.trackers import Overtaken, keep_tracker
from conversations.answering import Bot, Desk
from conversations.feed import WAITING, Feed, LocalFeed, Subscription, read_up_to, typing
from conversations.incoming import Incoming
from conversations.locks import Locks, LockUnavailable
from conversations.messages import MESSAGES, SAID, Message, ReadState
from conversations.outbox import Outbox
from conversations.tables import (
    Author,
    ConversationCustomerRow,
    ConversationRow,
    HandoffRow,
    MessageRow,
    RatingRow,
)
from conversations.turns import Turns
from storage import Database, insertion, table

logger = structlog.get_logger()

# The bare tables, in the way of every message: through the mapped classes, each statement takes twice as long.
CONVERSATIONS = table(ConversationRow)
CUSTOMERS = table(ConversationCustomerRow)
HANDOFFS = table(HandoffRow)
RATINGS = table(RatingRow)


# Statements of every turn, made once: making one takes longer than executing it.
_CONVERSATION = select(CONVERSATIONS.c.language, CONVERSATIONS.c.floor, CONVERSATIONS.c.reachable_until).where(
    CONVERSATIONS.c.id == bindparam("which")
)
_CONVERSATION_CHANGE = update(CONVERSATIONS).where(CONVERSATIONS.c.id == bindparam("which"))
_KNOWN_MESSAGE = select(*SAID).where(
    MESSAGES.c.conversation_id == bindparam("where"), MESSAGES.c.channel_message_id == bindparam("named")
)
_NEW_MESSAGES = insert(MESSAGES).returning(MESSAGES.c.id, sort_by_parameter_order=True)
_TAKING_PART = select(CUSTOMERS.c.customer_id).where(
    CUSTOMERS.c.conversation_id == bindparam("where"), CUSTOMERS.c.customer_id == bindparam("who")
)

# A message has been dealt with by the bot once it is stored what was made of it.
_UNDERSTOOD = MESSAGES.c.understanding.is_not(None)
_UNDERSTANDING = update(MESSAGES).where(MESSAGES.c.id == bindparam("which"), ~_UNDERSTOOD)

RATING = "rating"
"""The type of a card that asks for a rating."""

WITHDRAW = "/withdraw_handoff"
"""The payload of the button by which customers say that they do not need a human agent any more."""


@dataclass(frozen=True)
class _Stored:
    """A message as it was stored: its conversation's language so far, who has the floor, and its answers, once it has
    been dealt with.
    """

    message: Message
    language: str | None
    floor: str | None
    answers: list[dict[str, Any]] | None = None
    new: bool = True


class Conversations:
    """Stores what is said, asks the bot for an answer, and carries out what the answer asks for.

    Messages of one conversation are answered one after the other, those of different ones at the same time. The bot
    answers unless somebody of the shop has the floor.

    Args:
        desk: the people to whom the bot hands over; without them, wishes for a human agent are kept and that is all.
        turns: how many turns of the bot are under way at a time, and which is next.
    """

    def __init__(
        self,
        database: Database,
        bot: Bot,
        locks: Locks,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        feed: Feed | None = None,
        outbox: Outbox | None = None,
        desk: Desk | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._turns = turns or Turns()
        self._database = database
        self._desk = desk
        self._bot = bot
        self._locks = locks
        self._now = now
        self._feed = feed or LocalFeed()
        self._outbox = outbox or Outbox(database, now, self._feed)

    async def receive(self, incoming: Incoming) -> list[dict[str, Any]]:
        """The answer to a message: a list of messages with `text`, and perhaps `buttons` or an `image`.

        A message that was answered before (the same `message_id`) gets the same answer, and nothing happens twice.

        Raises:
            Busy: when too much else is waiting for an answer.
            LockUnavailable: when the turns before it take too long.
            storage.DatabaseUnavailable: when nothing can be stored.
        """
        conversation_id = incoming.conversation_id
        with self._turns.let_in(conversation_id, kept=incoming.kept):
            return await self._answered(incoming)

    async def _answered(self, incoming: Incoming) -> list[dict[str, Any]]:
        conversation_id = incoming.conversation_id
        async with self._locks.hold(conversation_id):
            stored = await self._store(incoming)
            if stored.new:
                thinking = [] if stored.floor else [typing(Author.BOT)]
                await self._feed.publish(conversation_id, stored.message.event, *thinking)
            if stored.answers is not None:
                return stored.answers
            try:
                answers = await self._respond(incoming, stored)
            except Overtaken as error:
                # The lock was lost, as when Redis starts anew: the same message once more finds what came of it.
                raise LockUnavailable("another process had the turn") from error
            if answers is not None:
                read = read_up_to(stored.message.id, Author.BOT)
                await self._feed.publish(conversation_id, read, *(answer.event for answer in answers))
        if answers is None and self._desk and stored.new:
            await self._desk.heard(conversation_id)
        return [dict(answer.content) for answer in answers or ()]

    async def _respond(self, incoming: Incoming, stored: _Stored) -> list[Message] | None:
        """What answers a message; None where somebody of the shop has the floor. Raises `Overtaken`."""
        conversation_id = incoming.conversation_id
        if self._desk and incoming.text == WITHDRAW:
            return await self._withdraw(conversation_id, stored)
        if stored.floor:
            return None
        # A conversation has no language until the bot has answered in it.
        new = stored.language is None
        async with self._turns.turn(conversation_id, self._late(conversation_id), new=new):
            reply = await self._bot.reply(
                conversation_id,
                incoming.text,
                incoming.locale_hint,
                identity=incoming.identity,
                photos=incoming.photos,
                cards=incoming.cards,
            )
            return await self._conclude(conversation_id, self._listened(incoming, reply), stored)

    def _late(self, conversation_id: str) -> Callable[[], Awaitable[None]]:
        """What tells that a conversation's turn has to wait."""
        return partial(self._feed.publish, conversation_id, WAITING)

    async def prompt(self, conversation_id: str, payload: str, *, cards: bool = False) -> None:
        """Have the bot begin something by itself, as if the customer had pressed a button with this payload.

        Raises:
            Busy: when too much else is waiting for an answer.
            LockUnavailable: when the turns before it take too long.
            storage.DatabaseUnavailable: when nothing can be stored.
        """
        async with self._locks.hold(conversation_id):
            try:
                async with self._turns.turn(conversation_id, self._late(conversation_id), new=False):
                    reply = await self._bot.reply(conversation_id, payload, cards=cards)
                    answers = await self._conclude(conversation_id, reply)
            except Overtaken as error:
                raise LockUnavailable("another process had the turn") from error
            await self._feed.publish(conversation_id, *(answer.event for answer in answers))

    async def take_floor(self, conversation_id: str, name: str) -> None:
        """Let somebody of the shop answer from now on, and tell the customer so.

        Args:
            name: what the customer is told of them.

        Raises:
            LockUnavailable: when the turns before it take too long.
            storage.DatabaseUnavailable: when it cannot be kept.
        """
        await self._pass_floor(conversation_id, name, "joined")

    async def leave_floor(self, conversation_id: str, *, closed: bool = False) -> None:
        """Give the floor back to the bot, if somebody has it, and tell the customer so. For errors, see `take_floor`.

        Args:
            closed: whether the matter is closed with it.
        """
        await self._pass_floor(conversation_id, None, "closed" if closed else "left")

    async def note(self, incoming: Incoming) -> Message:
        """Keep what a customer sent that asks for no answer, and tell it; once for a `message_id`.

        Raises:
            LockUnavailable: when the turns before it take too long.
            storage.DatabaseUnavailable: when it cannot be kept.
        """
        async with self._locks.hold(incoming.conversation_id):
            stored = await self._store(incoming)
            if stored.new:
                await self._feed.publish(incoming.conversation_id, stored.message.event)
            return stored.message

    async def continue_from(self, conversation_id: str, earlier: str) -> bool:
        """Go on with a conversation of another channel in one that there is; returns whether that is possible.

        The bot is then where it is in the earlier one, and whoever takes part in that takes part in this one. Another
        conversation that goes on with the same one already makes it impossible.

        Raises:
            LockUnavailable: when the turns before it take too long.
            storage.DatabaseUnavailable: when it cannot be kept.
        """
        async with self._locks.hold(conversation_id), self._database.writing() as connection:
            # A write that changes nothing: of two that go on with the same one at once, the second waits here.
            known = await connection.execute(
                update(CONVERSATIONS)
                .where(CONVERSATIONS.c.id == earlier)
                .values(channel=CONVERSATIONS.c.channel)
                .returning(CONVERSATIONS.c.language, CONVERSATIONS.c.floor)
            )
            found = known.first()
            others = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.continues == earlier)
            already = await connection.scalar(others)
            if found is None or already is not None:
                return found is not None and already == conversation_id
            language = func.coalesce(CONVERSATIONS.c.language, found.language)
            changes = {"continues": earlier, "language": language, "floor": found.floor}
            await connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(changes))
            await self._move_wishes(connection, earlier, conversation_id)
            await continue_conversation(connection, earlier, conversation_id)
            taking_part = select(CUSTOMERS.c.customer_id).where(CUSTOMERS.c.conversation_id == earlier)
            for customer_id in list(await connection.scalars(taking_part)):
                await _note_customer(connection, conversation_id, customer_id)
            return True

    async def say(
        self, conversation_id: str, author: Author, content: Mapping[str, Any], *, message_id: str | None = None
    ) -> Message:
        """Keep what somebody other than the customer says, in a conversation that there is, and tell it.

        Args:
            message_id: what was said under the same one is not said again.

        Raises:
            LockUnavailable: when the turns before it take too long.
            storage.DatabaseUnavailable: when it cannot be kept.
        """
        # In its turn too: whoever has seen a message has seen all with lower ids.
        async with self._locks.hold(conversation_id):
            async with self._database.writing() as connection:
                known = message_id and await _find(connection, conversation_id, message_id)
                if known:
                    return known
                language = await connection.scalar(
                    select(CONVERSATIONS.c.language).where(CONVERSATIONS.c.id == conversation_id)
                )
                (message,) = await self._add(
                    connection, conversation_id, author, [content], channel_message_id=message_id
                )
                await self._outbox.put(connection, conversation_id, language, [message])
            self._outbox.wake()
            await self._feed.publish(conversation_id, message.event)
            return message

    async def show_typing(self, conversation_id: str, author: Author, name: str | None = None) -> None:
        """Tell that somebody is writing."""
        await self._feed.publish(conversation_id, typing(author, name))

    async def mark_read(self, conversation_id: str, reader: Author, message_id: int) -> None:
        """Keep and tell that the customer, or else somebody for the shop, has seen everything up to a message."""
        column = CONVERSATIONS.c.read_by_customer if reader is Author.CUSTOMER else CONVERSATIONS.c.read_by_shop
        newest = select(func.max(MESSAGES.c.id)).where(MESSAGES.c.conversation_id == conversation_id).scalar_subquery()
        changed = (
            update(CONVERSATIONS)
            .where(CONVERSATIONS.c.id == conversation_id, func.coalesce(column, 0) < message_id, message_id <= newest)
            .values({column: message_id})
        )
        async with self._database.writing() as connection:
            known = (await connection.execute(changed)).rowcount
        if known:
            await self._feed.publish(conversation_id, read_up_to(message_id, reader))

    async def rate(self, conversation_id: str, message_id: int, stars: int, comment: str | None) -> bool:
        """Keep what a customer thinks of how it went, in answer to a message that asks for it; the last word counts.

        Returns whether that message asks for it.
        """
        asking = select(MESSAGES.c.content).where(
            MESSAGES.c.id == message_id,
            MESSAGES.c.conversation_id == conversation_id,
            MESSAGES.c.author != Author.CUSTOMER,
        )
        values = {"stars": stars, "comment": comment, "created_at": self._now()}
        async with self._database.writing() as connection:
            content = await connection.scalar(asking)
            if not content or (content.get("custom") or {}).get("type") != RATING:
                return False
            keeping = insertion(connection, RATINGS)
            row = {"message_id": message_id, "conversation_id": conversation_id, **values}
            await connection.execute(
                keeping.values(row).on_conflict_do_update(index_elements=["message_id"], set_=values)
            )
        await self._feed.publish(conversation_id, {"type": "rating", "message_id": message_id, "stars": stars})
        if self._desk:
            await self._desk.rated(conversation_id, message_id, stars)
        return True

    def subscribe(self, conversation_id: str) -> AbstractAsyncContextManager[Subscription]:
        """Listen to what happens in a conversation, see `conversations.feed`."""
        return self._feed.subscribe(conversation_id)

    async def language(self, conversation_id: str) -> str | None:
        """The language that a conversation is held in, if it is known."""
        query = select(CONVERSATIONS.c.language).where(CONVERSATIONS.c.id == conversation_id)
        async with self._database.reading() as connection:
            found: str | None = await connection.scalar(query)
            return found

    async def messages(
        self, conversation_id: str, *, after: int | None = None, before: int | None = None, limit: int = 50
    ) -> list[Message]:
        """What was said in a conversation after a message or before one, the oldest first: of what was said after it
        the first ones, and otherwise the latest.
        """
        query = (
            select(*SAID, RATINGS.c.stars.label("rating"))
            .outerjoin(RATINGS, RATINGS.c.message_id == MESSAGES.c.id)
            .where(MESSAGES.c.conversation_id == conversation_id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(MESSAGES.c.id > after).order_by(MESSAGES.c.id)
        else:
            query = query.order_by(MESSAGES.c.id.desc())
        if before is not None:
            query = query.where(MESSAGES.c.id < before)
        async with self._database.reading() as connection:
            found = [Message.from_row(row) for row in await connection.execute(query)]
        return sorted(found, key=lambda message: message.id)

    async def customers(self, conversation_id: str) -> list[str]:
        """The shop's ids of the customers who were proved to take part in a conversation."""
        query = select(CUSTOMERS.c.customer_id).where(CUSTOMERS.c.conversation_id == conversation_id)
        async with self._database.reading() as connection:
            return list(await connection.scalars(query.order_by(CUSTOMERS.c.customer_id)))

    async def related(self, conversation_id: str) -> list[str]:
        """The other conversations of whoever takes part in one, on any channel, the newest first: those in which the
        same customers were proved to take part, the one that it goes on with, and those that go on with it.
        """
        taking_part = select(CUSTOMERS.c.customer_id).where(CUSTOMERS.c.conversation_id == conversation_id)
        same = select(CUSTOMERS.c.conversation_id).where(CUSTOMERS.c.customer_id.in_(taking_part))
        earlier = select(CONVERSATIONS.c.continues).where(CONVERSATIONS.c.id == conversation_id)
        theirs = or_(
            CONVERSATIONS.c.id.in_(same), CONVERSATIONS.c.id.in_(earlier), CONVERSATIONS.c.continues == conversation_id
        )
        query = select(CONVERSATIONS.c.id).where(theirs, CONVERSATIONS.c.id != conversation_id)
        async with self._database.reading() as connection:
            return list(await connection.scalars(query.order_by(CONVERSATIONS.c.created_at.desc(), CONVERSATIONS.c.id)))

    async def read_state(self, conversation_id: str) -> ReadState:
        """How far a conversation was read."""
        query = select(CONVERSATIONS.c.read_by_customer, CONVERSATIONS.c.read_by_shop).where(
            CONVERSATIONS.c.id == conversation_id
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return ReadState(*row) if row else ReadState()

    async def close(self) -> None:
        """Give back what the locks and the feed need; the database belongs to the caller."""
        await self._feed.close()
        await self._locks.close()

    async def handoffs(self, limit: int = 100) -> list[HandoffRow]:
        """The open wishes for a human agent, the urgent ones first, then the oldest."""
        urgent_first = case((HandoffRow.priority == HIGH, 0), else_=1)
        waiting = select(HandoffRow).where(HandoffRow.closed_at.is_(None))
        query = waiting.order_by(urgent_first, HandoffRow.id).limit(limit)
        async with self._database.session() as session:
            return list(await session.scalars(query))

    async def transcript(self, conversation_id: str) -> list[MessageRow]:
        """Everything that was said in a conversation, from the beginning."""
        query = select(MessageRow).where(MessageRow.conversation_id == conversation_id).order_by(MessageRow.id)
        async with self._database.session() as session:
            return list(await session.scalars(query))

    async def _store(self, incoming: Incoming) -> _Stored:
        """Keep the message, unless it is there already."""
        try:
            return await self._insert(incoming)
        except IntegrityError:
            # The lock was lost, and another process was faster: now it is there.
            return await self._insert(incoming)

    async def _insert(self, incoming: Incoming) -> _Stored:
        async with self._database.writing() as connection:
            if incoming.message_id is not None:
                known = await _find(connection, incoming.conversation_id, incoming.message_id)
                if known is not None:
                    answers = (
                        select(MESSAGES.c.content).where(MESSAGES.c.answers_id == known.id).order_by(MESSAGES.c.id)
                    )
                    understood = select(MESSAGES.c.id).where(MESSAGES.c.id == known.id, _UNDERSTOOD)
                    of_it = select(CONVERSATIONS.c.language, CONVERSATIONS.c.floor)
                    so_far = (
                        await connection.execute(of_it.where(CONVERSATIONS.c.id == incoming.conversation_id))
                    ).one()
                    said = list(await connection.scalars(answers))
                    # Where it has neither, the process died before it was dealt with: that is done now.
                    over = bool(said) or await connection.scalar(understood) is not None
                    return _Stored(known, so_far.language, so_far.floor, said if over else None, new=False)
            row = (await connection.execute(_CONVERSATION, {"which": incoming.conversation_id})).first()
            if row is None:
                if not incoming.kept:
                    self._turns.check_room_for_new()
                await connection.execute(
                    insert(CONVERSATIONS),
                    {
                        "id": incoming.conversation_id,
                        "channel": incoming.channel,
                        "sender": incoming.sender,
                        "created_at": self._now(),
                        **_told(incoming),
                    },
                )
            elif told := _told(incoming):
                if row.reachable_until and incoming.reachable_until:
                    # A message that comes late does not close what a newer one has opened.
                    told["reachable_until"] = max(row.reachable_until, incoming.reachable_until)
                await connection.execute(_CONVERSATION_CHANGE, {"which": incoming.conversation_id, **told})
            (message,) = await self._add(
                connection,
                incoming.conversation_id,
                Author.CUSTOMER,
                [incoming.content],
                channel_message_id=incoming.message_id,
            )
            return _Stored(message, row.language if row else None, row.floor if row else None)

    async def _add(
        self,
        connection: AsyncConnection,
        conversation_id: str,
        author: Author,
        contents: Sequence[Mapping[str, Any]],
        **columns: Any,
    ) -> list[Message]:
        """Keep messages of one author."""
        common = {"conversation_id": conversation_id, "author": author, "created_at": self._now(), **columns}
        stored = await connection.scalars(_NEW_MESSAGES, [{**common, "content": content} for content in contents])
        return [
            Message(id_, author, content, common["created_at"], columns.get("channel_message_id"))
            for id_, content in zip(stored, contents, strict=True)
        ]

    def _listened(self, incoming: Incoming, reply: Reply) -> Reply:
        """The answer, with what it should ask for by the rules of the desk."""
        wishes = any(directive[DIRECTIVE] == HANDOFF for directive in reply.directives)
        overheard = self._desk.overheard(incoming.text, reply.language) if self._desk and not wishes else None
        return replace(reply, directives=[*reply.directives, dict(overheard)]) if overheard else reply

    async def _conclude(self, conversation_id: str, reply: Reply, stored: _Stored | None = None) -> list[Message]:
        """Keep the answer and what was understood, and do what the answer asks for; returns the answer.

        Args:
            stored: what it answers; None where the bot spoke of its own accord.

        Raises `Overtaken` when another process did so meanwhile; then nothing is kept.
        """
        answered = stored.message.id if stored else None
        answers: list[Message] = []
        async with self._database.writing() as connection:
            if reply.tracker:
                await keep_tracker(connection, conversation_id, reply.tracker)
            known: dict[str, Any] = {}
            if answered is not None:
                understanding = {"which": answered, "understanding": vars(reply.understanding)}
                understood = await connection.execute(_UNDERSTANDING, understanding)
                if not understood.rowcount:
                    raise Overtaken(conversation_id)
                known["read_by_shop"] = answered
            if stored is None or reply.language != stored.language:
                known["language"] = reply.language
            if known:
                await connection.execute(_CONVERSATION_CHANGE, {"which": conversation_id, **known})
            if reply.customer:
                await _note_customer(connection, conversation_id, reply.customer)
            said = list(reply.messages)
            for directive in reply.directives:
                if directive[DIRECTIVE] == HANDOFF:
                    said += await self._hand_off(connection, conversation_id, directive, reply.language)
                else:
                    logger.error("directive.unknown", directive=directive[DIRECTIVE], conversation_id=conversation_id)
            if said:
                answers = await self._answer(connection, conversation_id, said, reply.language, answered)
        self._outbox.wake()
        if self._desk and any(directive[DIRECTIVE] == HANDOFF for directive in reply.directives):
            await self._desk.heard(conversation_id)
        return answers

    async def _withdraw(self, conversation_id: str, stored: _Stored) -> list[Message]:
        """Keep that no human agent is wanted any more."""
        assert self._desk
        async with self._database.writing() as connection:
            said = await self._desk.withdrawn(connection, conversation_id, stored.language)
            answers = await self._answer(connection, conversation_id, said, stored.language, stored.message.id)
        self._outbox.wake()
        await self._desk.heard(conversation_id)
        return answers

    async def _answer(
        self,
        connection: AsyncConnection,
        conversation_id: str,
        contents: Sequence[Mapping[str, Any]],
        language: str | None,
        answered: int | None,
    ) -> list[Message]:
        """Keep what the bot says, and what is to be delivered of it."""
        if not contents:
            return []
        answers = await self._add(connection, conversation_id, Author.BOT, contents, answers_id=answered)
        await self._outbox.put(connection, conversation_id, language, answers)
        return answers

    async def _move_wishes(self, connection: AsyncConnection, earlier: str, conversation_id: str) -> None:
        """Whoever of the shop has to do with a conversation goes along."""
        theirs = HANDOFFS.c.conversation_id == earlier, HANDOFFS.c.closed_at.is_(None)
        await connection.execute(update(HANDOFFS).where(*theirs).values(conversation_id=conversation_id))
        await connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == earlier).values(floor=None))
        if self._desk:
            await self._desk.moved(connection, earlier, conversation_id)

    async def _pass_floor(self, conversation_id: str, name: str | None, event: str) -> None:
        theirs = CONVERSATIONS.c.id == conversation_id
        async with self._locks.hold(conversation_id):
            async with self._database.writing() as connection:
                row = (
                    await connection.execute(select(CONVERSATIONS.c.language, CONVERSATIONS.c.floor).where(theirs))
                ).one()
                if row.floor == name:
                    return
                await connection.execute(update(CONVERSATIONS).where(theirs).values(floor=name))
                told = {"event": event, "name": name or row.floor}
                (message,) = await self._add(connection, conversation_id, Author.SYSTEM, [told])
                await self._outbox.put(connection, conversation_id, row.language, [message])
            self._outbox.wake()
            await self._feed.publish(conversation_id, message.event)

    async def _hand_off(
        self, connection: AsyncConnection, conversation_id: str, directive: Mapping[str, Any], language: str
    ) -> list[dict[str, Any]]:
        """Keep a wish for a human agent. While one is open, another adds its matter to it, and its urgency.

        Returns what the customer is told about it, besides what the bot said.
        """
        waiting = select(HANDOFFS.c.id, HANDOFFS.c.priority, HANDOFFS.c.context).where(
            HANDOFFS.c.conversation_id == conversation_id, HANDOFFS.c.closed_at.is_(None)
        )
        known = (await connection.execute(waiting)).first()
        reason, priority = directive["reason"], directive["priority"]
        matters = [directive["summary"]] if directive["summary"] else []
        if known is None:
            row = {"conversation_id": conversation_id, "reason": reason, "priority": priority, "context": matters}
            row = {**row, "created_at": self._now()}
            handoff_id: int = (await connection.execute(insert(HANDOFFS).returning(HANDOFFS.c.id), row)).scalar_one()
        else:
            handoff_id = known.id
            changes: dict[str, Any] = {"context": known.context + [one for one in matters if one not in known.context]}
            if priority == HIGH and known.priority != HIGH:
                changes |= {"priority": priority, "reason": reason}
            await connection.execute(update(HANDOFFS).where(HANDOFFS.c.id == known.id).values(changes))
        logger.info("handoff.recorded", conversation_id=conversation_id, reason=reason, priority=priority)
        return await self._desk.handed_over(connection, conversation_id, handoff_id, language) if self._desk else []


async def _find(connection: AsyncConnection, conversation_id: str, message_id: str) -> Message | None:
    """A message by the channel's own id."""
    row = (await connection.execute(_KNOWN_MESSAGE, {"where": conversation_id, "named": message_id})).first()
    return Message.from_row(row) if row else None


def _told(incoming: Incoming) -> dict[str, Any]:
    """What a message tells of its conversation."""
    told = {"name": (incoming.name or "")[:100] or None, "reachable_until": incoming.reachable_until}
    return {name: value for name, value in told.items() if value}


async def _note_customer(connection: AsyncConnection, conversation_id: str, customer_id: str) -> None:
    """Keep that a customer takes part in a conversation: by this it is found when the customer asks for their data."""
    known = await connection.scalar(_TAKING_PART, {"where": conversation_id, "who": customer_id})
    if known is not None:
        return
    row = {"conversation_id": conversation_id, "customer_id": customer_id}
    await connection.execute(insertion(connection, CUSTOMERS).values(row).on_conflict_do_nothing())
