"""`aftercare retention`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from aftercare import logs
from aftercare.cli.console import out
from aftercare.errors import ConfigurationError
from aftercare.house import Ground, lay_ground, open_privacy_requests
from aftercare.keys import prepare_storage
from aftercare.retention import Enforcement, enforce
from aftercare.settings import Settings
from shop import ShopUnavailable


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(retention)


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be deleted.")] = False,
    whose: Annotated[str | None, typer.Option(help="Only print whose a request is, by its id in the log.")] = None,
) -> None:
    """Delete what has been kept long enough, and the data of customers who asked for it, as the server does."""
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    ground = lay_ground(settings)
    prepare_storage(settings, ground.database)
    if whose:
        out.print(asyncio.run(_address(ground, whose)) or "There is no such request, or its address is forgotten.")
        return
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


async def _address(ground: Ground, request_id: str) -> str | None:
    try:
        return await open_privacy_requests(ground).address(request_id)
    finally:
        await ground.database.close()


async def _enforce(ground: Ground, dry_run: bool) -> Enforcement:
    try:
        return await enforce(ground, dry_run=dry_run)
    finally:
        await ground.database.close()
