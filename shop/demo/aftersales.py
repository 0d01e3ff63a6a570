"""What has happened to an order after its sale: the records that its state calls for."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

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
    Resolution,
    Return,
    ReturnStatus,
    WayBack,
)
from shop.eligibility import needs_approval, quote, refund_due, return_refund_due, today
from shop.model import Money, Order
from shop.order_files import return_address
from shop.policies import Section
from shop.sql.numbers import new_number, new_tracking_number
from shop.workdays import add_workdays

_DAY = timedelta(days=1)
_REASONS = (Reason.TOO_SMALL, Reason.TOO_LARGE, Reason.CHANGED_MIND, Reason.QUALITY, Reason.GIFT)


@dataclass(frozen=True)
class Clerk:
    """Keeps the records of an order, by the policies of its country, at one moment."""

    order: Order
    policies: Section
    now: datetime
    rng: random.Random

    def returned(self, announced: tuple[tuple[str, int], ...]) -> list[Return]:
        """The return of an order that went back, or of the items that are to."""
        order = self.order
        if announced:
            return [self._return(tuple(Item(*item) for item in announced), self.now - _DAY)]
        if order.returned_at is None or order.delivered_at is None:
            return []
        items = tuple(Item(line.sku, line.quantity) for line in order.lines)
        return [self._return(items, max(order.delivered_at + _DAY / 2, order.returned_at - 10 * _DAY))]

    def _return(self, items: tuple[Item, ...], at: datetime) -> Return:
        order = self.order
        reason = self.rng.choice(_REASONS)
        quoted = quote(order, items, reason, Resolution.REFUND, [], [], self.policies, at)
        status = ReturnStatus.ANNOUNCED
        if order.returned_at:
            status = ReturnStatus.SETTLED if order.refunded_at else ReturnStatus.RECEIVED
        return Return(
            number=new_number("RMA", self.rng),
            order_number=order.number,
            items=items,
            reason=reason,
            resolution=Resolution.REFUND,
            way_back=self.rng.choice((WayBack.LABEL, WayBack.QR_CODE)),
            amount=quoted.total,
            fee=quoted.fee,
            status=status,
            carrier=order.shipments[-1].carrier,
            tracking_number=new_tracking_number(self.rng),
            return_to=return_address(self.policies),
            label_valid_until=today(order, at) + self.policies.returns.label_valid_days * _DAY,
            created_at=at,
            received_at=order.returned_at,
            settled_at=order.refunded_at,
        )

    def refunded(self, returns: list[Return]) -> list[Refund]:
        """The refund of what went back, or of an order that was cancelled after it was paid."""
        order = self.order
        if order.cancelled_at and order.paid_at:
            sent_at = order.refunded_at or order.cancelled_at
            due = refund_due(today(order, sent_at), order.payment_method, self.policies)
            return [self._refund(order.totals.total, RefundCause.CANCELLATION, order.cancelled_at, sent_at, due)]
        return [self._refund_for(return_, return_.received_at) for return_ in returns if return_.received_at]

    def _refund_for(self, return_: Return, arrived: datetime) -> Refund:
        due = return_refund_due(today(self.order, arrived), self.order.payment_method, self.policies)
        return self._refund(return_.amount, RefundCause.RETURN, arrived, return_.settled_at, due, return_.number)

    def _refund(
        self,
        amount: Money,
        cause: RefundCause,
        at: datetime,
        sent_at: datetime | None,
        due_on: date,
        reference: str | None = None,
    ) -> Refund:
        status = RefundStatus.SENT if sent_at else RefundStatus.PENDING
        if not sent_at and needs_approval(amount, self.policies):
            status = RefundStatus.APPROVAL
        return Refund(
            number=new_number("RF", self.rng),
            order_number=self.order.number,
            amount=amount,
            method=self.order.payment_method,
            cause=cause,
            status=status,
            created_at=at,
            due_on=due_on,
            reference=reference,
            sent_at=sent_at,
        )

    def claim(self) -> Claim:
        """The claim about a parcel that is lost."""
        return Claim(
            number=new_number("CL", self.rng),
            order_number=self.order.number,
            kind=ClaimKind.MISSING,
            items=tuple(Item(line.sku, line.quantity) for line in self.order.lines),
            remedy=Remedy.REFUND,
            status=ClaimStatus.CARRIER,
            created_at=self.now - _DAY / 2,
        )

    def repair(self, sku: str) -> Repair:
        """The repair, under warranty, of a variant that is in the workshop."""
        booked_at = self.now - 9 * _DAY
        fetched = add_workdays(today(self.order, booked_at), 1)
        workdays = self.policies.shipping.standard_workdays_max + self.policies.repairs.workdays
        return Repair(
            number=new_number("RP", self.rng),
            order_number=self.order.number,
            sku=sku,
            fault="The frother no longer heats the milk",
            way=RepairWay.PICKUP,
            on=fetched,
            under_warranty=True,
            fee=Money(Decimal(0), self.order.currency),
            status=RepairStatus.IN_WORKSHOP,
            ready_on=add_workdays(fetched, workdays),
            created_at=booked_at,
        )
