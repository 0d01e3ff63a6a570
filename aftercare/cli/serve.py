"""`aftercare serve`."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import socket
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sanic import Sanic

from aftercare import logs
from aftercare.cli.console import errors
from aftercare.cli.preparing import prepare_database, prepare_engine, prepare_model, step
from aftercare.errors import ConfigurationError
from aftercare.settings import Settings

if TYPE_CHECKING:
    from aftercare.house import Ground


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes serve.")] = None,
) -> None:
    """Prepare the database, train the model where needed, and serve."""
    settings = Settings.load(host=host, port=port, workers=workers)
    logs.configure(settings.log_level, settings.log_format)
    if settings.workers > 1 and not settings.redis_url:
        raise ConfigurationError(
            f"AFTERCARE_WORKERS: {settings.workers} processes need AFTERCARE_REDIS_URL, where they lock conversations."
        )
    _check_port(settings.host, settings.port)
    ground = prepare_database(settings)
    prepare_engine(settings)
    model = prepare_model(ground)

    from aftercare.app import create_app
    from aftercare.house import load_assistant

    with step("Assistant"):
        assistant = load_assistant(ground, model)
        application = create_app(ground, assistant)
        # The model stays for good: the collector need not look at it again, nor touch memory that workers share.
        gc.collect()
        gc.freeze()

    @application.after_server_start
    async def announce(app: Any) -> None:
        errors.print(f"Listening on http://{settings.host}:{settings.port} — press Ctrl-C to stop.", highlight=False)

    link = asyncio.run(_first_administrator_link(ground))
    if link:
        errors.print(
            f"Nobody can sign in at the desk yet. Its first administrator begins here, once: {link}",
            highlight=False,
            soft_wrap=True,
        )
    if settings.workers == 1:
        application.run(settings.host, settings.port, single_process=True, access_log=False)
        return
    # Forked workers share the loaded model's memory. Rasa's imports have set a start method before Sanic can.
    multiprocessing.set_start_method("fork", force=True)
    Sanic.start_method = "fork"
    Sanic.START_METHOD_SET = True
    application.prepare(settings.host, settings.port, workers=settings.workers, access_log=False)
    Sanic.serve(primary=application)


async def _first_administrator_link(ground: Ground) -> str | None:
    from aftercare.desk import open_access
    from desk.access.web import first_administrator_link

    try:
        return await first_administrator_link(open_access(ground))
    finally:
        # Its connections belong to this event loop.
        await ground.database.close()


def _check_port(host: str, port: int) -> None:
    """Fail before training rather than after it."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigurationError(f"Cannot listen on {host}:{port} (AFTERCARE_HOST, AFTERCARE_PORT): {error}") from error
