"""What carriers report, over HTTP: who may, what it sets going, and which letters are written."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import pytest
import pytest_asyncio

from aftercare.carrier import SIGNATURE_HEADER, Scans, carrier_routes, signature
from bot.letters import Letter
from mail import Composer
from shop import Item, Money, Policies, Reason, Resolution, Return, ReturnRequest, SqlShop, WayBack
from shop.demo import seed
from shop.policies import BUNDLED
from storage import Base, Database
from tests.mail.samples import LETTERHEAD, LOCALES
from tests.serving import serve

SECRET = "a secret of thirty-two characters or more"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LANGUAGES = ("en", "de", "es", "fr", "zh")
JEANS, HOODIE = "BOT-301-BLU-32", "KNI-203-BLK-M"

_numbers = count()


@dataclass
class Bag:
    """A post that composes letters, and keeps one for each key."""

    letters: dict[str, Letter] = field(default_factory=dict)

    async def put(self, letter: Letter, key: str) -> None:
        Composer(LOCALES, LETTERHEAD, lambda: NOW).compose(letter)
        self.letters.setdefault(key, letter)

    async def send(self, letter: Letter) -> None:
        raise AssertionError("nothing of a carrier's is urgent")


@pytest_asyncio.fixture
async def shop(tmp_path: Any) -> AsyncIterator[SqlShop]:
    database = Database(f"sqlite:///{tmp_path / 'shop.db'}")
    async with database.writing() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await seed(database, NOW)
    yield SqlShop(database, Policies.load(BUNDLED), now=lambda: NOW)
    await database.close()


def announced(resolution: Resolution, sku: str = JEANS, **exchange: Any) -> ReturnRequest:
    amounts = {Resolution.REFUND: "69.90", Resolution.STORE_CREDIT: "76.89", Resolution.EXCHANGE: "0"}
    return ReturnRequest(
        order_number="AC-114590",
        items=(Item(sku),),
        reason=Reason.QUALITY,
        resolution=resolution,
        way_back=WayBack.LABEL,
        amount=Money(Decimal(amounts[resolution]), "EUR"),
        fee=Money(Decimal(0), "EUR"),
        **exchange,
    )


def report(return_: Return, **changes: Any) -> dict[str, Any]:
    scan = {
        "tracking_number": return_.tracking_number,
        "code": "delivered",
        "time": (NOW + timedelta(days=2)).isoformat(),
        "place": "Rotterdam",
        "country": "NL",
        "time_zone": "Europe/Amsterdam",
    }
    return scan | changes


def serving(shop: SqlShop, post: Bag, secret: str = SECRET) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    routes = carrier_routes(Scans(shop, post, LANGUAGES, "en"), secret)
    return serve(routes, f"carrier_{next(_numbers)}", FALLBACK_ERROR_FORMAT="json")


async def send(client: httpx.AsyncClient, body: Any, secret: str = SECRET) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {SIGNATURE_HEADER: signature(content, secret).decode()}
    return await client.post("/webhooks/carrier", content=content, headers=headers)


async def test_the_arrival_of_a_return_starts_its_refund_with_one_letter(shop: SqlShop) -> None:
    return_, post = await shop.create_return(announced(Resolution.REFUND), "key"), Bag()
    async with serving(shop, post) as client:
        for _ in range(3):
            response = await send(client, report(return_))
            assert (response.status_code, response.json()) == (200, {"known": True})
    (refund,) = await shop.refunds_of("AC-114590")
    (letter,) = post.letters.values()
    assert (letter.name, letter.to, letter.language) == ("refund_started", "anna.lindner@posteo.example", "de")
    assert letter.values["amount"]["amount"] == "69.90"
    assert letter.values["due"]["day"] == refund.due_on.isoformat()


async def test_a_scan_on_the_way_writes_nothing(shop: SqlShop) -> None:
    return_, post = await shop.create_return(announced(Resolution.REFUND), "key"), Bag()
    async with serving(shop, post) as client:
        assert (await send(client, report(return_, code="picked_up"))).status_code == 200
    assert post.letters == {}
    assert await shop.refunds_of("AC-114590") == []


async def test_store_credit_is_named_in_words(shop: SqlShop) -> None:
    return_, post = await shop.create_return(announced(Resolution.STORE_CREDIT), "key"), Bag()
    async with serving(shop, post) as client:
        await send(client, report(return_))
    (letter,) = post.letters.values()
    message = Composer(LOCALES, LETTERHEAD, lambda: NOW).compose(letter)
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Guthaben im Shop" in text
    assert "store_credit" not in text


async def test_an_exchange_sends_what_is_wanted_with_one_letter(shop: SqlShop) -> None:
    wanted = announced(Resolution.EXCHANGE, HOODIE, replacements={HOODIE: "KNI-203-BLK-L"})
    return_, post = await shop.create_return(wanted, "key"), Bag()
    async with serving(shop, post) as client:
        await send(client, report(return_))
        await send(client, report(return_))
    (letter,) = post.letters.values()
    assert letter.name == "replacement_sent"
    (item,) = letter.values["items"]
    assert (item["detail"], item["quantity"]) == ("Schwarz, L", 1)


async def test_a_customer_of_no_served_language_is_written_to_in_the_default_one(shop: SqlShop) -> None:
    return_, post = await shop.create_return(announced(Resolution.REFUND), "key"), Bag()
    routes = carrier_routes(Scans(shop, post, ["en", "fr"], "fr"), SECRET)
    async with serve(routes, f"carrier_{next(_numbers)}") as client:
        await send(client, report(return_))
    assert [letter.language for letter in post.letters.values()] == ["fr"]


async def test_the_parcel_of_another_shop_is_not_known(shop: SqlShop) -> None:
    return_ = await shop.create_return(announced(Resolution.REFUND), "key")
    async with serving(shop, Bag()) as client:
        response = await send(client, report(return_, tracking_number="XX-1"))
    assert (response.status_code, response.json()) == (200, {"known": False})


async def test_an_order_on_its_way_is_delivered_by_a_scan(shop: SqlShop) -> None:
    order = await shop.order("AC-104233")
    assert order is not None
    body = {"tracking_number": order.shipments[0].tracking_number, "code": "delivered", "time": NOW.isoformat()}
    async with serving(shop, Bag()) as client:
        assert (await send(client, body)).json() == {"known": True}
    order = await shop.order("AC-104233")
    assert order is not None and order.status.value == "delivered"


@pytest.mark.parametrize("signed", ["", "sha256=", "sha256=00", "sha256=ünsinn"])
async def test_who_does_not_know_the_secret_reports_nothing(shop: SqlShop, signed: str) -> None:
    return_, post = await shop.create_return(announced(Resolution.REFUND), "key"), Bag()
    async with serving(shop, post) as client:
        headers = [(SIGNATURE_HEADER.encode(), signed.encode())] if signed else []
        response = await client.post("/webhooks/carrier", content=json.dumps(report(return_)), headers=headers)
        assert response.status_code == 401
        assert (await send(client, report(return_), secret="another secret of thirty-two letters")).status_code == 401
    assert await shop.refunds_of("AC-114590") == []
    assert post.letters == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "eaten"}, "code"),
        ({"time": "2026-11-22T10:00:00"}, "time"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"country": "Netherlands"}, "country"),
        ({"tracking_number": ""}, "tracking_number"),
    ],
)
async def test_a_report_that_cannot_be_used_is_refused(shop: SqlShop, changes: dict[str, str], field: str) -> None:
    return_ = await shop.create_return(announced(Resolution.REFUND), "key")
    async with serving(shop, Bag()) as client:
        response = await send(client, report(return_, **changes))
    assert response.status_code == 400
    assert response.json()["message"].startswith(f"{field}: ")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
async def test_a_body_that_is_none_is_refused(shop: SqlShop, body: bytes) -> None:
    async with serving(shop, Bag()) as client:
        assert (await send(client, body)).status_code == 400


async def test_without_a_secret_there_is_no_such_page(shop: SqlShop) -> None:
    async with serving(shop, Bag(), secret="") as client:
        assert (await send(client, {}, secret="")).status_code == 404
