"""The tables of a report: what stands in them, on the page and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from babel import Locale

from bot.localization import country_name, language_name
from desk.messages import Words
from desk.reports import writing
from desk.reports.csv import Cell, to_csv
from desk.reports.facts import BOT, NOBODY
from desk.reports.figures import STARS, Figures, Spread
from desk.reports.period import Period
from desk.reports.report import Report

Value = str | float | timedelta | Period | None

FIGURES = (
    "contacts",
    "by_bot",
    "opened",
    "bot_answer",
    "bot_answer_p90",
    "answer",
    "answer_p90",
    "resolution",
    "resolution_p90",
    "first_contact",
    "rating",
    "rated",
    "response_rate",
    "misunderstood",
)
"""The columns of what is told of every part, in their order."""

ASIDE = frozenset({"bot_answer", "bot_answer_p90", "answer_p90", "resolution_p90", "rated", "response_rate"})
"""Columns that only files have: on a page, so many are too many."""

SHARES = frozenset({"by_bot", "first_contact", "response_rate", "misunderstood", "late_share"})
DECIMALS = frozenset({"rating", "days_late"})


@dataclass(frozen=True)
class Sheet:
    """A table: the names of its columns, and its rows."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]

    @property
    def shown(self) -> list[int]:
        """The columns that are shown on pages."""
        return [number for number, column in enumerate(self.columns) if column not in ASIDE]


def sheets(report: Report, words: Words) -> dict[str, Sheet]:
    """The tables of a report by their names, in their order; names of things are in the language of the words."""
    days = Sheet("days", ("day", *FIGURES), [(step, *_row(figures)) for step, figures in report.steps])
    parts = [
        Sheet(
            name,
            (name, *FIGURES),
            [(value_name(report, words, name, value), *_row(part)) for value, part in of.items()],
        )
        for name, of in report.parts.items()
    ]
    made = [
        days,
        *parts,
        _stars(report, words),
        _gaps(report, words),
        *_returns(report, words),
        *_parcels(report, words),
    ]
    return {sheet.name: sheet for sheet in made}


def value_name(report: Report, words: Words, dimension: str, value: str) -> str:
    """What a value of a dimension (`report.DIMENSIONS`) is called."""
    match dimension, value:
        case "agent", _ if value in (BOT, NOBODY):
            return words.text(f"reports_agent_{value}")
        case "agent", _:
            return report.agents.get(value, value)
        case _, "":
            return words.text("reports_unknown")
        case "language", _:
            return language_name(value, words.language)
    return words.word(dimension, value)


def written(column: str, value: Value, locale: Locale) -> str:
    """A value as it stands on a page."""
    match value:
        case str():
            return value
        case timedelta():
            return writing.duration(value, locale)
        case Period():
            return writing.days(value, locale)
        case None:
            return writing.NONE
    write = writing.share if column in SHARES else writing.decimal if column in DECIMALS else writing.whole
    return write(value, locale)


def as_csv(sheet: Sheet, words: Words) -> bytes:
    """A table as CSV: durations in seconds, shares from 0 to 1, days and weeks by their first day (ISO 8601)."""
    header = [words.text(f"reports_column_{column}") for column in sheet.columns]
    return to_csv(header, ([_cell(value) for value in row] for row in sheet.rows))


def _cell(value: Value) -> Cell:
    match value:
        case timedelta():
            return round(value.total_seconds(), 1)
        case Period():
            return value.first.isoformat()
        case float():
            return round(value, 4)
    return value


def _row(figures: Figures) -> Iterator[Value]:
    """A value for each of `FIGURES`."""
    yield figures.contacts
    yield figures.bot_share
    yield figures.opened
    for spread in (figures.bot_answer, figures.answer, figures.resolution):
        yield from _both(spread)
    yield figures.first_contact
    yield figures.rating
    yield figures.rated
    yield figures.response_rate
    yield figures.misunderstood_share


def _both(spread: Spread | None) -> tuple[Value, Value]:
    return (spread.median, spread.p90) if spread else (None, None)


def _stars(report: Report, words: Words) -> Sheet:
    given = zip(STARS, report.total.stars, strict=True) if report.total.rated else ()
    return Sheet("stars", ("stars", "count"), [(words.plural("reports_stars", stars), count) for stars, count in given])


def _gaps(report: Report, words: Words) -> Sheet:
    rows = [
        (
            gap.question,
            gap.count,
            words.text(f"reports_gap_{gap.kind}"),
            gap.article,
            language_name(gap.language, words.language),
        )
        for gap in report.gaps
    ]
    return Sheet("gaps", ("question", "count", "kind", "article", "language"), rows)


def _returns(report: Report, words: Words) -> Iterator[Sheet]:
    if report.returns is not None:
        rows = [
            (
                each.names.get(words.language) or each.names["en"],
                each.product_sku,
                words.text(f"reports_reason_{each.reason}"),
                each.pieces,
            )
            for each in report.returns
        ]
        yield Sheet("returns", ("product", "sku", "reason", "pieces"), rows)


def _parcels(report: Report, words: Words) -> Iterator[Sheet]:
    if report.parcels is not None:
        rows = [
            (
                each.carrier,
                country_name(each.country, words.language),
                each.due,
                each.late,
                each.late / each.due,
                each.days_late,
                each.missing,
            )
            for each in report.parcels
        ]
        yield Sheet("parcels", ("carrier", "country", "due", "late", "late_share", "days_late", "missing"), rows)
