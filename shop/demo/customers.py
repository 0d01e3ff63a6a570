"""The demonstration shop's customers, from `customers.yml`."""

from functools import cache

from shop.demo.files import load
from shop.model import Address, Customer


def load_customers() -> list[Customer]:
    """All customers."""
    return [
        Customer(
            id=f"C{number:05}",
            name=entry["name"],
            email=entry["email"],
            phone=entry["phone"],
            country=entry["country"],
            language=entry["language"],
            address=Address(
                name=entry["name"],
                street=entry["street"],
                city=entry["city"],
                postal_code=entry["postal_code"],
                country=entry["country"],
                region=entry.get("region") or None,
                extra=entry.get("extra"),
            ),
        )
        for number, entry in enumerate(load("customers"), start=1)
    ]


def home_zone(customer: Customer) -> str:
    """The IANA time zone of a customer's address."""
    return _own_zones().get(customer.email) or _country_zone(customer.country)


@cache
def _own_zones() -> dict[str, str]:
    return {entry["email"]: entry["zone"] for entry in load("customers") if "zone" in entry}


def _country_zone(country: str) -> str:
    return str(load("routes")["countries"][country]["zone"])
