"""Codes of authenticator apps, as a second step of signing in (TOTP, RFC 6238)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO

import pyotp
import segno
from pyotp.exceptions import OTPVerificationError

from desk.access.sealing import Seal

SETUP_LASTS = timedelta(minutes=15)
"""So long somebody may take to set an app up."""

WINDOW = 1
"""So many steps, of half a minute, a phone's clock may be early or late."""


class Authenticator:
    """Makes the secrets that apps are set up with, and reads the codes that they show.

    Args:
        secret: of the house, from which the key is derived that apps' secrets are stored with.
        issuer: what apps show beside the account.
        now: the present moment, aware.
    """

    def __init__(self, secret: bytes, issuer: str, now: Callable[[], datetime]) -> None:
        self._stored = Seal(secret, "aftercare.desk.totp", now)
        self._offered = Seal(secret, "aftercare.desk.totp_setup", now)
        self._issuer = issuer
        self._now = now

    def offer(self, agent_id: int) -> str:
        """A new secret for somebody, sealed until they have shown that their app knows it."""
        return self._offered.seal(f"{agent_id} {pyotp.random_base32()}").decode()

    def offered(self, offer: str, agent_id: int) -> str | None:
        """The secret of an offer; None where it is another's, or too old."""
        whose, _, secret = (self._offered.open(offer, SETUP_LASTS) or "").partition(" ")
        return secret if secret and whose == str(agent_id) else None

    def picture(self, secret: str, email: str) -> bytes:
        """The code that apps scan, as SVG, dark on light."""
        uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=self._issuer)
        written = BytesIO()
        segno.make(uri, error="m", micro=False).save(
            written, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False
        )
        return written.getvalue()

    def step(self, secret: str, code: str) -> int | None:
        """The number of the time step whose code it is; None where it is none that is good now."""
        given = "".join(code.split())
        try:
            return pyotp.TOTP(secret).verify_and_get_timecode(given, for_time=self._now(), valid_window=WINDOW)
        except OTPVerificationError:
            return None

    def store(self, secret: str) -> bytes:
        """A secret as it is stored."""
        return self._stored.seal(secret)

    def stored(self, sealed: bytes) -> str | None:
        """A secret that was stored; None where the house has another secret now."""
        return self._stored.open(sealed)
