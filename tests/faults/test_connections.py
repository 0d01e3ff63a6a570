"""What is reached over a connection, and gives no answer: nobody waits for ever, and nobody has to be started anew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import make_url, text

from conversations import LOST, LocalLocks, LockUnavailable, RedisFeed, RedisLocks, feed, locks
from mail import Outbox, SmtpMailer, mailers
from storage import Database, DatabaseUnavailable, redis_server
from tests.databases import PostgresServer, redis_url  # noqa: F401
from tests.faults.proxies import Proxy
from tests.mail.samples import Clock, code_letter, composer
from tests.mail.servers import mail_server

PATIENCE = 1.5
"""Of the house with what gives no answer, in seconds."""

LONGEST = 60.0
"""Seconds that nothing takes."""


@pytest.fixture
def to_postgres(postgresql_server: PostgresServer) -> Iterator[tuple[Proxy, str]]:
    """A way to a PostgreSQL database, and its URL by that way."""
    name = postgresql_server.create(migrated=False)
    url = make_url(postgresql_server.url(name))
    with Proxy(url.port or 5432) as proxy:
        yield proxy, url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    postgresql_server.drop(name)


@pytest.fixture
def to_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Proxy, str]]:  # noqa: F811
    """A way to a Redis server, and its URL by that way."""
    monkeypatch.setattr(redis_server, "ANSWER_SECONDS", PATIENCE)
    monkeypatch.setattr(redis_server, "CONNECT_SECONDS", PATIENCE)
    monkeypatch.setattr(feed, "SILENCE_SECONDS", PATIENCE)
    monkeypatch.setattr(feed, "RETRY_SECONDS", 0.1)
    url = make_url(redis_url)
    with Proxy(url.port or 6379) as proxy:
        yield proxy, f"redis://127.0.0.1:{proxy.port}/{url.database}"


async def test_a_database_that_falls_silent_is_unavailable(to_postgres: tuple[Proxy, str]) -> None:
    proxy, url = to_postgres
    database = Database(url, patience=PATIENCE)
    async with asyncio.timeout(LONGEST):
        await database.ping()
        with proxy.silent():
            # With the connection that there was, and with a new one.
            for _ in range(2):
                with pytest.raises(DatabaseUnavailable):
                    await database.ping()
        await database.ping()
        with pytest.raises(DatabaseUnavailable):
            async with database.writing() as connection:
                await connection.execute(text("SELECT 1"))
                with proxy.silent():
                    await connection.execute(text("SELECT 1"))
        await database.ping()
        await database.close()


async def test_a_statement_that_takes_too_long_is_given_up(to_postgres: tuple[Proxy, str]) -> None:
    database = Database(to_postgres[1], patience=PATIENCE)
    async with asyncio.timeout(LONGEST):
        with pytest.raises(DatabaseUnavailable):
            async with database.reading() as connection:
                await connection.execute(text("SELECT pg_sleep(60)"))
        await database.ping()
        await database.close()


async def test_a_lock_that_cannot_be_had_is_unavailable_until_the_server_is_back(to_redis: tuple[Proxy, str]) -> None:
    proxy, url = to_redis
    conversations = RedisLocks(url)
    async with asyncio.timeout(LONGEST):
        async with conversations.hold("c1"):
            pass
        with proxy.silent(), pytest.raises(LockUnavailable):
            async with conversations.hold("c1"):
                pass
        with proxy.gone(), pytest.raises(LockUnavailable):
            async with conversations.hold("c1"):
                pass
        async with conversations.hold("c1"):
            pass
        await conversations.close()


async def test_a_lock_is_renewed_and_that_of_the_dead_runs_out(
    to_redis: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "HOLD_SECONDS", 1.0)
    monkeypatch.setattr(locks, "RENEW_SECONDS", 0.2)
    _, url = to_redis
    one, other = RedisLocks(url), RedisLocks(url)
    order: list[str] = []

    async def wait_for_it() -> None:
        async with other.hold("c1"):
            order.append("other")

    async with asyncio.timeout(LONGEST):
        holding = one.hold("c1")
        await holding.__aenter__()
        waiting = asyncio.create_task(wait_for_it())
        done, _ = await asyncio.wait([waiting], timeout=2.5)
        assert not done, "the lock was lost though its holder lives"
        order.append("one")
        # Its holder dies: nobody renews it, and nobody gives it back.
        for task in asyncio.all_tasks():
            if task.get_coro().__name__ == "_renew":  # type: ignore[union-attr]
                task.cancel()
        await waiting
    assert order == ["one", "other"]
    await one.close()
    await other.close()


async def test_a_feed_that_nobody_hears_says_so_afterwards(to_redis: tuple[Proxy, str]) -> None:
    proxy, url = to_redis
    here, there = RedisFeed(url), RedisFeed(url)
    async with asyncio.timeout(LONGEST), here.subscribe("c1") as listening, there.subscribe("c1") as other:
        with proxy.silent():
            await there.publish("c1", {"type": "unheard"})
            assert await other.next() == LOST
        # The connection was broken, or the other one told what it could not tell.
        assert await listening.next() == LOST
        async with asyncio.timeout(LONGEST):
            while (await _told(there, listening))["type"] != "heard":
                pass
        await here.close()
        await there.close()


async def _told(publisher: RedisFeed, listening: feed.Subscription) -> feed.Event:
    await publisher.publish("c1", {"type": "heard"})
    return await listening.next()


async def test_a_mail_server_that_hangs_costs_no_letter(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailers, "STEP_SECONDS", PATIENCE)
    clock = Clock()
    async with asyncio.timeout(LONGEST), mail_server() as server:
        with Proxy(server.port) as proxy:
            outbox = Outbox(database, SmtpMailer(f"smtp://127.0.0.1:{proxy.port}"), composer(), clock)
            await outbox.put(code_letter(), "letter:1")
            with proxy.silent():
                delivering = asyncio.create_task(outbox.deliver_next())
                # Meanwhile, others go on.
                async with LocalLocks().hold("c1"):
                    await database.ping()
                assert await delivering is False
            clock.moment += timedelta(minutes=2)
            assert await outbox.deliver_due() == 1
            assert len(server.messages) == 1


@pytest.mark.parametrize("fault", [Proxy.gone, Proxy.silent])
async def test_an_action_server_that_is_away_is_answered_for(
    rasa: None,
    fault: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bot import endpoint

    monkeypatch.setattr(endpoint, "ANSWER_SECONDS", PATIENCE)
    monkeypatch.setattr(endpoint, "PAUSE_SECONDS", PATIENCE)
    call = {"next_action": "action_track_order", "sender_id": "c1", "tracker": {}}
    async with asyncio.timeout(LONGEST), await asyncio.start_server(_say_ok, "127.0.0.1", 0) as server:
        with Proxy(server.sockets[0].getsockname()[1]) as proxy:
            actions = endpoint.RemoteActions(f"http://127.0.0.1:{proxy.port}/webhook")
            assert await actions.request(json=call) == {"events": [], "responses": []}
            with fault(proxy):  # type: ignore[operator]
                answer = await actions.request(json=call)
            (said,) = answer["responses"]
            assert (said["response"], said["custom"]["reason"]) == ("utter_action_failed", "failed")
            # The rest of the turn does not wait as long again; others, and the next turn, find the server.
            assert await actions.request(json=call) == answer
            assert await actions.request(json={**call, "sender_id": "c2"}) == {"events": [], "responses": []}
            monkeypatch.setattr(endpoint, "PAUSE_SECONDS", 0.0)
            assert await actions.request(json=call) == {"events": [], "responses": []}


async def _say_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = json.dumps({"events": [], "responses": []}).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()
