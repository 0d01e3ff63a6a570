"""How often somebody may try to sign in."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from storage import redis_options
from web.windows import MovingWindows

logger = structlog.get_logger()

ALLOWANCES = {"account": "10/15 minutes", "address": "100/15 minutes", "code": "10/15 minutes"}
"""How often it may be tried, as the `limits` library writes it: passwords of an account, whether there is one or not,
passwords from a network address, behind which a whole team may sit, and codes of an account.
"""


class TooOften(Exception):
    """It was tried too often; it may be tried again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"try again in {seconds:.0f} seconds")
        self.seconds = seconds


class Throttle:
    """Counts attempts: in this process, or in Redis for all processes.

    Args:
        redis_url: of the Redis server; "" counts in this process.
        allowances: what is to be different from `ALLOWANCES`.
    """

    def __init__(self, redis_url: str = "", allowances: Mapping[str, str] | None = None) -> None:
        self._limiters = [MovingWindowRateLimiter(MovingWindows())]
        if redis_url:
            shared = RedisStorage(
                f"async+{redis_url}", wrap_exceptions=True, implementation="redispy", **redis_options()
            )
            self._limiters.insert(0, MovingWindowRateLimiter(shared))
        self._items: dict[str, RateLimitItem] = {
            what: parse(allowance) for what, allowance in {**ALLOWANCES, **(allowances or {})}.items()
        }

    async def spend(self, what: str, who: str) -> None:
        """Count an attempt. Raises `TooOften` instead where there were too many."""
        item, key = self._items[what], _key(what, who)
        for limiter in self._limiters:
            try:
                if not await limiter.hit(item, *key):
                    reset = (await limiter.get_window_stats(item, *key)).reset_time
                    raise TooOften(max(reset - time.time(), 1.0))
                return
            except StorageError as error:
                # The next one counts in this process.
                logger.error("desk.throttle_unreachable", reason=str(error))

    async def forgive(self, what: str, who: str) -> None:
        """Forget the attempts: one of them was right."""
        for limiter in self._limiters:
            try:
                await limiter.clear(self._items[what], *_key(what, who))
            except StorageError as error:
                logger.error("desk.throttle_unreachable", reason=str(error))


def _key(what: str, who: str) -> tuple[str, str, str]:
    # Redis need not know who it is.
    return ("desk", what, hashlib.sha256(who.encode()).hexdigest())
