"""Orders that are stopped or changed before they leave."""

from dataclasses import asdict

from shop.aftersales import RefundCause
from shop.eligibility import address_obstacle, cancel_obstacle
from shop.model import Address, OrderStatus
from shop.port import NotPossible
from shop.sql import refunds
from shop.sql.transaction import Transaction, change_order, lock


async def cancel(tx: Transaction, number: str) -> str:
    """See `Shop.cancel_order`: the order's number."""
    file = await lock(tx, number)
    if obstacle := cancel_obstacle(file.order):
        raise NotPossible(obstacle)
    await change_order(tx, file.id, status=OrderStatus.CANCELLED.value, cancelled_at=tx.now)
    if (paid := file.left()).amount > 0:
        await refunds.start(tx, file, paid, RefundCause.CANCELLATION)
    return file.order.number


async def change_address(tx: Transaction, number: str, address: Address) -> str:
    """See `Shop.change_address`: the order's number."""
    file = await lock(tx, number)
    if obstacle := address_obstacle(file.order):
        raise NotPossible(obstacle)
    # Prices, taxes and the warehouse hang on the country.
    if address.country != file.order.country:
        raise NotPossible("other_country")
    await change_order(tx, file.id, shipping_address=asdict(address))
    return file.order.number
