"""Connections to the Redis server that all processes share."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

CONNECT_SECONDS = 2.0
"""How long to wait for the server to take a connection."""

ANSWER_SECONDS = 3.0
"""How long to wait for an answer."""


def redis_options() -> dict[str, Any]:
    """With what a client waits no longer than it has to, and survives a restart of the server unnoticed."""
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        # Once more, for a connection that broke while nobody used it. What is not answered in time is not asked again.
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    }


def redis_client(url: str) -> Redis:
    """A client; it connects with the first command. Commands raise `redis.exceptions.RedisError`."""
    client: Redis = Redis.from_url(url, **redis_options())
    return client
