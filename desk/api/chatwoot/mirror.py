"""Shows open tickets in Chatwoot.

What Chatwoot lacks is read from the tables each time: nothing is lost with a process. One that dies between telling
something and noting so tells it twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.localization import language_name
from conversations import Author, Conversations, Feed, LocalLocks, Locks, LockUnavailable, Message, Photos
from desk.alarm import Alarm
from desk.api.chatwoot.calls import ChatwootApi, ChatwootGone, ChatwootUnavailable, File
from desk.api.chatwoot.counterparts import Counterpart, Counterparts
from desk.api.chatwoot.stand_in import StandIn
from desk.messages import Words
from desk.models import Ticket
from desk.tickets import Tickets
from storage import Database, pause, remind

logger = structlog.get_logger()

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)

AT_FIRST = 30
"""So many messages are told of what was said before a ticket."""

AT_ONCE = 50

ATTENDING = timedelta(seconds=15)
"""So often it is said that those who work in Chatwoot are still there."""

FROM_CHATWOOT = "chatwoot:"
"""So begin the ids of messages that come from there: they are not told there again."""


class Mirror:
    """The queue of what Chatwoot is to be told (`storage.Workers`). Several processes may work on it.

    Args:
        words: in the language of those who work there.
        photos: what customers sent; None where nothing is kept.
        locks: those of all processes.
        feed: wakes the queue when something happens at the desk; the rest is found at the next look.
        now: the present moment, aware.
    """

    def __init__(
        self,
        api: ChatwootApi,
        database: Database,
        conversations: Conversations,
        tickets: Tickets,
        stand_in: StandIn,
        words: Words,
        *,
        photos: Photos | None = None,
        locks: Locks | None = None,
        feed: Feed | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = api
        self._counterparts = Counterparts(database)
        self._conversations = conversations
        self._tickets = tickets
        self._stand_in = stand_in
        self._words = words
        self._photos = photos
        self._locks = locks or LocalLocks()
        self._now = now
        self._busy: set[str] = set()
        self._failed: dict[str, tuple[int, datetime]] = {}
        self._attended_at: datetime | None = None
        self.filled = asyncio.Event()
        """Set whenever something happened that Chatwoot may lack."""
        self._alarm = Alarm(feed, self.filled)

    def start(self) -> None:
        """Listen to what happens at the desk; once, in the event loop of the queue's workers."""
        self._alarm.start()

    async def close(self) -> None:
        """Listen no more, and close the connections."""
        await self._alarm.stop()
        await self._api.close()

    async def claim(self) -> str | None:
        """A conversation of which Chatwoot lacks something; None where it has everything, or cannot be told now."""
        now = self._now()
        if self._attended_at is None or now - self._attended_at >= ATTENDING:
            self._attended_at = now
            await self._stand_in.attend()
        for conversation_id in await self._counterparts.behind():
            _, until = self._failed.get(conversation_id, (0, now))
            if conversation_id not in self._busy and until <= now:
                self._busy.add(conversation_id)
                return conversation_id
        return None

    async def process(self, conversation_id: str) -> None:
        """Tell what it lacks of a conversation."""
        try:
            async with self._locks.hold(f"{FROM_CHATWOOT}{conversation_id}"):
                await self._catch_up(conversation_id)
            self._failed.pop(conversation_id, None)
        except (ChatwootUnavailable, LockUnavailable) as error:
            if isinstance(error, ChatwootGone):
                # Somebody deleted it there: it begins anew.
                await self._counterparts.remove(conversation_id)
            self._postpone(conversation_id, str(error) or type(error).__name__)
        except Exception as error:
            self._postpone(conversation_id, type(error).__name__)
            raise
        finally:
            self._busy.discard(conversation_id)

    async def note(self, conversation_id: str, text: str) -> None:
        """Tell those who work in Chatwoot something. Raises `ChatwootUnavailable`."""
        if known := await self._counterparts.of(conversation_id):
            await self._api.note(known.counterpart, text)

    def _postpone(self, conversation_id: str, reason: str) -> None:
        attempts = self._failed.get(conversation_id, (0, self._now()))[0] + 1
        wait = pause(attempts, FIRST_PAUSE, LONGEST_PAUSE)
        self._failed[conversation_id] = attempts, self._now() + wait
        remind(self.filled, wait)
        logger.warning("chatwoot.postponed", attempts=attempts, reason=reason)

    async def _catch_up(self, conversation_id: str) -> None:
        ticket = await self._tickets.of(conversation_id)
        if ticket is None:
            return
        known = await self._counterparts.of(conversation_id)
        if not ticket.closed and (known is None or known.ticket_id != ticket.id):
            known = await self._open(ticket, known or await self._begin(ticket))
        if known is None:
            return
        await self._tell(known)
        if ticket.closed:
            await self._api.set_status(known.counterpart, "resolved")
            await self._counterparts.change(conversation_id, ticket_id=None)

    async def _begin(self, ticket: Ticket) -> Counterpart:
        """Make a conversation in Chatwoot."""
        name = await self._counterparts.name(ticket.conversation_id) or self._words.text("api_chatwoot_customer")
        attributes = {"channel": ticket.channel, "language": ticket.language}
        contact = await self._api.add_contact(name, attributes)
        counterpart = await self._api.begin(contact, attributes)
        made = Counterpart(ticket.conversation_id, contact, counterpart, None, 0)
        await self._counterparts.add(made)
        return made

    async def _open(self, ticket: Ticket, known: Counterpart) -> Counterpart:
        """Say what a ticket is about, and what was said before the customer's last message."""
        said = [one for one in await self._latest(ticket.conversation_id) if one.id > known.told_up_to]
        last = next((one for one in reversed(said) if one.author is Author.CUSTOMER and _says(one)), None)
        before = [one for one in said if last is None or one.id < last.id]
        newest = said[-1].id if said else known.told_up_to
        told_up_to = last.id - 1 if last else newest
        await self._api.note(known.counterpart, self._introduction(ticket, before))
        await self._api.set_status(known.counterpart, "open")
        await self._counterparts.change(ticket.conversation_id, ticket_id=ticket.id, told_up_to=told_up_to)
        return Counterpart(ticket.conversation_id, known.contact, known.counterpart, ticket.id, told_up_to)

    async def _latest(self, conversation_id: str) -> list[Message]:
        return await self._conversations.messages(conversation_id, limit=AT_FIRST)

    def _introduction(self, ticket: Ticket, before: list[Message]) -> str:
        language = language_name(ticket.language, self._words.language)
        about = self._words.text(
            "api_chatwoot_ticket", number=ticket.id, reason=ticket.reason, language=language, channel=ticket.channel
        )
        lines = [f"{self._speaker(one)}: {text}" for one in before if (text := _text(one))]
        return "\n".join([about, *([self._words.text("api_chatwoot_so_far"), *lines] if lines else [])])

    async def _tell(self, known: Counterpart) -> None:
        """Tell message by message what is not there yet."""
        conversation_id, last = known.conversation_id, known.told_up_to
        while said := await self._conversations.messages(conversation_id, after=last, limit=AT_ONCE):
            for message in said:
                await self._tell_one(known, message)
                last = message.id
                await self._counterparts.change(conversation_id, told_up_to=last)

    async def _tell_one(self, known: Counterpart, message: Message) -> None:
        text = _text(message)
        if message.author is Author.CUSTOMER:
            files = await self._files(message)
            if text or files:
                await self._api.say(known.contact, known.counterpart, text, str(message.id), files)
        elif text and message.author is not Author.SYSTEM and not _comes_from_there(message):
            await self._api.note(known.counterpart, f"{self._speaker(message)}: {text}")

    async def _files(self, message: Message) -> list[File]:
        found: list[File] = []
        for photo_id in message.content.get("photos", ()) if self._photos else ():
            assert self._photos
            if photo := await self._photos.get(photo_id):
                path = self._photos.path(photo)
                found.append((path.name, await asyncio.to_thread(path.read_bytes), photo.content_type))
        return found

    def _speaker(self, message: Message) -> str:
        match message.author:
            case Author.CUSTOMER:
                return self._words.text("api_chatwoot_customer")
            case Author.BOT:
                return self._words.text("api_chatwoot_assistant")
        return str(message.content.get("name") or message.author)


def _text(message: Message) -> str:
    """What was said, as one reads it; "" of what says nothing in words, such as the payload of a button."""
    text = str(message.content.get("title") or message.content.get("text") or "")
    return "" if message.author is Author.CUSTOMER and text.startswith("/") else text


def _says(message: Message) -> bool:
    return bool(_text(message) or message.content.get("photos"))


def _comes_from_there(message: Message) -> bool:
    return (message.message_id or "").startswith(FROM_CHATWOOT)
