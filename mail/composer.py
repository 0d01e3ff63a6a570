"""From a letter to a message that mail servers take."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

import jinja2

from bot.letters import Letter
from bot.localization import Catalogues, plain
from mail.addresses import parse_address
from mail.messages import DOMAIN
from mail.templates import Templates, letter_names

SUBJECT = "subject"
"""The block of a letter's template that is its subject."""

# ASCII throughout, so that every server takes it and it can be kept as text.
_POLICY = SMTP.clone(cte_type="7bit")


class LetterError(ValueError):
    """A letter that cannot be written: there is no such letter, or a value is missing or wrong."""


@dataclass(frozen=True)
class Letterhead:
    """The shop, as every letter names it, and the address that letters come from."""

    name: str
    email: str
    phone: str
    sender: Address


class Composer:
    """Writes letters in the customer's language, as plain text and as HTML.

    Args:
        locales: the folder of the catalogues.
        letterhead: of the shop.
        now: the present moment, aware.

    Raises:
        CatalogueError: a catalogue is broken.
    """

    def __init__(
        self, locales: Path, letterhead: Letterhead, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._templates = Templates(Catalogues(locales, DOMAIN))
        self._names = letter_names()
        self._letterhead = letterhead
        self._now = now

    def compose(self, letter: Letter) -> EmailMessage:
        """The message of a letter.

        Raises:
            LetterError: there is no such letter, or a value is missing or wrong.
            ValueError: `letter.to` is no e-mail address.
        """
        if letter.name not in self._names:
            raise LetterError(f"there is no letter {letter.name!r}, only {', '.join(self._names)}")
        recipient = parse_address(letter.to)
        values = {"customer": None, **_written(letter.values, letter.language), "shop": self._letterhead}
        try:
            text_template = self._templates.text(letter.name, letter.language)
            subject = "".join(text_template.blocks[SUBJECT](text_template.new_context(values)))
            text = text_template.render(values)
            html = self._templates.html(letter.name, letter.language).render(values)
        except jinja2.UndefinedError as error:
            raise LetterError(f"the letter {letter.name!r} lacks a value: {error}") from error
        message = EmailMessage(policy=_POLICY)
        message["From"] = self._letterhead.sender
        message["To"] = Address(addr_spec=recipient.addr_spec)
        message["Subject"] = _header_text(subject)
        message["Date"] = format_datetime(self._now())
        message["Message-ID"] = make_msgid(domain=self._letterhead.sender.domain)
        # Machines that answer letters leave these alone (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_tidied(text))
        message.add_alternative(html, subtype="html")
        # Setting the content would have removed it.
        message["Content-Language"] = letter.language
        return message


def _written(value: Any, language: str) -> Any:
    """A value as the letter shows it: of `bot.values` as the language writes it, texts on one line.

    Numbers stay what they are, since sentences take their plural forms by them.
    """
    if isinstance(value, Mapping):
        if "kind" in value:
            return _on_one_line(plain(value, language))
        return {key: _written(entry, language) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_written(entry, language) for entry in value]
    return _on_one_line(value) if isinstance(value, str) else value


def _on_one_line(text: str) -> str:
    """The text without line breaks and other controls: a name cannot begin a paragraph, nor a header."""
    return "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") else character for character in text
    )


def _header_text(text: str) -> str:
    """A text as a header may hold it. Python would decode what looks like an encoded word, line breaks in it too."""
    return _on_one_line(text).replace("=?", "= ?").strip()


def _tidied(text: str) -> str:
    """Plain text as the templates leave it, with one empty line between paragraphs."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
