"""Returns: announced, received, lapsed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from shop.aftersales import (
    Item,
    Refund,
    RefundCause,
    Resolution,
    Return,
    ReturnRequest,
    ReturnStatus,
)
from shop.aftersales_rows import from_return
from shop.eligibility import bonus_in, gone_back, inspected_by, ordered, quote
from shop.model import OrderStatus
from shop.order_files import return_address
from shop.port import NotPossible
from shop.sql import refunds, replacements, stock
from shop.sql.numbers import new_tracking_number
from shop.sql.records import RETURNS
from shop.sql.transaction import (
    File,
    Transaction,
    add,
    change,
    change_order,
    lock,
    reread,
    unused_number,
)


async def announce(tx: Transaction, wanted: ReturnRequest) -> str:
    """See `Shop.create_return`: the return's number."""
    file = await lock(tx, wanted.order_number)
    file.check_free(wanted.items)
    credited = wanted.resolution is Resolution.STORE_CREDIT
    bonus = bonus_in(wanted.amount, file.policies) if credited else None
    net = wanted.amount - bonus if bonus else wanted.amount
    if (file.left() - net).amount < 0:
        raise NotPossible("too_much")
    exchanged = wanted.resolution is Resolution.EXCHANGE
    if exchanged:
        await stock.take(tx, _replacing(wanted.items, wanted.replacements))
    return_ = Return(
        number=await unused_number(tx, RETURNS),
        order_number=file.order.number,
        items=wanted.items,
        reason=wanted.reason,
        resolution=wanted.resolution,
        way_back=wanted.way_back,
        amount=wanted.amount,
        fee=wanted.fee,
        status=ReturnStatus.ANNOUNCED,
        carrier=file.order.shipments[-1].carrier if file.order.shipments else "",
        tracking_number=new_tracking_number(),
        return_to=return_address(file.policies),
        label_valid_until=file.today + timedelta(days=file.policies.returns.label_valid_days),
        created_at=tx.now,
        bonus=bonus,
        replacements=wanted.replacements,
        surcharge=wanted.surcharge,
        reserved_until=file.today + timedelta(days=file.policies.exchanges.reserve_days) if exchanged else None,
        pickup_on=wanted.pickup_on,
        note=wanted.note,
    )
    await add(tx, RETURNS, from_return(return_, file.id))
    return return_.number


async def receive(tx: Transaction, file: File, return_: Return, at: datetime) -> None:
    """Takes in what has arrived, and starts what the customer gets for it."""
    await change(tx, RETURNS, return_.number, status=ReturnStatus.RECEIVED.value, received_at=at)
    if refund_of(file, return_) is None:
        await refunds.start_for(tx, file, return_)
    if return_.resolution is Resolution.EXCHANGE:
        items = tuple(Item(sku, count) for sku, count in _replacing(return_.items, return_.replacements).items())
        leaves = inspected_by(file.today, file.policies)
        await replacements.send(tx, file, items, RefundCause.RETURN, leaves, reference=return_.number)
    file = await reread(tx, file.id)
    if is_all_back(file):
        await change_order(tx, file.id, status=OrderStatus.RETURNED.value, returned_at=at)


async def lapse(tx: Transaction, file: File, return_: Return) -> None:
    """Gives up the reservation of an exchange: the replacements go back to the stock, the return is for a refund."""
    await stock.put_back(tx, _replacing(return_.items, return_.replacements))
    others = [other for other in file.returns if other.number != return_.number]
    due = quote(
        file.order,
        return_.items,
        return_.reason,
        Resolution.REFUND,
        others,
        file.refunds,
        file.policies,
        return_.created_at,
    )
    await change(
        tx,
        RETURNS,
        return_.number,
        resolution=Resolution.REFUND.value,
        amount=due.total.amount,
        fee=due.fee.amount,
        replacements={},
        surcharge=None,
        reserved_until=None,
    )


async def expire(tx: Transaction, file: File, return_: Return) -> None:
    """Closes a return of which nothing was sent."""
    if return_.resolution is Resolution.EXCHANGE:
        await lapse(tx, file, return_)
    await change(tx, RETURNS, return_.number, status=ReturnStatus.EXPIRED.value)


def refund_of(file: File, return_: Return) -> Refund | None:
    """The refund or credit of a return, once it was started."""
    return next((refund for refund in file.refunds if refund.reference == return_.number), None)


def is_all_back(file: File) -> bool:
    """Whether every piece of an order is back with the shop for money, or was refunded for a claim."""
    there = [
        return_
        for return_ in file.returns
        if return_.status in (ReturnStatus.RECEIVED, ReturnStatus.SETTLED)
        and return_.resolution is not Resolution.EXCHANGE
    ]
    return bool(there) and gone_back(there, file.refunds) == ordered(file.order)


def _replacing(items: Iterable[Item], chosen: Mapping[str, str]) -> Counter[str]:
    """How many of which variant come in place of the items of an exchange."""
    counted: Counter[str] = Counter()
    for item in items:
        counted[chosen[item.sku]] += item.quantity
    return counted
