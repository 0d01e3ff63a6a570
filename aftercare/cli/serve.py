"""`aftercare serve`."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercare import logs
from aftercare.cli.console import errors
from aftercare.cli.preparing import prepare_database, prepare_engine, prepare_model, prepare_readers, step
from aftercare.errors import ConfigurationError
from aftercare.listening import bind
from aftercare.metrics import count_together
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
    _warn_of_own_secret(settings)
    # Now, since it is better to fail before training than after it.
    sockets = bind(settings.host, settings.port)
    ground = prepare_database(settings)
    prepare_engine(settings)
    model = prepare_model(ground)
    prepare_readers(ground)

    from aftercare.app import create_app
    from aftercare.house import load_assistant
    from aftercare.serving import Stopping, run
    from aftercare.supervision import Supervisor

    if settings.workers > 1:
        count_together()
    with step("Assistant"):
        assistant = load_assistant(ground, model)
        stopping = Stopping(settings.stop_seconds, settings.stop_notice_seconds)
        application = create_app(ground, assistant, stopping=stopping)
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
        run(application, sockets, stopping, reload=application.ctx.swap.look_now)
        return

    def work(parent: int) -> None:
        swap = application.ctx.swap
        run(application, sockets, stopping, signals=[signal.SIGTERM], reload=swap.look_now, parent=parent)

    def stop_listening() -> None:
        for each in sockets:
            each.close()

    # Forked, they share the memory of the loaded model.
    seconds = settings.stop_notice_seconds + settings.stop_seconds
    Supervisor(work, settings.workers, seconds, stop_listening).run()


def _warn_of_own_secret(settings: Settings) -> None:
    """Say what several machines need, since what they cannot read of each other shows late."""
    if settings.redis_url and not settings.secret:
        errors.print(
            f"AFTERCARE_SECRET is not set: this machine uses the secret in {settings.secret_file}. All machines of an "
            "installation need the same one, or customers' sessions and links are good on one of them only.",
            highlight=False,
            soft_wrap=True,
        )


async def _first_administrator_link(ground: Ground) -> str | None:
    from aftercare.desk import open_access
    from desk.access.web import first_administrator_link

    try:
        return await first_administrator_link(open_access(ground))
    finally:
        # Its connections belong to this event loop.
        await ground.database.close()
