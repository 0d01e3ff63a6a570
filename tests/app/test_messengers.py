"""WhatsApp and WeChat from one end to the other: the real server and model, and the simulators of the platforms."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from sanic import Sanic
from websockets.asyncio.client import connect

from aftercare.secret import load_secret
from aftercare.settings import Settings
from aftercare.simulation import SIMULATORS, simulated_secrets
from connectors.simulators.people import openid
from connectors.simulators.stage import Author, Bubble
from connectors.simulators.wechat import wechat_app
from connectors.simulators.whatsapp import whatsapp_app
from tests.app.conftest import Server

ANNA = "4917604069012"
"""Her number, which the shop knows."""

PATIENCE_SECONDS = 30


@dataclass
class Phone:
    """A customer's telephone."""

    simulator: Any
    customer: str

    async def hears(self, words: str) -> Bubble:
        """The latest message of the shop, once it has these words."""
        return await asyncio.wait_for(self.simulator.stage.wait_for(lambda: self._last_with(words)), PATIENCE_SECONDS)

    async def says(self, text: str) -> None:
        await self.simulator.text(self.customer, text)

    async def picks(self, words: str) -> None:
        """Take the choice with these words, as the shop offers it: a button, a row, an item, or a number."""
        bubble = await self.hears(words)
        if (choice := _choice(bubble, words)) is not None:
            await self.simulator.choose(bubble, choice)
        else:
            numbered = re.search(rf"^(\d+)\. .*{re.escape(words)}", bubble.content["text"], re.MULTILINE)
            assert numbered, bubble.content
            await self.says(numbered[1])

    def _last_with(self, words: str) -> Bubble | None:
        said = self.simulator.stage.of(self.customer)
        return said[-1] if said and said[-1].author is Author.SHOP and words in str(said[-1].content) else None


def _choice(bubble: Bubble, words: str) -> str | None:
    content = bubble.content
    rows = [row for section in content.get("sections", ()) for row in section["rows"]]
    for one in (*content.get("buttons", ()), *rows, *content.get("items", ())):
        if words in f"{one['title']} {one.get('description') or ''}":
            return str(one["id"])
    return None


@asynccontextmanager
async def simulated(app: Sanic[Any, Any], name: str) -> AsyncIterator[Any]:
    """A platform, where the demonstration shop looks for it."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", urlsplit(SIMULATORS[name]).port))
        except OSError as error:
            pytest.skip(f"the port of the simulator is in use: {error}")
        served: Any = await app.create_server(sock=listening, return_asyncio_server=True)
        await served.startup()
        await served.start_serving()
        yield app.ctx.simulator
        await app.ctx.simulator.close()
        served.close()
        await served.wait_closed()


@pytest.fixture
def secrets(server: Server) -> dict[str, str]:
    return simulated_secrets(load_secret(Settings(home=server.home, _env_file=None)))  # type: ignore[call-arg]


@pytest_asyncio.fixture
async def whatsapp(server: Server, secrets: dict[str, str]) -> AsyncIterator[Phone]:
    app = whatsapp_app(secrets, f"{server.url}/webhooks/whatsapp/webhook", pauses=())
    async with simulated(app, "whatsapp") as simulator:
        yield Phone(simulator, ANNA)


@pytest_asyncio.fixture
async def wechat(server: Server, secrets: dict[str, str]) -> AsyncIterator[Phone]:
    app = wechat_app(secrets, f"{server.url}/webhooks/wechat/webhook")
    async with simulated(app, "wechat") as simulator:
        yield Phone(simulator, openid("tests of the messengers"))


async def test_a_return_is_run_to_its_label_on_whatsapp(whatsapp: Phone) -> None:
    await whatsapp.says("Ich möchte aus der Bestellung AC-114590 etwas zurückschicken")
    for words in ("Slim-Fit-Jeans", "Gefällt mir nicht", "69,90", "Etikett ausdrucken", "Ja, anmelden"):
        await whatsapp.picks(words)
    label = await whatsapp.hears("RMA-")
    # As the platform does, it fetches the document from the server.
    fetched = whatsapp.simulator.stage.wait_for(lambda: label.content["document"].get("id"))
    file = whatsapp.simulator.media.get(await asyncio.wait_for(fetched, PATIENCE_SECONDS))
    assert file.content.startswith(b"%PDF") and label.content["document"]["name"] == "Rücksendeetikett.pdf"


async def test_questions_are_answered_in_chinese_on_wechat(wechat: Phone) -> None:
    await wechat.says("退货需要多久？")
    answer = await wechat.hears("工作日")
    assert not re.search(r"[*_\[\]]", answer.content["text"]), "Markdown means nothing here"
    await wechat.says("我的包裹到哪里了？")
    await wechat.picks("我手边没有订单号")
    await wechat.hears("邮箱")


async def test_what_cannot_be_read_is_declined_politely(whatsapp: Phone) -> None:
    await whatsapp.says("Hallo!")
    await whatsapp.hears("")
    sticker = {"mime_type": "image/webp", "sha256": "x", "id": "300", "animated": False}
    await whatsapp.simulator.say(ANNA, {"type": "sticker", "sticker": sticker})
    await whatsapp.hears("Bitte schreiben Sie uns")


async def test_a_chat_of_the_website_goes_on_on_whatsapp(server: Server, whatsapp: Phone) -> None:
    address = f"{server.url}/webhooks/widget/socket".replace("http", "ws", 1)
    async with connect(address, origin=server.url) as ws:  # type: ignore[arg-type]
        await ws.send(json.dumps({"type": "hello", "locale": "de-DE"}))
        (way,) = json.loads(await ws.recv())["elsewhere"]
        await ws.send(json.dumps({"type": "message", "id": "m-0000001", "text": "Wo ist mein Paket AC-104233?"}))
        while json.loads(await ws.recv())["type"] != "done":
            pass
    assert way["name"] == "WhatsApp"
    await whatsapp.says(parse_qs(urlsplit(way["url"]).query)["text"][0])
    await whatsapp.hears("E-Mail")
