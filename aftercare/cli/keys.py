"""`aftercare keys`."""

from __future__ import annotations

import typer

from aftercare import logs
from aftercare.cli.console import out
from aftercare.keys import load_keyring
from aftercare.keys import rotate as rotate_keys
from aftercare.settings import Settings
from storage import Database

app = typer.Typer(no_args_is_help=True)


@app.callback()
def keys() -> None:
    """The keys that personal data in the database are encrypted with."""


@app.command()
def rotate() -> None:
    """Encrypt everything with the first key. It may be broken off and begun again; servers may run meanwhile."""
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    settings.home.mkdir(parents=True, exist_ok=True)
    written = rotate_keys(settings, Database(settings.database, load_keyring(settings)))
    for table, count in written.items():
        out.print(f"{table}: {count} rows", highlight=False)
    out.print("All encrypted columns have the first key.", highlight=False)
