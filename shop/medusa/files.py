"""An order's document and all that was read from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shop.aftersales import Claim, Item, Refund, Replacement, Return
from shop.eligibility import today
from shop.medusa.aftersales import (
    AWAITED,
    STATUSES,
    made_under,
    refund_number,
    replacement_number,
    return_number,
    to_claims,
    to_refunds,
    to_replacements,
    to_returns,
)
from shop.medusa.client import Json
from shop.medusa.orders import Location, ordered_items, paid_back, sku_of, to_order
from shop.order_files import OrderFile
from shop.policies import Policies


@dataclass(frozen=True, slots=True)
class File(OrderFile):
    """An order and what is on record about it, with the document that says so."""

    document: Json

    @property
    def id(self) -> str:
        """Medusa's id of the order."""
        return str(self.document["id"])

    @property
    def location_id(self) -> str | None:
        """The warehouse that the order came from, and to which its returns go; None before it was packed."""
        return next((str(parcel["location_id"]) for parcel in self.document["fulfillments"]), None)

    @property
    def replacements(self) -> list[Replacement]:
        """What was sent again, newest first."""
        return to_replacements(self.document, self.order, self.policies)

    @property
    def claims(self) -> list[Claim]:
        """The claims about the order, newest first."""
        return to_claims(self.document)

    @property
    def metadata(self) -> Json:
        """What the order has in its own metadata."""
        return self.document["metadata"] or {}

    def return_(self, number: str) -> Return:
        """The return with a number."""
        return next(return_ for return_ in self.returns if return_.number == number)

    def announced(self, number: str) -> Json | None:
        """The document of a return, while it has not come."""
        found = (return_ for return_ in self.document["returns"] if return_["status"] in AWAITED)
        return next((return_ for return_ in found if return_number(self.document, return_) == number), None)

    def return_under(self, key: str) -> Return | None:
        """The return that was asked for under a key, by itself or by an exchange."""
        exchange = made_under(self.document["exchanges"], key)
        of_exchange = (r for r in self.document["returns"] if exchange and r.get("exchange_id") == exchange["id"])
        made = made_under(self.document["returns"], key) or next(of_exchange, None)
        number = return_number(self.document, made) if made else None
        return next((return_ for return_ in self.returns if return_.number == number), None)

    def refund_under(self, key: str) -> Refund | None:
        """The refund that was made under a key."""
        made = made_under(paid_back(self.document), key)
        return next((refund for refund in self.refunds if made and refund.number == refund_number(made)), None)

    def replacement_under(self, key: str) -> Replacement | None:
        """The replacement that was sent under a key."""
        made = made_under(self.document["claims"], key)
        return next((sent for sent in self.replacements if made and sent.number == replacement_number(made)), None)

    def unfinished(self, key: str) -> list[str]:
        """The paths of what was begun under a key and never confirmed."""
        begun = {
            "returns": [return_ for return_ in self.document["returns"] if return_["status"] not in STATUSES],
            "exchanges": [exchange for exchange in self.document["exchanges"] if not exchange["additional_items"]],
            "claims": [claim for claim in self.document["claims"] if not claim["claim_items"]],
        }
        made = ((name, made_under(things, key)) for name, things in begun.items())
        return [f"{name}/{thing['id']}" for name, thing in made if thing and not thing["canceled_at"]]

    def lines(self, items: Iterable[Item]) -> list[tuple[Json, int]]:
        """The lines in which items were bought, and how many pieces of each; those first that are still there."""
        found = []
        for item in items:
            wanted = item.quantity
            for line in ordered_items(self.document):
                taken = min(wanted, _there(line)) if sku_of(line) == item.sku else 0
                if taken:
                    found.append((line, taken))
                    wanted -= taken
        return found


def open_file(
    document: Json,
    policies: Policies,
    locations: Mapping[str, Location],
    reasons: Mapping[str, str],
    now: datetime,
) -> File:
    """The file of an order; `reasons` are the values of Medusa's return reasons by their ids."""
    order = to_order(document, policies, locations)
    section = policies.for_country(order.country)
    refunds = to_refunds(document, order, section)
    returns = to_returns(document, order, refunds, section, reasons)
    return File(order, returns, refunds, section, today(order, now), document)


def _there(line: Json) -> int:
    """How many pieces of a line have not gone back."""
    gone = ("return_requested_quantity", "return_received_quantity", "return_dismissed_quantity")
    return int(line["quantity"] - sum(line["detail"][name] for name in gone))
