"""The command line: `aftercare --help`."""

from __future__ import annotations

import sys

import typer

from aftercare.cli.console import errors
from aftercare.errors import ConfigurationError
from aftercare.settings import SettingsError
from storage import DatabaseUnavailable

app = typer.Typer(
    help="A multilingual after-sales assistant for online shops.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _register() -> None:
    # Each module is one command, or a family of them; none of them imports Rasa before it runs.
    from aftercare.cli import (
        actions,
        agents,
        benchmark,
        chat,
        doctor,
        evaluate,
        kb,
        keys,
        languages,
        mail,
        messages,
        models,
        orders,
        retention,
        scan,
        serve,
        simulate,
        train,
    )

    for module in (serve, simulate, train, chat, orders, scan, retention, languages, doctor, actions, benchmark):
        module.register(app)
    app.add_typer(agents.app, name="agents")
    app.add_typer(evaluate.app, name="evaluate")
    app.add_typer(messages.app, name="messages")
    app.add_typer(models.app, name="models")
    app.add_typer(keys.app, name="keys")
    app.add_typer(kb.app, name="kb")
    app.add_typer(mail.app, name="mail")


_register()


def main() -> None:
    """Run a command; what the operator can mend ends it with a message and status 1."""
    try:
        app()
    except (ConfigurationError, SettingsError, DatabaseUnavailable) as error:
        errors.print(f"[bold red]error[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
