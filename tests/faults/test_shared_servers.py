"""Two processes on PostgreSQL and Redis, which fail one after the other while customers talk."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.app.conftest import Server
from tests.faults.ledger import Ledger
from tests.faults.machines import Postgres, RedisServer, postgres, redis_server
from tests.faults.proxies import Proxy
from tests.faults.serving import check_honesty, lent_models

LONG = bool(os.environ.get("AFTERCARE_TEST_LONG"))
MINUTE = 60.0 if LONG else 0.0
"""So long something stays away after everybody has noticed."""


@dataclass
class House:
    """An installation, and the ways to what it depends on."""

    server: Server
    postgres: Postgres
    redis: RedisServer
    to_postgres: Proxy
    to_redis: Proxy

    def ledger(self) -> Ledger:
        """Customers of the server."""
        return Ledger(self.server.url, self.postgres.url())

    @property
    def workers(self) -> set[int]:
        """The processes that serve."""
        assert self.server.process
        pid = self.server.process.pid
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two processes that serve together."""
    folder = tmp_path_factory.mktemp("shared")
    with (
        postgres() as database,
        redis_server(folder) as shared,
        Proxy(database.port) as to_postgres,
        Proxy(shared.port) as to_redis,
    ):
        settings = {
            "AFTERCARE_DATABASE_URL": database.url(to_postgres.port),
            "AFTERCARE_REDIS_URL": shared.url(to_redis.port),
            "AFTERCARE_SECRET": "of two processes that the tests start",
        }
        server = Server(folder, settings, ("--workers", "2"))
        with lent_models(folder):
            server.start()
        try:
            yield House(server, database, shared, to_postgres, to_redis)
        finally:
            status = server.stop()
        assert status == 0, server.log.read_text()


Fault = Callable[[Proxy], AbstractContextManager[None]]


async def test_a_worker_is_killed(house: House) -> None:
    async with house.ledger().talking() as ledger:
        before = house.workers
        os.kill(min(before), signal.SIGKILL)
        await ledger.until(lambda: len(house.workers - before) == 1)
        await ledger.go_on()
    assert any(customer.broken for customer in ledger.customers)


async def test_postgresql_crashes_and_starts_again(house: House) -> None:
    async with house.ledger().talking() as ledger:
        house.postgres.stop("immediate")
        house.postgres.start()
        await ledger.go_on()
    check_honesty(ledger)


async def test_redis_is_killed_and_starts_again(house: House) -> None:
    async with house.ledger().talking() as ledger:
        house.redis.kill()
        house.redis.start()
        await ledger.go_on()
    check_honesty(ledger)


@pytest.mark.parametrize("way", ["to_postgres", "to_redis"])
async def test_slow(house: House, way: str) -> None:
    proxy: Proxy = getattr(house, way)
    async with house.ledger().talking() as ledger:
        with proxy.slow(0.3):
            await ledger.go_on()
    assert not ledger.refusals


@pytest.mark.parametrize(
    ("way", "fault"),
    [
        ("to_postgres", Proxy.gone),
        ("to_redis", Proxy.gone),
        ("to_redis", Proxy.silent),
        # It takes half a minute until this is noticed.
        *([("to_postgres", Proxy.silent)] if LONG else []),
    ],
)
async def test_away_for_a_while(house: House, way: str, fault: Fault) -> None:
    proxy: Proxy = getattr(house, way)
    async with house.ledger().talking() as ledger:
        with fault(proxy):
            await ledger.notice()
            await asyncio.sleep(MINUTE)
            workers = house.workers
            async with httpx.AsyncClient(base_url=house.server.url, timeout=60) as client:
                assert (await client.get("/health/live")).status_code == 200
                if way == "to_postgres":
                    assert (await client.get("/health/ready")).status_code == 503
        await ledger.go_on()
    assert ledger.refusals
    check_honesty(ledger)
    assert house.workers == workers, "nobody had to be started anew"
