"""A database and a Redis that workers share, for the time of a benchmark."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import redis
from sqlalchemy import make_url

LOCAL_POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"

LOCAL_REDIS = "redis://127.0.0.1:6379/8"


class StoresUnavailable(Exception):
    """There is no PostgreSQL or no Redis that a benchmark may use; the message says why."""


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of a new database on a PostgreSQL server, dropped afterwards. Raises `StoresUnavailable`."""
    name = f"aftercare_benchmark_{uuid4().hex[:12]}"
    try:
        asyncio.run(_execute(server, f'CREATE DATABASE "{name}"'))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise StoresUnavailable(f"no PostgreSQL: {error}") from error
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@contextmanager
def empty_redis(url: str) -> Iterator[str]:
    """The URL of a Redis database in which there is nothing, and nothing afterwards. Raises `StoresUnavailable`."""
    client = redis.Redis.from_url(url)
    try:
        if client.dbsize():
            raise StoresUnavailable(f"the Redis database at {url.rpartition('@')[2]} is not empty: name another")
    except redis.RedisError as error:
        raise StoresUnavailable(f"no Redis: {error}") from error
    try:
        yield url
    finally:
        client.flushdb()
        client.close()


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server, timeout=5)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
