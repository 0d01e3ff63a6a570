"""`aftercare mail`."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from aftercare.cli.console import errors, out
from aftercare.errors import ConfigurationError
from aftercare.house import lay_ground
from aftercare.settings import Settings
from bot.letters import Letter, MailUnavailable
from mail import messages_in, read_message

app = typer.Typer(help="The mail that customers get.")

TEST_LETTER = "test"


@app.callback(invoke_without_command=True)
def mail(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many messages to list.")] = 50,
) -> None:
    """List what was written into the folder for mail, the newest first."""
    if context.invoked_subcommand is not None:
        return
    settings = Settings.load()
    files = messages_in(settings.mail)
    if settings.smtp_url:
        errors.print("Mail goes to the server of AFTERCARE_SMTP_URL, not into the folder.", highlight=False)
    if not files:
        out.print(f"There is no mail in {settings.mail}.", highlight=False, soft_wrap=True)
        return
    table = Table("No.", "Sent", "To", "Subject", box=None)
    for number, path in enumerate(files[:limit], start=1):
        message = read_message(path)
        sent = f"{message['Date'].datetime.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(str(number), sent, Text(message["To"]), Text(message["Subject"]))
    out.print(table)


@app.command()
def show(
    number: Annotated[int, typer.Argument(min=1, help="Its number in the list; 1 is the newest.")] = 1,
    html: Annotated[
        bool, typer.Option("--html", help="Write the HTML into a file beside it, and print its path.")
    ] = False,
) -> None:
    """Show a message of the folder as plain text."""
    folder = Settings.load().mail
    files = messages_in(folder)
    if number > len(files):
        errors.print(f"There is no message {number} in {folder}; it has {len(files)}.", highlight=False, soft_wrap=True)
        raise typer.Exit(1)
    path = files[number - 1]
    message = read_message(path)
    if html:
        page = path.with_suffix(".html")
        page.write_text(_part(message, "html"), encoding="utf-8")
        out.print(str(page.resolve()), markup=False, highlight=False, soft_wrap=True)
        return
    for header in ("From", "To", "Date", "Subject"):
        out.print(f"{header}: {message[header]}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"\n{_part(message, 'plain')}", end="", markup=False, highlight=False, soft_wrap=True)


@app.command("send-test")
def send_test(
    address: Annotated[str, typer.Argument(help="Whom to send it to.")],
    language: Annotated[str | None, typer.Option(help="Its language, such as `de`.")] = None,
) -> None:
    """Send a test message the way that customers' mail goes; the exit status is 1 when it is not taken."""
    settings = Settings.load()
    letter = Letter(TEST_LETTER, address, language or settings.default_language)
    try:
        asyncio.run(lay_ground(settings).outbox.send(letter))
    except ValueError as error:
        raise ConfigurationError(f"{address}: {error}") from error
    except MailUnavailable as error:
        # Here the server's own words help, and tell the operator nothing about customers.
        reason = f"{error}: {error.__cause__}" if error.__cause__ else str(error)
        raise ConfigurationError(f"AFTERCARE_SMTP_URL: {reason}") from error
    where = "the mail server took it" if settings.smtp_url else f"it lies in {settings.mail}"
    out.print(f"Sent: {where}.", highlight=False, soft_wrap=True)


def _part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert body is not None, "every letter has both parts"
    return str(body.get_content())
