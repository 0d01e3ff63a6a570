"""Access tokens: fetched once for all, replaced in time, and again at once where one is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from connectors.wechat.account import Account
from connectors.wechat.tokens import EARLY, FORCED_SECONDS, AccessTokens
from conversations import NotNow
from tests.wechat.house import AES_KEY, APP_ID, APP_SECRET, TOKEN, Platform

Make = Callable[..., AccessTokens]


class Clock:
    def __init__(self) -> None:
        self.moment = 1_700_000_000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tokens_of(platform: Platform, clock: Clock) -> AsyncIterator[Make]:
    """Makes what a worker has."""
    async with AsyncExitStack() as stack:

        def make(redis_url: str = "", secret: str = APP_SECRET) -> AccessTokens:
            account = Account(APP_ID, secret, TOKEN, AES_KEY, platform.url)
            client = httpx.AsyncClient(base_url=platform.url)
            tokens = AccessTokens(account, client, redis_url, clock)
            stack.push_async_callback(client.aclose)
            stack.push_async_callback(tokens.close)
            return tokens

        yield make


async def test_one_request_serves_all(platform: Platform, tokens_of: Make) -> None:
    tokens = tokens_of()
    assert set(await asyncio.gather(*(tokens.get() for _ in range(20)))) == {"token-1"}
    assert platform.token_calls == [
        {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET, "force_refresh": False}
    ]


async def test_workers_share_a_token(platform: Platform, tokens_of: Make, redis_url: str) -> None:
    one, other = tokens_of(redis_url), tokens_of(redis_url)
    found = await asyncio.gather(*(tokens.get() for tokens in (one, other) for _ in range(10)))
    assert set(found) == {"token-1"}
    assert len(platform.token_calls) == 1


async def test_workers_without_a_server_to_share_it_have_the_same(platform: Platform, tokens_of: Make) -> None:
    unreachable = "redis://127.0.0.1:1/0"
    one, other = tokens_of(unreachable), tokens_of(unreachable)
    assert (await one.get(), await other.get(), await one.get()) == ("token-1", "token-1", "token-1")
    assert len(platform.token_calls) == 2


async def test_a_token_is_replaced_before_its_end(platform: Platform, tokens_of: Make, clock: Clock) -> None:
    tokens = tokens_of()
    await tokens.get()
    platform.good = "token-2"
    clock.moment += 7200 - EARLY - 1
    assert await tokens.get() == "token-1"
    clock.moment += 1
    assert await tokens.get() == "token-2"


async def test_a_token_near_its_end_is_not_fetched_for_every_call(
    platform: Platform, tokens_of: Make, clock: Clock
) -> None:
    platform.expires_in = int(EARLY)
    tokens = tokens_of()
    await tokens.get()
    await tokens.get()
    assert len(platform.token_calls) == 1


@pytest.mark.parametrize("shared", [False, True])
async def test_an_expired_token_is_replaced_once(
    platform: Platform, tokens_of: Make, redis_url: str, shared: bool
) -> None:
    workers = [tokens_of(redis_url), tokens_of(redis_url)] if shared else [tokens_of()]
    for tokens in workers:
        await tokens.get()
    platform.good = "token-2"
    found = await asyncio.gather(*(tokens.get("token-1") for tokens in workers for _ in range(5)))
    assert set(found) == {"token-2"}
    assert len(platform.token_calls) == 2


async def test_a_revoked_token_is_replaced_by_force_but_not_over_and_over(
    platform: Platform, tokens_of: Make, clock: Clock
) -> None:
    tokens = tokens_of()
    revoked = await tokens.get()
    forced = await tokens.get(revoked)
    assert forced != revoked
    assert [call["force_refresh"] for call in platform.token_calls] == [False, False, True]
    with pytest.raises(NotNow):
        await tokens.get(forced)
    clock.moment += FORCED_SECONDS
    assert await tokens.get(forced) not in (revoked, forced)


async def test_a_wrong_secret_makes_everything_wait(platform: Platform, tokens_of: Make) -> None:
    with pytest.raises(NotNow, match="^not_delivered:account$") as raised:
        await tokens_of(secret="wrong").get()
    assert raised.value.seconds


@pytest.mark.parametrize(
    "said", [{"errcode": -1, "errmsg": "system error"}, {"errcode": 45009}, {"errcode": 99999}, {}], ids=str
)
async def test_a_platform_that_gives_none(platform: Platform, tokens_of: Make, said: dict[str, object]) -> None:
    platform.answers["stable_token"] = [said]
    tokens = tokens_of()
    with pytest.raises(NotNow):
        await tokens.get()
    assert await tokens.get() == "token-1"
