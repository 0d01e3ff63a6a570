"""What Prometheus may ask."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds."""


class Metrics:
    """The metrics of one process."""

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
