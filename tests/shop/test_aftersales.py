import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import JSON, column, insert, select, update
from sqlalchemy import table as lightweight

from shop import (
    STORE_CREDIT,
    Address,
    CarrierScan,
    ClaimKind,
    ClaimRequest,
    ClaimStatus,
    Item,
    Money,
    NotPossible,
    Order,
    OrderStatus,
    Policies,
    Product,
    Reason,
    RefundCause,
    RefundRequest,
    RefundStatus,
    Remedy,
    RepairRequest,
    RepairWay,
    Replacement,
    Resolution,
    Return,
    ReturnRequest,
    ReturnStatus,
    SqlShop,
    Term,
    TrackingCode,
    Variant,
    WayBack,
)
from shop.eligibility import gone_back, quote, returnable
from shop.policies import BUNDLED
from shop.rows import from_customer, from_order, from_product
from shop.tables import CategoryRow, CustomerRow, OrderRow, VariantRow
from storage import Base, Database, migrate, table
from tests.shop.making import SOON, line, order, parcel

POLICIES = Policies.load(BUNDLED)
GB = POLICIES.for_country("GB")


@dataclass
class Bench:
    """A small shop: two products, a customer, one delivered order of 2 × A-1 (20 £), B-1 (30 £) and 4.50 £ delivery."""

    database: Database
    shop: SqlShop
    now: datetime = SOON

    async def bring(self, *orders: Order) -> None:
        """Stores orders of the customer; their parcels have a number each."""
        async with self.database.session() as session:
            for made in orders:
                parcels = tuple(
                    replace(shipment, tracking_number=f"{made.number}-{n}") for n, shipment in enumerate(made.shipments)
                )
                session.add(from_order(replace(made, shipments=parcels)))

    async def order(self) -> Order:
        found = await self.shop.order("AC-1")
        assert found is not None
        return found

    async def stock(self) -> dict[str, int]:
        rows = table(VariantRow)
        async with self.database.reading() as connection:
            return {row.sku: row.stock for row in await connection.execute(select(rows.c.sku, rows.c.stock))}

    async def announce(self, *items: Item, key: str = "k", resolution: Resolution = Resolution.REFUND) -> Return:
        """Announces a return as the assistant would."""
        bought = await self.order()
        returns, refunds = await self.shop.returns_of("AC-1"), await self.shop.refunds_of("AC-1")
        quoted = quote(bought, items, Reason.TOO_SMALL, resolution, returns, refunds, GB, self.now)
        request = ReturnRequest(
            order_number="AC-1",
            items=items,
            reason=Reason.TOO_SMALL,
            resolution=resolution,
            way_back=WayBack.LABEL,
            amount=quoted.total,
            fee=quoted.fee,
            replacements={"A-1": "A-2"} if resolution is Resolution.EXCHANGE else {},
            note="The sleeves",
        )
        return await self.shop.create_return(request, key)

    async def scan(self, tracking_number: str, code: TrackingCode = TrackingCode.DELIVERED, hours: int = 0) -> Any:
        scan = CarrierScan(tracking_number, code, self.now + timedelta(hours=hours), "Leeds", "GB", "Europe/London")
        return await self.shop.record_scan(scan)


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    tops = Term("tops", {"en": "Tops"})
    products = [
        Product(
            sku,
            tops,
            {"en": sku},
            {"GBP": pounds("20")},
            tuple(Variant(f"{sku}-{n}", None, None, stock=2) for n in (1, 2)),
        )
        for sku in ("A", "B")
    ]
    delivered = order(line("A-1", "20", "GBP", 2), line("B-1", "30", "GBP"))
    async with database.session() as session:
        session.add(CategoryRow(key="tops", names={"en": "Tops"}))
        await session.flush()
        session.add_all(from_product(product) for product in products)
        session.add(from_customer(replace(delivered.customer, phone="+44 7700 900142")))
        await session.flush()
    made = Bench(database, SqlShop(database, POLICIES, now=lambda: made.now))
    await made.bring(delivered)
    yield made


def pounds(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


GIFT = ReturnRequest("AC-1", (Item("A-1"),), Reason.GIFT, Resolution.REFUND, WayBack.PICKUP, pounds("20"), pounds("0"))


def claim(amount: str, *items: Item, cause: RefundCause = RefundCause.DAMAGED) -> RefundRequest:
    return RefundRequest("AC-1", pounds(amount), cause, items)


async def code_of(call: Awaitable[Any]) -> str:
    with pytest.raises(NotPossible) as caught:
        await call
    return caught.value.code


async def outcomes(*calls: Awaitable[Any]) -> tuple[list[Any], list[str]]:
    """What calls that are made at once bring, and the codes of those that are not possible."""
    done = await asyncio.gather(*calls, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException) and not isinstance(result, NotPossible):
            raise result
    codes = sorted(result.code for result in done if isinstance(result, NotPossible))
    return [result for result in done if not isinstance(result, NotPossible)], codes


# Orders


async def test_an_order_is_cancelled_and_its_money_goes_back_at_once(bench: Bench) -> None:
    await bench.bring(
        replace(
            order(line("A-1", "20", "GBP"), status=OrderStatus.PAID, shipments=[]), number="AC-2", delivered_at=None
        )
    )
    cancelled = await bench.shop.cancel_order("#2", "k")
    assert (cancelled.order.status, cancelled.order.cancelled_at) == (OrderStatus.CANCELLED, SOON)
    refund = cancelled.refund
    assert refund and (refund.amount, refund.status, refund.sent_at) == (pounds("24.50"), RefundStatus.SENT, SOON)
    assert (refund.method, refund.due_on) == ("Visa", date(2026, 11, 12))
    assert await bench.shop.cancel_order("AC-2", "k") == cancelled
    assert await code_of(bench.shop.cancel_order("AC-2", "other")) == "cancelled"
    assert await bench.shop.refunds_of("AC-2") == [refund]


async def test_an_unpaid_order_is_cancelled_without_a_refund(bench: Bench) -> None:
    unpaid = order(line("A-1", "20", "GBP"), status=OrderStatus.PLACED, shipments=[])
    await bench.bring(replace(unpaid, number="AC-2", paid_at=None, delivered_at=None))
    assert (await bench.shop.cancel_order("AC-2", "k")).refund is None


async def test_an_order_that_is_packed_is_not_cancelled(bench: Bench) -> None:
    packed = order(line("A-1", "20", "GBP"), status=OrderStatus.PACKED, shipments=[])
    await bench.bring(replace(packed, number="AC-2", delivered_at=None))
    assert await code_of(bench.shop.cancel_order("AC-2", "k")) == "packed"
    assert await code_of(bench.shop.cancel_order("AC-1", "k")) == "shipped"
    assert await code_of(bench.shop.cancel_order("AC-99", "k")) == "unknown_order"
    # What was refused was not done: the same key may try again.
    async with bench.database.session() as session:
        await session.execute(update(OrderRow).where(OrderRow.number == "AC-2").values(status="paid"))
    assert (await bench.shop.cancel_order("AC-2", "k")).refund


async def test_an_address_is_changed_until_the_order_leaves(bench: Bench) -> None:
    packed = order(line("A-1", "20", "GBP"), status=OrderStatus.PACKED, shipments=[])
    await bench.bring(replace(packed, number="AC-2", delivered_at=None))
    new = Address("Ann Lee", "8 Mill Lane", "York", "YO1 7HH", "GB", extra="Flat 2")
    changed = await bench.shop.change_address("AC-2", new, "k")
    assert changed.shipping_address == new
    assert await bench.shop.change_address("AC-2", replace(new, city="Hull"), "k") == changed
    abroad = replace(new, country="IE")
    assert await code_of(bench.shop.change_address("AC-2", abroad, "other")) == "other_country"
    assert await code_of(bench.shop.change_address("AC-1", new, "other")) == "shipped"


# Returns


async def test_a_return_is_announced(bench: Bench) -> None:
    made = await bench.announce(Item("A-1"))
    assert made.number.startswith("RMA-") and made.status is ReturnStatus.ANNOUNCED and made.open
    assert (made.amount, made.fee, made.bonus, made.carrier) == (pounds("20"), pounds("0"), None, "Royal Mail")
    assert made.label_valid_until == SOON.date() + timedelta(days=14)
    assert (made.return_to.city, made.return_to.region, made.note) == ("Rotterdam", None, "The sleeves")
    assert await bench.shop.return_(f" {made.number.lower()} ") == made
    for number in ("", "RMA-", "\x00", "\ud800", "'; --"):
        assert await bench.shop.return_(number) is None
    assert await bench.shop.returns_of("１") == [made]
    assert await bench.announce(Item("B-1"), key="k") == made


async def test_nothing_goes_back_twice(bench: Bench) -> None:
    await bench.announce(Item("A-1"))
    request = replace(GIFT, items=(Item("A-1", 2),))
    assert await code_of(bench.shop.create_return(request, "other")) == "already_returned"
    unknown = replace(request, items=(Item("C-1"),))
    assert await code_of(bench.shop.create_return(unknown, "other")) == "unknown_item"
    dear = replace(request, items=(Item("B-1"),), amount=pounds("54.51"))
    assert await code_of(bench.shop.create_return(dear, "other")) == "too_much"
    assert await bench.shop.create_return(replace(dear, amount=pounds("54.50")), "other")


async def test_a_return_comes_in_and_its_refund_goes_out(bench: Bench) -> None:
    made = await bench.announce(Item("A-1"))
    moving = await bench.scan(made.tracking_number, TrackingCode.PICKED_UP)
    assert (moving.returned.status, moving.refund) == (ReturnStatus.IN_TRANSIT, None)
    assert (await bench.scan(made.tracking_number, TrackingCode.LABEL_CREATED)).returned == moving.returned
    arrived = await bench.scan(made.tracking_number)
    assert (arrived.returned.status, arrived.returned.received_at) == (ReturnStatus.RECEIVED, SOON)
    assert arrived.order.status is OrderStatus.DELIVERED
    refund = arrived.refund
    assert (refund.amount, refund.status, refund.reference) == (pounds("20"), RefundStatus.PENDING, made.number)
    # Three workdays of inspection from Thursday, five on the card.
    assert refund.due_on == date(2026, 11, 17)
    assert await bench.scan(made.tracking_number, hours=1) == arrived
    assert await bench.shop.refunds_of("AC-1") == [refund]
    bench.now += timedelta(days=4)
    assert (await bench.shop.settle_due()).sent == []
    bench.now += timedelta(days=1)
    settled = await bench.shop.settle_due()
    assert settled.sent == [replace(refund, status=RefundStatus.SENT, sent_at=bench.now)]
    (returned,) = await bench.shop.returns_of("AC-1")
    assert (returned.status, returned.settled_at, returned.open) == (ReturnStatus.SETTLED, bench.now, False)
    assert (await bench.order()).status is OrderStatus.DELIVERED
    assert (await bench.shop.settle_due()).sent == []


async def test_an_order_that_went_back_whole_is_returned_then_refunded(bench: Bench) -> None:
    first = await bench.announce(Item("A-1", 2))
    second = await bench.announce(Item("B-1"), key="second", resolution=Resolution.STORE_CREDIT)
    assert (second.amount, second.bonus) == (pounds("37.95"), pounds("3.45"))
    assert (await bench.scan(first.tracking_number)).order.status is OrderStatus.DELIVERED
    whole = await bench.scan(second.tracking_number)
    assert (whole.order.status, whole.order.returned_at) == (OrderStatus.RETURNED, SOON)
    assert (whole.refund.method, whole.refund.due_on) == (STORE_CREDIT, date(2026, 11, 10))
    bench.now += timedelta(days=5)
    assert len((await bench.shop.settle_due()).sent) == 2
    done = await bench.order()
    assert (done.status, done.refunded_at) == (OrderStatus.REFUNDED, bench.now)
    assert [r.obstacle for r in returnable(done, await bench.shop.returns_of("AC-1"), GB, bench.now)]


async def test_a_large_refund_waits_for_a_person(bench: Bench) -> None:
    dear = replace(order(line("A-1", "180.01", "GBP")), number="AC-3")
    await bench.bring(dear)
    request = RefundRequest("AC-3", pounds("180.01"), RefundCause.DAMAGED, (Item("A-1"),))
    refund = await bench.shop.refund(request, "k")
    assert (refund.status, refund.sent_at) == (RefundStatus.APPROVAL, None)
    bench.now += timedelta(days=9)
    assert (await bench.shop.settle_due()).sent == []
    assert await bench.shop.approve_refund(refund.number)
    assert not await bench.shop.approve_refund(refund.number)
    assert [sent.number for sent in (await bench.shop.settle_due()).sent] == [refund.number]


async def test_a_label_runs_out(bench: Bench) -> None:
    made = await bench.announce(Item("A-1"))
    bench.now += timedelta(days=14)
    assert (await bench.shop.settle_due()).expired == []
    bench.now += timedelta(days=1)
    (expired,) = (await bench.shop.settle_due()).expired
    assert (expired.number, expired.status) == (made.number, ReturnStatus.EXPIRED)
    # The parcel was handed in on the last day, and is scanned now.
    assert (await bench.scan(made.tracking_number, TrackingCode.ARRIVED)).returned.status is ReturnStatus.IN_TRANSIT
    assert (await bench.scan(made.tracking_number)).refund.amount == pounds("20")


async def test_an_expired_return_does_not_come_back_for_what_was_settled_otherwise(bench: Bench) -> None:
    made = await bench.announce(Item("B-1"))
    bench.now += timedelta(days=15)
    await bench.shop.settle_due()
    await bench.shop.refund(claim("30", Item("B-1")), "claim")
    outcome = await bench.scan(made.tracking_number)
    assert (outcome.returned.status, outcome.refund) == (ReturnStatus.EXPIRED, None)


# Exchanges and replacements


async def test_an_exchange_takes_the_replacement_from_the_stock(bench: Bench) -> None:
    made = await bench.announce(Item("A-1"), resolution=Resolution.EXCHANGE)
    assert (made.amount, made.reserved_until) == (pounds("0"), SOON.date() + timedelta(days=10))
    assert (await bench.stock())["A-2"] == 1
    arrived = await bench.scan(made.tracking_number)
    assert (arrived.refund, arrived.order.status) == (None, OrderStatus.DELIVERED)
    replacement: Replacement = arrived.replacement
    assert (replacement.items, replacement.reference) == ((Item("A-2"),), made.number)
    assert await bench.scan(made.tracking_number) == arrived
    assert await bench.shop.replacements_of("AC-1") == [replacement]
    bench.now += timedelta(days=5)
    await bench.shop.settle_due()
    returned = await bench.shop.return_(made.number)
    assert returned and returned.status is ReturnStatus.SETTLED
    assert (await bench.stock())["A-2"] == 1


async def test_a_reservation_lapses_and_the_return_is_for_a_refund(bench: Bench) -> None:
    made = await bench.announce(Item("A-1"), resolution=Resolution.EXCHANGE)
    await bench.scan(made.tracking_number, TrackingCode.PICKED_UP)
    bench.now += timedelta(days=11)
    (lapsed,) = (await bench.shop.settle_due()).lapsed
    assert (lapsed.resolution, lapsed.amount) == (Resolution.REFUND, pounds("20"))
    assert (lapsed.status, lapsed.replacements, lapsed.reserved_until) == (ReturnStatus.IN_TRANSIT, {}, None)
    assert (await bench.stock())["A-2"] == 2
    assert (await bench.shop.settle_due()).lapsed == []
    arrived = await bench.scan(made.tracking_number)
    assert (arrived.refund.amount, arrived.replacement) == (pounds("20"), None)


async def test_what_is_sold_out_is_neither_exchanged_nor_sent_again(bench: Bench) -> None:
    await bench.shop.replace(claim("40", Item("A-1", 2)), "k")
    assert (await bench.stock())["A-1"] == 0
    assert await code_of(bench.shop.replace(claim("20", Item("A-1")), "other")) == "out_of_stock"
    async with bench.database.session() as session:
        await session.execute(update(VariantRow).values(stock=0))
    assert await code_of(bench.announce(Item("A-1"), resolution=Resolution.EXCHANGE)) == "out_of_stock"
    assert await bench.shop.returns_of("AC-1") == []


async def test_a_replacement_is_sent_once(bench: Bench) -> None:
    first = await bench.shop.replace(claim("20", Item("A-1")), "k")
    assert (first.items, first.promised_until) == ((Item("A-1"),), date(2026, 11, 13))
    assert await bench.shop.replace(claim("20", Item("A-1")), "k") == first
    assert (await bench.stock())["A-1"] == 1
    await bench.shop.refund(claim("30", Item("B-1")), "k")
    assert await code_of(bench.shop.replace(claim("30", Item("B-1")), "other")) == "already_returned"


# Refunds, claims, repairs


async def test_refunds_never_exceed_what_was_paid(bench: Bench) -> None:
    first = await bench.shop.refund(claim("30", Item("B-1")), "k")
    assert (first.status, first.cause, first.items) == (RefundStatus.SENT, RefundCause.DAMAGED, (Item("B-1"),))
    assert await bench.shop.refund(claim("30", Item("B-1")), "k") == first
    assert await code_of(bench.shop.refund(claim("1", Item("B-1")), "again")) == "already_returned"
    assert await code_of(bench.shop.refund(claim("44.51"), "more")) == "too_much"
    assert await bench.shop.refund(claim("44.50"), "all")
    assert await code_of(bench.shop.refund(claim("0.01"), "more")) == "too_much"
    for nothing in ("0", "-5"):
        with pytest.raises(ValueError, match="a refund of"):
            await bench.shop.refund(claim(nothing), "nothing")


async def test_an_announced_return_keeps_its_money(bench: Bench) -> None:
    await bench.announce(Item("A-1", 2))
    assert await code_of(bench.shop.refund(claim("34.51"), "k")) == "too_much"
    assert await bench.shop.refund(claim("34.50"), "k")


async def test_a_claim_is_kept(bench: Bench) -> None:
    request = ClaimRequest(
        "AC-1",
        ClaimKind.DAMAGED,
        (Item("B-1"),),
        Remedy.REFUND,
        ClaimStatus.REVIEW,
        "scratched_or_stained",
        "A hole",
        ("p1", "p2"),
    )
    made = await bench.shop.open_claim(replace(request, description="A \0hole\ud800"), "k")
    assert made.number.startswith("CL-") and made.settled_at is None
    assert (made.detail, made.description, made.photos) == (request.detail, "A hole", ("p1", "p2"))
    assert await bench.shop.open_claim(request, "k") == made
    settled = await bench.shop.open_claim(replace(request, status=ClaimStatus.SETTLED), "other")
    assert settled.settled_at == SOON
    assert {c.number for c in await bench.shop.claims_of("AC-1")} == {made.number, settled.number}
    assert await code_of(bench.shop.open_claim(replace(request, items=(Item("A-1", 3),)), "x")) == "unknown_item"


async def test_a_repair_is_booked(bench: Bench) -> None:
    day = date(2026, 11, 9)
    request = RepairRequest("AC-1", "A-1", "The zip", RepairWay.PICKUP, day, under_warranty=True, fee=pounds("0"))
    made = await bench.shop.book_repair(request, "k")
    # To the workshop, and ten workdays there.
    assert (made.on, made.ready_on) == (day, date(2026, 12, 1))
    assert await bench.shop.book_repair(request, "k") == made
    assert await bench.shop.repairs_of("AC-1") == [made]
    assert await code_of(bench.shop.book_repair(replace(request, sku="C-1"), "x")) == "unknown_item"


# At the same time


@pytest.fixture
async def doors(bench: Bench, database_url: str) -> AsyncIterator[list[SqlShop]]:
    """The same shop in several processes, as it were."""
    databases = [Database(database_url) for _ in range(3)]
    yield [SqlShop(database, POLICIES, now=lambda: SOON) for database in databases]
    for database in databases:
        await database.close()


async def test_the_same_key_at_the_same_time(bench: Bench, doors: list[SqlShop]) -> None:
    for operation, wanted in (
        ("create_return", GIFT),
        ("refund", claim("1")),
        ("replace", claim("20", Item("A-1"))),
    ):
        calls = [getattr(shop, operation)(wanted, "k") for shop in doors * 2]
        done, codes = await outcomes(*calls)
        assert codes == [] and len({result.number for result in done}) == 1


async def test_the_last_one_in_stock(bench: Bench, doors: list[SqlShop]) -> None:
    request = replace(GIFT, resolution=Resolution.EXCHANGE, replacements={"A-1": "A-2"}, amount=pounds("0"))
    async with bench.database.session() as session:
        await session.execute(update(VariantRow).values(stock=1))
    done, codes = await outcomes(*(shop.create_return(request, f"k{n}") for n, shop in enumerate(doors)))
    assert len(done) == 1
    # The third finds no piece left of the order's two, or none in stock: whichever is looked at first.
    assert set(codes) <= {"out_of_stock", "already_returned"} and len(codes) == 2
    assert (await bench.stock())["A-2"] == 0


async def test_the_same_piece_at_the_same_time(bench: Bench, doors: list[SqlShop]) -> None:
    request = replace(GIFT, items=(Item("A-1", 2),), amount=pounds("40"))
    done, codes = await outcomes(
        *(shop.create_return(request, f"k{n}") for n, shop in enumerate(doors)),
        *(shop.refund(claim("20", Item("A-1", 2)), f"c{n}") for n, shop in enumerate(doors)),
    )
    assert (len(done), set(codes)) == (1, {"already_returned"})
    gone = gone_back(await bench.shop.returns_of("AC-1"), await bench.shop.refunds_of("AC-1"))
    assert gone == {"A-1": 2}


async def test_the_same_money_at_the_same_time(bench: Bench, doors: list[SqlShop]) -> None:
    done, codes = await outcomes(*(shop.refund(claim("30"), f"k{n}") for n, shop in enumerate(doors * 2)))
    assert (len(done), set(codes)) == (2, {"too_much"})


async def test_the_same_scan_at_the_same_time(bench: Bench, doors: list[SqlShop]) -> None:
    made = await bench.announce(Item("A-1"))
    scan = CarrierScan(made.tracking_number, TrackingCode.DELIVERED, SOON, "Rotterdam", "NL")
    done, _ = await outcomes(*(shop.record_scan(scan) for shop in doors))
    assert len({outcome.refund.number for outcome in done}) == 1
    assert len(await bench.shop.refunds_of("AC-1")) == 1


async def test_an_order_is_cancelled_or_changed_but_refunded_once(bench: Bench, doors: list[SqlShop]) -> None:
    paid = order(line("A-1", "20", "GBP"), status=OrderStatus.PAID, shipments=[])
    await bench.bring(replace(paid, number="AC-2", delivered_at=None))
    done, codes = await outcomes(*(shop.cancel_order("AC-2", f"k{n}") for n, shop in enumerate(doors)))
    assert (len(done), codes) == (1, ["cancelled", "cancelled"])
    assert len(await bench.shop.refunds_of("AC-2")) == 1


# Scans on the way to the customer


async def test_scans_bring_an_order_to_its_customer(bench: Bench) -> None:
    code = TrackingCode
    two = [parcel(["A-1"]), parcel(["B-1"])]
    packed = order(line("A-1", "20", "GBP"), line("B-1", "20", "GBP"), status=OrderStatus.PACKED, shipments=two)
    await bench.bring(replace(packed, number="AC-2", delivered_at=None))
    status = OrderStatus
    steps: Sequence[tuple[str, TrackingCode, OrderStatus]] = (
        ("AC-2-0", code.LABEL_CREATED, status.PACKED),
        ("AC-2-0", code.PICKED_UP, status.SHIPPED),
        ("AC-2-0", code.DEPARTED, status.IN_TRANSIT),
        ("AC-2-0", code.CUSTOMS_HELD, status.CUSTOMS),
        ("AC-2-0", code.CUSTOMS_CLEARED, status.IN_TRANSIT),
        ("AC-2-0", code.OUT_FOR_DELIVERY, status.OUT_FOR_DELIVERY),
        ("AC-2-0", code.DELIVERED, status.OUT_FOR_DELIVERY),
        ("AC-2-1", code.PICKED_UP, status.SHIPPED),
        ("AC-2-1", code.LOST, status.LOST),
        ("AC-2-1", code.ARRIVED, status.IN_TRANSIT),
        ("AC-2-1", code.DELIVERED, status.DELIVERED),
        ("AC-2-1", code.DEPARTED, status.DELIVERED),
    )
    for hours, (number, scanned, expected) in enumerate(steps):
        outcome = await bench.scan(number, scanned, hours)
        assert outcome.order.status is expected, (number, scanned)
    arrived = await bench.shop.order("AC-2")
    assert arrived and arrived.shipped_at == SOON + timedelta(hours=1)
    assert arrived.delivered_at == SOON + timedelta(hours=10)


async def test_a_repeated_scan_changes_nothing(bench: Bench) -> None:
    before = await bench.order()
    assert (await bench.scan("AC-1-0", hours=5)).order == before
    first = await bench.scan("AC-1-0", TrackingCode.ARRIVED, hours=-200)
    assert len(first.order.shipments[0].events) == 2
    assert await bench.scan("AC-1-0", TrackingCode.ARRIVED, hours=-200) == first
    # What comes in late stands where it belongs.
    assert [e.code for e in first.order.shipments[0].events] == [TrackingCode.ARRIVED, TrackingCode.DELIVERED]


async def test_parcels_that_nobody_knows(bench: Bench) -> None:
    for number in ("", "AC-1", "nobody", "\x00"):
        assert await bench.scan(number) is None


# Customers


async def test_a_customer_by_phone(bench: Bench, database: Database) -> None:
    for number in (
        "+44 7700 900142",
        "00447700900142",
        "+44 (0)7700 900142",
        "447700900142",
        "＋４４７７００９００１４２",
    ):
        found = await bench.shop.customer_by_phone(number)
        assert found and found.email == "ann@mail.example"
    for number in ("", "07700 900142", "\x00", "+44 7700 900143"):
        assert await bench.shop.customer_by_phone(number) is None
    async with database.session() as session:
        twin = replace(found, id="C2", email="bo@mail.example")
        session.add(from_customer(twin))
    assert await bench.shop.customer_by_phone("+44 7700 900142") is None


async def test_customers_of_an_earlier_release_are_found_by_phone(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate, empty_database_url, "0005")
    database = Database(empty_database_url)
    ann = from_customer(replace(order(line("A-1", "20", "GBP")).customer, phone="+44 (0)7700 900142"))
    columns = {c.name: getattr(ann, c.name) for c in table(CustomerRow).c if c.name != "phone_key"}
    async with database.session() as session:
        earlier = lightweight(
            "shop_customers", *(column(name, JSON() if name == "address" else None) for name in columns)
        )
        await session.execute(insert(earlier).values(columns))
    await asyncio.to_thread(migrate, empty_database_url)
    found = await SqlShop(database).customer_by_phone("00447700900142")
    assert found and found.id == "C1"
    await database.close()


PERSONAL = ("Ann Lee", "ann@mail.example", "7700", "Mill Lane", "LS1 5QL", "Leeds")


async def personal_data(database: Database) -> dict[str, set[str]]:
    """In which tables of the shop something personal stands: what, by table."""
    found: dict[str, set[str]] = {}
    async with database.reading() as connection:
        for name, target in Base.metadata.tables.items():
            if not name.startswith("shop_"):
                continue
            for row in await connection.execute(select(target)):
                text = json.dumps([str(value) for value in row], ensure_ascii=False)
                if here := {word for word in PERSONAL if word in text}:
                    found.setdefault(name, set()).update(here)
    return found


async def live(bench: Bench) -> None:
    """Something of everything, all of it finished."""
    made = await bench.announce(Item("A-1"))
    await bench.scan(made.tracking_number)
    await bench.shop.replace(claim("20", Item("A-1")), "k")
    await bench.shop.open_claim(
        ClaimRequest(
            "AC-1",
            ClaimKind.DAMAGED,
            (Item("B-1"),),
            Remedy.REFUND,
            ClaimStatus.SETTLED,
            description="Ann Lee was here",
        ),
        "k",
    )
    await bench.shop.book_repair(
        RepairRequest(
            "AC-1", "A-1", "Ask Ann Lee", RepairWay.PICKUP, SOON.date(), under_warranty=True, fee=pounds("0")
        ),
        "k",
    )
    bench.now += timedelta(days=10)
    await bench.shop.settle_due()


async def test_export_has_everything(bench: Bench) -> None:
    await live(bench)
    exported = await bench.shop.export(" ANN@mail.example ")
    assert json.loads(json.dumps(exported)) == exported
    assert exported["customer"]["phone"] == "+44 7700 900142"
    (bought,) = exported["orders"]
    assert bought["totals"]["total"] == {"amount": "74.50", "currency": "GBP"}
    assert [len(bought[name]) for name in ("returns", "refunds", "replacements", "claims", "repairs")] == [1] * 5
    assert bought["returns"][0]["note"] == "The sleeves"
    assert set(PERSONAL) - {"7700"} <= {word for word in PERSONAL if word in json.dumps(exported)}
    assert await bench.shop.export("nobody@mail.example") == await bench.shop.export("") == {}


async def test_erasing_leaves_what_the_law_keeps(bench: Bench) -> None:
    await live(bench)
    old = order(line("A-1", "20", "GBP"))
    await bench.bring(
        replace(
            old, number="AC-2", placed_at=old.placed_at.replace(year=2019), paid_at=old.placed_at.replace(year=2019)
        ),
        replace(old, number="AC-3", status=OrderStatus.CANCELLED, cancelled_at=SOON, paid_at=None, delivered_at=None),
    )
    before = await bench.order()
    refunds = await bench.shop.refunds_of("AC-1")
    erasure = await bench.shop.erase("Ann@Mail.example")
    # Six years from the end of 2026; the order of 2019 is past them, the unpaid one has no invoice.
    assert (erasure.orders_kept, erasure.kept_until) == (("AC-1",), date(2032, 12, 31))
    assert erasure.erased == {
        "customers": 1,
        "orders": 2,
        "shipments": 3,
        "returns": 1,
        "refunds": 0,
        "replacements": 1,
        "claims": 1,
        "repairs": 1,
    }
    # The invoice's own data, under lock.
    assert await personal_data(bench.database) == {
        "shop_invoice_recipients": {"Ann Lee", "Mill Lane", "LS1 5QL", "Leeds"}
    }
    kept = await bench.order()
    assert (kept.lines, kept.totals, kept.number) == (before.lines, before.totals, before.number)
    assert (kept.customer.name, kept.customer.email, kept.shipments) == ("", "", ())
    assert await bench.shop.refunds_of("AC-1") == refunds
    assert await bench.shop.order("AC-2") is await bench.shop.order("AC-3") is None
    assert await bench.shop.orders_of("ann@mail.example") == await bench.shop.orders_of("") == []
    assert await bench.shop.customer("ann@mail.example") is await bench.shop.customer_by_phone("+447700900142") is None
    assert (await bench.shop.erase("ann@mail.example")).erased == {}

    bench.now = datetime(2032, 12, 31, 12, tzinfo=UTC)
    await bench.shop.settle_due()
    assert await bench.shop.order("AC-1")
    bench.now = datetime(2033, 1, 1, 12, tzinfo=UTC)
    await bench.shop.settle_due()
    assert await bench.shop.order("AC-1") is None
    assert await personal_data(bench.database) == {}


async def test_two_of_a_country_are_erased(bench: Bench) -> None:
    other = order(line("A-1", "20", "GBP"))
    bo = replace(other.customer, id="C2", email="bo@mail.example")
    async with bench.database.session() as session:
        session.add(from_customer(bo))
    await bench.bring(replace(other, number="AC-2", customer=bo))
    for email in ("ann@mail.example", "bo@mail.example"):
        assert (await bench.shop.erase(email)).erased["customers"] == 1


async def test_what_is_unfinished_is_not_erased(bench: Bench) -> None:
    made = await bench.announce(Item("A-1"))
    assert await code_of(bench.shop.erase("ann@mail.example")) == "unfinished"
    bench.now += timedelta(days=15)
    await bench.shop.settle_due()
    await bench.bring(replace(order(line("A-1", "20", "GBP"), status=OrderStatus.SHIPPED), number="AC-2"))
    assert await code_of(bench.shop.erase("ann@mail.example")) == "unfinished"
    assert await bench.shop.return_(made.number)
