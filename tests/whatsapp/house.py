"""The channel with a house around it: its own inbox and outbox, a database, and a bot that says what a test wants."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from sanic import Blueprint

from connectors.whatsapp.signatures import HEADER, signature
from conversations import Conversations, Inbox, LocalLocks, MessageRow, Outbox, Photos
from storage import Database
from tests.bots import ScriptedBot
from tests.connectors.lending import lend
from tests.serving import serve
from tests.whatsapp.graph import APP_SECRET, TOKEN, VERIFY_TOKEN, Graph
from tests.whatsapp.recorded import CUSTOMER, recorded

if TYPE_CHECKING:
    from connectors.whatsapp.channel import WhatsAppChannel

SECRETS = {"whatsapp_token": TOKEN, "whatsapp_app_secret": APP_SECRET, "whatsapp_verify_token": VERIFY_TOKEN}
LANGUAGES = ("de", "en", "es", "fr", "zh")

MOST_BYTES = 1_000_000
"""Of the body of any other request, as in the house."""

_names = count()


@dataclass
class House:
    """Attributes:
    graph: the platform.
    client: for the channel's webhook.
    """

    graph: Graph
    client: httpx.AsyncClient
    channel: WhatsAppChannel
    bot: ScriptedBot
    conversations: Conversations
    inbox: Inbox
    outbox: Outbox
    photos: Photos
    problems: list[Exception] = field(default_factory=list)

    async def post(self, webhook: Any, header: str | None = None) -> httpx.Response:
        """Send a webhook as the platform does; with another signature if it is given."""
        body = webhook if isinstance(webhook, bytes) else json.dumps(webhook).encode()
        signed = signature(body, APP_SECRET) if header is None else header
        return await self.client.post("/webhook", content=body, headers={HEADER: signed})

    async def tell(self, name: str, at: datetime | None = None) -> None:
        """Send a recorded webhook of now, and have everything done that it leads to."""
        response = await self.post(recorded(name, at or datetime.now(UTC)))
        assert (response.status_code, response.content) == (200, b"")
        await self.work_off()

    async def work_off(self) -> int:
        """Deal with everything that is due; returns how much that was."""
        done = 0
        for queue in (self.inbox, self.outbox):
            while (claimed := await queue.claim()) is not None:
                done += 1
                try:
                    await queue.process(claimed)  # type: ignore[arg-type]
                except Exception as problem:
                    self.problems.append(problem)
        return done

    async def said(self, sender: str = CUSTOMER) -> list[MessageRow]:
        """What was said in a conversation."""
        return await self.conversations.transcript(f"whatsapp:{sender}")


@dataclass
class Rooms:
    """What the channel needs of a house."""

    conversations: Conversations
    inbox: Inbox
    outbox: Outbox
    photos: Photos

    @classmethod
    def furnish(cls, database: Database, uploads: Path, bot: ScriptedBot) -> Rooms:
        outbox = Outbox(database)
        conversations = Conversations(database, bot, LocalLocks(), outbox=outbox)
        return cls(conversations, Inbox(database), outbox, Photos(database, uploads))

    def channel(self, database: Database, platform: str, **settings: Any) -> tuple[WhatsAppChannel, Blueprint]:
        """The channel, with its routes."""
        from connectors.channel import incoming_of
        from connectors.whatsapp.channel import WhatsAppChannel

        facilities = lend(
            conversations=self.conversations,
            database=database,
            secret=b"a secret of the tests, long enough",
            languages=LANGUAGES,
            inbox=self.inbox,
            outbox=self.outbox,
            photos=self.photos,
            secrets=SECRETS,
            simulators={"whatsapp": platform},
        )

        async def on_new_message(message: Any) -> None:
            await self.conversations.receive(incoming_of(message))

        channel = WhatsAppChannel.from_credentials(settings, facilities)
        return channel, channel.blueprint(on_new_message)


@asynccontextmanager
async def house(
    graph: Graph, database: Database, uploads: Path, bot: ScriptedBot, **settings: Any
) -> AsyncIterator[House]:
    """The channel on loopback, with the platform beside it."""
    rooms = Rooms.furnish(database, uploads, bot)
    channel, routes = rooms.channel(database, graph.url, **settings)
    async with serve(routes, f"whatsapp_{next(_names)}", REQUEST_MAX_SIZE=MOST_BYTES) as client:
        yield House(graph, client, channel, bot, rooms.conversations, rooms.inbox, rooms.outbox, rooms.photos)
    await channel.close()
