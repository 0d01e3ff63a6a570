"""The whole application on loopback, with a bot that always says the same: all routes, and no model."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import structlog

from aftercare.house import Ground, furnish, lay_ground
from aftercare.keys import prepare_storage
from aftercare.settings import Settings
from aftercare.simulation import simulated_secrets
from bot.engine import import_rasa
from desk.access.agents import Role
from desk.access.web import COOKIE
from desk.api.tokens import Scope, Tokens
from tests.bots import ScriptedBot, answer

CARRIER_SECRET = "carriers and this server share it"
PATIENCE = 60.0
"""Seconds that any answer may take, on a machine that has other things to do."""


class Greeter(ScriptedBot):
    """Says hello to everything."""

    model = "none"

    def __init__(self) -> None:
        super().__init__(lambda heard: answer({"text": "Hello."}))


@dataclass
class Whole:
    """Attributes:
    secrets: of the messengers' platforms.
    client: nobody in particular; it follows no redirects.
    desk: an administrator's browser.
    program: a program that may do everything.
    log: what was logged.
    """

    url: str
    app: Any
    ground: Ground
    secrets: dict[str, str]
    client: httpx.Client
    desk: httpx.Client
    program: httpx.Client
    log: Sequence[Mapping[str, Any]]

    @property
    def failures(self) -> list[str]:
        """What went wrong in a way that nobody had thought of."""
        return [
            f"{entry['event']}: {entry['exc_info']!r}"
            for entry in self.log
            if entry.get("exc_info") and entry["log_level"] == "error"
        ]


@contextmanager
def open_whole(home: Path, **settings: Any) -> Iterator[Whole]:
    """Serve it in a thread of its own.

    Args:
        settings: those that differ from the defaults.
    """
    import_rasa()
    from aftercare.app import create_app

    given = Settings(home=home, carrier_secret=CARRIER_SECRET, _env_file=None, **settings)  # type: ignore[call-arg]
    ground = lay_ground(given)
    prepare_storage(given, ground.database)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE * 3)

    async def serve() -> tuple[Any, Any]:
        await furnish(ground)
        app = create_app(ground, cast(Any, Greeter()), f"whole_{home.name}")
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        assert server
        await server.startup()
        await server.before_start()
        await server.start_serving()
        return app, server

    with structlog.testing.capture_logs() as log, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app, server = run(serve())
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        session, token = run(_administrator(app, ground))
        cookies = {COOKIE: session}
        with (
            httpx.Client(base_url=url, timeout=PATIENCE) as client,
            httpx.Client(base_url=url, timeout=PATIENCE, cookies=cookies, headers=OWN_PAGE) as desk,
            httpx.Client(base_url=url, timeout=PATIENCE, headers={"authorization": f"Bearer {token}"}) as program,
        ):
            found = re.search(r'data-csrf="([^"]+)"', desk.get("/desk/follow-ups").text)
            assert found
            desk.headers["x-csrf-token"] = found[1]
            try:
                yield Whole(url, app, ground, simulated_secrets(ground.secret), client, desk, program, log)
            finally:

                async def stop() -> None:
                    server.close()
                    await server.wait_closed()
                    await server.after_stop()

                run(stop())
                loop.call_soon_threadsafe(loop.stop)
                thread.join(PATIENCE)


OWN_PAGE = {"accept": "text/html", "accept-language": "en", "sec-fetch-site": "same-origin"}


async def _administrator(app: Any, ground: Ground) -> tuple[str, str]:
    """The tokens of somebody who may do everything: of a session, and for a program."""
    access = app.ctx.people.access
    agent = await access.agents.add("ada@halden.example", "Ada", Role.ADMINISTRATOR)
    _, shown = await Tokens(ground.database, access.agents, ground.now).make("test", list(Scope), agent.id)
    return await access.sessions.begin(agent.id, "Chromium"), shown
