"""The whole demonstration shop, made from its files, a seed and a moment."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from shop.aftersales import Claim, Refund, Repair, Return
from shop.demo.aftersales import Clerk
from shop.demo.catalogue import load_products, picture
from shop.demo.customers import home_zone, load_customers
from shop.demo.files import load
from shop.demo.parcels import Route, crosses_customs, minutes, route, spread, tracking_number
from shop.demo.plans import Plan, plan
from shop.model import (
    Customer,
    DeliveryMethod,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Shipment,
    Totals,
    TrackingCode,
    TrackingEvent,
    Variant,
)
from shop.policies import Policies, Section
from shop.workdays import add_workdays

_NUMBERS = range(100_000, 145_000)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Demo:
    """A whole shop."""

    products: tuple[Product, ...]
    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    returns: tuple[Return, ...]
    refunds: tuple[Refund, ...]
    claims: tuple[Claim, ...]
    repairs: tuple[Repair, ...]


@dataclass(frozen=True)
class Wish:
    """What an order is to be like; entries of `orders.yml`, and those made up like them."""

    number: str
    status: OrderStatus
    customer: Customer
    parcels: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    """Warehouse and (variant SKU, quantity) of each parcel."""
    delivery: DeliveryMethod = DeliveryMethod.STANDARD
    arrives_in_days: int | None = None
    days_ago: int | None = None
    late: bool = False
    cancelled: bool = False
    sends_back: tuple[tuple[str, int], ...] = ()
    overdue: bool = False
    claimed: bool = False
    in_repair: str | None = None
    payment: str | None = None
    """The method; one of the country's where it does not matter."""


def build(now: datetime, *, seed: int, policies: Policies) -> Demo:
    """The shop as it stands at `now`: the same for the same arguments. A naive `now` raises `ValueError`.

    What has nothing to do with the time, such as what was bought and how it was paid, is the same at any `now`.
    """
    if now.utcoffset() is None:
        raise ValueError("now must be an aware datetime")
    rng = random.Random(seed)  # noqa: S311  # a demonstration, not a secret
    products = load_products(rng)
    customers = load_customers()
    now = now.astimezone(UTC).replace(microsecond=0)
    maker = _Maker(now, seed, policies, products)
    wishes = [*_fixed(customers), *_others(customers, products, rng)]
    orders = tuple(maker.order(wish) for wish in wishes)
    returns: list[Return] = []
    refunds: list[Refund] = []
    claims: list[Claim] = []
    repairs: list[Repair] = []
    for wish, order in zip(wishes, orders, strict=True):
        clerk = Clerk(order, policies.for_country(order.country), now, _own_rng(seed, order.number))
        returned = clerk.returned(wish.sends_back)
        returns += returned
        refunds += clerk.refunded(returned)
        if wish.claimed:
            claims.append(clerk.claim())
        if wish.in_repair:
            repairs.append(clerk.repair(wish.in_repair))
    return Demo(
        tuple(products), tuple(customers), orders, tuple(returns), tuple(refunds), tuple(claims), tuple(repairs)
    )


_AS_THEY_ARE = ("arrives_in_days", "days_ago", "late", "cancelled", "overdue", "in_repair", "payment")


def _fixed(customers: list[Customer]) -> Iterator[Wish]:
    by_email = {customer.email: customer for customer in customers}
    for entry in load("orders")["fixed"]:
        customer = by_email[entry["customer"]]
        parcels = entry.get("parcels") or [
            {"warehouse": entry.get("warehouse", _own_warehouse(customer)), "items": entry["items"]}
        ]
        yield Wish(
            number=entry["number"],
            status=OrderStatus(entry["status"]),
            customer=customer,
            parcels=tuple((p["warehouse"], tuple(_item(text) for text in p["items"])) for p in parcels),
            sends_back=tuple(_item(text) for text in entry.get("sends_back", ())),
            **{key: entry[key] for key in _AS_THEY_ARE if key in entry},
        )


def _others(customers: list[Customer], products: list[Product], rng: random.Random) -> Iterator[Wish]:
    data = load("orders")
    taken = {int(entry["number"].removeprefix("AC-")) for entry in data["fixed"]}
    statuses = [OrderStatus(status) for status, count in data["others"].items() for _ in range(count)]
    numbers = rng.sample([number for number in _NUMBERS if number not in taken], len(statuses))
    electronic = [product for product in products if product.category.key in ("audio", "electronics")]
    # Everybody buys something before anybody buys again.
    turns = cycle(rng.sample(customers, len(customers)))
    for status, number in zip(statuses, numbers, strict=True):
        customer = next(turns)
        if status is OrderStatus.CUSTOMS:
            while not crosses_customs("CN", customer.country):
                customer = next(turns)
        # Some of the electronics come straight from where they are made.
        direct = status is OrderStatus.CUSTOMS or rng.random() < 1 / 10
        basket = rng.sample(electronic if direct else products, rng.choice((1, 1, 1, 2, 2, 3)))
        items = tuple((rng.choice(product.variants).sku, rng.choice((1, 1, 1, 1, 2))) for product in basket)
        express = status is OrderStatus.DELIVERED and not direct and rng.random() < 1 / 6
        yield Wish(
            number=f"AC-{number}",
            status=status,
            customer=customer,
            parcels=(("Shenzhen" if direct else _own_warehouse(customer), items),),
            delivery=DeliveryMethod.EXPRESS if express else DeliveryMethod.STANDARD,
            late=status is OrderStatus.IN_TRANSIT and rng.random() < 1 / 4,
            claimed=status is OrderStatus.LOST,
        )


def _own_warehouse(customer: Customer) -> str:
    return str(load("routes")["countries"][customer.country]["warehouse"])


def _item(text: str) -> tuple[str, int]:
    sku, _, quantity = text.partition(" × ")
    return sku, int(quantity or 1)


def _own_rng(seed: int, *names: str) -> random.Random:
    """What decides about one thing: how much is drawn for another does not change it."""
    return random.Random(" ".join([str(seed), *names]))  # noqa: S311


class _Maker:
    """Makes orders from wishes, at one moment."""

    def __init__(self, now: datetime, seed: int, policies: Policies, products: list[Product]) -> None:
        self._now = now
        self._seed = seed
        self._rng = _own_rng(seed)
        self._policies = policies
        self._variants: dict[str, tuple[Product, Variant]] = {
            variant.sku: (product, variant) for product in products for variant in product.variants
        }

    def order(self, wish: Wish) -> Order:
        """An order as wished."""
        customer, status = wish.customer, wish.status
        policies = self._policies.for_country(customer.country)
        self._rng = _own_rng(self._seed, wish.number, "events")
        payment = wish.payment or _own_rng(self._seed, wish.number, "payment").choice(policies.payment.methods)
        zone = ZoneInfo(home_zone(customer))
        today = self._now.astimezone(zone).date()
        chosen = self._plan(wish, policies, today)
        arrival = self._arrival(wish, chosen, today)
        promised_from, promised_until = chosen.promised_from, chosen.promised_until
        if wish.arrives_in_days is not None:
            promised_from = promised_until = arrival

        never_sent = status is OrderStatus.CANCELLED or wish.cancelled
        reached = [] if never_sent else _PATH[: _PATH.index(_FURTHEST.get(status, status)) + 1]
        delivered_at = None
        shipments: tuple[Shipment, ...] = ()
        if OrderStatus.SHIPPED in reached:
            shipments = tuple(
                self._shipment(wish, index, chosen, promised_from, promised_until, arrival, zone)
                for index in range(len(wish.parcels))
            )
            if OrderStatus.DELIVERED in reached:
                delivered_at = max(shipment.events[-1].time for shipment in shipments)

        cancelled_at = returned_at = refunded_at = None
        if never_sent:
            cancelled_at = chosen.paid_at + minutes(self._rng, 15, 90)
        if delivered_at and status in (OrderStatus.RETURNED, OrderStatus.REFUNDED):
            days, rest = self._rng.randint(5, 9), minutes(self._rng, -120, 120)
            if status is OrderStatus.REFUNDED:
                returned_at = delivered_at + days * _DAY + rest
            else:
                # So lately that the refund is still to come, or so long ago that it should have.
                returned_at = self._now - (days * 5 * _HOUR if not wish.overdue else 16 * _DAY) + rest
        if status is OrderStatus.REFUNDED:
            since = returned_at or cancelled_at
            assert since is not None
            workdays = self._rng.randint(1, policies.refunds.inspection_workdays)
            refunded_at = since + (add_workdays(since.date(), workdays) - since.date())

        lines = tuple(self._line(sku, count, policies.currency) for _, items in wish.parcels for sku, count in items)
        return Order(
            number=wish.number,
            customer=customer,
            status=status,
            country=customer.country,
            currency=policies.currency,
            lines=lines,
            totals=totals(lines, policies, wish.delivery),
            shipping_address=customer.address,
            delivery=wish.delivery,
            payment_method=payment,
            promised_from=promised_from,
            promised_until=promised_until,
            shipments=shipments,
            placed_at=chosen.placed_at,
            paid_at=chosen.paid_at if never_sent or OrderStatus.PAID in reached else None,
            packed_at=chosen.packed_at if OrderStatus.PACKED in reached else None,
            shipped_at=chosen.shipped_at if OrderStatus.SHIPPED in reached else None,
            delivered_at=delivered_at,
            cancelled_at=cancelled_at,
            returned_at=returned_at,
            refunded_at=refunded_at,
        )

    def _plan(self, wish: Wish, policies: Section, today: date) -> Plan:
        """A plan by which the order is today where it is wished to be: placed at random until it fits."""
        low, high, fits = self._frame(wish, policies, today)
        zone = load("routes")["warehouses"][wish.parcels[0][0]]["zone"]
        customs = any(_crosses(warehouse, wish.customer) for warehouse, _ in wish.parcels)
        for _ in range(5000):
            placed_at = self._now - timedelta(seconds=self._rng.randint(int(low * 3600), int(high * 3600)))
            candidate = plan(placed_at, self._rng, policies, zone, wish.delivery, customs=customs)
            if fits(candidate):
                return candidate
        raise RuntimeError(f"{wish.number} cannot be {wish.status} at {self._now}")

    def _frame(self, wish: Wish, policies: Section, today: date) -> tuple[float, float, Callable[[Plan], bool]]:
        """How many hours ago the order was placed, from and to, and what must be true of its plan."""
        now = self._now
        if wish.cancelled or wish.status is OrderStatus.CANCELLED:
            return 24 * 8, 24 * 200, lambda p: True
        if wish.days_ago is not None:
            day = today - wish.days_ago * _DAY
            hours = wish.days_ago * 24
            return hours + 24, hours + 24 * 16, lambda p: p.promised_from <= day <= p.promised_until + _DAY
        if wish.late:
            # Late by the policies, but not yet lost.
            late, lost = policies.shipping.late_after_days, policies.shipping.lost_after_days
            return 100, 24 * 35, lambda p: late < (today - p.promised_until).days < min(late + 4, lost)
        match wish.status:
            case OrderStatus.PLACED:
                return 0.3, 5, lambda p: True
            case OrderStatus.PAID:
                return 0.4, 4, lambda p: p.paid_at < now < p.packed_at
            case OrderStatus.PACKED:
                return 2, 100, lambda p: p.packed_at < now - _HOUR / 6 and now < p.shipped_at
            case OrderStatus.SHIPPED:
                return (
                    3,
                    120,
                    lambda p: _HOUR / 3 <= now - p.shipped_at < 76 * _HOUR and today < p.promised_until,
                )
            case OrderStatus.IN_TRANSIT:
                since = (72 if len(wish.parcels) > 1 else 20) * _HOUR
                return 24, 400, lambda p: now - p.shipped_at > since and today < p.promised_until
            case OrderStatus.CUSTOMS:
                return 60, 400, lambda p: now - p.shipped_at > 60 * _HOUR and today < p.promised_until
            case OrderStatus.OUT_FOR_DELIVERY:
                return (
                    36,
                    400,
                    lambda p: now - p.shipped_at > 30 * _HOUR and p.promised_from - _DAY <= today <= p.promised_until,
                )
            case OrderStatus.LOST:
                lost = policies.shipping.lost_after_days
                return 24 * 18, 24 * 45, lambda p: (today - p.promised_until).days > lost + 2
            case OrderStatus.RETURNED:
                first, last = (24, 34) if wish.overdue else (8, 18)
                return 24 * first, 24 * (last + 26), lambda p: first <= (today - p.promised_until).days <= last
            case OrderStatus.REFUNDED:
                return 24 * 40, 24 * 200, lambda p: True
            case _:
                return 24 * 20, 24 * 360, lambda p: True

    def _arrival(self, wish: Wish, chosen: Plan, today: date) -> date:
        """The day on which the parcel arrives, or should."""
        if wish.arrives_in_days is not None:
            return today + wish.arrives_in_days * _DAY
        if wish.days_ago is not None:
            return today - wish.days_ago * _DAY
        if wish.status is OrderStatus.OUT_FOR_DELIVERY:
            return today
        window = (chosen.promised_until - chosen.promised_from).days
        day = chosen.promised_from + self._rng.randint(0, window) * _DAY
        if wish.status is OrderStatus.DELIVERED and self._rng.random() < 1 / 8:
            day = chosen.promised_until + self._rng.randint(1, 4) * _DAY
        return day + _DAY if day.isoweekday() == 7 else day

    def _shipment(
        self,
        wish: Wish,
        index: int,
        chosen: Plan,
        promised_from: date,
        promised_until: date,
        arrival: date,
        zone: ZoneInfo,
    ) -> Shipment:
        warehouse, items = wish.parcels[index]
        target = load("routes")["countries"][wish.customer.country]
        way = route(warehouse, wish.customer)
        number = tracking_number(target["number"], self._rng)
        events = [
            way.label.at(chosen.packed_at + (chosen.shipped_at - chosen.packed_at) / 4),
            way.pickup.at(chosen.shipped_at),
        ]
        status = wish.status
        if status is OrderStatus.IN_TRANSIT and index < len(wish.parcels) - 1:
            # The first parcels of several are there already.
            status, arrival = OrderStatus.DELIVERED, (self._now - _DAY).astimezone(zone).date()
        events += self._scans(status, wish, way, chosen, arrival, zone)
        return Shipment(
            carrier=target["carrier"],
            tracking_number=number,
            tracking_url=target["link"] + number,
            warehouse=warehouse,
            promised_from=promised_from,
            promised_until=promised_until,
            skus=tuple(sku for sku, _ in items),
            events=tuple(events),
        )

    def _scans(
        self, status: OrderStatus, wish: Wish, way: Route, chosen: Plan, arrival: date, zone: ZoneInfo
    ) -> list[TrackingEvent]:
        """The scans after the pick-up."""
        rng, now, start = self._rng, self._now, chosen.shipped_at
        match status:
            case OrderStatus.SHIPPED:
                return []
            case OrderStatus.IN_TRANSIT:
                last = max(now - minutes(rng, 180, 1440), start + 6 * _HOUR)
                end = datetime.combine(arrival, time(12), zone)
                done = 0.8 if wish.late else (now - start) / (end - start)
                stops = list(way.way[: min(max(round(way.last * done), 2), way.last)])
                if stops[-1].code is TrackingCode.CUSTOMS_ARRIVED:
                    stops.pop()
                if wish.late:
                    stops.append(replace(stops[-1], code=TrackingCode.DELAYED))
                return spread(stops, start, last, rng)
            case OrderStatus.CUSTOMS:
                stops = list(way.until(TrackingCode.CUSTOMS_ARRIVED))
                stops.append(replace(stops[-1], code=TrackingCode.CUSTOMS_HELD))
                return spread(stops, start, now - minutes(rng, 1200, 2100), rng)
            case OrderStatus.LOST:
                stops = list(way.way[: way.last - 2])
                vanished = datetime.combine(chosen.promised_from, time(6), zone)
                return [
                    *spread(stops, start, max(vanished, start + 12 * _HOUR), rng),
                    replace(stops[-1], code=TrackingCode.LOST).at(now - minutes(rng, 1500, 2800)),
                ]
            case OrderStatus.OUT_FOR_DELIVERY:
                morning = datetime.combine(arrival, time(7, 30), zone) + minutes(rng, 0, 80)
                out = min(morning, now - minutes(rng, 40, 60))
                return [*spread(way.way, start, out - 2 * _HOUR, rng), way.out.at(out)]
            case _:
                out = datetime.combine(arrival, time(7, 30), zone) + minutes(rng, 0, 80)
                door = out + minutes(rng, 90, 480)
                return [
                    *spread(way.way, start, out - 2 * _HOUR, rng),
                    way.out.at(out),
                    way.delivered.at(door),
                ]

    def _line(self, sku: str, quantity: int, currency: str) -> OrderLine:
        product, variant = self._variants[sku]
        return OrderLine(
            sku=sku,
            product_sku=product.sku,
            category=product.category,
            names=product.names,
            colour=variant.colour,
            size=variant.size,
            quantity=quantity,
            unit_price=product.prices[currency],
            image=picture(product.sku, variant.colour),
        )


# How an order that nothing happens to goes on, and how far one in a state off this path got on it.
_PATH = [
    OrderStatus.PLACED,
    OrderStatus.PAID,
    OrderStatus.PACKED,
    OrderStatus.SHIPPED,
    OrderStatus.IN_TRANSIT,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.DELIVERED,
]
_FURTHEST = {
    OrderStatus.CUSTOMS: OrderStatus.IN_TRANSIT,
    OrderStatus.LOST: OrderStatus.IN_TRANSIT,
    OrderStatus.RETURNED: OrderStatus.DELIVERED,
    OrderStatus.REFUNDED: OrderStatus.DELIVERED,
}


def totals(lines: tuple[OrderLine, ...], policies: Section, delivery: DeliveryMethod) -> Totals:
    """What an order costs by the policies of its country."""
    items = sum((line.total for line in lines), Money(Decimal(0), policies.currency))
    shipping: Money = policies.shipping.standard_fee
    if delivery is DeliveryMethod.EXPRESS:
        shipping = policies.shipping.express_fee
    elif items.amount >= policies.shipping.free_from.amount:
        shipping = Money(Decimal("0.00"), policies.currency)
    net_or_gross = items + shipping
    percent = Decimal(str(policies.payment.vat_percent))
    included: bool = policies.payment.tax_included
    share = percent / (100 + percent) if included else percent / 100
    tax = Money((net_or_gross.amount * share).quantize(Decimal("0.01"), ROUND_HALF_UP), policies.currency)
    return Totals(items, shipping, tax, included, net_or_gross if included else net_or_gross + tax)


def _crosses(warehouse: str, customer: Customer) -> bool:
    source: dict[str, Any] = load("routes")["warehouses"][warehouse]
    return crosses_customs(source["country"], customer.country)
