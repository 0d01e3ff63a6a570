"""Two processes of one server, on PostgreSQL and Redis, on a home folder of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from aftercare.settings import ROOT
from tests.app.conftest import Server
from tests.databases import REDIS, PostgresServer, postgresql_server  # noqa: F401


@pytest.fixture(scope="module")
def workers(postgresql_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:  # noqa: F811
    """The server; its articles are a copy that may be changed."""
    try:
        redis.Redis.from_url(REDIS).flushdb()
    except redis.RedisError as error:
        pytest.skip(f"no Redis for tests at {REDIS}: {error}")
    home = tmp_path_factory.mktemp("home")
    if models := os.environ.get("AFTERCARE_TEST_MODELS"):
        shutil.copytree(models, home / "models")
    shutil.copytree(ROOT / "knowledge_base" / "articles", home / "articles")
    name = postgresql_server.create()
    settings = {
        "AFTERCARE_DATABASE_URL": postgresql_server.url(name),
        "AFTERCARE_REDIS_URL": REDIS,
        "AFTERCARE_ARTICLES": str(home / "articles"),
    }
    server = Server(home, settings, ("--workers", "2"))
    server.start()
    yield server
    assert server.process
    if server.process.poll() is None:
        server.stop()
    postgresql_server.drop(name)


@pytest.fixture
def articles(workers: Server) -> Path:
    """The folder of its articles."""
    return workers.home / "articles"
