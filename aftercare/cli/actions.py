"""`aftercare actions`: the action server, for installations that want one of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from aftercare import logs
from aftercare.cli.console import errors
from aftercare.cli.preparing import prepare_database, prepare_readers
from aftercare.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(actions)


def actions(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "localhost",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 5055,
) -> None:
    """Serve the actions to a server whose `endpoints.yml` names this one."""
    from aftercare.action_server import create_action_server

    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    ground = prepare_database(settings)
    prepare_readers(ground)
    errors.print(f"Actions on http://{host}:{port}/webhook — press Ctrl-C to stop.", highlight=False)
    create_action_server(ground).run(host, port, single_process=True, access_log=False)
