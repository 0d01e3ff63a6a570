"""The charts of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from markupsafe import Markup

from bot.localization import locale_of
from desk.messages import Words
from desk.reports import writing
from desk.reports.charts import Chart, Series, bars, lines, stacked
from desk.reports.figures import STARS, Figures
from desk.reports.report import Report, ReturnCount
from desk.reports.sheets import value_name

MOST_BARS = 8

Draw = Callable[[Chart], Markup]


@dataclass(frozen=True)
class Drawing:
    """A chart on a page: its drawing, the names of its series where there are several, and the table beside it."""

    name: str
    title: str
    legend: Sequence[str]
    svg: Markup
    sheet: str


def drawings(report: Report, words: Words) -> list[Drawing]:
    """The charts of a report that have something to show."""
    return list(_Drawer(report, words).all())


class _Drawer:
    def __init__(self, report: Report, words: Words) -> None:
        self._report = report
        self._words = words
        self._locale = locale_of(words.language)
        self._figures = [figures for _, figures in report.steps]
        self._places = [writing.day(step.first, self._locale) for step, _ in report.steps]
        self._whole = partial(writing.whole, locale=self._locale)
        self._share = partial(writing.share, locale=self._locale)

    def all(self) -> Iterator[Drawing]:
        if self._report.total.contacts:
            yield self._draw("volume", stacked, "days", self._places, self._who(self._figures), self._whole)
            yield self._draw("shares", lines, "days", self._places, self._shares(), self._share)
        if self._report.total.answer:
            yield self._answers()
        if self._report.total.rated:
            yield self._ratings()
        for dimension in ("intent", "language", "channel"):
            if self._report.total.contacts:
                yield self._parts(dimension)
        if self._report.returns:
            yield self._returns(self._report.returns)

    def _draw(
        self,
        name: str,
        draw: Draw,
        sheet: str,
        labels: Sequence[str],
        series: Sequence[Series],
        write: Callable[[float], str],
        **values: str,
    ) -> Drawing:
        title = self._words.text(f"reports_chart_{name}", **values)
        period = writing.whole_days(self._report.period, self._locale)
        described = self._words.text("reports_chart_of", period=period)
        chart = Chart(f"chart_{name}", title, described, labels, series, write)
        legend = [each.name for each in series] if len(series) > 1 else []
        return Drawing(name, title, legend, draw(chart), sheet)

    def _who(self, figures: Sequence[Figures]) -> list[Series]:
        return [
            Series(self._words.text("reports_by_bot"), [each.by_bot for each in figures]),
            Series(self._words.text("reports_by_people"), [each.by_people for each in figures]),
        ]

    def _shares(self) -> list[Series]:
        return [
            Series(self._words.text("reports_column_by_bot"), [each.bot_share for each in self._figures]),
            Series(
                self._words.text("reports_column_misunderstood"), [each.misunderstood_share for each in self._figures]
            ),
        ]

    def _answers(self) -> Drawing:
        spreads = [figures.answer for figures in self._figures]
        unit = writing.unit_of(max(spread.p90 for spread in spreads if spread))
        series = [
            Series(self._words.text("reports_median"), _in_unit(unit, [each and each.median for each in spreads])),
            Series(self._words.text("reports_p90"), _in_unit(unit, [each and each.p90 for each in spreads])),
        ]
        unit_name = self._words.text(f"reports_unit_{unit}")
        write = partial(_plain, decimal=partial(writing.decimal, locale=self._locale), whole=self._whole)
        return self._draw("answer", lines, "days", self._places, series, write, unit=unit_name)

    def _ratings(self) -> Drawing:
        stars = tuple(reversed(STARS))
        labels = [self._words.plural("reports_stars", number) for number in stars]
        given: list[float | None] = [self._report.total.stars[number - 1] for number in stars]
        return self._draw(
            "rating", bars, "stars", labels, [Series(self._words.text("reports_ratings"), given)], self._whole
        )

    def _parts(self, dimension: str) -> Drawing:
        part = list(self._report.parts[dimension].items())[:MOST_BARS]
        labels = [value_name(self._report, self._words, dimension, value) for value, _ in part]
        return self._draw(dimension, bars, dimension, labels, self._who([each for _, each in part]), self._whole)

    def _returns(self, returns: Sequence[ReturnCount]) -> Drawing:
        pieces: dict[str, float] = {}
        for each in returns:
            pieces[each.reason] = pieces.get(each.reason, 0) + each.pieces
        most = sorted(pieces.items(), key=lambda entry: -entry[1])[:MOST_BARS]
        labels = [self._words.text(f"reports_reason_{reason}") for reason, _ in most]
        series = [Series(self._words.text("reports_column_pieces"), [count for _, count in most])]
        return self._draw("returns", bars, "returns", labels, series, self._whole)


def _in_unit(unit: str, lengths: Sequence[timedelta | None]) -> list[float | None]:
    return [None if length is None else writing.in_unit(length, unit) for length in lengths]


def _plain(value: float, decimal: Callable[[float], str], whole: Callable[[float], str]) -> str:
    """Without a decimal where that would be a zero."""
    return whole(value) if round(value, 1) == round(value) else decimal(value)
