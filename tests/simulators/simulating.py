"""The simulators on loopback, and a stub of the server that they call."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from sanic import Blueprint, Request, Sanic
from sanic.response import HTTPResponse, raw, text

from aftercare.simulation import simulated_secrets
from connectors.simulators.wechat import WeChat, wechat_app
from connectors.simulators.whatsapp import WhatsApp, whatsapp_app
from tests.serving import serve

SECRETS = simulated_secrets(b"a secret of the simulators' tests, long enough")

GRAPH = "/v23.0/100000000000001"

_names = (f"receiver_{number}" for number in count())


@dataclass
class Got:
    """A webhook that was called."""

    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """The server whose webhook is called: takes everything, unless a test says otherwise."""

    address: str = ""
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], tuple[int, bytes]] = lambda got: (200, b"success")

    def routes(self) -> Blueprint:
        routes = Blueprint(next(_names))

        @routes.get("/webhook")
        async def check(request: Request) -> HTTPResponse:
            return text(request.args.get("hub.challenge") or request.args.get("echostr") or "")

        @routes.post("/webhook")
        async def take(request: Request) -> HTTPResponse:
            query = {name: values[0] for name, values in request.args.items()}
            got = Got(query, {name.lower(): value for name, value in request.headers.items()}, request.body)
            self.got.append(got)
            status, body = self.answer(got)
            return raw(body, status)

        return routes


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A stub of the server."""
    receiver = Receiver()
    routes = receiver.routes()
    async with serve(routes, f"{routes.name}_app") as client:
        receiver.address = f"{client.base_url}/webhook".replace("//webhook", "/webhook")
        yield receiver


@asynccontextmanager
async def listening(app: Sanic[Any, Any]) -> AsyncIterator[httpx.AsyncClient]:
    """An application on loopback; a client for it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        assert server is not None
        await server.startup()
        await server.start_serving()
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=url) as client:
                yield client
        finally:
            await app.ctx.simulator.close()
            server.close()
            await server.wait_closed()


@dataclass
class OnWhatsApp:
    """The WhatsApp simulator, the server that it calls, and what the server asks of it."""

    simulator: WhatsApp
    receiver: Receiver
    client: httpx.AsyncClient

    async def post(self, body: Any, path: str = f"{GRAPH}/messages", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {SECRETS['whatsapp_token']}"}
        return await self.client.post(path, json=body, headers=headers, **more)

    async def send(self, to: str, **message: Any) -> httpx.Response:
        return await self.post({"messaging_product": "whatsapp", "to": to, **message})


@dataclass
class OnWeChat:
    """The WeChat simulator, the server that it calls, and what the server asks of it."""

    simulator: WeChat
    receiver: Receiver
    client: httpx.AsyncClient

    async def token(self, **more: Any) -> dict[str, Any]:
        asked = {
            "grant_type": "client_credential",
            "appid": "wxsimulated0000001",
            "secret": SECRETS["wechat_app_secret"],
            **more,
        }
        answer: dict[str, Any] = (await self.client.post("/cgi-bin/stable_token", json=asked)).json()
        return answer

    async def post(self, path: str, body: Any, **more: Any) -> dict[str, Any]:
        params = {"access_token": (await self.token())["access_token"]}
        response = await self.client.post(f"/cgi-bin/{path}", params=params, json=body, **more)
        answer: dict[str, Any] = response.json()
        return answer

    async def send(self, to: str, kind: str, part: Any) -> int:
        answer = await self.post("message/custom/send", {"touser": to, "msgtype": kind, kind: part})
        return int(answer["errcode"])


@asynccontextmanager
async def on_whatsapp() -> AsyncIterator[OnWhatsApp]:
    async with receiving() as receiver:
        app = whatsapp_app(SECRETS, receiver.address, pauses=())
        async with listening(app) as client:
            yield OnWhatsApp(app.ctx.simulator, receiver, client)


@asynccontextmanager
async def on_wechat() -> AsyncIterator[OnWeChat]:
    async with receiving() as receiver:
        app = wechat_app(SECRETS, receiver.address)
        async with listening(app) as client:
            yield OnWeChat(app.ctx.simulator, receiver, client)
