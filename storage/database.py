"""The engine: from a URL to sessions."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.util import await_only

from storage.errors import DatabaseUnavailable, is_outage

ACCEPTED = "sqlite:///path/to/file.db or postgresql://user:password@host:5432/database"

CONNECT_SECONDS = 3.0
"""How long to wait for a PostgreSQL server to answer."""

BUSY_SECONDS = 5.0
"""How long a SQLite statement waits for another writer, and a task for a free connection of the pool."""

BUSY_PAUSE_SECONDS = 0.01
"""How long to wait before trying again what SQLite refused without waiting."""


# Engines that a forked child got from its parent. They are neither used nor freed: the destructors of their
# connections would disturb the parent's sockets, which wait in an epoll set that both processes share.
_INHERITED: list[AsyncEngine] = []


class Database:
    """One database, reached through a small pool of connections.

    The engine is created at first use, and again in a forked child, which must not share its parent's
    connections. Its connections belong to one event loop: `close()` before using it in another.

    Raises `ValueError` for a URL that is neither SQLite nor PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        self._url = async_url(url)
        self._engine: AsyncEngine | None = None
        self._owner = 0
        self._writer = asyncio.Lock()

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    @property
    def name(self) -> str:
        """The URL as it was given, its password hidden: fit for messages and logs."""
        return self._url.set(drivername=self._url.get_backend_name()).render_as_string(hide_password=True)

    @property
    def engine(self) -> AsyncEngine:
        """The engine of this process. Creating it opens no connection."""
        if self._engine is not None and self._owner != os.getpid():
            _INHERITED.append(self._engine)
            self._engine = None
        if self._engine is None:
            self._engine = create_engine(self._url)
            self._owner = os.getpid()
            self._writer = asyncio.Lock()
        return self._engine

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session and a transaction: committed at the end, rolled back on an error.

        On SQLite there is one of these, or of `writing()`, at a time in a process: a second one inside of the first
        would wait for it in vain.

        Raises `DatabaseUnavailable` when the database cannot be reached, or goes away in between.
        """
        async with self._turn_to_write(), AsyncSession(self.engine, expire_on_commit=False) as session:
            try:
                # Connect now: here every error is the connection's, later it may be the caller's.
                await session.connection()
            except Exception as error:
                raise self._unavailable(error) from error
            try:
                yield session
                await session.commit()
            except Exception as error:
                if is_outage(error):
                    raise self._unavailable(error) from error
                raise  # closing the session rolls back

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection for reading: cheaper than a session. What is written is rolled back.

        Raises `DatabaseUnavailable` as `session()` does.
        """
        try:
            connection = await self.engine.connect()
        except Exception as error:
            raise self._unavailable(error) from error
        try:
            yield connection
        except Exception as error:
            if is_outage(error):
                raise self._unavailable(error) from error
            raise
        finally:
            await connection.close()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection and a transaction: cheaper than a session; committed at the end, rolled back on an error.

        Raises `DatabaseUnavailable` as `session()` does.
        """
        async with self._turn_to_write(), self.reading() as connection:
            yield connection
            await connection.commit()

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        """Wait until this task may write. Raises `DatabaseUnavailable` when that takes longer than `BUSY_SECONDS`.

        SQLite has one writer at a time. Were the others of this process left to wait in SQLite, a connection would
        sleep with its mutex held, the garbage collector could meet one of its cursors and wait for that mutex with
        the interpreter's lock, and the writer would never come to its commit.
        """
        if self.engine.dialect.name != "sqlite":
            yield
            return
        writer = self._writer
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await writer.acquire()
        except TimeoutError as error:
            raise self._unavailable(TimeoutError("another task writes for too long")) from error
        try:
            yield
        finally:
            writer.release()

    async def ping(self) -> None:
        """Returns when the database answers a query; raises `DatabaseUnavailable` when it does not."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes the connections. The database can be used again afterwards."""
        if self._engine is not None:
            # In a forked child, `engine` is a new one: the parent's stays open.
            await self.engine.dispose()
            self._engine = None

    def _unavailable(self, error: Exception) -> DatabaseUnavailable:
        reason = str(getattr(error, "orig", None) or error) or type(error).__name__
        return DatabaseUnavailable(f"cannot use the database {self.name}: {reason}")


def async_url(url: str) -> URL:
    """The URL with the asynchronous driver of its database. Raises `ValueError`, naming what is accepted."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The text itself may hold a password: it is not repeated.
        raise ValueError(f"not a database URL; accepted are {ACCEPTED}") from None
    match parsed.drivername:
        case "sqlite":
            if not parsed.database or parsed.database == ":memory:" or parsed.host:
                raise ValueError(f"a SQLite URL names a file after three slashes; accepted are {ACCEPTED}")
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            # What libpq and hosting providers call sslmode, asyncpg calls ssl, with the same values.
            query = {"ssl" if key == "sslmode" else key: value for key, value in parsed.query.items()}
            return parsed.set(drivername="postgresql+asyncpg", query=query)
        case scheme:
            raise ValueError(f"databases of the kind {scheme!r} are not supported; accepted are {ACCEPTED}")


def create_engine(url: URL) -> AsyncEngine:
    """An engine for a URL from `async_url`."""
    if url.get_backend_name() == "postgresql":
        # A ping before each use costs a round trip and survives a restart of the server unnoticed.
        return create_async_engine(
            url,
            pool_size=10,
            max_overflow=10,
            pool_timeout=BUSY_SECONDS,
            pool_pre_ping=True,
            connect_args={"timeout": CONNECT_SECONDS},
        )
    # Each SQLite connection is a thread; they read in parallel and write one at a time.
    engine = create_async_engine(url, pool_size=5, max_overflow=5, pool_timeout=BUSY_SECONDS)
    event.listen(engine.sync_engine, "do_connect", _create_folder)
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


def _create_folder(dialect: object, record: object, arguments: list[Any], options: dict[str, Any]) -> None:
    Path(arguments[0]).parent.mkdir(parents=True, exist_ok=True)


def _set_pragmas(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    # First of all, since turning WAL on needs a lock itself.
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    # Readers and the writer do not wait for each other, and a commit does not wait for the disk. A power
    # failure may cost the last commits, never the file.
    _turn_wal_on(cursor)
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _turn_wal_on(cursor: Any) -> None:
    # Of several processes that open a new file, or one whose last connection is just being closed, SQLite lets
    # one turn WAL on and refuses the others at once, whatever their busy_timeout.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # The low byte is the code, the others say more about it.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        await_only(asyncio.sleep(BUSY_PAUSE_SECONDS))
