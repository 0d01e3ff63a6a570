"""Customers who talk while something fails, and the books that are balanced afterwards.

A message counts as sent until it is answered: like a program that uses REST, and like the widget, a customer sends it
again under the same id. Afterwards each message must be in the database once, have been answered once, in the order in
which the customer wrote, with the same words as in a conversation that nothing disturbed; and the customer must have
got these words.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from operator import gt
from typing import Any

import httpx
from sqlalchemy import Row, select
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bot.trackers import TRACKERS
from conversations import Author
from conversations.messages import MESSAGES
from storage import Database

SCRIPT = (
    "Where is my order AC-104233?",
    "lucia.fernandez@correo.example",
    "Can I return it?",
    "Thanks",
)
"""What every customer says, again and again: a turn that is taken twice changes what is answered afterwards."""

PATIENCE_SECONDS = 150.0
"""So long a customer tries to get an answer to a message."""

ATTEMPT_SECONDS = 25.0
LAST_WORDS = 2
"""So many messages everybody sends after the fault is over."""
REMEMBERED = 3
"""So many of a customer's last messages are in the bot's tracker."""


@dataclass(frozen=True)
class Refusal:
    """An answer that was none: what the server said instead, and after how many seconds."""

    status: int
    said: str
    seconds: float


@dataclass
class Customer:
    """Somebody who writes, and what they got.

    Attributes:
        said: the ids of the messages, in their order.
        heard: what answered each.
        refusals: what the server said when it had no answer.
        broken: how often there was no server at all, or it broke off.
    """

    url: str
    pause: float = 0.2
    """Seconds between two messages, and before one is sent again."""
    said: list[str] = field(default_factory=list)
    heard: dict[str, list[str]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    broken: int = 0

    async def attempt(self, message_id: str, text: str) -> list[str] | None:
        """Send a message once; the texts of its answer, or None where it was refused. Raises for a connection."""
        raise NotImplementedError

    async def close(self) -> None:
        """Leave."""

    async def say(self, text: str) -> list[str]:
        """Send a message until it is answered."""
        message_id = uuid.uuid4().hex
        self.said.append(message_id)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    answer = await self.attempt(message_id, text)
            except (httpx.TransportError, WebSocketException, OSError, EOFError):
                self.broken += 1
                await self.close()
                answer = None
            if answer is not None:
                self.heard[message_id] = answer
                return answer
            await asyncio.sleep(self.pause)
        raise AssertionError(f"{text!r} was not answered within {PATIENCE_SECONDS:.0f} s: {self.refusals[-3:]}")


@dataclass
class RestCustomer(Customer):
    """A program that uses REST."""

    sender: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def attempt(self, message_id: str, text: str) -> list[str] | None:
        """See `Customer.attempt`."""
        body = {"sender": self.sender, "message": text, "message_id": message_id, "locale": "de"}
        started = time.monotonic()
        # A connection for each, so that the processes of a server share them.
        async with httpx.AsyncClient(base_url=self.url, timeout=ATTEMPT_SECONDS) as client:
            response = await client.post("/webhooks/rest/webhook", json=body)
        if response.status_code != 200:
            self.refusals.append(Refusal(response.status_code, response.text, time.monotonic() - started))
            return None
        return [said.get("text", "") for said in response.json()]


@dataclass
class Visitor(Customer):
    """A window of the widget.

    Attributes:
        seen: of each message that reached it, the id in the database and, of its own, the id under which it was sent.
    """

    pause: float = 1.0  # it is allowed 30 in a minute
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)
    _token: str | None = None
    _socket: ClientConnection | None = None

    async def attempt(self, message_id: str, text: str) -> list[str] | None:
        """See `Customer.attempt`."""
        started = time.monotonic()
        socket = self._socket or await self._come()
        await socket.send(json.dumps({"type": "message", "id": message_id, "text": text}))
        while True:
            frame = await self._receive(socket)
            if frame.get("id") != message_id:
                continue
            if frame["type"] == "failed":
                self.refusals.append(Refusal(503, frame["code"], time.monotonic() - started))
                # As the widget does: whoever tries too often is shut out.
                await asyncio.sleep(frame["seconds"])
                return None
            if frame["type"] == "done":
                # The words come on another way, and may be here later.
                return []

    async def close(self) -> None:
        """See `Customer.close`."""
        if self._socket:
            await self._socket.close()
            self._socket = None

    async def look(self) -> None:
        """Come back, and see what stands there in the end."""
        await self.close()
        await self._come()
        answered = ""
        for message in self.seen.values():
            answered = message.get("client_id", answered)
            if message["author"] == Author.BOT:
                self.heard[answered].append(message["content"].get("text", ""))

    async def _come(self) -> ClientConnection:
        url = self.url.replace("http", "ws", 1)
        socket = await connect(f"{url}/webhooks/widget/socket", origin=self.url, open_timeout=ATTEMPT_SECONDS)  # type: ignore[arg-type]
        hello = {"type": "hello", "token": self._token, "after": max(self.seen, default=None), "locale": "de"}
        await socket.send(json.dumps(hello))
        while (await self._receive(socket))["type"] != "welcome":
            pass
        self._socket = socket
        return socket

    async def _receive(self, socket: ClientConnection) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await socket.recv())
        self._token = frame.get("token", self._token)
        for message in [*frame.get("messages", ()), *([frame["message"]] if frame["type"] == "message" else ())]:
            assert message["id"] > max(self.seen, default=0), "a message came twice, or after a later one"
            self.seen[message["id"]] = message
        return frame


class Ledger:
    """The customers of a server, and the books about them.

    Args:
        url: of the server.
        database: its URL, by a way on which nothing fails.
        programs: so many customers use REST.
        visitors: so many have a window of the widget open.
    """

    def __init__(self, url: str, database: str, programs: int = 4, visitors: int = 2) -> None:
        self._url = url
        self._database = Database(database)
        self.customers: list[Customer] = [
            *(RestCustomer(url) for _ in range(programs)),
            *(Visitor(url) for _ in range(visitors)),
        ]
        self._over = asyncio.Event()

    @property
    def refusals(self) -> list[Refusal]:
        """What the server said to customers whom it could not answer."""
        return [refusal for customer in self.customers for refusal in customer.refusals]

    async def notice(self) -> None:
        """Wait until nobody is left who got nothing but answers."""
        await self.until(lambda: all(customer.refusals or customer.broken for customer in self.customers))

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[Ledger]:
        """The customers talk inside of the `async with` block, and a little longer; then the books are balanced."""
        talks = [asyncio.create_task(self._talk(customer)) for customer in self.customers]
        try:
            await self.until(lambda: all(len(customer.heard) >= 2 for customer in self.customers), talks)
            yield self
            self._over.set()
            await asyncio.gather(*talks)
            await self._balance()
        finally:
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)
            await asyncio.gather(*(customer.close() for customer in self.customers), return_exceptions=True)
            await self._database.close()

    async def until(self, true: Callable[[], bool], talks: Sequence[asyncio.Task[None]] = ()) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not true():
                for talk in talks:
                    if talk.done():
                        talk.result()
                await asyncio.sleep(0.05)

    async def go_on(self) -> None:
        """Wait until everybody has been answered once more."""
        before = [len(customer.heard) for customer in self.customers]
        await self.until(lambda: all(map(gt, (len(customer.heard) for customer in self.customers), before)))

    async def _talk(self, customer: Customer) -> None:
        more = LAST_WORDS
        for text in cycle(SCRIPT):
            await customer.say(text)
            if self._over.is_set():
                more -= 1
            if more <= 0:
                break
            await asyncio.sleep(customer.pause)
        if isinstance(customer, Visitor):
            await customer.look()

    async def _balance(self) -> None:
        """Compare what customers sent and got with what is in the database."""
        async with self._database.reading() as connection:
            rows = list(await connection.execute(select(MESSAGES).order_by(MESSAGES.c.id)))
            trackers = dict(
                (await connection.execute(select(TRACKERS.c.conversation_id, TRACKERS.c.events))).tuples().all()
            )
        conversations: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            conversations[row.conversation_id].append(row)
        of_message = {row.channel_message_id: row.conversation_id for row in rows}
        for kind in (RestCustomer, Visitor):
            alike = [customer for customer in self.customers if isinstance(customer, kind)]
            undisturbed = await self._undisturbed(kind, max((len(customer.said) for customer in alike), default=0))
            for customer in alike:
                conversation_id = of_message[customer.said[0]]
                check_rows(customer, conversations[conversation_id])
                heard = [customer.heard[message_id] for message_id in customer.said]
                assert heard == undisturbed[: len(heard)]
                check_tracker(customer, json.loads(trackers[conversation_id]))

    async def _undisturbed(self, kind: type[Customer], count: int) -> list[list[str]]:
        """What a customer hears whom nothing disturbs."""
        customer = kind(self._url)
        texts = cycle(SCRIPT)
        for _ in range(count):
            await customer.say(next(texts))
        if isinstance(customer, Visitor):
            await customer.look()
        await customer.close()
        heard = [customer.heard[message_id] for message_id in customer.said]
        assert not customer.refusals and not customer.broken
        return heard


def check_rows(customer: Customer, rows: Sequence[Row[Any]]) -> None:
    """Whether a conversation is in the database as its customer had it: every message once, answered once, in order."""
    own = [row for row in rows if row.author == Author.CUSTOMER]
    assert [row.channel_message_id for row in own] == customer.said
    order = {row.id: index for index, row in enumerate(own)}
    turns = [order[row.id if row.author == Author.CUSTOMER else row.answers_id] for row in rows]
    assert turns == sorted(turns), "an answer stands behind a later message"
    for row in own:
        said = [answer.content.get("text", "") for answer in rows if answer.answers_id == row.id]
        assert said == customer.heard[row.channel_message_id]
    if isinstance(customer, Visitor):
        assert list(customer.seen) == [row.id for row in rows], "the window does not show what there is"


def check_tracker(customer: Customer, events: Sequence[dict[str, Any]]) -> None:
    """Whether the bot heard the customer's last messages once each."""
    texts = [text for text, _ in zip(cycle(SCRIPT), customer.said, strict=False)]
    assert [event["text"] for event in events if event["event"] == "user"] == texts[-REMEMBERED:]
