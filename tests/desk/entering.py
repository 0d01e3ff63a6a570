"""The desk's doors, served for tests, and the browsers that come to them."""

import re
import shutil
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sanic import Blueprint, Request, Sanic, Websocket
from sanic.response import HTTPResponse, json

from bot.localization import Catalogues
from desk.access.agents import Agent, Role
from desk.access.passwords import Passwords
from desk.access.permissions import May
from desk.access.web import Access, current, protect, require
from desk.console.frame import Frame
from desk.messages import DOMAIN, LOCALES
from storage import Database, migrate

SECRET = b"a secret of the desk's tests, long enough"
PASSWORD = "quiet lamp by the river"
LANGUAGES = ("en", "de", "es", "fr", "zh")

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Argon2 is slow on purpose; once with its own parameters is enough."""


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database without any rows, to be copied: that is quicker than to migrate one for each test."""
    path = tmp_path_factory.mktemp("migrated") / "desk.db"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, f"sqlite:///{path}").result()
    return path


@pytest.fixture
def database_url(migrated: Path, tmp_path: Path) -> str:
    """SQLite alone: `test_access_stores` asks both databases."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'desk.db')}"


_names = (f"desk_access_{number}" for number in count())


@dataclass
class Clock:
    """A clock that stands still until it is moved on."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 9, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


class Visitor(httpx.AsyncClient):
    """A browser: it keeps cookies, and says where its requests come from."""

    csrf: str | None = None

    async def open(self, path: str, **headers: str) -> httpx.Response:
        """Open a page, and remember the token in its forms."""
        response = await self.get(path, headers={"accept": "text/html", **headers})
        found = re.search(r'name="csrf" value="(\w+)"', response.text)
        self.csrf = found[1] if found else self.csrf
        return response

    async def submit(self, path: str, csrf: str | None = "", **fields: Any) -> httpx.Response:
        """Send a form of the desk's own page; without a token where `csrf` is None."""
        origin = {"origin": str(self.base_url).rstrip("/"), "accept": "text/html"}
        token = {"csrf": csrf or self.csrf or ""} if csrf is not None else {}
        return await self.post(path, headers=origin, data={**token, **fields})

    async def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        return await self.submit("/desk/login", email=email, password=password, **fields)


@dataclass
class Doors:
    """The desk, as far as its doors, being served."""

    access: Access
    database: Database
    clock: Clock
    url: str
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self, **headers: str) -> Visitor:
        self.visitors.append(Visitor(base_url=self.url, headers={"accept-language": "", **headers}, timeout=30))
        return self.visitors[-1]

    async def agent(self, email: str = "mei@halden.example", role: Role = Role.AGENT, **columns: Any) -> Agent:
        """An account with which one can sign in."""
        name = columns.pop("name", email.partition("@")[0].capitalize())
        agent = await self.access.agents.add(email, name, role, **columns)
        await self.access.credentials.set_password(agent.id, PASSWORD)
        return agent

    async def signed_in(self, email: str = "mei@halden.example", role: Role = Role.AGENT) -> Visitor:
        """A browser in which a new agent is signed in, with a page open."""
        await self.agent(email, role)
        visitor = self.visitor()
        assert (await visitor.sign_in(email)).status_code == 303
        assert (await visitor.open("/desk/account")).status_code == 200
        return visitor

    async def actions(self) -> list[str]:
        """What is on record, the earliest first."""
        return [entry.action for entry in reversed(await self.access.audit.entries())]


@asynccontextmanager
async def serve(database: Database, clock: Clock, **options: Any) -> AsyncIterator[Doors]:
    """Serve the desk's doors on loopback."""
    access = Access(database, SECRET, clock, passwords=Passwords(QUICK), **options)
    frame = _frame()
    app: Any = Sanic(next(_names), configure_logging=False)
    app.config.update(FALLBACK_ERROR_FORMAT="json", MOTD=False, ACCESS_LOG=False, TOUCHUP=False)
    app.ctx.desk_frame = frame
    for routes in (frame.blueprint(), access.blueprint(), _rooms(access)):
        app.blueprint(routes)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        doors = Doors(access, database, clock, f"http://127.0.0.1:{listening.getsockname()[1]}")
        try:
            yield doors
        finally:
            for visitor in doors.visitors:
                await visitor.aclose()
            server.close()
            await server.wait_closed()


@cache
def _frame() -> Frame:
    return Frame(Catalogues(LOCALES, DOMAIN), LANGUAGES, "Halden", now=Clock())


def _rooms(access: Access) -> Blueprint:
    """What is behind the doors: something to read, to change, and to listen to, and something for supervisors."""
    routes = Blueprint("rooms", url_prefix="/desk")
    protect(routes, access)

    @routes.get("/room")
    async def read(request: Request) -> HTTPResponse:
        return json({"agent": current(request).id})

    @routes.post("/room")
    async def change(request: Request) -> HTTPResponse:
        return json({"agent": current(request).id})

    @routes.get("/reports-room")
    async def reports(request: Request) -> HTTPResponse:
        return json({"agent": require(request, May.REPORTS).id})

    @routes.websocket("/live-room")
    async def live(request: Request, ws: Websocket) -> None:
        async for _ in ws:
            agent = await access.still(request)
            await ws.send(agent.name if agent else "nobody")

    return routes
