"""The adapter for Medusa, against a real server. What it shares with other adapters is in `test_port.py`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shop import (
    Address,
    CarrierScan,
    ClaimKind,
    ClaimRequest,
    ClaimStatus,
    Customer,
    DeliveryMethod,
    Item,
    Money,
    NotOffered,
    NotPossible,
    Order,
    OrderStatus,
    Reason,
    RefundCause,
    RefundRequest,
    RefundStatus,
    Remedy,
    RepairRequest,
    RepairWay,
    Resolution,
    ReturnRequest,
    ReturnStatus,
    ShopUnavailable,
    Term,
    TrackingCode,
    WayBack,
)
from shop.eligibility import quote, returnable
from shop.medusa import MedusaClient, MedusaShop
from shop.medusa.aftersales import RETURNS, in_metadata
from shop.medusa.client import Json, Query
from shop.medusa.values import money
from shop.policies import BUNDLED, Policies
from tests.medusa.store import CUSTOMER, PHONE, Store

SHOE, MUG = "RUN-BLA-42", "MUG"
PATIENCE_SECONDS = 60.0
BERLIN = Address("Anna Berg", "Hauptstr. 5", "Berlin", "10115", "DE", extra="2. OG")
DE = Policies.load(BUNDLED).for_country("DE")


@pytest.fixture
async def shop(medusa: Store) -> AsyncIterator[MedusaShop]:
    opened = MedusaShop(MedusaClient(medusa.url, medusa.key, timeout=PATIENCE_SECONDS))
    yield opened
    await opened.close()


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def sending_back(number: str, *items: Item, amount: str, fee: str = "0", **fields: object) -> ReturnRequest:
    values = {
        "order_number": number,
        "items": items,
        "reason": Reason.TOO_SMALL,
        "resolution": Resolution.REFUND,
        "way_back": WayBack.QR_CODE,
        "amount": euros(amount),
        "fee": euros(fee),
    }
    return ReturnRequest(**values | fields)  # type: ignore[arg-type]


async def existing(shop: MedusaShop, number: str) -> Order:
    found = await shop.order(number)
    assert found is not None
    return found


def scan(tracking_number: str, code: TrackingCode = TrackingCode.DELIVERED) -> CarrierScan:
    return CarrierScan(tracking_number, code, datetime.now(UTC), "Rotterdam", "NL")


async def test_what_an_order_says(shop: MedusaShop, medusa: Store) -> None:
    order = await existing(shop, medusa.delivered(SHOE, SHOE, delivery="DHL Express"))
    assert order.customer == Customer(order.customer.id, "Anna Berg", CUSTOMER, PHONE, "DE", "fr", BERLIN)
    (line,) = order.lines
    assert (line.product_sku, line.names, line.size) == ("trail-runner", {"en": "Trail runner"}, "42")
    assert line.category == Term("shoes", {"en": "Shoes"})
    assert line.image == "https://cdn.example/runner.png"
    assert line.colour == Term("black", {"en": "Black"})
    assert order.delivery is DeliveryMethod.EXPRESS
    assert order.placed_at.date() < order.promised_from <= order.promised_until
    (parcel,) = order.shipments
    assert parcel.tracking_number == f"T{order.number}-1"
    assert parcel.tracking_url == f"https://track.example/T{order.number}-1"
    assert (parcel.carrier, parcel.warehouse) == ("DHL Express", "Rotterdam")
    assert [(event.code, event.place, event.country) for event in parcel.events] == [
        (TrackingCode.PICKED_UP, "Rotterdam", "NL"),
        (TrackingCode.DELIVERED, "Berlin", "DE"),
    ]
    moments = [order.placed_at, order.paid_at, order.packed_at, order.shipped_at, order.delivered_at]
    assert moments == sorted(moment for moment in moments if moment)


async def test_tax_within_the_price_and_on_top(shop: MedusaShop, medusa: Store) -> None:
    german = (await existing(shop, medusa.order(SHOE, MUG))).totals
    assert german.tax_included
    assert (german.items, german.total) == (euros("59.89"), euros("65.72"))
    assert german.tax == euros("10.49")
    american = await existing(shop, medusa.order(SHOE, SHOE, country="US"))
    assert not american.totals.tax_included
    assert american.lines[0].unit_price == Money(Decimal("55.00"), "USD")
    assert american.totals.items == Money(Decimal("110.00"), "USD")
    assert american.totals.shipping == Money(Decimal("4.90"), "USD")
    assert american.totals.tax == Money(Decimal("9.19"), "USD")
    assert american.totals.total == Money(Decimal("124.09"), "USD")


async def test_a_line_costs_what_was_paid_for_it(shop: MedusaShop, medusa: Store) -> None:
    german = await existing(shop, medusa.pay(medusa.order(SHOE, MUG, MUG, codes=("TENOFF",))))
    assert {line.sku: line.unit_price for line in german.lines} == {SHOE: euros("44.91"), MUG: euros("8.99")}
    american = await existing(shop, medusa.pay(medusa.order(SHOE, MUG, MUG, country="US", codes=("TENOFF",))))
    _, net = medusa.charged(american.number)
    assert {line.sku: float(line.unit_price.amount) for line in american.lines} == pytest.approx(net, abs=0.005)
    for order in (german, american):
        total, _ = medusa.charged(order.number)
        assert float(order.totals.total.amount) == pytest.approx(total, abs=0.005)
        cancelled = await shop.cancel_order(order.number, "c")
        assert cancelled.refund is not None
        assert cancelled.refund.amount == order.totals.total


async def test_an_order_in_two_parcels(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.deliver(medusa.ship(medusa.pack(medusa.pay(medusa.order(SHOE, MUG)), SHOE)))
    order = await existing(shop, number)
    assert order.status is OrderStatus.SHIPPED
    assert order.delivered_at is None
    assert [parcel.skus for parcel in order.shipments] == [(SHOE,)]
    medusa.pack(number, MUG)
    assert [parcel.skus for parcel in (await existing(shop, number)).shipments] == [(SHOE,)]
    order = await existing(shop, medusa.deliver(medusa.ship(number)))
    assert order.status is OrderStatus.DELIVERED
    assert [parcel.skus for parcel in order.shipments] == [(SHOE,), (MUG,)]


async def test_a_line_that_was_taken_out_is_no_more(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.order(SHOE, MUG)
    medusa.take_out(number, MUG)
    order = await existing(shop, number)
    assert [line.sku for line in order.lines] == [SHOE]
    assert order.totals.items == euros("49.90")


async def test_an_order_outlives_its_customer(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.order(MUG, email="gone@mail.example")
    medusa.delete_customer("gone@mail.example")
    order = await existing(shop, number)
    assert (order.customer.name, order.customer.email) == ("Anna Berg", "gone@mail.example")
    assert await shop.customer("gone@mail.example") is None


async def test_the_catalogue(shop: MedusaShop) -> None:
    mug, runner = await shop.products()
    assert (mug.sku, mug.category.key) == (MUG.lower(), "other")
    assert (mug.image, runner.image) == (None, "https://cdn.example/runner.png")
    assert mug.prices == {"EUR": euros("9.99"), "USD": Money(Decimal("12.50"), "USD")}
    assert (runner.sku, runner.category) == ("trail-runner", Term("shoes", {"en": "Shoes"}))
    assert [variant.sku for variant in runner.variants] == ["RUN-BLA-42", "RUN-BLA-43", "RUN-BLU-42", "RUN-BLU-43"]
    assert [variant.size for variant in runner.variants] == ["42", "43", "42", "43"]
    assert {variant.colour.key for variant in runner.variants if variant.colour} == {"black", "blue"}


async def test_who_saved_no_address_has_that_of_their_order(shop: MedusaShop, medusa: Store) -> None:
    order = await existing(shop, medusa.order(MUG, country="US", email="guest@mail.example"))
    guest = await shop.customer("Guest@mail.example")
    assert guest is not None
    assert (guest.name, guest.country, guest.language) == ("Anna Berg", "US", "en")
    assert guest.address == order.shipping_address


async def test_a_search_for_anybody_does_not_go_through_all_customers(
    shop: MedusaShop, medusa: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    medusa.order(MUG, email="one@mail.example")
    medusa.order(MUG, email="two@mail.example")
    monkeypatch.setattr("shop.medusa.client.PAGE", 1)
    monkeypatch.setattr("shop.medusa.adapter.PAGE", 1)
    asked: list[str] = []
    get = MedusaClient.get

    async def noting(client: MedusaClient, path: str, **query: Query) -> Json:
        asked.append(path)
        return await get(client, path, **query)

    monkeypatch.setattr(MedusaClient, "get", noting)
    assert await shop.orders_of("%@%.example") == []
    assert asked == ["customers"]


async def test_more_orders_than_a_page(shop: MedusaShop, medusa: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [medusa.order(MUG, email="many@mail.example") for _ in range(3)]
    monkeypatch.setattr("shop.medusa.client.PAGE", 2)
    assert [order.number for order in await shop.recent_orders(3)] == numbers[::-1]
    assert [order.number for order in await shop.orders_of("many@mail.example")] == numbers[::-1]


async def test_a_return_is_one_of_medusas_own(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.delivered(SHOE, MUG)
    made = await shop.create_return(sending_back(number, Item(SHOE), amount="45.90", fee="4.00"), "r")
    (kept,) = medusa.get("returns", fields="*items,*items.reason", order_id=medusa.id(number))["returns"]
    assert kept["status"] == "requested"
    assert [(item["quantity"], item["reason"]["value"]) for item in kept["items"]] == [(1, "too_small")]
    assert made.number.startswith(f"RMA-{number}-")
    assert (made.amount, made.fee) == (euros("45.90"), euros("4.00"))
    # The fee is in Medusa's books too: it owes no more than what was promised.
    assert medusa.owed(number) == pytest.approx(-45.90)
    outcome = await shop.record_scan(scan(made.tracking_number))
    assert outcome is not None
    assert outcome.returned is not None
    assert outcome.returned.status is ReturnStatus.SETTLED
    assert outcome.refund is not None
    assert (outcome.refund.status, outcome.refund.method) == (RefundStatus.SENT, "Manual payment")
    assert medusa.owed(number) == pytest.approx(0)


async def test_scans_on_the_way_change_nothing(shop: MedusaShop, medusa: Store) -> None:
    made = await shop.create_return(sending_back(medusa.delivered(MUG), Item(MUG), amount="9.99"), "r")
    outcome = await shop.record_scan(scan(made.number.lower(), TrackingCode.PICKED_UP))
    assert outcome is not None
    assert outcome.returned == made
    assert outcome.refund is None


async def test_an_even_exchange_and_a_replacement_cost_nothing(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.delivered(SHOE, MUG)
    exchange: dict[str, Any] = {"resolution": Resolution.EXCHANGE, "replacements": {SHOE: "RUN-BLU-42"}}
    await shop.create_return(sending_back(number, Item(SHOE), amount="0", **exchange), "x")
    await shop.replace(RefundRequest(number, euros("9.99"), RefundCause.DAMAGED, (Item(MUG),)), "p")
    assert medusa.owed(number) == pytest.approx(0)
    (claim,) = medusa.get("claims", fields="*claim_items,type", order_id=medusa.id(number))["claims"]
    assert claim["type"] == "replace"
    assert [item["reason"] for item in claim["claim_items"]] == ["production_failure"]
    assert (await existing(shop, number)).totals.total == euros("65.72")


async def test_an_exchange_for_another_product_costs_the_difference(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.delivered(SHOE)
    exchange: dict[str, Any] = {"resolution": Resolution.EXCHANGE, "replacements": {SHOE: MUG}}
    await shop.create_return(sending_back(number, Item(SHOE), amount="39.91", **exchange), "x")
    assert medusa.owed(number) == pytest.approx(9.99 - 49.9)


async def test_what_staff_did_in_medusa_is_read_too(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.delivered(SHOE, MUG)
    medusa.take_back(number, SHOE)
    (returned,) = await shop.returns_of(number)
    assert (returned.items, returned.reason, returned.resolution) == (
        (Item(SHOE),),
        Reason.TOO_SMALL,
        Resolution.REFUND,
    )
    assert (returned.amount, returned.status) == (euros("49.90"), ReturnStatus.RECEIVED)
    medusa.pay_back(number, 49.9)
    (returned,) = await shop.returns_of(number)
    assert returned.status is ReturnStatus.SETTLED
    (refund,) = await shop.refunds_of(number)
    assert (refund.amount, refund.cause, refund.reference) == (euros("49.90"), RefundCause.RETURN, None)
    assert (await existing(shop, number)).status is OrderStatus.DELIVERED


async def test_the_rules_hold_for_medusas_orders(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.delivered(SHOE, MUG)
    order, now = await existing(shop, number), datetime.now(UTC)
    assert {found.line.sku: found.quantity for found in returnable(order, [], DE, now)} == {SHOE: 1, MUG: 1}
    due = quote(order, [Item(MUG)], Reason.TOO_SMALL, Resolution.REFUND, [], [], DE, now)
    announced = await shop.create_return(sending_back(number, Item(MUG), amount=str(due.total.amount)), "r")
    assert due.total == euros("9.99")
    left = returnable(order, [announced], DE, now + timedelta(days=1))
    assert {found.line.sku: found.quantity for found in left} == {SHOE: 1, MUG: 0}


async def test_what_a_broken_attempt_left_is_cleared_away(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.delivered(SHOE)
    request = sending_back(number, Item(SHOE), amount="49.90")
    medusa.open_change(number, in_metadata(RETURNS.write("r", request)))
    assert await shop.returns_of(number) == []
    made = await shop.create_return(request, "r")
    assert await shop.returns_of(number) == [made]


async def test_what_staff_are_at_work_on_is_left_alone(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.delivered(SHOE)
    medusa.open_change(number, {})
    with pytest.raises(ShopUnavailable, match="active order change"):
        await shop.create_return(sending_back(number, Item(SHOE), amount="49.90"), "r")


async def test_what_needs_approval_is_left_to_people(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.delivered(*[SHOE] * 5)
    with pytest.raises(NotOffered, match="approval"):
        await shop.refund(RefundRequest(number, euros("249.50"), RefundCause.DAMAGED, (Item(SHOE, 5),)), "f")
    assert await shop.refunds_of(number) == []
    made = await shop.create_return(sending_back(number, Item(SHOE, 5), amount="249.50"), "r")
    outcome = await shop.record_scan(scan(made.tracking_number))
    assert outcome is not None
    assert outcome.returned is not None
    assert (outcome.returned.status, outcome.refund) == (ReturnStatus.RECEIVED, None)
    assert outcome.order.status is OrderStatus.RETURNED
    medusa.pay_back(number, 249.5)
    assert (await existing(shop, number)).status is OrderStatus.REFUNDED


async def test_what_was_received_and_not_paid_back_is_paid_back_with_the_next_scan(
    shop: MedusaShop, medusa: Store
) -> None:
    number = medusa.delivered(SHOE, MUG)
    made = await shop.create_return(sending_back(number, Item(MUG), amount="9.99"), "r")
    medusa.receive(number)
    assert (await shop.returns_of(number))[0].status is ReturnStatus.RECEIVED
    outcome = await shop.record_scan(scan(made.tracking_number))
    assert outcome is not None
    assert outcome.refund is not None
    assert outcome.refund.amount == euros("9.99")


async def test_a_refund_is_more_than_nothing(shop: MedusaShop, medusa: Store) -> None:
    with pytest.raises(ValueError, match="a refund of 0"):
        await shop.refund(RefundRequest(medusa.delivered(MUG), euros("0"), RefundCause.DAMAGED, (Item(MUG),)), "f")


async def test_what_medusa_does_not_offer(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.pack(medusa.pay(medusa.order(MUG)))
    credit = sending_back(number, Item(MUG), amount="9.99", resolution=Resolution.STORE_CREDIT)
    repair = RepairRequest(number, MUG, "cracked", RepairWay.PICKUP, date(2026, 12, 1), True, euros("0"))
    for call in (
        shop.create_return(credit, "k"),
        shop.change_address(number, BERLIN, "k"),
        shop.book_repair(repair, "k"),
        shop.record_scan(scan("T1-1")),
        shop.erase(CUSTOMER),
    ):
        with pytest.raises(NotOffered):
            await call
    assert await shop.repairs_of(number) == []


@pytest.mark.parametrize("number", ["RMA-1-ABCDEF", "RMA-99999999-ABCDEF", "RMA-1-"])
async def test_a_return_that_nobody_knows(shop: MedusaShop, medusa: Store, number: str) -> None:
    medusa.delivered(MUG)
    assert await shop.return_(number) is None
    if number != "RMA-1-":
        assert await shop.record_scan(scan(number)) is None


async def test_no_claim_about_what_was_cancelled(shop: MedusaShop, medusa: Store) -> None:
    number = medusa.order(MUG)
    await shop.cancel_order(number, "c")
    request = ClaimRequest(number, ClaimKind.DAMAGED, (Item(MUG),), Remedy.REFUND, ClaimStatus.REVIEW)
    with pytest.raises(NotPossible, match="cancelled"):
        await shop.open_claim(request, "k")


async def test_a_wrong_key_is_the_operators_matter(medusa: Store) -> None:
    shop = MedusaShop(MedusaClient(medusa.url, "sk_wrong"))
    with pytest.raises(ShopUnavailable, match="401") as caught:
        await shop.orders_of(CUSTOMER)
    assert "sk_wrong" not in str(caught.value)
    assert CUSTOMER not in str(caught.value)
    await shop.close()


Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def saying(answer: bytes) -> Answering:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    return say


async def hesitating(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Until the other side has enough of it.
    await reader.read(-1)
    writer.close()


@pytest.mark.parametrize(
    ("answering", "said", "timeout"),
    [
        (saying(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"), "500", PATIENCE_SECONDS),
        (saying(b"HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n"), "429", PATIENCE_SECONDS),
        (saying(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n<html>hi!"), "no JSON", PATIENCE_SECONDS),
        (saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"), "no JSON object", PATIENCE_SECONDS),
        (saying(b""), "disconnected", PATIENCE_SECONDS),
        (hesitating, "Timeout", 0.1),
    ],
)
async def test_a_server_in_trouble(answering: Answering, said: str, timeout: float) -> None:
    async with await asyncio.start_server(answering, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        shop = MedusaShop(MedusaClient(f"http://127.0.0.1:{port}", "sk_secret", timeout=timeout))
        for call in (shop.order("1"), shop.products(), shop.customer(CUSTOMER), shop.cancel_order("1", "k")):
            with pytest.raises(ShopUnavailable, match=said) as caught:
                await call
            assert "sk_secret" not in str(caught.value)
            assert CUSTOMER not in str(caught.value)
        await shop.close()


async def test_no_server() -> None:
    shop = MedusaShop(MedusaClient("http://127.0.0.1:1", "sk_secret"))
    with pytest.raises(ShopUnavailable, match=r"http://127.0.0.1:1: GET orders"):
        await shop.order("1")
    await shop.close()


def test_a_shop_is_used_in_one_event_loop_after_the_other(medusa: Store) -> None:
    number = medusa.order(MUG)
    shop = MedusaShop(MedusaClient(medusa.url, medusa.key))
    assert [asyncio.run(existing(shop, number)).number for _ in range(2)] == [number] * 2
    asyncio.run(shop.close())


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [("245.531", "EUR", "245.53"), ("0.125", "EUR", "0.13"), ("1050.4", "JPY", "1050"), ("1.2345", "KWD", "1.235")],
)
def test_amounts_are_rounded_to_the_smallest_coin(amount: str, currency: str, rounded: str) -> None:
    assert money(Decimal(amount), currency) == Money(Decimal(rounded), currency)
