"""`aftercare chat`."""

from __future__ import annotations

import asyncio
import uuid
from typing import Annotated, Any

import typer

from aftercare import logs
from aftercare.cli.console import out
from aftercare.cli.preparing import prepare_database, prepare_engine, prepare_model
from aftercare.house import load_assistant, open_conversations
from aftercare.settings import Settings
from conversations import Conversations, Incoming


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(chat)


def chat(
    language: Annotated[str | None, typer.Option(help="The language to begin in, such as `de`.")] = None,
) -> None:
    """Talk to the assistant in the terminal; a number presses a button, an empty line or Ctrl-D ends."""
    settings = Settings.load()
    logs.configure("error", settings.log_format)
    ground = prepare_database(settings)
    prepare_engine(settings)
    assistant = load_assistant(ground, prepare_model(ground))
    asyncio.run(_converse(open_conversations(ground, assistant), language))


async def _converse(conversations: Conversations, language: str | None) -> None:
    sender = uuid.uuid4().hex
    buttons: list[dict[str, Any]] = []
    while True:
        try:
            text = (await asyncio.to_thread(input, "> ")).strip()
        except (EOFError, KeyboardInterrupt):
            break
        if not text:
            break
        if text.isdecimal() and 0 < int(text) <= len(buttons):
            text = buttons[int(text) - 1]["payload"]
        reply = await conversations.receive(Incoming("terminal", sender, text, locale_hint=language))
        buttons = []
        for message in reply:
            out.print(message.get("text", ""), markup=False, highlight=False)
            for button in message.get("buttons", []):
                buttons.append(button)
                out.print(f"  {len(buttons)}  {button['title']}", markup=False, highlight=False)
