"""What channels of messengers have in common: a platform that calls our webhooks, and that we call to answer.

A webhook is verified and put into the inbox (`accept`); later each notice is dealt with (`handle`), which mostly means
that somebody is heard (`hear`). What is said is rendered into the platform's payloads, and delivered from the outbox.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from sanic import Blueprint

from bot.identity import Identity
from bot.nlu.attributes import CARDS, IDENTITY, LOCALE_HINT, PHOTOS, TITLE
from connectors.channel import ATTACHED, KEPT, NAME, REACHABLE_UNTIL, HouseChannel, incoming_of
from connectors.continuing import Continuations, Expired
from connectors.facilities import Facilities
from connectors.media import PATIENCE as MEDIA_PATIENCE
from connectors.media import MediaGone, MediaTooLarge
from connectors.rendering import Choice, Phrases, choices_of, chosen, is_rating, stars_of
from connectors.requests import PHOTOS_ALONE, clean, hinted_language
from conversations import Author, Message, Notice, NotNow, NotSent, Outgoing, PhotoRefused, conversation_id_of

logger = structlog.get_logger()

RECENT = 20
"""So many messages are looked at for the choices that an answer is about."""

LONGEST_TEXT = 4000
"""In characters; what is longer is not asked of the bot."""

WIDGET = "widget"
"""The channel whose conversations can be gone on with elsewhere."""

SAID_AGAIN = ("text", "buttons", "custom", "image")

OnMessage = Callable[[UserMessage], Awaitable[Any]]


@dataclass(frozen=True)
class Heard:
    """What a customer sent.

    Attributes:
        sender: who it is on the channel, at most 200 characters.
        message_id: what the platform calls it.
        text: what was written; "" for nothing.
        payload, title: of a button or a row that was chosen, and what it says.
        photos: the files of photographs and PDF documents.
        name: what the customer is called on the platform.
        locale_hint: such as `de-AT`.
        phone: the customer's number, such as `+49…`, where the platform vouches for it.
        reachable_until: to when the platform lets us write to the customer after this.
        quotes: what the platform calls the message that this one answers.
        attached: what else is kept of it, such as a `location`.
    """

    sender: str
    message_id: str
    text: str = ""
    payload: str | None = None
    title: str | None = None
    photos: Sequence[bytes] = ()
    name: str | None = None
    locale_hint: str | None = None
    phone: str | None = None
    reachable_until: datetime | None = None
    quotes: str | None = None
    attached: Mapping[str, Any] = field(default_factory=dict)


class MessengerChannel(HouseChannel):
    """A channel of a messenger.

    Args:
        hold: so long deliveries wait to be taken by whoever can give them in another way, see `Outbox.register`.
    """

    def __init__(self, facilities: Facilities, hold: timedelta = timedelta()) -> None:
        super().__init__(facilities)
        self._conversations = facilities.conversations
        self._on_message: OnMessage | None = None
        self._continuations = Continuations(facilities.secret)
        facilities.inbox.register(self.name(), self.handle)
        facilities.outbox.register(self.name(), self.render, self.deliver, hold)

    def blueprint(self, on_new_message: OnMessage) -> Blueprint:
        """The channel's routes."""
        self._on_message = on_new_message
        return self.routes()

    @abstractmethod
    def routes(self) -> Blueprint:
        """The webhooks."""

    @abstractmethod
    async def handle(self, notice: Notice) -> None:
        """Deal with a notice that `accept` took; it may come again, see `Inbox.register`."""

    @abstractmethod
    def render(self, content: Mapping[str, Any], language: str | None) -> list[dict[str, Any]]:
        """The platform's payloads of a message, see `Outbox.register`."""

    @abstractmethod
    async def deliver(self, outgoing: Outgoing) -> str | None:
        """Send a payload, see `Outbox.register`."""

    async def accept(self, notices: Sequence[Notice]) -> None:
        """Keep what a webhook told. Raises `storage.DatabaseUnavailable`: the platform has to try again."""
        await self._facilities.inbox.put(self.name(), notices)

    def conversation_id(self, sender: str) -> str:
        """The conversation of a customer."""
        return conversation_id_of(self.name(), sender)

    def phrases(self, language: str | None) -> Phrases:
        """What is said on messengers only."""
        return Phrases(self._facilities.messenger_catalogues, language or self._facilities.default_language)

    async def hear(self, heard: Heard) -> None:
        """Have what a customer sent answered. The same once more is answered once."""
        conversation_id = self.conversation_id(heard.sender)
        recent = await self._conversations.messages(conversation_id, limit=RECENT)
        known = next((message for message in recent if message.message_id == heard.message_id), None)
        if known:
            # It was kept before the process died, with its photographs.
            photos, problem = list(known.content.get("photos", ())), None
        else:
            photos, problem = await self._keep_photos(conversation_id, heard)
        before = [message for message in recent if not known or message.id < known.id]
        heard = await self._choose(heard, before)
        typed = clean(heard.text).lstrip("/ ")
        if await self._continued(conversation_id, heard) or await self._rated(conversation_id, heard, before):
            return
        if len(typed) > LONGEST_TEXT:
            await self.decline(replace(heard, text=typed[:LONGEST_TEXT]), "too_long")
        elif heard.payload or typed or photos:
            await self._turn(heard, heard.payload or typed or PHOTOS_ALONE, photos)
        else:
            await self.note(heard)
        if problem:
            await self.tell(conversation_id, heard.message_id, problem, heard.locale_hint)

    async def _continued(self, conversation_id: str, heard: Heard) -> bool:
        """Go on with a conversation of the widget whose code was sent; returns whether one was."""
        try:
            visitor = self._continuations.find(heard.text)
        except Expired:
            await self.decline(heard, "continue_expired")
            return True
        if visitor is None:
            return False
        await self.note(heard)
        earlier = conversation_id_of(WIDGET, visitor)
        if not await self._conversations.continue_from(conversation_id, earlier):
            await self.tell(conversation_id, heard.message_id, "continue_expired", heard.locale_hint)
            return True
        await self.tell(conversation_id, heard.message_id, "continued", heard.locale_hint)
        for message in _answers(await self._conversations.messages(earlier, limit=RECENT)):
            repeated = {name: message.content[name] for name in SAID_AGAIN if message.content.get(name)}
            if repeated:
                message_id = f"again:{message.id}"
                await self._conversations.say(conversation_id, Author.BOT, repeated, message_id=message_id)
        told = {"event": "continued", "name": self.title}
        message_id = f"continued:{conversation_id}"[:255]
        await self._conversations.say(earlier, Author.SYSTEM, told, message_id=message_id)
        return True

    async def _rated(self, conversation_id: str, heard: Heard, recent: Sequence[Message]) -> bool:
        """Keep how many stars were given; returns whether any were."""
        stars = stars_of(heard.payload or "")
        if stars is None:
            return False
        asking = (message.id for message in reversed(recent) if is_rating(message.content))
        await self.note(replace(heard, text=heard.title or ""))
        for message_id in asking:
            await self._conversations.rate(conversation_id, message_id, stars, None)
            await self.tell(conversation_id, heard.message_id, "rated", heard.locale_hint)
            break
        return True

    async def hear_file(self, heard: Heard, fetch: Callable[[], Awaitable[bytes]], sent_at: datetime) -> None:
        """Fetch a photograph or a document, and have it heard with what was written below it.

        Args:
            fetch: gives the file. Raises `MediaGone`, `MediaTooLarge`, or `NotNow`, with which the notice has to come
                again until too much time has passed, or `NotSent`, where the platform gives us none.
            sent_at: when the customer sent it (aware).
        """
        problem = "media_gone"
        try:
            data = await fetch()
        except MediaTooLarge:
            problem = "photo_refused_too_large"
        except (MediaGone, NotSent):
            pass
        except NotNow:
            if datetime.now(UTC) - sent_at < MEDIA_PATIENCE:
                raise
        else:
            await self.hear(replace(heard, photos=[data]))
            return
        logger.warning("messenger.no_file", channel=self.name(), message_id=heard.message_id, reason=problem)
        if heard.text:
            await self.hear(heard)
            await self.tell(self.conversation_id(heard.sender), heard.message_id, problem, heard.locale_hint)
        else:
            await self.decline(heard, problem)

    async def note(self, heard: Heard) -> None:
        """Keep what a customer sent that asks for no answer."""
        assert self._on_message, "the channel has routes"
        text = clean(heard.text).lstrip("/ ")
        await self._conversations.note(incoming_of(self._message(heard, text, ())))

    async def decline(self, heard: Heard, phrase: str, **values: Any) -> None:
        """Keep what a customer sent, and say why it is not answered."""
        await self.note(heard)
        await self.tell(self.conversation_id(heard.sender), heard.message_id, phrase, heard.locale_hint, **values)

    async def tell(
        self, conversation_id: str, key: str, phrase: str, locale_hint: str | None = None, **values: Any
    ) -> None:
        """Say a phrase in the language of a conversation; once for a key."""
        language = await self._conversations.language(conversation_id) or hinted_language(
            locale_hint, self._facilities.languages
        )
        content = {"text": self.phrases(language).text(phrase, **values)}
        await self._conversations.say(conversation_id, Author.BOT, content, message_id=f"{phrase}:{key}"[:255])

    async def _turn(self, heard: Heard, text: str, photos: Sequence[str]) -> None:
        assert self._on_message, "the channel has routes"
        await self._on_message(self._message(heard, text, photos))

    def _message(self, heard: Heard, text: str, photos: Sequence[str]) -> UserMessage:
        metadata: dict[str, Any] = {
            LOCALE_HINT: heard.locale_hint,
            IDENTITY: Identity(email=None, phone=heard.phone) if heard.phone else None,
            PHOTOS: list(photos),
            TITLE: clean(heard.title or "") or None,
            CARDS: True,
            NAME: clean(heard.name or "") or None,
            REACHABLE_UNTIL: heard.reachable_until,
            ATTACHED: dict(heard.attached),
            # In the inbox.
            KEPT: True,
        }
        # The answer goes through the outbox.
        unused = CollectingOutputChannel()
        return UserMessage(
            text,
            unused,
            heard.sender,
            input_channel=self.name(),
            message_id=heard.message_id,
            metadata=metadata,
        )

    async def _keep_photos(self, conversation_id: str, heard: Heard) -> tuple[list[str], str | None]:
        """The ids of the photographs that could be kept, and the phrase that says why another one could not."""
        kept: list[str] = []
        problem = None
        for data in heard.photos:
            if self._facilities.photos is None:
                return kept, "unsupported"
            try:
                kept.append((await self._facilities.photos.keep(conversation_id, data)).id)
            except PhotoRefused as refused:
                logger.info("messenger.photo_refused", channel=self.name(), reason=refused.code)
                problem = f"photo_refused_{refused.code}"
        return kept, problem

    async def _choose(self, heard: Heard, recent: Sequence[Message]) -> Heard:
        """With the choice that a number or a title names: of the message that is quoted, or of what was said last."""
        quoted = await self._facilities.outbox.message_of(self.name(), heard.quotes) if heard.quotes else None
        if quoted is not None:
            heard = replace(heard, attached={**heard.attached, "quotes": quoted})
        if heard.payload or not heard.text:
            return heard
        choice = chosen(heard.text, self._offered(recent, quoted))
        return replace(heard, payload=choice.payload, title=choice.title) if choice else heard

    def _offered(self, recent: Sequence[Message], quoted: int | None) -> tuple[Choice, ...]:
        phrases = self.phrases(None)
        for message in reversed(recent):
            if message.author is Author.CUSTOMER and quoted is None:
                break
            if message.author is Author.CUSTOMER or (quoted is not None and message.id != quoted):
                continue
            if offered := choices_of(message.content, phrases):
                return offered
        return ()


def _answers(messages: Sequence[Message]) -> list[Message]:
    """What the shop said after the customer's last message."""
    said: list[Message] = []
    for message in reversed(messages):
        if message.author is Author.CUSTOMER:
            break
        if message.author is not Author.SYSTEM:
            said.insert(0, message)
    return said
