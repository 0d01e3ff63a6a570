"""When people are there, by the shop's policies."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from shop.policies import Section


def team_back(support: Section, now: datetime) -> datetime | None:
    """When people are there again, by the `support` section of the policies; None while they are."""
    zone = ZoneInfo(support.time_zone)
    opens, closes = time.fromisoformat(support.opens), time.fromisoformat(support.closes)
    local = now.astimezone(zone)
    if opens <= local.time() < closes:
        return None
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return datetime.combine(day, opens, zone)
