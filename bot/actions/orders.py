"""Where an order is, and which orders a customer has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.services import Services
from bot.values import Value, country, day, days, lines, moment, money, sentence
from shop import Order, OrderStatus, Shipment, ShopUnavailable, email_key

MAX_LISTED = 5
"""How many orders a list shows."""


class TrackOrder(Action):
    """Says where the order in the slot `order_number` is."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_track_order"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        number = str(tracker.get_slot("order_number") or "")
        try:
            order = await self._services.shop.order(number)
        except ShopUnavailable:
            dispatcher.utter_message(response="utter_shop_unavailable")
            return []
        if order is None:
            dispatcher.utter_message(response="utter_order_unknown", order_number=number)
            return [SlotSet("order_number", None)]
        if order.status is OrderStatus.LOST:
            # The only status whose answer has a button of its own.
            dispatcher.utter_message(response="utter_order_lost", order_number=order.number)
        else:
            details = describe(order, self._services)
            dispatcher.utter_message(response="utter_order_status", details=details)
        return [SlotSet("order_number", order.number)]


class ListOrders(Action):
    """Lists the orders of the customer who knows an order's number and its e-mail address."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_list_orders"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        number, email = (str(tracker.get_slot(name) or "") for name in ("order_number", "email"))
        try:
            order = await self._services.shop.order(number)
            # The same answer whichever of the two is wrong: a guess must not tell whether an order exists.
            if order is None or email_key(order.customer.email) != email_key(email):
                dispatcher.utter_message(response="utter_identity_unknown")
                return [SlotSet("order_number", None), SlotSet("email", None)]
            orders = await self._services.shop.orders_of(order.customer.email)
        except ShopUnavailable:
            dispatcher.utter_message(response="utter_shop_unavailable")
            return []
        shown = [_summary(order) for order in orders[:MAX_LISTED]]
        dispatcher.utter_message(response="utter_orders", count=len(orders), orders=lines(*shown))
        if len(orders) > MAX_LISTED:
            dispatcher.utter_message(response="utter_orders_more", count=len(orders) - MAX_LISTED)
        return []


def _summary(order: Order) -> Value:
    return sentence(
        "utter_order_summary",
        order_number=order.number,
        date=day(order.placed_at.date()),
        status=sentence(f"utter_status_{order.status}"),
        total=money(order.totals.total),
    )


def describe(order: Order, services: Services) -> Value:
    """What is to be said of an order: what has happened, what is expected when, and where each parcel was last seen."""
    return lines(_headline(order, services), *_delivery(order, services.now()), *_parcels(order))


def _headline(order: Order, services: Services) -> Value:
    values: dict[str, Any] = {"order_number": order.number}
    match order.status:
        case OrderStatus.PLACED:
            values["placed"] = day(order.placed_at.date())
        case OrderStatus.CUSTOMS:
            policies = services.policies.for_country(order.country)
            values["country"] = country(order.country)
            values["clearance_days"] = policies.customs.clearance_workdays
        case OrderStatus.DELIVERED | OrderStatus.CANCELLED | OrderStatus.RETURNED | OrderStatus.REFUNDED:
            reached: datetime | None = getattr(order, f"{order.status}_at")
            values[order.status.value] = day((reached or order.placed_at).date())
    return sentence(f"utter_order_{order.status}", **values)


def _delivery(order: Order, now: datetime) -> list[Value]:
    """When the goods are to arrive; and how late they are, if they are."""
    if not order.status.open or order.status is OrderStatus.PLACED:
        return []
    late = (now.date() - order.promised_until).days
    if late > 0:
        return [sentence("utter_order_late", count=late)]
    if order.status is OrderStatus.OUT_FOR_DELIVERY:
        return []
    first = max(order.promised_from, now.date())
    return [sentence("utter_order_expected", days=days(first, order.promised_until))]


def _parcels(order: Order) -> list[Value]:
    if not order.status.open:
        return []
    parcels = [part for shipment in order.shipments for part in _parcel(shipment)]
    if len(order.shipments) > 1:
        return [sentence("utter_order_parcels", count=len(order.shipments)), *parcels]
    return parcels


def _parcel(shipment: Shipment) -> list[Value]:
    parts = []
    if latest := shipment.latest:
        parts.append(
            sentence(
                "utter_parcel_event",
                event=sentence(f"utter_event_{latest.code}"),
                place=latest.place,
                time=moment(latest.time, latest.time_zone),
            )
        )
    parts.append(
        sentence(
            "utter_parcel_tracking",
            carrier=shipment.carrier,
            tracking_number=shipment.tracking_number,
            url=shipment.tracking_url,
        )
    )
    return parts
