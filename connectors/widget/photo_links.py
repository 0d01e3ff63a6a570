"""Addresses under which visitors see the photographs that they sent."""

from __future__ import annotations

from itsdangerous import BadData, TimestampSigner

from web.signing import signer

SALT = "aftercare.widget.photo"

LASTS_SECONDS = 24 * 3600
"""Each time a window comes back, it is given new addresses."""


class PhotoLinks:
    """Makes addresses and reads them. Whoever has one sees the picture, since pages cannot send anything along.

    Args:
        key: what addresses are signed with, the same in every process.
        root: what stands before them, without a slash at its end.
    """

    def __init__(self, key: bytes, root: str) -> None:
        self._root = root
        self._signer = signer(TimestampSigner, key, SALT)

    def path(self, photo_id: str) -> str:
        """The address of a photograph, below that of the server."""
        return f"{self._root}/{self._signer.sign(photo_id).decode()}"

    def read(self, signed: str) -> str | None:
        """The photograph of the last part of an address; None if it was not made here, or long ago."""
        try:
            return self._signer.unsign(signed, max_age=LASTS_SECONDS).decode()
        except BadData:
            return None
