"""What else a customer may have meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.actions.case import Case
from bot.actions.identity import MAX_OFFERED
from bot.actions.whereabouts import matter
from bot.values import sentence
from shop import Order


async def other_orders(
    case: Case, intent: str, order: Order, suitable: Callable[[Order], bool]
) -> list[dict[str, Any]]:
    """The customer's other orders for which a matter is possible, as buttons; `utter_other_<intent>` names them."""
    orders = await case.services.shop.orders_of(order.customer.email)
    others = [other for other in orders if other.number != order.number and suitable(other)]
    return [
        matter(intent, sentence(f"utter_other_{intent}", order_number=other.number), other.number)
        for other in others[:MAX_OFFERED]
    ]
