"""Which orders a customer has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.actions import cards
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.identity import identify
from bot.actions.whereabouts import contents, days_late, matter
from bot.values import Value, day, lines, money, sentence
from shop import Customer, Order

MAX_LISTED = 5
"""How many orders a list shows at a time."""

OLDER = "older"
"""The question that the button for older orders answers: how many have been shown."""


class ListOrders(Flow[Customer]):
    """Lists the orders of a customer, the latest first."""

    intent = "list_orders"
    kept = ("email",)
    slots = ("code",)

    async def collect(self, case: Case) -> Customer:
        return await identify(case)

    async def settle(self, case: Case, details: Customer) -> None:
        orders = await case.services.shop.orders_of(details.email)
        if not orders:
            case.end("utter_no_orders")
        older = case.said.choice(OLDER) or ""
        start = int(older) if older.isdecimal() and int(older) < len(orders) else 0
        shown = orders[start : start + MAX_LISTED]
        response = "utter_older_orders" if start else "utter_orders"
        case.say(
            response,
            count=len(orders),
            orders=lines(*(_summary(order, case.services.now()) for order in shown)),
            choices=_choices(shown, start + len(shown), len(orders)),
            card=cards.orders(shown, case.services, lead=sentence(response, count=len(orders), orders="")),
        )


def _summary(order: Order, now: datetime) -> Value:
    status = "late" if days_late(order, now) else order.status
    return sentence(
        "utter_order_summary",
        order_number=order.number,
        date=day(order.placed_at.date()),
        status=sentence(f"utter_status_{status}"),
        total=money(order.totals.total),
        items=contents(order.lines),
    )


def _choices(shown: Sequence[Order], until: int, count: int) -> list[dict[str, Any]]:
    """Each order that is under way, and those that are not shown yet."""
    choices = [
        matter("track_order", sentence("utter_track_choice", order_number=order.number), order.number)
        for order in shown
        if order.status.open
    ]
    if until < count:
        arguments = json.dumps({"question": OLDER, "choice": str(until)})
        choices.append({"title": sentence("utter_older_choice"), "payload": f"/list_orders{arguments}"})
    return choices
