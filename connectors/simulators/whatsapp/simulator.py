"""The platform and the customers' telephones."""

from __future__ import annotations

import asyncio
import secrets
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.simulators.calls import Answer, FetchFailed
from connectors.simulators.media import Media
from connectors.simulators.people import with_numbers
from connectors.simulators.serving import LOST
from connectors.simulators.simulator import Simulator
from connectors.simulators.stage import Author, Bubble, Delivery, Person, Stage
from connectors.simulators.whatsapp.drawing import drawn_of_customer, drawn_of_shop
from connectors.simulators.whatsapp.errors import GraphError, told
from connectors.simulators.whatsapp.files import LARGEST, TYPES
from connectors.simulators.whatsapp.messages import Message, Read, wa_id
from connectors.simulators.whatsapp.webhooks import encode, message_notification, sign, status_notification
from connectors.whatsapp.account import SIMULATED_NUMBER

WINDOW_SECONDS = 24 * 3600
"""For so long after a customer's message the shop may say what it wants (the customer service window)."""

WEBHOOK_SECONDS = 10.0
"""So long the platform waits for an answer to a webhook."""

PAUSES = (1.0, 4.0, 15.0)
"""Seconds between tries of a webhook that the server did not take; the platform goes on for seven days."""

TYPING_SECONDS = 25.0

FAILURES = {
    "500": GraphError(131000, "Message failed to send due to an unknown error.", 500),
    "503": GraphError(2, status=503),
    "429": GraphError(130429, status=429),
    "pair": GraphError(131056),
    "expired": GraphError(
        190,
        status=401,
        title="Error validating access token: Session has expired. The current time is later than its end.",
    ),
}
"""What the next messages of the shop are answered with."""

SWITCHES: dict[str, Any] = {
    "fail": "",
    "fail_times": 1,
    "window_closed": False,
    "phone_off": False,
    "undeliverable": False,
    "webhooks_twice": False,
    "wrong_signature": False,
}


class WhatsApp(Simulator):
    """The platform with one account.

    Args:
        secrets: `whatsapp_token`, `whatsapp_app_secret` and `whatsapp_verify_token`.
        webhook: its address.
        pauses: seconds between tries of a webhook that was not taken.
    """

    def __init__(self, secrets: Mapping[str, str], webhook: str, pauses: Sequence[float] = PAUSES) -> None:
        about = {"platform": "WhatsApp", "number": SIMULATED_NUMBER, "webhook": webhook}
        super().__init__(Stage(about, with_numbers(), SWITCHES, {"fail": ("", LOST, *FAILURES)}), WEBHOOK_SECONDS)
        self.token = secrets["whatsapp_token"]
        self._app_secret = secrets["whatsapp_app_secret"]
        self._verify_token = secrets["whatsapp_verify_token"]
        self._pauses = pauses
        self._notifications: dict[str, dict[str, Any]] = {}
        self._last_heard: dict[str, float] = {}
        self._opaque: dict[str, str] = {}

    # What customers do

    async def say(self, customer: str, message: Mapping[str, Any], reply_to: str | None = None) -> Bubble:
        """A customer sends something; returns when the webhook was answered, or given up.

        Args:
            customer: their number, in digits.
            message: of the webhook, but for who and when: `{"type": "text", "text": {"body": "Hello"}}`.
            reply_to: the message that it answers.
        """
        person = self.stage.people.get(customer) or Person(customer, customer)
        self.stage.meet(person)
        self._last_heard[customer] = time.time()
        sent = {"from": customer, "id": _message_id(customer), "timestamp": str(int(time.time())), **message}
        if reply_to:
            sent["context"] = {"from": SIMULATED_NUMBER.removeprefix("+"), "id": reply_to}
        bubble = Bubble(sent["id"], customer, Author.CUSTOMER, drawn_of_customer(sent), reply_to=reply_to)
        if sent["type"] == "reaction":
            self._react(sent["reaction"], Author.CUSTOMER)
        else:
            self.stage.add(bubble)
        self._notifications[bubble.id] = message_notification(person, sent)
        await self.tell_again(bubble)
        return bubble

    async def text(self, customer: str, body: str, reply_to: str | None = None) -> Bubble:
        """A customer writes."""
        return await self.say(customer, {"type": "text", "text": {"body": body}}, reply_to)

    async def choose(self, bubble: Bubble, choice: str) -> Bubble:
        """The customer takes a button or a row of a list, by its id. Raises `KeyError` where there is none."""
        buttons = {one["id"]: one for one in bubble.content.get("buttons", ())}
        rows = {row["id"]: row for section in bubble.content.get("sections", ()) for row in section["rows"]}
        kind = "button_reply" if choice in buttons else "list_reply"
        chosen = (buttons | rows)[choice]
        answer = {key: chosen[key] for key in ("id", "title", "description") if chosen.get(key)}
        interactive = {"type": kind, kind: answer}
        return await self.say(bubble.customer, {"type": "interactive", "interactive": interactive}, bubble.id)

    async def send_file(self, customer: str, kind: str, media_id: str, caption: str = "") -> Bubble:
        """A customer sends a file that the store has: `image`, `document`, `audio`, `video`, `sticker`."""
        media = self.media.get(media_id)
        if media is None:
            raise KeyError(f"there is no file {media_id}")
        part: dict[str, Any] = {"mime_type": media.content_type, "sha256": _base64(media), "id": media.id}
        if kind == "document" and media.name:
            part["filename"] = media.name
        if kind == "audio":
            part["voice"] = True
        if kind == "sticker":
            part["animated"] = False
        if caption and kind in ("image", "document", "video"):
            part["caption"] = caption
        return await self.say(customer, {"type": kind, kind: part})

    async def read(self, customer: str) -> None:
        """A customer looks at their chat: what has been delivered there is read."""
        for bubble in self.stage.of(customer, Author.SHOP):
            if bubble.state == Delivery.DELIVERED:
                await self._report(bubble, Delivery.READ)

    async def switch(self, name: str, value: Any) -> None:
        """Have the platform behave differently, see `SWITCHES`. Raises `ValueError`."""
        self.stage.switch(name, value)
        if name == "phone_off" and not value:
            for bubble in list(self.stage.bubbles.values()):
                if bubble.author == Author.SHOP and bubble.state == Delivery.SENT:
                    await self._report(bubble, Delivery.DELIVERED)

    # What the platform tells the server

    async def tell_again(self, bubble: Bubble) -> Answer:
        """Call the webhook with what a customer has sent, as often as it takes."""
        notification = self._notifications[bubble.id]
        self._begin_again(bubble)
        answer = await self._tell(notification)
        self._conclude(bubble, answer)
        if self.stage.switches["webhooks_twice"]:
            await self._tell(notification)
        return answer

    async def check(self) -> Answer:
        """Ask the webhook whether it is the one, as when it is subscribed."""
        challenge = str(secrets.randbelow(10**10))
        query = {"hub.mode": "subscribe", "hub.verify_token": self._verify_token, "hub.challenge": challenge}
        answer, exchange = await self.caller.call("GET", query)
        exchange.address = exchange.address.replace(self._verify_token, "…")
        right = "The server answers, and its verify token is right."
        wrong = "The server did not answer the subscription check with its challenge."
        self._show_check(answer, exchange, challenge, right, wrong)
        return answer

    async def _tell(self, notification: Mapping[str, Any]) -> Answer:
        body = encode(dict(notification))
        signature = sign(self._app_secret, body)
        if self.stage.switches["wrong_signature"]:
            signature = sign("not the secret", body)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature,
        }
        for pause in (*self._pauses, None):
            answer, exchange = await self.caller.call("POST", {}, body, headers)
            self._show_call(answer, exchange)
            if answer.taken or pause is None:
                break
            await asyncio.sleep(pause)
        return answer

    # What the server asks of the platform

    def accept(self, message: Message) -> dict[str, Any]:
        """Take a message of the shop; the answer. Raises `GraphError`.

        What becomes of the message is told by webhooks, as the platform does.
        """
        customer = wa_id(message.to)
        message_id = _message_id(customer)
        self.stage.meet(Person(customer, customer))
        self.stage.typing(customer, 0)
        content = drawn_of_shop(message, self.media)
        if message.type == "reaction":
            if message.reaction.message_id not in self.stage.bubbles:
                raise GraphError(131009, "The message that the reaction is for does not exist.")
            self._react(message.reaction.model_dump(), Author.SHOP)
        reply_to = message.context.message_id if message.context else None
        bubble = Bubble(message_id, customer, Author.SHOP, content, reply_to=reply_to)
        if message.biz_opaque_callback_data is not None:
            self._opaque[message_id] = message.biz_opaque_callback_data
        if message.type != "reaction":
            self.stage.add(bubble)
        self._later(self._convey(bubble, templated=message.type == "template"))
        accepted = {"id": message_id} | ({"message_status": "accepted"} if message.type == "template" else {})
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": message.to, "wa_id": customer}],
            "messages": [accepted],
        }

    def mark_read(self, read: Read) -> dict[str, Any]:
        """The shop has seen a message, and so all before it. Raises `GraphError`."""
        seen = self.stage.bubbles.get(read.message_id)
        if seen is None or seen.author != Author.CUSTOMER:
            raise GraphError(100, "The message_id is of no message that was received.")
        for bubble in self.stage.of(seen.customer, Author.CUSTOMER):
            if bubble.state != Delivery.FAILED:
                self.stage.advance(bubble, Delivery.READ)
            if bubble is seen:
                break
        if read.typing_indicator:
            self.stage.typing(seen.customer, TYPING_SECONDS)
        return {"success": True}

    def keep_upload(self, content: bytes, content_type: str, name: str) -> dict[str, Any]:
        """Take a file of the shop; the answer. Raises `GraphError`."""
        kind = next((kind for kind, types in TYPES.items() if content_type in types), None)
        if kind is None:
            known = ", ".join(one for types in TYPES.values() for one in types)
            raise GraphError(100, title=f"(#100) Param file must be a file with one of the following types: {known}.")
        if len(content) > LARGEST[kind]:
            raise GraphError(
                100, f"The file has {len(content)} bytes, which is more than the {LARGEST[kind]} of {kind}."
            )
        return {"id": self.media.keep(content, content_type, name).id}

    async def _convey(self, bubble: Bubble, *, templated: bool) -> None:
        """Bring a message of the shop to the customer, and tell the server how far it has come."""
        switches = self.stage.switches
        heard = self._last_heard.get(bubble.customer, 0.0)
        if not templated and (switches["window_closed"] or time.time() - heard > WINDOW_SECONDS):
            return await self._fail(bubble, 131047)
        if switches["undeliverable"]:
            return await self._fail(bubble, 131026)
        try:
            await self._fetch_links(bubble)
        except FetchFailed as error:
            return await self._fail(bubble, 131053, f"Media upload error: {error}.")
        await self._report(bubble, Delivery.SENT)
        if not switches["phone_off"]:
            await self._report(bubble, Delivery.DELIVERED)

    async def _fetch_links(self, bubble: Bubble) -> None:
        """Put files in the place of links to them. Raises `FetchFailed`."""
        for part in (bubble.content.get("image"), bubble.content.get("document"), bubble.content.get("file")):
            if not part or "link" not in part:
                continue
            kind = part["kind"]
            content, content_type = await self.caller.fetch(part.pop("link"), LARGEST[kind])
            if content_type not in TYPES[kind]:
                raise FetchFailed(f"{kind}s may not be of the type {content_type or 'that is not told'}")
            media = self.media.keep(content, content_type, part.get("name", ""))
            part |= {"id": media.id, "bytes": len(content), "content_type": content_type}
            self.stage.show(bubble)

    async def _fail(self, bubble: Bubble, code: int, details: str = "") -> None:
        error = told(code, details)
        self.stage.advance(bubble, Delivery.FAILED, f"{code} {error['title']}: {error['error_data']['details']}")
        await self._tell(
            status_notification(bubble.id, bubble.customer, "failed", self._opaque.get(bubble.id), [error])
        )

    async def _report(self, bubble: Bubble, state: Delivery) -> None:
        if self.stage.advance(bubble, state):
            notification = status_notification(bubble.id, bubble.customer, state, self._opaque.get(bubble.id))
            await self._tell(notification)
            if self.stage.switches["webhooks_twice"]:
                await self._tell(notification)

    def _react(self, reaction: Mapping[str, Any], author: Author) -> None:
        bubble = self.stage.bubbles.get(reaction["message_id"])
        if bubble is None:
            return
        bubble.reactions.pop(author, None)
        if reaction.get("emoji"):
            bubble.reactions[author] = reaction["emoji"]
        self.stage.show(bubble)


def _message_id(customer: str) -> str:
    """An id as the platform makes them: Base64 of the customer's number and something random, among others."""
    return (
        "wamid." + b64encode(b"\x1d\x01\x0b" + customer.encode() + b"\x15\x02\x00" + secrets.token_bytes(16)).decode()
    )


def _base64(media: Media) -> str:
    return b64encode(bytes.fromhex(media.sha256)).decode()
