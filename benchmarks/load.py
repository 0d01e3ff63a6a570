"""Many customers at once for minutes: open chats, each of which writes now and then, and webhooks of a messenger.

    uv run python -m benchmarks.load [--sockets 1000] [--webhooks 50] [--seconds 300] [--json]
    uv run python -m benchmarks.load --workers 2 --postgres URL --redis URL

Starts a server of its own, with a model from the home folder, and a stand-in for WhatsApp's platform, which takes its
time to answer as that does. A window of the chat writes every `--every` seconds or so, says what it has read, and asks
after 25 seconds of silence whether the server is still there. Signed webhooks come in at an even rate, whether earlier
ones were acknowledged or not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import aiohttp
import numpy as np
import yaml
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from aftercare.settings import ROOT, Settings
from benchmarks.figures import Latency
from benchmarks.house import House
from benchmarks.machine import this_machine
from benchmarks.servers import HOST, Server, free_port
from benchmarks.stores import empty_redis, fresh_database
from benchmarks.turns import QUESTIONS
from benchmarks.webhooks import Answers, platform, whatsapp
from connectors.whatsapp.account import SIMULATED_NUMBER, SIMULATED_PHONE_NUMBER_ID

WHATSAPP = "connectors.whatsapp.channel.WhatsAppChannel"

SECRETS = {
    f"whatsapp_{name}": f"of the benchmark's account: {name}" for name in ("token", "app_secret", "verify_token")
}

MESSAGES_PER_CUSTOMER = 60
"""Seconds between two messages of a customer on the messenger."""

CONNECTING_AT_ONCE = 20

SILENCE_SECONDS = 25.0

PATIENCE_SECONDS = 60.0

SAMPLE_SECONDS = 2.0

START_PATIENCE = 400

WARM_UP = 1 / 3
"""Of the whole time: memory grows in it, as caches fill."""


@dataclass(frozen=True)
class Load:
    """How much customers do.

    Attributes:
        sockets: open windows of the chat.
        every: seconds between two messages of a window, give or take a tenth.
        webhooks: a second.
        seconds: for how long.
        platform_seconds: how long the messenger's platform takes for each call.
    """

    sockets: int = 1000
    every: float = 75.0
    webhooks: float = 50.0
    seconds: float = 300.0
    platform_seconds: float = 0.1


@dataclass
class Experience:
    """What customers saw: milliseconds, and what went wrong, counted."""

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    chats: list[float] = field(default_factory=list)
    welcomed: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    told_to_wait: int = 0


@dataclass
class Use:
    """What the server's processes used, every `SAMPLE_SECONDS`: MB of memory, and seconds of processors so far."""

    at: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """MB a minute after the warm-up: the slope of the line that fits best."""
        first = int(len(self.at) * WARM_UP)
        if len(self.at) - first < 3:
            return float("nan")
        return float(np.polyfit(np.array(self.at[first:]) / 60, self.memory[first:], 1)[0])

    @property
    def cores(self) -> float:
        """How many cores were busy for it."""
        return (self.cpu[-1] - self.cpu[0]) / (self.at[-1] - self.at[0])


class Window:
    """An open window of the chat."""

    def __init__(self, ws: ClientConnection, seen: Experience) -> None:
        self._ws = ws
        self._seen = seen

    async def live(self, load: Load, until: float) -> None:
        """Write now and then until a moment of `time.monotonic`, and read what comes in between."""
        try:
            await self._live(load, until)
        except (OSError, TimeoutError, WebSocketException) as error:
            self._seen.errors[f"chat: {type(error).__name__}: {error}"[:100]] += 1

    async def _live(self, load: Load, until: float) -> None:
        write_at = time.monotonic() + random.uniform(0, load.every)  # noqa: S311
        while write_at < until:
            await self._read_until(write_at)
            await self._write()
            write_at += load.every * random.uniform(0.9, 1.1)  # noqa: S311
        await self._read_until(until)

    async def _write(self) -> None:
        started = time.perf_counter()
        name = str(uuid4())
        await self._ws.send(json.dumps({"type": "message", "id": name, "text": random.choice(QUESTIONS)}))  # noqa: S311
        answers = 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (frame := json.loads(await self._ws.recv()))["type"] != "done":
                if frame["type"] == "failed":
                    self._seen.errors[f"chat: failed, {frame['code']}"] += 1
                    return
                self._seen.told_to_wait += frame["type"] == "waiting"
                if frame["type"] == "message" and frame["message"]["author"] == "bot":
                    answers, newest = answers + 1, frame["message"]["id"]
        self._seen.chats.append((time.perf_counter() - started) * 1000)
        if not answers:
            self._seen.errors["chat: no answer"] += 1
            return
        await self._ws.send(json.dumps({"type": "read", "up_to": newest}))

    async def _read_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, SILENCE_SECONDS)):
                    await self._ws.recv()
            except TimeoutError:
                if left > SILENCE_SECONDS:
                    await self._ws.send(json.dumps({"type": "ping"}))


@asynccontextmanager
async def windows(url: str, count: int, seen: Experience) -> AsyncIterator[list[Window]]:
    """Open windows, which are closed at the end of the block."""
    room = asyncio.Semaphore(CONNECTING_AT_ONCE)
    address = url.replace("http", "ws", 1) + "/webhooks/widget/socket"
    opened: list[Window] = []

    async def one(stack: AsyncExitStack) -> None:
        async with room:
            started = time.perf_counter()
            # Browsers do not ask by themselves whether the other side is there.
            ws = await stack.enter_async_context(connect(address, origin=url, ping_interval=None))  # type: ignore[arg-type]
            await ws.send(json.dumps({"type": "hello"}))
            assert json.loads(await ws.recv())["type"] == "welcome"
            seen.welcomed.append((time.perf_counter() - started) * 1000)
            opened.append(Window(ws, seen))

    async with AsyncExitStack() as stack:
        await asyncio.gather(*(one(stack) for _ in range(count)))
        yield opened


async def webhooks(url: str, load: Load, answers: Answers, seen: Experience) -> None:
    """Send webhooks, and wait until all of them are answered."""
    count, customers = int(load.webhooks * load.seconds), int(max(load.webhooks * MESSAGES_PER_CUSTOMER, 1))
    run = f"{time.time():.0f}"

    async def post(number: int) -> None:
        sender = f"4915550{number % customers:06}"
        arguments = whatsapp(SECRETS, sender, f"{run}.{number:06}", QUESTIONS[number % len(QUESTIONS)])
        answers.asked(sender)
        started = time.perf_counter()
        try:
            async with session.post(
                f"{url}/webhooks/whatsapp/webhook", data=arguments["content"], headers=arguments["headers"]
            ) as response:
                await response.read()
                if response.status != 200:
                    seen.errors[f"webhook: status {response.status}"] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            seen.errors[f"webhook: {type(error).__name__}"] += 1
        seen.acknowledged.append((time.perf_counter() - started) * 1000)

    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        began = time.monotonic()
        posts = []
        for number in range(count):
            await asyncio.sleep(max(began + number / load.webhooks - time.monotonic(), 0))
            posts.append(asyncio.create_task(post(number)))
        await asyncio.gather(*posts)
        if count:
            with suppress(TimeoutError):
                await asyncio.wait_for(answers.everything.wait(), PATIENCE_SECONDS)
    seen.answered = [seconds * 1000 for seconds in answers.seconds]
    if len(answers.seconds) < count:
        seen.errors["webhook: no answer"] = count - len(answers.seconds)


async def bear(server: Server, load: Load, platform_port: int) -> tuple[Experience, Use]:
    """Load a server that is ready, and watch it. The stand-in for the platform listens on a port of loopback."""
    seen, answers, use = Experience(), Answers(int(load.webhooks * load.seconds)), Use()
    async with (
        _serve(platform(answers, load.platform_seconds), platform_port),
        windows(server.url, load.sockets, seen) as opened,
        _watching(server, use),
    ):
        until = time.monotonic() + load.seconds
        chats = (window.live(load, until) for window in opened)
        await asyncio.gather(webhooks(server.url, load, answers, seen), *chats)
    return seen, use


@asynccontextmanager
async def _serve(app: Any, port: int) -> AsyncIterator[None]:
    server = await app.create_server(HOST, port, return_asyncio_server=True)
    await server.startup()
    await server.start_serving()
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def _watching(server: Server, use: Use) -> AsyncIterator[None]:
    """Sample what a server uses, inside of the block."""

    async def watch() -> None:
        while True:
            use.at.append(time.monotonic())
            use.memory.append(await asyncio.to_thread(server.resident))
            use.cpu.append(server.cpu_seconds())
            await asyncio.sleep(SAMPLE_SECONDS)

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()
        use.at.append(time.monotonic())
        use.memory.append(server.resident())
        use.cpu.append(server.cpu_seconds())


@contextmanager
def started(folder: Path, models: Path, platform_port: int, workers: int = 1, **stores: str) -> Iterator[Server]:
    """A server that is ready, whose account on WhatsApp is at a port of loopback."""
    house = House(folder, ROOT)
    name_account(house, platform_port)
    if not house.take_model(models):
        house.train()
    server = house.server(workers, **stores)
    secrets = {f"AFTERCARE_{name.upper()}": secret for name, secret in SECRETS.items()}
    server = replace(server, environment={**server.environment, **secrets})
    with server:
        server.start(START_PATIENCE)
        server.settle()
        yield server


def name_account(house: House, platform_port: int) -> None:
    """Have a house write to a platform at a port of loopback."""
    file = house.project / "credentials.yml"
    credentials = yaml.safe_load(file.read_text(encoding="utf-8"))
    credentials[WHATSAPP] = {
        "phone_number_id": SIMULATED_PHONE_NUMBER_ID,
        "number": SIMULATED_NUMBER,
        "api": f"http://{HOST}:{platform_port}/v1",
    }
    file.write_text(yaml.safe_dump(credentials), encoding="utf-8")


def report(seen: Experience, use: Use) -> dict[str, Any]:
    """What was measured, as `--json` prints it: milliseconds, MB, MB a minute, cores."""
    measured = {
        "webhook_acknowledged": seen.acknowledged,
        "webhook_answered": seen.answered,
        "chat_opened": seen.welcomed,
        "chat_answered": seen.chats,
    }
    return {
        "load_average": this_machine().load,
        **{name: asdict(Latency.of(times)) for name, times in measured.items() if times},
        "errors": dict(seen.errors),
        "told_to_wait": seen.told_to_wait,
        "memory": {"first": use.memory[0], "last": use.memory[-1], "most": max(use.memory), "growth": use.growth},
        "cores": use.cores,
    }


def show(figures: dict[str, Any]) -> None:
    """Print a report for people."""
    for name, value in figures.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        print(f"{name.replace('_', ' '):22}", ", ".join(f"{part} {number:.4g}".strip() for part, number in parts))


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in asdict(Load()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--postgres", help="the URL of a server on which a database may be made")
    parser.add_argument("--redis", help="the URL of a Redis database with nothing in it")
    parser.add_argument("--models", type=Path, default=Settings.load().models)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    load = Load(**{name: getattr(options, name) for name in asdict(Load())})
    with ExitStack() as stack:
        stores = {}
        if options.postgres:
            stores["database_url"] = stack.enter_context(fresh_database(options.postgres))
        if options.redis:
            stores["redis_url"] = stack.enter_context(empty_redis(options.redis))
        folder = Path(stack.enter_context(TemporaryDirectory()))
        port = free_port()
        server = stack.enter_context(started(folder, options.models, port, options.workers, **stores))
        print(f"{load.sockets} windows and {load.webhooks:g} webhooks a second for {load.seconds:g} s", file=sys.stderr)
        figures = report(*asyncio.run(bear(server, load, port)))
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
