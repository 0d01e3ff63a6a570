"""The windows that are open: when the process ends, they go elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

SERVICE_RESTART = 1012
"""The code with which sockets are closed then (registered with IANA for RFC 6455): whoever is there connects again."""


class Windows:
    """Knows which windows wait for something, and how to end that."""

    def __init__(self) -> None:
        self._leaving = False
        self._waiting: set[Callable[[], None]] = set()

    @contextmanager
    def waiting(self, leave: Callable[[], None]) -> Iterator[None]:
        """A window waits in the block; `leave` ends that, and may be called at once."""
        if self._leaving:
            leave()
        self._waiting.add(leave)
        try:
            yield
        finally:
            self._waiting.discard(leave)

    def leave(self) -> None:
        """Let all go; those that are being answered when they have been."""
        self._leaving = True
        for leave in list(self._waiting):
            leave()
