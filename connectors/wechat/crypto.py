"""Signatures and encryption of webhooks.

See "接收消息与事件推送" and "消息加解密说明" at https://developers.weixin.qq.com/doc/offiaccount/.
A signature is the SHA-1 of the sorted parts, with the agreed token as one of them. An encrypted message is AES-256-CBC
over 16 random bytes, the length of the message (4 bytes, big endian), the message, and the AppID, padded as in PKCS #7
to a multiple of 32 bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import time
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
"""The padding's unit in bytes: the platform's, and not that of AES."""

RANDOM = 16

LENGTH = struct.Struct(">I")

FRESH_SECONDS = 300
"""So much the time in a signed request may differ from ours: the platform's clock and ours need not agree to the
second, and it repeats what is not answered for some fifteen seconds.
"""


class Undecipherable(ValueError):
    """A message that was not encrypted with our key for our account."""


def signature(*parts: str) -> str:
    """The signature over parts, one of which is the token; 40 hexadecimal digits."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the platform's choice


def is_signed(given: str, *parts: str) -> bool:
    """Whether a signature is that of these parts. How long it takes says nothing about where they differ."""
    return hmac.compare_digest(given.encode(), signature(*parts).encode())


def is_fresh(timestamp: str, now: float | None = None) -> bool:
    """Whether a signed request is of about now.

    Args:
        timestamp: as in the request, in seconds since 1970.
        now: in seconds since 1970.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs((time.time() if now is None else now) - int(timestamp)) <= FRESH_SECONDS


class MessageCipher:
    """Encrypts and decrypts the messages of an account.

    Args:
        aes_key: the EncodingAESKey: 43 characters, Base64 without the "=".

    Raises:
        ValueError: for a key that is none.
    """

    def __init__(self, aes_key: str, app_id: str) -> None:
        try:
            # WeChat's own keys often have bits that mean nothing at their end, which a strict reading would refuse.
            key = b64decode(aes_key + "=")
        except ValueError as error:
            raise ValueError("wechat_aes_key is no EncodingAESKey: it has 43 letters and digits") from error
        if len(key) != 32:
            raise ValueError("wechat_aes_key is no EncodingAESKey: it has 43 letters and digits")
        self._cipher = Cipher(algorithms.AES256(key), modes.CBC(key[:16]))
        self._app_id = app_id.encode()

    def encrypt(self, message: str) -> str:
        """A message as the platform reads it, in Base64."""
        said = message.encode()
        plain = os.urandom(RANDOM) + LENGTH.pack(len(said)) + said + self._app_id
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher.encryptor()
        return b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The message in what the platform sent. Check its signature first. Raises `Undecipherable`."""
        try:
            data = b64decode(encrypted, validate=True)
            decryptor = self._cipher.decryptor()
            plain = decryptor.update(data) + decryptor.finalize()
        except ValueError as error:
            raise Undecipherable("what is encrypted is incomplete") from error
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise Undecipherable("it was encrypted with another key")
        begin = RANDOM + LENGTH.size
        if len(plain) - padding < begin:
            raise Undecipherable("what is encrypted is too short")
        (length,) = LENGTH.unpack_from(plain, RANDOM)
        message, app_id = plain[begin : begin + length], plain[begin + length : -padding]
        if not hmac.compare_digest(app_id, self._app_id):
            raise Undecipherable("it was encrypted for another account")
        return message
