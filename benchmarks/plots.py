"""Pictures of what a benchmark found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib

from benchmarks.figures import around
from benchmarks.report import Report
from benchmarks.turns import SIDE_BY_SIDE

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

STOCK = "stock Rasa"

COLOURS = {"rest": "#1f6f8b", "widget": "#5aa9a3", STOCK: "#c8553d"}

SETUPS = ("#1f6f8b", "#8f6bb3", "#d9a441")

SMOOTHED = 0.1
"""The part of a turn's number on each side of which the median is drawn in its place: single turns are noise."""


def draw(report: Report, folder: Path) -> list[Path]:
    """Draw into a folder what the report has figures of; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, paint in PICTURES.items():
        figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
        if paint(report, axes):
            axes.spines[["top", "right"]].set_visible(False)
            # Beside what is drawn, never on it.
            figure.legend(loc="outside lower center", ncols=3, frameon=False)
            drawn.append(folder / f"{name}.png")
            figure.savefig(drawn[-1], dpi=150)
        plt.close(figure)
    return drawn


def _latency(report: Report, axes: Axes) -> bool:
    """What the n-th turn of a conversation takes."""
    walks = {name: door.walk for name, door in report.doors.items()}
    if report.stock:
        walks[STOCK] = report.stock.rest.walk
    for name, walk in walks.items():
        if walk:
            values = _smooth(walk.milliseconds)
            label = name if name == STOCK else f"Aftercare, {name}"
            axes.plot(range(1, len(values) + 1), values, label=label, color=COLOURS.get(name), linewidth=2)
    axes.set(
        xlabel="turn of the conversation", ylabel="milliseconds", title="What a turn takes as a conversation goes on"
    )
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", which="both", alpha=0.25)
    return _has_names(axes)


def _rounds(report: Report, axes: Axes) -> bool:
    """Turns a second of conversations side by side, at the n-th turn."""
    own, stock = report.doors.get("rest"), report.stock.rest if report.stock else None
    for name, door in (("rest", own), (STOCK, stock)):
        if door and door.rounds:
            values = _smooth(door.rounds.per_second)
            label = name if name == STOCK else "Aftercare"
            axes.plot(range(1, len(values) + 1), values, label=label, color=COLOURS[name], linewidth=2)
    axes.set(
        xlabel="turn of the conversations",
        ylabel="turns a second",
        title=f"{SIDE_BY_SIDE} conversations side by side, one process",
    )
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", alpha=0.25)
    return _has_names(axes)


def _throughput(report: Report, axes: Axes) -> bool:
    """Turns a second by conversations at once, a group of bars for each number of them."""
    setups = list(dict.fromkeys(setup for setup, _ in report.throughput))
    counts = sorted({each.conversations for _, each in report.throughput})
    width = 0.8 / max(len(setups), 1)
    for number, setup in enumerate(setups):
        found = {each.conversations: each.per_second for own, each in report.throughput if own == setup}
        places = [at + (number - (len(setups) - 1) / 2) * width for at in range(len(counts))]
        bars = axes.bar(
            places, [found.get(count, 0) for count in counts], width * 0.92, label=str(setup), color=SETUPS[number % 3]
        )
        axes.bar_label(bars, fmt="%.0f")
    axes.set_xticks(range(len(counts)), [str(count) for count in counts])
    axes.set(xlabel="conversations at once", ylabel="turns a second", title="Throughput")
    return _has_names(axes)


def _memory(report: Report, axes: Axes) -> bool:
    """What each process has for itself, and what it shares with others."""
    setups = [(str(setup), processes) for setup, processes in report.memory]
    if report.stock and report.stock.memory:
        setups.append((STOCK, report.stock.memory))
    bars = [
        (name if len(processes) == 1 else f"{name}: process {number}", each)
        for name, processes in setups
        for number, each in enumerate(processes, start=1)
    ]
    names = [name for name, _ in bars]
    axes.barh(names, [each.private for _, each in bars], label="its own", color="#1f6f8b")
    shared = [max(each.rss - each.private, 0) for _, each in bars]
    whole = axes.barh(names, shared, left=[each.private for _, each in bars], label="shared", color="#b9d3dc")
    axes.bar_label(whole, [f"{each.private:.0f} of {each.rss:.0f}" for _, each in bars], padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.set(xlabel="MB", title="Memory of each process")
    return bool(bars) and _has_names(axes)


PICTURES: dict[str, Callable[[Report, Axes], bool]] = {
    "latency": _latency,
    "side-by-side": _rounds,
    "throughput": _throughput,
    "memory": _memory,
}


def _smooth(values: list[float]) -> list[float]:
    return [found for at in range(1, len(values) + 1) if (found := around(values, at, SMOOTHED)) is not None]


def _has_names(axes: Axes) -> bool:
    """Whether anything is drawn: all of it has a name in the legend."""
    return bool(axes.get_legend_handles_labels()[0])
