"""Moving windows in memory, as the `limits` library uses them."""

from __future__ import annotations

from limits import parse
from limits.aio.strategies import MovingWindowRateLimiter

from web.windows import SWEEP_SECONDS, MovingWindows


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


async def test_so_many_within_a_window_that_moves() -> None:
    clock = Clock()
    limiter, item = MovingWindowRateLimiter(MovingWindows(clock)), parse("2/10 seconds")
    assert await limiter.hit(item, "anna")
    clock.seconds += 6
    assert await limiter.hit(item, "anna")
    assert not await limiter.hit(item, "anna")
    assert await limiter.hit(item, "ben")
    clock.seconds += 4
    assert await limiter.hit(item, "anna"), "the first is ten seconds ago"
    assert not await limiter.hit(item, "anna")


async def test_the_window_opens_again_when_its_earliest_hit_is_over_and_at_once_when_it_is_forgiven() -> None:
    clock = Clock()
    limiter, item = MovingWindowRateLimiter(MovingWindows(clock)), parse("1/10 seconds")
    await limiter.hit(item, "anna")
    began = clock.seconds
    clock.seconds += 3
    stats = await limiter.get_window_stats(item, "anna")
    assert (stats.reset_time, stats.remaining) == (began + 10, 0)
    await limiter.clear(item, "anna")
    assert await limiter.hit(item, "anna")


async def test_a_clock_that_is_set_back_shuts_nobody_out() -> None:
    clock = Clock()
    limiter, item = MovingWindowRateLimiter(MovingWindows(clock)), parse("1/minute")
    await limiter.hit(item, "anna")
    clock.seconds -= 7200
    assert await limiter.hit(item, "anna")


async def test_who_has_not_come_for_long_is_forgotten() -> None:
    clock = Clock()
    windows = MovingWindows(clock)
    limiter, item = MovingWindowRateLimiter(windows), parse("5/minute")
    for visitor in range(1000):
        await limiter.hit(item, str(visitor))
    assert len(windows) == 1000
    clock.seconds += SWEEP_SECONDS
    await limiter.hit(item, "another")
    assert len(windows) == 1
