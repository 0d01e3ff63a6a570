"""What happened to an order after the sale, read from its document (see `shop.medusa.orders`).

What Medusa has no field for is in a record of ours: in the `metadata` of returns, exchanges and claims, in the note of
refunds. What staff made in Medusa's own pages has no record, and is read as well as can be.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from shop.aftersales import (
    Claim,
    Item,
    Reason,
    Refund,
    RefundCause,
    RefundRequest,
    RefundStatus,
    Replacement,
    Resolution,
    Return,
    ReturnRequest,
    ReturnStatus,
    WayBack,
)
from shop.eligibility import refund_due, today
from shop.medusa.client import Json
from shop.medusa.orders import order_number, paid_back, sku_of
from shop.medusa.values import moment, money
from shop.model import Money, Order
from shop.order_files import return_address
from shop.policies import Section
from shop.port import order_digits
from shop.workdays import add_workdays

RequestT = TypeVar("RequestT")

_METADATA = "aftercare"
"""Under what a record lies in `metadata`."""

_CLAIM = f"{_METADATA}_claim_"
"""How the names begin under which the claims lie in an order's `metadata`: one each, so that none is lost to another
that is written at the same time."""

STATUSES = {
    "requested": ReturnStatus.ANNOUNCED,
    "partially_received": ReturnStatus.IN_TRANSIT,
    "received": ReturnStatus.RECEIVED,
    "canceled": ReturnStatus.EXPIRED,
}
"""Medusa's word for how far a return has got. An `open` one is still being put together."""

AWAITED = frozenset({"requested", "partially_received"})
"""The states in which a return has not come, or not all of it."""

CAUSES = {
    RefundCause.MISSING: "missing_item",
    RefundCause.WRONG_ITEM: "wrong_item",
    RefundCause.DAMAGED: "production_failure",
}
"""Medusa's words for what is the matter with a claim's items."""

_RETURN_NUMBER = re.compile(r"RMA-(?P<order>[0-9]+)-[0-9A-Z]{6}")


class Record(Generic[RequestT]):
    """How requests of a kind are kept in Medusa, with the key under which they came."""

    def __init__(self, kind: type[RequestT]) -> None:
        self._adapter = TypeAdapter(kind)

    def write(self, key: str, request: RequestT) -> Json:
        """The record, fit for JSON."""
        return {"key": key, "request": self._adapter.dump_python(request, mode="json")}

    def read(self, record: Any) -> RequestT | None:
        """The request of a record; None of anything else."""
        try:
            return self._adapter.validate_python(record["request"])
        except (KeyError, TypeError, ValidationError):
            return None


RETURNS = Record(ReturnRequest)
REFUNDS = Record(RefundRequest)

_CLAIMS = TypeAdapter(Claim)


def in_metadata(record: Json) -> Json:
    """The metadata that holds a record."""
    return {_METADATA: record}


def in_note(record: Json) -> str:
    """The note that holds a record."""
    return json.dumps(record, ensure_ascii=False)


def record_of(thing: Json) -> Any:
    """The record of a return, an exchange, a claim or a refund; None where there is none."""
    if (metadata := thing.get("metadata")) and _METADATA in metadata:
        return metadata[_METADATA]
    try:
        return json.loads(thing.get("note") or "")
    except ValueError:
        return None


def made_under(things: Iterable[Json], key: str) -> Json | None:
    """The one of the things that was made under a key."""
    for thing in things:
        record = record_of(thing)
        if isinstance(record, Mapping) and record.get("key") == key:
            return thing
    return None


def return_number(document: Json, return_: Json) -> str:
    """The number of a return (RMA): in it the order's, by which it is found, and what cannot be guessed."""
    return f"RMA-{order_digits(order_number(document))}-{_tail(return_)}"


def order_of_return(number: str) -> str | None:
    """The digits of the order in the number of a return, in whatever case; None of another text."""
    match = _RETURN_NUMBER.fullmatch(number.strip().upper())
    return match["order"] if match else None


def refund_number(refund: Json) -> str:
    """The number of a refund."""
    return f"RF-{_tail(refund)}"


def replacement_number(change: Json) -> str:
    """The number of what a claim, or an exchange, sends."""
    return f"RE-{_tail(change)}"


def to_returns(
    document: Json, order: Order, refunds: list[Refund], policies: Section, reasons: Mapping[str, str]
) -> list[Return]:
    """The returns of an order, newest first. `reasons` are the values of Medusa's return reasons by their ids."""
    found = [return_ for return_ in document["returns"] if return_["status"] in STATUSES]
    found.sort(key=lambda return_: str(return_["created_at"]), reverse=True)
    return [_to_return(document, return_, order, refunds, policies, reasons) for return_ in found]


def to_refunds(document: Json, order: Order, policies: Section) -> list[Refund]:
    """The refunds of an order, newest first. Medusa pays back at once."""
    found = []
    for refund in paid_back(document):
        request = REFUNDS.read(record_of(refund))
        sent_at = moment(refund["created_at"])
        # Who cancels an order gets the money back with it.
        cause = RefundCause.CANCELLATION if order.cancelled_at else RefundCause.RETURN
        found.append(
            Refund(
                number=refund_number(refund),
                order_number=order.number,
                amount=money(refund["amount"], order.currency),
                method=order.payment_method,
                cause=request.cause if request else cause,
                status=RefundStatus.SENT,
                created_at=sent_at,
                due_on=refund_due(today(order, sent_at), order.payment_method, policies),
                items=request.items if request else (),
                reference=request.reference if request else None,
                sent_at=sent_at,
            )
        )
    return found


def to_replacements(document: Json, order: Order, policies: Section) -> list[Replacement]:
    """What was sent again for an order, newest first: by claims, and by exchanges whose return has come."""
    found = []
    for claim in document["claims"]:
        if claim["type"] != "replace" or claim["canceled_at"] or not claim["additional_items"]:
            continue
        request = REFUNDS.read(record_of(claim))
        reason = next((item["reason"] for item in claim["claim_items"]), None)
        cause = next((cause for cause, word in CAUSES.items() if word == reason), RefundCause.DAMAGED)
        found.append(
            _replacement(
                document,
                claim,
                order,
                policies,
                cause=request.cause if request else cause,
                reference=request.reference if request else None,
                created=claim["created_at"],
            )
        )
    for exchange in document["exchanges"]:
        return_ = next((r for r in document["returns"] if r.get("exchange_id") == exchange["id"]), None)
        if return_ and return_["received_at"] and not exchange["canceled_at"]:
            found.append(
                _replacement(
                    document,
                    exchange,
                    order,
                    policies,
                    cause=RefundCause.RETURN,
                    reference=return_number(document, return_),
                    created=return_["received_at"],
                )
            )
    return sorted(found, key=lambda replacement: replacement.created_at, reverse=True)


def paid_back_at(number: str, amount: Money, received_at: datetime, refunds: Iterable[Refund]) -> datetime | None:
    """When the amount of a return that was received was paid back, by us or by staff; None before."""
    if amount.amount <= 0:
        return received_at
    by_hand = (refund for refund in refunds if not refund.reference and refund.created_at >= received_at)
    ours = (refund for refund in refunds if refund.reference == number)
    return next((refund.created_at for refund in (*ours, *by_hand)), None)


def claim_number(key: str) -> str:
    """The number of the claim that comes under a key, always the same."""
    return f"CL-{base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:6]}"


def claim_metadata(claim: Claim) -> Json:
    """A claim, as the metadata of its order keep it."""
    return {_CLAIM + claim.number: _CLAIMS.dump_python(claim, mode="json")}


def to_claims(document: Json) -> list[Claim]:
    """The claims about an order, newest first."""
    kept = (document["metadata"] or {}).items()
    claims = [_CLAIMS.validate_python(claim) for name, claim in kept if name.startswith(_CLAIM)]
    return sorted(claims, key=lambda claim: claim.created_at, reverse=True)


def _to_return(
    document: Json,
    return_: Json,
    order: Order,
    refunds: list[Refund],
    policies: Section,
    reasons: Mapping[str, str],
) -> Return:
    exchange = next((e for e in document["exchanges"] if e["id"] == return_.get("exchange_id")), None)
    number = return_number(document, return_)
    items = _items(document, return_["items"])
    request = RETURNS.read(record_of(exchange or return_)) or _as_requested(order, items, return_, exchange, reasons)
    created_at = moment(return_["created_at"])
    received_at = moment(return_["received_at"]) if return_["received_at"] else None
    announced_on = today(order, created_at)
    status = STATUSES[return_["status"]]
    settled_at = None
    if status is ReturnStatus.RECEIVED and received_at:
        sent_at = _sent_at(document, exchange) if exchange else received_at
        paid_at = paid_back_at(number, request.amount, received_at, refunds)
        settled_at = max(sent_at, paid_at) if sent_at and paid_at else None
    return Return(
        number=number,
        order_number=order.number,
        items=items,
        reason=request.reason,
        resolution=request.resolution,
        way_back=request.way_back,
        amount=request.amount,
        fee=request.fee,
        status=ReturnStatus.SETTLED if settled_at else status,
        carrier="",
        # The label is Aftercare's own: what the warehouse scans is the return's number.
        tracking_number=number,
        return_to=return_address(policies),
        label_valid_until=announced_on + timedelta(days=policies.returns.label_valid_days),
        created_at=created_at,
        replacements=request.replacements,
        surcharge=request.surcharge,
        reserved_until=announced_on + timedelta(days=policies.exchanges.reserve_days) if exchange else None,
        pickup_on=request.pickup_on,
        note=request.note,
        received_at=received_at,
        settled_at=settled_at,
    )


def _as_requested(
    order: Order, items: tuple[Item, ...], return_: Json, exchange: Json | None, reasons: Mapping[str, str]
) -> ReturnRequest:
    """What a return without a record would have been asked for with."""
    prices = {line.sku: line.unit_price for line in order.lines}
    nothing = money(0, order.currency)
    value = next((reasons.get(item["reason_id"]) for item in return_["items"] if item["reason_id"]), None)
    return ReturnRequest(
        order_number=order.number,
        items=items,
        reason=next((reason for reason in Reason if reason.value == value), Reason.OTHER),
        resolution=Resolution.EXCHANGE if exchange else Resolution.REFUND,
        way_back=WayBack.LABEL,
        amount=nothing if exchange else sum((prices.get(item.sku, nothing) * item.quantity for item in items), nothing),
        fee=nothing,
    )


def _replacement(
    document: Json,
    change: Json,
    order: Order,
    policies: Section,
    *,
    cause: RefundCause,
    reference: str | None,
    created: str,
) -> Replacement:
    created_at = moment(created)
    return Replacement(
        number=replacement_number(change),
        order_number=order.number,
        items=_items(document, change["additional_items"]),
        cause=cause,
        created_at=created_at,
        promised_until=add_workdays(today(order, created_at), policies.shipping.standard_workdays_max),
        reference=reference,
    )


def _items(document: Json, parts: Iterable[Json]) -> tuple[Item, ...]:
    """The items of a return, an exchange or a claim."""
    lines = {line["id"]: line for line in document["items"]}
    return tuple(Item(sku_of(lines[part["item_id"]]), int(part["quantity"])) for part in parts)


def _sent_at(document: Json, exchange: Json) -> datetime | None:
    """When all that an exchange sends has left; None before."""
    added = {item["item_id"] for item in exchange["additional_items"]}
    lines = [line for line in document["items"] if line["id"] in added]
    if any(line["detail"]["shipped_quantity"] < line["quantity"] for line in lines):
        return None
    parcels = (p for p in document["fulfillments"] if any(item["line_item_id"] in added for item in p["items"]))
    return max((moment(parcel["shipped_at"]) for parcel in parcels if parcel["shipped_at"]), default=None)


def _tail(thing: Json) -> str:
    """The end of an id, which is random."""
    return str(thing["id"])[-6:]
