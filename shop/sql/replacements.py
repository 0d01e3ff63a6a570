"""What is sent again."""

from datetime import date

from shop.aftersales import Item, RefundCause, RefundRequest, Replacement
from shop.aftersales_rows import from_replacement
from shop.eligibility import pieces
from shop.sql import stock
from shop.sql.records import REPLACEMENTS
from shop.sql.transaction import File, Transaction, add, lock, unused_number
from shop.workdays import add_workdays


async def request(tx: Transaction, wanted: RefundRequest) -> str:
    """See `Shop.replace`: the replacement's number."""
    file = await lock(tx, wanted.order_number)
    file.check_free(wanted.items)
    await stock.take(tx, pieces(wanted.items))
    replacement = await send(tx, file, wanted.items, wanted.cause, file.today, reference=wanted.reference)
    return replacement.number


async def send(
    tx: Transaction, file: File, items: tuple[Item, ...], cause: RefundCause, leaves: date, *, reference: str | None
) -> Replacement:
    """Sends items that were taken from the stock; `leaves` is the day on which they leave the warehouse."""
    replacement = Replacement(
        number=await unused_number(tx, REPLACEMENTS),
        order_number=file.order.number,
        items=items,
        cause=cause,
        created_at=tx.now,
        promised_until=add_workdays(leaves, file.policies.shipping.standard_workdays_max),
        reference=reference,
    )
    await add(tx, REPLACEMENTS, from_replacement(replacement, file.id))
    return replacement
