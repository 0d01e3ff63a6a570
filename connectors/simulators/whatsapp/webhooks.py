"""What the platform tells the server, and how it signs that.

Sources: Meta, "WhatsApp Business Platform: Webhooks", https://developers.facebook.com/documentation/business-messaging/
whatsapp/webhooks/reference/messages and its pages for each kind of message and for statuses; "Webhooks: Getting
started", https://developers.facebook.com/docs/graph-api/webhooks/getting-started for the signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from connectors.simulators.stage import Person
from connectors.whatsapp.account import SIMULATED_NUMBER, SIMULATED_PHONE_NUMBER_ID

ACCOUNT_ID = "200000000000002"
"""The id of the WhatsApp Business Account."""


def message_notification(person: Person, message: dict[str, Any]) -> dict[str, Any]:
    """A customer has sent something."""
    contact = {"profile": {"name": person.name}, "wa_id": person.id}
    return _notification(contacts=[contact], messages=[message])


def status_notification(
    message_id: str, recipient: str, status: str, opaque: str | None, errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Something has become of a message of the shop: `sent`, `delivered`, `read`, `failed`."""
    told: dict[str, Any] = {
        "id": message_id,
        "status": status,
        "timestamp": str(int(time.time())),
        "recipient_id": recipient,
    }
    if errors:
        told["errors"] = errors
    elif status != "read":
        told["pricing"] = {
            "billable": False,
            "pricing_model": "PMP",
            "category": "service",
            "type": "free_customer_service",
        }
    if opaque is not None:
        told["biz_opaque_callback_data"] = opaque
    return _notification(statuses=[told])


def encode(notification: dict[str, Any]) -> bytes:
    """A notification as it goes over the wire.

    The platform writes characters beyond ASCII and slashes with a backslash, and signs exactly that: whoever checks
    the signature of what they have parsed and written again finds it wrong.
    """
    return json.dumps(notification, separators=(",", ":")).replace("/", "\\/").encode()


def sign(app_secret: str, body: bytes) -> str:
    """The header `X-Hub-Signature-256` of a body."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def _notification(**value: Any) -> dict[str, Any]:
    metadata = {
        "display_phone_number": SIMULATED_NUMBER.removeprefix("+"),
        "phone_number_id": SIMULATED_PHONE_NUMBER_ID,
    }
    change = {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": "messages"}
    return {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT_ID, "changes": [change]}]}
