"""What agents do about orders: within their limits, once, recorded, and told to the customer by letter."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from desk.access.agents import Agent, Role
from desk.console.acting import Acting, RefundWish, Refused, ReturnWish, Scope
from desk.models import Ticket
from documents import Links
from shop import (
    Item,
    Money,
    Reason,
    RefundCause,
    RefundStatus,
    Resolution,
    ReturnStatus,
    SqlShop,
    WayBack,
)
from tests.desk.conversing import ANNOUNCED, DELIVERED, LATE, PUBLIC_URL, Talks, open_talks
from tests.desk.house import SECRET

KEY = "0123456789abcdef"


@pytest_asyncio.fixture
async def talks(tmp_path: Path) -> AsyncIterator[Talks]:
    async with open_talks(tmp_path) as opened:
        yield opened


def acting(talks: Talks, shop: SqlShop | None = None) -> Acting:
    house = talks.house
    link = Links(SECRET, PUBLIC_URL).url
    limit = house.rules.refund_limit
    return Acting(shop or talks.shop, house.policies, house.access.audit, talks.post, link, limit)


async def at_work(talks: Talks, order: str = DELIVERED, role: Role = Role.AGENT) -> tuple[Agent, Ticket]:
    agent = await talks.house.agent(role=role)
    return agent, await talks.held(agent, order)


def goodwill(amount: str, order: str = DELIVERED) -> RefundWish:
    return RefundWish(order, Scope.GOODWILL, RefundCause.DAMAGED, amount=Decimal(amount))


async def recorded(talks: Talks, ticket: Ticket) -> list[str]:
    entries = await talks.house.access.audit.entries(conversation_id=ticket.conversation_id)
    return [entry.action for entry in reversed(entries) if entry.details.get("key")]


async def test_a_refund_is_paid_once_and_recorded_and_written_of(talks: Talks) -> None:
    agent, ticket = await at_work(talks)
    act = acting(talks)
    plan = await act.plan_refund(ticket, agent, goodwill("12.50"))
    assert (plan.amount, plan.above_limit) == (Money(Decimal("12.50"), "EUR"), False)
    assert await talks.shop.refunds_of(DELIVERED) == []

    refund = await act.refund(ticket, agent, goodwill("12.50"), KEY)
    assert (refund.amount, refund.status, refund.due_on) == (plan.amount, RefundStatus.SENT, plan.due_on)
    # Asked for again, with whatever else in it, it is the same one.
    assert await act.refund(ticket, agent, goodwill("20.00"), KEY) == refund
    assert await talks.shop.refunds_of(DELIVERED) == [refund]
    assert (await recorded(talks, ticket))[:2] == ["refund_begun", "refund_done"]
    assert await talks.post.deliver_due() == 1
    assert (await act.plan_refund(ticket, agent, goodwill("1.00"))).spent == plan.amount


async def test_nobody_refunds_above_their_limit_not_even_in_parts(talks: Talks) -> None:
    agent, ticket = await at_work(talks)
    act = acting(talks)
    await act.refund(ticket, agent, goodwill("30.00"), KEY)
    plan = await act.plan_refund(ticket, agent, goodwill("20.01"))
    assert plan.above_limit and plan.limit == Money(Decimal(50), "EUR")
    with pytest.raises(Refused, match="above_limit"):
        await act.refund(ticket, agent, goodwill("20.01"), KEY + "2")
    assert len(await talks.shop.refunds_of(DELIVERED)) == 1

    supervisor = await talks.house.agent("Sam", Role.SUPERVISOR)
    full = RefundWish(DELIVERED, Scope.FULL, RefundCause.DAMAGED)
    order = await talks.shop.order(DELIVERED)
    assert order
    refund = await act.refund(ticket, supervisor, full, KEY + "3")
    assert refund.amount == order.totals.total - Money(Decimal(30), "EUR")
    with pytest.raises(Refused, match="nothing"):
        await act.plan_refund(ticket, supervisor, full)


async def test_a_piece_is_refunded_for_what_it_cost_and_not_again(talks: Talks) -> None:
    agent, ticket = await at_work(talks, role=Role.SUPERVISOR)
    act = acting(talks)
    order = await talks.shop.order(DELIVERED)
    assert order
    line = order.lines[0]
    wish = RefundWish(DELIVERED, Scope.ITEMS, RefundCause.WRONG_ITEM, (Item(line.sku),))
    assert (await act.refund(ticket, agent, wish, KEY)).amount == line.unit_price
    with pytest.raises(Refused, match="already_returned"):
        await act.refund(ticket, agent, wish, KEY + "2")
    with pytest.raises(Refused, match="too_much"):
        await act.plan_refund(ticket, agent, goodwill("9999"))
    with pytest.raises(Refused, match="unknown_order"):
        await act.plan_refund(ticket, agent, goodwill("1", "AC-999999"))


async def test_a_return_beyond_the_window_is_an_exception_and_has_a_label(talks: Talks) -> None:
    agent, ticket = await at_work(talks, LATE)
    act = acting(talks)
    order = await talks.shop.order(LATE)
    assert order
    (line,) = order.lines
    wish = ReturnWish(LATE, (Item(line.sku),), Reason.QUALITY, Resolution.REFUND)
    plan = await act.plan_return(wish)
    assert plan.exceptional == (line.sku,)

    announced = await act.approve_return(ticket, agent, wish, KEY)
    assert (announced.status, announced.way_back) == (ReturnStatus.ANNOUNCED, WayBack.LABEL)
    assert announced.amount == plan.quote.total
    assert await act.approve_return(ticket, agent, wish, KEY) == announced
    assert await talks.shop.returns_of(LATE) == [announced]
    assert (await recorded(talks, ticket))[0] == "return_begun"
    assert await talks.post.deliver_due() == 1
    (letter,) = talks.letters()
    assert announced.number in letter
    with pytest.raises(Refused, match="already_returned"):
        await act.plan_return(wish)


async def test_a_label_is_sent_again(talks: Talks) -> None:
    agent, ticket = await at_work(talks, ANNOUNCED)
    act = acting(talks)
    (return_,) = await talks.shop.returns_of(ANNOUNCED)
    order = await talks.shop.order(ANNOUNCED)
    assert order and (await act.plan_label(return_.number)).email == order.customer.email
    await act.resend_label(ticket, agent, return_.number, KEY)
    await act.resend_label(ticket, agent, return_.number, KEY)
    assert await talks.post.deliver_due() == 1
    with pytest.raises(Refused, match="no_label"):
        await act.plan_label("RMA-0")


async def test_what_nobody_knows_the_end_of_can_be_asked_for_again(talks: Talks) -> None:
    agent, ticket = await at_work(talks)
    later = datetime.now(UTC) + timedelta(minutes=1)
    shop = Unsteady(talks.house.database, talks.house.policies, now=lambda: later)
    act = acting(talks, shop)
    with pytest.raises(Refused, match="unavailable"):
        await act.refund(ticket, agent, goodwill("10.00"), KEY)
    assert await recorded(talks, ticket) == ["refund_begun"]
    refund = await act.refund(ticket, agent, goodwill("10.00"), KEY)
    assert await talks.shop.refunds_of(DELIVERED) == [refund]
    assert await recorded(talks, ticket) == ["refund_begun", "refund_done"]


class Unsteady(SqlShop):
    """A shop that does the first refund, and loses the connection before it has said so."""

    lost = False

    async def refund(self, *arguments: object) -> object:  # type: ignore[override]
        from shop import ShopUnavailable

        refund = await super().refund(*arguments)  # type: ignore[arg-type]
        if not self.lost:
            self.lost = True
            raise ShopUnavailable("no answer")
        return refund
