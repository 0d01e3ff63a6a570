"""Reports: what the figures are, each worked out by hand."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from bot.localization import Catalogues
from desk.messages import DOMAIN, LOCALES, Words
from desk.reports.csv import to_csv
from desk.reports.drawing import drawings
from desk.reports.figures import Spread, spread
from desk.reports.period import Calendar, Period, asked_period
from desk.reports.report import Filters, Report, Reports
from desk.reports.sheets import as_csv, sheets
from desk.rules import Rules
from knowledge_base.gaps import Gap, GapKind, GapLog, GapSource
from shop import (
    Item,
    Money,
    OrderStatus,
    Reason,
    Resolution,
    ReturnRequest,
    SqlShop,
    TrackingCode,
    WayBack,
)
from shop.rows import from_order
from storage import Database
from tests.desk.happenings import Past, at, migrated_file, on_both, on_sqlite  # noqa: F401
from tests.shop.making import line, order, parcel
from tests.shop.worlds import SqlWorld

BERLIN = "Europe/Berlin"
NOW = at("11-22 12:00")
WEEK = Period(date(2026, 11, 2), date(2026, 11, 8))
ENGLISH = Words(Catalogues(LOCALES, DOMAIN), "en")


def reports(database: Database, shop: object = None) -> Reports:
    return Reports(database, shop, Rules.load(), lambda: NOW)


async def report(past: Past, database: Database, period: Period = WEEK, zone: str = BERLIN, **filters: str) -> Report:
    await past.keep()
    return await reports(database).run(period, zone, Filters(**filters))


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), BERLIN, 23),
        (date(2026, 10, 25), BERLIN, 25),
        (date(2026, 10, 25), "UTC", 24),
        (date(2026, 9, 6), "America/Santiago", 23),  # clocks are put forward at midnight
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
    ],
)
def test_a_day_is_as_long_as_it_is_in_its_time_zone(day: date, zone: str, hours: float) -> None:
    start, end = Period(day, day).bounds(zone)
    assert (end - start) / timedelta(hours=1) == hours


def test_a_moment_is_in_the_step_of_its_day() -> None:
    autumn = Period(date(2026, 10, 24), date(2026, 10, 26))
    calendar = Calendar(autumn.steps, BERLIN)

    moments = ("10-23 21:59", "10-23 22:00", "10-25 22:59", "10-25 23:00", "10-26 22:59", "10-26 23:00")
    found = [calendar.step(at(moment).timestamp()) for moment in moments]
    assert found == [None, 0, 1, 2, 2, None]


def test_long_periods_go_by_calendar_weeks() -> None:
    steps = Period(date(2026, 9, 2), date(2026, 11, 9)).steps
    assert (steps[0], steps[1], steps[-1]) == (
        Period(date(2026, 9, 2), date(2026, 9, 6)),
        Period(date(2026, 9, 7), date(2026, 9, 13)),
        Period(date(2026, 11, 9), date(2026, 11, 9)),
    )
    assert sum(step.days for step in steps) == 69


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({}, "2026-10-26", "2026-11-22"),
        ({"period": "7d"}, "2026-11-16", "2026-11-22"),
        ({"period": "last_month"}, "2026-10-01", "2026-10-31"),
        ({"from": "2026-01-01", "to": "2026-01-31", "period": "7d"}, "2026-01-01", "2026-01-31"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "2026-10-26", "2026-11-22"),
        ({"from": "0001-01-01", "to": "9999-12-31"}, "2026-10-26", "2026-11-22"),
        ({"from": "yesterday", "to": "today"}, "2026-10-26", "2026-11-22"),
    ],
)
def test_the_period_that_is_asked_for(asked: dict[str, str], first: str, last: str) -> None:
    assert asked_period(asked, NOW.date()) == Period(date.fromisoformat(first), date.fromisoformat(last))


def test_half_take_no_longer_than_the_median_and_nine_in_ten_than_the_90th_percentile() -> None:
    eleven = [60.0 * minutes for minutes in range(11)]
    assert spread([None, *eleven]) == Spread(timedelta(minutes=5), timedelta(minutes=9), 11)
    assert spread([30.0]) == Spread(timedelta(seconds=30), timedelta(seconds=30), 1)
    assert spread([None]) is None


async def test_contacts_are_counted_on_the_day_of_their_first_message(database: Database) -> None:
    past = Past(database)
    past.said("widget:ann", "11-01 22:30")  # still the first of November in Berlin, less than 24 hours before ↓
    past.said("widget:ann", "11-02 10:00")
    past.said("widget:bob", "11-02 23:30")  # the third in Berlin
    past.said("widget:bob", "11-03 23:30")  # 24 hours later: no silence of more
    past.said("widget:bob", "11-04 23:31")  # 24 hours and a minute later: a new contact, on the fifth
    past.said("widget:cem", "11-08 22:59")
    past.said("widget:dee", "11-08 23:00")  # the ninth
    found = await report(past, database)
    counted = {step.first.day: figures.contacts for step, figures in found.steps if figures.contacts}
    assert counted == {3: 1, 5: 1, 8: 1}
    assert (found.total.contacts, found.before.contacts) == (3, 1)
    assert len(found.steps) == 7


async def test_the_bot_has_settled_what_has_no_ticket(database: Database) -> None:
    past = Past(database)
    mei = past.agent("Mei")
    for sender in ("ann", "bob", "cem", "dee"):
        past.said(f"widget:{sender}", "11-03 10:00")
    past.ticket("widget:ann", "11-03 10:05", agent_id=mei)
    past.ticket("widget:bob", "11-03 10:05", closed="11-03 10:06", close_reason="withdrawn")
    past.ticket("widget:cem", "10-01 10:00", closed="10-02 10:00", agent_id=mei)  # of an earlier contact
    past.said("widget:eve", "11-01 10:00")
    past.said("widget:eve", "11-05 10:00")  # while the ticket of the contact before is open
    past.ticket("widget:eve", "11-01 10:05")
    found = await report(past, database)
    assert (found.total.contacts, found.total.by_bot, found.total.bot_share) == (5, 3, 0.6)
    agents = {value: figures.contacts for value, figures in found.parts["agent"].items()}
    assert agents == {"bot": 3, "1": 1, "nobody": 1}
    assert found.agents == {"1": "Mei"}


async def test_how_long_answers_and_resolutions_take(either: Database) -> None:
    past = Past(either)
    mei = past.agent("Mei")
    past.said("widget:ann", "11-03 10:00", answered=1.5)
    past.said("widget:ann", "11-03 10:01", answered=30.0)  # not the first answer
    past.said("widget:bob", "11-03 10:00", answered=None)
    past.ticket("widget:ann", "11-03 10:02", answered="11-03 10:06", closed="11-03 11:02", agent_id=mei)
    past.ticket("widget:bob", "11-03 10:02", answered="11-03 10:04")
    past.ticket("widget:bob", "10-20 10:00", answered="10-20 10:01", closed="11-03 10:00")  # closed in the period
    past.ticket("widget:ann", "11-04 10:02")  # without an answer so far
    total = (await report(past, either)).total
    seconds = timedelta(seconds=1.5)
    assert total.bot_answer == Spread(seconds, seconds, 1)
    assert total.answer == Spread(timedelta(minutes=3), timedelta(minutes=3, seconds=48), 2)
    assert (total.opened, total.closed) == (3, 2)
    assert total.resolution and total.resolution.median == (timedelta(hours=1) + timedelta(days=14)) / 2


async def test_a_matter_is_settled_at_the_first_contact_unless_it_comes_back_within_a_week(either: Database) -> None:
    past = Past(either)
    past.said("widget:ann", "11-02 10:00", "return_item", customer="C1")
    past.said("whatsapp:ann", "11-05 10:00", "return_item", customer="C1")  # the same customer, elsewhere
    past.said("widget:bob", "11-02 10:00", "return_item")
    past.said("widget:bob", "11-05 10:00", "track_order")  # another matter
    past.said("widget:cem", "11-02 10:00", "return_item")
    past.said("widget:cem", "11-09 10:01", "return_item")  # a minute too late to be the same
    past.said("widget:dee", "11-03 10:00")
    past.ticket("widget:dee", "11-03 10:01", closed="11-03 11:00", reopened=1)
    found = await report(past, either)
    # Settled: Ann's second, both of Bob's, Cem's first. Not: Ann's first, and Dee's, whose ticket was reopened.
    assert (found.total.settled, found.total.judged) == (4, 6)
    assert found.parts["intent"]["return_item"].first_contact == 3 / 4


async def test_who_may_still_come_back_is_not_judged(database: Database) -> None:
    past = Past(database)
    past.said("widget:ann", "11-15 11:59")
    past.said("widget:bob", "11-15 12:01")
    total = (await report(past, database, Period(date(2026, 11, 15), date(2026, 11, 15)))).total
    assert (total.contacts, total.judged, total.settled) == (2, 1, 1)


async def test_ratings(either: Database) -> None:
    past = Past(either)
    mei = past.agent("Mei")
    for sender, stars in (("ann", 5), ("bob", 2), ("cem", None), ("dee", 5)):
        past.said(f"whatsapp:{sender}", "11-03 10:00", "refund_status", language="de")
        asked = past.asked(f"whatsapp:{sender}", "11-04 10:00", stars)
        if sender == "bob":
            past.ticket("whatsapp:bob", "11-03 10:01", closed="11-04 10:00", agent_id=mei, rating_message_id=asked)
    found = await report(past, either)
    total = found.total
    assert (total.stars, total.asked, total.rated) == ((0, 1, 0, 0, 2), 4, 3)
    assert (total.rating, total.response_rate) == (4.0, 0.75)
    assert found.parts["agent"]["1"].stars == (0, 1, 0, 0, 0)
    assert found.parts["intent"]["refund_status"].rated == 3
    assert [figures.asked for _, figures in found.steps] == [0, 0, 4, 0, 0, 0, 0]


async def test_what_was_not_understood(database: Database) -> None:
    past = Past(database)
    past.said("widget:ann", "11-03 10:00", "nlu_fallback")
    past.said("widget:ann", "11-03 10:01", "greet")
    past.said("widget:ann", "11-03 10:02", "refund_status")
    past.said("widget:ann", "11-03 10:03", "return_item")
    found = await report(past, database)
    assert (found.total.understood, found.total.misunderstood_share) == (4, 0.25)
    # A contact is about the first matter in it.
    assert list(found.parts["intent"]) == ["refund_status"]


async def test_filters_hold_for_everything_but_for_what_can_be_chosen(database: Database) -> None:
    past = Past(database)
    past.said("widget:ann", "11-03 10:00", language="de")
    past.said("whatsapp:bob", "11-03 10:00", language="fr")
    past.said("whatsapp:bob", "10-28 10:00", language="fr")
    past.ticket("whatsapp:bob", "11-03 10:01", language="fr")
    found = await report(past, database, language="fr")
    assert (found.total.contacts, found.total.opened, found.before.contacts) == (1, 1, 1)
    assert list(found.parts["channel"]) == ["whatsapp"]
    assert found.values["language"] == ["de", "fr"]
    assert (await report(past, database, channel="whatsapp", agent="bot")).total.contacts == 0


async def test_what_the_knowledge_base_leaves_open(database: Database) -> None:
    clock = [at("11-03 10:00")]
    log = GapLog(database, lambda: clock[0])
    for question in ("Is it loud?", "How loud is it?"):
        await log.record(Gap(GapKind.UNANSWERED, question, "en", GapSource.CHAT, "noise"))
    await log.record(Gap(GapKind.UNHELPFUL, "Wie laut?", "de", GapSource.CHAT, "noise"))
    clock[0] = at("11-20 10:00")
    await log.record(Gap(GapKind.UNANSWERED, "Later?", "en", GapSource.CHAT))
    found = await report(Past(database), database)
    assert [(gap.language, gap.kind, gap.count, gap.question) for gap in found.gaps] == [
        ("en", "unanswered", 2, "How loud is it?"),
        ("de", "unhelpful", 1, "Wie laut?"),
    ]
    assert [gap.language for gap in (await report(Past(database), database, language="de")).gaps] == ["de"]


async def test_returns_and_late_parcels_are_the_shops(database: Database) -> None:
    world = SqlWorld(database)
    await world.furnish()
    shop = SqlShop(database, now=lambda: at("11-04 10:00"))
    for reason, skus in ((Reason.TOO_SMALL, ["RUN-BLA-42", "RUN-BLU-43"]), (Reason.TOO_SMALL, ["RUN-BLA-43"])):
        number = await world.order(*skus)
        items = tuple(Item(sku) for sku in skus)
        money = Money(Decimal("9.90"), "EUR")
        fee = Money(Decimal(0), "EUR")
        wanted = ReturnRequest(number, items, reason, Resolution.REFUND, WayBack.LABEL, money, fee)
        await shop.create_return(wanted, number)
    # Promised for the second of November: one in time in London, one a day late there, one not there yet.
    scans = [
        [(at("11-02 23:30"), TrackingCode.DELIVERED)],
        [(at("11-03 00:30"), TrackingCode.DELIVERED), (at("11-05 00:30"), TrackingCode.DELIVERED)],
        [(at("11-01 10:00"), TrackingCode.PICKED_UP)],
    ]
    async with database.session() as session:
        for number, events in enumerate(scans, 1):
            sent = replace(parcel(["MUG-1"], *events), tracking_number=f"L{number}")
            made = order(line("MUG-1", "9.99", "GBP", category="shoes"), shipments=[sent], status=OrderStatus.SHIPPED)
            customer = replace(made.customer, email="anna@mail.example")
            session.add(from_order(replace(made, number=f"AC-{number}", customer=customer)))
    found = await reports(database, shop).run(WEEK, BERLIN)
    assert found.returns is not None and found.parcels is not None
    assert [(each.product_sku, each.reason, each.pieces) for each in found.returns] == [
        ("RUN-BLA", Reason.TOO_SMALL, 2),
        ("RUN-BLU", Reason.TOO_SMALL, 1),
    ]
    british = next(each for each in found.parcels if each.country == "GB")
    assert (british.due, british.late, british.missing) == (3, 2, 1)
    assert british.days_late == (1 + 20) / 2
    assert (await reports(database).run(WEEK, BERLIN)).returns is None


async def test_a_report_takes_as_many_queries_for_much_as_for_little(database: Database) -> None:
    def note(*about: object) -> None:
        statements.append(about[2])

    statements: list[object] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    past, made = Past(database), reports(database)
    await made.run(WEEK, BERLIN)
    few = len(statements)
    for number in range(200):
        past.said(f"widget:c{number}", at("11-03 10:00") + timedelta(minutes=number))
        past.ticket(f"widget:c{number}", "11-03 10:00", closed="11-03 11:00")
    await past.keep()
    statements.clear()
    assert (await made.run(WEEK, BERLIN)).total.contacts == 200
    assert len(statements) == few


async def test_tables_as_csv(database: Database) -> None:
    past = Past(database)
    past.agent("=HYPERLINK(1)")
    past.said("widget:ann", "11-03 10:00", answered=1.5)
    past.ticket("widget:ann", "11-03 10:00", answered="11-03 10:02", agent_id=1)
    made = sheets(await report(past, database), ENGLISH)
    assert list(made) == ["days", "language", "channel", "agent", "intent", "stars", "gaps"]
    rows = list(csv.DictReader(io.StringIO(as_csv(made["days"], ENGLISH).decode("utf-8-sig"))))
    assert [row["Day"] for row in rows][::6] == ["2026-11-02", "2026-11-08"]
    assert (rows[1]["Contacts"], rows[1]["First answer"], rows[1]["Settled by the bot"]) == ("1", "120.0", "0.0")
    assert rows[0]["First answer"] == ""
    agents = list(csv.DictReader(io.StringIO(as_csv(made["agent"], ENGLISH).decode("utf-8-sig"))))
    assert agents[0]["Agent"] == "'=HYPERLINK(1)"


def test_csv_is_as_spreadsheets_read_it() -> None:
    written = to_csv(["a", "b"], [['say "x", y', -1.5], ["@SUM(A1)", None], ["line\nbreak", 0]])
    assert written == '\ufeffa,b\r\n"say ""x"", y",-1.5\r\n\'@SUM(A1),\r\n"line\nbreak",0\r\n'.encode()


async def test_every_language_has_tables_and_charts(database: Database) -> None:
    past = Past(database)
    past.said("widget:ann", "11-03 10:00")
    past.ticket("widget:ann", "11-03 10:00", answered="11-03 10:02", agent_id=past.agent("Mei"))
    past.asked("widget:ann", "11-03 11:00", 4)
    found = await report(past, database)
    for language in ("en", "de", "es", "fr", "zh"):
        words = Words(Catalogues(LOCALES, DOMAIN), language)
        assert [drawing.name for drawing in drawings(found, words)] == [
            *("volume", "shares", "answer", "rating", "intent", "language", "channel"),
        ]
        assert all(as_csv(sheet, words) for sheet in sheets(found, words).values())


async def test_the_board(either: Database) -> None:
    past = Past(either)
    mei, jan, _ = past.agent("Mei"), past.agent("Jan"), past.agent("Zoe", presence="offline")
    for sender in ("ann", "bob", "cem", "dee", "eve"):
        past.said(f"widget:{sender}", "11-22 09:00")
    past.ticket("widget:ann", "11-22 11:30", state="waiting", language="de", answer_due_at=at("11-22 11:45"))
    past.ticket("widget:bob", "11-22 11:00", state="offered", language="de", agent_id=jan)
    past.ticket("widget:cem", "11-22 11:50", state="waiting", language="fr", answer_due_at=at("11-22 18:00"))
    past.ticket("widget:dee", "11-22 10:00", answered="11-22 10:03", agent_id=mei, answer_due_at=at("11-22 10:05"))
    past.ticket("widget:eve", "11-22 10:00", answered="11-22 10:01", closed="11-22 11:15", agent_id=jan)
    await past.keep()
    board = await reports(either).board(BERLIN)
    assert (board.count, board.longest) == (3, at("11-22 11:00"))
    assert [(each.language, each.count) for each in board.waiting] == [("de", 2), ("fr", 1)]
    assert [(load.name, load.open, load.idle_since) for load in board.agents] == [
        ("Mei", 1, None),
        ("Jan", 0, at("11-22 11:15")),
        ("Zoe", 0, None),
    ]
    assert [(risk.ticket_id, risk.timer, risk.due) for risk in board.risks] == [(1, "answer", at("11-22 11:45"))]
    assert (board.today.contacts, board.today.closed) == (5, 1)
    assert board.today.answer and board.today.answer.median == timedelta(minutes=2)
