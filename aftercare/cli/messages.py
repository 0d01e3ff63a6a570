"""`aftercare messages`."""

from __future__ import annotations

import typer

from aftercare.cli.console import out
from aftercare.languages import served_languages
from aftercare.settings import Settings

app = typer.Typer(help="The catalogues of what the bot says.", no_args_is_help=True)


@app.callback()
def messages() -> None:
    """The catalogues of what the bot says."""


@app.command()
def update() -> None:
    """Bring every language's catalogue up to `bot/domain.yml`."""
    from bot.messages import update as update_catalogue

    settings = Settings.load()
    for language in served_languages(settings.config_file):
        missing = update_catalogue(settings.locales, language, settings.domain_file)
        out.print(f"{language}: {missing} messages to translate", highlight=False)
