"""Moments and amounts as Medusa writes them."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

from shop.model import Money


def moment(text: str) -> datetime:
    """A moment, in UTC."""
    return datetime.fromisoformat(text)


def money(amount: Decimal | int, currency: str) -> Money:
    """An amount, rounded to the currency's smallest coin: Medusa calculates with fractions of it."""
    step = Decimal(1).scaleb(-get_currency_precision(currency))
    return Money(Decimal(amount).quantize(step, ROUND_HALF_UP), currency)
