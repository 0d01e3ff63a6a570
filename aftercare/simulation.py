"""What the demonstration shop and the simulators of the messengers agree on (`aftercare simulate`)."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from itertools import count

SIMULATORS = {"whatsapp": "http://127.0.0.1:8101", "wechat": "http://127.0.0.1:8102"}
"""The base addresses of the simulators."""


def simulated_secrets(secret: bytes) -> dict[str, str]:
    """The secrets of the simulated accounts, in the forms of the platforms; keys as in `connectors.facilities`.

    The server and the simulators are processes of their own, which share nothing but the home's secret.

    Args:
        secret: of the home, see `aftercare.secret.load_secret`.
    """
    return {
        "whatsapp_token": f"EAA{_derived(secret, 'whatsapp token').hex()}",
        "whatsapp_app_secret": _derived(secret, "whatsapp app secret").hex()[:32],
        "whatsapp_verify_token": _derived(secret, "whatsapp verify token").hex()[:32],
        "wechat_app_secret": _derived(secret, "wechat app secret").hex()[:32],
        "wechat_token": _derived(secret, "wechat token").hex()[:32],
        "wechat_aes_key": _aes_key(secret),
    }


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, f"aftercare simulated {purpose}".encode(), hashlib.sha256)


def _aes_key(secret: bytes) -> str:
    """32 bytes in Base64 without the `=`, in letters and digits alone: what WeChat takes for an EncodingAESKey."""
    candidates = (_derived(secret, f"wechat aes key {number}") for number in count())
    encoded = (b64encode(key).decode().rstrip("=") for key in candidates)
    return next(key for key in encoded if key.isalnum())
