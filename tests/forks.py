"""Processes of tests that have Rasa and the rooms of the house loaded already.

Loading them takes longer than most of what such a process does. They are loaded once, in a process that does nothing
but fork; what runs in a fork is as good as new from there on.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from aftercare.settings import ROOT

SECONDS = 400
"""The longest that a command may take: some train."""

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.loaded"])


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a process with a home folder of its own; only these settings are set."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCARE_")}
    return {**inherited, "AFTERCARE_HOME": str(home), **settings}


def fork(work: Callable[..., None], *arguments: Any, log: Path) -> ForkServerProcess:
    """Start a process that does some work: a function of a module.

    Args:
        log: takes what the process says.
    """
    process = _forks.Process(target=_log_and_work, args=(log, work, arguments))
    process.start()
    return process


def run(home: Path, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `aftercare` to its end."""
    with tempfile.TemporaryDirectory() as name:
        streams = [Path(name) / stream for stream in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin, encoding="utf-8")
        process = _forks.Process(target=_command, args=(streams, environment(home, **settings), arguments))
        process.start()
        process.join(SECONDS)
        if process.is_alive():
            process.kill()
            raise subprocess.TimeoutExpired(["aftercare", *arguments], SECONDS)
        assert process.exitcode is not None
        said = [path.read_text(encoding="utf-8") for path in streams[1:]]
        return subprocess.CompletedProcess(["aftercare", *arguments], process.exitcode, *said)


def _log_and_work(log: Path, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    work(*arguments)


def _command(streams: list[Path], variables: Mapping[str, str], arguments: tuple[str, ...]) -> None:
    for descriptor, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), descriptor)
    # Python gives a process of multiprocessing another one.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(ROOT)
    sys.argv = ["aftercare", *arguments]

    from aftercare.cli import main

    main()
