"""What time it is where a customer lives, as far as their country says so."""

from __future__ import annotations

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

MOST_PEOPLE = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "RU": "Europe/Moscow",
}
"""The zone of most people in large countries of which the tz database's table begins with another one."""


def zone_of(country: str | None) -> ZoneInfo | None:
    """The time zone of a country (ISO 3166), of the part where most of its people live; None for an unknown one.

    >>> zone_of("MX"), zone_of("XX")
    (zoneinfo.ZoneInfo(key='America/Mexico_City'), None)
    """
    name = _zones().get(country or "")
    return ZoneInfo(name) if name else None


@cache
def _zones() -> dict[str, str]:
    """The zone of each country: the first one in the tz database's own table, unless that is a remote one."""
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {country: zone for country, _, zone, *_ in reversed(rows)} | MOST_PEOPLE
