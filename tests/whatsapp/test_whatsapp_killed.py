"""Whenever the process is killed, every message is answered, and none twice that the platform tells of."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from connectors.whatsapp.signatures import HEADER, signature
from tests.app.conftest import free_port
from tests.forks import fork
from tests.whatsapp.graph import APP_SECRET, Answer, Graph, platform
from tests.whatsapp.recorded import recorded
from tests.whatsapp.serving import main

PATIENCE_SECONDS = 60


@dataclass
class Killable:
    """The channel in a process of its own."""

    home: Path
    platform: str
    port: int = field(default_factory=free_port)
    process: ForkServerProcess | None = None

    async def start(self) -> None:
        self.process = fork(main, self.home, self.port, self.platform, log=self.home / "log")
        async with httpx.AsyncClient(base_url=self.url) as client:
            while True:
                assert self.process.is_alive(), (self.home / "log").read_text()
                try:
                    await client.get("/health")
                    return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    def kill(self) -> None:
        """End the process in the midst of whatever it does."""
        assert self.process is not None
        self.process.kill()
        self.process.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def tell(self, webhook: Any) -> None:
        """Send a webhook as often as it takes, as the platform does."""
        body = json.dumps(webhook).encode()
        headers = {HEADER: signature(body, APP_SECRET)}
        async with httpx.AsyncClient(base_url=self.url) as client:
            while True:
                try:
                    response = await client.post("/webhook", content=body, headers=headers)
                    assert response.status_code == 200
                    return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def graph() -> AsyncIterator[Graph]:
    async with platform() as graph:
        yield graph


@pytest.fixture
def killable(graph: Graph, tmp_path: Path) -> Iterator[Killable]:
    served = Killable(tmp_path, graph.url)
    yield served
    served.kill()


def message(text: str, sender: str = "15550001001") -> Any:
    """A webhook with a message."""
    webhook = recorded("text", datetime.now(UTC))
    (said,) = webhook["entry"][0]["changes"][0]["value"]["messages"]
    said |= {"id": f"wamid.{sender}.{text}", "from": sender, "text": {"body": text}}
    return webhook


def status(sent: dict[str, Any], platform_id: str) -> Any:
    """A webhook that tells that a message was sent."""
    webhook = recorded("status_sent", datetime.now(UTC))
    (told,) = webhook["entry"][0]["changes"][0]["value"]["statuses"]
    told |= {"id": platform_id, "biz_opaque_callback_data": sent["biz_opaque_callback_data"]}
    return webhook


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():
            await asyncio.sleep(0.02)


def texts(graph: Graph, sender: str = "15550001001") -> list[str]:
    return [sent["text"]["body"] for sent in graph.sent if sent["to"] == sender]


async def test_killed_before_during_and_after(killable: Killable, graph: Graph) -> None:
    pause = killable.home / "pause"
    pause.touch()
    await killable.start()
    await killable.tell(message("one"))
    await killable.tell(message("two"))
    killable.kill()
    pause.unlink()
    # The platform takes the first answer, and the process dies before it hears so.
    graph.answers.append(Answer(silent=True))
    await killable.start()
    await until(lambda: texts(graph) == ["You said: one"])
    killable.kill()
    graph.listens.set()
    await killable.start()
    await killable.tell(status(graph.sent[0], graph.ids()[0]))
    await until(lambda: len(texts(graph)) > 1)
    await killable.tell(message("three"))
    await until(lambda: "You said: three" in texts(graph))
    assert texts(graph) == ["You said: one", "You said: two", "You said: three"]


async def test_what_the_platform_does_not_tell_of_is_sent_again(killable: Killable, graph: Graph) -> None:
    graph.answers.append(Answer(silent=True))
    await killable.start()
    await killable.tell(message("one"))
    await until(lambda: texts(graph) == ["You said: one"])
    killable.kill()
    graph.listens.set()
    await killable.start()
    await until(lambda: texts(graph) == ["You said: one", "You said: one"])


async def test_killed_at_any_moment(killable: Killable, graph: Graph) -> None:
    chance = random.Random(7)
    customers = [f"1555000200{number}" for number in range(4)]
    await killable.start()

    async def talk(customer: str) -> None:
        for number in range(8):
            await killable.tell(message(str(number), customer))

    talks = [asyncio.create_task(talk(customer)) for customer in customers]
    for _ in range(2):
        enough = len(graph.sent) + chance.randint(2, 5)
        await until(lambda: len(graph.sent) >= enough)  # noqa: B023, called here only
        killable.kill()
        await killable.start()
    await asyncio.gather(*talks)
    expected = [f"You said: {number}" for number in range(8)]
    await until(lambda: all(set(expected) <= set(texts(graph, customer)) for customer in customers))
    for customer in customers:
        heard = texts(graph, customer)
        assert list(dict.fromkeys(heard)) == expected, "nothing is lost, and nothing is out of its order"
        # Of each customer, one answer at most is on its way when the process dies.
        assert len(heard) <= len(expected) + 2
