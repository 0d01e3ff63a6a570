"""Requests of customers about their personal data, from the wish to its fulfilment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update

from conversations.tables import PrivacyAuditRow, PrivacyRequestRow
from shop import Customer
from storage import Database, insertion, table

REQUESTS = table(PrivacyRequestRow)
AUDIT = table(PrivacyAuditRow)

CLAIM = timedelta(hours=1)
"""For so long a deletion belongs to the process that carries it out. If the process dies meanwhile, another goes on."""


class RequestKind(StrEnum):
    """What a customer wants."""

    EXPORT = "export"
    DELETION = "deletion"


class RequestState(StrEnum):
    """How far a request has got."""

    OPEN = "open"
    """A copy can be fetched; a deletion is to come, and can be withdrawn."""
    ERASING = "erasing"
    """A deletion has begun."""
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class PrivacyRequest:
    """A request that is not done yet; see `PrivacyRequestRow`."""

    id: str
    customer_id: str
    email: str
    language: str
    due_at: datetime
    erased_at: datetime | None
    invoice_years: int | None


class PrivacyRequests:
    """The requests of all customers (`bot.privacy.PrivacyRequests`), and what was erased for them.

    Methods raise `storage.DatabaseUnavailable` when the database is away.

    Args:
        database: has the tables `privacy_requests` and `privacy_audit`.
        now: the present moment, aware.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    async def request_export(self, customer: Customer, language: str, until: datetime, key: str) -> str:
        """See `bot.privacy.PrivacyRequests.request_export`."""
        return await self._request(RequestKind.EXPORT, customer, language, until, key)

    async def request_deletion(self, customer: Customer, language: str, due: datetime, key: str) -> datetime:
        """See `bot.privacy.PrivacyRequests.request_deletion`."""
        if await self.deletion_due(customer) is None:
            await self._request(RequestKind.DELETION, customer, language, due, key)
        return await self.deletion_due(customer) or due

    async def deletion_due(self, customer: Customer) -> datetime | None:
        """See `bot.privacy.PrivacyRequests.deletion_due`."""
        query = select(func.min(REQUESTS.c.due_at)).where(*_open_deletion_of(customer))
        async with self._database.reading() as connection:
            due: datetime | None = await connection.scalar(query)
        return due

    async def withdraw_deletion(self, customer: Customer) -> bool:
        """See `bot.privacy.PrivacyRequests.withdraw_deletion`."""
        withdrawn = {"state": RequestState.WITHDRAWN, "email": None, "done_at": self._now()}
        async with self._database.writing() as connection:
            result = await connection.execute(update(REQUESTS).where(*_open_deletion_of(customer)).values(withdrawn))
        return result.rowcount > 0

    async def export(self, request_id: str) -> PrivacyRequest | None:
        """The request for a copy with this id, as long as the copy can be fetched."""
        open_one = select(REQUESTS).where(
            REQUESTS.c.id == request_id,
            REQUESTS.c.kind == RequestKind.EXPORT,
            REQUESTS.c.state == RequestState.OPEN,
            REQUESTS.c.due_at > self._now(),
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(open_one)).first()
        return _request_of(row) if row else None

    async def address(self, request_id: str) -> str | None:
        """The address of the customer whose request it is; None where it is not known, or not any more."""
        query = select(REQUESTS.c.email).where(REQUESTS.c.id == request_id)
        async with self._database.reading() as connection:
            address: str | None = await connection.scalar(query)
        return address

    async def of(self, customer_id: str) -> list[dict[str, Any]]:
        """All requests of a customer, the oldest first, as they are told to the customer."""
        columns = (REQUESTS.c.kind, REQUESTS.c.state, REQUESTS.c.requested_at, REQUESTS.c.due_at, REQUESTS.c.done_at)
        query = select(*columns).where(REQUESTS.c.customer_id == customer_id).order_by(REQUESTS.c.requested_at)
        async with self._database.reading() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def count_due(self) -> int:
        """How many deletions are to be carried out now."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).where(*_due(self._now()))) or 0

    async def claim(self) -> PrivacyRequest | None:
        """Take the deletion that has been due for the longest away from all other processes, for as long as `CLAIM`.

        From here on it cannot be withdrawn.
        """
        now = self._now()
        longest_due = (
            select(REQUESTS.c.id)
            .where(*_due(now))
            .order_by(REQUESTS.c.due_at, REQUESTS.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        claim = (
            update(REQUESTS)
            .where(REQUESTS.c.id == longest_due)
            .values(state=RequestState.ERASING, due_at=now + CLAIM)
            .returning(*REQUESTS.c)
        )
        async with self._database.writing() as connection:
            row = (await connection.execute(claim)).first()
        return _request_of(row) if row else None

    async def postpone(self, request: PrivacyRequest, pause: timedelta) -> None:
        """Have a deletion tried again after a pause. As long as nothing was erased, it can be withdrawn again."""
        state = RequestState.OPEN if request.erased_at is None else RequestState.ERASING
        await self._change(request, state=state, due_at=self._now() + pause)

    async def record(
        self, request: PrivacyRequest, erased: Mapping[str, int], invoice_years: int | None = None
    ) -> PrivacyRequest:
        """Note how much of what was erased, and for how many years the law keeps invoices, if it does; returns the
        request with that.
        """
        now = self._now()
        noted = replace(
            request,
            erased_at=request.erased_at or now,
            invoice_years=invoice_years or request.invoice_years,
        )
        rows = [
            {"request_id": request.id, "what": what, "count": count, "erased_at": now}
            for what, count in erased.items()
            if count
        ]
        if rows:
            async with self._database.writing() as connection:
                await connection.execute(insert(AUDIT), rows)
        await self._change(request, erased_at=noted.erased_at, invoice_years=noted.invoice_years)
        return noted

    async def complete(self, request: PrivacyRequest) -> None:
        """Conclude a deletion, and forget who it was: in this request and in all others of the customer."""
        done = {"state": RequestState.DONE, "done_at": self._now()}
        of_customer = REQUESTS.c.customer_id == request.customer_id
        async with self._database.writing() as connection:
            await connection.execute(update(REQUESTS).where(of_customer, REQUESTS.c.done_at.is_(None)).values(done))
            await connection.execute(update(REQUESTS).where(of_customer).values(customer_id=None, email=None))

    async def close_exports(self) -> int:
        """Conclude the requests for copies that can no longer be fetched; returns how many they were."""
        over = (
            REQUESTS.c.kind == RequestKind.EXPORT,
            REQUESTS.c.state == RequestState.OPEN,
            REQUESTS.c.due_at <= self._now(),
        )
        done = {"state": RequestState.DONE, "email": None, "done_at": self._now()}
        async with self._database.writing() as connection:
            return (await connection.execute(update(REQUESTS).where(*over).values(done))).rowcount

    async def _change(self, request: PrivacyRequest, **values: Any) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(REQUESTS).where(REQUESTS.c.id == request.id).values(values))

    async def _request(self, kind: RequestKind, customer: Customer, language: str, due: datetime, key: str) -> str:
        # The key has the conversation in it, which leads to a person on some channels.
        request_id = hashlib.sha256(key.encode()).hexdigest()[:32]
        row = {
            "id": request_id,
            "kind": kind,
            "state": RequestState.OPEN,
            "customer_id": customer.id,
            "email": customer.email,
            "language": language,
            "requested_at": self._now(),
            "due_at": due,
        }
        async with self._database.writing() as connection:
            await connection.execute(insertion(connection, REQUESTS).values(row).on_conflict_do_nothing())
        return request_id


def _open_deletion_of(customer: Customer) -> list[ColumnElement[bool]]:
    return [
        REQUESTS.c.customer_id == customer.id,
        REQUESTS.c.kind == RequestKind.DELETION,
        REQUESTS.c.state == RequestState.OPEN,
    ]


def _due(now: datetime) -> list[ColumnElement[bool]]:
    """The conditions for a deletion that is to be carried out, or gone on with."""
    unfinished = REQUESTS.c.state.in_((RequestState.OPEN, RequestState.ERASING))
    return [REQUESTS.c.kind == RequestKind.DELETION, unfinished, REQUESTS.c.due_at <= now]


def _request_of(row: Any) -> PrivacyRequest:
    names = PrivacyRequest.__dataclass_fields__
    return PrivacyRequest(**{name: getattr(row, name) for name in names})
