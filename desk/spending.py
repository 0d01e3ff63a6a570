"""For how much customers have ordered."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from desk.slots import VERIFIED, slots_of
from shop import OrderStatus, Shop, ShopUnavailable
from storage import Database


class Spending:
    """Tells it of whoever proved in a conversation who they are; nothing while the shop is away."""

    def __init__(self, database: Database, shop: Shop) -> None:
        self._database = database
        self._shop = shop

    async def __call__(self, conversation_id: str) -> Mapping[str, Decimal]:
        """The sum of a customer's orders that were not cancelled, by currency (ISO 4217)."""
        async with self._database.reading() as connection:
            verified = (await slots_of(connection, conversation_id)).get(VERIFIED) or {}
        spent: dict[str, Decimal] = {}
        try:
            orders = await self._shop.orders_of(verified["email"]) if verified.get("email") else []
        except ShopUnavailable:
            return {}
        for order in orders:
            if order.status is not OrderStatus.CANCELLED:
                total = order.totals.total
                spent[total.currency] = spent.get(total.currency, Decimal(0)) + total.amount
        return spent
