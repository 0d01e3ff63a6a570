"""How many pieces of an item: what the customer says, and what the shop has."""

from __future__ import annotations

from collections.abc import Sequence

from bot.actions.asking import Quantity
from bot.actions.case import Case
from bot.actions.items import item_name
from shop import Item, OrderLine, Shop
from shop.eligibility import pieces

ITEMS_SLOT = "items"
"""Which items, and how many pieces of each as far as that is known."""

QUANTITY_SLOT = "quantity"


async def quantity_of(case: Case, line: OrderLine, said: int | None, most: int, response: str) -> int:
    """How many pieces of a line, from 1 to `most`: as many as were said, if that can be. Raises `Asking`.

    Args:
        response: asks for it.
    """
    if most == 1:
        return 1
    if said is not None and 1 <= said <= most:
        return said
    quantity: int = await case.ask(Quantity(QUANTITY_SLOT, response, most, item=item_name(line)))
    # Noted with the item, so that the next item can be asked about.
    case.set(ITEMS_SLOT, {**case.known(ITEMS_SLOT), line.sku: quantity})
    case.set(QUANTITY_SLOT, None)
    return quantity


async def in_stock(shop: Shop, items: Sequence[Item]) -> bool:
    """Whether there are enough pieces of all items to send them again."""
    stock = {variant.sku: variant.stock for product in await shop.products() for variant in product.variants}
    return all(stock.get(sku, 0) >= count for sku, count in pieces(items).items())
