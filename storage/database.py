"""The engine: from a URL to sessions."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from storage import sqlite
from storage.encryption import Keyring
from storage.errors import ConnectionLost, DatabaseUnavailable, is_outage

ACCEPTED = "sqlite:///path/to/file.db or postgresql://user:password@host:5432/database"

CONNECT_SECONDS = 3.0
"""How long to wait for a PostgreSQL server to take a connection."""

ANSWER_SECONDS = 15.0
"""How long to wait for it to carry out a statement: reports read long, turns of the bot would not wait longer."""

BUSY_SECONDS = 5.0
"""How long a SQLite statement waits for another writer, and a task for a free connection of the pool."""


# Engines that a forked child got from its parent. They are neither used nor freed: the destructors of their
# connections would disturb the parent's sockets, which wait in an epoll set that both processes share.
_INHERITED: list[AsyncEngine] = []


class Database:
    """One database, reached through a small pool of connections.

    The engine is created at first use, and again in a forked child, which must not share its parent's
    connections. Its connections belong to one event loop: `close()` before using it in another.

    Args:
        url: of a SQLite file or a PostgreSQL server.
        keyring: of the encrypted columns (`storage.encryption`).
        patience: how long a statement may take on a PostgreSQL server, in seconds; None for as long as it likes.

    Raises `ValueError` for a URL that is neither SQLite nor PostgreSQL.
    """

    def __init__(self, url: str, keyring: Keyring | None = None, *, patience: float | None = ANSWER_SECONDS) -> None:
        self._url = async_url(url)
        self._patience = patience
        self.keyring = keyring
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
            self._engine = create_engine(self._url, self._patience)
            # Column types are given the dialect, and nothing else of the database.
            self._engine.dialect.keyring = self.keyring  # type: ignore[attr-defined]
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
        await self._give_way()
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
    async def reading(self, *, long: bool = False) -> AsyncIterator[AsyncConnection]:
        """A bare connection for reading: cheaper than a session. What is written is rolled back.

        Args:
            long: for a query over much of a table, for which other tasks are not to wait.

        Raises `DatabaseUnavailable` as `session()` does.
        """
        await self._give_way()
        async with self._connected(long=long) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection and a transaction: cheaper than a session; committed at the end, rolled back on an error.

        Raises `DatabaseUnavailable` as `session()` does.
        """
        # Before its turn: whoever has it lets nobody wait for tasks that write nothing.
        await self._give_way()
        async with self._turn_to_write(), self._connected() as connection:
            yield connection
            await connection.commit()

    @asynccontextmanager
    async def _connected(self, *, long: bool = False) -> AsyncIterator[AsyncConnection]:
        try:
            connection = await self.engine.connect()
        except Exception as error:
            raise self._unavailable(error) from error
        try:
            if long and self._in_loop:
                await _move_to_thread(connection)
            yield connection
        except Exception as error:
            if is_outage(error):
                raise self._unavailable(error) from error
            raise
        finally:
            await connection.close()

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        """Wait until this task may write. Raises `DatabaseUnavailable` when that takes longer than `BUSY_SECONDS`.

        SQLite has one writer at a time, and no order among those who wait. Here they are of this process, and come one
        after the other.
        """
        if not self._in_loop:
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

    async def _give_way(self) -> None:
        """Let other tasks have their turn: where statements run in the loop, nothing else waits for anything."""
        if self._in_loop:
            await asyncio.sleep(0)

    @property
    def _in_loop(self) -> bool:
        """Whether statements run in the thread of the event loop (`storage.sqlite`)."""
        return self._url.get_backend_name() == "sqlite"

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


def create_engine(url: URL, patience: float | None = ANSWER_SECONDS) -> AsyncEngine:
    """An engine for a URL from `async_url`; for the patience, see `Database`."""
    if url.get_backend_name() == "postgresql":
        # A ping before each use costs a round trip and survives a restart of the server unnoticed.
        engine = create_async_engine(
            url,
            pool_size=10,
            max_overflow=10,
            pool_timeout=BUSY_SECONDS,
            pool_pre_ping=True,
            connect_args={"timeout": CONNECT_SECONDS, "command_timeout": patience},
        )
        event.listen(engine.sync_engine, "handle_error", _tell_lost)
        return engine
    path = Path(url.database or "").absolute()

    async def connect() -> sqlite.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite.Connection(str(path), BUSY_SECONDS)

    engine = create_async_engine(url, async_creator=connect, pool_size=5, max_overflow=5, pool_timeout=BUSY_SECONDS)
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "checkin", _stay_in_loop)
    return engine


def _tell_lost(context: ExceptionContext) -> None:
    # The driver does not count it among its errors, and SQLAlchemy would use the connection again.
    if isinstance(context.original_exception, OSError):
        context.is_disconnect = True
        raise ConnectionLost(str(context.original_exception) or "no answer in time")


async def _move_to_thread(connection: AsyncConnection) -> None:
    """Have a SQLite connection's statements run in a thread until it is given back to the pool."""
    fairy = await connection.get_raw_connection()
    driver = fairy.driver_connection
    assert isinstance(driver, sqlite.Connection)
    driver.in_thread = True


def _stay_in_loop(connection: Any, record: object) -> None:
    # There is none any more where it was closed meanwhile.
    if connection is not None:
        connection.driver_connection.in_thread = False


def _set_pragmas(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    # Readers and the writer do not wait for each other, and a commit does not wait for the disk. A power
    # failure may cost the last commits, never the file; the death of the process costs nothing.
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
