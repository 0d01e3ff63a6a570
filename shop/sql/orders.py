"""Reading the catalogue, customers and orders, on a connection."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shop.model import Customer, Order, Product, Variant
from shop.rows import to_customer, to_line, to_order, to_product, to_shipment, to_term
from shop.tables import (
    CategoryRow,
    ColourRow,
    CustomerRow,
    OrderLineRow,
    OrderRow,
    ProductRow,
    ShipmentRow,
    TrackingEventRow,
    VariantRow,
)


async def find_orders(connection: AsyncConnection, finding: "Finding", **parameters: Any) -> list[Order]:
    """The orders that a finding finds, newest first."""
    lines = _grouped(await connection.execute(finding.lines, parameters), "id")
    scans = _grouped(await connection.execute(finding.scans, parameters), "order_id")
    return [
        to_order(
            rows[0],
            tuple(to_line(row) for row in rows if row.line_sku is not None),
            tuple(to_shipment(parcel) for parcel in _grouped(scans[order_id], "id").values()),
        )
        for order_id, rows in lines.items()
    ]


async def find_customers(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Customer]:
    """The customers of whose rows the conditions are true."""
    return [to_customer(row) for row in await connection.execute(_CUSTOMERS.where(*conditions))]


async def find_products(connection: AsyncConnection) -> list[Product]:
    """The catalogue, by SKU."""
    categories = {row.key: to_term(row) for row in await connection.execute(_CATEGORIES)}
    colours = {row.key: (to_term(row), row.swatch) for row in await connection.execute(_COLOURS)}
    variants: defaultdict[str, list[Variant]] = defaultdict(list)
    # There are hundreds: reading a row by its places takes a third of what its names take.
    for product_sku, sku, colour_key, size, stock in await connection.execute(_VARIANTS):
        colour, swatch = colours.get(colour_key, (None, None))
        variants[product_sku].append(Variant(sku, colour, size, stock, swatch))
    return [
        to_product(row, categories[row.category_key], tuple(variants[row.sku]))
        for row in await connection.execute(_PRODUCTS)
    ]


def _grouped(rows: Iterable[Row[Any]], column: str) -> defaultdict[Any, list[Row[Any]]]:
    """The rows by their value in a column, both in the order in which they come."""
    groups: defaultdict[Any, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups


# Reading goes by tables, not by mapped objects: it costs half the time, and all become plain values anyway.
_orders = OrderRow.__table__
_customers = CustomerRow.__table__
_lines = OrderLineRow.__table__
_shipments = ShipmentRow.__table__
_events = TrackingEventRow.__table__
_categories = CategoryRow.__table__
_colours = ColourRow.__table__
_variants = VariantRow.__table__


def _prefixed(table: FromClause, prefix: str) -> list[ColumnElement[Any]]:
    """The table's columns under names that do not collide with those of the table it is joined to."""
    return [column.label(f"{prefix}_{column.name}") for column in table.c]


_CATEGORIES = select(_categories)
_COLOURS = select(_colours)
_PRODUCTS = select(ProductRow.__table__).order_by(ProductRow.__table__.c.sku)
_VARIANTS = select(*(_variants.c[name] for name in ("product_sku", "sku", "colour_key", "size", "stock"))).order_by(
    _variants.c.product_sku, _variants.c.position
)
_CUSTOMERS = select(*_prefixed(_customers, "customer"))

# Newest first; the id settles orders placed at the same moment.
_NEWEST_FIRST = (_orders.c.placed_at.desc(), _orders.c.id.desc())


class Finding:
    """A way of finding orders: two statements bring all of them, complete."""

    def __init__(self, ids: Select[tuple[int]]) -> None:
        """`ids` selects the orders' ids."""
        self.lines = (
            select(
                *(column for column in _orders.c if column is not _orders.c.customer_id),
                *_prefixed(_customers, "customer"),
                *_prefixed(_lines, "line"),
                _categories.c.names.label("category_names"),
                _colours.c.names.label("colour_names"),
            )
            .join_from(_orders, _customers)
            .outerjoin(_lines, _lines.c.order_id == _orders.c.id)
            .outerjoin(_categories, _categories.c.key == _lines.c.category_key)
            .outerjoin(_colours, _colours.c.key == _lines.c.colour_key)
            .where(_orders.c.id.in_(ids))
            .order_by(*_NEWEST_FIRST, _lines.c.position)
        )
        """A row for each line of an order, with the order and its customer."""
        self.scans = (
            select(_shipments, *_prefixed(_events, "event"))
            .outerjoin_from(_shipments, _events)
            .where(_shipments.c.order_id.in_(ids))
            .order_by(_shipments.c.order_id, _shipments.c.position, _events.c.time, _events.c.position)
        )
        """A row for each event of a shipment, with the shipment."""


BY_DIGITS = Finding(select(_orders.c.id).where(_orders.c.digits == bindparam("digits")))
BY_EMAIL = Finding(
    select(_orders.c.id).join_from(_orders, _customers).where(_customers.c.email_key == bindparam("email_key"))
)
RECENT = Finding(select(_orders.c.id).order_by(*_NEWEST_FIRST).limit(bindparam("limit")))
BY_ID = Finding(select(_orders.c.id).where(_orders.c.id == bindparam("id")))
