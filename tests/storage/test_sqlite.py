"""SQLite in the thread of the event loop."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, text

import storage.database
from storage import Database, DatabaseUnavailable

FOREVER = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Database]:
    """A database that another program may open too."""
    database = Database(f"sqlite:///{tmp_path}/shared.db")
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
    yield database
    await database.close()


@pytest.fixture
def other(tmp_path: Path, shared: Database) -> AsyncIterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "shared.db", isolation_level=None)) as connection:
        yield connection


async def write(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO notes DEFAULT VALUES"))


async def count(database: Database) -> int:
    async with database.reading() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM notes")) or 0)


async def test_while_another_process_writes_the_loop_goes_on(shared: Database, other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(write(shared))
    # Readers do not wait for a writer, and these have their turn between its attempts.
    assert [await count(shared) for _ in range(5)] == [0] * 5
    assert not writing.done()
    other.execute("COMMIT")
    await asyncio.wait_for(writing, 5)
    assert await count(shared) == 1


async def test_who_writes_for_too_long_is_not_waited_for(
    shared: Database, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shared.close()
    monkeypatch.setattr(storage.database, "BUSY_SECONDS", 0.05)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="locked"):
        await write(shared)
    other.execute("ROLLBACK")
    await write(shared)
    assert await count(shared) == 1


async def threads_of(database: Database, *, long: bool) -> set[int]:
    """The threads in which a query is run."""
    found = set()

    def note(number: int) -> int:
        found.add(threading.get_ident())
        return number

    async with database.reading(long=long) as connection:
        fairy = await connection.get_raw_connection()
        await fairy.driver_connection.create_function("note", 1, note)  # type: ignore[union-attr]
        await connection.execute(text("SELECT note(1)"))
    return found


async def test_only_what_reads_long_is_run_in_another_thread(shared: Database) -> None:
    here = {threading.get_ident()}
    assert await threads_of(shared, long=False) == here
    assert await threads_of(shared, long=True) != here
    # The connection went back into the pool.
    assert await threads_of(shared, long=False) == here


async def test_a_long_query_ends_when_nobody_waits_for_it(shared: Database) -> None:
    async def read_for_ever(begun: asyncio.Event) -> None:
        async with shared.reading(long=True) as connection:
            begun.set()
            await connection.execute(FOREVER)

    begun = asyncio.Event()
    reading = asyncio.create_task(read_for_ever(begun))
    await begun.wait()
    assert await count(shared) == 0
    reading.cancel()
    with pytest.raises((asyncio.CancelledError, DatabaseUnavailable)):
        await asyncio.wait_for(reading, 5)
    await write(shared)
    assert await count(shared) == 1


async def test_tasks_take_turns_between_transactions(shared: Database) -> None:
    order = []

    async def read(name: str) -> None:
        for _ in range(3):
            await count(shared)
            order.append(name)

    await asyncio.gather(read("a"), read("b"))
    assert order == ["a", "b"] * 3


async def test_a_transaction_asks_no_more_than_it_has_to(shared: Database) -> None:
    said = []
    engine = shared.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *called: said.append(called[2]))
    await write(shared)
    assert said == ["INSERT INTO notes DEFAULT VALUES"]
