"""What is said of many measured values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which a part of the values is."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


@dataclass(frozen=True)
class Latency:
    """How long something took, in milliseconds, and how often it was measured."""

    n: int
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Latency:
        """That of measured values, of which there is one at least."""
        p50, p95, p99 = (percentile(milliseconds, part) for part in (0.5, 0.95, 0.99))
        return cls(len(milliseconds), p50, p95, p99)


def around(values: Sequence[float], number: int, part: float = 0.05) -> float | None:
    """The median of the values that are at most a part of `number` away from the `number`-th, which is counted from 1;
    None where there are not as many.
    """
    if not 0 < number <= len(values):
        return None
    width = int(number * part)
    return percentile(values[max(number - 1 - width, 0) : number + width], 0.5)
