"""Money that goes back."""

from shop.aftersales import STORE_CREDIT, Item, Refund, RefundCause, RefundRequest, RefundStatus, Resolution, Return
from shop.aftersales_rows import from_refund
from shop.eligibility import inspected_by, needs_approval, refund_due
from shop.model import Money
from shop.port import NotPossible
from shop.sql.records import REFUNDS
from shop.sql.transaction import File, Transaction, add, lock, unused_number


async def request(tx: Transaction, wanted: RefundRequest) -> str:
    """See `Shop.refund`: the refund's number."""
    file = await lock(tx, wanted.order_number)
    # A return's items were checked when it was announced.
    if wanted.cause is not RefundCause.RETURN:
        file.check_free(wanted.items)
    refund = await start(tx, file, wanted.amount, wanted.cause, items=wanted.items, reference=wanted.reference)
    return refund.number


async def start_for(tx: Transaction, file: File, return_: Return) -> Refund | None:
    """Starts what a return pays out or credits; None where that is nothing."""
    if return_.amount.amount <= 0:
        return None
    return await start(
        tx,
        file,
        return_.amount,
        RefundCause.RETURN,
        method=STORE_CREDIT if return_.resolution is Resolution.STORE_CREDIT else None,
        bonus=return_.bonus,
        reference=return_.number,
    )


async def start(
    tx: Transaction,
    file: File,
    amount: Money,
    cause: RefundCause,
    *,
    items: tuple[Item, ...] = (),
    method: str | None = None,
    bonus: Money | None = None,
    reference: str | None = None,
) -> Refund:
    """Starts a refund, by the method that the order was paid with unless another is given.

    Raises `NotPossible` with `too_much`, `ValueError` for an amount that is not above 0.
    """
    if amount.amount <= 0:
        raise ValueError(f"a refund of {amount.amount} {amount.currency}")
    net = amount - bonus if bonus else amount
    if (file.left(without=reference) - net).amount < 0:
        raise NotPossible("too_much")
    method = method or file.order.payment_method
    status = _first_status(amount, cause, file)
    # What is not sent at once is looked at first, and sent at the end of the inspection.
    sent_on = file.today if status is RefundStatus.SENT else inspected_by(file.today, file.policies)
    refund = Refund(
        number=await unused_number(tx, REFUNDS),
        order_number=file.order.number,
        amount=amount,
        method=method,
        cause=cause,
        status=status,
        created_at=tx.now,
        due_on=refund_due(sent_on, method, file.policies),
        items=items,
        bonus=bonus,
        reference=reference,
        sent_at=tx.now if status is RefundStatus.SENT else None,
    )
    await add(tx, REFUNDS, from_refund(refund, file.id))
    return refund


def _first_status(amount: Money, cause: RefundCause, file: File) -> RefundStatus:
    if needs_approval(amount, file.policies):
        return RefundStatus.APPROVAL
    return RefundStatus.PENDING if cause is RefundCause.RETURN else RefundStatus.SENT
