"""`aftercare orders`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from aftercare.cli.console import errors, money, out
from aftercare.house import Ground, furnish, lay_ground
from aftercare.keys import prepare_storage
from aftercare.settings import Settings
from shop import Order, address_lines


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(orders)


def orders(
    number: Annotated[str | None, typer.Argument(help="An order's number, such as AC-104233.")] = None,
    limit: Annotated[int, typer.Option(help="How many orders to list.")] = 200,
) -> None:
    """List the orders of the shop, or show one."""
    settings = Settings.load()
    ground = lay_ground(settings)
    prepare_storage(settings, ground.database)
    if number is None:
        asyncio.run(_list(ground, limit))
    elif not asyncio.run(_show(ground, number)):
        errors.print(f"There is no order {number}.")
        raise typer.Exit(1)


async def _list(ground: Ground, limit: int) -> None:
    await furnish(ground)
    table = Table("Order", "Placed", "Status", "Customer", "Country", "Total", box=None)
    for order in await ground.shop.recent_orders(limit):
        table.add_row(
            order.number,
            f"{order.placed_at:%Y-%m-%d}",
            order.status,
            order.customer.name,
            order.country,
            money(order.totals.total),
        )
    out.print(table)
    await ground.database.close()


async def _show(ground: Ground, number: str) -> bool:
    await furnish(ground)
    order = await ground.shop.order(number)
    returns, refunds = await ground.shop.returns_of(number), await ground.shop.refunds_of(number)
    await ground.database.close()
    if order is None:
        return False
    out.print(f"[bold]{order.number}[/]  {order.status}  placed {order.placed_at:%Y-%m-%d %H:%M} UTC", highlight=False)
    out.print(f"{order.customer.name} <{order.customer.email}>", markup=False, highlight=False)
    out.print(", ".join(address_lines(order.shipping_address)), markup=False, highlight=False)
    out.print(_lines(order))
    for shipment in order.shipments:
        out.print(
            f"{shipment.carrier} {shipment.tracking_number} from {shipment.warehouse}, "
            f"promised {shipment.promised_from:%Y-%m-%d} to {shipment.promised_until:%Y-%m-%d}",
            highlight=False,
        )
        for event in shipment.events:
            out.print(f"  {event.time:%Y-%m-%d %H:%M} UTC  {event.code}, {event.place}", highlight=False)
    for return_ in returns:
        parcel = f"{return_.carrier} {return_.tracking_number}"
        out.print(f"Return {return_.number}  {return_.status}  {return_.resolution}, {parcel}", highlight=False)
    for refund in refunds:
        due = f"due {refund.due_on:%Y-%m-%d}"
        out.print(f"Refund {refund.number}  {refund.status}  {money(refund.amount)}, {due}", highlight=False)
    return True


def _lines(order: Order) -> Table:
    table = Table("SKU", "Product", "Colour", "Size", "Quantity", "Price", box=None)
    for line in order.lines:
        colour = line.colour.name("en") if line.colour else ""
        table.add_row(line.sku, line.name("en"), colour, line.size or "", str(line.quantity), money(line.total))
    table.add_row("", "Shipping", "", "", "", money(order.totals.shipping))
    table.add_row("", "Total", "", "", "", money(order.totals.total), style="bold")
    return table
