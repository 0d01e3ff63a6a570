"""What is in stock."""

from collections import Counter

from sqlalchemy import update

from shop.port import NotPossible
from shop.sql.transaction import Transaction
from shop.tables import VariantRow
from storage import table

_VARIANTS = table(VariantRow)


async def take(tx: Transaction, pieces: Counter[str]) -> None:
    """Takes so many of each variant. Raises `NotPossible` with `out_of_stock`."""
    # Always in the same order, so that two that take the same variants wait instead of blocking each other.
    for sku, count in sorted(pieces.items()):
        there = (_VARIANTS.c.sku == sku, _VARIANTS.c.stock >= count)
        taken = update(_VARIANTS).where(*there).values(stock=_VARIANTS.c.stock - count).returning(_VARIANTS.c.sku)
        if (await tx.connection.execute(taken)).one_or_none() is None:
            raise NotPossible("out_of_stock")


async def put_back(tx: Transaction, pieces: Counter[str]) -> None:
    """Puts so many of each variant back; one that is no longer sold is left out."""
    for sku, count in sorted(pieces.items()):
        back = update(_VARIANTS).where(_VARIANTS.c.sku == sku).values(stock=_VARIANTS.c.stock + count)
        await tx.connection.execute(back)
