"""The platform and the customers' telephones."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from connectors.simulators.calls import Answer, shown
from connectors.simulators.people import with_openids
from connectors.simulators.serving import LOST
from connectors.simulators.simulator import Simulator
from connectors.simulators.stage import Author, Bubble, Delivery, Exchange, Person, Stage
from connectors.simulators.wechat.crypto import Undecipherable, decrypt, encrypt, same, signature
from connectors.simulators.wechat.drawing import drawn_of_customer, drawn_of_reply, drawn_of_shop, drawn_of_template
from connectors.simulators.wechat.errors import WeChatError
from connectors.simulators.wechat.messages import CustomMessage, FileMessage, MenuMessage, TemplateMessage, Typing
from connectors.simulators.wechat.tokens import Tokens
from connectors.simulators.wechat.webhooks import ACCOUNT, BadReply, PassiveReply, read, read_reply, write
from connectors.wechat.account import SIMULATED_APP_ID

ANSWER_SECONDS = 5.0
TRIES = 3
"""So long the platform waits for an answer to a webhook, and so often it asks."""

MESSAGE, EVENT = (5, 48 * 3600.0), (3, 60.0)
"""How many customer service messages there may be, and for how many seconds, after a customer has sent something, and
after they have subscribed, scanned a code or taken an item of a menu.
"""

TYPING_SECONDS = 15.0
TYPING_AFTER_SECONDS = 30.0
"""So long the sign that somebody is writing lasts, and so long after a message it can be given."""

OUT_OF_ORDER = "该公众号提供的服务出现故障，请稍后再试"
"""What customers read when a webhook was not answered in time, or with something that nobody understands."""

GATEWAY = "gateway"
"""A failure: a page of HTML with status 502."""

FAILURES = {
    "busy": WeChatError(-1),
    "minute": WeChatError(45011),
    "daily": WeChatError(45009),
    "token": WeChatError(40001),
}
"""What the next messages of the shop are answered with."""

ENCRYPTED, PLAIN, COMPATIBLE = "encrypted", "plain", "compatible"

SWITCHES: dict[str, Any] = {
    "mode": ENCRYPTED,
    "fail": "",
    "fail_times": 1,
    "window_closed": False,
    "no_permission": False,
    "no_menus": False,
    "webhooks_twice": False,
    "wrong_signature": False,
}
CHOICES = {"mode": (ENCRYPTED, PLAIN, COMPATIBLE), "fail": ("", LOST, GATEWAY, *FAILURES)}


@dataclass
class _Follower:
    """What the platform knows of a customer."""

    subscribed: bool = True
    allowed: int = 0
    allowed_until: float = 0.0
    last_heard: float = 0.0
    typing_until: float = 0.0


class WeChat(Simulator):
    """The platform with one account.

    Args:
        secrets: `wechat_app_secret`, `wechat_token` and `wechat_aes_key`.
        webhook: its address.
        answer_seconds: how long the server may take to answer a webhook.
    """

    def __init__(self, secrets: Mapping[str, str], webhook: str, answer_seconds: float = ANSWER_SECONDS) -> None:
        about = {"platform": "WeChat", "number": SIMULATED_APP_ID, "webhook": webhook}
        super().__init__(Stage(about, with_openids(), SWITCHES, CHOICES), answer_seconds)
        self.app_secret = secrets["wechat_app_secret"]
        self.tokens = Tokens()
        self.address = "http://127.0.0.1:8102"
        self._token = secrets["wechat_token"]
        self._aes_key = secrets["wechat_aes_key"]
        self._followers = {person.id: _Follower() for person in self.stage.people.values()}
        self._sent: dict[str, dict[str, Any]] = {}
        self._message_ids = count(24 * 10**15 + _random_start())

    # What customers do

    async def say(self, customer: str, message: Mapping[str, Any]) -> Bubble:
        """A customer sends something; returns when the webhook was answered, or given up.

        Args:
            customer: their openid.
            message: the XML's own elements: `{"MsgType": "text", "Content": "你好"}`.
        """
        self.stage.meet(Person(customer, customer))
        follower = self._followers.setdefault(customer, _Follower())
        event = message.get("Event", "")
        if event == "unsubscribe":
            follower.subscribed = False
            follower.allowed = 0
        else:
            follower.subscribed = True
            follower.last_heard = time.time()
            _allow(follower, *(MESSAGE if not event and "bizmsgmenuid" not in message else EVENT))
        sent = {"ToUserName": ACCOUNT, "FromUserName": customer, "CreateTime": int(time.time()), **message}
        if not event:
            sent["MsgId"] = next(self._message_ids)
        author = Author.PLATFORM if event else Author.CUSTOMER
        key = str(sent.get("MsgId") or f"{customer}-{sent['CreateTime']}-{event}-{secrets.token_hex(2)}")
        bubble = self.stage.add(Bubble(key, customer, author, drawn_of_customer(sent, self.media)))
        self._sent[key] = sent
        await self.tell_again(bubble)
        return bubble

    async def text(self, customer: str, content: str) -> Bubble:
        """A customer writes."""
        return await self.say(customer, {"MsgType": "text", "Content": content})

    async def choose(self, bubble: Bubble, choice: str) -> Bubble:
        """The customer takes an item of a menu, by its id. Raises `KeyError` where there is none."""
        items = {str(item["id"]): item["title"] for item in bubble.content.get("items", ())}
        message = {"MsgType": "text", "Content": items[choice], "bizmsgmenuid": choice}
        return await self.say(bubble.customer, message)

    async def send_file(self, customer: str, kind: str, media_id: str, recognition: str = "") -> Bubble:
        """A customer sends a file that the store has: `image`, `voice`, `video`. Raises `KeyError`."""
        media = self.media.get(media_id)
        if media is None:
            raise KeyError(f"there is no file {media_id}")
        message: dict[str, Any] = {"MsgType": kind, "MediaId": media.id}
        if kind == "image":
            message["PicUrl"] = f"{self.address}/mmbiz_jpg/{media.id}/0"
        elif kind == "voice":
            # Accounts without speech recognition get no such element.
            message |= {"Format": "amr", "MediaId16K": media.id} | ({"Recognition": recognition} if recognition else {})
        else:
            message["ThumbMediaId"] = media.id
        return await self.say(customer, message)

    # What the platform tells the server

    async def tell_again(self, bubble: Bubble) -> None:
        """Call the webhook with what a customer has sent, three times at most, and show what it says."""
        self._begin_again(bubble)
        answer = await self._tell(bubble, self._sent[bubble.id])
        self._conclude(bubble, answer)
        if not answer.taken:
            self._apologize(bubble)
        if self.stage.switches["webhooks_twice"]:
            await self._tell(bubble, self._sent[bubble.id], say=False)

    async def check(self) -> Answer:
        """Ask the webhook whether it is the one, as when it is set up."""
        timestamp, nonce, echo = str(int(time.time())), _nonce(), str(secrets.randbelow(10**19))
        query = {"signature": signature(self._token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        answer, exchange = await self.caller.call("GET", {**query, "echostr": echo})
        right = "The server answers, and its token is right."
        wrong = "The server did not answer the check of its URL with the echostr."
        self._show_check(answer, exchange, echo, right, wrong)
        return answer

    async def _tell(self, bubble: Bubble, sent: Mapping[str, Any], *, say: bool = True) -> Answer:
        plain = write(sent)
        for number in range(1, TRIES + 1):
            query, body, inside = self._sealed(plain, sent)
            answer, exchange = await self.caller.call("POST", query, body, {"Content-Type": "text/xml"})
            exchange.inside = shown(inside) if inside else None
            exchange.note = f"try {number} of {TRIES}" if number > 1 else None
            if answer.taken:
                try:
                    reply = self._unsealed(answer.body, sent["FromUserName"], exchange)
                except BadReply as error:
                    exchange.note = f"Refused: {error}"
                    self._apologize(bubble)
                else:
                    if reply and say:
                        self._show_reply(sent["FromUserName"], reply)
            self._show_call(answer, exchange)
            if answer.taken:
                break
        return answer

    def _sealed(self, plain: bytes, sent: Mapping[str, Any]) -> tuple[dict[str, str], bytes, bytes | None]:
        """A webhook's query and body, and what is inside where that is encrypted."""
        timestamp, nonce, mode = str(int(time.time())), _nonce(), self.stage.switches["mode"]
        token = "another-token" if self.stage.switches["wrong_signature"] else self._token
        query = {"signature": signature(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        query["openid"] = sent["FromUserName"]
        if mode == PLAIN:
            return query, plain, None
        encrypted = encrypt(self._aes_key, SIMULATED_APP_ID, plain)
        query |= {"encrypt_type": "aes", "msg_signature": signature(token, timestamp, nonce, encrypted)}
        if mode == COMPATIBLE:
            return query, write({**sent, "Encrypt": encrypted}), plain
        return query, write({"ToUserName": sent["ToUserName"], "Encrypt": encrypted}), plain

    def _unsealed(self, body: bytes, customer: str, exchange: Exchange) -> PassiveReply | None:
        """What an answer says. Raises `BadReply`."""
        if body.strip() in (b"", b"success") or self.stage.switches["mode"] == PLAIN:
            return read_reply(body, customer)
        outer = read(body)
        if "Encrypt" not in outer:
            if self.stage.switches["mode"] == COMPATIBLE:
                return read_reply(body, customer)
            raise BadReply("the answer is not encrypted")
        expected = signature(self._token, outer.get("TimeStamp", ""), outer.get("Nonce", ""), outer["Encrypt"].strip())
        if not same(expected, outer.get("MsgSignature", "")):
            raise BadReply("MsgSignature is not right")
        try:
            inside = decrypt(self._aes_key, SIMULATED_APP_ID, outer["Encrypt"].strip())
        except Undecipherable as error:
            raise BadReply(str(error)) from error
        exchange.response_inside = shown(inside)
        return read_reply(inside, customer)

    def _show_reply(self, customer: str, reply: PassiveReply) -> None:
        self.stage.typing(customer, 0)
        drawn = drawn_of_reply(reply, self.media)
        self.stage.add(Bubble(secrets.token_hex(8), customer, Author.SHOP, drawn, Delivery.DELIVERED))

    def _apologize(self, bubble: Bubble) -> None:
        words = {"kind": "notice", "text": OUT_OF_ORDER}
        self.stage.add(Bubble(secrets.token_hex(8), bubble.customer, Author.PLATFORM, words, Delivery.DELIVERED))

    # What the server asks of the platform

    def accept(self, message: CustomMessage) -> None:
        """Take a customer service message. Raises `WeChatError`."""
        switches, follower = self.stage.switches, self._follower(message.touser)
        if switches["no_permission"]:
            raise WeChatError(48001)
        if isinstance(message, MenuMessage) and switches["no_menus"]:
            raise WeChatError(40200)
        if isinstance(message, FileMessage):
            self._check_file(message)
        if switches["window_closed"] or not follower.subscribed or follower.allowed_until < time.time():
            raise WeChatError(45015)
        if follower.allowed <= 0:
            raise WeChatError(45047)
        follower.allowed -= 1
        follower.typing_until = 0.0
        self.stage.typing(message.touser, 0)
        drawn = drawn_of_shop(message, self.media)
        self.stage.add(Bubble(secrets.token_hex(8), message.touser, Author.SHOP, drawn, Delivery.DELIVERED))

    def show_typing(self, typing: Typing) -> None:
        """Show that the shop is writing. Raises `WeChatError`."""
        follower, now = self._follower(typing.touser), time.time()
        if self.stage.switches["no_permission"]:
            raise WeChatError(48001)
        if typing.command == "CancelTyping":
            follower.typing_until = 0.0
            return self.stage.typing(typing.touser, 0)
        if follower.last_heard < now - TYPING_AFTER_SECONDS:
            raise WeChatError(45080)
        if follower.typing_until > now:
            raise WeChatError(45081)
        follower.typing_until = now + TYPING_SECONDS
        self.stage.typing(typing.touser, TYPING_SECONDS)

    def accept_template(self, message: TemplateMessage) -> int:
        """Take a template message; its id. What becomes of it is told by a webhook. Raises `WeChatError`."""
        if not self._follower(message.touser).subscribed:
            raise WeChatError(43004)
        message_id = next(self._message_ids)
        drawn = drawn_of_template(message)
        bubble = Bubble(str(message_id), message.touser, Author.SHOP, drawn, Delivery.DELIVERED)
        self.stage.add(bubble)
        event = {
            "ToUserName": ACCOUNT,
            "FromUserName": message.touser,
            "CreateTime": int(time.time()),
            "MsgType": "event",
            "Event": "TEMPLATESENDJOBFINISH",
            "MsgID": message_id,
            "Status": "success",
        }
        self._later(self._tell(bubble, event, say=False))
        return message_id

    def about(self, openid: str) -> dict[str, Any]:
        """What `user/info` says of a customer. Raises `WeChatError`."""
        if not self._follower(openid).subscribed:
            return {"subscribe": 0, "openid": openid}
        language = {"zh": "zh_CN"}.get(self.stage.people[openid].language, self.stage.people[openid].language)
        return {
            "subscribe": 1,
            "openid": openid,
            "language": language,
            "subscribe_time": 1700000000,
            "remark": "",
            "groupid": 0,
            "tagid_list": [],
            "subscribe_scene": "ADD_SCENE_SEARCH",
            "qr_scene": 0,
            "qr_scene_str": "",
        }

    def _follower(self, openid: str) -> _Follower:
        follower = self._followers.get(openid)
        if follower is None:
            raise WeChatError(40003)
        return follower

    def _check_file(self, message: FileMessage) -> None:
        media = self.media.get(message.file.media_id)
        if media is None or not media.content_type.startswith({"voice": "audio"}.get(message.msgtype, message.msgtype)):
            raise WeChatError(40007)


def _allow(follower: _Follower, messages: int, seconds: float) -> None:
    """Let the shop send messages: as many, and for as long, as the best of what the customer has done allows."""
    now = time.time()
    if follower.allowed_until < now:
        follower.allowed = 0
    follower.allowed = max(follower.allowed, messages)
    follower.allowed_until = max(follower.allowed_until, now + seconds)


def _nonce() -> str:
    return str(secrets.randbelow(9 * 10**8) + 10**8)


def _random_start() -> int:
    """Somewhere to begin with the ids of messages, so that those of another start are others."""
    return secrets.randbelow(10**15)
