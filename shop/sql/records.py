"""Reading what is on record about orders after the sale, on a connection."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shop.aftersales_rows import to_claim, to_refund, to_repair, to_replacement, to_return
from shop.aftersales_tables import ClaimRow, RefundRow, RepairRow, ReplacementRow, ReturnRow
from shop.tables import OrderRow
from storage import Base, table

RecordT = TypeVar("RecordT")

ORDERS = table(OrderRow)


@dataclass(frozen=True, slots=True)
class Records(Generic[RecordT]):
    """A table of records, each of an order. `prefix` is that of its numbers."""

    row: type[Base]
    read: Callable[[Row[Any]], RecordT]
    prefix: str

    @property
    def columns(self) -> Any:
        """The table's columns."""
        return table(self.row).c

    def select(self) -> Select[Any]:
        """All, newest first, with what their order knows of them."""
        return (
            select(table(self.row), ORDERS.c.number.label("order_number"), ORDERS.c.currency)
            .join(ORDERS, ORDERS.c.id == self.columns.order_id)
            .order_by(self.columns.created_at.desc(), self.columns.number)
        )


RETURNS = Records(ReturnRow, to_return, "RMA")
REFUNDS = Records(RefundRow, to_refund, "RF")
REPLACEMENTS = Records(ReplacementRow, to_replacement, "RE")
CLAIMS = Records(ClaimRow, to_claim, "CL")
REPAIRS = Records(RepairRow, to_repair, "RP")


async def find_of_order(connection: AsyncConnection, records: Records[RecordT], digits: str) -> list[RecordT]:
    """The records of an order, newest first."""
    return [records.read(row) for row in await connection.execute(_of_order(records), {"order_digits": digits})]


@cache
def _of_order(records: Records[Any]) -> Select[Any]:
    # Making a statement takes longer than executing it.
    return records.select().where(ORDERS.c.digits == bindparam("order_digits"))


async def find(
    connection: AsyncConnection, records: Records[RecordT], *conditions: ColumnElement[bool]
) -> list[RecordT]:
    """The records of which the conditions are true, newest first."""
    return [records.read(row) for row in await connection.execute(records.select().where(*conditions))]
