"""One transaction: what is done in it is done once, on an order that nobody else changes meanwhile.

The first statement of a transaction is a write, `once` or `lock`: on SQLite it waits for the other writers, and what is
read after it is the latest; on PostgreSQL it waits for whoever is at work on the same order or under the same key.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shop.aftersales_tables import OperationRow
from shop.eligibility import today
from shop.order_files import OrderFile
from shop.policies import Policies
from shop.port import NotPossible, order_digits
from shop.sql.numbers import new_number
from shop.sql.orders import BY_ID, find_orders
from shop.sql.records import ORDERS, REFUNDS, RETURNS, Records, find
from storage import insertion, table

OPERATIONS = table(OperationRow)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A connection that is committed at the end, the moment at which all of it happens, and the shop's policies."""

    connection: AsyncConnection
    now: datetime
    policies: Policies


@dataclass(frozen=True, slots=True)
class File(OrderFile):
    """An order that is locked, and what is on record about it."""

    id: int


async def once(tx: Transaction, kind: str, key: str, work: Callable[[], Awaitable[str]]) -> str:
    """Does the work, unless it was done under this key: the number of what came of it."""
    operation = (OPERATIONS.c.kind == kind, OPERATIONS.c.key == key)
    if not await insert_missing(tx, OPERATIONS, kind=kind, key=key, created_at=tx.now):
        return str((await tx.connection.execute(select(OPERATIONS.c.number).where(*operation))).scalar_one())
    number = await work()
    await tx.connection.execute(update(OPERATIONS).where(*operation).values(number=number))
    return number


async def lock(tx: Transaction, number: str) -> File:
    """The order with a number, locked until the transaction ends. Raises `NotPossible` with `unknown_order`."""
    return await _lock(tx, ORDERS.c.digits == order_digits(number))


async def lock_id(tx: Transaction, order_id: int) -> File:
    """The order with an id, as `lock` gives it."""
    return await _lock(tx, ORDERS.c.id == order_id)


async def reread(tx: Transaction, order_id: int) -> File:
    """A locked order as it is after what the transaction has done."""
    (order,) = await find_orders(tx.connection, BY_ID, id=order_id)
    return File(
        id=order_id,
        order=order,
        returns=await find(tx.connection, RETURNS, RETURNS.columns.order_id == order_id),
        refunds=await find(tx.connection, REFUNDS, REFUNDS.columns.order_id == order_id),
        policies=tx.policies.for_country(order.country),
        today=today(order, tx.now),
    )


async def _lock(tx: Transaction, condition: ColumnElement[bool]) -> File:
    # A write that changes nothing locks the row on PostgreSQL, and the file on SQLite, which knows no FOR UPDATE.
    touch = update(ORDERS).where(condition).values(digits=ORDERS.c.digits).returning(ORDERS.c.id)
    order_id = (await tx.connection.execute(touch)).scalar_one_or_none()
    if order_id is None:
        raise NotPossible("unknown_order")
    return await reread(tx, order_id)


async def insert_missing(tx: Transaction, target: Table, **columns: Any) -> bool:
    """Inserts a row; False where it is there already. Waits for another transaction that is just inserting it."""
    row = insertion(tx.connection, target).values(columns).on_conflict_do_nothing().returning(*target.primary_key)
    return (await tx.connection.execute(row)).one_or_none() is not None


async def add(tx: Transaction, records: Records[Any], columns: dict[str, Any]) -> None:
    """Adds a record."""
    await tx.connection.execute(insert(table(records.row)).values(columns))


async def change(tx: Transaction, records: Records[Any], number: str, **columns: Any) -> None:
    """Changes columns of a record."""
    await tx.connection.execute(update(table(records.row)).where(records.columns.number == number).values(columns))


async def change_order(tx: Transaction, order_id: int, **columns: Any) -> None:
    """Changes columns of an order."""
    await tx.connection.execute(update(ORDERS).where(ORDERS.c.id == order_id).values(columns))


async def unused_number(tx: Transaction, records: Records[Any]) -> str:
    """A number that no record has."""
    while True:
        number = new_number(records.prefix)
        taken = select(records.columns.number).where(records.columns.number == number)
        if (await tx.connection.execute(taken)).one_or_none() is None:
            return number
