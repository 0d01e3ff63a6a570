"""A house with the channel of WeChat on loopback, and a stand-in for the platform's API."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import xmltodict
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw
from sanic.response import json as json_response
from sqlalchemy import func, select
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from bot.localization import Catalogues
from connectors.rendering.phrases import DOMAIN, LOCALES
from conversations import Conversations, Inbox, LocalLocks, Outbox, Photos, State
from conversations.inbox import INBOX
from storage import Database, Workers, migrate
from tests.bots import Heard, ScriptedBot, answer
from tests.connectors.lending import lend
from tests.serving import serve

if TYPE_CHECKING:
    from connectors.wechat.channel import WeChatChannel

APP_ID = "wx0000000000000001"
APP_SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "the word that was agreed on"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OPENID = "oAbCdEfGhIjKlMnOpQrStUvWxYz0"
ACCOUNT_ID = "gh_0123456789ab"

PAYLOADS = Path(__file__).parent / "payloads"

SECRETS = {"wechat_app_secret": APP_SECRET, "wechat_token": TOKEN, "wechat_aes_key": AES_KEY}

_names = (f"wechat_{number}" for number in count())


@dataclass
class Platform:
    """What answers in place of the platform, and what it was asked.

    Attributes:
        url: its base address.
        calls: the path and the decoded body of each call, but those for tokens; in order.
        answers: for the next calls of a path, what they are answered with: JSON, or a response.
        media: files by their media ids.
        good: the access token that is taken.
        forced: how often a new one was made because it was asked for.
    """

    url: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    good: str = "token-1"
    expires_in: int = 7200
    token_calls: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, path: str) -> list[Any]:
        """The bodies of the calls of a path."""
        return [body for called, body in self.calls if called == path]

    @property
    def sent(self) -> list[Any]:
        """The customer service messages that were taken."""
        return self.of("message/custom/send")

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until the calls are such."""
        async with asyncio.timeout(10):
            while not reached():
                self.news.clear()
                await self.news.wait()

    def routes(self) -> Blueprint:
        """The API."""
        routes = Blueprint("platform")

        @routes.post("/cgi-bin/stable_token")
        async def token(request: Request) -> HTTPResponse:
            self.token_calls.append(request.json)
            if answers := self.answers["stable_token"]:
                return _response(answers.pop(0))
            if request.json["secret"] != APP_SECRET:
                return json_response({"errcode": 40125, "errmsg": "invalid appsecret"})
            if request.json["force_refresh"]:
                self.good = f"{self.good}+"
            return json_response({"access_token": self.good, "expires_in": self.expires_in})

        @routes.post("/cgi-bin/<path:path>")
        async def post(request: Request, path: str) -> HTTPResponse:
            body = request.files["media"][0] if request.files else json.loads(request.body)
            return self._answer(request, path, body)

        @routes.get("/cgi-bin/media/get")
        async def media(request: Request) -> HTTPResponse:
            media_id = request.args.get("media_id")
            problem = self._answer(request, "media/get", media_id)
            if problem.status != 200 or json.loads(problem.body or b"{}").get("errcode"):
                return problem
            if media_id not in self.media:
                return json_response({"errcode": 40007, "errmsg": "invalid media_id"})
            content_type, data = self.media[media_id]
            return raw(data, content_type=content_type)

        @routes.get("/pictures/<name>")
        async def picture(request: Request, name: str) -> HTTPResponse:
            return raw(self.pictures[name]) if name in self.pictures else raw(b"", status=404)

        return routes

    def _answer(self, request: Request, path: str, body: Any) -> HTTPResponse:
        if request.args.get("access_token") != self.good:
            return json_response({"errcode": 40001, "errmsg": "invalid credential"})
        self.calls.append((path, body))
        self.news.set()
        if answers := self.answers[path]:
            return _response(answers.pop(0))
        told = {"errcode": 0, "errmsg": "ok"}
        if path == "media/upload":
            return json_response({"type": "image", "media_id": f"MEDIA{len(self.calls)}", "created_at": 1})
        return json_response({**told, "msgid": 1000 + len(self.calls)} if "template" in path else told)


def _response(said: Any) -> HTTPResponse:
    return said if isinstance(said, HTTPResponse) else json_response(said)


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    """The API's stand-in."""
    standing_in = Platform()
    async with serve(standing_in.routes(), next(_names)) as client:
        standing_in.url = str(client.base_url).rstrip("/")
        yield standing_in


@dataclass
class House:
    """The channel on loopback, and what is behind it."""

    client: httpx.AsyncClient
    channel: WeChatChannel
    bot: ScriptedBot
    conversations: Conversations
    inbox: Inbox
    outbox: Outbox
    photos: Photos
    database: Database
    platform: Platform
    crypto: WeChatCrypto | None

    async def post(self, message: str, **arguments: str) -> httpx.Response:
        """A message as the platform sends it, written by wechatpy where it is encrypted."""
        query, body = request_of(message, self.crypto)
        return await self.client.post("/webhook", params={**query, **arguments}, content=body)

    def reply(self, response: httpx.Response) -> Any:
        """The passive reply in an answer, as wechatpy reads it; None for an answer that says nothing."""
        assert response.status_code == 200, response.text
        if response.text == "success":
            return None
        text = response.text
        if self.crypto:
            outer = xmltodict.parse(text)["xml"]
            text = self.crypto.decrypt_message(text, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"])
        return parse_message(text)

    async def said(self) -> list[tuple[str, Any]]:
        """What stands in the conversation: who said it, and what."""
        messages = await self.conversations.messages(f"wechat:{OPENID}", limit=100)
        return [(str(message.author), message.content) for message in messages]

    async def until(
        self, message_id: int, reached: Callable[[State, str | None], bool], openid: str = OPENID
    ) -> str | None:
        """Wait until a message has got so far; returns the reason that is kept with it."""
        async with asyncio.timeout(10):
            while True:
                delivery = (await self.outbox.of(f"wechat:{openid}")).get(message_id)
                if delivery and reached(delivery.state, delivery.reason):
                    return delivery.reason
                await asyncio.sleep(0.02)

    async def idle(self) -> None:
        """Wait until everything in the inbox has been dealt with."""
        open_ = select(func.count()).select_from(INBOX).where(INBOX.c.next_attempt_at.is_not(None))
        async with asyncio.timeout(10):
            while True:
                async with self.database.reading() as connection:
                    if not await connection.scalar(open_):
                        return
                await asyncio.sleep(0.01)


def request_of(
    message: str, crypto: WeChatCrypto | None, at: float | None = None, nonce: str = "1320562132"
) -> tuple[dict[str, str], bytes]:
    """The arguments and the body of the platform's request."""
    timestamp = str(int(time.time() if at is None else at))
    query = {"timestamp": timestamp, "nonce": nonce, "openid": OPENID, "signature": signed(timestamp, nonce)}
    if crypto is None:
        return query, message.encode()
    outer = xmltodict.parse(crypto.encrypt_message(message, nonce, timestamp))["xml"]
    body = (
        f"<xml><ToUserName><![CDATA[{ACCOUNT_ID}]]></ToUserName><Encrypt><![CDATA[{outer['Encrypt']}]]></Encrypt></xml>"
    )
    return {**query, "encrypt_type": "aes", "msg_signature": outer["MsgSignature"]}, body.encode()


def signed(*parts: str) -> str:
    """The signature over parts and the token, by wechatpy."""
    signer = WeChatSigner()
    signer.add_data(TOKEN, *parts)
    return str(signer.signature)


def message(content: str, number: int = 1, at: float | None = None, **more: str) -> str:
    """A text message, as the documentation shows it."""
    moment = int(time.time() if at is None else at)
    extra = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT_ID}]]></ToUserName><FromUserName><![CDATA[{OPENID}]]></FromUserName>"
        f"<CreateTime>{moment}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{content}]]></Content><MsgId>{23456789012345678 + number}</MsgId>{extra}</xml>"
    )


def recorded(name: str) -> str:
    """A recorded message, sent now."""
    text = (PAYLOADS / f"{name}.xml").read_text(encoding="utf-8")
    return text.replace("{openid}", OPENID).replace("{account}", ACCOUNT_ID).replace("{now}", str(int(time.time())))


MakeHouse = Callable[..., Any]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied."""
    path = tmp_path_factory.mktemp("wechat") / "empty.db"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, f"sqlite:///{path}").result()
    return path


@pytest.fixture
async def house_of(rasa: None, platform: Platform, empty_database: Path, tmp_path: Path) -> AsyncIterator[MakeHouse]:
    """Makes houses with settings of the channel; `script` is that of the bot."""
    copyfile(empty_database, tmp_path / "wechat.db")
    async with AsyncExitStack() as stack:

        async def make(script: Callable[[Heard], Any] | None = None, *, redis_url: str = "", **settings: Any) -> House:
            opened = _open(platform, tmp_path, ScriptedBot(script or (lambda heard: answer())), redis_url, settings)
            return await stack.enter_async_context(opened)

        yield make


@asynccontextmanager
async def _open(
    platform: Platform, folder: Path, bot: ScriptedBot, redis_url: str, settings: dict[str, Any]
) -> AsyncIterator[House]:
    from connectors.channel import incoming_of
    from connectors.wechat.channel import WeChatChannel

    database = Database(f"sqlite:///{folder / 'wechat.db'}")
    simulator = settings.pop("simulator", "")
    inbox, outbox, photos = Inbox(database), Outbox(database), Photos(database, folder / "uploads")
    conversations = Conversations(database, bot, LocalLocks(), outbox=outbox)
    facilities = lend(
        conversations=conversations,
        database=database,
        languages=("de", "en", "es", "fr", "zh"),
        messenger_catalogues=Catalogues(LOCALES, DOMAIN),
        inbox=inbox,
        outbox=outbox,
        photos=photos,
        redis_url=redis_url,
        secrets=SECRETS,
        simulators={"wechat": simulator} if simulator else {},
    )
    # Long enough for what the test's machine may be doing besides; what has to do with this time sets its own.
    settings = {"app_id": APP_ID, "api": platform.url, "answer_within": 5.0, **settings}
    channel = WeChatChannel(facilities, **settings)

    async def on_new_message(message: Any) -> None:
        await conversations.receive(incoming_of(message))

    crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID) if settings.get("encrypted", True) else None
    workers = [Workers(inbox, "inbox", at_once=10, seconds=0.05), Workers(outbox, "outbox", at_once=10, seconds=0.05)]
    async with serve(channel.blueprint(on_new_message), next(_names), REQUEST_MAX_SIZE=100_000) as client:
        client.timeout = 20
        for worker in workers:
            worker.start()
        try:
            yield House(client, channel, bot, conversations, inbox, outbox, photos, database, platform, crypto)
        finally:
            for worker in workers:
                await worker.stop(patience=1)
            await channel.close()
            await database.close()
