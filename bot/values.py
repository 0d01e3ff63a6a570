"""Values in a response that are written differently in each language.

Actions put them into a response as they are; the response generator writes them for the customer's
language. They are plain JSON, so that they reach it from a separate action server too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

Value = dict[str, Any]

KINDS = frozenset(
    {
        *("money", "day", "days", "weekday", "moment", "clock", "listing", "language", "country", "names"),
        *("sentence", "capitalized", "lines"),
    }
)
"""The kinds of values: other mappings with a "kind" are none."""


def money(amount: Any) -> Value:
    """An amount: anything with `.amount` (a Decimal) and `.currency` (an ISO 4217 code)."""
    return {"kind": "money", "amount": str(amount.amount), "currency": amount.currency}


def day(value: date) -> Value:
    """A calendar day."""
    return {"kind": "day", "day": value.isoformat()}


def days(first: date, last: date) -> Value:
    """A span of calendar days, both included."""
    return {"kind": "days", "first": first.isoformat(), "last": last.isoformat()}


def weekday(value: date) -> Value:
    """A calendar day near at hand, with its day of the week, without its year."""
    return {"kind": "weekday", "day": value.isoformat()}


def moment(value: datetime, zone: str) -> Value:
    """A moment, given in any time zone, to be shown in `zone` (an IANA name)."""
    return {"kind": "moment", "moment": value.isoformat(), "zone": zone}


def clock(value: datetime, zone: str) -> Value:
    """The time of day of a moment in `zone` (an IANA name)."""
    return {"kind": "clock", "moment": value.isoformat(), "zone": zone}


def listing(items: Sequence[Any]) -> Value:
    """Several things joined as the language joins them: "a, b and c"."""
    return {"kind": "listing", "items": list(items)}


def language(code: str, own: bool = False) -> Value:
    """The name of a language, in the customer's language or in its own."""
    return {"kind": "language", "code": code, "own": own}


def country(code: str) -> Value:
    """The name of a country."""
    return {"kind": "country", "code": code}


def names(translations: Any) -> Value:
    """A name that the shop has in several languages, English among them."""
    return {"kind": "names", "names": dict(translations)}


def sentence(response: str, **values: Any) -> Value:
    """The text of another response, with values of its own."""
    return {"kind": "sentence", "response": response, "values": values}


def capitalized(value: Any) -> Value:
    """What may stand in the middle of a sentence, standing by itself."""
    return {"kind": "capitalized", "value": value}


def lines(*parts: Any) -> Value:
    """Parts below each other; empty ones are left out."""
    return {"kind": "lines", "parts": [part for part in parts if part]}
