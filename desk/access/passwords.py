"""Passwords: which are good enough, and how they are kept (argon2id, RFC 9106)."""

from __future__ import annotations

import asyncio
import unicodedata
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 500
"""In characters; length is what makes a password hard to guess (NIST SP 800-63B)."""

AT_ONCE = 2
"""So many hashes are made at the same time; each takes 64 MiB."""


class Fault(StrEnum):
    """What is wrong with a password."""

    SHORT = "short"
    LONG = "long"
    GUESSABLE = "guessable"


def fault(password: str, email: str, name: str) -> Fault | None:
    """What is wrong with a password for somebody; None where it is good.

    >>> fault("mei@halden.example", "mei@halden.example", "Mei")
    <Fault.GUESSABLE: 'guessable'>
    """
    if len(password) < SHORTEST:
        return Fault.SHORT
    if len(password) > LONGEST:
        return Fault.LONG
    plain = _letters(password)
    if len(set(plain)) < 4 or plain in {_letters(email), _letters(email.partition("@")[0]), _letters(name)}:
        return Fault.GUESSABLE
    return None


class Passwords:
    """Hashes passwords, and compares them with their hashes, beside the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether a password is the one of a hash; False after the same time where there is none."""
        async with self._turn:
            right = await asyncio.to_thread(self._compare, hashed, _normal(password))
        return right and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(hashed)

    def _compare(self, hashed: str | None, password: str) -> bool:
        # Asked for whether it is needed or not: it is made by the first who signs in.
        nobodys = _nobodys(self._hasher)
        try:
            return self._hasher.verify(hashed or nobodys, password)
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """The hash that a password is compared with where there is no account."""
    return hasher.hash("nobody has this one")


def _normal(password: str) -> str:
    """Keyboards send the same letters in several ways."""
    return unicodedata.normalize("NFKC", password[:LONGEST])


def _letters(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())
