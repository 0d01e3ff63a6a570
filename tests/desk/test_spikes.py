"""Warnings of a sudden rise."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from conversations import LocalFeed
from desk.events import DESK
from desk.reports.behind import behind
from desk.reports.spikes import DAY, WEEK, WEEKS, Case, Rise, Spikes, rises
from shop import DueParcel, Reason, ReturnedItem
from storage import Database
from tests.desk.happenings import Past, at, migrated_file, on_both, on_sqlite  # noqa: F401

NOW = at("11-22 12:00")
LONG_AGO = NOW - WEEKS * WEEK - DAY


def cases(*counts: int, subject: str = "report_damaged") -> Iterator[Case]:
    """So many cases in the last 24 hours, and in the same hours of each week before."""
    for week, count in enumerate(counts):
        for number in range(count):
            yield Case("intent", subject, f"widget:{week}_{number}", NOW - week * WEEK - timedelta(hours=1))


def risen(*counts: int, begin: datetime = LONG_AGO) -> list[Rise]:
    return list(rises(cases(*counts), begin, NOW))


def test_many_more_than_usual_are_a_rise() -> None:
    (rise,) = risen(12, 1, 0, 2, 1, 0, 1, 2, 1)
    assert (rise.kind, rise.subject, rise.count, rise.expected) == ("intent", "report_damaged", 12, 1.0)
    assert rise.who[0] == "widget:0_0" and len(rise.who) == 12


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param((4, 0, 0, 0, 0, 0, 0, 0, 0), id="too few to matter"),
        pytest.param((12, 9, 11, 8, 12, 10, 9, 11, 10), id="as usual"),
        pytest.param((60, 40, 41, 39, 40, 42, 38, 40, 40), id="unlikely, but not many more"),
        pytest.param((6, 2, 1, 3, 2, 2, 2, 1, 3), id="more, but by chance perhaps"),
        pytest.param((0, 9, 9, 9, 9, 9, 9, 9, 9), id="fewer"),
    ],
)
def test_no_rise(counts: tuple[int, ...]) -> None:
    assert risen(*counts) == []


def test_of_a_short_time_less_is_known() -> None:
    assert risen(6, 0, 0, begin=NOW - 2 * WEEK) == []  # the first of these two weeks is not whole
    assert risen(6, 0, 0, begin=NOW - 2 * WEEK - DAY) == []  # six would come by chance once in 729 times
    assert risen(7, 0, 0, begin=NOW - 2 * WEEK - DAY) != []
    assert risen(6, *[0] * 8) != []


def test_a_usual_day_of_the_week_is_no_rise_and_another_hour_does_not_count() -> None:
    at_other_hours = [
        Case("intent", "complain", f"widget:{week}_{number}", NOW - week * WEEK - timedelta(days=3))
        for week in range(9)
        for number in range(20)
    ]
    assert list(rises(at_other_hours, LONG_AGO, NOW)) == []


def test_whoever_complains_several_times_counts_once() -> None:
    same = [Case("intent", "complain", "widget:ann", NOW - timedelta(minutes=number)) for number in range(60)]
    assert list(rises(same, LONG_AGO, NOW)) == []


@given(some.lists(some.integers(0, 8), min_size=9, max_size=9), some.integers(1, 20))
def test_a_rise_stays_one_when_it_is_greater(counts: list[int], more: int) -> None:
    if risen(*counts):
        assert risen(counts[0] + more, *counts[1:])


@dataclass
class Returning:
    """A shop to which things come back."""

    items: list[ReturnedItem] = field(default_factory=list)

    async def returned_items(self, start: datetime, end: datetime) -> list[ReturnedItem]:
        return [item for item in self.items if start <= item.announced_at < end]

    async def due_parcels(self, first: date, last: date) -> list[DueParcel]:
        return []


async def test_a_warning_has_the_conversations_behind_it(either: Database) -> None:
    past = Past(either)
    past.said("widget:old", LONG_AGO - DAY)
    for number in range(7):
        who = f"widget:{number}"
        past.said(who, NOW - timedelta(hours=3), "greet", "hi", answered=None)
        text = f"My lamp came broken, write to c{number}@mail.example"
        past.said(who, NOW - timedelta(hours=2, minutes=number), "report_damaged", text, answered=None)
    past.ticket("widget:3", "11-22 10:00")
    await past.keep()
    feed = LocalFeed()
    spikes = Spikes(either, feed, None, lambda: NOW)
    async with feed.subscribe(DESK) as heard:
        (raised,) = await spikes.look()
        assert await heard.next() == {"type": "spike", "id": raised.id}
    assert (raised.kind, raised.subject, raised.count, raised.expected) == ("intent", "report_damaged", 7, 0.0)
    assert raised.conversations == tuple(f"widget:{number}" for number in range(7))
    assert await spikes.open() == [raised] and await spikes.get(raised.id) == raised
    found = await behind(either, raised)
    assert {each.text for each in found} == {"My lamp came broken, write to [email]"}
    assert {each.conversation_id: each.ticket_id for each in found if each.ticket_id} == {"widget:3": 1}


async def test_what_goes_on_is_warned_of_once_and_dismissed_for_a_day(database: Database) -> None:
    past, clock = Past(database), [NOW]
    past.said("widget:old", LONG_AGO - DAY)
    for number in range(9):
        past.said(f"widget:{number}", NOW - timedelta(minutes=number - 1), "complain")
    await past.keep()
    spikes = Spikes(database, LocalFeed(), None, lambda: clock[0])
    (raised,) = await spikes.look()
    assert raised.count == 8
    clock[0] += timedelta(minutes=5)
    assert await spikes.look() == []
    assert [warned.count for warned in await spikes.open()] == [9]
    await spikes.dismiss(raised.id)
    assert await spikes.look() == [] and await spikes.open() == []


async def test_things_come_back_for_one_reason(database: Database) -> None:
    def item(sku: str, reason: Reason, who: int, ago: timedelta) -> ReturnedItem:
        return ReturnedItem(sku, {"en": sku}, reason, 1, f"C{who}", NOW - ago)

    before = [item("MUG", Reason.QUALITY, week, week * WEEK + timedelta(hours=1)) for week in range(1, 9)]
    now = [item("LAMP", Reason.DAMAGED, number, timedelta(hours=2)) for number in range(8)]
    past = Past(database)
    past.said("widget:ann", NOW - timedelta(hours=2), "return_item", customer="C3")
    past.said("widget:bob", NOW - timedelta(hours=2), "return_item", customer="C99")
    past.said("widget:cem", NOW - timedelta(days=3), "return_item", customer="C4")
    await past.keep()
    oldest = item("MUG", Reason.GIFT, 50, WEEKS * WEEK + DAY - timedelta(minutes=1))
    spikes = Spikes(database, LocalFeed(), Returning([oldest, *before, *now]), lambda: NOW)
    raised = await spikes.look()
    assert [(warned.kind, warned.subject, warned.count) for warned in raised] == [
        ("return_reason", "damaged", 8),
        ("product_return", "LAMP/damaged", 8),
    ]
    assert all(warned.conversations == ("widget:ann",) for warned in raised)


async def test_processes_that_look_at_the_same_moment_warn_once(either: Database) -> None:
    past = Past(either)
    past.said("widget:old", LONG_AGO - DAY)
    for number in range(7):
        past.said(f"widget:{number}", NOW - timedelta(hours=2, minutes=number), "complain")
    await past.keep()
    looks = [Spikes(either, LocalFeed(), None, lambda: NOW).look() for _ in range(3)]
    assert sorted(len(raised) for raised in await asyncio.gather(*looks)) == [0, 0, 1]
