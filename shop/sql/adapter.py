"""The `Shop` port on Aftercare's own tables."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from shop.aftersales import (
    Cancellation,
    CarrierScan,
    Claim,
    ClaimRequest,
    Erasure,
    Refund,
    RefundCause,
    RefundRequest,
    RefundStatus,
    Repair,
    RepairRequest,
    Replacement,
    Return,
    ReturnRequest,
    ScanOutcome,
)
from shop.aftersales_rows import storable
from shop.figures import DueParcel, ReturnedItem
from shop.model import Address, Customer, Order, Product
from shop.policies import BUNDLED, Policies
from shop.port import ShopUnavailable, email_key, order_digits, phone_key
from shop.sql import cancelling, claims, figures, privacy, refunds, replacements, returns, scans, settling
from shop.sql.orders import BY_DIGITS, BY_EMAIL, RECENT, Finding, find_customers, find_orders, find_products
from shop.sql.records import CLAIMS, REFUNDS, REPAIRS, REPLACEMENTS, RETURNS, Records, RecordT, find, find_of_order
from shop.sql.transaction import Transaction, once
from shop.tables import CustomerRow
from storage import Database, DatabaseUnavailable, table

_CUSTOMERS = table(CustomerRow)


class SqlShop:
    """The `Shop` port on `shop_` tables. Every method raises `ShopUnavailable` when the database is away."""

    def __init__(
        self,
        database: Database,
        policies: Policies | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`policies`, the bundled ones if None, give periods and limits; `now` is the clock, in aware datetimes."""
        self._database = database
        self._policies = policies or Policies.load(BUNDLED)
        self._now = now

    async def order(self, number: str) -> Order | None:
        """See `Shop.order`."""
        if not (digits := order_digits(number)):
            return None
        orders = await self._orders(BY_DIGITS, digits=digits)
        return orders[0] if orders else None

    async def orders_of(self, email: str) -> list[Order]:
        """See `Shop.orders_of`."""
        if not (key := email_key(email)):
            return []
        return await self._orders(BY_EMAIL, email_key=key)

    async def recent_orders(self, limit: int) -> list[Order]:
        """See `Shop.recent_orders`."""
        return await self._orders(RECENT, limit=limit)

    async def products(self) -> list[Product]:
        """See `Shop.products`."""
        async with self._reading() as connection:
            return await find_products(connection)

    async def customer(self, email: str) -> Customer | None:
        """See `Shop.customer`."""
        if not (key := email_key(email)):
            return None
        async with self._reading() as connection:
            found = await find_customers(connection, _CUSTOMERS.c.email_key == key)
        return found[0] if found else None

    async def customer_by_phone(self, phone: str) -> Customer | None:
        """See `Shop.customer_by_phone`."""
        if not (key := phone_key(phone)):
            return None
        async with self._reading() as connection:
            found = await find_customers(connection, _CUSTOMERS.c.phone_key == key)
        return found[0] if len(found) == 1 else None

    async def returns_of(self, order_number: str) -> list[Return]:
        """See `Shop.returns_of`."""
        return await self._records_of(RETURNS, order_number)

    async def return_(self, number: str) -> Return | None:
        """See `Shop.return_`."""
        return await self._record(RETURNS, storable(number).strip().upper())

    async def refunds_of(self, order_number: str) -> list[Refund]:
        """See `Shop.refunds_of`."""
        return await self._records_of(REFUNDS, order_number)

    async def replacements_of(self, order_number: str) -> list[Replacement]:
        """See `Shop.replacements_of`."""
        return await self._records_of(REPLACEMENTS, order_number)

    async def claims_of(self, order_number: str) -> list[Claim]:
        """See `Shop.claims_of`."""
        return await self._records_of(CLAIMS, order_number)

    async def repairs_of(self, order_number: str) -> list[Repair]:
        """See `Shop.repairs_of`."""
        return await self._records_of(REPAIRS, order_number)

    async def cancel_order(self, number: str, key: str) -> Cancellation:
        """See `Shop.cancel_order`."""
        number = await self._once("cancellation", key, partial(cancelling.cancel, number=number))
        order = await self.order(number)
        assert order is not None
        refunds_of_order = await self.refunds_of(number)
        started = (refund for refund in refunds_of_order if refund.cause is RefundCause.CANCELLATION)
        return Cancellation(order, next(started, None))

    async def change_address(self, number: str, address: Address, key: str) -> Order:
        """See `Shop.change_address`."""
        change = partial(cancelling.change_address, number=number, address=address)
        order = await self.order(await self._once("address", key, change))
        assert order is not None
        return order

    async def create_return(self, request: ReturnRequest, key: str) -> Return:
        """See `Shop.create_return`."""
        return await self._made(RETURNS, key, partial(returns.announce, wanted=request))

    async def refund(self, request: RefundRequest, key: str) -> Refund:
        """See `Shop.refund`."""
        return await self._made(REFUNDS, key, partial(refunds.request, wanted=request))

    async def replace(self, request: RefundRequest, key: str) -> Replacement:
        """See `Shop.replace`."""
        return await self._made(REPLACEMENTS, key, partial(replacements.request, wanted=request))

    async def open_claim(self, request: ClaimRequest, key: str) -> Claim:
        """See `Shop.open_claim`."""
        return await self._made(CLAIMS, key, partial(claims.open_claim, wanted=request))

    async def book_repair(self, request: RepairRequest, key: str) -> Repair:
        """See `Shop.book_repair`."""
        return await self._made(REPAIRS, key, partial(claims.book_repair, wanted=request))

    async def record_scan(self, scan: CarrierScan) -> ScanOutcome | None:
        """See `Shop.record_scan`."""
        async with self._writing() as tx:
            return await scans.record(tx, scan)

    async def export(self, email: str) -> dict[str, Any]:
        """See `Shop.export`."""
        async with self._reading() as connection:
            return await privacy.export(connection, email)

    async def erase(self, email: str) -> Erasure:
        """See `Shop.erase`, and `shop.sql.privacy` for what is kept where."""
        async with self._writing() as tx:
            return await privacy.erase(tx, email)

    async def returned_items(self, start: datetime, end: datetime) -> list[ReturnedItem]:
        """See `shop.figures.ShopFigures`."""
        async with self._reading() as connection:
            return await figures.returned_items(connection, start, end)

    async def due_parcels(self, first: date, last: date) -> list[DueParcel]:
        """See `shop.figures.ShopFigures`."""
        async with self._reading() as connection:
            return await figures.due_parcels(connection, first, last)

    async def approve_refund(self, number: str) -> bool:
        """Lets a refund go on that waits for approval; False where there is no such refund. Not in the port."""
        waiting = (REFUNDS.columns.number == number, REFUNDS.columns.status == RefundStatus.APPROVAL.value)
        async with self._writing() as tx:
            approving = update(table(REFUNDS.row)).where(*waiting).values(status=RefundStatus.PENDING.value)
            return (await tx.connection.execute(approving)).rowcount == 1

    async def settle_due(self) -> settling.Settlement:
        """Does what has become due; whoever runs the shop calls it every now and then. Not in the port.

        Refunds are sent after the inspection, returns expire with their labels, reserved replacements go back to the
        stock, and what the law kept of erased customers goes.
        """
        settlement = settling.Settlement()
        async with self._reading() as connection:
            unfinished = (await connection.execute(settling.UNFINISHED)).scalars().all()
        for order_id in unfinished:
            async with self._writing() as tx:
                await settling.settle(tx, order_id, settlement)
        async with self._writing() as tx:
            await settling.forget_invoices(tx)
        return settlement

    async def _orders(self, finding: Finding, **parameters: Any) -> list[Order]:
        async with self._reading() as connection:
            return await find_orders(connection, finding, **parameters)

    async def _records_of(self, records: Records[RecordT], order_number: str) -> list[RecordT]:
        async with self._reading() as connection:
            return await find_of_order(connection, records, order_digits(order_number))

    async def _record(self, records: Records[RecordT], number: str) -> RecordT | None:
        async with self._reading() as connection:
            found = await find(connection, records, records.columns.number == number)
        return found[0] if found else None

    async def _made(
        self, records: Records[RecordT], key: str, work: Callable[[Transaction], Awaitable[str]]
    ) -> RecordT:
        """The record that work makes, or made under this key before."""
        made = await self._record(records, await self._once(records.prefix, key, work))
        assert made is not None
        return made

    async def _once(self, kind: str, key: str, work: Callable[[Transaction], Awaitable[str]]) -> str:
        async with self._writing() as tx:
            return await once(tx, kind, key, lambda: work(tx))

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._database.reading() as connection:
                yield connection
        except DatabaseUnavailable as error:
            raise ShopUnavailable(str(error)) from error

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Transaction]:
        try:
            async with self._database.writing() as connection:
                yield Transaction(connection, self._now(), self._policies)
        except DatabaseUnavailable as error:
            raise ShopUnavailable(str(error)) from error
