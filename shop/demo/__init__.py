"""The demonstration shop, Halden: 40 customers in 12 countries, 60 products, 120 orders of the last year.

Everything follows from the data files in this folder, a seed, and the moment that counts as now; a parcel
that is "in transit" is always on its way today. `orders.yml` lists the orders that every demonstration has:
AC-104233 (in transit, expected in three days) and one or more in each state. What was returned or cancelled has its
returns and refunds.
"""

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shop.aftersales_rows import from_claim, from_refund, from_repair, from_return
from shop.aftersales_tables import ClaimRow, RefundRow, RepairRow, ReturnRow
from shop.demo.catalogue import load_swatches, load_terms
from shop.demo.files import load
from shop.demo.world import Demo, build
from shop.policies import BUNDLED, Policies
from shop.rows import from_customer, from_order, from_product
from shop.tables import CategoryRow, ColourRow, OrderRow
from storage import Database

__all__ = ["Demo", "build", "featured_orders", "seed"]

logger = logging.getLogger(__name__)


def featured_orders() -> list[str]:
    """The numbers of the orders that every demonstration has, one for each thing worth showing."""
    return [entry["number"] for entry in load("orders")["fixed"]]


async def seed(database: Database, now: datetime, *, seed: int = 20, policies: Policies | None = None) -> int:
    """Fills an empty shop and returns how many orders it made; does nothing (0) when there are orders.

    All dates are relative to `now`, an aware datetime (a naive one raises `ValueError`). `policies`, the
    bundled ones if None, give delivery fees, taxes and promised dates. Safe when several processes do it at
    once. Raises `DatabaseUnavailable`.
    """
    async with database.session() as session:
        if await session.scalar(select(OrderRow.id).limit(1)) is not None:
            return 0
    demo = build(now, seed=seed, policies=policies or Policies.load(BUNDLED))
    categories, colours = load_terms()
    swatches = load_swatches()
    try:
        async with database.session() as session:
            session.add_all(CategoryRow(key=term.key, names=dict(term.names)) for term in categories.values())
            session.add_all(
                ColourRow(key=term.key, names=dict(term.names), swatch=swatches[term.key]) for term in colours.values()
            )
            await session.flush()
            session.add_all(from_product(product) for product in demo.products)
            session.add_all(from_customer(customer) for customer in demo.customers)
            # Foreign keys without a relationship do not tell the session what comes first.
            await session.flush()
            orders = {order.number: from_order(order) for order in demo.orders}
            session.add_all(orders.values())
            await session.flush()
            session.add_all(ReturnRow(**from_return(r, orders[r.order_number].id)) for r in demo.returns)
            session.add_all(RefundRow(**from_refund(r, orders[r.order_number].id)) for r in demo.refunds)
            session.add_all(ClaimRow(**from_claim(c, orders[c.order_number].id)) for c in demo.claims)
            session.add_all(RepairRow(**from_repair(r, orders[r.order_number].id)) for r in demo.repairs)
    except IntegrityError:
        logger.info("another process has filled the demonstration shop")
        return 0
    return len(demo.orders)
