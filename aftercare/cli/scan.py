"""`aftercare scan`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from aftercare.cli.console import errors, money, out
from aftercare.house import Ground, furnish, lay_ground, open_scans
from aftercare.keys import prepare_storage
from aftercare.settings import Settings
from shop import CarrierScan, NotOffered, ScanOutcome, TrackingCode

SEARCHED_ORDERS = 1000
"""Among so many of the newest orders the parcel is looked for, to say where it was scanned."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(scan)


def scan(
    tracking_number: Annotated[str, typer.Argument(help="Of an order's parcel, or of a return.")],
    code: Annotated[TrackingCode, typer.Argument(help="What the carrier says of it.")],
) -> None:
    """Scan a parcel as its carrier would, now and at its destination, and show what that sets going."""
    settings = Settings.load()
    ground = lay_ground(settings)
    prepare_storage(settings, ground.database)
    try:
        outcome = asyncio.run(_scan(ground, tracking_number, code))
    except NotOffered as error:
        errors.print(f"The shop's back end does not take this scan: {error}.")
        raise typer.Exit(1) from error
    if outcome is None:
        errors.print(f"There is no parcel {tracking_number}.")
        raise typer.Exit(1)
    _show(outcome)


async def _scan(ground: Ground, tracking_number: str, code: TrackingCode) -> ScanOutcome | None:
    await furnish(ground)
    try:
        return await open_scans(ground).take(await _at_destination(ground, tracking_number, code))
    finally:
        await ground.database.close()


async def _at_destination(ground: Ground, tracking_number: str, code: TrackingCode) -> CarrierScan:
    now = datetime.now(UTC)
    for order in await ground.shop.recent_orders(SEARCHED_ORDERS):
        for parcel in order.shipments:
            if parcel.tracking_number == tracking_number:
                zone = parcel.latest.time_zone if parcel.latest else "UTC"
                address = order.shipping_address
                return CarrierScan(tracking_number, code, now, address.city, address.country, zone)
    # A return's scans are not kept, only what follows from them.
    return CarrierScan(tracking_number, code, now, place="", country="")


def _show(outcome: ScanOutcome) -> None:
    out.print(f"Order [bold]{outcome.order.number}[/]  {outcome.order.status}", highlight=False)
    if returned := outcome.returned:
        out.print(f"Return [bold]{returned.number}[/]  {returned.status}", highlight=False)
    if refund := outcome.refund:
        due = f"due {refund.due_on:%Y-%m-%d}"
        out.print(
            f"Refund [bold]{refund.number}[/]  {refund.status}  {money(refund.amount)} to {refund.method}, {due}",
            highlight=False,
        )
    if replacement := outcome.replacement:
        items = ", ".join(f"{item.quantity} × {item.sku}" for item in replacement.items)
        due = f"by {replacement.promised_until:%Y-%m-%d}"
        out.print(f"Replacement [bold]{replacement.number}[/]  {items}, {due}", highlight=False)
