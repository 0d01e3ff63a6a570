import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop import Order, OrderStatus, Policies, RefundStatus, ReturnStatus, TrackingCode, address_lines, order_digits
from shop.demo import Demo, build
from shop.demo.world import totals
from shop.eligibility import refundable, returnable
from shop.policies import BUNDLED

POLICIES = Policies.load(BUNDLED)
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
LANGUAGES = {"en", "de", "es", "fr", "zh"}


@pytest.fixture(scope="module")
def demo() -> Demo:
    return build(NOW, seed=20, policies=POLICIES)


def named(demo: Demo, number: str) -> Order:
    return next(order for order in demo.orders if order.number == number)


def test_sizes_of_the_shop(demo: Demo) -> None:
    assert (len(demo.customers), len(demo.products), len(demo.orders)) == (40, 60, 120)
    assert len({customer.country for customer in demo.customers}) == 12
    assert len({order.currency for order in demo.orders}) == 8
    assert {order.status for order in demo.orders} == set(OrderStatus)
    assert {order.customer.email for order in demo.orders} == {customer.email for customer in demo.customers}
    assert Counter(s.warehouse for o in demo.orders for s in o.shipments).keys() == {
        "Shenzhen",
        "Rotterdam",
        "New Jersey",
    }


def test_the_same_seed_gives_the_same_shop(demo: Demo) -> None:
    assert build(NOW, seed=20, policies=POLICIES) == demo
    assert build(NOW, seed=21, policies=POLICIES).orders != demo.orders


def test_what_was_bought_and_how_it_was_paid_is_the_same_at_any_hour(demo: Demo) -> None:
    def facts(made: Demo) -> list[tuple[object, ...]]:
        return [(o.number, o.customer.email, o.payment_method, o.delivery, o.lines, o.totals) for o in made.orders]

    for hours in (1, 9, 40, 24 * 50):
        later = build(NOW + timedelta(hours=hours), seed=20, policies=POLICIES)
        assert (facts(later), later.products) == (facts(demo), demo.products)


def test_names_prices_and_skus_are_complete(demo: Demo) -> None:
    for product in demo.products:
        assert set(product.names) == set(product.category.names) == LANGUAGES
        assert set(product.prices) == {"EUR", "GBP", "USD", "CAD", "CHF", "PLN", "MXN", "CNY"}
        assert all(money.amount > 0 and money.currency == code for code, money in product.prices.items())
        assert all(variant.colour and set(variant.colour.names) == LANGUAGES for variant in product.variants)
    skus = [variant.sku for product in demo.products for variant in product.variants]
    assert len(skus) == len(set(skus))


def test_everything_has_a_picture_and_every_colour_a_swatch(demo: Demo) -> None:
    for product in demo.products:
        assert product.image == f"/demo/pictures/{product.sku}.svg"
        assert all(re.fullmatch("#[0-9a-f]{6}", variant.swatch or "") for variant in product.variants)
    for line in (line for order in demo.orders for line in order.lines):
        assert line.colour
        assert line.image == f"/demo/pictures/{line.product_sku}.svg?colour={line.colour.key}"


def test_numbers_are_spread(demo: Demo) -> None:
    numbers = sorted(int(order_digits(order.number)) for order in demo.orders)
    assert len(set(numbers)) == 120
    assert 100_000 <= numbers[0] < 105_000 and 135_000 < numbers[-1] < 145_000


def test_the_order_in_the_documentation(demo: Demo) -> None:
    order = named(demo, "AC-104233")
    assert (order.status, order.country, len(order.lines)) == (OrderStatus.IN_TRANSIT, "ES", 2)
    today = NOW.astimezone(ZoneInfo("Europe/Madrid")).date()
    assert order.promised_from == order.promised_until == today + timedelta(days=3)
    assert order.shipments[0].promised_until == order.promised_until


def test_the_others_for_show(demo: Demo) -> None:
    assert named(demo, "AC-105518").promised_until < NOW.date() - timedelta(days=3)
    first, second = named(demo, "AC-108820").shipments
    assert first.delivered_at and not second.delivered_at
    held = named(demo, "AC-110206").shipments[0].latest
    assert held and held.code is TrackingCode.CUSTOMS_HELD
    lost = named(demo, "AC-121459").shipments[0].latest
    assert lost and lost.code is TrackingCode.LOST
    delivered = named(demo, "AC-114590").delivered_at
    assert delivered and timedelta(days=3) < NOW - delivered < timedelta(days=5)


def test_addresses_in_their_countries_forms(demo: Demo) -> None:
    lines = {c.email: address_lines(c.address) for c in demo.customers}
    assert lines["emily.carter@mail.example"] == (
        "Emily Carter",
        "412 Vanderbilt Ave",
        "Apt 3R",
        "Brooklyn, NY 11238",
    )
    assert lines["oliver.hughes@mail.example"][-2:] == ("London", "E5 0LH")
    assert lines["anna.lindner@posteo.example"] == ("Anna Lindner", "Torstraße 118", "10119 Berlin")
    assert lines["li.haoran@youxiang.example"] == (
        "610041",
        "四川省成都市",
        "武侯区玉林西路66号",
        "5单元402室",
        "李浩然",
    )


FINAL_CODE = {
    OrderStatus.SHIPPED: TrackingCode.PICKED_UP,
    OrderStatus.CUSTOMS: TrackingCode.CUSTOMS_HELD,
    OrderStatus.OUT_FOR_DELIVERY: TrackingCode.OUT_FOR_DELIVERY,
    OrderStatus.DELIVERED: TrackingCode.DELIVERED,
    OrderStatus.LOST: TrackingCode.LOST,
    OrderStatus.RETURNED: TrackingCode.DELIVERED,
}
UNSENT = {OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED, OrderStatus.CANCELLED}


@settings(max_examples=12, deadline=None)
@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
    seed=st.integers(0, 10**6),
)
def test_orders_hang_together_at_any_moment(now: datetime, seed: int) -> None:
    """Whatever the weekday and the hour, nothing lies in the future and every order is what its scans say."""
    for order in build(now, seed=seed, policies=POLICIES).orders:
        moments = [
            moment
            for moment in (
                order.placed_at,
                order.paid_at,
                order.packed_at,
                order.shipped_at,
                order.delivered_at or order.cancelled_at,
                order.returned_at,
                order.refunded_at,
            )
            if moment is not None
        ]
        assert moments == sorted(moments), order
        assert moments[-1] <= now, order
        assert order.placed_at >= now - timedelta(days=370)
        assert order.promised_from <= order.promised_until
        assert bool(order.shipments) == (order.shipped_at is not None)
        if order.status in UNSENT:
            assert not order.shipments
        for shipment in order.shipments:
            times = [event.time for event in shipment.events]
            assert times == sorted(times), shipment
            assert times[-1] <= now, shipment
            assert set(shipment.skus) <= {line.sku for line in order.lines}
            for event in shipment.events:
                ZoneInfo(event.time_zone)
        if order.status in FINAL_CODE:
            assert all(s.events[-1].code is FINAL_CODE[order.status] for s in order.shipments), order
        if order.status is OrderStatus.IN_TRANSIT:
            moving = [shipment for shipment in order.shipments if not shipment.delivered_at]
            assert moving
            for shipment in moving:
                assert now - shipment.events[-1].time <= timedelta(hours=25)
                assert shipment.events[-1].code not in (
                    TrackingCode.OUT_FOR_DELIVERY,
                    TrackingCode.CUSTOMS_HELD,
                )
        sums = totals(order.lines, POLICIES.for_country(order.country), order.delivery)
        assert sums == order.totals
        expected = sums.items + sums.shipping if sums.tax_included else sums.items + sums.shipping + sums.tax
        assert sums.total == expected
    numbers = [s.tracking_number for o in build(now, seed=seed, policies=POLICIES).orders for s in o.shipments]
    assert len(numbers) == len(set(numbers))


@settings(max_examples=12, deadline=None)
@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
    seed=st.integers(0, 10**6),
)
def test_records_fit_their_orders_at_any_moment(now: datetime, seed: int) -> None:
    demo = build(now, seed=seed, policies=POLICIES)
    returns = {record.order_number: record for record in demo.returns}
    refunds = {record.order_number: record for record in demo.refunds}
    for order in demo.orders:
        policies = POLICIES.for_country(order.country)
        returned, refund = returns.get(order.number), refunds.get(order.number)
        assert bool(refund) == bool(order.returned_at or (order.cancelled_at and order.paid_at))
        assert refundable(order, [r for r in [returned] if r], [r for r in [refund] if r]).amount >= 0
        if returned:
            # It was announced in time, by the rules that a customer meets.
            could = {r.line.sku: r.quantity for r in returnable(order_before(order), [], policies, returned.created_at)}
            assert all(could[item.sku] >= item.quantity for item in returned.items), order
            assert (returned.received_at, returned.settled_at) == (order.returned_at, order.refunded_at)
            assert returned.created_at <= (returned.received_at or now)
            assert returned.label_valid_until >= (returned.received_at or now).date()
        if refund:
            assert (refund.status is RefundStatus.SENT) == bool(refund.sent_at)
            assert refund.created_at <= (refund.sent_at or now) <= now
    late = refunds["AC-139417"]
    assert late.status is RefundStatus.PENDING and late.due_on < now.date()
    assert refunds["AC-127615"].due_on >= now.date()
    assert returns["AC-138265"].status is ReturnStatus.ANNOUNCED
    assert [repair.order_number for repair in demo.repairs] == ["AC-140852"]
    orders = {order.number: order for order in demo.orders}
    assert [orders[claim.order_number].status for claim in demo.claims] == [OrderStatus.LOST]


def order_before(order: Order) -> Order:
    """An order as it was before it went back."""
    return replace(order, status=OrderStatus.DELIVERED)


def test_now_must_be_aware() -> None:
    with pytest.raises(ValueError, match="aware"):
        build(datetime(2026, 1, 1), seed=1, policies=POLICIES)
