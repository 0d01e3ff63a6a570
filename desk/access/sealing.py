"""Values that are given out or stored so that nobody else can read or change them (Fernet)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken


class Seal:
    """Seals texts for one use; what is sealed for another cannot be opened.

    Args:
        secret: of the house.
        use: what they are for, as `aftercare.desk.<thing>`.
        now: the present moment, aware.
    """

    def __init__(self, secret: bytes, use: str, now: Callable[[], datetime]) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hmac.digest(secret, use.encode(), "sha256")))
        self._now = now

    def seal(self, text: str) -> bytes:
        """A sealed text; it is fit for forms and addresses."""
        return self._fernet.encrypt_at_time(text.encode(), int(self._now().timestamp()))

    def open(self, sealed: bytes | str, lasts: timedelta | None = None) -> str | None:
        """The text; None where it was not sealed here, or longer ago than `lasts`."""
        try:
            if lasts is None:
                return self._fernet.decrypt(sealed).decode()
            seconds, moment = int(lasts.total_seconds()), int(self._now().timestamp())
            return self._fernet.decrypt_at_time(sealed, seconds, moment).decode()
        except InvalidToken:
            return None
