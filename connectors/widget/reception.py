"""What is done for visitors, whichever way their frames come in."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any, cast

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from bot.identity import Identity
from bot.nlu.attributes import CARDS, IDENTITY, LOCALE_HINT, PHOTOS, TITLE
from connectors.continuing import Elsewhere
from connectors.identity_tokens import IdentityTokens, InvalidToken
from connectors.requests import PHOTOS_ALONE, clean
from connectors.widget.frames import Frame, Hello, History, Identify, Ping, Rate, Read, Request, Say, Typing
from connectors.widget.limits import RateLimits, TooOften
from connectors.widget.photo_links import PhotoLinks
from connectors.widget.sessions import Session, Sessions
from conversations import (
    LOST,
    WAITING,
    Author,
    Busy,
    Conversations,
    Event,
    LockUnavailable,
    Message,
    Photo,
    Photos,
    Subscription,
    conversation_id_of,
)
from conversations.photos import MAX_PHOTOS
from conversations.pictures import CONTENT_TYPES, MAX_BYTES, PDF
from shop import ShopUnavailable, email_key
from storage import DatabaseUnavailable

logger = structlog.get_logger()

CHANNEL = "widget"

UPLOAD_TYPES = [*sorted(set(CONTENT_TYPES.values())), PDF]

AT_ONCE = 30
"""So many messages a window is given at a time that has none yet."""

MISSED = 200
"""So many messages a window is given that comes back; one that missed more begins anew."""

AWAY_SECONDS = 5
"""After so long, a window sends again what could not be answered because something was away."""

OnMessage = Callable[[UserMessage], Awaitable[Any]]


@dataclass
class Visit:
    """A window that has said hello.

    Attributes:
        address: the network address that it came from.
        owner: the address of the customer whose session it is, if it is one's.
        identity: the latest token that says who the visitor is; it is read anew with each message.
    """

    session: Session
    address: str
    owner: str | None
    identity: str | None
    locale: str | None

    @property
    def conversation_id(self) -> str:
        """The conversation that the window shows."""
        return conversation_id_of(CHANNEL, self.session.visitor)

    @property
    def session_frame(self) -> Frame:
        """What the window keeps: the token to come back with, whether the session is a customer's, and a name for the
        conversation that tells nobody anything.
        """
        name = hashlib.sha256(self.session.visitor.encode()).hexdigest()[:16]
        return {
            "type": "session",
            "token": self.session.token,
            "customer": self.session.customer,
            "conversation": name,
        }


@dataclass(frozen=True)
class Happenings:
    """What a window is told, in its order."""

    frames: AsyncIterator[Frame]
    _subscription: Subscription

    def add(self, frame: Frame) -> None:
        """Tell the window something more, after everything that has happened so far."""
        self._subscription.put({"type": "answer", "frame": frame})


class Reception:
    """Lets visitors in, takes what they send, and says what they are to see.

    Args:
        photos: keeps what visitors show; None where nothing is kept.
        tokens: reads who a visitor is; None where the shop has no secret for it.
        max_message_length: in characters.
        elsewhere: knows the channels on which visitors can go on.
    """

    def __init__(
        self,
        conversations: Conversations,
        sessions: Sessions,
        limits: RateLimits,
        photos: Photos | None,
        photo_links: PhotoLinks,
        tokens: IdentityTokens | None,
        on_message: OnMessage,
        max_message_length: int,
        elsewhere: Elsewhere,
    ) -> None:
        self._conversations = conversations
        self._sessions = sessions
        self._limits = limits
        self._photos = photos
        self._photo_links = photo_links
        self._tokens = tokens
        self._on_message = on_message
        self._max_message_length = max_message_length
        self._elsewhere = elsewhere
        self._turns: set[asyncio.Task[None]] = set()

    async def let_in(self, hello: Hello, address: str) -> Visit:
        """Let a window in: with the session of its token, or with a new one. Raises `TooOften`."""
        await self._limits.spend("connect", address)
        email = self._email(hello.identity)
        session = await self._sessions.go_on(hello.token, email) if hello.token else None
        if session is None:
            await self._limits.spend("begin", address)
            session = await self._sessions.begin(email)
        return Visit(session, address, email, hello.identity, hello.locale)

    @asynccontextmanager
    async def watch(self, visit: Visit, hello: Hello) -> AsyncIterator[tuple[Frame, Happenings]]:
        """The frame that welcomes a window, with what it missed, and then whatever happens in its conversation."""
        async with self._conversations.subscribe(visit.conversation_id) as subscription:
            # Only now, so that nothing falls between what was and what comes.
            welcome = await self._welcome(visit, hello)
            messages = welcome["messages"]
            last = messages[-1]["id"] if messages else 0 if welcome["anew"] else hello.after or 0
            yield welcome, Happenings(self._frames(visit, subscription, last), subscription)

    async def handle(self, visit: Visit, request: Request) -> Frame | None:
        """Do what a window wants; returns the answer that is for this window alone, if there is one."""
        try:
            match request:
                case Say():
                    return await self._say(visit, request)
                case Ping():
                    return {"type": "pong"}
            await self._limits.spend("other", visit.address, visit.session.visitor)
            match request:
                case Typing():
                    await self._conversations.show_typing(visit.conversation_id, Author.CUSTOMER)
                case Read():
                    await self._conversations.mark_read(visit.conversation_id, Author.CUSTOMER, request.up_to)
                case Rate():
                    comment = clean(request.comment or "") or None
                    conversation_id, message = visit.conversation_id, request.message
                    rated = await self._conversations.rate(conversation_id, message, request.stars, comment)
                    return {"type": "rated" if rated else "rating_refused", "message": request.message}
                case History():
                    return await self._history(visit, request)
                case Identify():
                    visit.identity = request.identity
        except TooOften as problem:
            code = {"code": "too_often", "seconds": round(problem.seconds)}
            return (
                {"type": "failed", "id": request.id, **code} if isinstance(request, Say) else {"type": "error", **code}
            )
        return None

    async def admit_photo(self, token: str, identity: str | None, address: str) -> Session | None:
        """The session in which a photograph may be kept; None where the token is not good. Raises `TooOften`."""
        session = await self._sessions.go_on(token, self._email(identity), renew=False)
        if session:
            await self._limits.spend("upload", address, session.visitor)
        return session

    async def _welcome(self, visit: Visit, hello: Hello) -> Frame:
        missed = await self._missed(visit, hello)
        anew = missed is None
        if missed is None:
            missed = await self._conversations.messages(visit.conversation_id, limit=AT_ONCE + 1)
        read = await self._conversations.read_state(visit.conversation_id)
        return {
            **visit.session_frame,
            "type": "welcome",
            "anew": anew,
            "messages": [await self._shown(message) for message in (missed[-AT_ONCE:] if anew else missed)],
            "more": anew and len(missed) > AT_ONCE,
            "read_by_shop": read.by_shop,
            "read_by_customer": read.by_customer,
            "identified": self._identity(visit) is not None,
            "elsewhere": self._elsewhere.links(visit.session.visitor, visit.locale),
            "limits": {
                "max_length": self._max_message_length,
                "max_upload_bytes": MAX_BYTES,
                "upload_types": UPLOAD_TYPES if self._photos else [],
                "max_photos": MAX_PHOTOS,
            },
        }

    async def _missed(self, visit: Visit, hello: Hello) -> list[Message] | None:
        """What was said since the last message that a window has; None if that is of another conversation, or if it
        missed too much.
        """
        if hello.after is None:
            return None
        # With the last one that it has, to see that it is one of these.
        since = await self._conversations.messages(visit.conversation_id, after=hello.after - 1, limit=MISSED + 2)
        if not since or since[0].id != hello.after or len(since) > MISSED + 1:
            return None
        return since[1:]

    async def _frames(self, visit: Visit, subscription: Subscription, last: int) -> AsyncIterator[Frame]:
        """What happens after a message, for a window."""
        while True:
            event = await subscription.next()
            if event == LOST:
                while missed := await self._conversations.messages(visit.conversation_id, after=last, limit=MISSED):
                    for message in missed:
                        last = message.id
                        yield {"type": "message", "message": await self._shown(message)}
                continue
            if event["type"] == "message":
                message = Message.from_event(event)
                if message.id <= last:
                    continue
                last = message.id
                yield {"type": "message", "message": await self._shown(message)}
            elif frame := _told(event):
                yield frame

    async def _history(self, visit: Visit, request: History) -> Frame:
        found = await self._conversations.messages(visit.conversation_id, before=request.before, limit=AT_ONCE + 1)
        shown = [await self._shown(message) for message in found[-AT_ONCE:]]
        return {"type": "history", "messages": shown, "more": len(found) > AT_ONCE}

    async def _say(self, visit: Visit, said: Say) -> Frame:
        """Have a message answered. It is done with only when it was: until then the window sends it again."""
        await self._limits.spend("message", visit.address, visit.session.visitor)
        refused = await self._refusal(visit, said)
        if refused:
            return {"type": "failed", "id": said.id, "code": refused}
        identity = None
        if visit.identity and self._tokens:
            identity = self._identity(visit)
            if identity is None:
                return {"type": "failed", "id": said.id, "code": "identity_expired"}
        # A visitor who leaves meanwhile finds the answer when they come back.
        turn = asyncio.create_task(self._turn(visit, said, identity))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)
        try:
            await asyncio.shield(turn)
        except Busy as busy:
            return {"type": "failed", "id": said.id, "code": "busy", "seconds": ceil(busy.seconds)}
        except (DatabaseUnavailable, LockUnavailable, ShopUnavailable) as error:
            logger.error("widget.unavailable", conversation_id=visit.conversation_id, reason=str(error))
            return {"type": "failed", "id": said.id, "code": "unavailable", "seconds": AWAY_SECONDS}
        except Exception as error:
            logger.error("widget.turn_failed", conversation_id=visit.conversation_id, exc_info=error)
            return {"type": "failed", "id": said.id, "code": "unavailable"}
        return {"type": "done", "id": said.id}

    async def _refusal(self, visit: Visit, said: Say) -> str | None:
        """Why a message is not taken, if it is not."""
        if said.text and len(said.text) > self._max_message_length:
            return "too_long"
        if not said.payload and not said.photos and not clean(said.text or ""):
            return "empty"
        for photo_id in said.photos:
            photo = await self._photos.get(photo_id) if self._photos else None
            if photo is None or photo.conversation_id != visit.conversation_id:
                return "unknown_photo"
        return None

    async def _turn(self, visit: Visit, said: Say, identity: Identity | None) -> None:
        metadata: dict[str, Any] = {
            LOCALE_HINT: visit.locale,
            IDENTITY: identity,
            PHOTOS: list(said.photos),
            TITLE: clean(said.title or "") or None,
            CARDS: True,
        }
        # Only buttons have payloads: what is typed is words, whatever it begins with.
        typed = clean(said.text or "").lstrip("/ ")
        text = clean(said.payload or "") or typed or (PHOTOS_ALONE if said.photos else "?")
        # The answer reaches all windows of the visitor through the feed, and this one too.
        unused = CollectingOutputChannel()
        await self._on_message(
            UserMessage(
                text, unused, visit.session.visitor, input_channel=CHANNEL, message_id=said.id, metadata=metadata
            )
        )

    async def _shown(self, message: Message) -> Frame:
        """A message as its visitor's windows get it."""
        content = dict(message.content)
        # What an agent wrote before it was translated is for the desk.
        content.pop("original", None)
        if message.author is Author.CUSTOMER and str(content.get("text", "")).startswith("/"):
            content["payload"] = content.pop("text")
        if content.get("photos"):
            photos = [await self._shown_photo(photo_id) for photo_id in content["photos"]]
            content["photos"] = [photo for photo in photos if photo]
        if message.rating:
            content["rating"] = {"stars": message.rating}
        shown = {"id": message.id, "author": message.author, "content": content, "at": message.created_at.isoformat()}
        return {**shown, "client_id": message.message_id} if message.message_id else shown

    async def _shown_photo(self, photo_id: str) -> Frame | None:
        """A photograph, if it is still kept."""
        photo = await self._photos.get(photo_id) if self._photos else None
        return self.shown_photo(photo) if photo else None

    def shown_photo(self, photo: Photo) -> Frame:
        """A photograph, or a document (of no size), as its visitor's windows get it."""
        url = self._photo_links.path(photo.id)
        return {"id": photo.id, "url": url, "width": photo.width, "height": photo.height}

    def _identity(self, visit: Visit) -> Identity | None:
        """Who the visitor is, for certain and at this moment; None also for somebody whose session this is not."""
        if not self._tokens or not visit.identity or not visit.owner:
            return None
        try:
            identity = self._tokens.read(visit.identity)
        except InvalidToken as error:
            logger.info("widget.identity_refused", reason=str(error))
            return None
        return identity if identity.email and email_key(identity.email) == email_key(visit.owner) else None

    def _email(self, identity: str | None) -> str | None:
        """Whose conversations a visitor may go on with."""
        try:
            return self._tokens.read_lately_valid(identity).email if self._tokens and identity else None
        except InvalidToken as error:
            logger.info("widget.identity_refused", reason=str(error))
            return None


def _told(event: Event) -> Frame | None:
    """What a window is told of an event; its visitor knows what they do themselves."""
    match event:
        case {"type": "answer", "frame": frame}:
            return cast(Frame, frame)
        case {"type": "waiting"}:
            return WAITING
        case {"type": "typing", "author": Author.CUSTOMER}:
            return None
        case {"type": "typing", "author": author, "name": name}:
            return {"type": "typing", "author": author, "name": name}
        case {"type": "read", "reader": reader, "up_to": up_to}:
            return {"type": "read", "by": "customer" if reader == Author.CUSTOMER else "shop", "up_to": up_to}
        case {"type": "rating", "message_id": message_id, "stars": stars}:
            return {"type": "rating", "message": message_id, "stars": stars}
    return None
