"""Requests of customers about their personal data, as seen by the actions that take them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from shop import Customer, Order, RefundStatus, Shop


class PrivacyRequests(Protocol):
    """Takes requests; `conversations.PrivacyRequests`. Methods raise `storage.DatabaseUnavailable` when it is away.

    A request that was made under a key is not made again: `key` is any text.
    """

    async def request_export(self, customer: Customer, language: str, until: datetime, key: str) -> str:
        """Let a copy of the customer's data be fetched until a moment (aware); returns the id of the request."""
        ...

    async def request_deletion(self, customer: Customer, language: str, due: datetime, key: str) -> datetime:
        """Have the customer's data deleted from a moment (aware) on; returns that, or of an open request its own."""
        ...

    async def deletion_due(self, customer: Customer) -> datetime | None:
        """When the customer's data is to be deleted; None where there is no open request."""
        ...

    async def withdraw_deletion(self, customer: Customer) -> bool:
        """Drop the open request for deletion; returns whether there was one."""
        ...


async def unfinished_orders(shop: Shop, email: str) -> list[Order]:
    """The customer's orders of which goods, a return or a refund are still on their way."""
    return [order for order in await shop.orders_of(email) if await _unfinished(shop, order)]


async def _unfinished(shop: Shop, order: Order) -> bool:
    return (
        order.status.open
        or any(returned.open for returned in await shop.returns_of(order.number))
        or any(refund.status is not RefundStatus.SENT for refund in await shop.refunds_of(order.number))
    )
