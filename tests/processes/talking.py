"""Customers who talk to a server through connections whose process is known."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

PATIENCE = 60
"""Seconds, for whatever happens at once where the machine has nothing else to do."""


def processes_of(pid: int) -> set[int]:
    """The children of a process that are alive."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in children if _state(int(child)) != "Z"}


def process_behind(local_port: int, processes: set[int]) -> int | None:
    """Which of some processes has the other end of a connection from a port of this machine."""
    wanted = f":{local_port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    inodes = {line.split()[9] for line in lines if line.split()[2].endswith(wanted)}
    for process in processes:
        files = Path(f"/proc/{process}/fd").iterdir()
        links = (str(_link(file)) for file in files)
        if any(link == f"socket:[{inode}]" for link in links for inode in inodes):
            return process
    return None


def _link(file: Path) -> Path | None:
    try:
        return file.readlink()
    except OSError:
        return None


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with one connection, which stays open."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=httpx.Limits(max_connections=1)) as client:
        yield client


async def port_of(client: httpx.AsyncClient) -> int:
    """The local port of a client's connection."""
    async with client.stream("GET", "/health/live") as response:
        await response.aread()
        return int(response.extensions["network_stream"].get_extra_info("client_addr")[1])


async def say(client: httpx.AsyncClient, sender: str, text: str, message_id: str) -> httpx.Response:
    """Say something through REST."""
    body = {"sender": sender, "message": text, "message_id": message_id}
    return await client.post("/webhooks/rest/webhook", json=body)


@dataclass
class Traffic:
    """Customers who go on talking, one message after the other, until it is enough.

    Each repeats a message under its id until it is answered, as a client does that has to be sure.

    Attributes:
        answered: by sender, the ids of the messages that were, in their order, with how many messages answered each.
        refused: how often something else came in answer, by what it was.
    """

    url: str
    customers: int = 4
    text: str = "how long does delivery take?"
    answered: dict[str, dict[str, int]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    _enough: asyncio.Event = field(default_factory=asyncio.Event)
    _said: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def count(self) -> int:
        """How many messages were answered."""
        return sum(len(messages) for messages in self.answered.values())

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[Traffic]:
        """Talk during the block; at its end, everything that was said is answered, or the server has gone away."""
        talking = [asyncio.create_task(self._talk(uuid.uuid4().hex)) for _ in range(self.customers)]
        try:
            yield self
        finally:
            self._enough.set()
            await asyncio.wait_for(asyncio.gather(*talking), PATIENCE)

    async def more(self, messages: int) -> None:
        """Wait until so many more were answered."""
        until = self.count + messages
        async with self._said:
            await asyncio.wait_for(self._said.wait_for(lambda: self.count >= until), PATIENCE)

    def give_up(self) -> None:
        """Nothing more is repeated."""
        self._enough.set()

    async def _talk(self, sender: str) -> None:
        answered = self.answered[sender] = {}
        async with connection(self.url) as client:
            while not self._enough.is_set():
                message_id = uuid.uuid4().hex
                if count := await self._have_answered(client, sender, message_id):
                    answered[message_id] = count
                    async with self._said:
                        self._said.notify_all()

    async def _have_answered(self, client: httpx.AsyncClient, sender: str, message_id: str) -> int:
        """How many messages the answer has; 0 where the server has gone away for good."""
        for _ in range(1000):
            try:
                response = await say(client, sender, self.text, message_id)
                if response.status_code == 200:
                    assert response.json(), "no answer"
                    return len(response.json())
                self.refused[str(response.status_code)] += 1
            except httpx.TransportError as error:
                self.refused[type(error).__name__] += 1
                if isinstance(error, httpx.ConnectError) and self._enough.is_set():
                    return 0
            # What comes first: the answer to the next try, or somebody else's.
            await self._breathe()
        raise AssertionError(f"never answered: {self.refused}")

    async def _breathe(self) -> None:
        try:
            async with self._said:
                await asyncio.wait_for(self._said.wait(), 0.05)
        except TimeoutError:
            return
