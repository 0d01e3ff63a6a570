"""The channel with the simulator, which has its own signatures and encryption, and refuses what the platform would."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from conversations import Author, State
from tests.bots import Heard, answer
from tests.wechat.house import SECRETS, House, MakeHouse

OPENID = "oSimulatedCustomer0000000009"
MENU = {"text": "对吗?", "buttons": [{"title": "是", "payload": "/affirm"}, {"title": "否", "payload": "/deny"}]}


def script(heard: Heard) -> Any:
    if heard.photos:
        return answer({"text": "谢谢您的照片。"})
    return answer(MENU) if heard.text == "menu" else answer({"text": f"You said: {heard.text}"})


@dataclass
class Chat:
    """A customer's telephone, and the house that they write to."""

    simulator: Any
    house: House

    def shown(self, author: str = "shop") -> list[str]:
        """What the customer has been sent."""
        bubbles = self.simulator.stage.bubbles.values()
        return [bubble.content.get("text", bubble.content["kind"]) for bubble in bubbles if bubble.author == author]

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something to be on the telephone."""
        async with asyncio.timeout(10):
            while not reached():
                await asyncio.sleep(0.02)


@pytest.fixture
async def chat_of(house_of: MakeHouse) -> AsyncIterator[Callable[..., Any]]:
    """Makes chats, with settings of the channel."""
    async with AsyncExitStack() as stack:

        async def make(**settings: Any) -> Chat:
            return await stack.enter_async_context(_chat(house_of, settings))

        yield make


@asynccontextmanager
async def _chat(house_of: MakeHouse, settings: dict[str, Any]) -> AsyncIterator[Chat]:
    from connectors.simulators.wechat import wechat_app

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        house = await house_of(script, app_id="", simulator=url, **settings)
        app: Any = wechat_app(SECRETS, f"{str(house.client.base_url).rstrip('/')}/webhook")
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        try:
            yield Chat(app.ctx.simulator, house)
        finally:
            await app.ctx.simulator.close()
            server.close()
            await server.wait_closed()


@pytest.mark.parametrize(("mode", "encrypted"), [("encrypted", True), ("compatible", True), ("plain", False)])
async def test_a_passive_reply_is_understood(chat_of: Any, mode: str, encrypted: bool) -> None:
    chat = await chat_of(encrypted=encrypted)
    chat.simulator.stage.switches["mode"] = mode
    await chat.simulator.text(OPENID, "hello <b>]]></b>")
    assert chat.shown() == ["You said: hello ＜b>]]>＜/b>"]


async def test_the_address_passes_the_check(chat_of: Any) -> None:
    chat = await chat_of()
    assert (await chat.simulator.check()).taken
    chat.simulator.stage.switches["wrong_signature"] = True
    await chat.simulator.text(OPENID, "hello")
    assert chat.shown() == []


@pytest.mark.parametrize("no_menus", [False, True])
async def test_a_choice_is_offered_and_taken(chat_of: Any, no_menus: bool) -> None:
    chat = await chat_of()
    chat.simulator.stage.switches["no_menus"] = no_menus
    await chat.simulator.text(OPENID, "menu")
    await chat.until(lambda: bool(chat.shown()))
    offered = list(chat.simulator.stage.bubbles.values())[-1]
    if no_menus:
        await chat.simulator.text(OPENID, "2")
    else:
        await chat.simulator.choose(offered, "/deny")
    await chat.until(lambda: len(chat.shown()) == 2)
    assert chat.shown()[1] == "You said: /deny"


async def test_a_webhook_that_comes_twice_happens_once(chat_of: Any) -> None:
    chat = await chat_of()
    chat.simulator.stage.switches["webhooks_twice"] = True
    await chat.simulator.text(OPENID, "hello")
    assert chat.shown() == ["You said: hello"]
    replies = [exchange.response_inside for exchange in chat.simulator.stage.exchanges if exchange.response_inside]
    assert len(replies) == 2
    assert all("You said: hello" in reply for reply in replies)
    assert len(chat.house.bot.heard) == 1


async def test_pictures_go_both_ways(chat_of: Any, jpeg: bytes) -> None:
    chat = await chat_of(answer_within=0.2)
    media = chat.simulator.media.keep(jpeg, "image/jpeg", "photo.jpg")
    await chat.simulator.send_file(OPENID, "image", media.id)
    await chat.until(lambda: chat.shown() == ["谢谢您的照片。"])
    (photo,) = await chat.house.photos.of(f"wechat:{OPENID}")
    await chat.house.conversations.say(f"wechat:{OPENID}", Author.AGENT, {"photos": [photo.id]})
    await chat.until(lambda: len(chat.shown()) == 2)
    assert list(chat.simulator.stage.bubbles.values())[-1].content["kind"] == "image"
    assert Image.open(BytesIO(jpeg)).size == (photo.width, photo.height)


@pytest.mark.parametrize("failure", ["busy", "token"])
async def test_the_platform_s_troubles_are_got_over(chat_of: Any, failure: str) -> None:
    chat = await chat_of()
    chat.simulator.stage.switches.update(fail=failure, fail_times=1)
    await chat.simulator.text(OPENID, "menu")
    await chat.until(lambda: chat.shown() == ["对吗?"])


async def test_tokens_that_have_expired_are_replaced(chat_of: Any) -> None:
    chat = await chat_of()
    await chat.simulator.text(OPENID, "menu")
    await chat.until(lambda: chat.shown() == ["对吗?"])
    chat.simulator.tokens.expire()
    await chat.simulator.text(OPENID, "menu")
    await chat.until(lambda: chat.shown() == ["对吗?", "对吗?"])


async def test_a_closed_window_is_told_at_the_desk(chat_of: Any) -> None:
    chat = await chat_of(answer_within=0.2)
    await chat.simulator.text(OPENID, "hello")
    await chat.until(lambda: bool(chat.shown()))
    chat.simulator.stage.switches["window_closed"] = True
    message = await chat.house.conversations.say(f"wechat:{OPENID}", Author.AGENT, {"text": "Mei hier."})
    reason = await chat.house.until(message.id, lambda state, _: state is State.FAILED, OPENID)
    assert reason == "window_closed"


async def test_a_template_arrives(chat_of: Any) -> None:
    name = "T" * 43
    chat = await chat_of(answer_within=0.2, templates={name: ["thing1"]})
    await chat.simulator.text(OPENID, "hello")
    await chat.until(lambda: bool(chat.shown()))
    content = {"text": "…", "template": {"name": name, "parameters": ["羊毛衫"]}}
    await chat.house.conversations.say(f"wechat:{OPENID}", Author.AGENT, content)
    await chat.until(lambda: len(chat.shown()) == 2)
    await chat.until(
        lambda: any("TEMPLATESENDJOBFINISH" in (exchange.inside or "") for exchange in chat.simulator.stage.exchanges)
    )
