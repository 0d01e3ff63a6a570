"""Work that is done ahead."""

import sys
import threading
from collections.abc import Iterator

from structlog.testing import capture_logs

from aftercare.warming import WarmUp

PATIENCE = 10


class Pieces:
    """Pieces of work, the last of which waits until it is let go."""

    def __init__(self, count: int) -> None:
        self.done = 0
        self.at_the_last = threading.Event()
        self.go_on = threading.Event()
        self._count = count

    def __iter__(self) -> Iterator[None]:
        for number in range(1, self._count + 1):
            if number == self._count:
                self.at_the_last.set()
                assert self.go_on.wait(PATIENCE)
            self.done += 1
            yield


def test_all_of_it_is_done() -> None:
    usual = sys.getswitchinterval()
    pieces = Pieces(3)
    pieces.go_on.set()
    finished = threading.Event()

    def work() -> Iterator[None]:
        yield from pieces
        finished.set()

    warm_up = WarmUp(work())
    warm_up.start()
    assert finished.wait(PATIENCE)
    warm_up.stop(PATIENCE)
    assert pieces.done == 3
    assert sys.getswitchinterval() == usual


def test_no_piece_is_begun_after_it_is_stopped() -> None:
    pieces = Pieces(2)
    begun = threading.Event()

    def work() -> Iterator[None]:
        yield from pieces
        begun.set()
        yield

    warm_up = WarmUp(work())
    warm_up.start()
    assert pieces.at_the_last.wait(PATIENCE)
    # Without waiting for the piece, which is let go only then.
    warm_up.stop(patience=0)
    pieces.go_on.set()
    warm_up.stop(PATIENCE)
    assert pieces.done == 2
    assert not begun.is_set()


def test_a_failure_is_logged_and_ends_it() -> None:
    failing = threading.Event()

    def work() -> Iterator[None]:
        yield
        failing.set()
        raise RuntimeError("broken data")

    warm_up = WarmUp(work())
    with capture_logs() as logs:
        warm_up.start()
        assert failing.wait(PATIENCE)
        warm_up.stop(PATIENCE)
    assert [entry["event"] for entry in logs] == ["warm_up.failed"]
