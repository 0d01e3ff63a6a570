"""The files that customers and the shop send, in memory."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

KEPT_BYTES = 200_000_000
"""So much is kept, the newest."""


@dataclass(frozen=True)
class Media:
    """A file."""

    id: str
    content: bytes
    content_type: str
    name: str = ""

    @cached_property
    def sha256(self) -> str:
        """In hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def described(self) -> str:
        """What it is, for people."""
        return f"({len(self.content)} bytes of {self.content_type})"


class MediaStore:
    """Keeps files."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, Media] = OrderedDict()

    def keep(self, content: bytes, content_type: str, name: str = "") -> Media:
        """Keep a file. Its id is a number, which nobody guesses."""
        media = Media(str(secrets.randbelow(9 * 10**15) + 10**15), content, content_type, name)
        self._files[media.id] = media
        while sum(len(kept.content) for kept in self._files.values()) > KEPT_BYTES and len(self._files) > 1:
            self._files.popitem(last=False)
        return media

    def get(self, media_id: str) -> Media | None:
        """A file, if it is there."""
        return self._files.get(media_id)

    def delete(self, media_id: str) -> bool:
        """Forget a file; returns whether it was there."""
        return self._files.pop(media_id, None) is not None
