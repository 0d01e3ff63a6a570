"""What the commands write on."""

from __future__ import annotations

from babel.numbers import format_currency
from rich.console import Console

from shop import Money

out = Console()
"""For results."""

errors = Console(stderr=True)
"""For progress and errors, so that results can be piped."""


def money(amount: Money) -> str:
    """An amount, written in English."""
    return str(format_currency(amount.amount, amount.currency, locale="en"))
