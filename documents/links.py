"""Links that let whoever holds them see one document, for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadData

from web.signing import serializer

SALT = "aftercare.documents"


class Kind(StrEnum):
    """Which document a link leads to."""

    LABEL = "label"
    DROP_OFF_CODE = "drop_off_code"
    INVOICE = "invoice"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link lets its holder see.

    Attributes:
        kind: which document.
        subject: of what: the number of an order or a return, or the id of an export.
        language: the code of the language in which it is written.
    """

    kind: Kind
    subject: str
    language: str


class LinkInvalid(Exception):
    """The link was not made here, or was changed."""


class LinkExpired(Exception):
    """The link was good once; `grant` is what it led to."""

    def __init__(self, grant: Grant) -> None:
        super().__init__(f"the link to the {grant.kind} has expired")
        self.grant = grant


class Links:
    """Makes links and reads them. Nothing is stored: a link says what it grants and is signed.

    Its holder can read what it says, so that a subject must be nothing that they may not know.

    Args:
        key: what links are signed with, the same in every process.
        address: the address under which customers reach the server, without a slash at its end.
    """

    def __init__(self, key: bytes, address: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._address = address
        self._now = now
        self._serializer = serializer(key, SALT)

    def url(self, kind: str, subject: str, *, language: str, valid: timedelta) -> str:
        """A link that is good for some time. Raises `ValueError` for a kind that there is not."""
        expires = int((self._now() + valid).timestamp())
        token = self._serializer.dumps([Kind(kind), subject, language, expires])
        return f"{self._address}/documents/{token}"

    def read(self, token: str) -> Grant:
        """What the last part of a link grants. Raises `LinkExpired` and `LinkInvalid`."""
        try:
            kind, subject, language, expires = self._serializer.loads(token)
            grant = Grant(Kind(kind), subject, language)
        except (BadData, ValueError) as error:
            raise LinkInvalid("the link is not one of ours") from error
        if self._now().timestamp() >= expires:
            raise LinkExpired(grant)
        return grant
