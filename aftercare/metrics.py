"""What Prometheus may ask of a server: counted in each of its processes, and added up over all of them."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from conversations import Turns

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds."""

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the library knows where the processes of a server write down what they count."""

PULSE_SECONDS = 5.0
"""Between two looks of a process at itself."""

# Each is deleted with its object.
_FOLDERS: list[TemporaryDirectory[str]] = []


class Metrics:
    """The metrics of one process, and of those beside it where there are several.

    Where `FOLDER` is set, everything is kept in a file of the process there; a gauge says with `multiprocess_mode` how
    the processes' values make one.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.turns = Counter("aftercare_turns", "Answered messages", ["channel"], registry=self.registry)
        self.turn_seconds = Histogram(
            "aftercare_turn_seconds",
            "Time from a message to its answer",
            ["channel"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.failures = Counter(
            "aftercare_turn_failures",
            "Messages that could not be answered",
            ["channel", "reason"],
            registry=self.registry,
        )
        self.handoffs = Counter(
            "aftercare_handoffs", "Wishes for a human agent, new or changed", ["reason"], registry=self.registry
        )
        self.workers = Gauge(
            "aftercare_workers", "Processes that serve", registry=self.registry, multiprocess_mode="livesum"
        )
        self.sockets = Gauge(
            "aftercare_sockets_open",
            "Open sockets of widgets, desks and programs",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.loop_delay = Gauge(
            "aftercare_loop_delay_seconds",
            "By how much a process that wanted to do something did it later, the slowest of all",
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self.cpu = Counter(
            "aftercare_cpu_seconds", "Processor time of the processes that serve", registry=self.registry
        )
        self.turns_waiting = Gauge(
            "aftercare_turns_waiting",
            "Messages that wait for their turn",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.turns_under_way = Gauge(
            "aftercare_turns_under_way",
            "Messages that are being answered",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.waiting_seconds = Histogram(
            "aftercare_turn_waiting_seconds",
            "Time that a message waited for its turn",
            buckets=(*BUCKETS, 10.0, 25.0),
            registry=self.registry,
        )
        if FOLDER not in os.environ:
            ProcessCollector(registry=self.registry)

    def watch(self, turns: Turns) -> None:
        """Tell how many messages wait for their turn, and for how long."""

        def count() -> None:
            self.turns_waiting.set(turns.waiting)
            self.turns_under_way.set(turns.under_way)

        turns.on_begin = self.waiting_seconds.observe
        turns.on_change = count

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format, added up over the processes of this server."""
        folder = os.environ.get(FOLDER)
        if not folder:
            return prometheus_client.generate_latest(self.registry)
        _leave_out_the_dead(Path(folder))
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody, folder)  # type: ignore[no-untyped-call]
        return prometheus_client.generate_latest(everybody)


class Pulse:
    """What a process tells of itself; `look` is to be called every `PULSE_SECONDS`.

    Args:
        sockets: the tasks that serve the process's sockets.
    """

    def __init__(self, metrics: Metrics, sockets: set[asyncio.Task[None]] | set[asyncio.Future[None]]) -> None:
        self._metrics = metrics
        self._sockets = sockets
        self._due: float | None = None
        self._spent = 0.0

    async def look(self) -> None:
        """Write down how this process does."""
        now, spent = time.monotonic(), time.process_time()
        self._metrics.workers.set(1)
        self._metrics.sockets.set(len(self._sockets))
        if self._due is not None:
            self._metrics.loop_delay.set(max(0.0, now - self._due))
        self._metrics.cpu.inc(max(0.0, spent - self._spent))
        self._due, self._spent = now + PULSE_SECONDS, spent


def count_together() -> None:
    """Let the processes that are forked from this one count together; to be called before `Metrics` are made.

    They do so in a folder that is deleted at the end of this process.
    """
    folder = TemporaryDirectory(prefix="aftercare-metrics-")
    _FOLDERS.append(folder)
    os.environ[FOLDER] = folder.name
    # The library has looked at the variable when it was imported.
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]


def _leave_out_the_dead(folder: Path) -> None:
    """Have gauges no longer count processes that were killed; what such a process counted up stays in the sums."""
    pids = {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*.db")}
    for pid in pids:
        if not _lives(pid):
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # sends nothing
    except ProcessLookupError:
        return False
    return True
