"""The widget's channel served on loopback, and visitors' windows."""

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from storage import Database
from tests.widget.serving import Parrot, make_app

NAMES = itertools.count()


@dataclass
class Window:
    """A visitor's window, as the server sees it."""

    ws: ClientConnection
    welcome: dict[str, Any] = field(default_factory=dict)

    async def send(self, type: str, **fields: Any) -> None:
        await self.ws.send(json.dumps({"type": type, **fields}))

    async def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.ws.recv(), 30))
        return frame

    async def until(self, type: str) -> dict[str, Any]:
        """The next frame of a type; what comes before it is left out."""
        while (frame := await self.receive())["type"] != type:
            pass
        return frame

    async def say(self, text: str, id: str = "m-0000001", **fields: Any) -> list[dict[str, Any]]:
        """Say something; the frames that come, up to the one that says how it ended."""
        await self.send("message", id=id, text=text, **fields)
        frames = [await self.receive()]
        while frames[-1]["type"] not in ("done", "failed"):
            frames.append(await self.receive())
        return frames


@asynccontextmanager
async def window(url: str, origin: str | None = None, **hello: Any) -> AsyncIterator[Window]:
    """A window at a server that has said hello."""
    address = url.replace("http", "ws") + "/webhooks/widget/socket"
    async with connect(address, origin=origin or url) as ws:  # type: ignore[arg-type]
        window = Window(ws)
        await window.send("hello", **hello)
        window.welcome = await window.receive()
        yield window


@dataclass
class Served:
    """A served widget channel."""

    url: str
    bot: Parrot
    app: Any
    client: httpx.AsyncClient

    def window(self, origin: str | None = None, **hello: Any) -> AbstractAsyncContextManager[Window]:
        """A window that has said hello."""
        return window(self.url, origin, **hello)

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.post(f"/webhooks/widget/{path}", json=body, headers={"origin": self.url, **headers})


@asynccontextmanager
async def serve(database: Database, uploads: Path, **settings: Any) -> AsyncIterator[Served]:
    """The widget's channel on loopback."""
    bot = Parrot()
    app = make_app(f"widget_{next(NAMES)}", database, uploads, bot, **settings)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=url, timeout=30) as client:
                yield Served(url, bot, app, client)
        finally:
            await app.ctx.conversations.close()
            server.close()
            await server.wait_closed()
