"""What the law asks: everything the shop has of a customer, and its erasure.

Of an order whose invoice the law keeps stay its number, days, lines, amounts and refunds, with a customer who has
neither a name nor an address and stands for all the erased ones of a country. The name and the address that must be on
an invoice go to `shop_invoice_recipients`, which no method of the shop reads, until the end of the last year in which
the law keeps the invoice; then `settling.forget_invoices` deletes the whole order. Everything else goes at once: the
account, e-mail address, phone number, parcels and their scans, returns, replacements, claims, repairs.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shop.aftersales import Erasure
from shop.aftersales_tables import InvoiceRecipientRow
from shop.model import Address, Customer, Order
from shop.policies import Policies
from shop.port import NotPossible, email_key
from shop.sql.orders import BY_EMAIL, find_customers, find_orders
from shop.sql.records import CLAIMS, ORDERS, REFUNDS, REPAIRS, REPLACEMENTS, RETURNS, Records, find
from shop.sql.transaction import OPERATIONS, Transaction, insert_missing
from shop.tables import CustomerRow, ShipmentRow
from storage import table

_CUSTOMERS = table(CustomerRow)
_SHIPMENTS = table(ShipmentRow)
_RECIPIENTS = table(InvoiceRecipientRow)

_RECORDS: Mapping[str, Records[Any]] = {
    "returns": RETURNS,
    "refunds": REFUNDS,
    "replacements": REPLACEMENTS,
    "claims": CLAIMS,
    "repairs": REPAIRS,
}


async def export(connection: AsyncConnection, email: str) -> dict[str, Any]:
    """See `Shop.export`: the customer, and the orders with what is on record about each."""
    if not (found := await find_customers(connection, _CUSTOMERS.c.email_key == email_key(email))):
        return {}
    orders = await find_orders(connection, BY_EMAIL, email_key=email_key(email))
    records: defaultdict[str, dict[str, list[Any]]] = defaultdict(lambda: {name: [] for name in _RECORDS})
    for name, kind in _RECORDS.items():
        for record in await find(connection, kind, ORDERS.c.number.in_([order.number for order in orders])):
            records[record.order_number][name].append(record)
    exported = [asdict(order) | records[order.number] for order in orders]
    for order in exported:
        del order["customer"]
    return dict(to_jsonable_python({"customer": found[0], "orders": exported}))


async def erase(tx: Transaction, email: str) -> Erasure:
    """See `Shop.erase`."""
    of_customer = _CUSTOMERS.c.email_key == email_key(email)
    # A write, as the first statement has to be (see `transaction`).
    await tx.connection.execute(update(_CUSTOMERS).where(of_customer).values(email_key=_CUSTOMERS.c.email_key))
    if not (found := await find_customers(tx.connection, of_customer)):
        return Erasure({})
    customer = found[0]
    locking = update(ORDERS).where(ORDERS.c.customer_id == customer.id).values(digits=ORDERS.c.digits)
    rows = await tx.connection.execute(locking.returning(ORDERS.c.number, ORDERS.c.id))
    ids: dict[str, int] = {row.number: row.id for row in rows}
    orders = await find_orders(tx.connection, BY_EMAIL, email_key=email_key(email))
    returns = await find(tx.connection, RETURNS, RETURNS.columns.order_id.in_(ids.values()))
    if any(order.status.open for order in orders) or any(return_.open for return_ in returns):
        raise NotPossible("unfinished")

    kept = {order.number: day for order in orders if (day := _kept_until(order, tx.policies)) and day >= tx.now.date()}
    erased = await _erase_records(tx, list(ids.values()), [ids[number] for number in kept])
    for order in orders:
        if order.number in kept:
            await _lock_away(tx, ids[order.number], order, kept[order.number])
    erased["orders"] = await _delete(tx, ORDERS, ORDERS.c.customer_id == customer.id, ORDERS.c.number.not_in(kept))
    if kept:
        await _make_anonymous(tx, customer)
    erased["customers"] = await _delete(tx, _CUSTOMERS, of_customer)
    return Erasure(erased, tuple(kept), max(kept.values(), default=None))


def _kept_until(order: Order, policies: Policies) -> date | None:
    """The last day on which the law keeps the invoice of an order; None where there is no invoice."""
    if order.paid_at is None:
        return None
    # The years are counted from the end of that of the invoice.
    return date(order.paid_at.year + policies.for_country(order.country).privacy.invoice_years, 12, 31)


async def _erase_records(tx: Transaction, ids: Sequence[int], kept: Sequence[int]) -> dict[str, int]:
    """Deletes what is on record about orders, but for the refunds of those kept: how much of what."""
    erased = {"shipments": await _delete(tx, _SHIPMENTS, _SHIPMENTS.c.order_id.in_(ids))}
    numbers = select(ORDERS.c.number).where(ORDERS.c.id.in_(ids))
    await _delete(tx, OPERATIONS, OPERATIONS.c.number.in_(numbers))
    for name, records in _RECORDS.items():
        of_orders = records.columns.order_id.in_(ids)
        await _delete(tx, OPERATIONS, OPERATIONS.c.number.in_(select(records.columns.number).where(of_orders)))
        going = [of_orders]
        if records is REFUNDS:
            going.append(records.columns.order_id.not_in(kept))
        erased[name] = await _delete(tx, table(records.row), *going)
    return erased


async def _lock_away(tx: Transaction, order_id: int, order: Order, until: date) -> None:
    """Keeps to whom an order's invoice was made out, for the tax office alone."""
    row = {"name": order.customer.name, "address": asdict(order.shipping_address), "kept_until": until}
    await tx.connection.execute(insert(_RECIPIENTS).values(order_id=order_id, **row))


async def _make_anonymous(tx: Transaction, customer: Customer) -> None:
    """Gives a customer's orders to one who stands for all that were erased in a country."""
    nowhere = asdict(Address("", "", "", "", customer.country))
    nobody = f"erased-{customer.country}"
    await insert_missing(
        tx,
        _CUSTOMERS,
        id=nobody,
        name="",
        email="",
        # No address is like this, so nobody can be found by it.
        email_key=nobody,
        phone=None,
        phone_key=None,
        country=customer.country,
        language=customer.language,
        address=nowhere,
    )
    orders = update(ORDERS).where(ORDERS.c.customer_id == customer.id)
    await tx.connection.execute(orders.values(customer_id=nobody, shipping_address=nowhere))


async def _delete(tx: Transaction, target: Any, *conditions: ColumnElement[bool]) -> int:
    """Deletes rows: how many they were."""
    return (await tx.connection.execute(delete(target).where(*conditions))).rowcount
