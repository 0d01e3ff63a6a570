"""The webhooks of WhatsApp, and the way of our messages there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from itsdangerous import BadSignature, Signer
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty, text

from connectors.facilities import Facilities
from connectors.messenger import MessengerChannel
from connectors.reasons import NOT_DELIVERED, REFUSED, WINDOW_CLOSED, reason
from connectors.requests import BadRequest, read_body
from connectors.whatsapp.account import API, Account
from connectors.whatsapp.api import CloudApi
from connectors.whatsapp.failures import UNEXPLAINED, reason_of
from connectors.whatsapp.files import sendable
from connectors.whatsapp.incoming import receive
from connectors.whatsapp.payloads import PHOTO, TEMPLATE, payloads
from connectors.whatsapp.signatures import HEADER, is_signed, same
from connectors.whatsapp.webhooks import CHANNEL, MAX_BYTES, BadWebhook, error_code, read
from conversations import Author, Notice, NotNow, NotSent, Outgoing, State
from conversations.inbox import STATUSES
from conversations.pictures import MAX_BYTES as MAX_PHOTO_BYTES
from web.signing import signer

logger = structlog.get_logger()

UNEXPLAINED_PATIENCE = timedelta(hours=1)
"""So long something is tried of which the platform does not say what is wrong with it: what comes after it waits."""

SALT = "aftercare.whatsapp.outgoing"

_STATES = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "played": State.READ,
    "failed": State.FAILED,
}


class WhatsAppChannel(MessengerChannel):
    """WhatsApp. The platform calls `/webhooks/whatsapp/webhook`.

    Settings in `credentials.yml`:
        phone_number_id: the platform's id of the shop's number.
        number: the shop's number as customers see it.
        api: the address of the Graph API, with its version.
        read_marks: whether customers see that their messages were read, and that they are being answered.
    """

    def __init__(
        self,
        facilities: Facilities,
        phone_number_id: str = "",
        number: str = "",
        api: str = API,
        read_marks: bool = True,
    ) -> None:
        super().__init__(facilities)
        self._account = Account.set_up(
            # YAML reads digits as a number where they are not quoted.
            phone_number_id=str(phone_number_id),
            number=str(number),
            api=api,
            secrets=facilities.secrets,
            simulator=facilities.simulators.get(CHANNEL),
        )
        self._api = CloudApi(self._account) if self._account else None
        self._read_marks = read_marks
        self._signer = signer(Signer, facilities.secret, SALT)
        if self._account is None:
            logger.info("whatsapp.not_set_up")

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its URL and in conversations' ids."""
        return CHANNEL

    @property
    def title(self) -> str:
        """See `HouseChannel.title`."""
        return "WhatsApp"

    def link(self, text: str) -> str | None:
        """See `HouseChannel.link`."""
        chat = self._account.chat if self._account else ""
        return f"{chat}?{urlencode({'text': text}, quote_via=quote)}" if chat else None

    def routes(self) -> Blueprint:
        """The webhook: `GET` when it is set up, `POST` whenever something happened. Without an account, none."""
        routes = Blueprint("whatsapp_channel")
        account = self._account
        if account is None:
            return routes

        @routes.get("/webhook")
        async def check(request: Request) -> HTTPResponse:
            given = request.args.get("hub.verify_token") or ""
            if request.args.get("hub.mode") != "subscribe" or not same(given, account.verify_token):
                raise BadRequest(403, "invalid_token", "The webhook was set up with another token.")
            return text(request.args.get("hub.challenge") or "", headers={"X-Content-Type-Options": "nosniff"})

        # As a stream, since other bodies are not allowed to be as large.
        @routes.post("/webhook", stream=True)
        async def receive_webhook(request: Request) -> HTTPResponse:
            body = await read_body(request, MAX_BYTES)
            if body is None:
                raise BadRequest(413, "too_large", f"The body has more than {MAX_BYTES} bytes.")
            if not is_signed(body, request.headers.get(HEADER), account.app_secret):
                logger.warning("whatsapp.wrong_signature")
                raise BadRequest(401, "invalid_signature", f"'{HEADER}' is missing, or not right.")
            try:
                notices = read(body, account.phone_number_id, datetime.now(UTC))
            except BadWebhook as error:
                logger.error("whatsapp.bad_webhook", reason=str(error))
                raise BadRequest(400, "bad_webhook", f"The body cannot be used: {error}.") from error
            await self.accept(notices)
            return empty(200)

        @routes.exception(BadRequest)
        async def refuse(request: Request, error: BadRequest) -> HTTPResponse:
            return error.response()

        return routes

    async def close(self) -> None:
        """See `HouseChannel.close`."""
        if self._api:
            await self._api.close()

    async def handle(self, notice: Notice) -> None:
        """See `MessengerChannel.handle`."""
        if notice.lane == STATUSES:
            await self._note_status(notice)
            return
        message, contact = notice.content["message"], notice.content["contact"]
        received = receive(message, contact, datetime.now(UTC))
        if self._api and self._read_marks and (received.answered or received.phrase):
            # Before it is answered: a mark that comes after the answer would show that another one is being written.
            await self._api.mark_read(notice.key, typing=True)
        if received.media and self._api:
            fetch = partial(self._api.download, received.media.id, MAX_PHOTO_BYTES)
            await self.hear_file(received.heard, fetch, received.sent_at)
        elif received.answered:
            await self.hear(received.heard)
        elif received.phrase:
            logger.info("whatsapp.declined", kind=received.kind[:32], code=error_code(message), message_id=notice.key)
            await self.decline(received.heard, received.phrase)
        else:
            await self.note(received.heard)
        if received.heard.reachable_until:
            # Only now: until the message was kept, what waits would be held against the window before it.
            await self._facilities.outbox.hurry(notice.conversation_id)

    def render(self, content: Mapping[str, Any], language: str | None) -> list[dict[str, Any]]:
        """See `MessengerChannel.render`."""
        return payloads(content, self.phrases(language), language)

    async def deliver(self, outgoing: Outgoing) -> str | None:
        """See `MessengerChannel.deliver`.

        A message whose answer is lost may have arrived: the platform has no way of sending one again that it would
        recognize. It tells of it by the outbox's number of the message (`biz_opaque_callback_data`).
        """
        if self._api is None:
            raise NotNow(reason(NOT_DELIVERED, "no_account"))
        payload = dict(outgoing.payload)
        until = outgoing.reachable_until
        if payload["type"] != TEMPLATE and until is not None and datetime.now(UTC) >= until:
            raise NotSent(WINDOW_CLOSED)
        if payload["type"] == PHOTO:
            payload = await self._with_photo(payload)
        if "context" in payload:
            payload |= await self._quoting(outgoing.conversation_id, payload.pop("context")["message_id"])
        to = "to" if outgoing.sender.isdecimal() else "recipient"
        number = self._signer.sign(str(outgoing.id)).decode()
        try:
            return await self._api.send({**payload, to: outgoing.sender, "biz_opaque_callback_data": number})
        except NotNow as error:
            unexplained = str(error) in map(reason_of, UNEXPLAINED)
            if unexplained and datetime.now(UTC) - outgoing.created_at > UNEXPLAINED_PATIENCE:
                raise NotSent(str(error)) from error
            raise

    async def _with_photo(self, payload: dict[str, Any]) -> dict[str, Any]:
        """A payload with a photograph that the platform has been given."""
        assert self._api
        named = payload.pop(PHOTO)
        photos = self._facilities.photos
        photo = await photos.get(named["id"]) if photos else None
        if photos is None or photo is None:
            raise NotSent(reason(REFUSED, "photo_gone"))
        try:
            data = await asyncio.to_thread(photos.path(photo).read_bytes)
        except FileNotFoundError as error:
            raise NotSent(reason(REFUSED, "photo_gone")) from error
        file = await asyncio.to_thread(sendable, data, photo.content_type)
        media_id = await self._api.upload(file.data, file.content_type, file.name)
        shown = {"id": media_id, **({"caption": named["caption"]} if "caption" in named else {})}
        if file.kind == "document":
            shown["filename"] = file.name
        return {**payload, "type": file.kind, file.kind: shown}

    async def _quoting(self, conversation_id: str, quoted: str | int) -> dict[str, Any]:
        """What quotes a message, by our id of it or by the platform's; nothing where it is not one of the customer's:
        an answer without it is better than none.
        """
        if isinstance(quoted, int):
            found = await self._conversations.messages(conversation_id, after=quoted - 1, limit=1)
            known = [message for message in found if message.id == quoted and message.author is Author.CUSTOMER]
            quoted = (known[0].message_id or "") if known else ""
        return {"context": {"message_id": quoted}} if quoted.startswith("wamid.") else {}

    async def _note_status(self, notice: Notice) -> None:
        """Note how far one of our messages has got."""
        status = notice.content["status"]
        state = _STATES.get(status["status"])
        if state is None:
            logger.info("whatsapp.status_ignored", status=status["status"])
            return
        code = error_code(status) if state is State.FAILED else None
        platform_id = status["id"]
        noted = await self._facilities.outbox.note(
            self.name(),
            state,
            platform_id=platform_id,
            outgoing_id=self._outgoing_id(status.get("biz_opaque_callback_data")),
            reason=reason_of(code) if state is State.FAILED else None,
        )
        if state is State.FAILED:
            logger.warning("whatsapp.not_delivered", message_id=platform_id, code=code, reason=reason_of(code))
        if state is State.READ:
            # Where nothing was to be noted, the process may have died just here.
            message_id = noted.message_id if noted else await self._facilities.outbox.message_of(CHANNEL, platform_id)
            if message_id is not None:
                conversation_id = noted.conversation_id if noted else notice.conversation_id
                await self._conversations.mark_read(conversation_id, Author.CUSTOMER, message_id)

    def _outgoing_id(self, callback_data: Any) -> int | None:
        """The outbox's number of a message, where it is ours: others may send with the same account."""
        if not isinstance(callback_data, str):
            return None
        try:
            return int(self._signer.unsign(callback_data))
        except (BadSignature, ValueError):
            return None
