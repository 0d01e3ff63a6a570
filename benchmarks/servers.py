"""Servers that are measured: processes of their own on loopback, and what they use."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

HOST = "127.0.0.1"

START_PATIENCE = 300

STOP_SECONDS = 60

QUIET_SHARE = 0.05
"""A server that uses less of a core than this has nothing to do."""


class ServerError(Exception):
    """A server did not start, or not in time; the message has the end of its log."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def bare_environment(**settings: str) -> dict[str, str]:
    """The environment of this process with these settings and none other of the assistant's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCARE_")}
    return {**inherited, **settings}


@dataclass(frozen=True)
class Effort:
    """What something took, in seconds by the clock and of all cores together."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Memory:
    """What a process has in memory, in MB.

    Attributes:
        rss: all that it sees, what it shares included.
        pss: the same, with what is shared divided by those who share it; None where the system does not say.
        private: what is its alone.
    """

    rss: float
    pss: float | None
    private: float


@dataclass
class Server:
    """A server process, with all processes that it starts.

    Args:
        command: starts it; its working directory is the folder of the log.
        environment: all of it.
        port: it listens on, on loopback.
        ready: the path that answers with status 200 once it is ready.
        log: what it prints is added there.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    log: Path
    ready: str = "/health/ready"
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    def start(self, patience: float = START_PATIENCE) -> Effort:
        """Start it and wait until it is ready. Raises `ServerError`."""
        started = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self.command, cwd=self.log.parent, env=dict(self.environment), stdout=log, stderr=log
            )
        while time.monotonic() - started < patience:
            if self._process.poll() is not None:
                raise ServerError(f"The server ended with status {self._process.returncode}:\n{self._end_of_log()}")
            try:
                if httpx.get(self.url + self.ready, timeout=2).status_code == 200:
                    return Effort(time.monotonic() - started, self.cpu_seconds())
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        self.stop()
        raise ServerError(f"The server was not ready after {patience:.0f} s:\n{self._end_of_log()}")

    def settle(self, patience: float = 120) -> bool:
        """Wait until it has nothing to do any more, such as what it prepares after its start; whether that came."""
        begun, used = time.monotonic(), self.cpu_seconds()
        while time.monotonic() - begun < patience:
            time.sleep(1)
            before, used = used, self.cpu_seconds()
            if used - before < QUIET_SHARE:
                return True
        return False

    def stop(self) -> None:
        """Stop it as Ctrl-C does; by force, where it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        processes = self._processes()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for process in processes:
                process.kill()
            self._process.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def cpu_seconds(self) -> float:
        """The processor time that its processes have used so far."""
        used = 0.0
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used += times.user + times.system
        return used

    def resident(self) -> float:
        """The MB that its processes see in memory, what they share counted for each: a quick look."""
        found = 0.0
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                found += process.memory_info().rss / 2**20
        return found

    def memory(self) -> list[Memory]:
        """That of its processes: the first is the one that was started."""
        return [_memory(process) for process in self._processes()]

    def _processes(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def run(command: Sequence[str], environment: Mapping[str, str], log: Path, patience: float) -> Effort:
    """Run a command to its end, in the folder of its log. Raises `ServerError` where it fails or takes too long."""
    started, before = time.monotonic(), os.times()
    with log.open("ab") as output:
        try:
            ended = subprocess.run(  # noqa: S603
                command, cwd=log.parent, env=dict(environment), stdout=output, stderr=output, timeout=patience
            )
        except subprocess.TimeoutExpired as error:
            raise ServerError(f"{' '.join(command)} did not end within {patience:.0f} s") from error
    if ended.returncode:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise ServerError(f"{' '.join(command)} ended with status {ended.returncode}:\n{last}")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Effort(time.monotonic() - started, used)


def _memory(process: psutil.Process) -> Memory:
    full = process.memory_full_info()
    megabyte = 2**20
    pss = getattr(full, "pss", None)
    return Memory(full.rss / megabyte, None if pss is None else pss / megabyte, full.uss / megabyte)
