"""What training tells of itself while it runs: one listener a process, silent by default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str, int, int], None]
"""Called with the language, the component at work ("" at the end), the number of components done and their total."""

_listener: Listener | None = None


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Report the training that happens inside the `with` block to `listener`, and to nobody else."""
    global _listener
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before


def report(language: str, component: str, done: int, total: int) -> None:
    """Tell the listener, if there is one."""
    if _listener is not None:
        _listener(language, component, done, total)
