"""A real server, started by the command that the README names, on a home folder of its own."""

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from filelock import FileLock

from aftercare.settings import ROOT
from tests.forks import SECONDS, environment

COMMAND = [sys.executable, "-m", "aftercare"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running server, and how to talk to it."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home / f"server-{self.port}.log"

    def start(self) -> float:
        """Start, wait until it is ready, and return how many seconds that took."""
        started = time.monotonic()
        command = [*COMMAND, "serve", "--host", "127.0.0.1", "--port", str(self.port), *self.arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment(self.home, **self.settings), stdout=log, stderr=log
            )
        while time.monotonic() - started < SECONDS:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.url}/health", timeout=2).status_code == 200:
                    return time.monotonic() - started
            except httpx.TransportError:
                # Nobody listens yet; waiting for the process is a pause that ends early if it dies.
                try:
                    self.process.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
        raise AssertionError(f"not ready after {SECONDS} s:\n{self.log.read_text()}")

    def stop(self) -> int:
        """Press Ctrl-C; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    def post(self, body: Any = None, **request: Any) -> httpx.Response:
        if body is not None:
            request["content"] = json.dumps(body)
            request["headers"] = {"content-type": "application/json"}
        return httpx.post(f"{self.url}/webhooks/rest/webhook", timeout=30, **request)

    def say(self, sender: str, message: str, **fields: Any) -> list[dict[str, Any]]:
        response = self.post({"sender": sender, "message": message, **fields})
        assert response.status_code == 200, response.text
        answer: list[dict[str, Any]] = response.json()
        return answer


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of the session; its first start trains the model that all tests use, those of other workers too.

    `AFTERCARE_TEST_MODELS` may name a folder with a model that was trained before; one that is not of the same data
    is not used.
    """
    running = Server(home)
    base = tmp_path_factory.getbasetemp()
    models = Path(
        os.environ.get("AFTERCARE_TEST_MODELS")
        or (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "models"
    )
    with FileLock(f"{models}.lock"):
        if models.exists():
            shutil.copytree(models, home / "models")
        running.start()
        if not models.exists():
            shutil.copytree(home / "models", models)
    yield running
    assert running.stop() == 0, running.log.read_text()
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def sender() -> str:
    """A customer who has not written yet."""
    return uuid.uuid4().hex


@pytest.fixture
def say(server: Server, sender: str) -> Callable[..., str]:
    """Say something as a new customer; returns the text of the answer."""

    def saying(message: str, **fields: Any) -> str:
        return "\n".join(said.get("text", "") for said in server.say(sender, message, **fields))

    return saying


@pytest.fixture
def quiet() -> Iterator[None]:
    """Warnings and errors alone are logged, as by a server: Rasa's other lines take longer than the turns."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)
