"""What time brings: refunds are sent, labels run out, reservations lapse, and what the law kept may go."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, union

from shop.aftersales import Refund, RefundStatus, Return, ReturnStatus
from shop.aftersales_tables import InvoiceRecipientRow
from shop.eligibility import inspected_by, today
from shop.model import OrderStatus
from shop.sql import returns
from shop.sql.records import ORDERS, REFUNDS, RETURNS
from shop.sql.transaction import File, Transaction, change, change_order, lock_id, reread
from storage import table

_RECIPIENTS = table(InvoiceRecipientRow)
_FINISHED = (ReturnStatus.SETTLED.value, ReturnStatus.EXPIRED.value)

UNFINISHED = union(
    select(REFUNDS.columns.order_id).where(REFUNDS.columns.status == RefundStatus.PENDING.value),
    select(RETURNS.columns.order_id).where(RETURNS.columns.status.not_in(_FINISHED)),
)
"""The ids of the orders of which something may be due."""


@dataclass(frozen=True)
class Settlement:
    """What became due: refunds that were sent, exchanges whose reservation lapsed, returns that expired."""

    sent: list[Refund] = field(default_factory=list)
    lapsed: list[Return] = field(default_factory=list)
    expired: list[Return] = field(default_factory=list)


async def settle(tx: Transaction, order_id: int, settlement: Settlement) -> None:
    """Does what is due for an order, and notes it."""
    before = await lock_id(tx, order_id)
    for return_ in before.returns:
        if _is_lapsing(before, return_):
            # What a return is worth depends on the others, and they may just have changed.
            await returns.lapse(tx, await reread(tx, order_id), return_)
    file = await reread(tx, order_id)
    for return_ in file.returns:
        if return_.status is ReturnStatus.ANNOUNCED and return_.label_valid_until < file.today:
            await returns.expire(tx, await reread(tx, order_id), return_)
    for refund in file.refunds:
        if refund.status is RefundStatus.PENDING and _is_inspected(file, refund.created_at):
            await change(tx, REFUNDS, refund.number, status=RefundStatus.SENT.value, sent_at=tx.now)
    file = await reread(tx, order_id)
    for return_ in file.returns:
        if _is_settled(file, return_):
            await change(tx, RETURNS, return_.number, status=ReturnStatus.SETTLED.value, settled_at=tx.now)
    if file.order.status is OrderStatus.RETURNED and all(r.status is RefundStatus.SENT for r in file.refunds):
        await change_order(tx, order_id, status=OrderStatus.REFUNDED.value, refunded_at=tx.now)
    _note(before, file, settlement)


async def forget_invoices(tx: Transaction) -> None:
    """Deletes the orders of erased customers that the law does not keep any longer, and who they were for."""
    over = select(_RECIPIENTS.c.order_id).where(_RECIPIENTS.c.kept_until < tx.now.date())
    await tx.connection.execute(delete(ORDERS).where(ORDERS.c.id.in_(over)))


def _is_lapsing(file: File, return_: Return) -> bool:
    waiting = return_.status in (ReturnStatus.ANNOUNCED, ReturnStatus.IN_TRANSIT)
    return waiting and return_.reserved_until is not None and return_.reserved_until < file.today


def _is_inspected(file: File, arrived: datetime) -> bool:
    return inspected_by(today(file.order, arrived), file.policies) <= file.today


def _is_settled(file: File, return_: Return) -> bool:
    if return_.status is not ReturnStatus.RECEIVED or return_.received_at is None:
        return False
    refund = returns.refund_of(file, return_)
    return _is_inspected(file, return_.received_at) and (refund is None or refund.status is RefundStatus.SENT)


def _note(before: File, after: File, settlement: Settlement) -> None:
    refunds = {refund.number: refund for refund in before.refunds}
    known = {return_.number: return_ for return_ in before.returns}
    settlement.sent.extend(r for r in after.refunds if r.status is not refunds[r.number].status)
    settlement.lapsed.extend(r for r in after.returns if r.resolution is not known[r.number].resolution)
    settlement.expired.extend(
        r for r in after.returns if r.status is ReturnStatus.EXPIRED is not known[r.number].status
    )
