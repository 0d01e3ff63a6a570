"""The Graph API's errors.

Source: Meta, "WhatsApp Business Platform: Error codes",
https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from connectors.simulators.serving import PlatformError

TITLES = {
    1: "An unknown error has occurred.",
    2: "Service temporarily unavailable",
    100: "Invalid parameter",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131051: "Unsupported message type",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
}

DETAILS = {
    130429: "Message failed to send because there were too many messages sent from this phone number in a short period "
    "of time",
    131026: "Message Undeliverable.",
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied to this "
    "number.",
    131056: "Message failed to send because there were too many messages sent from this phone number to the same phone "
    "number in a short period of time",
}

REFERENCE = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


@dataclass
class GraphError(PlatformError):
    """An answer that is an error.

    Attributes:
        code: of the platform, see `TITLES`.
        details: what is wrong, for engineers.
        status: of HTTP.
        subcode, kind, title: where they are others than usual.
    """

    code: int
    details: str = ""
    status: int = 400
    subcode: int | None = None
    kind: str = "OAuthException"
    title: str = ""

    def body(self) -> dict[str, Any]:
        """The body of the answer."""
        title = self.title or f"(#{self.code}) {TITLES[self.code]}"
        error: dict[str, Any] = {"message": title, "type": self.kind, "code": self.code}
        if details := self.details or DETAILS.get(self.code):
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return {"error": {**error, "fbtrace_id": secrets.token_urlsafe(12)}}


def told(code: int, details: str = "") -> dict[str, Any]:
    """An error as webhooks tell it, in the status of a message."""
    return {
        "code": code,
        "title": TITLES[code],
        "message": TITLES[code],
        "error_data": {"details": details or DETAILS.get(code, "")},
        "href": REFERENCE,
    }


def unauthorized(details: str) -> GraphError:
    """A token that is missing, wrong or no longer valid."""
    return GraphError(190, status=401, title=details, subcode=None)


def no_such_object(object_id: str, method: str) -> GraphError:
    """An address that stands for nothing."""
    title = (
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation."
    )
    return GraphError(100, subcode=33, kind="GraphMethodException", title=title)
