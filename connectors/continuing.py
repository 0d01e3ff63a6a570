"""Links by which a customer goes on with a conversation on another channel.

The customer sends a code there which names the conversation. It holds for a day and for one customer: whoever goes on
with a conversation sees what was said last in it, and is not taken for the one who was verified in it.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from itsdangerous import BadData, SignatureExpired, TimestampSigner

from connectors.facilities import Facilities
from connectors.rendering import Phrases
from connectors.requests import hinted_language
from web.signing import signer

SALT = "aftercare.continuing"

LASTS_SECONDS = 24 * 3600

_CODE = re.compile(r"[\w-]{22}\.[\w-]{6}\.[\w-]{43}(?![\w-])", re.ASCII)
"""A visitor's id of 128 bits, when it was signed, and the signature."""


class Expired(Exception):
    """The code was made too long ago."""


class Continuations:
    """Makes codes of the widget's conversations and reads them.

    Args:
        key: what codes are signed with, the same in every process.
    """

    def __init__(self, key: bytes) -> None:
        self._signer = signer(TimestampSigner, key, SALT)

    def code(self, visitor: str) -> str:
        """The code of a visitor's conversation. `visitor` has 32 hexadecimal digits."""
        return self._signer.sign(urlsafe_b64encode(bytes.fromhex(visitor)).rstrip(b"=")).decode()

    def find(self, text: str) -> str | None:
        """The visitor whose code stands in a text; None where there is none that was made here. Raises `Expired`."""
        for code in _CODE.findall(text):
            try:
                encoded = self._signer.unsign(code, max_age=LASTS_SECONDS)
            except SignatureExpired as error:
                raise Expired from error
            except BadData:
                continue
            return urlsafe_b64decode(encoded + b"==").hex()
        return None


class Elsewhere:
    """Where else a visitor can go on with the conversation of the widget."""

    def __init__(self, facilities: Facilities) -> None:
        self._facilities = facilities
        self._continuations = Continuations(facilities.secret)

    def links(self, visitor: str, locale: str | None) -> list[dict[str, str]]:
        """The name of each such channel, and the address that leads there.

        Args:
            locale: of the visitor's pages, in whose language the customer writes there.
        """
        facilities = self._facilities
        language = hinted_language(locale, facilities.languages) or facilities.default_language
        phrases = Phrases(facilities.messenger_catalogues, language)
        text = phrases.text("continue_text", code=self._continuations.code(visitor))
        found = ((door.title, door.link(text)) for door in facilities.doors)
        return [{"name": title, "url": url} for title, url in found if url]
