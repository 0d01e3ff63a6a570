"""An order with all that is on record about it, as an adapter looks at it before it changes something."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shop.aftersales import Item, Refund, Return
from shop.eligibility import gone_back, ordered, pieces, refundable
from shop.model import Address, Money, Order
from shop.policies import Section
from shop.port import NotPossible


@dataclass(frozen=True, slots=True)
class OrderFile:
    """An order and what is on record about it; its country's policies, the day at its destination."""

    order: Order
    returns: list[Return]
    refunds: list[Refund]
    policies: Section
    today: date

    def left(self, *, without: str | None = None) -> Money:
        """What is left of the money paid (`eligibility.refundable`), the return with a number left out."""
        return refundable(self.order, [r for r in self.returns if r.number != without], self.refunds)

    def check_free(self, items: Iterable[Item]) -> None:
        """Raises `NotPossible` unless the order has these items, and they have not gone back or been refunded."""
        wanted, there = pieces(items), ordered(self.order)
        if wanted - there:
            raise NotPossible("unknown_item")
        if (wanted + gone_back(self.returns, self.refunds)) - there:
            raise NotPossible("already_returned")


def return_address(policies: Section) -> Address:
    """Where what is sent back from a country goes."""
    fields = dict(policies.return_address)
    return Address(**fields | {name: fields[name] or None for name in ("region", "extra")})
