"""When the team is there, and what the clock says where customers are."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global

from shop import Policies, Section
from shop.hours import team_back

__all__ = ["country_of", "customer_zone", "support_of", "team_back"]


def country_of(policies: Policies, language: str) -> str | None:
    """The country (ISO 3166 code) that stands in for the customer's own while only the language is known."""
    return policies.language_country.get(language)


def support_of(policies: Policies, language: str) -> Section:
    """The hours of the team that is there for the customers who speak a language."""
    support: Section = policies.for_country(country_of(policies, language)).support
    return support


def customer_zone(country: str | None, now: datetime) -> ZoneInfo | None:
    """The time zone of a country; None where the clocks of the country differ, or it is unknown."""
    zones = [ZoneInfo(name) for name in _zones().get(country or "", ())]
    if len({now.astimezone(zone).utcoffset() for zone in zones}) != 1:
        return None
    return zones[0]


@cache
def _zones() -> dict[str, list[str]]:
    """The names of the time zones by country, as CLDR has them."""
    found: dict[str, list[str]] = {}
    for zone, country in get_global("zone_territories").items():
        found.setdefault(country, []).append(zone)
    return found
