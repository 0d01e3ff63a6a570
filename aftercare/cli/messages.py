"""`aftercare messages`."""

from __future__ import annotations

import typer

from aftercare.cli.console import out
from aftercare.languages import served_languages
from aftercare.settings import Settings

app = typer.Typer(help="The catalogues of what is said.", no_args_is_help=True)


@app.callback()
def messages() -> None:
    """The catalogues of what is said."""


@app.command()
def update() -> None:
    """Bring every language's catalogues up to what is said: by the bot, on pages, in letters and in documents."""
    from aftercare.translations import load_messages

    settings = Settings.load()
    rooms = load_messages(settings)
    for language in served_languages(settings.config_file):
        missing = sum(messages.update(language) for messages in rooms)
        out.print(f"{language}: {missing} messages to translate", highlight=False)
