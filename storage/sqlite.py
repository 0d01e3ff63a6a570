"""SQLite in the thread of the event loop.

A statement of a turn takes some ten microseconds. Handing it to a thread and waiting for the answer takes ten times as
long, four times a statement, and each time the other thread has to wait for the interpreter's lock. So statements run
where they are called. What would hold up the loop does not: a statement that finds the file locked by another process
is tried again, with pauses in which the others go on, and what reads long is run in a thread when it says so.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.005
"""Between two attempts at what another process has locked."""


class Connection:
    """A connection as SQLAlchemy's dialect `aiosqlite` uses the one of that driver.

    Args:
        path: of the file.
        patience: seconds for which a statement is tried again where another process has the file locked.

    Raises `sqlite3.Error` when the file cannot be opened.
    """

    def __init__(self, path: str, patience: float) -> None:
        # Its own waiting would hold up the loop. Threads use it one after the other.
        self._connection = sqlite3.connect(path, timeout=0, check_same_thread=False)
        self._patience = patience
        self.in_thread = False
        """Whether statements run in a thread for the time being."""

    @property
    def isolation_level(self) -> Any:
        """See `sqlite3.Connection.isolation_level`."""
        return self._connection.isolation_level

    @isolation_level.setter
    def isolation_level(self, level: Any) -> None:
        self._connection.isolation_level = level

    async def cursor(self) -> Cursor:
        """A cursor."""
        return Cursor(self, self._connection.cursor())

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        """See `sqlite3.Connection.create_function`."""
        self._connection.create_function(*arguments, **options)

    async def commit(self) -> None:
        """Commit what was written."""
        await self.run(self._connection.commit)

    async def rollback(self) -> None:
        """Forget what was written."""
        self._connection.rollback()

    async def close(self) -> None:
        """Close it; again does nothing."""
        self.stop()

    def stop(self) -> None:
        """Close it at once."""
        self._connection.close()

    async def run(self, call: Callable[..., T], *arguments: Any) -> T:
        """Call something of this connection, again and again while another process has the file locked."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                if self.in_thread:
                    return await self._in_thread(call, *arguments)
                return call(*arguments)
            except sqlite3.OperationalError as error:
                if not _may_pass(error) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)

    async def _in_thread(self, call: Callable[..., T], *arguments: Any) -> T:
        running = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # Nobody else may use the connection before.
            self._connection.interrupt()
            await asyncio.wait([running])
            raise


def _may_pass(error: sqlite3.OperationalError) -> bool:
    """Whether an error says that another process has the file locked, and waiting helps."""
    # The low byte is the code, the others say more about it.
    code = error.sqlite_errorcode
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT


class Cursor:
    """A cursor of a `Connection`."""

    def __init__(self, connection: Connection, cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor

    @property
    def description(self) -> Any:
        """See `sqlite3.Cursor`, as for all below."""
        return self._cursor.description

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    async def execute(self, *arguments: Any) -> None:
        await self._connection.run(self._cursor.execute, *arguments)

    async def executemany(self, statement: str, rows: Iterable[Any]) -> None:
        # The rows may be read only once, and would be gone at a second attempt.
        await self._connection.run(self._cursor.executemany, statement, list(rows))

    async def fetchall(self) -> list[Any]:
        return await self._connection.run(self._cursor.fetchall)

    async def close(self) -> None:
        self._cursor.close()
