"""Reports: the figures of a period by day, language, channel, agent and intent, beside those of the period before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.reports import queries
from desk.reports.board import Board, find_loads, find_risks, find_waiting
from desk.reports.facts import Fact, Facts, load
from desk.reports.figures import Figures, divided
from desk.reports.period import Calendar, Period
from desk.rules import Rules
from shop import DueParcel, Reason, ReturnedItem, ShopFigures
from storage import Database

DIMENSIONS: Mapping[str, Callable[[Fact], str]] = {
    "language": lambda fact: fact.language,
    "channel": lambda fact: fact.channel,
    "agent": lambda fact: fact.agent,
    "intent": lambda fact: fact.intent,
}
"""What figures are divided by, besides days, and can be filtered by."""


@dataclass(frozen=True)
class Filters:
    """What a report is limited to; None where it is not. For the values, see `facts.Fact`."""

    language: str | None = None
    channel: str | None = None
    agent: str | None = None
    intent: str | None = None

    def let_through(self, fact: Fact) -> bool:
        """Whether a fact is to be counted."""
        wanted = ((of, getattr(self, name)) for name, of in DIMENSIONS.items())
        return all(value is None or of(fact) == value for of, value in wanted)

    @property
    def chosen(self) -> dict[str, str]:
        """What it is limited to, by dimension."""
        return {name: getattr(self, name) for name in DIMENSIONS if getattr(self, name) is not None}


@dataclass(frozen=True)
class GapCount:
    """How often a question was left open for which an article was the likeliest, or did not help; and the last one."""

    language: str
    article: str | None
    kind: str
    count: int
    question: str


@dataclass(frozen=True)
class ReturnCount:
    """How many pieces of a product were announced to go back for a reason. `names` are by language."""

    product_sku: str
    names: Mapping[str, str]
    reason: Reason
    pieces: int


@dataclass(frozen=True)
class ParcelCount:
    """The parcels of a carrier to a country (ISO 3166) that were due: how many came in time, came late, or have yet to
    come and are late already; and how late the late ones are in the mean, in days.
    """

    carrier: str
    country: str
    due: int
    late: int
    missing: int
    days_late: float


@dataclass(frozen=True)
class Report:
    """What a period was like.

    Attributes:
        zone: whose days these are, an IANA name.
        total: of the whole period; `before`, of the one before it.
        steps: of each day, or each week.
        parts: by dimension (a key of `DIMENSIONS`) and value, the value with the most contacts first.
        values: by dimension, what can be chosen as a filter: all values that occur without filters.
        agents: the names of the agents by their ids (as text).
        returns: None where the shop does not tell; `parcels` likewise.
    """

    period: Period
    zone: str
    filters: Filters
    total: Figures
    before: Figures
    steps: Sequence[tuple[Period, Figures]]
    parts: Mapping[str, Mapping[str, Figures]]
    values: Mapping[str, Sequence[str]]
    agents: Mapping[str, str]
    gaps: Sequence[GapCount]
    returns: Sequence[ReturnCount] | None
    parcels: Sequence[ParcelCount] | None


class Reports:
    """Makes reports. Methods raise `storage.DatabaseUnavailable`, and `shop.ShopUnavailable` when the shop is away.

    Args:
        database: has the tables of the desk, of conversations, and of knowledge gaps.
        shop: for returns and parcels, if it tells figures (`shop.ShopFigures`).
        rules: say when a timer is about to run out.
        now: the clock, in aware datetimes.
    """

    def __init__(self, database: Database, shop: object, rules: Rules, now: Callable[[], datetime]) -> None:
        self._database = database
        self._rules = rules
        self._shop = shop if isinstance(shop, ShopFigures) else None
        self._now = now

    async def run(self, period: Period, zone: str, filters: Filters = Filters()) -> Report:
        """The report of a period, in a time zone (an IANA name)."""
        start, end = period.bounds(zone)
        beginning, _ = period.previous.bounds(zone)
        async with self._database.reading(long=True) as connection:
            everything = await load(connection, beginning, end, self._now())
            agents = await _agents(connection)
            gaps = [
                GapCount(**row._mapping) for row in await connection.execute(queries.gaps(start, end, filters.language))
            ]
        before, unfiltered = _by_step(everything, [period.previous, period], zone)
        facts = _filtered(unfiltered, filters)
        days = _by_step(facts, period.steps, zone)
        return Report(
            period=period,
            zone=zone,
            filters=filters,
            total=Figures.of(facts),
            before=Figures.of(_filtered(before, filters)),
            steps=[(step, Figures.of(day)) for step, day in zip(period.steps, days, strict=True)],
            parts={name: _part(facts, of) for name, of in DIMENSIONS.items()},
            values={name: sorted(set(map(of, unfiltered.contacts))) for name, of in DIMENSIONS.items()},
            agents=agents,
            gaps=gaps,
            returns=_returns(await self._shop.returned_items(start, end)) if self._shop else None,
            parcels=await self._parcels(period, zone),
        )

    async def board(self, zone: str) -> Board:
        """What is going on now; its day is one of a time zone."""
        now = self._now()
        today = now.astimezone(ZoneInfo(zone)).date()
        start, end = Period(today, today).bounds(zone)
        async with self._database.reading(long=True) as connection:
            return Board(
                waiting=await find_waiting(connection),
                agents=await find_loads(connection, now),
                risks=await find_risks(connection, self._rules, now),
                today=Figures.of(await load(connection, start, end, now)),
            )

    async def _parcels(self, period: Period, zone: str) -> list[ParcelCount] | None:
        if self._shop is None:
            return None
        return _parcel_counts(await self._shop.due_parcels(period.first, period.last), self._now(), zone)


async def _agents(connection: AsyncConnection) -> dict[str, str]:
    rows = await connection.execute(select(queries.AGENTS.c.id, queries.AGENTS.c.name))
    return {str(row.id): row.name for row in rows}


def _by_step(facts: Facts, steps: Sequence[Period], zone: str) -> list[Facts]:
    calendar = Calendar(steps, zone)
    found = divided(facts, lambda fact: calendar.step(fact.at))
    return [found.get(number) or Facts() for number in range(len(steps))]


def _filtered(facts: Facts, filters: Filters) -> Facts:
    if not filters.chosen:
        return facts
    return divided(facts, lambda fact: filters.let_through(fact) or None).get(True, Facts())


def _part(facts: Facts, of: Callable[[Fact], str]) -> dict[str, Figures]:
    figures = {value: Figures.of(part) for value, part in divided(facts, of).items()}
    return dict(sorted(figures.items(), key=lambda entry: (-entry[1].contacts, -entry[1].opened, entry[0])))


def _returns(items: Iterable[ReturnedItem]) -> list[ReturnCount]:
    """What went back, the most pieces first."""
    counts: dict[tuple[str, Reason], ReturnCount] = {}
    for item in items:
        key = (item.product_sku, item.reason)
        known = counts.get(key) or ReturnCount(item.product_sku, item.names, item.reason, 0)
        counts[key] = replace(known, pieces=known.pieces + item.quantity)
    return sorted(counts.values(), key=lambda one: (-one.pieces, one.product_sku, one.reason))


def _parcel_counts(parcels: Iterable[DueParcel], now: datetime, zone: str) -> list[ParcelCount]:
    """The parcels that were due, by carrier and country, those with the most late ones first."""
    today = now.astimezone(ZoneInfo(zone)).date()
    groups: defaultdict[tuple[str, str], list[DueParcel]] = defaultdict(list)
    for parcel in parcels:
        if parcel.delivered_on or parcel.promised_until < today:
            groups[parcel.carrier, parcel.country].append(parcel)
    counts = []
    for (carrier, country), due in groups.items():
        late = [((parcel.delivered_on or today) - parcel.promised_until).days for parcel in due if parcel.late(today)]
        missing = sum(parcel.delivered_on is None for parcel in due)
        mean = sum(late) / len(late) if late else 0.0
        counts.append(ParcelCount(carrier, country, len(due), len(late), missing, mean))
    return sorted(counts, key=lambda one: (-one.late, -one.due, one.carrier, one.country))
