"""A real Medusa server for tests, with a database of its own and a small shop in it.

Its packages are put by `tests/medusa/install` where `AFTERCARE_TEST_MEDUSA` says, or in `~/.cache/aftercare/medusa`;
tests are skipped where they are not. A conftest imports the fixture:

    from tests.medusa.server import medusa  # noqa: F401
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.databases import PostgresServer
from tests.medusa.store import Store

PACKAGES = Path(os.environ.get("AFTERCARE_TEST_MEDUSA", Path.home() / ".cache" / "aftercare" / "medusa"))

START_SECONDS = 120
ACCOUNT = ("staff@shop.example", "for-tests-only")


@pytest.fixture(scope="session")
def medusa(postgresql_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A shop on a Medusa server that listens on loopback; skips the test where Medusa is not installed."""
    if not (PACKAGES / "installed").is_file():
        pytest.skip(f"Medusa is not installed in {PACKAGES}: run tests/medusa/install")
    if not shutil.which("node"):
        pytest.skip("there is no Node.js, which Medusa needs")
    name = postgresql_server.create(migrated=False)
    folder = tmp_path_factory.mktemp("medusa")
    environment = _environment(postgresql_server.url(name), folder)
    try:
        _run(environment, "db:migrate", "--execute-all-links")
        _run(environment, "user", "--email", ACCOUNT[0], "--password", ACCOUNT[1])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        log = folder / "server.log"
        with log.open("wb") as output:
            command = [*_command("start"), "--host", "127.0.0.1", "--port", port]
            server = subprocess.Popen(command, cwd=PACKAGES, env=environment, stdout=output, stderr=output)
        try:
            _wait(f"http://127.0.0.1:{port}/health", server, log)
            with Store(f"http://127.0.0.1:{port}", *ACCOUNT) as store:
                yield store
        finally:
            server.kill()
            server.wait()
    finally:
        postgresql_server.drop(name)


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    # It tells its makers what it does unless both places say that it must not.
    settings = folder / "medusa" / "config.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"telemetry": {"enabled": False}}))
    return os.environ | {
        "DATABASE_URL": database_url,
        "MEDUSA_DISABLE_TELEMETRY": "true",
        "NODE_ENV": "production",
        "XDG_CONFIG_HOME": str(folder),
    }


def _command(*arguments: str) -> list[str]:
    return [str(PACKAGES / "node_modules" / ".bin" / "medusa"), *arguments]


def _run(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(_command(*arguments), cwd=PACKAGES, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"Medusa does not start:\n{log.read_text()[-3000:]}")
