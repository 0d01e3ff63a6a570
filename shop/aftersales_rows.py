"""Between the after-sales tables and their model, both ways.

Rows that are read carry `order_number` and `currency` of their order too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from shop.aftersales import (
    Claim,
    ClaimKind,
    ClaimStatus,
    Item,
    Reason,
    Refund,
    RefundCause,
    RefundStatus,
    Remedy,
    Repair,
    RepairStatus,
    RepairWay,
    Replacement,
    Resolution,
    Return,
    ReturnStatus,
    WayBack,
)
from shop.model import Address, Money


def to_return(row: Row[Any]) -> Return:
    """The return of a row."""
    return Return(
        number=row.number,
        order_number=row.order_number,
        items=_to_items(row.items),
        reason=Reason(row.reason),
        resolution=Resolution(row.resolution),
        way_back=WayBack(row.way_back),
        amount=Money(row.amount, row.currency),
        fee=Money(row.fee, row.currency),
        status=ReturnStatus(row.status),
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        return_to=Address(**row.return_to),
        label_valid_until=row.label_valid_until,
        created_at=row.created_at,
        bonus=_to_money(row.bonus, row.currency),
        replacements=row.replacements,
        surcharge=_to_money(row.surcharge, row.currency),
        reserved_until=row.reserved_until,
        pickup_on=row.pickup_on,
        note=row.note,
        received_at=row.received_at,
        settled_at=row.settled_at,
    )


def to_refund(row: Row[Any]) -> Refund:
    """The refund of a row."""
    return Refund(
        number=row.number,
        order_number=row.order_number,
        amount=Money(row.amount, row.currency),
        method=row.method,
        cause=RefundCause(row.cause),
        status=RefundStatus(row.status),
        created_at=row.created_at,
        due_on=row.due_on,
        items=_to_items(row.items),
        bonus=_to_money(row.bonus, row.currency),
        reference=row.reference,
        sent_at=row.sent_at,
    )


def to_replacement(row: Row[Any]) -> Replacement:
    """The replacement of a row."""
    return Replacement(
        number=row.number,
        order_number=row.order_number,
        items=_to_items(row.items),
        cause=RefundCause(row.cause),
        created_at=row.created_at,
        promised_until=row.promised_until,
        reference=row.reference,
    )


def to_claim(row: Row[Any]) -> Claim:
    """The claim of a row."""
    return Claim(
        number=row.number,
        order_number=row.order_number,
        kind=ClaimKind(row.kind),
        items=_to_items(row.items),
        remedy=Remedy(row.remedy),
        status=ClaimStatus(row.status),
        created_at=row.created_at,
        detail=row.detail,
        description=row.description,
        photos=tuple(row.photos),
        settled_at=row.settled_at,
    )


def to_repair(row: Row[Any]) -> Repair:
    """The repair of a row."""
    return Repair(
        number=row.number,
        order_number=row.order_number,
        sku=row.sku,
        fault=row.fault,
        way=RepairWay(row.way),
        on=row.booked_for,
        under_warranty=row.under_warranty,
        fee=Money(row.fee, row.currency),
        status=RepairStatus(row.status),
        ready_on=row.ready_on,
        created_at=row.created_at,
    )


def from_return(return_: Return, order_id: int) -> dict[str, Any]:
    """The columns of a return."""
    return {
        "number": return_.number,
        "order_id": order_id,
        "items": _from_items(return_.items),
        "reason": return_.reason.value,
        "resolution": return_.resolution.value,
        "way_back": return_.way_back.value,
        "amount": return_.amount.amount,
        "bonus": _amount(return_.bonus),
        "fee": return_.fee.amount,
        "surcharge": _amount(return_.surcharge),
        "status": return_.status.value,
        "carrier": return_.carrier,
        "tracking_number": return_.tracking_number,
        "return_to": asdict(return_.return_to),
        "label_valid_until": return_.label_valid_until,
        "replacements": dict(return_.replacements),
        "reserved_until": return_.reserved_until,
        "pickup_on": return_.pickup_on,
        "note": return_.note and storable(return_.note),
        "created_at": return_.created_at,
        "received_at": return_.received_at,
        "settled_at": return_.settled_at,
    }


def from_refund(refund: Refund, order_id: int) -> dict[str, Any]:
    """The columns of a refund."""
    return {
        "number": refund.number,
        "order_id": order_id,
        "amount": refund.amount.amount,
        "bonus": _amount(refund.bonus),
        "method": refund.method,
        "cause": refund.cause.value,
        "items": _from_items(refund.items),
        "status": refund.status.value,
        "reference": refund.reference,
        "due_on": refund.due_on,
        "created_at": refund.created_at,
        "sent_at": refund.sent_at,
    }


def from_replacement(replacement: Replacement, order_id: int) -> dict[str, Any]:
    """The columns of a replacement."""
    return {
        "number": replacement.number,
        "order_id": order_id,
        "items": _from_items(replacement.items),
        "cause": replacement.cause.value,
        "reference": replacement.reference,
        "promised_until": replacement.promised_until,
        "created_at": replacement.created_at,
    }


def from_claim(claim: Claim, order_id: int) -> dict[str, Any]:
    """The columns of a claim."""
    return {
        "number": claim.number,
        "order_id": order_id,
        "kind": claim.kind.value,
        "items": _from_items(claim.items),
        "remedy": claim.remedy.value,
        "status": claim.status.value,
        "detail": claim.detail,
        "description": storable(claim.description),
        "photos": list(claim.photos),
        "created_at": claim.created_at,
        "settled_at": claim.settled_at,
    }


def from_repair(repair: Repair, order_id: int) -> dict[str, Any]:
    """The columns of a repair."""
    return {
        "number": repair.number,
        "order_id": order_id,
        "sku": repair.sku,
        "fault": storable(repair.fault),
        "way": repair.way.value,
        "booked_for": repair.on,
        "under_warranty": repair.under_warranty,
        "fee": repair.fee.amount,
        "status": repair.status.value,
        "ready_on": repair.ready_on,
        "created_at": repair.created_at,
    }


def storable(text: str) -> str:
    """What a customer wrote, without what PostgreSQL does not take: NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def _to_items(values: Sequence[Mapping[str, Any]]) -> tuple[Item, ...]:
    return tuple(Item(**value) for value in values)


def _from_items(items: Iterable[Item]) -> list[dict[str, Any]]:
    return [asdict(item) for item in items]


def _to_money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)


def _amount(money: Money | None) -> Decimal | None:
    return None if money is None else money.amount
