"""What agents do about an order right there: money back, an exceptional return, a label once more.

Each act has a plan, which says what will happen before it happens. It is done under a key, so that nothing happens
twice, and nothing happens unrecorded: the record is written before the shop is asked, and again when it has answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import structlog
from pydantic import TypeAdapter

from bot.letters import Letter, Post, listed
from bot.values import day, money
from desk.access.agents import Agent, Role
from desk.access.audit import Audit
from desk.models import Ticket
from shop import (
    Item,
    Money,
    NotOffered,
    NotPossible,
    Order,
    Policies,
    Reason,
    Refund,
    RefundCause,
    RefundRequest,
    RefundStatus,
    Resolution,
    Return,
    ReturnRequest,
    ReturnStatus,
    Section,
    Shop,
    ShopUnavailable,
    WayBack,
)
from shop.eligibility import (
    Obstacle,
    Quote,
    compensation,
    gone_back,
    needs_approval,
    ordered,
    quote,
    refund_due,
    refundable,
    returnable,
    today,
)

logger = structlog.get_logger()

CAUSES = (RefundCause.DAMAGED, RefundCause.WRONG_ITEM, RefundCause.MISSING)
"""Why an agent sends money back; of the others, the shop knows itself."""

RECORDED = 500
"""So many acts of a conversation are looked at."""

_REFUND = TypeAdapter(RefundRequest)
_RETURN = TypeAdapter(ReturnRequest)


Request = TypeVar("Request", RefundRequest, ReturnRequest)
Done = TypeVar("Done", Refund, Return)


class Scope(StrEnum):
    """How much of an order is refunded."""

    FULL = "full"
    """All that is left of the money paid."""
    ITEMS = "items"
    GOODWILL = "goodwill"
    """An amount that the agent names."""


@dataclass(frozen=True)
class RefundWish:
    """Money that an agent wants to send back; of its scope, `items` or `amount` (in the order's currency)."""

    order_number: str
    scope: Scope
    cause: RefundCause
    items: tuple[Item, ...] = ()
    amount: Decimal | None = None


@dataclass(frozen=True)
class ReturnWish:
    """A return that an agent wants to allow, whatever the policies say."""

    order_number: str
    items: tuple[Item, ...]
    reason: Reason
    resolution: Resolution


@dataclass(frozen=True)
class RefundPlan:
    """What will happen.

    Attributes:
        method: where the money goes.
        due_on: when it has arrived; None where the shop looks at it first.
        left: what could still be refunded afterwards.
        limit: what the agent may refund in this conversation, all together; None without limit.
        spent: what they have refunded in it so far.
    """

    amount: Money
    method: str
    due_on: date | None
    left: Money
    limit: Money | None
    spent: Money

    @property
    def above_limit(self) -> bool:
        """Whether a supervisor has to do it."""
        return self.limit is not None and (self.spent + self.amount).amount > self.limit.amount


@dataclass(frozen=True)
class ReturnPlan:
    """What will happen; `exceptional` are the lines (SKUs) that the policies would not take back."""

    quote: Quote
    resolution: Resolution
    exceptional: tuple[str, ...]
    label_days: int


@dataclass(frozen=True)
class LabelPlan:
    """What will happen: the letter goes to `email`."""

    number: str
    email: str
    valid_until: date


class Refused(Exception):
    """It cannot be done. `code` is one of `NotPossible`, or `nothing`, `not_positive`, `above_limit`, `not_offered`,
    `not_delivered`, `no_label`, `unavailable`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Link(Protocol):
    """Makes links to documents; `documents.Links.url`."""

    def __call__(self, kind: str, subject: str, *, language: str, valid: timedelta) -> str:
        """A link that is good for some time."""
        ...


RefundLimit = Callable[[Role, str], Decimal | None]
"""What somebody of a role may refund in a currency (ISO 4217), in one conversation; None without limit."""


@dataclass(frozen=True)
class _File:
    """An order and what the rules ask about it."""

    order: Order
    returns: Sequence[Return]
    refunds: Sequence[Refund]
    policies: Section


class Acting:
    """Acts on orders through the shop's port.

    Methods raise `Refused`, and `storage.DatabaseUnavailable` where no record can be written.

    Args:
        link: makes the links to labels.
        limit: what each role may refund.
        now: the present moment, aware.
    """

    def __init__(
        self,
        shop: Shop,
        policies: Policies,
        audit: Audit,
        post: Post,
        link: Link,
        limit: RefundLimit,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._shop = shop
        self._policies = policies
        self._audit = audit
        self._post = post
        self._link = link
        self._limit = limit
        self._now = now
        # One after the other: of two at the same time, each would be within the limit.
        self._one = asyncio.Lock()

    async def plan_refund(self, ticket: Ticket, agent: Agent, wish: RefundWish) -> RefundPlan:
        """What a refund will come to."""
        file = await self._file(wish.order_number)
        amount = self._request(file, wish).amount
        looked_at = needs_approval(amount, file.policies)
        method = file.order.payment_method
        limit = self._limit(agent.role, amount.currency)
        return RefundPlan(
            amount=amount,
            method=method,
            due_on=None if looked_at else refund_due(today(file.order, self._now()), method, file.policies),
            left=refundable(file.order, file.returns, file.refunds) - amount,
            limit=None if limit is None else Money(limit, amount.currency),
            spent=await self._spent(ticket, agent, amount.currency),
        )

    async def refund(self, ticket: Ticket, agent: Agent, wish: RefundWish, key: str) -> Refund:
        """Send money back, and tell the customer by letter when it is on its way; `Refused` above the agent's limit."""
        async with self._one:
            request = await self._begun(ticket, "refund", key, _REFUND)
            if request is None:
                if (await self.plan_refund(ticket, agent, wish)).above_limit:
                    raise Refused("above_limit")
                request = self._request(await self._file(wish.order_number), wish)
                await self._record(
                    ticket, agent, "refund_begun", key, request=_REFUND.dump_python(request, mode="json")
                )
            refund = await self._ask(ticket, agent, "refund", key, self._shop.refund(request, _key(ticket, key)))
        if refund.status is RefundStatus.SENT:
            order = (await self._file(refund.order_number)).order
            facts = {"amount": money(refund.amount), "method": refund.method, "due": day(refund.due_on)}
            await self._write(ticket, order, "refund_started", key, order_number=order.number, **facts)
        return refund

    async def plan_return(self, wish: ReturnWish) -> ReturnPlan:
        """What a return will come to."""
        file = await self._file(wish.order_number)
        quoted, exceptional = self._quote(file, wish)
        return ReturnPlan(quoted, wish.resolution, exceptional, file.policies.returns.label_valid_days)

    async def approve_return(self, ticket: Ticket, agent: Agent, wish: ReturnWish, key: str) -> Return:
        """Announce a return, whatever the policies say, and send the customer its label by letter."""
        async with self._one:
            request = await self._begun(ticket, "return", key, _RETURN)
            if request is None:
                file = await self._file(wish.order_number)
                quoted, exceptional = self._quote(file, wish)
                request = ReturnRequest(
                    order_number=file.order.number,
                    items=wish.items,
                    reason=wish.reason,
                    resolution=wish.resolution,
                    way_back=WayBack.LABEL,
                    amount=quoted.total,
                    fee=quoted.fee,
                )
                told = {"request": _RETURN.dump_python(request, mode="json"), "exceptional": list(exceptional)}
                await self._record(ticket, agent, "return_begun", key, **told)
            announced = await self._ask(
                ticket, agent, "return", key, self._shop.create_return(request, _key(ticket, key))
            )
        await self._send_label(ticket, announced, key)
        return announced

    async def plan_label(self, number: str) -> LabelPlan:
        """Where a return's label will be sent."""
        return_, order = await self._labelled(number)
        return LabelPlan(return_.number, order.customer.email, return_.label_valid_until)

    async def resend_label(self, ticket: Ticket, agent: Agent, number: str, key: str) -> Return:
        """Send the customer the label of an open return once more."""
        return_, order = await self._labelled(number)
        told = {"return_number": return_.number, "order_number": order.number}
        await self._record(ticket, agent, "label_resent", key, **told)
        await self._send_label(ticket, return_, key)
        return return_

    async def _labelled(self, number: str) -> tuple[Return, Order]:
        """A return that has a label which can still be used, and its order."""
        try:
            return_ = await self._shop.return_(number)
        except ShopUnavailable as error:
            raise _unavailable(error) from error
        if return_ is None or return_.status is not ReturnStatus.ANNOUNCED or return_.way_back is WayBack.PICKUP:
            raise Refused("no_label")
        return return_, (await self._file(return_.order_number)).order

    async def _file(self, number: str) -> _File:
        try:
            order = await self._shop.order(number)
            if order is None:
                raise Refused("unknown_order")
            returns = await self._shop.returns_of(order.number)
            refunds = await self._shop.refunds_of(order.number)
        except ShopUnavailable as error:
            raise _unavailable(error) from error
        return _File(order, returns, refunds, self._policies.for_country(order.country))

    def _request(self, file: _File, wish: RefundWish) -> RefundRequest:
        """What the shop will be asked for."""
        left = refundable(file.order, file.returns, file.refunds)
        match wish.scope:
            case Scope.FULL:
                amount, items = left, _there(file)
            case Scope.ITEMS:
                amount, items = self._worth(file, wish.items), wish.items
            case Scope.GOODWILL:
                amount, items = Money(wish.amount or Decimal(0), file.order.currency), ()
        if left.amount <= 0:
            raise Refused("nothing")
        if amount.amount <= 0:
            raise Refused("not_positive")
        if amount.amount > left.amount:
            raise Refused("too_much")
        return RefundRequest(file.order.number, amount, wish.cause, items)

    def _worth(self, file: _File, items: Sequence[Item]) -> Money:
        known = (file.returns, file.refunds, file.policies, self._now())
        try:
            return compensation(file.order, items, *known).total if items else Money(Decimal(0), file.order.currency)
        except ValueError as error:
            raise Refused("already_returned") from error

    def _quote(self, file: _File, wish: ReturnWish) -> tuple[Quote, tuple[str, ...]]:
        """What a return comes to, and which of its lines (SKUs) the policies would not take back."""
        wanted = {item.sku for item in wish.items}
        if not wanted:
            raise Refused("not_positive")
        lines = returnable(file.order, file.returns, file.policies, self._now(), refunds=file.refunds)
        obstacles = {each.line.sku: each.obstacle for each in lines if each.line.sku in wanted}
        if Obstacle.NOT_DELIVERED in obstacles.values():
            raise Refused("not_delivered")
        try:
            quoted = quote(
                file.order,
                wish.items,
                wish.reason,
                wish.resolution,
                file.returns,
                file.refunds,
                file.policies,
                self._now(),
            )
        except ValueError as error:
            raise Refused("already_returned") from error
        return quoted, tuple(sorted(sku for sku, obstacle in obstacles.items() if obstacle))

    async def _spent(self, ticket: Ticket, agent: Agent, currency: str) -> Money:
        """What an agent has refunded in a conversation; what is on its way counts, what was refused does not."""
        entries = await self._audit.entries(conversation_id=ticket.conversation_id, agent_id=agent.id, limit=RECORDED)
        refused = {entry.details["key"] for entry in entries if entry.action == "refund_refused"}
        begun = [entry.details for entry in entries if entry.action == "refund_begun"]
        amounts = [_REFUND.validate_python(told["request"]).amount for told in begun if told["key"] not in refused]
        total = sum((amount.amount for amount in amounts if amount.currency == currency), Decimal(0))
        return Money(total, currency)

    async def _begun(self, ticket: Ticket, act: str, key: str, kind: TypeAdapter[Request]) -> Request | None:
        """What was begun under a key: it is done as it was begun, whatever is asked for now."""
        entries = await self._audit.entries(
            conversation_id=ticket.conversation_id, action=f"{act}_begun", limit=RECORDED
        )
        told = next((entry.details for entry in entries if entry.details["key"] == key), None)
        return kind.validate_python(told["request"]) if told else None

    async def _ask(self, ticket: Ticket, agent: Agent, act: str, key: str, asking: Awaitable[Done]) -> Done:
        """Have the shop do it, and record what came of it."""
        try:
            done = await asking
        except NotPossible as error:
            await self._record(ticket, agent, f"{act}_refused", key, code=error.code)
            raise Refused(error.code) from error
        except NotOffered as error:
            await self._record(ticket, agent, f"{act}_refused", key, code="not_offered")
            raise Refused("not_offered") from error
        except ShopUnavailable as error:
            # Nobody knows whether it happened: under the same key it can be asked for again.
            raise _unavailable(error) from error
        told = {"number": done.number, "order_number": done.order_number, "amount": str(done.amount.amount)}
        await self._record(ticket, agent, f"{act}_done", key, **told, currency=done.amount.currency)
        return done

    async def _record(self, ticket: Ticket, agent: Agent, action: str, key: str, **details: Any) -> None:
        conversation_id = ticket.conversation_id
        await self._audit.record(
            agent.id, action, conversation_id=conversation_id, ticket_id=ticket.id, key=key, **details
        )

    async def _send_label(self, ticket: Ticket, return_: Return, key: str) -> None:
        order = (await self._file(return_.order_number)).order
        # The last day ends twelve hours later in the westernmost zone than in UTC.
        end = datetime.combine(return_.label_valid_until, time(12), UTC) + timedelta(days=1)
        kind = "drop_off_code" if return_.way_back is WayBack.QR_CODE else "label"
        valid = end - self._now()
        pieces = {item.sku: item.quantity for item in return_.items}
        values: Mapping[str, Any] = {
            "rma": return_.number,
            "order_number": order.number,
            "items": [
                listed(line.names, line.colour, line.size, pieces[line.sku], ticket.language)
                for line in order.lines
                if line.sku in pieces
            ],
            "resolution": return_.resolution.value,
            "amount": money(return_.amount),
            "replacements": [],
            "way_back": return_.way_back.value,
            "label_url": self._link(kind, return_.number, language=ticket.language, valid=valid),
            "label_valid_until": day(return_.label_valid_until),
            "pickup_day": None,
        }
        await self._write(ticket, order, "return_confirmation", key, **values)

    async def _write(self, ticket: Ticket, order: Order, name: str, key: str, **values: Any) -> None:
        """Write to the order's customer, once under a key."""
        customer = order.customer
        letter = Letter(name, customer.email, ticket.language, {"customer": customer.name, **values})
        try:
            await self._post.put(letter, f"{name}:{_key(ticket, key)}")
        except ValueError:
            # An address that is none: what was done stays done, and the agent tells the customer.
            logger.warning("desk.letter_not_written", letter=name, ticket_id=ticket.id)


def _key(ticket: Ticket, key: str) -> str:
    """Under what the shop does it: a key is the ticket's own."""
    return f"desk:{ticket.id}:{key}"


def _there(file: _File) -> tuple[Item, ...]:
    """What of an order did not go back, and was not refunded."""
    gone = gone_back(file.returns, file.refunds)
    left = ordered(file.order) - gone
    return tuple(Item(sku, quantity) for sku, quantity in left.items())


def _unavailable(error: ShopUnavailable) -> Refused:
    logger.warning("desk.shop_unavailable", reason=str(error))
    return Refused("unavailable")
