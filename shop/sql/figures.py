"""Figures of many orders at once."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shop.aftersales import Reason
from shop.aftersales_tables import ReturnRow
from shop.figures import DueParcel, ReturnedItem
from shop.model import TrackingCode
from shop.tables import OrderLineRow, OrderRow, ShipmentRow, TrackingEventRow
from storage import table

_ORDERS = table(OrderRow)
_LINES = table(OrderLineRow)
_RETURNS = table(ReturnRow)
_SHIPMENTS = table(ShipmentRow)
_EVENTS = table(TrackingEventRow)


async def returned_items(connection: AsyncConnection, start: datetime, end: datetime) -> list[ReturnedItem]:
    """See `ShopFigures.returned_items`."""
    announced = (_RETURNS.c.created_at >= start, _RETURNS.c.created_at < end)
    ordered = (
        select(_LINES.c.order_id, _LINES.c.sku, _LINES.c.product_sku, _LINES.c.names)
        .join(_RETURNS, _RETURNS.c.order_id == _LINES.c.order_id)
        .where(*announced)
    )
    lines = {(line.order_id, line.sku): line for line in await connection.execute(ordered)}
    returns = (
        select(
            _RETURNS.c.order_id,
            _RETURNS.c["items"].label("pieces"),
            _RETURNS.c.reason,
            _RETURNS.c.created_at,
            _ORDERS.c.customer_id,
        )
        .join(_ORDERS, _ORDERS.c.id == _RETURNS.c.order_id)
        .where(*announced)
        .order_by(_RETURNS.c.created_at, _RETURNS.c.number)
    )
    return [
        _item(row, item, lines.get((row.order_id, item["sku"])))
        for row in await connection.execute(returns)
        for item in row.pieces
    ]


def _item(row: Any, item: Mapping[str, Any], line: Any | None) -> ReturnedItem:
    product, names = (line.product_sku, line.names) if line else (item["sku"], {"en": item["sku"]})
    return ReturnedItem(product, names, Reason(row.reason), item["quantity"], row.customer_id, row.created_at)


async def due_parcels(connection: AsyncConnection, first: date, last: date) -> list[DueParcel]:
    """See `ShopFigures.due_parcels`."""
    delivery = and_(_EVENTS.c.shipment_id == _SHIPMENTS.c.id, _EVENTS.c.code == TrackingCode.DELIVERED.value)
    query = (
        select(
            _SHIPMENTS.c.id,
            _SHIPMENTS.c.carrier,
            _SHIPMENTS.c.promised_until,
            _ORDERS.c.country,
            _EVENTS.c.time,
            _EVENTS.c.time_zone,
        )
        .join(_ORDERS, _ORDERS.c.id == _SHIPMENTS.c.order_id)
        .outerjoin(_EVENTS, delivery)
        .where(_SHIPMENTS.c.promised_until.between(first, last), _ORDERS.c.cancelled_at.is_(None))
        .order_by(_SHIPMENTS.c.promised_until, _SHIPMENTS.c.id, _EVENTS.c.position)
    )
    # A second scan of the same delivery counts for nothing.
    parcels = {row.id: row for row in reversed((await connection.execute(query)).all())}
    return [
        DueParcel(row.carrier, row.country, row.promised_until, _day(row.time, row.time_zone))
        for row in reversed(parcels.values())
    ]


def _day(moment: datetime | None, zone: str | None) -> date | None:
    return moment.astimezone(ZoneInfo(zone)).date() if moment and zone else None
