"""The widget in a real browser, against a server that can be killed."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, FilePayload, Locator, Page

from tests.app.conftest import free_port
from tests.browsers import PATIENCE
from tests.forks import fork
from tests.widget.serving import main

START_SECONDS = 120


@dataclass
class Place:
    """A shop's page with the widget, served by a process of its own."""

    home: Path
    port: int = field(default_factory=free_port)
    process: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = fork(main, self.home, self.port, log=self.home / "log")
        started = time.monotonic()
        while time.monotonic() - started < START_SECONDS:
            assert self.process.is_alive(), (self.home / "log").read_text()
            try:
                httpx.get(f"{self.url}/health")
                return
            except httpx.TransportError:
                self.process.join(0.05)
        raise AssertionError((self.home / "log").read_text())

    def kill(self) -> None:
        """End the process in the midst of whatever it does."""
        assert self.process is not None
        self.process.kill()
        self.process.join()

    def say(self, author: str, content: Any = None) -> None:
        """Say something in the latest conversation."""
        httpx.post(f"{self.url}/say/{author}", json=content, timeout=10).raise_for_status()


@dataclass
class Visit:
    """A visitor's page with the widget."""

    page: Page
    said: list[str]
    """What the browser complained of."""

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def field(self) -> Locator:
        return self.page.locator("aftercare-chat .composer textarea")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("aftercare-widget button.launcher")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    async def open(self) -> None:
        await self.launcher.click()
        await self.panel.wait_for()
        await self.page.locator("aftercare-chat .state.online").wait_for()

    async def write(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    @property
    def send(self) -> Locator:
        return self.panel.get_by_role("button", name="Send", exact=True)

    async def choose(self, name: str, kind: str, content: bytes) -> None:
        """Choose a file to send."""
        async with self.page.expect_file_chooser() as choosing:
            await self.panel.get_by_role("button", name="Add photos").click()
        await (await choosing.value).set_files(FilePayload(name=name, mimeType=kind, buffer=content))

    def message(self, text: str) -> Locator:
        """What was said with exactly these words, by anybody."""
        return self.log.locator(".text").get_by_text(text, exact=True)

    async def bubbles(self) -> list[str]:
        """What was said, by the visitor and to them."""
        texts = await self.log.locator(".rows .text").all_inner_texts()
        return [text.strip() for text in texts]


@asynccontextmanager
async def visit(
    browser: Browser, place: Place, path: str = "/page", *, context: BrowserContext | None = None, **options: Any
) -> AsyncIterator[Visit]:
    """A new visitor on a page, or another page of one; at the end, the browser must not have complained of anything."""
    own = context is None
    if context is None:
        settings = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options}
        context = await browser.new_context(base_url=place.url, **settings)
        context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(path)
    await page.locator("aftercare-widget button.launcher").wait_for()
    yield Visit(page, said)
    assert said == []
    await (context if own else page).close()
