"""How often somebody did something lately, counted in the memory of a process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from limits.aio.storage import MemoryStorage

SWEEP_SECONDS = 60.0
"""Between two looks for what need not be remembered any more."""


class MovingWindows(MemoryStorage):
    """What the `limits` library counts moving windows in.

    With every hit, the library's own storage looks at everybody whom it knows, at each in another thread: with a
    thousand visitors that costs more than the answers. This one forgets once in a while.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._hits: dict[str, deque[float]] = {}
        self._over: dict[str, float] = {}
        self._swept = clock()

    def __len__(self) -> int:
        """How many keys it remembers."""
        return len(self._hits)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` hits, unless there are more than `limit` within `expiry` seconds then; returns whether."""
        now = self._clock()
        self._sweep(now)
        hits = self._recent(key, now, expiry)
        if len(hits) + amount > limit:
            return False
        hits.extend([now] * amount)
        self._hits[key], self._over[key] = hits, now + expiry
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the earliest hit of the last `expiry` seconds was, and how many there were."""
        now = self._clock()
        hits = self._recent(key, now, expiry)
        return (hits[0] if hits else now), len(hits)

    async def clear(self, key: str) -> None:
        """Forget a key's hits."""
        self._hits.pop(key, None)
        self._over.pop(key, None)

    def _recent(self, key: str, now: float, expiry: int) -> deque[float]:
        hits = self._hits.get(key) or deque()
        while hits and hits[0] <= now - expiry:
            hits.popleft()
        # A clock that was set back shuts nobody out.
        while hits and hits[-1] > now:
            hits.pop()
        return hits

    def _sweep(self, now: float) -> None:
        if abs(now - self._swept) < SWEEP_SECONDS:
            return
        self._swept = now
        for key in [key for key, over in self._over.items() if over <= now]:
            del self._hits[key], self._over[key]
