"""PostgreSQL and Redis servers of the tests' own, which they may stop, kill and start again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
import redis

from tests.app.conftest import free_port
from tests.databases import run

START_SECONDS = 30.0


@dataclass
class Postgres:
    """A PostgreSQL server in a folder of its own."""

    folder: Path
    programs: Path
    user: Sequence[str]
    port: int = field(default_factory=free_port)

    def url(self, port: int | None = None) -> str:
        """Of its database, also by way of another port."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/postgres"

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off -c max_connections=60"
        self._control("start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, mode: str = "immediate") -> None:
        """Stop: `immediate` is as if it had been killed."""
        self._control("stop", "-m", mode)

    def _control(self, *arguments: str) -> None:
        command = [*self.user, str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; skips the test where none is installed."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (str(installed[-1]) if installed else None)
    if found is None:
        pytest.skip("no PostgreSQL is installed (initdb)")
    # It does not run as root, and nobody else can look into the folders of pytest.
    as_root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="aftercare-postgres-"))
    user: list[str] = []
    if as_root:
        shutil.chown(folder, "postgres")
        user = ["runuser", "-u", "postgres", "--"]
    server = Postgres(folder, Path(found).parent, user)
    initdb = [*user, found, "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class RedisServer:
    """A Redis server that keeps nothing over a restart."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def url(self, port: int | None = None) -> str:
        """Of its database, also by way of another port."""
        return f"redis://127.0.0.1:{port or self.port}/0"

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url())
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                client.ping()
                client.close()
                return
            except redis.RedisError:
                with pytest.raises(subprocess.TimeoutExpired):
                    self.process.wait(0.05)
        raise AssertionError("Redis does not start")

    def kill(self) -> None:
        """Kill it."""
        assert self.process
        self.process.kill()
        self.process.wait()


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """A Redis server; skips the test where none is installed."""
    if shutil.which("redis-server") is None:
        pytest.skip("no Redis is installed (redis-server)")
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def wait_for_postgres(server: Postgres) -> None:
    """Wait until it answers a query: after a crash it recovers first."""

    async def ask() -> None:
        connection = await asyncpg.connect(server.url(), timeout=START_SECONDS)
        await connection.close()

    run(ask)
