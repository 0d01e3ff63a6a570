"""The customers whom one can be on the pages, and their orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shop import Customer, Order, OrderStatus

SITUATIONS = (
    OrderStatus.IN_TRANSIT,
    OrderStatus.DELIVERED,
    OrderStatus.CUSTOMS,
    OrderStatus.RETURNED,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.DELIVERED,
)
"""What is worth trying: where a parcel is, a return, customs, a refund, a claim or a repair."""


@dataclass(frozen=True)
class Persona:
    """A customer whom one can be, and the order for which."""

    customer: Customer
    order: Order


def personas_of(orders: Iterable[Order]) -> list[Persona]:
    """One for each situation in which there is an order: each from another country, in as many languages as can be."""
    sorted_orders = sorted(orders, key=lambda order: order.number)
    personas: list[Persona] = []
    for status in SITUATIONS:
        countries = {persona.customer.country for persona in personas}
        languages = {persona.customer.language for persona in personas}
        fitting = [o for o in sorted_orders if o.status is status and o.customer.country not in countries]
        if fitting:
            order = min(fitting, key=lambda order: order.customer.language in languages)
            personas.append(Persona(order.customer, order))
    return personas
