"""Databases for tests: a fresh, migrated one each, on SQLite always, on PostgreSQL where there is one.

A conftest imports the fixtures it wants:

    from tests.databases import database, database_url, postgresql_server  # noqa: F401

PostgreSQL is looked for at `AFTERCARE_TEST_POSTGRES_URL`, else on this machine. Each test gets a database of
its own there, copied from a migrated template, and dropped afterwards.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest
import redis
from sqlalchemy import make_url

from storage import Database, migrate

LOCAL = "postgresql://postgres@127.0.0.1:5432/test"
# Each worker of the tests has a database of its own.
REDIS = f"redis://127.0.0.1:6379/{9 + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:]) % 7}"


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs asynchronous work from a fixture that is not, also while a loop is running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()


class PostgresServer:
    """A server on which tests may create databases."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._template = ""

    def url(self, name: str) -> str:
        """The URL of a database on the server."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    def execute(self, *statements: str) -> None:
        """Runs statements outside a transaction."""

        async def work() -> None:
            connection = await asyncpg.connect(self._url.render_as_string(hide_password=False), timeout=3)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        run(work)

    def create(self, *, migrated: bool = True) -> str:
        """Creates a database and returns its name."""
        if migrated and not self._template:
            template = self.create(migrated=False)
            with ThreadPoolExecutor(1) as thread:
                thread.submit(migrate, self.url(template)).result()
            self._template = template
        name = f"aftercare_test_{uuid4().hex[:12]}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._template if migrated else "template0"}"')
        return name

    def drop(self, name: str) -> None:
        """Drops a database, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Drops the template."""
        if self._template:
            self.drop(self._template)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresServer]:
    """The PostgreSQL server for tests; skips the test where there is none."""
    server = PostgresServer(os.environ.get("AFTERCARE_TEST_POSTGRES_URL", LOCAL))
    try:
        server.execute("SELECT 1")
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        pytest.skip(f"no PostgreSQL for tests (AFTERCARE_TEST_POSTGRES_URL): {error}")
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgresql_server")
    name = server.create(migrated=False)
    yield server.url(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'test.db'}"
        with ThreadPoolExecutor(1) as thread:
            thread.submit(migrate, url).result()
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgresql_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def redis_url() -> str:
    """A Redis server on this machine, with nothing in it."""
    try:
        server = redis.Redis.from_url(REDIS)
        server.flushdb()
    except redis.RedisError as error:
        pytest.skip(f"no Redis for tests at {REDIS}: {error}")
    return REDIS
