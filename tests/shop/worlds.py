"""Shops for the tests of the port: the same goods, whichever adapter is behind them."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from shop import (
    Address,
    Customer,
    Money,
    Order,
    OrderStatus,
    Product,
    Shop,
    SqlShop,
    Term,
    TrackingCode,
    Variant,
)
from shop.medusa import MedusaShop
from shop.rows import from_customer, from_order, from_product
from shop.tables import CategoryRow
from storage import Database
from tests.medusa.store import CUSTOMER, PHONE, STOCK, Store
from tests.shop.making import line, order, parcel

ADDRESS = Address("Anna Berg", "Hauptstr. 5", "Berlin", "10115", "DE", extra="2. OG")
PRICES = {"RUN-BLA-42": "49.90", "RUN-BLA-43": "49.90", "RUN-BLU-43": "49.90", "MUG": "9.99"}
"""In euros, with tax. There is one `RUN-BLU-43`, and many of the others."""


class World(Protocol):
    """A shop, and what happens in it without the port."""

    shop: Shop

    async def order(self, *skus: str, stage: OrderStatus = OrderStatus.DELIVERED) -> str:
        """Brings an order of the customer to a stage, in one parcel: its number."""
        ...


class SqlWorld:
    """A shop in a database of its own."""

    def __init__(self, database: Database) -> None:
        self.shop: Shop = SqlShop(database)
        self._database = database
        self._customer = Customer("C1", "Anna Berg", CUSTOMER, PHONE, "DE", "fr", ADDRESS)
        self._count = 0

    async def furnish(self) -> None:
        """Stores the goods and the customer."""
        shoes = Term("shoes", {"en": "Shoes"})
        async with self._database.session() as session:
            session.add(CategoryRow(key=shoes.key, names=dict(shoes.names)))
            session.add(from_customer(self._customer))
            await session.flush()
            for product in dict.fromkeys(sku.rsplit("-", 1)[0] for sku in PRICES):
                variants = [sku for sku in PRICES if sku.startswith(product)]
                price = {"EUR": Money(Decimal(PRICES[variants[0]]), "EUR")}
                stock = [Variant(sku, None, None, 1 if sku == "RUN-BLU-43" else STOCK) for sku in variants]
                session.add(from_product(Product(product, shoes, {"en": product}, price, tuple(stock))))

    async def order(self, *skus: str, stage: OrderStatus = OrderStatus.DELIVERED) -> str:
        """See `World.order`."""
        self._count += 1
        now = datetime.now(UTC)
        lines = [line(sku, PRICES[sku], "EUR", skus.count(sku), "shoes") for sku in dict.fromkeys(skus)]
        scans = {
            OrderStatus.SHIPPED: [(now, TrackingCode.PICKED_UP)],
            OrderStatus.DELIVERED: [(now, TrackingCode.PICKED_UP), (now, TrackingCode.DELIVERED)],
        }.get(stage)
        number = f"AC-{1000 + self._count}"
        parcels = [replace(parcel(skus, *scans, zone="UTC"), tracking_number=f"T{number}")] if scans else []
        made = replace(
            order(*lines, country="DE", shipping="5.83", shipments=parcels, status=stage),
            number=number,
            customer=self._customer,
            shipping_address=ADDRESS,
            placed_at=now,
            paid_at=now if stage is not OrderStatus.PLACED else None,
            delivered_at=now if stage is OrderStatus.DELIVERED else None,
        )
        async with self._database.session() as session:
            session.add(from_order(made))
        return number


class MedusaWorld:
    """A shop on a Medusa server."""

    _STEPS = (
        (OrderStatus.PAID, Store.pay),
        (OrderStatus.PACKED, Store.pack),
        (OrderStatus.SHIPPED, Store.ship),
        (OrderStatus.DELIVERED, Store.deliver),
    )

    def __init__(self, shop: MedusaShop, store: Store) -> None:
        self.shop: Shop = shop
        self._store = store

    async def order(self, *skus: str, stage: OrderStatus = OrderStatus.DELIVERED) -> str:
        """See `World.order`."""
        number = self._store.order(*skus)
        if stage is OrderStatus.PLACED:
            return number
        for reached, step in self._STEPS:
            step(self._store, number)
            if reached is stage:
                return number
        raise ValueError(f"no order of the tests gets {stage}")


async def existing(shop: Shop, number: str) -> Order:
    """The order with a number, which is there."""
    found = await shop.order(number)
    assert found is not None
    return found
