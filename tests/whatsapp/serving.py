"""The channel for a process of its own, which can be killed at any moment.

The bot echoes; while there is a file `pause` in the home, it does not come to its answer.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from sanic import Request, Sanic
from sanic.response import HTTPResponse, text

from bot.reply import Reply
from conversations import outbox
from storage import Database, Workers, migrate
from tests.bots import ScriptedBot, answer
from tests.whatsapp.house import Rooms

LEASE = timedelta(seconds=4)
"""Of what is being sent, in place of a minute."""


class Echo(ScriptedBot):
    """Says what it hears, unless it is held up."""

    def __init__(self, pause: Path) -> None:
        super().__init__(lambda heard: answer({"text": f"You said: {heard.text}"}))
        self._pause = pause

    async def reply(self, conversation_id: str, text: str, *arguments: Any, **context: Any) -> Reply:
        while self._pause.exists():
            await asyncio.sleep(0.01)
        return await super().reply(conversation_id, text, *arguments, **context)


def main(home: Path, port: int, platform: str) -> None:
    """Serve the platform at a URL until the process is killed; Rasa must be loaded."""
    outbox.LEASE = LEASE
    url = f"sqlite:///{home / 'whatsapp.db'}"
    migrate(url)
    database = Database(url)
    rooms = Rooms.furnish(database, home / "uploads", Echo(home / "pause"))
    _, routes = rooms.channel(database, platform)

    app: Any = Sanic("whatsapp_served", configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, TOUCHUP=False)
    app.blueprint(routes)
    workers = [Workers(rooms.inbox, "inbox", 4), Workers(rooms.outbox, "outbox", 4, seconds=0.2)]

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return text("ok")

    @app.before_server_start
    async def start(app: Any) -> None:
        await rooms.inbox.release()
        await rooms.outbox.await_news()
        for each in workers:
            each.start()

    app.run("127.0.0.1", port, single_process=True, motd=False, access_log=False)
