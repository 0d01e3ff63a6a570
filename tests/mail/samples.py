"""A letter of every kind, and of every way in which it can turn out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot import values
from bot.letters import Letter
from mail import Composer, Letterhead, parse_address
from shop.model import Money

LOCALES = Path(__file__).parent.parent.parent / "mail" / "locales"
LANGUAGES = ("en", "de", "es", "fr", "zh")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LETTERHEAD = Letterhead(
    "Halden", "care@halden.example", "+31 10 555 0142", parse_address("Halden <no-reply@halden.example>")
)

ADDRESS = "anna@mail.example"
DAY = values.day(date(2026, 12, 4))
PRICE = values.money(Money(Decimal("1249.50"), "EUR"))
JUMPER = values.names({"en": "Wool jumper", "de": "Wollpullover", "es": "Jersey", "fr": "Pull", "zh": "羊毛衫"})
LAMP = values.names({"en": "Desk lamp", "de": "Lampe", "es": "Lámpara", "fr": "Lampe", "zh": "台灯"})
ITEMS = [
    {"name": JUMPER, "detail": "M", "quantity": 2},
    {"name": LAMP, "detail": "", "quantity": 1},
]
LINK = "https://help.halden.example/documents/abc-123?x=1&y=2"

RETURN = {"rma": "RMA-10001", "order_number": "AC-104233", "items": ITEMS, "amount": PRICE}
LABEL = {"label_url": LINK, "label_valid_until": DAY}
REPAIR = {"repair_number": "REP-20001", "item": LAMP, "day": DAY, "fee": None, "workdays": 10}
CLAIM = {"claim_number": "CLM-30001", "order_number": "AC-104233"}

SAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("code", {"code": "123456", "minutes": 10}),
    ("code", {"code": "000001", "minutes": 1}),
    ("return_confirmation", {**RETURN, **LABEL, "resolution": "refund", "way_back": "label"}),
    ("return_confirmation", {**RETURN, **LABEL, "resolution": "store_credit", "way_back": "qr_code"}),
    ("return_confirmation", {**RETURN, "resolution": "exchange", "way_back": "pickup", "pickup_day": DAY}),
    (
        "return_confirmation",
        RETURN | LABEL | {"resolution": "exchange", "replacements": ITEMS, "way_back": "pickup", "pickup_day": DAY},
    ),
    ("refund_started", {"order_number": "AC-104233", "amount": PRICE, "method": "PayPal", "due": DAY}),
    ("refund_started", {"order_number": "AC-104233", "amount": PRICE, "method": "store_credit", "due": DAY}),
    ("replacement_sent", {"order_number": "AC-104233", "items": ITEMS}),
    ("order_cancelled", {"order_number": "AC-104233", "amount": PRICE, "due": DAY}),
    ("order_cancelled", {"order_number": "AC-104233", "amount": None, "due": None}),
    ("address_changed", {"order_number": "AC-104233", "lines": ["Anna Lindner", "Lindenstraße 4", "10115 Berlin"]}),
    ("agent_answer", {"agent": "Mei", "text": "AC-104233: <b>24.11.</b>", "url": LINK}),
    ("invoice", {"order_number": "AC-104233", "url": LINK}),
    ("repair_booked", {**REPAIR, "way": "pickup"}),
    ("repair_booked", {**REPAIR, "way": "drop_off", "fee": PRICE, "workdays": 1}),
    ("claim_opened", {**CLAIM, "days": 2}),
    ("claim_opened", {**CLAIM, "days": 1}),
    ("privacy_export", {"url": LINK, "valid_until": DAY}),
    ("privacy_deletion_requested", {"day": DAY}),
    ("privacy_deleted", {"kept": ["invoices", "orders", "payments", "returns"], "years": 10}),
    ("privacy_deleted", {"kept": ["invoices"], "years": 1}),
    ("privacy_deleted", {"kept": [], "years": None}),
    ("test", {}),
]


class Clock:
    """A clock that stands still until it is set forward."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **duration: float) -> None:
        """Set it forward by the arguments of a `timedelta`."""
        self.moment += timedelta(**duration)


def composer() -> Composer:
    """A composer of the shop's own letters, at noon."""
    return Composer(LOCALES, LETTERHEAD, lambda: NOON)


def code_letter(to: str = ADDRESS, code: str = "123456") -> Letter:
    """A short letter."""
    return Letter("code", to, "en", {"code": code, "minutes": 10})
