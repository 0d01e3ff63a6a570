"""Tokens with which the shop's website says who its signed-in customer is."""

from __future__ import annotations

import time
from datetime import timedelta

import jwt

from bot.identity import Identity
from shop import email_key

ALGORITHM = "HS256"
AUDIENCE = "aftercare"

LONGEST = timedelta(hours=24)
"""How long a token may be valid: whoever finds it later can do nothing with it."""

VALID = timedelta(hours=1)
"""How long tokens are valid that are made here."""

LEEWAY = timedelta(seconds=30)
"""How much the clocks of the shop and of this server may differ."""

MAX_EMAIL_LENGTH = 254


class InvalidToken(Exception):
    """A token that proves nothing. The message says why, for the shop's engineer, and holds nothing of the token."""


class IdentityTokens:
    """Reads and makes JSON Web Tokens (RFC 7519), signed with HMAC-SHA256 (`HS256`).

    They have the claims `email`, `aud` and `exp`.

    Args:
        secret: shared with the shop's website, at least 32 bytes in UTF-8.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, email: str) -> str:
        """A token about the customer with an address."""
        now = int(time.time())
        claims = {"email": email, "aud": AUDIENCE, "iat": now, "exp": now + int(VALID.total_seconds())}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str) -> Identity:
        """Whom a token is about. Raises `InvalidToken`."""
        return self._read(token, LEEWAY)

    def read_lately_valid(self, token: str) -> Identity:
        """Whom a token is about that may have expired, but not longer ago than a token can be valid at most. It tells
        whose conversation this was, and vouches for nobody. Raises `InvalidToken`.
        """
        return self._read(token, LONGEST)

    def _read(self, token: str, leeway: timedelta) -> Identity:
        try:
            # Naming the algorithm refuses all others, "none" among them, whatever the token itself says.
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                leeway=leeway,
                options={"require": ["email", "aud", "exp"]},
            )
            expires = int(claims["exp"])
            issued = int(claims.get("iat", expires))
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("it has expired") from error
        except jwt.MissingRequiredClaimError as error:
            raise InvalidToken(f"the claim '{error.claim}' is missing") from error
        except jwt.InvalidAudienceError as error:
            raise InvalidToken(f"the claim 'aud' must be '{AUDIENCE}'") from error
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as error:
            raise InvalidToken(f"it must be signed with {ALGORITHM} and the secret of this server") from error
        # All but the first for numbers that are none.
        except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError) as error:
            raise InvalidToken("it is no valid JSON Web Token") from error
        if expires - min(issued, int(time.time())) > (LONGEST + LEEWAY).total_seconds():
            raise InvalidToken(f"it is valid for more than {LONGEST // timedelta(hours=1)} hours")
        email = claims["email"]
        if not isinstance(email, str) or not email_key(email) or len(email) > MAX_EMAIL_LENGTH:
            raise InvalidToken("the claim 'email' is no e-mail address")
        return Identity(email=email)
