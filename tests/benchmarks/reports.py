"""A report of made-up figures."""

from benchmarks.figures import Latency
from benchmarks.machine import Machine
from benchmarks.report import DoorReport, Epochs, Report, Setup, StockReport
from benchmarks.servers import Effort, Memory
from benchmarks.turns import Rounds, Throughput, Walk, WholeReturn

SQLITE, ONE, TWO = Setup("SQLite", 1), Setup("PostgreSQL and Redis", 1), Setup("PostgreSQL and Redis", 2)


def load(conversations: int, per_second: float) -> Throughput:
    return Throughput(conversations, per_second, Latency(1000, 6.0, 9.0, 14.0), 5.5)


def whole_report() -> Report:
    """A report in which nothing was left out: stock Rasa takes 25 ms at the first turn, and 2 ms more with each."""
    machine = Machine("Processor", 2, 8.0, "Linux 6", "3.11.9", 0.1)
    own = DoorReport(
        {"question": Latency(200, 6.0, 8.0, 11.0), "tracking": Latency(200, 7.5, 9.0, 20.0)},
        Walk([5.0] * 500),
        Rounds(4, [160.0] * 105),
    )
    stock = StockReport(
        Effort(300.0, 520.0),
        {"DIET": Epochs(3.5, 100), "TED": Epochs(100.0, 100)},
        Effort(25.0, 30.0),
        [Memory(1500.0, 1490.0, 1480.0)],
        DoorReport(
            {"question": Latency(200, 30.0, 40.0, 60.0)},
            Walk([25.0 + 2.0 * turn for turn in range(105)]),
            Rounds(4, [1000 / (25.0 + 2.0 * turn) for turn in range(105)]),
        ),
    )
    return Report(
        machine=machine,
        at="2026-11-22T21:00:00+00:00",
        seconds=500.0,
        training=Effort(50.0, 80.0),
        start=Effort(9.0, 11.0),
        memory=[
            (SQLITE, [Memory(550.0, 540.0, 530.0)]),
            (TWO, [Memory(500.0, 250.0, 40.0), Memory(520.0, 260.0, 90.0), Memory(515.0, 255.0, 85.0)]),
        ],
        doors={"rest": own, "widget": DoorReport({"question": Latency(200, 6.5, 9.0, 12.0)}, Walk([5.5] * 500))},
        whole_return=WholeReturn(6, 90.0, 30.0),
        throughput=[
            (setup, load(conversations, rate * factor))
            for setup, rate in ((SQLITE, 160.0), (ONE, 150.0), (TWO, 270.0))
            for conversations, factor in ((1, 0.8), (8, 1.0), (64, 1.02))
        ],
        stock=stock,
        notes=["Stock Rasa's DIET was stopped after 3.5 of 100 epochs."],
    )
