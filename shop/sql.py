"""A shop whose orders live in Aftercare's own database: the `Shop` port on the tables of `shop.tables`."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shop.model import Customer, Order, Product
from shop.port import ShopUnavailable, email_key, order_digits
from shop.rows import to_customer, to_line, to_order, to_product, to_shipment, to_term, to_variant
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
from storage import Database, DatabaseUnavailable


class SqlShop:
    """The `Shop` port on `shop_` tables. Every method raises `ShopUnavailable` when the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def order(self, number: str) -> Order | None:
        """See `Shop.order`."""
        if not (digits := order_digits(number)):
            return None
        orders = await self._orders(_BY_DIGITS, digits=digits)
        return orders[0] if orders else None

    async def orders_of(self, email: str) -> list[Order]:
        """See `Shop.orders_of`."""
        if not (key := email_key(email)):
            return []
        return await self._orders(_BY_EMAIL, email_key=key)

    async def recent_orders(self, limit: int) -> list[Order]:
        """See `Shop.recent_orders`."""
        return await self._orders(_RECENT, limit=limit)

    async def products(self) -> list[Product]:
        """See `Shop.products`."""
        async with self._reading() as connection:
            categories = {row.key: to_term(row) for row in await connection.execute(_CATEGORIES)}
            colours = {row.key: to_term(row) for row in await connection.execute(_COLOURS)}
            variants = _grouped(await connection.execute(_VARIANTS), "product_sku")
            return [
                to_product(
                    row,
                    categories[row.category_key],
                    tuple(to_variant(v, colours.get(v.colour_key)) for v in variants[row.sku]),
                )
                for row in await connection.execute(_PRODUCTS)
            ]

    async def customer(self, email: str) -> Customer | None:
        """See `Shop.customer`."""
        if not (key := email_key(email)):
            return None
        async with self._reading() as connection:
            row = (await connection.execute(_CUSTOMERS.where(_customers.c.email_key == key))).one_or_none()
        return to_customer(row) if row else None

    async def _orders(self, finding: "_Finding", **parameters: Any) -> list[Order]:
        async with self._reading() as connection:
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

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._database.reading() as connection:
                yield connection
        except DatabaseUnavailable as error:
            raise ShopUnavailable(str(error)) from error


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


def _prefixed(table: FromClause, prefix: str) -> list[ColumnElement[Any]]:
    """The table's columns under names that do not collide with those of the table it is joined to."""
    return [column.label(f"{prefix}_{column.name}") for column in table.c]


_CATEGORIES = select(_categories)
_COLOURS = select(_colours)
_PRODUCTS = select(ProductRow.__table__).order_by(ProductRow.__table__.c.sku)
_VARIANTS = select(VariantRow.__table__).order_by(VariantRow.__table__.c.product_sku, VariantRow.__table__.c.position)
_CUSTOMERS = select(*_prefixed(_customers, "customer"))

# Newest first; the id settles orders placed at the same moment.
_NEWEST_FIRST = (_orders.c.placed_at.desc(), _orders.c.id.desc())


class _Finding:
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
            .order_by(_shipments.c.order_id, _shipments.c.position, _events.c.position)
        )
        """A row for each event of a shipment, with the shipment."""


_BY_DIGITS = _Finding(select(_orders.c.id).where(_orders.c.digits == bindparam("digits")))
_BY_EMAIL = _Finding(
    select(_orders.c.id).join_from(_orders, _customers).where(_customers.c.email_key == bindparam("email_key"))
)
_RECENT = _Finding(select(_orders.c.id).order_by(*_NEWEST_FIRST).limit(bindparam("limit")))
