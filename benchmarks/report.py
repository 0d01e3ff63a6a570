"""What a benchmark found: as figures, as JSON, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.figures import Latency
from benchmarks.machine import Machine
from benchmarks.servers import Effort, Memory
from benchmarks.turns import SIDE_BY_SIDE, TURNS, Rounds, Throughput, Walk, WholeReturn, reported

SCHEMA = 1
"""The version of the JSON object; docs/performance.md describes it."""

COMPARED = (1, 10, 100)
"""The turns at which stock Rasa is compared."""

Row = tuple[str, ...]


@dataclass(frozen=True)
class Setup:
    """How a server was run."""

    store: str
    workers: int

    def __str__(self) -> str:
        return f"{self.store}, {self.workers} worker{'s' if self.workers > 1 else ''}"


@dataclass
class DoorReport:
    """What turns take through one channel."""

    kinds: dict[str, Latency] = field(default_factory=dict)
    walk: Walk | None = None
    rounds: Rounds | None = None


@dataclass
class Epochs:
    """How far the training of a neural component came."""

    done: float
    of: int


@dataclass
class StockReport:
    """What was found for stock Rasa."""

    training: Effort | None = None
    epochs: dict[str, Epochs] = field(default_factory=dict)
    start: Effort | None = None
    memory: list[Memory] = field(default_factory=list)
    rest: DoorReport = field(default_factory=DoorReport)


@dataclass
class Report:
    """What was found; what was left out is empty, and the notes say why.

    Attributes:
        at: when it began, in ISO 8601.
        seconds: that it took.
        memory: of the processes of each way to run a server, the first of which is the one that was started.
    """

    machine: Machine
    at: str
    seconds: float = 0.0
    training: Effort | None = None
    start: Effort | None = None
    memory: list[tuple[Setup, list[Memory]]] = field(default_factory=list)
    doors: dict[str, DoorReport] = field(default_factory=dict)
    whole_return: WholeReturn | None = None
    throughput: list[tuple[Setup, Throughput]] = field(default_factory=list)
    stock: StockReport | None = None
    notes: list[str] = field(default_factory=list)


def ratios(report: Report) -> dict[str, float]:
    """How much better the assistant does than stock Rasa, and than itself under other conditions; by name."""
    found: dict[str, float | None] = {}
    own = report.doors.get("rest")
    stock = report.stock.rest if report.stock else None
    if own and stock:
        for turn in COMPARED:
            if own.rounds and stock.rounds:
                found[f"throughput at turn {turn}, × stock Rasa's"] = _over(own.rounds.at(turn), stock.rounds.at(turn))
            if own.walk and stock.walk:
                found[f"time of turn {turn}, stock Rasa's ×"] = _over(stock.walk.at(turn), own.walk.at(turn))
        for kind in own.kinds:
            if kind in stock.kinds:
                found[f"p50 of a {kind}, stock Rasa's ×"] = _over(stock.kinds[kind].p50, own.kinds[kind].p50)
    for name, door in report.doors.items():
        if door.walk:
            found[f"turn 500 over turn 5, {name}"] = _over(door.walk.at(500), door.walk.at(5))
    by_setup = {(setup.store, setup.workers, each.conversations): each for setup, each in report.throughput}
    for (store, workers, conversations), each in by_setup.items():
        alone = by_setup.get((store, 1, conversations))
        if workers > 1 and alone:
            name = f"{workers} workers over 1, {conversations} conversations at once"
            found[name] = _over(each.per_second, alone.per_second)
    return {name: ratio for name, ratio in found.items() if ratio is not None}


def as_json(report: Report) -> dict[str, Any]:
    """The report as a JSON object."""
    found = asdict(report)
    found["memory"] = [{**asdict(setup), "processes": list(map(asdict, each))} for setup, each in report.memory]
    found["throughput"] = [{**asdict(setup), **asdict(each)} for setup, each in report.throughput]
    return {"schema": SCHEMA, **found, "ratios": ratios(report)}


def as_markdown(report: Report) -> str:
    """The report as tables in Markdown."""
    machine = report.machine
    about = (
        f"{report.at[:10]}, {report.seconds:.0f} s, on {machine.cores} cores of {machine.processor}, "
        f"{machine.memory_gb:g} GB, {machine.system}, Python {machine.python}; load before it began: {machine.load:g}."
    )
    parts = [about]
    for title, header, rows in sections(report):
        lines = [" | ".join(("", *line, "")).strip() for line in (header, ("---",) * len(header), *rows)]
        parts.append("\n".join((f"**{title}**", "", *lines)))
    if report.notes:
        parts.append("\n".join(f"* {note}" for note in report.notes))
    return "\n\n".join(parts)


def sections(report: Report) -> Iterator[tuple[str, Row, list[Row]]]:
    """The tables: title, header, rows."""
    found: list[tuple[str, Row, list[Row]]] = [
        ("Training and start", ("", "seconds", "CPU seconds"), list(_efforts(report))),
        ("Memory, MB", ("", "process", "RSS", "PSS", "private"), list(_memory(report))),
        ("A turn, ms", ("", "n", "p50", "p95", "p99"), list(_kinds(report))),
        (
            "The n-th turn of a conversation, ms",
            ("", *map(str, TURNS)),
            [(name, *_at(reported(walk.at))) for name, walk in _walks(report)],
        ),
        (
            f"Turns a second at the n-th turn of {SIDE_BY_SIDE} conversations side by side",
            ("", *map(str, COMPARED)),
            [(name, *_at(reported(rounds.at, COMPARED), COMPARED)) for name, rounds in _rounds(report)],
        ),
        (
            "Throughput",
            ("", "conversations at once", "turns a second", "p50, ms", "p95, ms", "p99, ms", "CPU ms a turn"),
            [
                (
                    str(setup),
                    str(each.conversations),
                    *_figures(each.per_second),
                    *_latency(each.latency),
                    f"{each.cpu:.1f}",
                )
                for setup, each in report.throughput
            ],
        ),
        ("Ratios", ("", ""), [(name, f"{ratio:.2f}") for name, ratio in ratios(report).items()]),
    ]
    for title, header, rows in found:
        if rows:
            yield title, header, rows


def _efforts(report: Report) -> Iterator[Row]:
    named = [("training", report.training), ("start to ready", report.start)]
    if report.stock:
        named += [("stock Rasa: training", report.stock.training), ("stock Rasa: start to ready", report.stock.start)]
    for name, effort in named:
        if effort:
            yield name, f"{effort.seconds:.1f}", f"{effort.cpu_seconds:.1f}"


def _memory(report: Report) -> Iterator[Row]:
    setups = [(str(setup), processes) for setup, processes in report.memory]
    if report.stock and report.stock.memory:
        setups.append(("stock Rasa", report.stock.memory))
    for name, processes in setups:
        for number, each in enumerate(processes):
            pss = "" if each.pss is None else f"{each.pss:.0f}"
            yield name if not number else "", str(number + 1), f"{each.rss:.0f}", pss, f"{each.private:.0f}"


def _kinds(report: Report) -> Iterator[Row]:
    for name, door in _doors(report):
        for kind, latency in door.kinds.items():
            yield f"{name}: {kind}", str(latency.n), *_latency(latency)
    if report.whole_return:
        whole = report.whole_return
        yield (
            f"rest: a whole return of {whole.turns} turns",
            "1",
            f"{whole.total:.0f}",
            "",
            f"slowest {whole.slowest:.0f}",
        )


def _doors(report: Report) -> Iterator[tuple[str, DoorReport]]:
    yield from report.doors.items()
    if report.stock:
        yield "stock Rasa", report.stock.rest


def _walks(report: Report) -> Iterator[tuple[str, Walk]]:
    for name, door in _doors(report):
        if door.walk:
            yield name, door.walk


def _rounds(report: Report) -> Iterator[tuple[str, Rounds]]:
    for name, door in _doors(report):
        if door.rounds:
            yield name, door.rounds


def _at(values: dict[int, float], turns: tuple[int, ...] = TURNS) -> Row:
    return tuple(f"{values[turn]:.1f}" if turn in values else "" for turn in turns)


def _figures(*values: float) -> Row:
    return tuple(f"{value:.1f}" for value in values)


def _latency(latency: Latency) -> Row:
    return _figures(latency.p50, latency.p95, latency.p99)


def _over(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None
