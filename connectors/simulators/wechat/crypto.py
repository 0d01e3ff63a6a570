"""Signatures and encryption of webhooks.

Sources: Tencent, "微信公众平台: 接入指南" for the signature, "消息加解密说明" and "技术方案" for encryption,
https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

PADDED_TO_BITS = 256
"""The padding's block is of 32 bytes, although that of AES is of 16."""


class Undecipherable(Exception):
    """What cannot be decrypted; says why."""


def signature(*parts: str) -> str:
    """The SHA-1 of some words in the order of the alphabet, in hexadecimal digits."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - so the platform has it


def same(one: str, other: str) -> bool:
    """Whether two signatures are the same."""
    return hmac.compare_digest(one.encode(), other.encode())


def encrypt(aes_key: str, app_id: str, text: bytes, random: bytes | None = None) -> str:
    """A message as it stands in `Encrypt`.

    Args:
        aes_key: the EncodingAESKey, 43 characters.
        app_id: of the account.
        random: 16 bytes, others each time unless given.
    """
    inside = (random or secrets.token_bytes(16)) + struct.pack("!I", len(text)) + text + app_id.encode()
    padder = PKCS7(PADDED_TO_BITS).padder()
    encryptor = _cipher(aes_key).encryptor()
    return b64encode(encryptor.update(padder.update(inside) + padder.finalize()) + encryptor.finalize()).decode()


def decrypt(aes_key: str, app_id: str, encrypted: str) -> bytes:
    """The message of an `Encrypt`. Raises `Undecipherable`."""
    decryptor, unpadder = _cipher(aes_key).decryptor(), PKCS7(PADDED_TO_BITS).unpadder()
    try:
        padded = decryptor.update(b64decode(encrypted, validate=True)) + decryptor.finalize()
        inside = unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise Undecipherable(f"the encryption is not right: {error}") from error
    if len(inside) < 20:
        raise Undecipherable("the encrypted message is too short")
    (length,) = struct.unpack("!I", inside[16:20])
    text, owner = inside[20 : 20 + length], inside[20 + length :]
    if owner != app_id.encode():
        raise Undecipherable("the encrypted message is of another account")
    return text


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
