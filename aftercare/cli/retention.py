"""`aftercare retention`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from aftercare import logs
from aftercare.cli.console import out
from aftercare.errors import ConfigurationError
from aftercare.house import Ground, lay_ground
from aftercare.retention import Enforcement, enforce
from aftercare.settings import Settings
from shop import ShopUnavailable
from storage import migrate


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(retention)


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be deleted.")] = False,
) -> None:
    """Delete what has been kept long enough, and the data of customers who asked for it, as the server does."""
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    ground = lay_ground(settings)
    migrate(settings.database)
    try:
        done = asyncio.run(_enforce(ground, dry_run))
    except ShopUnavailable as error:
        raise ConfigurationError(f"The shop cannot be reached: {error}") from error
    table = Table("", "To delete" if dry_run else "Deleted", box=None)
    for what, count in done.forgotten.items():
        table.add_row(what.capitalize(), str(count))
    table.add_row("Customers", str(done.deleted))
    out.print(table)
    if done.waiting:
        out.print(f"{done.waiting} customers have to wait; the log says why.", highlight=False)


async def _enforce(ground: Ground, dry_run: bool) -> Enforcement:
    try:
        return await enforce(ground, dry_run=dry_run)
    finally:
        await ground.database.close()
