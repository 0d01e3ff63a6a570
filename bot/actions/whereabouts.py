"""What is to be said of an order: how far it has got, where each parcel is, what is due, and what can be done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.actions.items import counted
from bot.values import Value, country, day, days, lines, listing, moment, money, names, sentence
from shop import (
    STORE_CREDIT,
    Claim,
    ClaimKind,
    ClaimStatus,
    Order,
    OrderLine,
    OrderStatus,
    Policies,
    Refund,
    RefundStatus,
    Replacement,
    Return,
    Section,
    Shipment,
    Shop,
    TrackingCode,
    TrackingEvent,
)
from shop.eligibility import (
    counts_as_lost,
    late_by,
    refund_due,
    reportable_damage,
    return_refund_due,
    returnable,
    today,
)
from shop.workdays import add_workdays

EVENTS_SHOWN = 3
"""How many of its latest scans are told of an order's only parcel."""

_AT_CUSTOMS = frozenset({TrackingCode.CUSTOMS_ARRIVED, TrackingCode.CUSTOMS_HELD})

DOORSTEP = {
    TrackingCode.DELIVERY_ATTEMPTED: "utter_order_attempted",
    TrackingCode.HELD_AT_PICKUP: "utter_order_at_pickup",
    TrackingCode.RETURNED_TO_SENDER: "utter_order_sent_back",
}
"""What a parcel's last scan says better than the status of its order."""

_WAITING = frozenset({TrackingCode.HELD_AT_PICKUP, TrackingCode.RETURNED_TO_SENDER})


@dataclass(frozen=True)
class Whereabouts:
    """An order, and all that has happened around it.

    Attributes:
        policies: of the order's country.
        personal: whether amounts may be told: whoever asks has proved to be its customer.
    """

    order: Order
    returns: Sequence[Return]
    refunds: Sequence[Refund]
    replacements: Sequence[Replacement]
    claims: Sequence[Claim]
    policies: Section
    now: datetime
    personal: bool

    @property
    def today(self) -> date:
        """The day it is at the destination."""
        return today(self.order, self.now)

    @property
    def late(self) -> int:
        """How many days late it is; 0 where it waits for the customer, or comes back."""
        return days_late(self.order, self.now)

    @property
    def too_late(self) -> bool:
        """Whether it is so late that the carrier is to look for it."""
        after: int = self.policies.shipping.late_after_days
        return self.late >= after

    @property
    def lost(self) -> bool:
        """Whether it, or a parcel of it, counts as lost and nothing has come in its place yet."""
        made_good = self.refunds or self.replacements
        open_ = self.order.status.open or self.order.status is OrderStatus.LOST
        return open_ and not made_good and counts_as_lost(self.order, self.policies, self.now)

    @property
    def claim(self) -> Claim | None:
        """The claim about a missing parcel whose outcome is to be waited for."""
        over = {ClaimStatus.SETTLED, ClaimStatus.CARRIER} if self.lost else {ClaimStatus.SETTLED}
        claims = (claim for claim in self.claims if claim.kind is ClaimKind.MISSING)
        return next((claim for claim in claims if claim.status not in over), None)

    @property
    def refund_dues(self) -> list[date]:
        """By when money that goes back has arrived; also where the shop has no record of a refund."""
        if self.refunds:
            return [refund.due_on for refund in self.refunds]
        order = self.order
        if order.status is OrderStatus.RETURNED and order.returned_at:
            return [return_refund_due(order.returned_at.date(), order.payment_method, self.policies)]
        if order.status is OrderStatus.REFUNDED and order.refunded_at:
            return [refund_due(order.refunded_at.date(), order.payment_method, self.policies)]
        return []

    @property
    def refund_overdue(self) -> bool:
        """Whether money should be there already, so that somebody may have to look for it."""
        return any(due < self.today for due in self.refund_dues)


async def find_whereabouts(order: Order, shop: Shop, policies: Policies, now: datetime, personal: bool) -> Whereabouts:
    """Everything about an order."""
    number = order.number
    return Whereabouts(
        order=order,
        returns=await shop.returns_of(number),
        refunds=await shop.refunds_of(number),
        replacements=await shop.replacements_of(number),
        claims=await shop.claims_of(number),
        policies=policies.for_country(order.country),
        now=now,
        personal=personal,
    )


def describe(found: Whereabouts) -> Value:
    """The answer to the question where an order is."""
    return lines(
        headline(found), *_delivery(found), *_customs(found), *_parcels(found), *_remedy(found), *_afterwards(found)
    )


def remarks(found: Whereabouts) -> list[Value]:
    """What is to be said besides the headline, the day on which it is expected, and the scans."""
    late = [sentence("utter_order_late", count=found.late)] if found.late else []
    return [*late, *_customs(found), *_remedy(found), *_afterwards(found)]


def days_late(order: Order, now: datetime) -> int:
    """How many days late an order is; 0 where it waits for the customer, or comes back."""
    latest = latest_scan(order)
    return 0 if latest and latest.code in _WAITING else late_by(order, now)


def expected(order: Order, now: datetime) -> Value | None:
    """When the goods are to arrive, where that is still to come and not better said by their scans."""
    latest = latest_scan(order)
    if not order.status.open or order.status in (OrderStatus.PLACED, OrderStatus.OUT_FOR_DELIVERY):
        return None
    if days_late(order, now) or (latest and latest.code in DOORSTEP):
        return None
    first = max(order.promised_from, today(order, now))
    return sentence("utter_order_expected", days=days(first, order.promised_until))


def contents(order_lines: Sequence[OrderLine]) -> Value:
    """What is in an order or a parcel, in a line."""
    return listing([counted(names(line.names), line.quantity) for line in order_lines])


def offers(found: Whereabouts) -> list[dict[str, Any]]:
    """What is likely wanted next, as buttons."""
    number = found.order.number
    buttons = []
    if found.claim is None:
        if found.lost:
            buttons.append(matter("report_missing_parcel", sentence("utter_offer_make_good"), number))
        elif found.too_late:
            buttons.append(matter("report_missing_parcel", sentence("utter_offer_search"), number))
        elif found.order.status is OrderStatus.DELIVERED and reportable_damage(found.order, found.policies, found.now):
            buttons.append(matter("report_missing_parcel", sentence("utter_offer_not_there"), number))
    possible = returnable(found.order, found.returns, found.policies, found.now, refunds=found.refunds)
    if any(line.quantity for line in possible):
        buttons.append(matter("return_item", sentence("utter_reading_return_item"), number))
    if any(return_.open for return_ in found.returns):
        buttons.append(matter("return_status", sentence("utter_reading_return_status"), number))
    if found.late or found.lost or found.claim or found.refund_overdue or _slow_customs(found):
        buttons.append(person())
    return buttons


def matter(intent: str, title: Any, order_number: str) -> dict[str, Any]:
    """A button that begins a matter about an order."""
    return {"title": title, "payload": f"/{intent}" + json.dumps({"order_number": order_number})}


def person() -> dict[str, Any]:
    """A button for who wants a person."""
    return {"title": sentence("utter_reading_human_handoff"), "payload": "/human_handoff"}


def parcel_link(shipment: Shipment) -> Value:
    """Who brings a parcel, and where to follow it."""
    return sentence(
        "utter_parcel_tracking",
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        url=shipment.tracking_url,
    )


def headline(found: Whereabouts) -> Value:
    """How far an order has got, in a sentence."""
    order = found.order
    values: dict[str, Any] = {"order_number": order.number}
    latest = latest_scan(order)
    if order.status.open and len(order.shipments) == 1 and latest and latest.code in DOORSTEP:
        return _doorstep(found, latest)
    status = order.status
    match status:
        case OrderStatus.PLACED:
            values["placed"] = day(order.placed_at.date())
        case OrderStatus.OUT_FOR_DELIVERY:
            # The carrier did not come that day, and has not said so.
            if latest and _day(latest) < found.today:
                status = OrderStatus.IN_TRANSIT
        case OrderStatus.CUSTOMS:
            values["country"] = country(order.country)
            values["clearance_days"] = found.policies.customs.clearance_workdays
        case OrderStatus.DELIVERED:
            delivered = next((e for s in order.shipments for e in s.events if e.time == order.delivered_at), None)
            values["delivered"] = moment(delivered.time, delivered.time_zone) if delivered else _reached(order)
        case OrderStatus.CANCELLED | OrderStatus.RETURNED | OrderStatus.REFUNDED:
            values[status.value] = _reached(order)
    return sentence(f"utter_order_{status}", **values)


def _doorstep(found: Whereabouts, latest: TrackingEvent) -> Value:
    delivery = found.policies.delivery
    return sentence(
        DOORSTEP[latest.code],
        order_number=found.order.number,
        attempts=delivery.attempts,
        until=day(_day(latest) + timedelta(days=delivery.pickup_hold_days)),
    )


def _reached(order: Order) -> Value:
    """The day on which an order got its status."""
    reached: datetime | None = getattr(order, f"{order.status}_at")
    return day((reached or order.placed_at).date())


def _delivery(found: Whereabouts) -> list[Value]:
    """When the goods are to arrive, or how late they are."""
    if found.late:
        return [sentence("utter_order_late", count=found.late)]
    arrival = None if found.lost else expected(found.order, found.now)
    return [arrival] if arrival else []


def _customs(found: Whereabouts) -> list[Value]:
    """What customs want of the customer."""
    if found.order.status is not OrderStatus.CUSTOMS:
        return []
    carriers = listing([shipment.carrier for shipment in found.order.shipments])
    prepaid = found.policies.customs.duties_prepaid
    parts = [
        sentence("utter_customs_prepaid" if prepaid else "utter_customs_not_prepaid", carrier=carriers),
        sentence("utter_customs_needed", carrier=carriers),
    ]
    return [*parts, sentence("utter_customs_slow")] if _slow_customs(found) else parts


def _slow_customs(found: Whereabouts) -> bool:
    """Whether the clearance takes longer than it should."""
    if found.order.status is not OrderStatus.CUSTOMS:
        return False
    since = [_day(event) for parcel in found.order.shipments for event in parcel.events if event.code in _AT_CUSTOMS]
    return bool(since) and found.today > add_workdays(min(since), found.policies.customs.clearance_workdays)


def _parcels(found: Whereabouts) -> list[Value]:
    """Where each parcel was last seen; of the only one, the last few places."""
    order = found.order
    if len(order.shipments) > 1 and (order.status.open or order.status is OrderStatus.DELIVERED):
        heading = sentence("utter_order_parcels", count=len(order.shipments))
        return [
            heading,
            *(part for number, one in enumerate(order.shipments, 1) for part in _numbered(order, number, one)),
        ]
    if not order.status.open:
        return []
    return [part for shipment in order.shipments for part in (*_scans(shipment, EVENTS_SHOWN), parcel_link(shipment))]


def _numbered(order: Order, number: int, shipment: Shipment) -> list[Value]:
    """One of several parcels: what is in it, and where it is."""
    inside = contents([line for line in order.lines if line.sku in shipment.skus])
    parts = [sentence("utter_parcel_contents", number=number, items=inside), *_scans(shipment, 1)]
    return parts if shipment.delivered_at else [*parts, parcel_link(shipment)]


def _scans(shipment: Shipment, count: int) -> list[Value]:
    """The latest scans of a parcel, the newest first."""
    return [
        sentence(
            "utter_parcel_before" if position else "utter_parcel_event",
            event=sentence(f"utter_event_{event.code}"),
            place=event.place,
            time=moment(event.time, event.time_zone),
        )
        for position, event in enumerate(reversed(shipment.events[-count:]))
    ]


def _remedy(found: Whereabouts) -> list[Value]:
    """What is being done about goods that are late or lost, or what the customer may have."""
    if found.claim:
        opened = day(found.claim.created_at.date())
        return [sentence(f"utter_claim_{found.claim.status}", claim_number=found.claim.number, opened=opened)]
    if found.lost:
        offer = sentence("utter_order_make_good")
        said = found.order.status is OrderStatus.LOST
        return [offer] if said else [sentence("utter_order_counts_as_lost"), offer]
    if found.too_late:
        return [sentence("utter_order_search")]
    if found.late:
        patience = timedelta(days=found.policies.shipping.late_after_days)
        return [sentence("utter_order_patience", until=day(found.order.promised_until + patience))]
    return []


def _afterwards(found: Whereabouts) -> list[Value]:
    """Returns under way, replacements sent, and the money that goes back."""
    parts = [
        sentence("utter_order_return_open", return_number=return_.number)
        for return_ in found.returns
        if return_.open and found.order.status is not OrderStatus.RETURNED
    ]
    parts += [
        sentence("utter_order_sent_again", date=day(sent.created_at.date()), until=day(sent.promised_until))
        for sent in found.replacements
    ]
    if found.refunds:
        parts += [_refund(found, refund) for refund in found.refunds]
    elif found.order.status is OrderStatus.CANCELLED:
        paid = found.order.paid_at is not None
        parts.append(sentence("utter_cancelled_paid" if paid else "utter_cancelled_unpaid"))
    else:
        parts += [_due(found, due) for due in found.refund_dues]
    return [*parts, sentence("utter_refund_overdue")] if found.refund_overdue else parts


def _refund(found: Whereabouts, refund: Refund) -> Value:
    if refund.status is RefundStatus.APPROVAL:
        return sentence("utter_refund_in_approval")
    if refund.status is RefundStatus.PENDING or not found.personal:
        return _due(found, refund.due_on)
    return sentence(
        "utter_refund_was_sent",
        amount=money(refund.amount),
        method=sentence("utter_method_store_credit") if refund.method == STORE_CREDIT else refund.method,
        date=day((refund.sent_at or refund.created_at).date()),
        due=day(refund.due_on),
    )


def _due(found: Whereabouts, due: date) -> Value:
    return sentence("utter_refund_was_due" if due < found.today else "utter_refund_due", due=day(due))


def latest_scan(order: Order) -> TrackingEvent | None:
    """The newest scan of any of the parcels."""
    scans = [shipment.latest for shipment in order.shipments if shipment.latest]
    return max(scans, key=lambda event: event.time, default=None)


def _day(event: TrackingEvent) -> date:
    """The day of a scan, where it was made."""
    return event.time.astimezone(ZoneInfo(event.time_zone)).date()
