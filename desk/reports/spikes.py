"""Warnings of a sudden rise: many customers complain of one thing, or send something back for one reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scipy.special import bdtrc
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations.feed import Feed
from conversations.messages import MESSAGES
from conversations.service import CUSTOMERS
from conversations.tables import Author
from desk.events import DESK, spike_raised
from desk.reports.queries import INTENT
from desk.tables import WarningRow
from shop import ShopFigures
from storage import Database, exclude_others, table

WARNINGS = table(WarningRow)

COMPLAINTS = (
    "complain",
    "report_damaged",
    "report_missing_parcel",
    "report_wrong_item",
    "request_repair",
    "troubleshoot",
)
"""The intents by which customers complain."""

INTENT_KIND, REASON_KIND, PRODUCT_KIND = "intent", "return_reason", "product_return"
"""What rises: a complaint; a reason for returns, of all products or of one (the subject is `<SKU>/<reason>`)."""

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)

WEEKS = 8
"""So many weeks are compared with, `LEAST_WEEKS` at least."""
LEAST_WEEKS = 2

LEAST = 5
"""Fewer cases are no rise."""

TIMES = 2.0
"""A rise is at least to so many times what was to be expected."""

SIGNIFICANCE = 0.001
"""How likely a false warning may be at one look, whatever number of things are looked at."""

MOST_CONVERSATIONS = 50

SHOWN_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Case:
    """Something that happened once to a customer or in a conversation (`who`)."""

    kind: str
    subject: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Rise:
    """What rose: how many it concerned in the last 24 hours, how many were to be expected, and whom."""

    kind: str
    subject: str
    count: int
    expected: float
    who: tuple[str, ...]


@dataclass(frozen=True)
class Warned:
    """A warning that was raised; see `tables.WarningRow`."""

    id: int
    kind: str
    subject: str
    count: int
    expected: float
    conversations: tuple[str, ...]
    raised_at: datetime


class Spikes:
    """Looks for rises, and keeps the warnings. Methods raise `storage.DatabaseUnavailable`, `look` also
    `shop.ShopUnavailable`.

    Args:
        feed: tells the desks of new warnings.
        shop: for returns, if it tells figures (`shop.ShopFigures`).
        now: the clock, in aware datetimes.
    """

    def __init__(self, database: Database, feed: Feed, shop: object, now: Callable[[], datetime]) -> None:
        self._database = database
        self._feed = feed
        self._shop = shop if isinstance(shop, ShopFigures) else None
        self._now = now

    async def look(self) -> list[Warned]:
        """Look for rises; whoever runs the desk calls it every now and then. Returns the new warnings.

        What was warned of within a day already is not warned of again; the warning is brought up to date.
        """
        now = self._now()
        async with self._database.reading(long=True) as connection:
            begin, said = await _complaints(connection, now)
        found = list(rises(said, begin, now))
        if self._shop:
            items = await self._shop.returned_items(now - WEEKS * WEEK - DAY, now)
            reasons = [Case(REASON_KIND, item.reason, item.customer_id, item.announced_at) for item in items]
            products = [
                Case(PRODUCT_KIND, f"{item.product_sku}/{item.reason}", item.customer_id, item.announced_at)
                for item in items
            ]
            first = min((item.announced_at for item in items), default=now)
            found += [*rises(reasons, first, now), *rises(products, first, now)]
        raised = [warned for rise in found if (warned := await self._keep(rise, now)) is not None]
        for warned in raised:
            await self._feed.publish(DESK, spike_raised(warned.id))
        return raised

    async def open(self) -> list[Warned]:
        """The warnings of the last days that nobody has dismissed, the newest first."""
        query = (
            select(WARNINGS)
            .where(WARNINGS.c.dismissed_at.is_(None), WARNINGS.c.raised_at >= self._now() - SHOWN_FOR)
            .order_by(WARNINGS.c.id.desc())
        )
        async with self._database.reading() as connection:
            return [_warned(row) for row in await connection.execute(query)]

    async def get(self, warning_id: int) -> Warned | None:
        """A warning, dismissed or not; None where there is none of this number."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(WARNINGS).where(WARNINGS.c.id == warning_id))).first()
        return _warned(row) if row else None

    async def dismiss(self, warning_id: int) -> None:
        """Show a warning no more."""
        dismissed = update(WARNINGS).where(WARNINGS.c.id == warning_id).values(dismissed_at=self._now())
        async with self._database.writing() as connection:
            await connection.execute(dismissed)

    async def _keep(self, rise: Rise, now: datetime) -> Warned | None:
        """Keep a rise as a warning; returns it if it is a new one."""
        lately = select(WARNINGS.c.id).where(
            WARNINGS.c.kind == rise.kind, WARNINGS.c.subject == rise.subject, WARNINGS.c.raised_at > now - DAY
        )
        async with self._database.writing() as connection:
            # All processes look, and some at the same moment.
            await exclude_others(connection, "desk.spikes")
            conversations = await _conversations(connection, rise, now)
            values = {"count": rise.count, "expected": rise.expected, "conversations": conversations}
            known = await connection.scalar(lately.order_by(WARNINGS.c.id.desc()))
            if known is not None:
                await connection.execute(update(WARNINGS).where(WARNINGS.c.id == known).values(values))
                return None
            row = {"kind": rise.kind, "subject": rise.subject, "raised_at": now, **values}
            new: int = (await connection.execute(insert(WARNINGS).returning(WARNINGS.c.id), row)).scalar_one()
        return Warned(new, rise.kind, rise.subject, rise.count, rise.expected, tuple(conversations), now)


def rises(cases: Iterable[Case], begin: datetime, now: datetime) -> Iterator[Rise]:
    """What rose in the last 24 hours, against the same 24 hours of the weeks before.

    Both counts are taken for Poisson distributed. Of their sum, the last 24 hours would have their share by chance
    alone: that is a binomial distribution (the conditional test of two Poisson rates, Przyborowski and Wilenski 1940),
    which takes into account that of a few weeks little is known. Whoever has several cases counts once.

    Args:
        begin: since when cases are known.
    """
    weeks = min(WEEKS, (now - DAY - begin) // WEEK)
    if weeks < LEAST_WEEKS:
        return
    counted: defaultdict[tuple[str, str], list[set[str]]] = defaultdict(lambda: [set() for _ in range(weeks + 1)])
    for case in cases:
        week, since = divmod(now - case.at, WEEK)
        if since < DAY and 0 <= week <= weeks:
            counted[case.kind, case.subject][week].add(case.who)
    for (kind, subject), (lately, *before) in sorted(counted.items()):
        count, earlier = len(lately), sum(map(len, before))
        expected = earlier / weeks
        chance = bdtrc(count - 1, count + earlier, 1 / (1 + weeks)) if count else 1.0
        if count >= LEAST and count >= TIMES * expected and chance < SIGNIFICANCE / len(counted):
            yield Rise(kind, subject, count, expected, tuple(sorted(lately)))


async def _complaints(connection: AsyncConnection, now: datetime) -> tuple[datetime, list[Case]]:
    """Since when there are messages, and the complaints in the hours that are compared."""
    ends = [now - number * WEEK for number in range(WEEKS + 1)]
    compared = or_(*(MESSAGES.c.created_at.between(end - DAY, end) for end in ends))
    query = select(INTENT.label("intent"), MESSAGES.c.conversation_id, MESSAGES.c.created_at).where(
        compared, MESSAGES.c.author == Author.CUSTOMER, INTENT.in_(COMPLAINTS)
    )
    begin = await connection.scalar(select(func.min(MESSAGES.c.created_at)))
    rows = await connection.execute(query)
    return begin or now, [Case(INTENT_KIND, row.intent, row.conversation_id, row.created_at) for row in rows]


async def _conversations(connection: AsyncConnection, rise: Rise, now: datetime) -> list[str]:
    """The conversations behind a rise; of customers, those in which they wrote meanwhile."""
    if rise.kind == INTENT_KIND:
        return list(rise.who[:MOST_CONVERSATIONS])
    return await _of_customers(connection, rise.who, now - DAY)


async def _of_customers(connection: AsyncConnection, customers: Collection[str], since: datetime) -> list[str]:
    wrote = select(MESSAGES.c.conversation_id).where(MESSAGES.c.created_at >= since)
    theirs = select(CUSTOMERS.c.conversation_id).where(
        CUSTOMERS.c.customer_id.in_(customers), CUSTOMERS.c.conversation_id.in_(wrote)
    )
    found = await connection.scalars(theirs.distinct().order_by(CUSTOMERS.c.conversation_id).limit(MOST_CONVERSATIONS))
    return list(found)


def _warned(row: Any) -> Warned:
    return Warned(
        row.id,
        row.kind,
        row.subject,
        row._mapping["count"],
        row.expected,
        tuple(row.conversations),
        row.raised_at,
    )
