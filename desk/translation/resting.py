"""Leaving alone what has just failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from storage import pause


class Rest:
    """When something that failed may be asked again: each time twice as late.

    Args:
        first: the pause after the first failure.
        longest: the longest pause.
        clock: seconds that only grow.
    """

    def __init__(self, first: timedelta, longest: timedelta, clock: Callable[[], float]) -> None:
        self._first = first
        self._longest = longest
        self._clock = clock
        self._failures = 0
        self._until = float("-inf")

    @property
    def lasts(self) -> bool:
        """Whether it is to be left alone still."""
        return self._clock() < self._until

    def begin(self, at_least: float = 0) -> None:
        """It failed; `at_least` is for how many seconds it wants to be left alone."""
        self._failures += 1
        self._until = self._clock() + max(pause(self._failures, self._first, self._longest).total_seconds(), at_least)

    def end(self) -> None:
        """It works again."""
        self._failures = 0
