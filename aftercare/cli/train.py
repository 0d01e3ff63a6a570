"""`aftercare train`."""

from __future__ import annotations

from typing import Annotated

import typer

from aftercare import logs
from aftercare.cli.console import out
from aftercare.cli.preparing import prepare_engine, prepare_model
from aftercare.house import lay_ground
from aftercare.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)


def train(force: Annotated[bool, typer.Option(help="Train even if nothing has changed.")] = False) -> None:
    """Train the model from the project's present state."""
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    ground = lay_ground(settings)
    prepare_engine(settings)
    out.print(str(prepare_model(ground, force=force)), soft_wrap=True)
