"""Letters to customers, and the post that takes them: e-mail, as seen by the actions that write it.

An action says which letter it is and with which values; `mail` composes and delivers it. `docs/mail.md` lists the
letters and their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.values import names
from shop import Term


class MailUnavailable(Exception):
    """The mail server cannot be reached, or did not take a letter. The message names no address."""


@dataclass(frozen=True)
class Letter:
    """A letter to one customer.

    Attributes:
        name: which letter, such as `return_confirmation`.
        to: the customer's e-mail address.
        language: the code of the language to write in.
        values: what the letter tells; plain, lists and mappings of plain ones, or JSON values of `bot.values` (other
            than sentences, listings and lines). `customer`, the name to greet with, may be in every letter.
    """

    name: str
    to: str
    language: str
    values: Mapping[str, Any] = field(default_factory=dict)


def listed(
    product: Mapping[str, str], colour: Term | None, size: str | None, quantity: int, language: str
) -> dict[str, Any]:
    """So many pieces of a product in one colour and size, as letters list it: the product by its names."""
    detail = ", ".join(part for part in (colour.name(language) if colour else None, size) if part)
    return {"name": names(product), "detail": detail, "quantity": quantity}


class Post(Protocol):
    """Takes letters; `mail.Outbox`.

    Both methods raise `ValueError` for an address that is none, and `mail.LetterError` for an unknown letter or a
    missing value.
    """

    async def put(self, letter: Letter, key: str) -> None:
        """Into the outbox: it is delivered when the mail server takes it, and only once.

        Args:
            letter: the letter.
            key: what the letter is about, such as `return_confirmation:RMA-10001`; at most 255 characters. A second
                letter with the same key is not sent.

        Raises:
            storage.DatabaseUnavailable: it was not put anywhere.
        """
        ...

    async def send(self, letter: Letter) -> None:
        """At once, and stored nowhere: for one-time codes.

        Raises:
            MailUnavailable: the mail server did not take it.
        """
        ...
