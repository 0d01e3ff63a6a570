"""How often visitors may do what."""

from __future__ import annotations

import time
from collections.abc import Mapping

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from storage import redis_options
from web.windows import MovingWindows

logger = structlog.get_logger()


ALLOWANCES = {
    "connect": {"address": "240/minute"},
    "begin": {"address": "120/hour"},
    "message": {"visitor": "30/minute", "address": "240/minute"},
    "upload": {"visitor": "20/10 minutes", "address": "120/10 minutes"},
    "other": {"visitor": "300/minute", "address": "3000/minute"},
}
"""How often something may happen, as the `limits` library writes it: of one visitor, and from one address, behind which
there may be many people.
"""


class TooOften(Exception):
    """Something was done too often; it may be tried again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"try again in {seconds:.0f} seconds")
        self.seconds = seconds


class RateLimits:
    """Counts what visitors do: in this process, or in Redis for all processes.

    Args:
        redis_url: of the Redis server; "" counts in this process.
        allowances: what is to be different from `ALLOWANCES`.

    Raises:
        ValueError: for a name that there is not, or a limit that cannot be read.
    """

    def __init__(self, redis_url: str = "", allowances: Mapping[str, Mapping[str, str]] | None = None) -> None:
        storage: Storage = MovingWindows()
        if redis_url:
            storage = RedisStorage(
                f"async+{redis_url}", wrap_exceptions=True, implementation="redispy", **redis_options()
            )
        self._limiter = MovingWindowRateLimiter(storage)
        chosen = allowances or {}
        named = [(what, who) for what, of_what in chosen.items() for who in of_what]
        if unknown := [f"{what}.{who}" for what, who in named if who not in ALLOWANCES.get(what, {})]:
            raise ValueError(f"there is no limit {', '.join(unknown)}")
        self._items: dict[str, dict[str, RateLimitItem]] = {
            what: {who: parse(limit) for who, limit in {**usual, **chosen.get(what, {})}.items()}
            for what, usual in ALLOWANCES.items()
        }

    async def spend(self, what: str, address: str, visitor: str | None = None) -> None:
        """Count that something happens. Raises `TooOften` instead where it happened too often."""
        names = {"visitor": visitor, "address": address}
        try:
            for who, item in self._items[what].items():
                key = (who, what, names[who] or "")
                if not await self._limiter.hit(item, *key):
                    reset = (await self._limiter.get_window_stats(item, *key)).reset_time
                    raise TooOften(max(reset - time.time(), 1.0))
        except StorageError as error:
            # Rather too much than nothing at all.
            logger.error("limits.unreachable", reason=str(error))
