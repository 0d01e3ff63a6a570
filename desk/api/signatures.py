"""What proves that a webhook is ours: `Aftercare-Signature: t=<unix seconds>,v1=<hexadecimal HMAC-SHA256>`.

What is signed is the time, a full stop and the body as it is sent, with the key that was shown when the webhook was
made. The time is in it so that a request that somebody recorded is worthless later.
"""

from __future__ import annotations

import hmac

HEADER = "Aftercare-Signature"

PREFIX = "whsec_"

TOLERANCE_SECONDS = 300
"""How old a request may be for whoever checks it."""


def signing_key(secret: bytes, salt: bytes) -> str:
    """The key of a webhook, derived from the house's secret: the database alone does not give it away.

    Args:
        salt: the webhook's own, random.
    """
    return PREFIX + hmac.digest(secret, b"aftercare.desk.webhook" + salt, "sha256").hex()


def signature(key: str, seconds: int, body: bytes) -> str:
    """The value of `HEADER` for a body that is sent at a moment (in seconds since 1970)."""
    return f"t={seconds},v1={_digest(key, seconds, body)}"


def is_signed(key: str, header: str, body: bytes, now: float) -> bool:
    """Whether a body came with the right signature, lately."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    try:
        seconds = int(parts.get("t", ""))
    except ValueError:
        return False
    given = parts.get("v1", "").encode("utf-8", "surrogatepass")
    right = hmac.compare_digest(given, _digest(key, seconds, body).encode())
    return right and abs(now - seconds) <= TOLERANCE_SECONDS


def _digest(key: str, seconds: int, body: bytes) -> str:
    return hmac.digest(key.encode(), f"{seconds}.".encode() + body, "sha256").hex()
