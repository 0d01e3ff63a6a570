"""Columns that are encrypted in the database, and columns by which such values are found.

A value is encrypted with the first key of a `Keyring` (Fernet: AES-128-CBC and HMAC-SHA-256) and read with any of
them, so that keys can be changed while the house is open (`storage.rotation`). A `BlindIndex` beside it holds a keyed
hash: rows are found by equality, and the hash tells nobody without the key what it stands for.

The keyring belongs to the `Database`. Without one nothing is encrypted and what is encrypted cannot be read.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Dialect, String, Text
from sqlalchemy.types import TypeDecorator

TOKEN = "gAAAAA"  # noqa: S105, the version and the first bytes of the time of every Fernet token
REMEMBERED = 512
"""So many values that were decrypted last are kept: the rows of an order repeat those of its customer."""


class DecryptionError(Exception):
    """What is stored was encrypted with a key that is not there, or was changed by somebody."""


class Keyring:
    """The keys of a database.

    Args:
        keys: random texts; the first encrypts, all decrypt.
        index_key: a random text, of which the key of blind indexes is made.

    Raises `ValueError` where there is no key.
    """

    def __init__(self, keys: Sequence[str], index_key: str) -> None:
        if not keys:
            raise ValueError("a keyring has at least one key")
        fernets = [Fernet(base64.urlsafe_b64encode(_derived(key, b"aftercare.storage.encryption"))) for key in keys]
        self._first = fernets[0]
        self._all = MultiFernet(fernets)
        self._index_key = _derived(index_key, b"aftercare.storage.blind_index")
        self.decrypt = lru_cache(REMEMBERED)(self._decrypt)
        """The text of a stored value; one from before there was a keyring is its own. Raises `DecryptionError`."""

    def __repr__(self) -> str:
        return "Keyring(…)"

    def encrypt(self, text: str) -> str:
        """What is stored of a text."""
        return self._first.encrypt(text.encode()).decode()

    def digest(self, text: str) -> str:
        """What stands for a text in blind indexes: 32 hexadecimal digits."""
        return hmac.digest(self._index_key, text.encode(), "sha256").hex()[:32]

    def is_current(self, stored: str) -> bool:
        """Whether a value was encrypted with the first key."""
        if not is_encrypted(stored):
            return False
        try:
            self._first.decrypt(stored)
        except InvalidToken:
            return False
        return True

    def _decrypt(self, stored: str) -> str:
        if not is_encrypted(stored):
            return stored
        try:
            return self._all.decrypt(stored).decode()
        except InvalidToken:
            raise DecryptionError("none of the encryption keys opens a stored value") from None


def is_encrypted(stored: str) -> bool:
    """Whether a stored value is encrypted, with whatever key."""
    return stored.startswith(TOKEN) and stored.isascii()


class Encrypted(TypeDecorator[str]):
    """A text that is encrypted in the database. It is compared with nothing: see `BlindIndex`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        keyring = keyring_of(dialect)
        return value if value is None or keyring is None else keyring.encrypt(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        keyring = keyring_of(dialect)
        if keyring is None:
            if is_encrypted(value):
                raise DecryptionError("a stored value is encrypted, and there are no encryption keys")
            return cast(str, value)
        return keyring.decrypt(value)


class EncryptedJson(Encrypted):
    """A JSON value that is encrypted in the database."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        written = None if value is None else json.dumps(value, ensure_ascii=False)
        return super().process_bind_param(written, dialect)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        written = super().process_result_value(value, dialect)
        return None if written is None else json.loads(written)


class BlindIndex(TypeDecorator[str]):
    """A keyed hash by which an encrypted column of the same table is searched.

    Texts go in, hashes come out.

    Args:
        of: the name of the encrypted column.
        key: what of its value is searched for; "" where nothing is.
        length: of the column.
    """

    impl = String
    cache_ok = True

    def __init__(self, of: str, key: Callable[[str], str], length: int) -> None:
        super().__init__(length)
        self.of = of
        self.key = key

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        keyring = keyring_of(dialect)
        return value if value is None or keyring is None else keyring.digest(value)


def keyring_of(dialect: Dialect) -> Keyring | None:
    """The keyring of the database that a dialect belongs to."""
    return getattr(dialect, "keyring", None)


def _derived(key: str, use: bytes) -> bytes:
    return hmac.digest(key.encode(), use, "sha256")
