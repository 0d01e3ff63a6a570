"""What a shop can tell of many orders at once, for reports. An adapter offers it besides the port, or does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from shop.aftersales import Reason


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """A product in an announced return. `names` are the product's, by language, with English always there."""

    product_sku: str
    names: Mapping[str, str]
    reason: Reason
    quantity: int
    customer_id: str
    announced_at: datetime


@dataclass(frozen=True, slots=True)
class DueParcel:
    """A parcel by the last day that was promised for it; days are calendar days at the destination."""

    carrier: str
    country: str
    promised_until: date
    delivered_on: date | None

    def late(self, today: date) -> bool:
        """Whether it came, or is still to come, after the day that was promised."""
        return (self.delivered_on or today) > self.promised_until


@runtime_checkable
class ShopFigures(Protocol):
    """A shop that tells figures. For errors, see `shop.port`."""

    async def returned_items(self, start: datetime, end: datetime) -> list[ReturnedItem]:
        """What was announced to go back from one moment until before another, the oldest first."""
        ...

    async def due_parcels(self, first: date, last: date) -> list[DueParcel]:
        """The parcels of which the last promised day is one of these; not those of cancelled orders."""
        ...
