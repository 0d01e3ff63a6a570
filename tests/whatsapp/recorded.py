"""Webhooks as the platform's public documentation shows them, with invented ids, and numbers that are for fiction.

The German and the British one are of ranges that the Bundesnetzagentur and Ofcom keep for films. `payloads/*.json` were
written by hand after https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
and its pages for each type.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.whatsapp.account import SIMULATED_PHONE_NUMBER_ID as PHONE_NUMBER_ID

FOLDER = Path(__file__).parent / "payloads"

RECORDED_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""Shortly before all of them."""

CUSTOMER, OTHER_CUSTOMER = "4917604069042", "447700900123"
USER_ID = "DE.13491208655302741918"

__all__ = ["CUSTOMER", "OTHER_CUSTOMER", "PHONE_NUMBER_ID", "RECORDED_AT", "USER_ID", "body", "message", "recorded"]


def recorded(name: str, at: datetime = RECORDED_AT) -> Any:
    """A webhook, as if it had been recorded at another time."""
    webhook = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    later = int((at - RECORDED_AT).total_seconds())
    for value in (change["value"] for entry in webhook["entry"] for change in entry["changes"]):
        for told in (*value.get("messages", ()), *value.get("statuses", ())):
            told["timestamp"] = str(int(told["timestamp"]) + later)
    return webhook


def body(webhook: Any) -> bytes:
    """A webhook as it is sent."""
    return json.dumps(webhook).encode()


def message(webhook: Any) -> Any:
    """The first message of a webhook."""
    return webhook["entry"][0]["changes"][0]["value"]["messages"][0]
