"""The benchmark of speed and memory: what is measured, in which order."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.doors import Door, Rest, TurnFailed, Widget
from benchmarks.house import House
from benchmarks.machine import this_machine
from benchmarks.report import DoorReport, Epochs, Report, Setup, StockReport
from benchmarks.servers import HOST, Effort, Server, ServerError, bare_environment, free_port, run
from benchmarks.stock import REPORT
from benchmarks.stores import LOCAL_POSTGRES, LOCAL_REDIS, StoresUnavailable, empty_redis, fresh_database
from benchmarks.turns import KINDS, Throughput, Unexpected, kind, rounds, throughput, walk, whole_return

PARTS = ("training", "start", "rest", "widget", "return", "throughput", "workers", "stock")

SERVED = {"start", "rest", "widget", "return", "throughput"}
"""The parts that ask a server on SQLite."""

AT_ONCE = (1, 8, 64)

WORKERS = (1, 2)

LONGEST = 500
"""Turns of a conversation with the assistant."""

COMPARED_TURNS = 105
"""Turns of a conversation with stock Rasa, and of conversations side by side: the hundredth, and those around it."""

ANSWERS = 200
"""So often a message of each kind is answered, at most."""

SETTLING = 24
"""A server is waited for until it has nothing to do any more, for so many times as long as throughput is measured."""

SLOWER = 2
"""So many times as long stock Rasa may take for its turns."""

STOCK_PATIENCE = 300
"""Seconds that stock Rasa may take to read and prepare its training data, besides its training."""


@dataclass(frozen=True)
class Plan:
    """What is to be measured, and for how long.

    Attributes:
        project: the folder with `config.yml`.
        models: a folder that may have a trained model.
        seconds: of each measurement of throughput; the others take at most eight times as long.
        turns: of the longest conversation.
        stock_seconds: for the training of stock Rasa's neural components.
        stock_folder: keeps stock Rasa's project and model for the next time.
        say: hears what is being done.
    """

    project: Path
    models: Path
    parts: frozenset[str] = frozenset(PARTS)
    seconds: float = 5.0
    turns: int = LONGEST
    stock_seconds: float = 120.0
    stock_folder: Path | None = None
    postgres: str = LOCAL_POSTGRES
    redis: str = LOCAL_REDIS
    say: Callable[[str], None] = lambda doing: None

    @property
    def patience(self) -> float:
        """The seconds of a measurement that ends by itself."""
        return 8 * self.seconds


def measure(plan: Plan) -> Report:
    """Measure. What is not there, such as a second store, is left out and noted.

    Raises:
        ServerError, TurnFailed, Unexpected: when the assistant's own server does not do what it should.
    """
    started = time.monotonic()
    report = Report(this_machine(), datetime.now(UTC).isoformat(timespec="seconds"))
    with TemporaryDirectory(prefix="aftercare-benchmark-") as folder:
        house = House(Path(folder), plan.project)
        _model(plan, house, report)
        if plan.parts & SERVED:
            _serve(plan, house, report)
        if "workers" in plan.parts:
            with _noting(report, "Several workers"):
                _share(plan, house, report)
        if "stock" in plan.parts:
            with _noting(report, "Stock Rasa"):
                _compare(plan, house, report, plan.stock_folder or Path(folder) / "stock")
    report.seconds = round(time.monotonic() - started, 1)
    return report


@contextmanager
def _noting(report: Report, what: str) -> Iterator[None]:
    """Note what could not be measured, and go on."""
    try:
        yield
    except (ServerError, StoresUnavailable, TurnFailed, Unexpected) as error:
        report.notes.append(f"{what}: left out from here on, because of {error}")


def _model(plan: Plan, house: House, report: Report) -> None:
    taken = "training" not in plan.parts and house.take_model(plan.models)
    if taken or plan.parts == {"stock"}:
        return
    plan.say("training")
    report.training = house.train()


def _serve(plan: Plan, house: House, report: Report) -> None:
    """One worker on SQLite."""
    server, setup = house.server(), Setup("SQLite", 1)
    with server:
        plan.say("start")
        report.start = server.start()
        if "start" in plan.parts:
            # The first start made the database and filled the shop.
            server.stop()
            report.start = server.start()
        _settle(plan, server, report)
        asyncio.run(_ask(plan, house, server, report))
        report.memory.append((setup, server.memory()))


async def _ask(plan: Plan, house: House, server: Server, report: Report) -> None:
    for name, way in (("rest", Rest), ("widget", Widget)):
        if name in plan.parts:
            plan.say(f"turns, {name}")
            async with way(server.url) as door:
                report.doors[name] = await _turns(plan, door, plan.turns, plan.patience)
    async with Rest(server.url) as door:
        if "return" in plan.parts:
            plan.say("a whole return")
            report.whole_return = await whole_return(door, house.mail)
        if "throughput" in plan.parts:
            report.throughput += [(Setup("SQLite", 1), each) for each in await _loads(plan, door, server, "SQLite")]
        if "rest" in plan.parts:
            plan.say("conversations side by side")
            report.doors["rest"].rounds = await rounds(door, min(COMPARED_TURNS, plan.turns), plan.patience)


async def _turns(plan: Plan, door: Door, turns: int, patience: float) -> DoorReport:
    kinds = {name: await kind(door, text, ANSWERS, plan.seconds) for name, text in KINDS.items()}
    return DoorReport(kinds, await walk(door, turns, patience))


async def _loads(plan: Plan, door: Door, server: Server, name: str) -> Sequence[Throughput]:
    found = []
    for conversations in AT_ONCE:
        plan.say(f"throughput, {name}, {conversations} at once")
        found.append(await throughput(door, conversations, plan.seconds, server.cpu_seconds))
    return found


def _share(plan: Plan, house: House, report: Report) -> None:
    """Workers on PostgreSQL and Redis."""
    for workers in WORKERS:
        setup = Setup("PostgreSQL and Redis", workers)
        with (
            fresh_database(plan.postgres) as database_url,
            empty_redis(plan.redis) as redis_url,
            house.server(workers, database_url, redis_url) as server,
        ):
            plan.say(f"start, {setup}")
            server.start()
            _settle(plan, server, report)
            report.throughput += [(setup, each) for each in asyncio.run(_load(plan, server, str(setup)))]
            report.memory.append((setup, server.memory()))


async def _load(plan: Plan, server: Server, name: str) -> Sequence[Throughput]:
    async with Rest(server.url) as door:
        return await _loads(plan, door, server, name)


def _settle(plan: Plan, server: Server, report: Report) -> None:
    if not server.settle(SETTLING * plan.seconds):
        report.notes.append("The server still had something to do when it was measured.")


def _compare(plan: Plan, house: House, report: Report, folder: Path) -> None:
    """Stock Rasa on the same data."""
    report.stock = found = StockReport()
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    module = (sys.executable, "-m")
    if not (folder / REPORT).exists():
        plan.say("stock Rasa: training")
        training = [*module, "benchmarks.stock.training", "--project", str(plan.project), "--target", str(folder)]
        patience = plan.stock_seconds + STOCK_PATIENCE
        run([*training, "--seconds", str(plan.stock_seconds)], bare_environment(), folder / "training.log", patience)
    trained = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    found.training = Effort(trained["seconds"], trained["cpu_seconds"])
    found.epochs = {name: Epochs(**epochs) for name, epochs in trained["epochs"].items()}
    report.notes += _short_of(found.epochs)
    with house.actions() as actions:
        plan.say("stock Rasa: start")
        actions.start()
        port = free_port()
        serving = [*module, "benchmarks.stock.serving", "--project", str(folder), "--host", HOST, "--port", str(port)]
        command = [*serving, "--actions-url", f"{actions.url}/webhook"]
        with Server(command, bare_environment(), port, folder / "server.log", ready="/") as server:
            found.start = server.start()
            actions.settle()
            plan.say("stock Rasa: turns")
            asyncio.run(_ask_stock(plan, server, found))
            found.memory = server.memory()


async def _ask_stock(plan: Plan, server: Server, found: StockReport) -> None:
    async with Rest(server.url) as door:
        turns, patience = min(COMPARED_TURNS, plan.turns), SLOWER * plan.patience
        found.rest = await _turns(plan, door, turns, patience)
        plan.say("stock Rasa: conversations side by side")
        found.rest.rounds = await rounds(door, turns, patience)


def _short_of(epochs: dict[str, Epochs]) -> Iterator[str]:
    for name, each in epochs.items():
        if each.done < each.of:
            yield (
                f"Stock Rasa's {name} was stopped after {each.done:g} of {each.of} epochs, for the time it takes; that "
                "does not change what a turn costs."
            )
