"""What proves that a webhook is the platform's.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
"""

from __future__ import annotations

import hmac

HEADER = "X-Hub-Signature-256"

_PREFIX = "sha256="


def signature(body: bytes, app_secret: str) -> str:
    """The value of `HEADER` for a body: HMAC-SHA256 over its bytes, in hexadecimal digits."""
    return _PREFIX + hmac.digest(app_secret.encode(), body, "sha256").hex()


def is_signed(body: bytes, header: str | None, app_secret: str) -> bool:
    """Whether a body came with the right signature. It takes the same time whatever is wrong with it."""
    # As bytes: `compare_digest` takes only such strings as are ASCII, and a header may be anything.
    return same(header or "", signature(body, app_secret))


def same(given: str, secret: str) -> bool:
    """Whether somebody knows a secret, compared in a time that does not tell how much of it."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())
