"""Training on several cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from rasa.shared.exceptions import RasaException

from bot.nlu import progress

SPARE = 1
"""So many more processes than cores: five languages on two cores would else take as long as six."""


class TrainingFailed(RasaException):
    """A part of the training failed in its process; the message is what it said."""


def in_processes(work: Callable[[str], None], parts: Iterable[str]) -> None:
    """Call `work` once for each part, in forked processes, about as many at a time as there are cores.

    A fork has everything that this process has loaded, so nothing needs to be pickled; what the work produces it writes
    to disk. Progress that is reported there is reported here.

    Raises:
        TrainingFailed: when a part fails; the others are not waited for.
    """
    context = multiprocessing.get_context("fork")
    waiting = list(parts)
    running: dict[Connection, BaseProcess] = {}
    try:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1) + SPARE:
                receiver, sender = context.Pipe(duplex=False)
                child = context.Process(target=_run, args=(work, waiting.pop(0), sender), daemon=True)
                child.start()
                sender.close()
                running[receiver] = child
            for receiver in [ready for ready in wait(list(running)) if isinstance(ready, Connection)]:
                try:
                    event = receiver.recv()
                except EOFError:
                    process = running.pop(receiver)
                    process.join()
                    if process.exitcode:
                        raise TrainingFailed(f"a training process ended with exit code {process.exitcode}") from None
                    continue
                if isinstance(event, str):
                    raise TrainingFailed(event)
                progress.report(*event)
    finally:
        for process in running.values():
            process.kill()


def _run(work: Callable[[str], None], part: str, sender: Connection) -> None:
    with progress.listening(lambda *event: sender.send(event)):
        try:
            work(part)
        except Exception as error:
            sender.send(f"{part}: {type(error).__name__}: {error}")
    sender.close()
