"""The ways out of the house: a mail server, or a folder to look into."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.letters import MailUnavailable

PORTS = {"smtp": 587, "smtps": 465}
"""The schemes of a mail server's URL, and the port of each unless the URL names one."""

ACCEPTED = "smtp://user:password@host:587 or smtps://user:password@host:465"

STEP_SECONDS = 20.0
"""How long to wait for a mail server to take a connection, and for each of its answers."""

LETTER_SECONDS = 60.0
"""How long the delivery of one letter may take in all."""

_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class MailRefused(MailUnavailable):
    """The mail server does not take this letter, and will not take it later."""


class Mailer(Protocol):
    """Delivers messages."""

    async def deliver(self, message: EmailMessage) -> None:
        """Deliver a message to those whom its header names.

        Raises:
            MailRefused: it will never be taken.
            MailUnavailable: it was not taken this time.
        """
        ...


class SmtpMailer:
    """Delivers to a mail server, over a connection of its own for each letter.

    `smtps://` is encrypted from the beginning. `smtp://` is encrypted where the server offers it (STARTTLS); with a
    password, it has to be. Raises `ValueError` for a URL that is none.
    """

    def __init__(self, url: str) -> None:
        self._server = _Server.of(url)

    async def deliver(self, message: EmailMessage) -> None:
        """See `Mailer.deliver`."""
        server = self._server
        secret = server.implicit_tls or server.password is not None
        try:
            async with asyncio.timeout(LETTER_SECONDS):
                await aiosmtplib.send(
                    message,
                    hostname=server.host,
                    port=server.port,
                    username=server.user,
                    password=server.password,
                    use_tls=server.implicit_tls,
                    start_tls=None if server.implicit_tls or not secret else True,
                    # Whoever could answer in the server's place could as well not offer to encrypt.
                    validate_certs=secret,
                    timeout=STEP_SECONDS,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0]) from error
        except aiosmtplib.SMTPDataError as error:
            raise _refusal(error) from error
        except aiosmtplib.SMTPResponseException as error:
            # It does not know the shop, or its password. The letter is not to blame, and the operator can mend it.
            raise MailUnavailable(_answer(error)) from error
        except TimeoutError as error:
            raise MailUnavailable("the mail server did not answer in time") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(f"the mail server cannot be used: {error}") from error


@dataclass(frozen=True)
class _Server:
    """A mail server, and how to log in."""

    host: str
    port: int
    implicit_tls: bool
    user: str | None
    password: str | None

    @classmethod
    def of(cls, url: str) -> _Server:
        """The server that a URL names. The text of an error does not repeat the URL, which may hold a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(f"not the URL of a mail server; accepted are {ACCEPTED}") from None
        if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(f"not the URL of a mail server; accepted are {ACCEPTED}")
        if (parts.username is None) != (parts.password is None):
            raise ValueError(f"user and password belong together; accepted are {ACCEPTED}")
        return cls(
            parts.hostname,
            port or PORTS[parts.scheme],
            parts.scheme == "smtps",
            unquote(parts.username) if parts.username is not None else None,
            unquote(parts.password) if parts.password is not None else None,
        )


def _refusal(error: aiosmtplib.SMTPResponseException) -> MailUnavailable:
    """What it means that the server did not take a recipient or a message."""
    return (MailRefused if error.code >= 500 else MailUnavailable)(_answer(error))


def _answer(error: aiosmtplib.SMTPResponseException) -> str:
    """What the server answered, in numbers: its words may repeat an address."""
    enhanced = _ENHANCED_CODE.search(str(error.message))
    return f"the mail server answered {error.code}" + (f" ({enhanced.group()})" if enhanced else "")


class FolderMailer:
    """Writes each message into a file of a folder, whose name begins with the moment."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder = folder
        self._now = now

    async def deliver(self, message: EmailMessage) -> None:
        """See `Mailer.deliver`."""
        name = f"{self._now().astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        try:
            await asyncio.to_thread(_write, self._folder / name, message.as_bytes())
        except OSError as error:
            raise MailUnavailable(f"cannot write into the folder {self._folder}: {error}") from error


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Under its own name once it is whole: somebody may be looking.
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def messages_in(folder: Path) -> list[Path]:
    """The files that a `FolderMailer` wrote, the newest first."""
    return sorted(folder.glob("*.eml"), reverse=True)


def read_message(path: Path) -> EmailMessage:
    """The message in a file."""
    message = message_from_bytes(path.read_bytes(), policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message
