"""A customer's orders: the list, and the one that is meant."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.case import Case
from bot.actions.identity import OwnOrder
from bot.actions.listing import MAX_LISTED, ListOrders
from shop import Order, Policies, SqlShop
from shop.demo import seed
from shop.policies import BUNDLED
from shop.rows import from_order
from storage import Database

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VALERIA = "valeria.hernandez@correo.example"


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[SqlShop]:
    policies = Policies.load(BUNDLED)
    await seed(database, NOW, policies=policies)
    yield SqlShop(database, policies)


def case_of(shop: SqlShop, text: str = "hello", **entities: str) -> Case:
    services: Any = SimpleNamespace(
        shop=shop,
        policies=Policies.load(BUNDLED),
        now=lambda: NOW,
        default_language="en",
        choices=Unread(),
        public_url="https://help.example",
    )
    found = [{"entity": name, "value": value} for name, value in entities.items()]
    message = {"text": text, "intent": {"name": "inform"}, "entities": found, "metadata": {}}
    return Case(services, CollectingDispatcher(), Tracker("sender", {}, message, [], False, None, {}, "action_listen"))


class Unread:
    """Reads nothing out of words."""

    def one(self, *arguments: Any) -> None:
        return None


async def many_orders(shop: SqlShop, database: Database, count: int) -> list[str]:
    """Give Valeria so many orders; returns their numbers, the newest first."""
    placed = await shop.order("AC-101877")
    assert placed is not None
    has = len(await shop.orders_of(VALERIA))
    async with database.session() as session:
        session.add_all(from_order(replace(placed, number=f"AC-2000{number:02}")) for number in range(count - has))
    return [order.number for order in await shop.orders_of(VALERIA)]


async def listed(shop: SqlShop, **entities: str) -> dict[str, Any]:
    """What the list says, of the orders that a button asks for."""
    case = case_of(shop, **entities)
    customer = await shop.customer(VALERIA)
    assert customer is not None
    await ListOrders().settle(case, customer)
    (said,) = case.dispatcher.messages
    numbers = [part["values"]["order_number"] for part in said["orders"]["parts"]]
    return {**said, "numbers": numbers, "payloads": [choice["payload"] for choice in said["choices"]]}


async def test_all_orders_come_one_page_after_the_other(shop: SqlShop, database: Database) -> None:
    numbers = await many_orders(shop, database, 2 * MAX_LISTED + 2)
    pages = [await listed(shop)]
    while pages[-1]["payloads"] and pages[-1]["payloads"][-1].startswith("/list_orders"):
        pages.append(await listed(shop, **json.loads(pages[-1]["payloads"][-1].removeprefix("/list_orders"))))
    assert [page["numbers"] for page in pages] == [numbers[:5], numbers[5:10], numbers[10:]]
    assert [page["response"] for page in pages] == ["utter_orders", "utter_older_orders", "utter_older_orders"]


async def test_a_full_page_is_followed_by_no_empty_one(shop: SqlShop, database: Database) -> None:
    await many_orders(shop, database, MAX_LISTED)
    assert not any(payload.startswith("/list_orders") for payload in (await listed(shop))["payloads"])


@pytest.mark.parametrize("choice", ["0", "99", "-5", "x", "²", ""])
async def test_a_page_that_is_not_there_is_the_first(shop: SqlShop, database: Database, choice: str) -> None:
    numbers = await many_orders(shop, database, MAX_LISTED + 1)
    assert (await listed(shop, question="older", choice=choice))["numbers"] == numbers[:MAX_LISTED]


@pytest.fixture
async def orders(shop: SqlShop) -> list[Order]:
    return await shop.orders_of("emily.carter@mail.example")


async def test_a_parcel_s_number_names_its_order(shop: SqlShop, orders: list[Order]) -> None:
    order = next(order for order in orders if order.number == "AC-108820")
    question = OwnOrder("utter_question_order", orders, orders, "en")
    for parcel in order.shipments:
        for spelling in (parcel.tracking_number, parcel.tracking_number.lower(), ".".join(parcel.tracking_number)):
            case = case_of(shop, spelling, tracking_number=spelling)
            assert question.read(case) == question.volunteered(case) == "AC-108820"


async def test_a_parcel_of_somebody_else_names_none(shop: SqlShop, orders: list[Order]) -> None:
    foreign = await shop.order("AC-104233")
    assert foreign is not None
    number = foreign.shipments[0].tracking_number
    question = OwnOrder("utter_question_order", orders, orders, "en")
    assert question.read(case_of(shop, number, tracking_number=number)) is None
