"""What looks after several processes, with processes that do nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

import pytest

from aftercare.settings import ROOT

PROGRAM = [sys.executable, "-m", "tests.processes.sleepers"]

Running = subprocess.Popen[str]


@pytest.fixture
def program() -> Iterator[Running]:
    """The program, with both processes at work."""
    with subprocess.Popen(
        PROGRAM, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as running:
        yield running
        running.kill()


def told(running: Running, what: str, times: int = 1) -> list[int]:
    """The processes that say something next; whatever else is said first is an error."""
    found = []
    for _ in range(times):
        said, _, pid = _output(running).readline().strip().partition(" ")
        assert said == what
        found.append(int(pid))
    return found


def _output(running: Running) -> IO[str]:
    assert running.stdout
    return running.stdout


def test_one_that_dies_is_replaced(program: Running) -> None:
    first, second = told(program, "begin", 2)
    os.kill(first, signal.SIGKILL)
    (third,) = told(program, "begin")
    assert third not in (first, second)
    program.send_signal(signal.SIGHUP)
    assert sorted(told(program, "hangup", 2)) == sorted([second, third])
    program.terminate()
    rest = sorted(line.split()[0] for line in _output(program))
    assert rest == ["end", "end", "stopping"]
    assert program.wait(10) == 0


def test_ctrl_c_reaches_all_and_counts_once(program: Running) -> None:
    told(program, "begin", 2)
    os.killpg(program.pid, signal.SIGINT)
    assert sorted(line.split()[0] for line in _output(program)) == ["end", "end", "stopping"]
    assert program.wait(10) == 0


def test_they_end_with_whoever_looks_after_them(program: Running) -> None:
    told(program, "begin", 2)
    program.kill()
    # The output ends when nobody has it any more.
    assert [line.split()[0] for line in _output(program)] == ["end", "end"]


def test_processes_that_cannot_start_are_not_tried_again() -> None:
    ended = subprocess.run([*PROGRAM, "unable"], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert "something is missing" in ended.stdout + ended.stderr
    assert "could not start" in ended.stderr
