"""The routes of WeChat, and what is done with what comes in and goes out.

Within five seconds a webhook can be answered with one text, the passive reply; whatever else is said goes through the
API as customer service messages. Accounts that may not send these (`customer_service: false`) have nothing but passive
replies: what does not get into one waits for the next message of the customer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from connectors.facilities import Facilities
from connectors.messenger import MessengerChannel
from connectors.reasons import WINDOW_CLOSED
from connectors.requests import read_body
from connectors.wechat.account import API, Account
from connectors.wechat.api import WeChatApi
from connectors.wechat.failures import ACCOUNT, KIND_REFUSED, MEDIA_REFUSED, WAITS_FOR_CUSTOMER
from connectors.wechat.incoming import LOCALE_HINT, key_of, receive, sent_of
from connectors.wechat.payloads import (
    BETWEEN,
    IMAGE_TYPE,
    MENU_TYPE,
    TEMPLATE_TYPE,
    TEXT,
    Payload,
    payloads,
    size,
    text_of,
    texts,
    without_menu,
)
from connectors.wechat.pictures import NoPicture, fetch, taken_by_wechat
from connectors.wechat.webhooks import SUCCESS, Refused, Webhook
from connectors.wechat.xml import MAX_BYTES, Fields
from conversations import Notice, NotNow, NotSent, Outgoing, PhotoRefused, State, Uncertain
from conversations.inbox import MESSAGES, STATUSES
from conversations.pictures import MAX_BYTES as MAX_PHOTO_BYTES
from storage import DatabaseUnavailable

logger = structlog.get_logger()

CHANNEL = "wechat"

MOMENT_SECONDS = 3.0
"""After this time without an answer a customer is asked for patience."""

PASSIVE_SECONDS = 4.5
"""So long a webhook waits for the answer that can be given in no other way."""

LOOK_SECONDS = 0.5
"""Between two looks whether another process has dealt with a message."""

PLATFORM_SECONDS = 5.5
"""After five seconds without an answer the platform hangs up and tries again."""

TRIES = 3
"""So often the platform sends a message that is not answered."""

PASSIVE_PATIENCE = timedelta(hours=24)
"""So long what can only be given in passive replies waits for the customer's next message."""

PASSIVE_LOOK = timedelta(hours=6)

LANGUAGE = LOCALE_HINT.partition("-")[0]
"""Of a conversation in which nothing told it yet."""


class _NotYet(Exception):
    """There is nothing to say yet, and the platform is to try again."""


class WeChatChannel(MessengerChannel):
    """WeChat. The webhook is `/webhooks/wechat/webhook`.

    Settings in `credentials.yml`:
        app_id: the AppID of the Official Account.
        api: the base address of the platform's API.
        encrypted: whether messages are encrypted (安全模式 or 兼容模式); plain ones are refused then.
        answer_within: so many seconds a webhook waits for the answer, to give it as the passive reply.
        customer_service: whether the account may send customer service messages: a verified one may.
        templates: of template messages, the names of their parameters in their order, by the template's id.
    """

    def __init__(
        self,
        facilities: Facilities,
        app_id: str = "",
        api: str = API,
        encrypted: bool = True,
        answer_within: float = 0.1,
        customer_service: bool = True,
        templates: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        # The rest of an answer must not overtake the beginning, which is on its way in the webhook's answer.
        hold = timedelta(seconds=2 * answer_within) if customer_service else PASSIVE_PATIENCE
        super().__init__(facilities, hold)
        self._answer_within = answer_within
        self._customer_service = customer_service
        self._templates = templates or {}
        self._account = Account.set_up(
            app_id=app_id,
            api=api,
            encrypted=encrypted,
            customer_service=customer_service,
            secrets=facilities.secrets,
            simulator=facilities.simulators.get(CHANNEL),
        )
        # A key that is none is told now, and not with the first message.
        self._webhook = Webhook(self._account) if self._account else None
        self._api = WeChatApi(self._account, facilities.redis_url) if self._account else None
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its URL and in conversations' ids."""
        return CHANNEL

    @property
    def title(self) -> str:
        """See `HouseChannel.title`."""
        return "WeChat"

    async def close(self) -> None:
        """See `HouseChannel.close`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._api is not None:
            await self._api.close()

    def routes(self) -> Blueprint:
        """See `MessengerChannel.routes`. There are none where the account is not set up."""
        routes = Blueprint("wechat_channel")
        webhook = self._webhook
        if webhook is None:
            logger.info("wechat.not_set_up")
            return routes

        @routes.get("/webhook")
        async def check(request: Request) -> HTTPResponse:
            return text(webhook.echo(_arguments(request)), headers={"X-Content-Type-Options": "nosniff"})

        # As a stream, so that what is too large is not read.
        @routes.post("/webhook", stream=True)
        async def receive_message(request: Request) -> HTTPResponse:
            began = time.monotonic()
            message = webhook.read(_arguments(request), await _body(request))
            said = await self._answer(message, began)
            if said is None:
                return text(SUCCESS)
            return text(webhook.reply(message, said), content_type="application/xml; charset=utf-8")

        @routes.exception(Refused)
        async def refuse(request: Request, refused: Refused) -> HTTPResponse:
            logger.warning("wechat.refused", status=refused.status, reason=str(refused))
            return text(str(refused), status=refused.status)

        @routes.exception(_NotYet)
        async def let_try_again(request: Request, error: _NotYet) -> HTTPResponse:
            return text("there is no answer yet", status=504)

        @routes.exception(DatabaseUnavailable)
        async def postpone(request: Request, error: DatabaseUnavailable) -> HTTPResponse:
            # The platform tries again.
            logger.error("wechat.not_kept", reason=str(error))
            return text("unavailable", status=503)

        return routes

    async def handle(self, notice: Notice) -> None:
        """See `MessengerChannel.handle`."""
        message: Fields = notice.content
        if sent := sent_of(message):
            state = State.FAILED if sent.reason else State.DELIVERED
            await self._facilities.outbox.note(CHANNEL, state, platform_id=sent.id, reason=sent.reason)
            return
        received = receive(message)
        if received is None:
            logger.info("wechat.nothing_to_us", kind=str(message.get("Event") or message["MsgType"])[:40])
            return
        if received.media_id and self._api:
            download = partial(self._api.download, received.media_id, MAX_PHOTO_BYTES)
            await self.hear_file(received.heard, download, received.sent_at)
        elif received.phrase:
            logger.info("wechat.declined", kind=received.kind[:40], message_id=notice.key, phrase=received.phrase)
            await self.decline(received.heard, received.phrase)
        elif received.answered:
            await self.hear(received.heard)
        else:
            await self.note(received.heard)
        until = received.heard.reachable_until
        if self._customer_service and until is not None and datetime.now(UTC) < until:
            await self._facilities.outbox.hurry(notice.conversation_id)

    def render(self, content: Mapping[str, Any], language: str | None) -> list[Payload]:
        """See `MessengerChannel.render`."""
        phrases = self.phrases(language)
        return payloads(content, phrases, self._templates, customer_service=self._customer_service)

    async def deliver(self, outgoing: Outgoing) -> str | None:
        """See `MessengerChannel.deliver`."""
        if self._api is None:
            raise NotNow(ACCOUNT)
        payload, openid = outgoing.payload, outgoing.sender
        kind = payload["msgtype"]
        if kind == TEMPLATE_TYPE:
            return await self._api.send_template(openid, payload[TEMPLATE_TYPE], f"aftercare-{outgoing.id}")
        if not self._customer_service:
            if datetime.now(UTC) >= outgoing.created_at + PASSIVE_PATIENCE:
                raise NotSent(WINDOW_CLOSED)
            raise NotNow(WAITS_FOR_CUSTOMER, PASSIVE_LOOK.total_seconds())
        if kind == IMAGE_TYPE:
            return await self._api.send(openid, await self._picture(self._api, payload[IMAGE_TYPE]))
        try:
            return await self._api.send(openid, payload)
        except NotSent as refused:
            if kind != MENU_TYPE or str(refused) != KIND_REFUSED:
                raise
        language = await self._conversations.language(outgoing.conversation_id)
        platform_id = None
        for part in without_menu(payload, self.phrases(language)):
            platform_id = await self._api.send(openid, part)
        return platform_id

    async def _answer(self, message: Fields, began: float) -> str | None:
        """Keep a message, and wait for the text with which the webhook is answered; None for none.

        Args:
            began: when the request came, by `time.monotonic`.
        """
        inbox = self._facilities.inbox
        key, openid = key_of(message), message["FromUserName"]
        conversation_id = self.conversation_id(openid)
        if sent_of(message):
            await self.accept([Notice(key, conversation_id, message, STATUSES)])
            return None
        if receive(message) is None:
            return None
        await self.accept([Notice(key, conversation_id, message, MESSAGES)])
        if not self._customer_service:
            return await self._answer_passively(key, conversation_id, began)
        if not await inbox.wait_handled(CHANNEL, key, began + self._answer_within - time.monotonic()):
            # The platform need not wait for this.
            self._begin(inbox.keep_answer(CHANNEL, key, {"text": None}))
            self._begin(self._ask_for_patience(key, conversation_id, openid, began))
            return None
        known = await inbox.answer(CHANNEL, key)
        said: str | None = known.get("text") if known else None
        if known is None:
            said = await self._take(conversation_id, key, began + self._answer_within)
            if said is None:
                self._begin(inbox.keep_answer(CHANNEL, key, {"text": None}))
        return said

    async def _answer_passively(self, key: str, conversation_id: str, began: float) -> str | None:
        """What an account says that has no other way; the platform is let try again while there is nothing to say."""
        inbox = self._facilities.inbox
        known: dict[str, Any] = await inbox.answer(CHANNEL, key) or {}
        said: str | None = known.get("text")
        if "text" in known:
            return said
        tried = known.get("tries", 0) + 1
        await inbox.keep_answer(CHANNEL, key, {"tries": tried})
        if await self._handled(key, began + PASSIVE_SECONDS):
            said = await self._take(conversation_id, key, began + PASSIVE_SECONDS)
        elif tried < TRIES:
            await asyncio.sleep(max(began + PLATFORM_SECONDS - time.monotonic(), 0))
            raise _NotYet
        else:
            language = await self._conversations.language(conversation_id)
            said = self.phrases(language or LANGUAGE).text("answer_waits")
        await inbox.keep_answer(CHANNEL, key, {"text": said})
        return said

    async def _handled(self, key: str, until: float) -> bool:
        """Wait until a message has been dealt with, perhaps by another process; False where that takes too long."""
        while (seconds := until - time.monotonic()) > 0:
            if await self._facilities.inbox.wait_handled(CHANNEL, key, min(seconds, LOOK_SECONDS)):
                return True
        return False

    async def _take(self, conversation_id: str, key: str, until: float) -> str | None:
        """Take what waits for a customer, as far as it is text and fits into one; None where the next is no text.

        Args:
            until: a moment of `time.monotonic`; after it nothing more is taken.
        """
        outbox = self._facilities.outbox
        said: str | None = None
        while (outgoing := await outbox.take(conversation_id)) is not None:
            part = text_of(outgoing.payload)
            joined = BETWEEN.join(filter(None, [said, part]))
            if part is None or size(joined) > TEXT:
                await outbox.put_back(outgoing)
                break
            said = joined
            # In this order: if the process dies, the same webhook is answered with it, or it is delivered later.
            await self._facilities.inbox.keep_answer(CHANNEL, key, {"text": said})
            await outbox.conclude(outgoing)
            if time.monotonic() >= until:
                break
        return said

    async def _ask_for_patience(self, key: str, conversation_id: str, openid: str, began: float) -> None:
        """Show that an answer is being written, and after some seconds say so. It is not kept: it answers nothing."""
        assert self._api is not None
        with suppress(NotNow, NotSent):
            await self._api.show_typing(openid)
        try:
            wait = began + MOMENT_SECONDS - time.monotonic()
            if not await self._facilities.inbox.wait_handled(CHANNEL, key, wait):
                language = await self._conversations.language(conversation_id)
                for moment in texts(self.phrases(language or LANGUAGE).text("one_moment")):
                    await self._api.send(openid, moment)
        except (NotNow, NotSent, Uncertain) as error:
            logger.info("wechat.no_moment", message_id=key, reason=str(error))

    async def _picture(self, api: WeChatApi, image: Mapping[str, str]) -> Payload:
        """The message that shows a picture; where it cannot be had from its address, the one that says the address."""
        try:
            data = await self._photo(image["photo"]) if "photo" in image else await fetch(image["url"])
            picture = await asyncio.to_thread(taken_by_wechat, data)
        except (NoPicture, PhotoRefused) as error:
            logger.warning("wechat.no_picture", reason=str(error))
            if "url" not in image:
                raise NotSent(MEDIA_REFUSED) from error
            return texts(image["url"])[0]
        return {"msgtype": IMAGE_TYPE, IMAGE_TYPE: {"media_id": await api.upload_image(*picture)}}

    async def _photo(self, photo_id: str) -> bytes:
        photos = self._facilities.photos
        photo = await photos.get(photo_id) if photos else None
        if photo is None or photos is None:
            raise NoPicture("it is not kept any more")
        return await asyncio.to_thread(Path.read_bytes, photos.path(photo))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something besides."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("wechat.failed", exc_info=error)


def _arguments(request: Request) -> dict[str, str]:
    """The arguments of a request's URL; of several with the same name, the first one."""
    return {name: values[0] for name, values in request.args.items()}


async def _body(request: Request) -> bytes:
    """The body of a streaming request. Raises `Refused`."""
    body = await read_body(request, MAX_BYTES)
    if body is None:
        raise Refused(413, f"there are more than {MAX_BYTES} bytes")
    return body
