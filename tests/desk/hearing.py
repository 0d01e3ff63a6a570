"""Programs that hear of the desk: a server that is told of events, and a clock for what is told later."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty

from storage import Queue, migrate
from tests.serving import serve

_names = (f"desk_hearing_{number}" for number in count())

LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database that nobody uses."""
    path = tmp_path_factory.mktemp("migrated") / "desk.db"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, f"sqlite:///{path}").result()
    return path


def copy_of(migrated: Path, home: Path) -> str:
    """The URL of a copy of it in a folder: quicker than to migrate another one."""
    return f"sqlite:///{copyfile(migrated, home / 'desk.db')}"


@dataclass
class Clock:
    """A clock that stands still until a test turns it."""

    at: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass(frozen=True)
class Told:
    """A request as the server got it."""

    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Receiver:
    """A server that is told of events; it answers with `statuses`, one after the other, and then with 200."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is told something."""

    @property
    def events(self) -> list[str]:
        return [each.body["event"] for each in self.told]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Serve one on loopback."""
    receiver = Receiver()
    routes = Blueprint("receiver")

    @routes.post("/hook")
    async def hook(request: Request) -> HTTPResponse:
        receiver.told.append(Told(dict(request.headers), request.body))
        receiver.heard.set()
        return empty(receiver.statuses.pop(0) if receiver.statuses else 200)

    @routes.post("/moved")
    async def moved(request: Request) -> HTTPResponse:
        return empty(307, {"location": "/hook"})

    async with serve(routes, next(_names)) as client:
        receiver.url = str(client.base_url)
        yield receiver


async def work_off(queue: Queue) -> int:
    """Deal with everything that is due, as `storage.Workers` do; returns how much that was."""
    done = 0
    while (claimed := await queue.claim()) is not None:
        await queue.process(claimed)
        done += 1
    return done
