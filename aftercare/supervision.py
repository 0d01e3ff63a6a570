"""Several processes that do the same work side by side, forked from one that has loaded what they share."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import structlog

from aftercare.errors import ConfigurationError

logger = structlog.get_logger()

HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

CANNOT_START = 3
"""The exit status of a process that would not start a second time either."""

LIVED_SECONDS = 10.0
"""One that dies sooner is replaced after a pause, which is twice as long each time."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0

SPARE_SECONDS = 15.0
"""How much longer than they should need the processes have to end."""

Work = Callable[[int], None]
"""What a process does; it is given the end of a pipe that is closed when the supervisor dies."""


class Supervisor:
    """Keeps so many processes at work: one that dies is replaced, and the others do not notice.

    It is told to stop by SIGTERM or SIGINT (as Ctrl-C sends it), and tells its processes by SIGTERM; at the second
    signal they are killed. SIGHUP is passed on.

    Args:
        work: done by each process until it gets SIGTERM.
        seconds: how long a process may need to end.
        stopping: called once, when the processes have been told to stop.
    """

    def __init__(self, work: Work, count: int, seconds: float, stopping: Callable[[], object] = lambda: None) -> None:
        self._work = work
        self._count = count
        self._seconds = seconds
        self._stopping = stopping
        self._context = multiprocessing.get_context("fork")
        self._processes: dict[BaseProcess, float] = {}
        self._early_deaths = 0
        self._start_at = 0.0
        self._deadline: float | None = None
        self._failed = False
        # Nothing is ever written: the reading end tells when the writing one is gone.
        self._watched, self._held = os.pipe()

    def run(self) -> None:
        """Start the processes, and come back when all have ended.

        Raises:
            ConfigurationError: when a process cannot start, which has said why.
        """
        with _signals() as signals:
            while self._processes or not self._deadline:
                self._fill_up()
                wait([signals, *(process.sentinel for process in self._processes)], self._patience())
                for number in _received(signals):
                    self._take(number)
                self._see_who_ended()
                if self._deadline and time.monotonic() > self._deadline:
                    self._kill()
        if self._failed:
            raise ConfigurationError("A process that serves could not start; what it said stands above.")

    def _fill_up(self) -> None:
        while not self._deadline and len(self._processes) < self._count and time.monotonic() >= self._start_at:
            process = self._context.Process(target=self._begin)
            # A signal that came while the child has the handlers of its parent would be lost.
            signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
            try:
                process.start()
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
            self._processes[process] = time.monotonic()

    def _begin(self) -> None:
        """In the child: forget what is the parent's, and go to work."""
        signal.set_wakeup_fd(-1)
        os.close(self._held)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Ctrl-C reaches all processes of a terminal; the parent passes it on.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        try:
            self._work(self._watched)
        except ConfigurationError as error:
            logger.error("worker.cannot_start", reason=str(error))
            sys.exit(CANNOT_START)

    def _take(self, number: int) -> None:
        # On a terminal, SIGHUP means that the terminal is gone.
        if number == signal.SIGHUP and not os.isatty(0):
            self._tell(signal.SIGHUP)
        elif self._deadline:
            self._kill()
        else:
            self._stop()

    def _stop(self) -> None:
        self._deadline = time.monotonic() + self._seconds + SPARE_SECONDS
        self._tell(signal.SIGTERM)
        self._stopping()

    def _tell(self, number: int) -> None:
        for process in self._processes:
            assert process.pid is not None
            # Whoever has ended was not waited for yet, so that nobody else has the number.
            os.kill(process.pid, number)

    def _kill(self) -> None:
        for process in self._processes:
            logger.error("worker.killed", pid=process.pid)
            process.kill()

    def _see_who_ended(self) -> None:
        for process, started in list(self._processes.items()):
            if process.is_alive():
                continue
            del self._processes[process]
            status = process.exitcode
            if self._deadline:
                continue
            if status == 0:
                logger.info("worker.ended")
            else:
                logger.error("worker.died", status=status)
            if status == CANNOT_START:
                self._failed = True
                self._stop()
                continue
            self._early_deaths = self._early_deaths + 1 if time.monotonic() - started < LIVED_SECONDS else 0
            if self._early_deaths:
                pause = min(FIRST_PAUSE * 2 ** min(self._early_deaths - 1, 10), LONGEST_PAUSE)
                self._start_at = time.monotonic() + pause

    def _patience(self) -> float | None:
        """How long nothing has to be done unless something happens."""
        until = self._deadline or (self._start_at if len(self._processes) < self._count else None)
        return None if until is None else max(until - time.monotonic(), 0.05)


@contextmanager
def _signals() -> Iterator[int]:
    """Take signals; yields the file from which their numbers can be read."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    woken = signal.set_wakeup_fd(writing)
    before = {number: signal.signal(number, _noted) for number in HANDLED}
    try:
        yield reading
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        os.close(reading)
        os.close(writing)


def _noted(number: int, frame: object) -> None:
    """Nothing more: its number can be read by now."""


def _received(reading: int) -> bytes:
    try:
        return os.read(reading, 64)
    except BlockingIOError:
        return b""
