"""What every adapter promises, see `shop.port`: the same expectations of each."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shop import (
    CarrierScan,
    ClaimKind,
    ClaimRequest,
    ClaimStatus,
    Item,
    Money,
    NotPossible,
    OrderStatus,
    Reason,
    RefundCause,
    RefundRequest,
    Remedy,
    Resolution,
    ReturnRequest,
    ReturnStatus,
    ScanOutcome,
    Shop,
    TrackingCode,
    WayBack,
)
from shop.medusa import MedusaClient, MedusaShop
from storage import Database, migrate
from tests.medusa.store import CUSTOMER, PHONE
from tests.shop.worlds import ADDRESS, MedusaWorld, SqlWorld, World, existing

SHOE, OTHER_SIZE, RARE, MUG = "RUN-BLA-42", "RUN-BLA-43", "RUN-BLU-43", "MUG"


@pytest.fixture(params=["sql", "medusa"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "medusa":
        store = request.getfixturevalue("medusa")
        medusa = MedusaShop(MedusaClient(store.url, store.key, timeout=60))
        yield MedusaWorld(medusa, store)
        await medusa.close()
        return
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, url).result()
    database = Database(url)
    made = SqlWorld(database)
    await made.furnish()
    yield made
    await database.close()


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def sending_back(
    number: str, *items: Item, amount: str, resolution: Resolution = Resolution.REFUND, **replacements: str
) -> ReturnRequest:
    return ReturnRequest(
        order_number=number,
        items=items,
        reason=Reason.TOO_SMALL,
        resolution=resolution,
        way_back=WayBack.LABEL,
        amount=euros(amount),
        fee=euros("0"),
        replacements={name.replace("_", "-"): sku for name, sku in replacements.items()},
        note="The toes",
    )


async def arrival(shop: Shop, tracking_number: str) -> ScanOutcome | None:
    return await shop.record_scan(
        CarrierScan(tracking_number, TrackingCode.DELIVERED, datetime.now(UTC), "Rotterdam", "NL")
    )


async def stock(shop: Shop, sku: str) -> int:
    variants = (variant for product in await shop.products() for variant in product.variants)
    return next(variant.stock for variant in variants if variant.sku == sku)


async def test_an_order_is_found_by_its_digits(world: World) -> None:
    number = await world.order(SHOE, SHOE, MUG)
    order = await existing(world.shop, number)
    digits = number.removeprefix("AC-")
    for text in (digits, f"#{digits}", f" ac{digits} ", "".join(chr(ord(digit) + 0xFEE0) for digit in digits)):
        assert await world.shop.order(text) == order
    assert order.number == number
    assert order.status is OrderStatus.DELIVERED
    assert (order.country, order.currency) == ("DE", "EUR")
    assert {(line.sku, line.quantity, line.unit_price) for line in order.lines} == {
        (SHOE, 2, euros("49.90")),
        (MUG, 1, euros("9.99")),
    }
    assert order.totals.items + order.totals.shipping == order.totals.total == euros("115.62")
    assert order.shipping_address == ADDRESS
    assert order.customer.email == CUSTOMER
    assert set(order.shipments[0].skus) == {SHOE, MUG}
    assert order.shipments[0].delivered_at == order.delivered_at is not None


@pytest.mark.parametrize("text", ["", "AC-", "99999999", "0" * 40, "1" * 100_000, "\x00", "\ud800", "'; --", "%"])
async def test_what_is_no_order(world: World, text: str) -> None:
    assert await world.shop.order(text) is None
    assert await world.shop.returns_of(text) == []
    assert await world.shop.refunds_of(text) == []
    assert await world.shop.replacements_of(text) == []
    assert await world.shop.claims_of(text) == []
    assert await world.shop.repairs_of(text) == []
    assert await world.shop.return_(text) is None


@pytest.mark.parametrize("text", ["", "nobody@mail.example", "a\x00@b", "\ud800@x", "%@%", "x" * 100_000 + "@x"])
async def test_who_is_no_customer(world: World, text: str) -> None:
    assert await world.shop.orders_of(text) == []
    assert await world.shop.customer(text) is None
    assert await world.shop.customer_by_phone(text) is None
    assert await world.shop.export(text) == {}


async def test_a_customer_and_their_orders_newest_first(world: World) -> None:
    first, second = await world.order(MUG, stage=OrderStatus.PLACED), await world.order(MUG)
    numbers = [order.number for order in await world.shop.orders_of(f" {CUSTOMER.title()} ")]
    assert numbers[:2] == [second, first]
    assert [order.number for order in await world.shop.recent_orders(2)] == [second, first]
    assert await world.shop.recent_orders(0) == []
    customer = await world.shop.customer(CUSTOMER.upper())
    assert customer is not None
    assert (customer.name, customer.email, customer.language, customer.address) == (
        "Anna Berg",
        CUSTOMER,
        "fr",
        ADDRESS,
    )
    assert await world.shop.customer_by_phone("0049 (0) 176 - 0406 9012") == customer
    assert customer.phone == PHONE


@pytest.mark.parametrize(
    "stage",
    [OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED, OrderStatus.SHIPPED, OrderStatus.DELIVERED],
)
async def test_how_far_an_order_is(world: World, stage: OrderStatus) -> None:
    order = await existing(world.shop, await world.order(MUG, stage=stage))
    assert order.status is stage
    assert (order.paid_at is not None) == (stage is not OrderStatus.PLACED)
    assert (order.delivered_at is not None) == (stage is OrderStatus.DELIVERED)


async def test_an_order_is_cancelled_once(world: World) -> None:
    number = await world.order(SHOE, stage=OrderStatus.PAID)
    done = await world.shop.cancel_order(number, "c")
    assert done.order.status is OrderStatus.CANCELLED
    assert done.order.cancelled_at is not None
    assert done.refund is not None
    assert done.refund.cause is RefundCause.CANCELLATION
    assert done.refund.amount == done.order.totals.total
    assert await world.shop.cancel_order(number, "c") == done
    assert await world.shop.refunds_of(number) == [done.refund]
    with pytest.raises(NotPossible, match="cancelled"):
        await world.shop.cancel_order(number, "d")
    with pytest.raises(NotPossible, match="cancelled"):
        await world.shop.change_address(number, ADDRESS, "a")


async def test_what_was_not_paid_is_not_refunded(world: World) -> None:
    number = await world.order(SHOE, stage=OrderStatus.PLACED)
    assert (await world.shop.cancel_order(number, "c")).refund is None


@pytest.mark.parametrize(
    ("stage", "code"),
    [(OrderStatus.PACKED, "packed"), (OrderStatus.SHIPPED, "shipped"), (OrderStatus.DELIVERED, "shipped")],
)
async def test_what_is_packed_is_not_cancelled(world: World, stage: OrderStatus, code: str) -> None:
    number = await world.order(MUG, stage=stage)
    with pytest.raises(NotPossible, match=code):
        await world.shop.cancel_order(number, "c")
    assert (await existing(world.shop, number)).status is stage


async def test_the_address_is_changed_once(world: World) -> None:
    number = await world.order(MUG, stage=OrderStatus.PAID)
    other = replace(ADDRESS, street="Neue Str. 1", city="Hamburg", postal_code="20095", extra=None)
    changed = await world.shop.change_address(number, other, "a")
    assert changed.shipping_address == other
    assert (await world.shop.change_address(number, ADDRESS, "b")).shipping_address == ADDRESS
    with pytest.raises(NotPossible, match="other_country"):
        await world.shop.change_address(number, replace(ADDRESS, country="US"), "c")
    shipped = await world.order(MUG, stage=OrderStatus.SHIPPED)
    with pytest.raises(NotPossible, match="shipped"):
        await world.shop.change_address(shipped, other, "d")


async def test_nothing_happens_to_an_order_that_nobody_knows(world: World) -> None:
    for call in (
        world.shop.cancel_order("99999999", "k"),
        world.shop.change_address("99999999", ADDRESS, "k"),
        world.shop.create_return(sending_back("99999999", Item(MUG), amount="1"), "k"),
        world.shop.refund(RefundRequest("99999999", euros("1"), RefundCause.DAMAGED), "k"),
        world.shop.replace(RefundRequest("99999999", euros("1"), RefundCause.DAMAGED), "k"),
        world.shop.open_claim(ClaimRequest("99999999", ClaimKind.DAMAGED, (), Remedy.REFUND, ClaimStatus.REVIEW), "k"),
    ):
        with pytest.raises(NotPossible, match="unknown_order"):
            await call


async def test_a_return_is_announced_once(world: World) -> None:
    number = await world.order(SHOE, SHOE, MUG)
    request = sending_back(number, Item(SHOE), amount="49.90")
    made = await world.shop.create_return(request, "r")
    assert made.status is ReturnStatus.ANNOUNCED
    assert made.order_number == number
    assert made.label_valid_until > made.created_at.date()
    for name in ("items", "reason", "resolution", "way_back", "amount", "fee", "note"):
        assert getattr(made, name) == getattr(request, name), name
    assert await world.shop.create_return(request, "r") == made
    assert await world.shop.returns_of(number) == [made]
    assert await world.shop.return_(f" {made.number.lower()} ") == made


async def test_two_at_once_under_one_key_are_one(world: World) -> None:
    number = await world.order(SHOE, SHOE)
    request = sending_back(number, Item(SHOE), amount="49.90")
    one, other = await asyncio.gather(world.shop.create_return(request, "r"), world.shop.create_return(request, "r"))
    assert one == other
    assert await world.shop.returns_of(number) == [one]


async def test_no_piece_goes_back_twice(world: World) -> None:
    number = await world.order(SHOE, SHOE)
    with pytest.raises(NotPossible, match="unknown_item"):
        await world.shop.create_return(sending_back(number, Item(MUG), amount="9.99"), "a")
    with pytest.raises(NotPossible, match="unknown_item"):
        await world.shop.create_return(sending_back(number, Item(SHOE, 3), amount="99.80"), "b")
    with pytest.raises(NotPossible, match="too_much"):
        await world.shop.create_return(sending_back(number, Item(SHOE), amount="200"), "c")
    assert await world.shop.returns_of(number) == []
    outcomes = await asyncio.gather(
        *(world.shop.create_return(sending_back(number, Item(SHOE), amount="49.90"), key) for key in "123"),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, NotPossible)]
    assert [error.code for error in refused] == ["already_returned"]
    assert len(await world.shop.returns_of(number)) == 2


async def test_what_comes_back_is_refunded_once(world: World) -> None:
    number = await world.order(SHOE, MUG)
    announced = await world.shop.create_return(sending_back(number, Item(SHOE), amount="49.90"), "r")
    outcome = await arrival(world.shop, announced.tracking_number)
    assert outcome is not None
    assert outcome.returned is not None
    assert outcome.returned.status in (ReturnStatus.RECEIVED, ReturnStatus.SETTLED)
    assert outcome.returned.received_at is not None
    assert outcome.refund is not None
    assert outcome.refund.amount == euros("49.90")
    assert outcome.refund.reference == announced.number
    assert outcome.replacement is None
    assert outcome.order.status is OrderStatus.DELIVERED
    assert await arrival(world.shop, announced.tracking_number) == outcome
    assert await world.shop.refunds_of(number) == [outcome.refund]


async def test_an_order_that_comes_back_is_returned(world: World) -> None:
    number = await world.order(MUG)
    announced = await world.shop.create_return(sending_back(number, Item(MUG), amount="9.99"), "r")
    outcome = await arrival(world.shop, announced.tracking_number)
    assert outcome is not None
    assert outcome.order.status in (OrderStatus.RETURNED, OrderStatus.REFUNDED)
    assert outcome.order.returned_at is not None
    # What was bought is told as it was bought.
    assert outcome.order.totals.total == euros("15.82")
    assert outcome.order.lines[0].quantity == 1


async def test_an_exchange_takes_its_replacement_from_the_stock(world: World) -> None:
    number = await world.order(SHOE, MUG)
    before = await stock(world.shop, OTHER_SIZE)
    request = sending_back(
        number, Item(SHOE), amount="0", resolution=Resolution.EXCHANGE, **{SHOE.replace("-", "_"): OTHER_SIZE}
    )
    made = await world.shop.create_return(request, "x")
    assert made.replacements == {SHOE: OTHER_SIZE}
    assert made.resolution is Resolution.EXCHANGE
    assert made.reserved_until is not None
    assert await stock(world.shop, OTHER_SIZE) == before - 1
    assert await world.shop.create_return(request, "x") == made
    assert await stock(world.shop, OTHER_SIZE) == before - 1
    order = await existing(world.shop, number)
    assert {line.sku for line in order.lines} == {SHOE, MUG}
    assert order.status is OrderStatus.DELIVERED
    outcome = await arrival(world.shop, made.tracking_number)
    assert outcome is not None
    assert outcome.replacement is not None
    assert outcome.replacement.items == (Item(OTHER_SIZE),)
    assert outcome.replacement.reference == made.number
    assert outcome.refund is None
    assert await world.shop.replacements_of(number) == [outcome.replacement]
    # The customer has shoes: the order did not go back.
    assert outcome.order.status is OrderStatus.DELIVERED


async def test_what_an_exchange_costs_less_is_paid_out(world: World) -> None:
    number = await world.order(SHOE)
    replacing = {SHOE.replace("-", "_"): MUG}
    request = sending_back(number, Item(SHOE), amount="39.91", resolution=Resolution.EXCHANGE, **replacing)
    made = await world.shop.create_return(request, "x")
    outcome = await arrival(world.shop, made.tracking_number)
    assert outcome is not None
    assert outcome.refund is not None
    assert outcome.refund.amount == euros("39.91")
    assert outcome.replacement is not None
    assert await arrival(world.shop, made.tracking_number) == outcome
    assert await world.shop.refunds_of(number) == [outcome.refund]


async def test_what_is_out_of_stock_is_no_replacement(world: World) -> None:
    number = await world.order(SHOE, SHOE)
    request = sending_back(
        number, Item(SHOE, 2), amount="0", resolution=Resolution.EXCHANGE, **{SHOE.replace("-", "_"): RARE}
    )
    with pytest.raises(NotPossible, match="out_of_stock"):
        await world.shop.create_return(request, "x")
    assert await world.shop.returns_of(number) == []
    # Nothing of the attempt stays in the way.
    assert await world.shop.create_return(sending_back(number, Item(SHOE), amount="49.90"), "r")


async def test_no_more_is_refunded_than_was_paid(world: World) -> None:
    number = await world.order(SHOE, MUG)
    request = RefundRequest(number, euros("9.99"), RefundCause.DAMAGED, (Item(MUG),), "CL-1")
    made = await world.shop.refund(request, "f")
    assert (made.amount, made.cause, made.items, made.reference) == (
        request.amount,
        request.cause,
        request.items,
        request.reference,
    )
    assert await world.shop.refund(request, "f") == made
    with pytest.raises(NotPossible, match="already_returned"):
        await world.shop.refund(request, "g")
    with pytest.raises(NotPossible, match="already_returned"):
        await world.shop.create_return(sending_back(number, Item(MUG), amount="9.99"), "r")
    with pytest.raises(NotPossible, match="too_much"):
        await world.shop.refund(RefundRequest(number, euros("55.74"), RefundCause.MISSING, (Item(SHOE),)), "h")
    rest = RefundRequest(number, euros("55.73"), RefundCause.MISSING, (Item(SHOE),))
    outcomes = await asyncio.gather(world.shop.refund(rest, "i"), world.shop.refund(rest, "i"))
    assert outcomes[0] == outcomes[1]
    found = await world.shop.refunds_of(number)
    assert {refund.number for refund in found} == {made.number, outcomes[0].number}
    assert sum((refund.amount.amount for refund in found), Decimal(0)) == Decimal("65.72")


async def test_items_are_sent_again_once(world: World) -> None:
    number = await world.order(SHOE, MUG)
    before = await stock(world.shop, MUG)
    request = RefundRequest(number, euros("9.99"), RefundCause.MISSING, (Item(MUG),))
    made = await world.shop.replace(request, "p")
    assert (made.items, made.cause, made.order_number) == ((Item(MUG),), RefundCause.MISSING, number)
    assert await world.shop.replace(request, "p") == made
    assert await world.shop.replacements_of(number) == [made]
    assert await stock(world.shop, MUG) == before - 1
    assert {line.sku for line in (await existing(world.shop, number)).lines} == {SHOE, MUG}


async def test_a_claim_is_kept_once(world: World) -> None:
    number = await world.order(SHOE, MUG)
    request = ClaimRequest(
        order_number=number,
        kind=ClaimKind.DAMAGED,
        items=(Item(MUG),),
        remedy=Remedy.REPLACEMENT,
        status=ClaimStatus.REVIEW,
        detail="broken",
        description="Der Henkel ist ab 😢",
        photos=("a", "b"),
    )
    made = await world.shop.open_claim(request, "k")
    for name in ("order_number", "kind", "items", "remedy", "status", "detail", "description", "photos"):
        assert getattr(made, name) == getattr(request, name), name
    assert await world.shop.open_claim(request, "k") == made
    other = await world.shop.open_claim(replace(request, items=(Item(SHOE),)), "l")
    assert await world.shop.claims_of(number) == [other, made]
    with pytest.raises(NotPossible, match="unknown_item"):
        await world.shop.open_claim(replace(request, items=(Item(RARE),)), "m")


async def test_everything_of_a_customer_is_exported(world: World) -> None:
    number = await world.order(SHOE)
    announced = await world.shop.create_return(sending_back(number, Item(SHOE), amount="49.90"), "r")
    exported = await world.shop.export(CUSTOMER)
    assert exported["customer"]["email"] == CUSTOMER
    order = next(order for order in exported["orders"] if order["number"] == number)
    assert order["shipping_address"]["street"] == ADDRESS.street
    assert order["returns"][0]["number"] == announced.number
    assert {"refunds", "replacements", "claims", "repairs"} <= order.keys()
