"""The channel and the simulator, which know nothing of each other but the account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update

from connectors.simulators.stage import Author as Side
from connectors.simulators.stage import Bubble, Delivery
from connectors.simulators.whatsapp import WhatsApp
from connectors.simulators.whatsapp.api import platform_routes
from conversations import Author, State
from conversations.outbox import OUTBOX
from storage import Database
from tests.bots import ScriptedBot, answer
from tests.serving import serve
from tests.whatsapp.graph import Graph
from tests.whatsapp.house import SECRETS, House, house
from tests.whatsapp.recorded import CUSTOMER

_names = count()


@dataclass
class Both:
    """The simulator, and the house that it calls."""

    simulator: WhatsApp
    house: House
    database: Database

    async def settle(self) -> None:
        """Until nobody has anything to do."""
        while await self.house.work_off() or await self.simulator.settle():
            pass

    async def write(self, text: str, reply_to: str | None = None) -> None:
        """Have the customer write."""
        await self.simulator.text(CUSTOMER, text, reply_to)
        await self.settle()

    def shown(self) -> list[Bubble]:
        """What the customer sees of the shop."""
        return self.simulator.stage.of(CUSTOMER, Side.SHOP)

    async def states(self) -> list[tuple[Any, ...]]:
        """How far the shop's messages have got, as it knows."""
        query = select(OUTBOX.c.state, OUTBOX.c.reason).order_by(OUTBOX.c.id)
        async with self.database.reading() as connection:
            return [tuple(row) for row in await connection.execute(query)]

    async def later(self) -> None:
        """Some time later."""
        async with self.database.writing() as connection:
            waiting = OUTBOX.c.next_attempt_at.is_not(None)
            await connection.execute(update(OUTBOX).where(waiting).values(next_attempt_at=datetime.now(UTC)))
        await self.settle()


@pytest.fixture
async def both(rasa: None, database: Database, tmp_path: Path) -> AsyncIterator[Both]:
    simulator = WhatsApp(SECRETS, "http://127.0.0.1:9/", pauses=())
    async with serve(platform_routes(simulator), f"simulator_{next(_names)}") as client:
        platform = Graph(url=str(client.base_url).rstrip("/"))
        async with house(platform, database, tmp_path / "uploads", ScriptedBot()) as opened:
            simulator.caller.address = str(opened.client.base_url.join("/webhook"))
            yield Both(simulator, opened, database)
        await simulator.close()


async def test_the_subscription_is_checked(both: Both) -> None:
    assert (await both.simulator.check()).taken
    assert both.simulator.stage.server["state"] == "ok"


async def test_a_message_is_answered_and_read(both: Both) -> None:
    await both.write("Where is my parcel?")
    (shown,) = both.shown()
    assert shown.state == Delivery.DELIVERED
    assert await both.states() == [(State.DELIVERED, None)]
    await both.simulator.read(CUSTOMER)
    await both.settle()
    assert await both.states() == [(State.READ, None)]
    (asked,) = both.simulator.stage.of(CUSTOMER, Side.CUSTOMER)
    assert asked.state == Delivery.READ


async def test_everything_is_told_twice_and_happens_once(both: Both) -> None:
    await both.simulator.switch("webhooks_twice", True)
    await both.write("Where is my parcel?")
    assert len(both.house.bot.heard) == len(both.shown()) == 1
    assert not both.house.problems


async def test_buttons_and_lists_are_chosen_from(both: Both) -> None:
    for titles in (("Yes", "No"), tuple(f"Reason number {number}" for number in range(8))):
        choices = [{"title": title, "payload": f"/pick{number}"} for number, title in enumerate(titles)]
        both.house.bot.script = lambda heard, choices=choices: answer(  # type: ignore[misc]
            *([] if heard.text.startswith("/") else [{"text": "Which?", "buttons": choices}])
        )
        await both.write("Hello")
        await both.simulator.choose(both.shown()[-1], "/pick1")
        await both.settle()
        assert both.house.bot.heard[-1].text == "/pick1"


async def test_a_photograph_comes_and_goes(both: Both) -> None:
    file = BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "JPEG")
    media = both.simulator.media.keep(file.getvalue(), "image/jpeg")
    await both.simulator.send_file(CUSTOMER, "image", media.id, "It is torn")
    await both.settle()
    (heard,) = both.house.bot.heard
    assert heard.text == "It is torn"
    content = {"text": "This one?", "photos": list(heard.photos)}
    await both.house.conversations.say(f"whatsapp:{CUSTOMER}", Author.BOT, content)
    await both.settle()
    assert [bubble.state for bubble in both.shown()] == [Delivery.DELIVERED] * 2
    assert not both.house.problems


@pytest.mark.parametrize("failure", ["500", "503", "429", "pair", "expired", "lost"])
async def test_what_fails_for_a_while_arrives_once(both: Both, failure: str) -> None:
    await both.simulator.switch("fail", failure)
    await both.write("Where is my parcel?")
    await both.later()
    await both.later()
    assert [bubble.state for bubble in both.shown()] == [Delivery.DELIVERED]
    assert await both.states() == [(State.DELIVERED, None)]


@pytest.mark.parametrize(
    ("switch", "reason"), [("window_closed", "window_closed"), ("undeliverable", "unreachable:131026")]
)
async def test_what_cannot_be_delivered_has_a_reason(both: Both, switch: str, reason: str) -> None:
    await both.simulator.switch(switch, True)
    await both.write("Where is my parcel?")
    assert await both.states() == [(State.FAILED, reason)]


async def test_a_wrong_signature_changes_nothing(both: Both) -> None:
    await both.simulator.switch("wrong_signature", True)
    await both.write("Where is my parcel?")
    assert not both.house.bot.heard
    assert both.simulator.stage.server["state"] == "refused"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "location", "location": {"latitude": 52.5, "longitude": 13.4}},
        {"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp", "animated": False}},
        {"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]},
    ],
)
async def test_what_cannot_be_read_is_declined(both: Both, message: dict[str, Any]) -> None:
    await both.simulator.say(CUSTOMER, message)
    await both.settle()
    assert not both.house.bot.heard
    assert len(both.shown()) == 1
    assert not both.house.problems
