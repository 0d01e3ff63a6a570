"""Work in a thread beside the server's."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

SWITCH_SECONDS = 0.0005
"""So soon a thread that works hard should give way to the one that answers customers (`sys.setswitchinterval`). That
waits for the database many times in a turn, and with Python's own 5 ms, which come each time, some turns took three
times as long.
"""


class Background(ABC):
    """Something that goes on in a thread of its own until it is done or stopped."""

    def __init__(self, name: str) -> None:
        self._stopping = threading.Event()
        # A piece of the work may take long: the process need not wait for it to end.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def stop(self, patience: float = 1.0) -> None:
        """Go on no more. What is being done has so many seconds to end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(patience)

    @abstractmethod
    def _run(self) -> None:
        """Do it, until `_stopping` is set."""
