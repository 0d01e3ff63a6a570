"""The demonstration shop's customers, as the messengers know them: so each chat finds somebody with orders."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator

from connectors.simulators.stage import Person
from shop import phone_key
from shop.demo.customers import load_customers

OFFERED = ("DE", "AT", "CH", "FR", "ES", "GB", "US", "MX", "CN")
"""The first customer of each of these countries is offered."""

OFFERED_OPENIDS = 4
"""So many of China's are offered, and as many of all others."""


def with_numbers() -> list[Person]:
    """Customers by their telephone numbers, in digits alone, as WhatsApp writes them."""
    found: dict[str, Person] = {}
    for customer in load_customers():
        if customer.country in OFFERED and customer.country not in found:
            found[customer.country] = Person(phone_key(customer.phone or ""), customer.name, customer.language)
    return [found[country] for country in OFFERED if country in found]


def with_openids() -> list[Person]:
    """Customers by the ids that WeChat has for them with one account: `o` and 27 characters."""
    return [*_openids(chinese=True), *_openids(chinese=False)]


def _openids(*, chinese: bool) -> Iterator[Person]:
    ours = [one for one in load_customers() if (one.country == "CN") == chinese and (chinese or one.country in OFFERED)]
    by_country = {one.id if chinese else one.country: one for one in reversed(ours)}.values()
    for customer in sorted(by_country, key=lambda one: one.id)[:OFFERED_OPENIDS]:
        yield Person(openid(customer.email), customer.name, customer.language)


def openid(of: str) -> str:
    """An id as WeChat makes them, always the same one."""
    return "o" + urlsafe_b64encode(hashlib.sha256(of.encode()).digest()).decode()[:27]
