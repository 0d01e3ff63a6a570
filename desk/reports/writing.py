"""How figures are written in a reader's language."""

from __future__ import annotations

from datetime import date, timedelta

from babel import Locale
from babel.dates import format_interval, format_skeleton
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from desk.reports.period import Period

NONE = "–"
"""Stands where there is no figure."""

_UNITS = (("day", timedelta(days=2)), ("hour", timedelta(hours=2)), ("minute", timedelta(minutes=2)))
"""The units of durations, each from so long on; shorter ones are in seconds."""

_LENGTHS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}


def whole(number: float | None, locale: Locale) -> str:
    """`1,234`."""
    return NONE if number is None else str(format_decimal(round(number), locale=locale))


def decimal(number: float | None, locale: Locale) -> str:
    """`4.3`."""
    return NONE if number is None else str(format_decimal(number, "#,##0.0", locale=locale))


def share(part: float | None, locale: Locale) -> str:
    """`73%`."""
    return NONE if part is None else str(format_percent(part, locale=locale))


def duration(length: timedelta | None, locale: Locale) -> str:
    """`4 min`, `3.5 hr`; below ten with a decimal, unless it is in seconds."""
    if length is None:
        return NONE
    unit = unit_of(length)
    count = length.total_seconds() / _LENGTHS[unit]
    rounded = round(count, 1) if count < 10 and unit != "second" else round(count)
    return str(format_unit(rounded, f"duration-{unit}", "short", locale=locale))


def unit_of(length: timedelta) -> str:
    """The unit that a duration is best written in: `day`, `hour`, `minute` or `second`."""
    return next((unit for unit, least in _UNITS if length >= least), "second")


def in_unit(length: timedelta, unit: str) -> float:
    """A duration in a unit."""
    return length.total_seconds() / _LENGTHS[unit]


def days(period: Period, locale: Locale) -> str:
    """`Nov 3`, `Nov 3 – 9`."""
    if period.first == period.last:
        return day(period.first, locale)
    return str(format_interval(period.first, period.last, "MMMd", locale=locale))


def day(of: date, locale: Locale) -> str:
    """`Nov 3`."""
    return str(format_skeleton("MMMd", of, locale=locale))


def whole_days(period: Period, locale: Locale) -> str:
    """`Nov 3 – 9, 2026`."""
    if period.first == period.last:
        return str(format_skeleton("yMMMd", period.first, locale=locale))
    return str(format_interval(period.first, period.last, "yMMMd", locale=locale))
