"""Saying hello, and guessing what the customer has come for."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.case import Case
from bot.actions.identity import verified
from bot.actions.services import Services
from bot.actions.whereabouts import matter, person
from bot.values import money, sentence
from shop import Customer, Order, OrderStatus, RefundStatus, ShopUnavailable
from shop.eligibility import late_by, today

ORDERS_LOOKED_AT = 10
"""Of so many of a customer's latest orders it is looked whether one is what they may have come for."""

MAX_GUESSED = 3
"""How many matters are offered as what the customer may have come for."""


class Greet(Action):
    """Says hello; to a customer who is known, by name and with what may have brought them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_greet"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        case = Case(self._services, dispatcher, tracker)
        try:
            customer = await verified(case)
            likely = await _likely_matters(case, customer) if customer else []
        except ShopUnavailable:
            # A greeting needs no orders.
            customer = None
        if customer is None:
            case.say("utter_greet")
        else:
            usual = _button("list_orders") if likely else _button("track_order")
            case.say("utter_greet_name", name=customer.name, choices=[*likely, usual, _button("help"), person()])
        return case.changes()


def _button(intent: str) -> dict[str, Any]:
    return {"title": sentence(f"utter_reading_{intent}"), "payload": f"/{intent}"}


async def _likely_matters(case: Case, customer: Customer) -> list[dict[str, Any]]:
    """Late parcels, what arrives today, returns that are open and refunds that are due, as buttons."""
    orders = (await case.services.shop.orders_of(customer.email))[:ORDERS_LOOKED_AT]
    now = case.services.now()
    late = [order for order in orders if late_by(order, now)]
    arriving = [order for order in orders if order.status is OrderStatus.OUT_FOR_DELIVERY and order not in late]
    parcels = [
        matter("track_order", sentence(title, order_number=order.number), order.number)
        for title, found in (("utter_likely_late", late), ("utter_likely_today", arriving))
        for order in found
    ]
    if len(parcels) >= MAX_GUESSED:
        return parcels[:MAX_GUESSED]
    aftersales = [button for order in orders for button in await _aftersales(case, order)]
    return [*parcels, *aftersales][:MAX_GUESSED]


async def _aftersales(case: Case, order: Order) -> list[dict[str, Any]]:
    """The refund that is due for an order, or else its return that is open."""
    shop = case.services.shop
    for refund in await shop.refunds_of(order.number):
        if refund.status is not RefundStatus.SENT or refund.due_on >= today(order, case.services.now()):
            title = sentence("utter_likely_refund", amount=money(refund.amount))
            return [matter("refund_status", title, order.number)]
    for return_ in await shop.returns_of(order.number):
        if return_.open:
            title = sentence("utter_likely_return", return_number=return_.number)
            return [matter("return_status", title, order.number)]
    return []
