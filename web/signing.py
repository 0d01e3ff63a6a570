"""What signs links and tokens that come back to us, with itsdangerous (https://itsdangerous.palletsprojects.com).

Everything is signed with a key of its own, derived from the secret and a salt that names what is signed: what was
signed for one use is worthless for another. Links and tokens that are out are good only as long as the salt, the
derivation and the digest stay as they are.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from itsdangerous import Signer, URLSafeSerializer

AnySigner = TypeVar("AnySigner", bound=Signer)

_DERIVATION: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


def signer(kind: type[AnySigner], secret: bytes, salt: str) -> AnySigner:
    """What signs texts.

    Args:
        kind: `Signer`, or `TimestampSigner` for what is good for a while.
        secret: the same in every process.
        salt: what is signed, as `aftercare.<room>.<thing>`.
    """
    return kind(secret, salt=salt, **_DERIVATION)


def serializer(secret: bytes, salt: str) -> URLSafeSerializer:
    """What signs values that JSON can hold; whoever has the result can read them. For the arguments, see `signer`."""
    return URLSafeSerializer(secret, salt=salt, signer_kwargs=_DERIVATION)
