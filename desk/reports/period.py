"""The days that a report is about, as a time zone counts them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)

MOST_DAYS = 366

MOST_SINGLE_DAYS = 62
"""A longer period is shown by weeks."""

NAMED = ("today", "7d", "28d", "month", "last_month")

DEFAULT = "28d"


@dataclass(frozen=True, order=True)
class Period:
    """Whole days, both ends included. Raises `ValueError` where they are the wrong way round, or more than `MOST_DAYS`.

    >>> Period(date(2026, 3, 2), date(2026, 3, 8)).previous
    Period(first=datetime.date(2026, 2, 23), last=datetime.date(2026, 3, 1))
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS:
            raise ValueError(f"{self.days} days")

    @classmethod
    def named(cls, name: str, today: date) -> Period:
        """A period of `NAMED` that ends on a day, or before the month of it. Raises `ValueError` for another name."""
        month = today.replace(day=1)
        match name:
            case "today":
                return cls(today, today)
            case "7d":
                return cls(today - 6 * DAY, today)
            case "28d":
                return cls(today - 27 * DAY, today)
            case "month":
                return cls(month, today)
            case "last_month":
                return cls((month - DAY).replace(day=1), month - DAY)
        raise ValueError(name)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def previous(self) -> Period:
        """As many days just before it, with which it is compared."""
        return Period(self.first - self.days * DAY, self.first - DAY)

    @property
    def steps(self) -> list[Period]:
        """Its days, or the calendar weeks (from Monday, ISO 8601) of a long one, in their order."""
        firsts = [self.first + number * DAY for number in range(self.days)]
        if self.days > MOST_SINGLE_DAYS:
            firsts = [day for day in firsts if day == self.first or day.weekday() == 0]
        lasts = [day - DAY for day in firsts[1:]] + [self.last]
        return [Period(*both) for both in zip(firsts, lasts, strict=True)]

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """The moment in which it begins in a time zone, and the one in which it is over; in UTC."""
        return _midnight(self.first, zone), _midnight(self.last + DAY, zone)


class Calendar:
    """Finds the step of a period in which a moment lies, in a time zone; days there have 23, 24 or 25 hours."""

    def __init__(self, steps: Sequence[Period], zone: str) -> None:
        self._starts = [step.bounds(zone)[0].timestamp() for step in steps]
        self._end = steps[-1].bounds(zone)[1].timestamp()

    def step(self, moment: float) -> int | None:
        """The number of the step, from 0, of a moment in seconds since 1970; None before and after all of them."""
        number = bisect_right(self._starts, moment) - 1
        return number if number >= 0 and moment < self._end else None


def asked_period(asked: Mapping[str, str], today: date) -> Period:
    """The period of a request: `from` and `to` (ISO 8601) or a `period` of `NAMED`, otherwise the last four weeks.

    What makes no period counts as not asked for.
    """
    try:
        if asked.get("from") and asked.get("to"):
            return Period(date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"]))
        return Period.named(asked.get("period") or DEFAULT, today)
    except (ValueError, OverflowError):
        return Period.named(DEFAULT, today)


def _midnight(day: date, zone: str) -> datetime:
    # Where clocks are put forward at midnight, this is the first moment of the day all the same.
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
