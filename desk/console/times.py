"""Moments and spans as agents read them: in their language, and in their time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_timedelta

MINUTE = timedelta(minutes=1)

THRESHOLD = 1.2
"""So many hours are told as hours, and fewer as minutes; likewise days, weeks and so on."""


def absolute(at: datetime, locale: Locale, zone: str) -> str:
    """`Nov 22, 2026, 5:10 PM`."""
    return str(format_datetime(at, "medium", tzinfo=ZoneInfo(zone), locale=locale))


def span(length: timedelta, locale: Locale) -> str:
    """`4 min`, `2 hr`, `3 days`; the browser writes the same (`static/ago.js`)."""
    return str(format_timedelta(_whole(length), "minute", THRESHOLD, format="short", locale=locale))


def ago(at: datetime, now: datetime, locale: Locale) -> str:
    """`4 min ago`, `in 2 hr`."""
    gone = _whole(abs(now - at)) * (1 if at > now else -1)
    return str(format_timedelta(gone, "minute", THRESHOLD, add_direction=True, format="short", locale=locale))


def _whole(length: timedelta) -> timedelta:
    """At least a minute, in minutes: seconds make a page restless."""
    return max(MINUTE, length // MINUTE * MINUTE)
