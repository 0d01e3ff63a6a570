"""What a customer may have after the sale, and how much it comes to: the rules, as pure functions.

`policies` is always the section of the order's country (`Policies.for_country`); there is no figure in here. Days
are calendar days at the destination: a moment becomes a day in the time zone of the parcel's newest scan in the
country of the order, in UTC while there is none. `returns` and `refunds` are all that the order has.
"""

import calendar
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from shop.aftersales import (
    STORE_CREDIT,
    Item,
    Reason,
    Refund,
    RefundCause,
    Resolution,
    Return,
    ReturnStatus,
)
from shop.model import DeliveryMethod, Money, Order, OrderLine, OrderStatus, Product, Shipment, TrackingCode
from shop.policies import Section
from shop.workdays import add_workdays, is_workday


class Obstacle(StrEnum):
    """Why a line cannot be returned."""

    NOT_DELIVERED = "not_delivered"
    WINDOW_OVER = "window_over"
    NOT_RETURNABLE = "not_returnable"
    """Its category is excluded by the policies."""
    ALREADY_RETURNED = "already_returned"
    """Or refunded already: every piece of it."""


@dataclass(frozen=True, slots=True)
class Returnable:
    """Whether a line of an order can go back.

    Attributes:
        quantity: how many pieces can still go back; 0 where there is an obstacle.
        until: the last day; None before the period has begun, because another parcel is still on its way.
        sealed_only: it is taken back only while its seal is whole (hygiene goods).
    """

    line: OrderLine
    quantity: int
    obstacle: Obstacle | None
    until: date | None
    sealed_only: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """What comes back for the items of a return, or for a claim.

    Attributes:
        goods: what was paid for the items.
        tax: the tax that came on top of goods and shipping; 0 where prices include it.
        shipping: what of the delivery fee comes back.
        fee: what the way back costs; it is deducted.
        bonus: what comes on top for store credit.
        total: what is paid out or credited: goods + tax + shipping - fee + bonus, but never below 0, nor, the bonus
            aside, above what is left of the money paid. For an exchange 0, see `exchange_balance`.
    """

    goods: Money
    tax: Money
    shipping: Money
    fee: Money
    bonus: Money
    total: Money


def today(order: Order, now: datetime) -> date:
    """The day it is at the order's destination."""
    return now.astimezone(_zone(order)).date()


def delivered_on(order: Order, line: OrderLine) -> date | None:
    """The day on which a line has arrived, all of it; None before."""
    parcels = [shipment for shipment in order.shipments if line.sku in shipment.skus]
    if not parcels:
        # Back ends that do not say what is in which parcel know at least when the order was delivered.
        return order.delivered_at.astimezone(_zone(order)).date() if order.delivered_at else None
    days = [_delivery_day(shipment) for shipment in parcels]
    return max(day for day in days if day) if all(days) else None


def late_by(order: Order, now: datetime) -> int:
    """How many days past its promised date a paid order is that is still to arrive; 0 while it is not late."""
    if not order.status.open or order.status is OrderStatus.PLACED:
        return 0
    return max((today(order, now) - order.promised_until).days, 0)


def counts_as_lost(order: Order, policies: Section, now: datetime) -> bool:
    """Whether an order, or a parcel of it, counts as lost: the carrier says so, or the policies' days are over."""
    if order.status is OrderStatus.LOST or any(_lost(shipment) for shipment in order.shipments):
        return True
    lost_after_days: int = policies.shipping.lost_after_days
    return late_by(order, now) >= lost_after_days


def pickup_days(today: date, count: int = 5) -> list[date]:
    """The next workdays after `today`, from which a customer chooses one."""
    day = today
    days: list[date] = []
    while len(days) < count:
        day += timedelta(days=1)
        if is_workday(day):
            days.append(day)
    return days


def _zone(order: Order) -> tzinfo:
    scans = [event for shipment in order.shipments for event in shipment.events if event.country == order.country]
    return ZoneInfo(max(scans, key=lambda event: event.time).time_zone) if scans else UTC


def _delivery_day(shipment: Shipment) -> date | None:
    for event in reversed(shipment.events):
        if event.code is TrackingCode.DELIVERED:
            return event.time.astimezone(ZoneInfo(event.time_zone)).date()
    return None


def _lost(shipment: Shipment) -> bool:
    return shipment.latest is not None and shipment.latest.code is TrackingCode.LOST


def _last_delivery(order: Order) -> date | None:
    """The day of the delivery that completed the order; None while a parcel is on its way."""
    days = [
        _delivery_day(shipment)
        for shipment in order.shipments
        # What will not come any more keeps nothing open.
        if not (shipment.latest and shipment.latest.code in (TrackingCode.LOST, TrackingCode.RETURNED_TO_SENDER))
    ]
    if not days:
        return order.delivered_at.astimezone(_zone(order)).date() if order.delivered_at else None
    return max(day for day in days if day) if all(days) else None


def cancel_obstacle(order: Order) -> str | None:
    """Why an order cannot be cancelled, as the code of `NotPossible`; None when it can."""
    match order.status:
        case OrderStatus.PLACED | OrderStatus.PAID:
            return None
        case OrderStatus.PACKED:
            return "packed"
        case _:
            return "cancelled" if order.cancelled_at else "shipped"


def cancellable(order: Order) -> bool:
    """Whether an order can still be cancelled: until it is packed."""
    return cancel_obstacle(order) is None


def address_obstacle(order: Order) -> str | None:
    """Why an order's address cannot be changed, as the code of `NotPossible`; None when it can."""
    return None if order.status is OrderStatus.PACKED else cancel_obstacle(order)


def address_changeable(order: Order) -> bool:
    """Whether an order can still go to another address, within its country: until it has left."""
    return address_obstacle(order) is None


def returnable(
    order: Order,
    returns: Sequence[Return],
    policies: Section,
    now: datetime,
    *,
    refunds: Sequence[Refund] = (),
    exchange: bool = False,
) -> list[Returnable]:
    """What of an order can go back, a value for each line; with `exchange`, what can be exchanged.

    The period begins when the last parcel has been delivered, and is the policies' or the law's, whichever is longer.
    A line that is there can go back before. Pieces that were refunded for a claim count as gone.
    """
    delivered = _last_delivery(order)
    period = policies.exchanges.window_days if exchange else policies.returns.window_days
    window = max(period, policies.returns.statutory_days)
    until = delivered + timedelta(days=window) if delivered else None
    gone = gone_back(returns, refunds)
    settled = order.status in (OrderStatus.RETURNED, OrderStatus.REFUNDED)
    found = []
    for line in order.lines:
        missing = min(gone[line.sku], line.quantity)
        gone[line.sku] -= missing
        left = 0 if settled else line.quantity - missing
        obstacle = None
        if delivered_on(order, line) is None:
            obstacle = Obstacle.NOT_DELIVERED
        elif left == 0:
            obstacle = Obstacle.ALREADY_RETURNED
        elif line.category.key in policies.returns.excluded_categories:
            obstacle = Obstacle.NOT_RETURNABLE
        elif until is not None and today(order, now) > until:
            obstacle = Obstacle.WINDOW_OVER
        sealed = not {line.product_sku, line.category.key}.isdisjoint(policies.returns.sealed_only)
        found.append(Returnable(line, 0 if obstacle else left, obstacle, until, sealed))
    return found


def gone_back(returns: Iterable[Return], refunds: Iterable[Refund]) -> Counter[str]:
    """How many pieces of each SKU are on their way back, have gone back, or were refunded for a claim."""
    gone: Counter[str] = Counter()
    for return_ in returns:
        if return_.status is not ReturnStatus.EXPIRED:
            gone.update(pieces(return_.items))
    return gone + _refunded_for_claims(refunds)


def pieces(items: Iterable[Item]) -> Counter[str]:
    """How many pieces of each SKU the items are."""
    counted: Counter[str] = Counter()
    for item in items:
        counted[item.sku] += item.quantity
    return counted


def ordered(order: Order) -> Counter[str]:
    """How many pieces of each SKU an order has."""
    return pieces(Item(line.sku, line.quantity) for line in order.lines)


def _refunded_for_claims(refunds: Iterable[Refund]) -> Counter[str]:
    # A return's refund is for the return's items, which are counted there.
    return pieces(item for refund in refunds if refund.cause is not RefundCause.RETURN for item in refund.items)


def quote(
    order: Order,
    items: Sequence[Item],
    reason: Reason,
    resolution: Resolution,
    returns: Sequence[Return],
    refunds: Sequence[Refund],
    policies: Section,
    now: datetime,
) -> Quote:
    """What a customer gets for sending back `items`, on top of what `returns` and `refunds` hold already.

    The quotes of all parts of an order add up, to the cent, to the quote of the whole.
    Raises `ValueError` for items that the order does not have, or no longer.
    """
    for_money = _for_money(returns, refunds)
    goods = _goods(order, gone_back(returns, refunds), items)
    before = _worth(order, for_money)
    tax = _tax_up_to(order, before + goods) - _tax_up_to(order, before)
    shipping = Decimal(0)
    complete = for_money + pieces(items) == ordered(order)
    if resolution is not Resolution.EXCHANGE and complete:
        shipping = _shipping_back(order, reason, returns, policies, now)
        tax += _shipping_tax(order, shipping)
    fee = Decimal(0) if policies.returns.free or reason.shops_fault else policies.returns.fee.amount
    net = Decimal(0)
    if resolution is not Resolution.EXCHANGE:
        net = max(min(goods + tax + shipping - fee, refundable(order, returns, refunds).amount), Decimal(0))
    bonus = Decimal(0)
    if resolution is Resolution.STORE_CREDIT:
        bonus = _rounded(net * _bonus_percent(policies) / 100, order.currency)

    def money(amount: Decimal) -> Money:
        return Money(amount, order.currency)

    return Quote(money(goods), money(tax), money(shipping), money(fee), money(bonus), money(net + bonus))


def compensation(
    order: Order,
    items: Sequence[Item],
    returns: Sequence[Return],
    refunds: Sequence[Refund],
    policies: Section,
    now: datetime,
) -> Quote:
    """What a customer gets back for items that never came, came damaged, or are not what was ordered."""
    return quote(order, items, Reason.WRONG_ITEM, Resolution.REFUND, returns, refunds, policies, now)


def refundable(order: Order, returns: Iterable[Return], refunds: Sequence[Refund]) -> Money:
    """What is left of the money paid: without what was refunded, and what open returns will bring."""
    if order.paid_at is None:
        return Money(Decimal(0), order.currency)
    left = order.totals.total
    for refund in refunds:
        left -= _without_bonus(refund)
    settled = {refund.reference for refund in refunds}
    for return_ in returns:
        if return_.open and return_.number not in settled:
            left -= _without_bonus(return_)
    return left


def bonus_in(amount: Money, policies: Section) -> Money:
    """What of an amount of store credit is the bonus."""
    # The half cent that the bonus was rounded by is less than half a cent here: the very net amount comes out.
    net = _rounded(amount.amount * 100 / (100 + _bonus_percent(policies)), amount.currency)
    return Money(amount.amount - net, amount.currency)


def exchange_difference(old: OrderLine, new: Product, currency: str) -> Money:
    """What a piece of `new` costs more than `old` did; negative when less, 0 for another variant of the same product.

    Raises `KeyError` when the product has no price in the currency.
    """
    if new.sku == old.product_sku:
        return Money(Decimal(0), currency)
    return new.prices[currency] - old.unit_price


def exchange_balance(order: Order, difference: Money, fee: Money) -> tuple[Money, Money]:
    """What an exchange pays out, and what it costs the customer (`amount` and `surcharge` of the request).

    `difference` is that of all pieces (`exchange_difference`), tax on top comes to it; `fee` is the quote's. One
    of the two results is 0.
    """
    due = difference + fee
    if not order.totals.tax_included:
        net = order.totals.items.amount + order.totals.shipping.amount
        share = order.totals.tax.amount / net if net else Decimal(0)
        due += Money(_rounded(difference.amount * share, order.currency), order.currency)
    nothing = Money(Decimal(0), order.currency)
    return (nothing, due) if due.amount > 0 else (nothing - due, nothing)


def _goods(order: Order, gone: Counter[str], items: Sequence[Item]) -> Decimal:
    """What was paid for items that go after those that are gone."""
    return _worth(order, gone + pieces(items)) - _worth(order, gone)


def _worth(order: Order, counted: Counter[str]) -> Decimal:
    """What so many pieces of each SKU cost, taken from the lines in their order."""
    left = Counter(counted)
    worth = Decimal(0)
    for line in order.lines:
        taken = min(left[line.sku], line.quantity)
        left[line.sku] -= taken
        worth += line.unit_price.amount * taken
    if excess := +left:
        raise ValueError(f"{order.number} has not so many of {', '.join(sorted(excess))}")
    return worth


def _for_money(returns: Iterable[Return], refunds: Iterable[Refund]) -> Counter[str]:
    """The pieces that gave, or will give, money or credit: all that are gone but those exchanged."""
    return gone_back((r for r in returns if r.resolution is not Resolution.EXCHANGE), refunds)


def _tax_up_to(order: Order, goods: Decimal) -> Decimal:
    """The tax on top of so much of the goods. Differences of it never lose a cent, whatever the parts."""
    totals = order.totals
    net = totals.items.amount + totals.shipping.amount
    if totals.tax_included or not net:
        return Decimal(0)
    return _rounded(totals.tax.amount * goods / net, order.currency)


def _shipping_tax(order: Order, shipping: Decimal) -> Decimal:
    """The tax on top of the delivery fee, or of a part of it: all that is not on the goods."""
    totals = order.totals
    if totals.tax_included or not shipping:
        return Decimal(0)
    of_fee = totals.tax.amount - _tax_up_to(order, totals.items.amount)
    return _rounded(of_fee * shipping / totals.shipping.amount, order.currency)


def _shipping_back(
    order: Order, reason: Reason, returns: Sequence[Return], policies: Section, now: datetime
) -> Decimal:
    """What of the delivery fee comes back with the last piece of an order."""
    earlier = [r for r in returns if r.status is not ReturnStatus.EXPIRED]
    paid = order.totals.shipping.amount
    if reason.shops_fault and all(return_.reason.shops_fault for return_ in earlier):
        return paid
    if not policies.returns.delivery_fee_back:
        return Decimal(0)
    delivered = _last_delivery(order)
    days = [today(order, moment) for moment in (now, *(return_.created_at for return_ in earlier))]
    if delivered and max(days) > delivered + timedelta(days=policies.returns.statutory_days):
        return Decimal(0)
    if order.delivery is DeliveryMethod.STANDARD:
        return paid
    # What standard would have cost: the law lets the surcharge of express stay with the shop.
    free = order.totals.items.amount >= policies.shipping.free_from.amount
    return Decimal(0) if free else min(paid, policies.shipping.standard_fee.amount)


def _without_bonus(credited: Return | Refund) -> Money:
    return credited.amount - credited.bonus if credited.bonus else credited.amount


def _bonus_percent(policies: Section) -> Decimal:
    return Decimal(str(policies.returns.store_credit_bonus_percent))


def _rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole units of what the currency's smallest coin would be, such as cents."""
    return amount.quantize(Decimal(1).scaleb(-get_currency_precision(currency)), ROUND_HALF_UP)


def refund_due(sent: date, method: str, policies: Section) -> date:
    """The day by which a refund that was sent on a day has arrived; store credit is there at once."""
    if method == STORE_CREDIT:
        return sent
    wallet = method in policies.refunds.wallets
    return add_workdays(sent, policies.refunds.wallet_workdays if wallet else policies.refunds.card_workdays)


def inspected_by(arrived: date, policies: Section) -> date:
    """The day by which what arrived is looked at, and its refund or replacement sent."""
    return add_workdays(arrived, policies.refunds.inspection_workdays)


def return_refund_due(arrived: date, method: str, policies: Section) -> date:
    """The day by which the refund of a return that came back on a day has arrived."""
    return refund_due(inspected_by(arrived, policies), method, policies)


def needs_approval(amount: Money, policies: Section) -> bool:
    """Whether a person looks at an amount before it goes back."""
    limit: Money = policies.refunds.approval_limit
    # A limit in another currency says nothing.
    return amount.currency != limit.currency or amount.amount > limit.amount


def reportable_damage(order: Order, policies: Section, now: datetime) -> bool:
    """Whether something damaged, wrong or missing can still be reported: within the policies' days of delivery."""
    delivered = _last_delivery(order)
    if delivered is None:
        return any(_delivery_day(shipment) for shipment in order.shipments)
    return today(order, now) <= delivered + timedelta(days=policies.damage.report_days)


def instant_remedy(order: Order, items: Sequence[Item], policies: Section) -> bool:
    """Whether a claim about these items is settled at once, because they cost no more than the policies' limit.

    Raises `ValueError` for items that the order does not have.
    """
    goods = _goods(order, Counter(), items)
    limit: Money = policies.damage.instant_limit
    return (Money(goods + _tax_up_to(order, goods), order.currency) - limit).amount <= 0


def warranty_until(order: Order, line: OrderLine, policies: Section) -> date | None:
    """The last day of a line's warranty; None before it was delivered."""
    delivered = delivered_on(order, line)
    return _months_after(delivered, policies.warranty.months) if delivered else None


def under_warranty(order: Order, line: OrderLine, policies: Section, now: datetime) -> bool:
    """Whether a line that was delivered is still under warranty."""
    until = warranty_until(order, line, policies)
    return until is not None and today(order, now) <= until


def _months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of a month that is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
