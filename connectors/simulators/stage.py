"""What the page of a simulator shows: chats, what went over the wire, and how the platform is to behave."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")

Change = dict[str, Any]
"""What the page is told: a JSON object with a `type`."""

KEPT_EXCHANGES = 300
KEPT_BUBBLES = 2000
"""So many are kept, the newest."""


class Author(StrEnum):
    """Who says something in a chat; the platform itself says what the customer reads in small grey letters."""

    CUSTOMER = "customer"
    SHOP = "shop"
    PLATFORM = "platform"


class Delivery(StrEnum):
    """How far a message has come. Those of customers are delivered when the server has taken the webhook."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


PROGRESS = (Delivery.WAITING, Delivery.SENT, Delivery.DELIVERED, Delivery.READ)


@dataclass(frozen=True)
class Person:
    """A customer whom the page offers: their id on the platform, and the name of their profile."""

    id: str
    name: str
    language: str = ""


@dataclass
class Bubble:
    """A message in a chat.

    Attributes:
        content: what static/bubbles.js draws: `text`, `header`, `footer`, `image`, `document`, `buttons` and so on.
        reason: why it failed, in words.
        reactions: an emoji of each author.
    """

    id: str
    customer: str
    author: Author
    content: dict[str, Any]
    state: Delivery = Delivery.WAITING
    reason: str | None = None
    reply_to: str | None = None
    reactions: dict[str, str] = field(default_factory=dict)
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


@dataclass
class Exchange:
    """A request and its answer.

    Attributes:
        direction: `api` for a request of the server, `webhook` for one to it.
        request, response: the bodies as they went over the wire; media are only described.
        inside: what an encrypted body says.
        note: what the platform makes of it.
    """

    direction: str
    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    request: str = ""
    inside: str | None = None
    status: int | None = None
    response: str = ""
    response_inside: str | None = None
    milliseconds: int | None = None
    note: str | None = None
    id: int = field(default_factory=count(1).__next__)
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


class Stage:
    """All that the page shows.

    Args:
        about: the account, in words of the page.
        people: the customers whom the page offers.
        switches: how the platform is to behave, each with its first setting.
        choices: what switches that are strings can be.
    """

    def __init__(
        self,
        about: Mapping[str, str],
        people: Sequence[Person],
        switches: Mapping[str, Any],
        choices: Mapping[str, Sequence[str]],
    ) -> None:
        self.about = dict(about)
        self.people = {person.id: person for person in people}
        self.switches = dict(switches)
        self._choices = choices
        self.server: dict[str, str] = {"state": "unknown", "text": "Not asked yet."}
        self.bubbles: dict[str, Bubble] = {}
        self.exchanges: deque[Exchange] = deque(maxlen=KEPT_EXCHANGES)
        self._listeners: set[asyncio.Queue[Change]] = set()
        self._changed = asyncio.Event()

    def snapshot(self) -> Change:
        """Everything, for a page that has just been opened."""
        return {
            "type": "snapshot",
            "about": self.about,
            "people": [asdict(person) for person in self.people.values()],
            "switches": self.switches,
            "server": self.server,
            "bubbles": [asdict(bubble) for bubble in self.bubbles.values()],
            "exchanges": [asdict(exchange) for exchange in self.exchanges],
        }

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Change]]:
        """What changes from now on."""
        changes: asyncio.Queue[Change] = asyncio.Queue()
        self._listeners.add(changes)
        try:
            yield changes
        finally:
            self._listeners.discard(changes)

    async def wait_for(self, condition: Callable[[], T]) -> T:
        """The first true value of a condition, which is looked at whenever something has changed."""
        while not (value := condition()):
            changed = self._changed
            await changed.wait()
        return value

    def of(self, customer: str, author: Author | None = None) -> list[Bubble]:
        """The messages of a chat, or those of one author in it, the oldest first."""
        ours = (bubble for bubble in self.bubbles.values() if bubble.customer == customer)
        return [bubble for bubble in ours if author in (None, bubble.author)]

    def meet(self, person: Person) -> None:
        """Offer a customer, if they are not there yet."""
        if person.id not in self.people:
            self.people[person.id] = person
            self.tell({"type": "person", "person": asdict(person)})

    def add(self, bubble: Bubble) -> Bubble:
        """Show a message."""
        self.bubbles[bubble.id] = bubble
        while len(self.bubbles) > KEPT_BUBBLES:
            del self.bubbles[next(iter(self.bubbles))]
        self.show(bubble)
        return bubble

    def show(self, bubble: Bubble) -> None:
        """Show what has changed of a message."""
        self.tell({"type": "bubble", "bubble": asdict(bubble)})

    def advance(self, bubble: Bubble, state: Delivery, reason: str | None = None) -> bool:
        """Say how far a message has come, which never goes backwards; returns whether it has come further."""
        if state in PROGRESS and bubble.state in PROGRESS and PROGRESS.index(state) <= PROGRESS.index(bubble.state):
            return False
        bubble.state, bubble.reason = state, reason
        self.show(bubble)
        return True

    def record(self, exchange: Exchange) -> None:
        """Show what went over the wire."""
        self.exchanges.append(exchange)
        self.tell({"type": "exchange", "exchange": asdict(exchange)})

    def switch(self, name: str, value: Any) -> None:
        """Have the platform behave differently. Raises `ValueError` for what cannot be switched so."""
        known = name in self.switches and type(value) is type(self.switches[name])
        if not known or (isinstance(value, str) and value not in self._choices[name]):
            raise ValueError(f"there is no switch {name} that can be {value!r}")
        self.switches[name] = value
        self.tell({"type": "switches", "switches": self.switches})

    def take_failure(self) -> str:
        """What the next message of the shop fails with (the switch `fail`, `fail_times` often); "" for nothing."""
        failure: str = self.switches["fail"]
        if failure:
            left = self.switches["fail_times"] - 1
            self.switch("fail_times", max(left, 1))
            if left <= 0:
                self.switch("fail", "")
        return failure

    def tell_server(self, state: str, text: str) -> None:
        """Say what has become of the server: `ok`, `refused`, `missing`."""
        if self.server != {"state": state, "text": text}:
            self.server = {"state": state, "text": text}
            self.tell({"type": "server", "server": self.server})

    def typing(self, customer: str, seconds: float) -> None:
        """Show that the shop is writing, for so long or until it says something; 0 ends it."""
        self.tell({"type": "typing", "customer": customer, "seconds": seconds})

    def clear(self) -> None:
        """Forget all messages, and what went over the wire."""
        self.bubbles.clear()
        self.exchanges.clear()
        self.tell(self.snapshot())

    def tell(self, change: Change) -> None:
        """Tell every open page, and whoever waits for something."""
        for listener in self._listeners:
            listener.put_nowait(change)
        self._changed.set()
        self._changed = asyncio.Event()
