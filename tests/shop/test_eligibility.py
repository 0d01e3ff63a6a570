from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from shop import (
    STORE_CREDIT,
    DeliveryMethod,
    Item,
    Money,
    Order,
    OrderStatus,
    Policies,
    Product,
    Reason,
    Refund,
    RefundCause,
    RefundStatus,
    Resolution,
    Return,
    ReturnStatus,
    Section,
    Term,
    TrackingCode,
    WayBack,
)
from shop.eligibility import (
    Obstacle,
    Quote,
    address_changeable,
    bonus_in,
    cancellable,
    compensation,
    counts_as_lost,
    delivered_on,
    exchange_balance,
    exchange_difference,
    instant_remedy,
    late_by,
    needs_approval,
    pickup_days,
    quote,
    refund_due,
    refundable,
    reportable_damage,
    return_refund_due,
    returnable,
    today,
    under_warranty,
    warranty_until,
)
from shop.policies import BUNDLED
from tests.shop.making import ADDRESS, DELIVERED, SOON, line, order, parcel

POLICIES = Policies.load(BUNDLED)
CURRENCIES = {POLICIES.for_country(country).currency: country for country in POLICIES.countries}


def announced(
    of: Order, items: Sequence[Item], quoted: Quote, number: str, reason: Reason, resolution: Resolution
) -> Return:
    return Return(
        number=number,
        order_number=of.number,
        items=tuple(items),
        reason=reason,
        resolution=resolution,
        way_back=WayBack.LABEL,
        amount=quoted.total,
        fee=quoted.fee,
        status=ReturnStatus.ANNOUNCED,
        carrier="Royal Mail",
        tracking_number=number,
        return_to=ADDRESS,
        label_valid_until=SOON.date(),
        created_at=SOON,
        bonus=quoted.bonus,
    )


def sent(
    of: Order, amount: Money, cause: RefundCause, items: Sequence[Item] = (), reference: str | None = None
) -> Refund:
    return Refund(
        "RF-1", of.number, amount, "Visa", cause, RefundStatus.SENT, SOON, SOON.date(), tuple(items), None, reference
    )


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


# Amounts


@dataclass(frozen=True)
class Purchase:
    """An order, its country's policies, and its pieces in the order and the parcels in which they go back."""

    order: Order
    policies: Section
    parts: list[list[Item]]


@st.composite
def purchases(draw: st.DrawFn) -> Purchase:
    currency, country = draw(st.sampled_from(sorted(CURRENCIES.items())))
    step = Decimal(1).scaleb(-get_currency_precision(currency))
    lines = [
        line(f"SKU-{n}", str(draw(st.integers(1, 60_000)) * step), currency, draw(st.integers(1, 3)))
        for n in range(draw(st.integers(1, 4)))
    ]
    shipping = draw(st.integers(0, 2_000)) * step
    tax = None
    if draw(st.booleans()):
        net = sum((line.total.amount for line in lines), shipping)
        tax = str((net * draw(st.integers(0, 27)) / 100).quantize(step, ROUND_HALF_UP))
    made = order(*lines, country=country, shipping=str(shipping), tax=tax)
    pieces = draw(st.permutations([line.sku for line in lines for _ in range(line.quantity)]))
    cuts = sorted(draw(st.sets(st.integers(1, len(pieces)))) | {len(pieces)})
    parts = [pieces[a:b] for a, b in zip([0, *cuts], cuts, strict=False)]
    return Purchase(made, POLICIES.for_country(country), [[Item(sku) for sku in part] for part in parts])


def send_back(purchase: Purchase, plan: Sequence[tuple[Reason, Resolution]], now: datetime = SOON) -> list[Quote]:
    """The quotes for the parts of an order, each after those before it."""
    quotes: list[Quote] = []
    returns: list[Return] = []
    for number, (part, (reason, resolution)) in enumerate(zip(purchase.parts, plan, strict=False)):
        found = quote(purchase.order, part, reason, resolution, returns, [], purchase.policies, now)
        quotes.append(found)
        returns.append(announced(purchase.order, part, found, f"RMA-{number}", reason, resolution))
    return quotes


ways = st.tuples(st.sampled_from(Reason), st.sampled_from(Resolution))


@given(purchases())
def test_what_was_paid_comes_back_to_the_cent_in_whatever_parts(purchase: Purchase) -> None:
    quotes = send_back(purchase, [(Reason.WRONG_ITEM, Resolution.REFUND)] * len(purchase.parts))
    assert sum(q.total.amount for q in quotes) == purchase.order.totals.total.amount
    assert sum(q.goods.amount for q in quotes) == purchase.order.totals.items.amount
    assert sum(q.tax.amount for q in quotes) == (
        0 if purchase.order.totals.tax_included else purchase.order.totals.tax.amount
    )


@given(purchases(), st.lists(ways, min_size=12, max_size=12), st.integers(0, 60))
def test_no_refund_above_what_was_paid_and_none_below_nothing(
    purchase: Purchase, plan: list[tuple[Reason, Resolution]], days: int
) -> None:
    quotes = send_back(purchase, plan, DELIVERED + timedelta(days=days))
    assert all(q.total.amount >= 0 and q.bonus.amount >= 0 for q in quotes)
    assert sum(q.total.amount - q.bonus.amount for q in quotes) <= purchase.order.totals.total.amount
    step = Decimal(1).scaleb(-get_currency_precision(purchase.order.currency))
    for found in quotes:
        for money in (found.goods, found.tax, found.shipping, found.fee, found.bonus, found.total):
            assert money.currency == purchase.order.currency
            assert money.amount == money.amount.quantize(step)


@given(purchases(), st.sampled_from(Reason))
def test_store_credit_is_the_refund_and_the_bonus(purchase: Purchase, reason: Reason) -> None:
    part = purchase.parts[0]

    def quoted(resolution: Resolution) -> Quote:
        return quote(purchase.order, part, reason, resolution, [], [], purchase.policies, SOON)

    refund, credit = quoted(Resolution.REFUND), quoted(Resolution.STORE_CREDIT)
    assert credit.total == refund.total + credit.bonus
    assert credit.bonus == bonus_in(credit.total, purchase.policies)
    percent = purchase.policies.returns.store_credit_bonus_percent
    assert abs(credit.bonus.amount - refund.total.amount * percent / 100) <= Decimal("0.005")


@given(purchases(), st.integers(1, 80_000))
def test_earlier_refunds_are_counted(purchase: Purchase, cents: int) -> None:
    bought = purchase.order
    goodwill = min(Decimal(cents).scaleb(-2), bought.totals.total.amount)
    refunds = [sent(bought, Money(goodwill, bought.currency), RefundCause.DAMAGED)]
    returns: list[Return] = []
    for number, part in enumerate(purchase.parts):
        found = compensation(bought, part, returns, refunds, purchase.policies, SOON)
        rma = announced(bought, part, found, f"RMA-{number}", Reason.DAMAGED, Resolution.REFUND)
        returns.append(rma)
        if number % 2:
            # Whether a return is still to be refunded or was refunded makes no difference.
            refunds.append(sent(bought, found.total, RefundCause.RETURN, reference=rma.number))
    assert refundable(bought, returns, refunds).amount == 0


def test_the_smallest_coin_of_other_currencies() -> None:
    for currency, share, rest in (("JPY", "33", "34"), ("KWD", "0.033", "0.034")):
        bought = order(
            line("A-1", "1000" if currency == "JPY" else "1", currency, 3),
            tax="100" if currency == "JPY" else "0.1",
            shipping="0",
        )
        policies = Section(
            dict(POLICIES.for_country("DE"))
            | {
                "shipping": Section(
                    {"free_from": Money(Decimal(0), currency), "standard_fee": Money(Decimal(0), currency)}
                )
            }
        )
        first = quote(bought, [Item("A-1")], Reason.GIFT, Resolution.REFUND, [], [], policies, SOON)
        assert first.tax.amount == Decimal(share)
        rma = announced(bought, [Item("A-1")], first, "RMA-1", Reason.GIFT, Resolution.REFUND)
        last = quote(bought, [Item("A-1", 2)], Reason.GIFT, Resolution.REFUND, [rma], [], policies, SOON)
        assert last.tax.amount == Decimal(rest) + Decimal(share)


@pytest.mark.parametrize(
    ("country", "delivery", "paid", "days", "back"),
    [
        ("DE", DeliveryMethod.STANDARD, "4.90", 14, "4.90"),
        ("DE", DeliveryMethod.STANDARD, "4.90", 15, "0"),
        # Express costs more; what standard would have cost comes back.
        ("DE", DeliveryMethod.EXPRESS, "9.90", 14, "4.90"),
        # There is a period in the law of Mexico and China too, but not for the delivery fee.
        ("MX", DeliveryMethod.STANDARD, "119", 1, "0"),
        ("US", DeliveryMethod.STANDARD, "5.90", 1, "0"),
    ],
)
def test_the_delivery_fee_with_the_whole_order(
    country: str, delivery: DeliveryMethod, paid: str, days: int, back: str
) -> None:
    policies = POLICIES.for_country(country)
    bought = order(line("A-1", "20", policies.currency, 2), country=country, shipping=paid, delivery=delivery)
    now = DELIVERED + timedelta(days=days)
    whole = quote(bought, [Item("A-1", 2)], Reason.CHANGED_MIND, Resolution.REFUND, [], [], policies, now)
    assert (whole.shipping.amount, whole.total.amount) == (Decimal(back), 40 + Decimal(back))
    part = quote(bought, [Item("A-1")], Reason.CHANGED_MIND, Resolution.REFUND, [], [], policies, now)
    assert part.shipping.amount == 0
    fault = quote(bought, [Item("A-1", 2)], Reason.DAMAGED, Resolution.REFUND, [], [], policies, now)
    assert fault.total == bought.totals.total


def test_express_where_standard_is_free() -> None:
    bought = order(line("A-1", "80", "EUR"), country="DE", shipping="9.90", delivery=DeliveryMethod.EXPRESS)
    found = quote(bought, [Item("A-1")], Reason.GIFT, Resolution.REFUND, [], [], POLICIES.for_country("DE"), SOON)
    assert found.shipping.amount == 0


def test_parts_returned_too_late_keep_the_delivery_fee() -> None:
    policies = POLICIES.for_country("DE")
    bought = order(line("A-1", "20", "EUR", 2), country="DE", shipping="4.90")
    args = (bought, [Item("A-1")], Reason.GIFT, Resolution.REFUND)
    early = announced(bought, [Item("A-1")], quote(*args, [], [], policies, SOON), "RMA-1", *args[2:])
    assert quote(*args, [early], [], policies, SOON).shipping.amount == Decimal("4.90")
    late = replace(early, created_at=DELIVERED + timedelta(days=15))
    assert quote(*args, [late], [], policies, SOON).shipping.amount == 0
    # What was announced but never sent counts for nothing.
    expired = replace(early, status=ReturnStatus.EXPIRED)
    assert quote(*args, [expired], [], policies, SOON).shipping.amount == 0


def test_the_way_back_where_it_is_not_free() -> None:
    policies = POLICIES.for_country("CN")
    bought = order(line("A-1", "100", "CNY", 2), line("B-1", "5", "CNY"), country="CN", shipping="0")

    def total(reason: Reason, *items: Item) -> Decimal:
        return quote(bought, items, reason, Resolution.REFUND, [], [], policies, SOON).total.amount

    assert total(Reason.TOO_SMALL, Item("A-1")) == 88
    # Once a return, whatever is in it.
    assert total(Reason.TOO_SMALL, Item("A-1", 2), Item("B-1")) == 193
    assert total(Reason.DAMAGED, Item("A-1")) == 100
    # It never becomes a bill.
    assert total(Reason.TOO_SMALL, Item("B-1")) == 0


def test_items_that_an_order_does_not_have() -> None:
    bought = order(line("A-1", "20", "GBP", 2))
    policies = POLICIES.for_country("GB")
    for items in ([Item("B-1")], [Item("A-1", 3)], [Item("A-1", 2), Item("A-1")]):
        with pytest.raises(ValueError, match="AC-1 has not so many of"):
            quote(bought, items, Reason.GIFT, Resolution.REFUND, [], [], policies, SOON)
    with pytest.raises(ValueError, match="0 pieces of A-1"):
        Item("A-1", 0)


def test_what_was_not_paid_is_not_refunded() -> None:
    unpaid = replace(order(line("A-1", "20", "GBP")), paid_at=None)
    found = compensation(unpaid, [Item("A-1")], [], [], POLICIES.for_country("GB"), SOON)
    assert found.total.amount == 0


def test_exchanges_cost_the_difference() -> None:
    bought = order(line("A-1", "20", "USD"), country="US", shipping="0", tax="2")
    free = Money(Decimal(0), "USD")

    def product(sku: str, price: str) -> Product:
        return Product(sku, Term("tops", {"en": "Tops"}), {"en": sku}, {"USD": Money(Decimal(price), "USD")}, ())

    # Another size keeps its price, whatever it costs today.
    assert exchange_difference(bought.lines[0], product("A", "35"), "USD") == free
    dearer = exchange_difference(bought.lines[0], product("B", "25.55"), "USD")
    cheaper = exchange_difference(bought.lines[0], product("B", "15"), "USD")
    # A tenth of tax comes on top.
    assert exchange_balance(bought, dearer, free) == (free, Money(Decimal("6.11"), "USD"))
    assert exchange_balance(bought, cheaper, free) == (Money(Decimal("5.50"), "USD"), free)
    assert exchange_balance(bought, cheaper, Money(Decimal(6), "USD")) == (free, Money(Decimal("0.50"), "USD"))
    assert exchange_balance(bought, free, free) == (free, free)
    found = quote(
        bought, [Item("A-1")], Reason.TOO_SMALL, Resolution.EXCHANGE, [], [], POLICIES.for_country("US"), SOON
    )
    assert found.total == free


# Returns


@given(
    country=st.sampled_from(POLICIES.countries),
    days=st.integers(0, 90),
    hour=st.integers(0, 23),
    zone=st.sampled_from(["Europe/London", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"]),
)
def test_no_return_outside_its_window(country: str, days: int, hour: int, zone: str) -> None:
    """Whole days at the destination: the hour of the delivery and that of the question do not matter."""
    policies = POLICIES.for_country(country)
    local = datetime(2026, 11, 2, hour, 30, tzinfo=ZoneInfo(zone))
    shipment = parcel(["A-1"], (local.astimezone(UTC), TrackingCode.DELIVERED), zone=zone)
    event = replace(shipment.events[0], country=country)
    bought = order(line("A-1", "20", "EUR"), country=country, shipments=[replace(shipment, events=(event,))])
    asked = datetime(2026, 11, 2, 23 - hour, tzinfo=ZoneInfo(zone)) + timedelta(days=days)
    (found,) = returnable(bought, [], policies, asked.astimezone(UTC))
    window = max(policies.returns.window_days, policies.returns.statutory_days)
    assert found.until == date(2026, 11, 2) + timedelta(days=window)
    assert (found.obstacle, found.quantity) == ((None, 1) if days <= window else (Obstacle.WINDOW_OVER, 0))


def test_the_window_begins_with_the_last_parcel() -> None:
    policies = POLICIES.for_country("GB")
    lines = (line("A-1", "20", "GBP"), line("B-1", "20", "GBP"))
    there = parcel(["A-1"], (DELIVERED, TrackingCode.DELIVERED))
    on_its_way = parcel(["B-1"], (DELIVERED, TrackingCode.DEPARTED))
    now = DELIVERED + timedelta(days=31)
    first, second = returnable(order(*lines, shipments=[there, on_its_way]), [], policies, now)
    assert (first.obstacle, first.until, second.obstacle) == (None, None, Obstacle.NOT_DELIVERED)
    later = parcel(["B-1"], (DELIVERED + timedelta(days=5), TrackingCode.DELIVERED))
    both = order(*lines, shipments=[there, later])
    assert [r.until for r in returnable(both, [], policies, now)] == [date(2026, 12, 7)] * 2
    assert [delivered_on(both, line) for line in lines] == [date(2026, 11, 2), date(2026, 11, 7)]
    # A parcel that is lost keeps nothing open.
    lost = parcel(["B-1"], (DELIVERED, TrackingCode.LOST))
    first, second = returnable(order(*lines, shipments=[there, lost]), [], policies, now)
    assert (first.obstacle, second.obstacle) == (Obstacle.WINDOW_OVER, Obstacle.NOT_DELIVERED)


def test_what_cannot_be_returned() -> None:
    policies = POLICIES.for_country("GB")
    bought = order(
        line("CARD-1", "20", "GBP", category="gift_cards"),
        line("AUD-902-WHT", "20", "GBP", category="audio"),
        line("A-1", "20", "GBP", 3),
    )
    card, earbuds, shirt = returnable(bought, [], policies, SOON)
    assert (card.obstacle, card.quantity) == (Obstacle.NOT_RETURNABLE, 0)
    assert (earbuds.obstacle, earbuds.sealed_only) == (None, True)
    assert (shirt.quantity, shirt.sealed_only) == (3, False)


def test_what_is_gone_cannot_go_again() -> None:
    policies = POLICIES.for_country("GB")
    bought = order(line("A-1", "20", "GBP", 3))

    def left(returns: Sequence[Return], refunds: Sequence[Refund] = ()) -> tuple[int, Obstacle | None]:
        (found,) = returnable(bought, returns, policies, SOON, refunds=refunds)
        return found.quantity, found.obstacle

    one = [Item("A-1")]
    quoted = quote(bought, one, Reason.GIFT, Resolution.REFUND, [], [], policies, SOON)
    rma = announced(bought, one, quoted, "RMA-1", Reason.GIFT, Resolution.REFUND)
    assert left([rma]) == (2, None)
    assert left([replace(rma, status=ReturnStatus.SETTLED)]) == (2, None)
    assert left([replace(rma, status=ReturnStatus.EXPIRED)]) == (3, None)
    # A return and its refund are one and the same; a claim's refund is another matter.
    assert left([rma], [sent(bought, quoted.total, RefundCause.RETURN, one, "RMA-1")]) == (2, None)
    assert left([rma], [sent(bought, quoted.total, RefundCause.DAMAGED, one)]) == (1, None)
    assert left([replace(rma, items=(Item("A-1", 3),))]) == (0, Obstacle.ALREADY_RETURNED)
    refunded = replace(bought, status=OrderStatus.REFUNDED)
    assert returnable(refunded, [], policies, SOON)[0].obstacle is Obstacle.ALREADY_RETURNED


def test_back_ends_that_know_no_parcels() -> None:
    bought = order(line("A-1", "20", "GBP"), shipments=[])
    (found,) = returnable(bought, [], POLICIES.for_country("GB"), SOON)
    assert (found.obstacle, found.until) == (None, date(2026, 12, 2))
    (found,) = returnable(replace(bought, delivered_at=None), [], POLICIES.for_country("GB"), SOON)
    assert found.obstacle is Obstacle.NOT_DELIVERED


# Before and during delivery


@pytest.mark.parametrize("status", OrderStatus)
def test_until_when_an_order_can_be_changed(status: OrderStatus) -> None:
    bought = order(line("A-1", "20", "GBP"), status=status)
    assert cancellable(bought) == (status in {OrderStatus.PLACED, OrderStatus.PAID})
    assert address_changeable(bought) == (status in {OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED})


def test_late_and_lost() -> None:
    policies = POLICIES.for_country("GB")
    scan = parcel(["A-1"], (DELIVERED - timedelta(days=1), TrackingCode.ARRIVED))
    bought = order(line("A-1", "20", "GBP"), shipments=[scan], status=OrderStatus.IN_TRANSIT)
    promised = datetime(2026, 11, 2, 23, 59, tzinfo=UTC)
    lost_after = policies.shipping.lost_after_days
    assert [late_by(bought, promised + timedelta(days=n)) for n in (-9, 0, 1, 4)] == [0, 0, 1, 4]
    assert not counts_as_lost(bought, policies, promised + timedelta(days=lost_after - 1))
    assert counts_as_lost(bought, policies, promised + timedelta(days=lost_after))
    assert late_by(replace(bought, status=OrderStatus.DELIVERED), promised + timedelta(days=90)) == 0
    assert late_by(replace(bought, status=OrderStatus.PLACED), promised + timedelta(days=90)) == 0
    said_so = parcel(["A-1"], (DELIVERED - timedelta(days=9), TrackingCode.LOST))
    assert counts_as_lost(replace(bought, shipments=(said_so,)), policies, DELIVERED - timedelta(days=8))


def test_the_day_at_the_destination() -> None:
    scan = parcel(["A-1"], (DELIVERED, TrackingCode.ARRIVED), zone="Pacific/Auckland")
    evening = datetime(2026, 11, 3, 13, tzinfo=UTC)
    assert today(order(line("A-1", "20", "GBP"), shipments=[scan]), evening) == date(2026, 11, 4)
    assert today(order(line("A-1", "20", "GBP"), shipments=[]), evening) == date(2026, 11, 3)


def test_pickups_are_on_workdays() -> None:
    friday = date(2026, 11, 20)
    week = [date(2026, 11, day) for day in (23, 24, 25, 26, 27)]
    assert [pickup_days(friday + timedelta(days=n)) for n in range(3)] == [week] * 3
    assert pickup_days(date(2026, 11, 19), 2) == [friday, week[0]]


# Money under way, damage, warranty


def test_when_a_refund_has_arrived() -> None:
    policies = POLICIES.for_country("DE")
    friday = date(2026, 11, 20)
    assert refund_due(friday, "Visa", policies) == date(2026, 11, 27)
    assert refund_due(friday, "PayPal", policies) == date(2026, 11, 24)
    assert refund_due(friday, STORE_CREDIT, policies) == friday
    assert return_refund_due(friday, "Visa", policies) == date(2026, 12, 2)
    assert refund_due(friday, "支付宝", POLICIES.for_country("CN")) == date(2026, 11, 23)
    assert refund_due(friday, "银联", POLICIES.for_country("CN")) == date(2026, 12, 1)


def test_from_which_amount_on_a_person_looks_at_it() -> None:
    policies = POLICIES.for_country("DE")
    limit = policies.refunds.approval_limit
    assert not needs_approval(limit, policies)
    assert needs_approval(limit + euro("0.01"), policies)
    # A limit in euros says nothing about zlotys.
    assert needs_approval(Money(Decimal(1), "PLN"), policies)


def test_damage_is_reported_in_time_and_small_cases_are_settled_at_once() -> None:
    policies = POLICIES.for_country("GB")
    bought = order(line("A-1", "30", "GBP", 2), tax="6.45")
    assert reportable_damage(bought, policies, DELIVERED + timedelta(days=14))
    assert not reportable_damage(bought, policies, DELIVERED + timedelta(days=15))
    assert instant_remedy(bought, [Item("A-1")], policies)
    assert not instant_remedy(bought, [Item("A-1", 2)], policies)
    on_its_way = order(line("A-1", "30", "GBP"), shipments=[parcel(["A-1"], (DELIVERED, TrackingCode.DEPARTED))])
    assert not reportable_damage(on_its_way, policies, SOON)


def test_warranty_ends_on_the_day_of_the_month() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    bought = order(line("A-1", "30", "GBP"), shipments=[parcel(["A-1"], (leap, TrackingCode.DELIVERED))])
    (item,) = bought.lines
    assert warranty_until(bought, item, POLICIES.for_country("US")) == date(2029, 2, 28)
    assert warranty_until(bought, item, POLICIES.for_country("DE")) == date(2030, 2, 28)
    assert under_warranty(bought, item, POLICIES.for_country("US"), datetime(2029, 2, 28, 23, tzinfo=UTC))
    assert not under_warranty(bought, item, POLICIES.for_country("US"), datetime(2029, 3, 1, tzinfo=UTC))
    waiting = order(item, shipments=[parcel(["A-1"])])
    assert not under_warranty(waiting, item, POLICIES.for_country("US"), SOON)
