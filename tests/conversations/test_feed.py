"""Events reach whoever listens, in their order; what is lost is said to be lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import redis.asyncio

from conversations import LOST, Event, Feed, LocalFeed, RedisFeed, Subscription
from conversations.feed import MOST_WAITING


@pytest_asyncio.fixture(params=["local", "redis"])
async def feeds(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Feed, Feed]]:
    """Two processes' feeds, or twice that of one."""
    if request.param == "local":
        local = LocalFeed()
        yield local, local
        return
    url = request.getfixturevalue("redis_url")
    one, two = RedisFeed(url), RedisFeed(url)
    yield one, two
    await one.close()
    await two.close()


async def test_everybody_hears_their_conversations_in_order(feeds: tuple[Feed, Feed]) -> None:
    here, there = feeds
    async with here.subscribe("c1") as one, there.subscribe("c1") as two, here.subscribe("c2") as other:
        await there.publish("c1", {"type": "a"}, {"type": "b"})
        await here.publish("c1", {"type": "ü"})
        await here.publish("c2", {"type": "d"})
        for subscription in (one, two):
            assert [(await heard(subscription))["type"] for _ in range(3)] == ["a", "b", "ü"]
        assert (await heard(other))["type"] == "d"


async def test_who_comes_back_hears_what_is_new(feeds: tuple[Feed, Feed]) -> None:
    here, there = feeds
    async with here.subscribe("other") as other:
        async with here.subscribe("c1"):
            pass
        await there.publish("c1", {"type": "missed"})
        await there.publish("other", {"type": "after that"})
        assert (await heard(other))["type"] == "after that"
        async with here.subscribe("c1") as back:
            await there.publish("c1", {"type": "new"})
            assert (await heard(back))["type"] == "new"


async def test_who_is_too_slow_is_told(feeds: tuple[Feed, Feed]) -> None:
    here, there = feeds
    async with here.subscribe("c1") as slow, here.subscribe("other") as other:
        for number in range(MOST_WAITING + 1):
            await there.publish("c1", {"type": str(number)})
        await there.publish("other", {"type": "after that"})
        await heard(other)
        assert await heard(slow) == LOST


async def test_after_the_server_was_away_something_may_be_lost(redis_url: str) -> None:
    feed = RedisFeed(redis_url)
    async with feed.subscribe("c1") as subscription, redis.asyncio.Redis.from_url(redis_url) as server:
        await server.client_kill_filter(_type="pubsub")
        assert await heard(subscription) == LOST
        await feed.publish("c1", {"type": "after"})
        assert (await heard(subscription))["type"] == "after"
    await feed.close()


async def test_without_a_server_those_in_the_same_process_are_told_to_look() -> None:
    feed = RedisFeed("redis://127.0.0.1:1")
    async with feed.subscribe("c1") as subscription:
        await feed.publish("c1", {"type": "a"})
        assert await heard(subscription) == LOST
    await feed.close()


async def heard(subscription: Subscription) -> Event:
    return await asyncio.wait_for(subscription.next(), 30)
