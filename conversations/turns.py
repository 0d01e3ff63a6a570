"""Whose turn it is, when more is said than can be answered at once.

So many turns of the bot are under way in a process, and no more. What waits is called in fair shares: of each
conversation one message at a time, since the others wait for its lock; conversations that are under way before new
ones, and each of them again only after the others that wait. There is room for so many messages; what finds none is
refused (`Busy`) before anything of it is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

AT_ONCE = 16
"""So many turns are under way at a time: enough to go on while some wait for the shop or the database."""

ROOM = 400
"""So many messages that are kept nowhere else are in a process at a time, until they are answered."""

ROOM_OF_ONE = 20
"""So many of them may be of one conversation."""

NEW_AFTER = 8
"""After so many turns that were preferred to a new conversation's, it is the new one's turn."""

MOMENT_SECONDS = 3.0
"""Who waits for so long is told that it takes a moment."""

LONGEST_SECONDS = 25.0
"""So long a message waits at most; shorter than `locks.WAIT_SECONDS`, for what comes after it in its conversation."""


class Busy(Exception):
    """There is more to answer than can be answered; it may be tried again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many messages wait for their turn; try again in {seconds:.0f} seconds")
        self.seconds = seconds


@dataclass(frozen=True, eq=False)
class _Waiting:
    since: float
    called: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Turns:
    """The turns of one process.

    Args:
        at_once: so many are under way at the same time.
        room: for so many messages, those included whose turn it is; new conversations are let into half of it.
        moment, longest: seconds, see `MOMENT_SECONDS` and `LONGEST_SECONDS`.
        clock: seconds.
    """

    def __init__(
        self,
        at_once: int = AT_ONCE,
        room: int = ROOM,
        moment: float = MOMENT_SECONDS,
        longest: float = LONGEST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._room = room
        self._moment = moment
        self._longest = longest
        self._clock = clock
        self._taken = 0
        self._inside = Counter[str]()
        self._preferred: deque[_Waiting] = deque()
        self._others: deque[_Waiting] = deque()
        self._passed_over = 0
        self._under_way = 0
        self.on_begin: Callable[[float], object] = lambda seconds: None
        """Told of each turn for how long it has waited."""
        self.on_change: Callable[[], object] = lambda: None
        """Told when another turn waits, begins or ends."""

    @property
    def waiting(self) -> int:
        """The turns that wait to begin."""
        return len(self._preferred) + len(self._others)

    @property
    def under_way(self) -> int:
        """The turns that have begun."""
        return self._under_way

    @contextmanager
    def let_in(self, conversation_id: str, *, kept: bool = False) -> Iterator[None]:
        """Let a message in for the `with` block.

        Args:
            kept: whether it is kept elsewhere until it is answered: it needs no place here, and is never refused.

        Raises:
            Busy: when there is no room for it.
        """
        inside, place = self._inside, 0 if kept else 1
        if place and (self._taken >= self._room or inside[conversation_id] >= ROOM_OF_ONE):
            raise self._busy()
        self._taken += place
        inside[conversation_id] += 1
        try:
            yield
        finally:
            self._taken -= place
            inside[conversation_id] -= 1
            if not inside[conversation_id]:
                del inside[conversation_id]

    def check_room_for_new(self) -> None:
        """Raises `Busy` where a message that is in would begin a conversation for which there is no room."""
        if self._taken > self._room // 2:
            raise self._busy()

    @asynccontextmanager
    async def turn(
        self, conversation_id: str, late: Callable[[], Awaitable[object]], *, new: bool
    ) -> AsyncIterator[None]:
        """One turn, for the `async with` block, as soon as it may begin; of a conversation one after the other.

        Args:
            late: called when it has not begun after a moment.
            new: whether it is a conversation's first.

        Raises:
            Busy: when it may not begin for too long.
        """
        waiting = _Waiting(self._clock())
        # Who says many things at once has no precedence in any of them.
        preferred = not new and self._inside[conversation_id] <= 1
        queue = self._preferred if preferred else self._others
        queue.append(waiting)
        self._call()
        try:
            if not waiting.called.done():
                await self._wait(waiting, late)
        except BaseException:
            self._leave(waiting, queue)
            raise
        self.on_begin(self._clock() - waiting.since)
        try:
            yield
        finally:
            self._end()

    async def _wait(self, waiting: _Waiting, late: Callable[[], Awaitable[object]]) -> None:
        await asyncio.wait([waiting.called], timeout=self._moment)
        if waiting.called.done():
            return
        await late()
        await asyncio.wait([waiting.called], timeout=self._longest - self._moment)
        if not waiting.called.done():
            raise self._busy()

    def _call(self) -> None:
        while self._under_way < self._at_once and self.waiting:
            self._under_way += 1
            self._next().called.set_result(None)
        self.on_change()

    def _next(self) -> _Waiting:
        if self._preferred and (not self._others or self._passed_over < NEW_AFTER):
            self._passed_over = self._passed_over + 1 if self._others else 0
            return self._preferred.popleft()
        self._passed_over = 0
        return self._others.popleft()

    def _leave(self, waiting: _Waiting, queue: deque[_Waiting]) -> None:
        """Go without one's turn, also when one has just been called."""
        if waiting.called.done():
            self._end()
        else:
            queue.remove(waiting)
            self.on_change()

    def _end(self) -> None:
        self._under_way -= 1
        self._call()

    def _busy(self) -> Busy:
        """What waits now will wait about as long as what has waited the longest."""
        longest = [queue[0].since for queue in (self._preferred, self._others) if queue]
        return Busy(max(self._clock() - min(longest, default=self._clock()), 1.0))
