"""A program whose processes do nothing, for tests of what looks after them: `python -m tests.processes.sleepers`.

Each prints `begin` and its number, waits for SIGTERM or the supervisor's death, and prints `end`. With the argument
`unable`, they cannot start.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import suppress

import structlog

from aftercare.errors import ConfigurationError
from aftercare.supervision import Supervisor


class _Stopped(Exception):
    pass


def _stop(number: int, frame: object) -> None:
    raise _Stopped


def sleep(parent: int) -> None:
    """Do nothing."""
    if "unable" in sys.argv:
        raise ConfigurationError("something is missing")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, lambda number, frame: _tell("hangup"))
    with suppress(_Stopped):
        _tell("begin")
        select.select([parent], [], [])
    _tell("end")


def _tell(what: str) -> None:
    # In one piece, since several processes write.
    os.write(1, f"{what} {os.getpid()}\n".encode())


if __name__ == "__main__":
    # What is told is on the output, and nothing else.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        Supervisor(sleep, 2, seconds=5, stopping=lambda: _tell("stopping")).run()
    except ConfigurationError as error:
        sys.exit(str(error))
