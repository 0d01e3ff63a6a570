"""Charts as SVG, for pages whose style sheet gives them their colours: `reports.css`.

A chart is told to those who do not see it by its title and description; the figures themselves stand in a table beside
it. Nothing here is written in a language: labels come written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
MOST_LABELS = 6
GAP = 0.25
"""The part of a column's room that is left empty."""

ROW = 27
"""The height of a bar with its room."""

NAMES = 128
"""The room for the names of bars, and `VALUES` for what is written after them."""
VALUES = 44

Write = Callable[[float], str]
"""Writes a value as the reader's language does."""


@dataclass(frozen=True)
class Series:
    """Values with a name, one for each place of the chart; None where there is none."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """What a chart is about.

    Attributes:
        name: fit for an id, and on its page the only one of this name.
        labels: of the places.
        write: how values are written.
    """

    name: str
    title: str
    description: str
    labels: Sequence[str]
    series: Sequence[Series]
    write: Write


def stacked(chart: Chart) -> Markup:
    """Columns in which the series stand on each other."""
    totals = [sum(each.values[place] or 0 for each in chart.series) for place in range(len(chart.labels))]
    scale = Scale.to(max(totals, default=0), least=1.0)
    pieces = [*_grid(chart, scale), *_columns(chart, scale), *_places(chart.labels)]
    return _svg(chart, pieces, HEIGHT)


def lines(chart: Chart) -> Markup:
    """A line for each series, interrupted where values are missing."""
    known = [value for each in chart.series for value in each.values if value is not None]
    scale = Scale.to(max(known, default=0))
    drawn = (piece for number, each in enumerate(chart.series, 1) for piece in _line(chart, each, number, scale))
    return _svg(chart, [*_grid(chart, scale), *drawn, *_places(chart.labels)], HEIGHT)


def bars(chart: Chart) -> Markup:
    """A horizontal bar for each place, the values of the series behind each other."""
    totals = [sum(each.values[place] or 0 for each in chart.series) for place in range(len(chart.labels))]
    most = max(totals, default=0) or 1
    pieces = []
    for place, label in enumerate(chart.labels):
        pieces += _bar(chart, place, label, totals[place], (WIDTH - NAMES - VALUES) / most)
    return _svg(chart, pieces, max(1, len(chart.labels)) * ROW)


@dataclass(frozen=True)
class Scale:
    """The values up to a round one, and where they are between the bottom and the top of a chart."""

    step: float
    steps: int

    @classmethod
    def to(cls, most: float, least: float = 0.0) -> Scale:
        """The scale for values up to `most`, in three to five steps of 1, 2 or 5 times a power of ten; in fewer where
        they would be smaller than `least`, as with what is counted.

        >>> Scale.to(17), Scale.to(0), Scale.to(2, least=1)
        (Scale(step=5.0, steps=4), Scale(step=1.0, steps=1), Scale(step=1, steps=2))
        """
        if most <= 0:
            return cls(1.0, 1)
        power = 10.0 ** math.floor(math.log10(most / 4))
        step = next(power * factor for factor in (1, 2, 5, 10) if most / (power * factor) <= 5)
        step = max(step, least)
        return cls(step, max(1, math.ceil(most / step - 1e-9)))

    @property
    def values(self) -> list[float]:
        """Those at which there is a line."""
        return [number * self.step for number in range(self.steps + 1)]

    def y(self, value: float) -> float:
        """Where a value is."""
        share = value / (self.step * self.steps)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _svg(chart: Chart, pieces: Iterable[Markup], height: int) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}_title {name}_desc">'
        '<title id="{name}_title">{title}</title><desc id="{name}_desc">{description}</desc>{pieces}</svg>'
    ).format(
        width=WIDTH,
        height=height,
        name=chart.name,
        title=chart.title,
        description=chart.description,
        pieces=Markup("").join(pieces),
    )


def _grid(chart: Chart, scale: Scale) -> Iterator[Markup]:
    for value in scale.values:
        y = scale.y(value)
        yield Markup('<path class="{}" d="M{} {}H{}"/>').format("grid" if value else "base", LEFT, _n(y), WIDTH - RIGHT)
        text = Markup('<text class="axis end" x="{}" y="{}">{}</text>')
        yield text.format(LEFT - 6, _n(y + 4), chart.write(value))


def _places(labels: Sequence[str]) -> Iterator[Markup]:
    """As many labels as there is room for, at equal distances."""
    every = max(1, math.ceil(len(labels) / MOST_LABELS))
    for place in range(0, len(labels), every):
        text = Markup('<text class="axis middle" x="{}" y="{}">{}</text>')
        yield text.format(_n(_x(place + 0.5, len(labels))), HEIGHT - 7, labels[place])


def _columns(chart: Chart, scale: Scale) -> Iterator[Markup]:
    count = len(chart.labels)
    for place in range(count):
        left, width = _x(place + GAP / 2, count), _x(1 - GAP, count) - LEFT
        floor, pieces = 0.0, []
        for number, each in enumerate(chart.series, 1):
            if value := each.values[place] or 0:
                top, bottom = scale.y(floor + value), scale.y(floor)
                column = Markup('<rect class="s{}" x="{}" y="{}" width="{}" height="{}"/>')
                pieces.append(column.format(number, _n(left), _n(top), _n(width), _n(bottom - top)))
                floor += value
        yield Markup("<g>{}{}</g>").format(_hint(chart, place), Markup("").join(pieces))


def _line(chart: Chart, series: Series, number: int, scale: Scale) -> Iterator[Markup]:
    count = len(chart.labels)
    path, drawing = [], False
    for place, value in enumerate(series.values):
        if value is not None:
            x, y = _n(_x(place + 0.5, count)), _n(scale.y(value))
            path.append(f"{'L' if drawing else 'M'}{x} {y}")
            dot = Markup('<g>{}<circle class="s{}" cx="{}" cy="{}" r="2.6"/></g>')
            yield dot.format(_hint(chart, place), number, x, y)
        drawing = value is not None
    yield Markup('<path class="line s{}" d="{}"/>').format(number, " ".join(path))


def _bar(chart: Chart, place: int, label: str, total: float, scale: float) -> list[Markup]:
    y, x = place * ROW, float(NAMES)
    name = Markup('<text class="end" x="{}" y="{}">{}</text>').format(NAMES - 8, y + 17, _cut(label))
    pieces = [_hint(chart, place), name]
    for number, each in enumerate(chart.series, 1):
        if value := each.values[place] or 0:
            bar = Markup('<rect class="s{}" x="{}" y="{}" width="{}" height="{}"/>')
            pieces.append(bar.format(number, _n(x), y + 4, _n(value * scale), ROW - 8))
            x += value * scale
    pieces.append(Markup('<text class="axis" x="{}" y="{}">{}</text>').format(_n(x + 6), y + 17, chart.write(total)))
    return [Markup("<g>{}</g>").format(Markup("").join(pieces))]


def _hint(chart: Chart, place: int) -> Markup:
    """What a pointer is told that rests on a place."""
    known = ((each.name, each.values[place]) for each in chart.series)
    told = [f"{name}: {chart.write(value)}" for name, value in known if value is not None]
    return Markup("<title>{}</title>").format("\n".join([chart.labels[place], *told]))


def _cut(label: str) -> Markup:
    return escape(label if len(label) <= 20 else f"{label[:19].rstrip()}…")


def _x(place: float, count: int) -> float:
    return LEFT + place * (WIDTH - LEFT - RIGHT) / max(1, count)


def _n(number: float) -> str:
    """A coordinate, to a tenth."""
    return f"{number:.1f}".removesuffix(".0")
