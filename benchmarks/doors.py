"""Ways in which customers write to a server, as a program uses them."""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

REPLY_SECONDS = 60


class TurnFailed(Exception):
    """A message was not answered."""


class Door(ABC):
    """A way to write to a server; to be entered before it is used.

    Args:
        url: the server's address.
    """

    name: str

    def __init__(self, url: str) -> None:
        self.url = url
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @abstractmethod
    async def say(self, sender: str, text: str) -> list[dict[str, Any]]:
        """Say something in the conversation of a sender; returns the answer's messages. Raises `TurnFailed`."""

    async def timed(self, sender: str, text: str) -> float:
        """Say something; the milliseconds until it was answered. Raises `TurnFailed`."""
        started = time.perf_counter()
        await self.say(sender, text)
        return (time.perf_counter() - started) * 1000


class Rest(Door):
    """`POST /webhooks/rest/webhook`, which Rasa's own REST channel has too."""

    name = "rest"

    async def __aenter__(self) -> Self:
        self._session = await self._open.enter_async_context(
            aiohttp.ClientSession(
                self.url,
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=REPLY_SECONDS),
            )
        )
        return self

    async def say(self, sender: str, text: str) -> list[dict[str, Any]]:
        """See `Door.say`."""
        body = {"sender": sender, "message": text}
        try:
            async with self._session.post("/webhooks/rest/webhook", json=body) as response:
                if response.status != 200:
                    raise TurnFailed(f"status {response.status}: {(await response.text())[:200]}")
                answer: list[dict[str, Any]] = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TurnFailed(f"{type(error).__name__}: {error}") from error
        return answer


class Widget(Door):
    """The socket of the chat widget: a window for each sender, which stays open."""

    name = "widget"

    async def __aenter__(self) -> Self:
        self._windows: dict[str, ClientConnection] = {}
        return self

    async def say(self, sender: str, text: str) -> list[dict[str, Any]]:
        """See `Door.say`. The window is opened with the first message."""
        window = await self.window(sender)
        content = {"payload": text, "title": "A button"} if text.startswith("/") else {"text": text}
        await window.send(json.dumps({"type": "message", "id": str(uuid4()), **content}))
        said: list[dict[str, Any]] = []
        async with asyncio.timeout(REPLY_SECONDS):
            while True:
                frame = json.loads(await window.recv())
                match frame["type"]:
                    case "failed":
                        raise TurnFailed(str(frame))
                    case "message" if frame["message"]["author"] == "bot":
                        said.append(frame["message"]["content"])
                    case "done":
                        return said

    async def timed(self, sender: str, text: str) -> float:
        """See `Door.timed`. That a window has to be opened first does not count."""
        await self.window(sender)
        return await super().timed(sender, text)

    async def window(self, sender: str) -> ClientConnection:
        """The sender's window, which has been welcomed."""
        if sender not in self._windows:
            address = self.url.replace("http", "ws", 1) + "/webhooks/widget/socket"
            window = await self._open.enter_async_context(connect(address, origin=self.url))  # type: ignore[arg-type]
            await window.send(json.dumps({"type": "hello"}))
            welcome = json.loads(await window.recv())
            if welcome["type"] != "welcome":
                raise TurnFailed(str(welcome))
            self._windows[sender] = window
        return self._windows[sender]
