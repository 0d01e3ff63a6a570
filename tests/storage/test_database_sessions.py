import asyncio
import multiprocessing
import socket
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.schema import Column

import storage.database
from storage import Database, DatabaseUnavailable, UtcDateTime

notes = Table("notes", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime))


@pytest.fixture
async def noted(database: Database) -> AsyncIterator[Database]:
    async with database.session() as session:
        await (await session.connection()).run_sync(notes.create)
    yield database


async def count(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(notes)) or 0


async def test_session_commits_at_the_end(noted: Database) -> None:
    async with noted.session() as session:
        await session.execute(insert(notes).values(id=1))
    assert await count(noted) == 1


async def test_session_rolls_back_on_an_error(noted: Database) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with noted.session() as session:
            await session.execute(insert(notes).values(id=1))
            raise RuntimeError("changed my mind")
    assert await count(noted) == 0


async def test_a_mistake_in_a_statement_is_not_an_outage(noted: Database) -> None:
    with pytest.raises(IntegrityError):
        async with noted.session() as session:
            await session.execute(insert(notes).values(id=1))
            await session.execute(insert(notes).values(id=1))
    assert await count(noted) == 0


async def test_reading_changes_nothing(noted: Database) -> None:
    async with noted.reading() as connection:
        await connection.execute(insert(notes).values(id=1))
        assert await connection.scalar(select(func.count()).select_from(notes)) == 1
    assert await count(noted) == 0


async def test_concurrent_writers_wait_for_each_other(noted: Database) -> None:
    async def write(number: int) -> None:
        async with noted.session() as session:
            await session.execute(insert(notes).values(id=number))

    await asyncio.gather(*(write(number) for number in range(40)))
    assert await count(noted) == 40


async def test_a_writer_that_never_ends_is_not_waited_for(noted: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    if noted.name.startswith("postgresql"):
        pytest.skip("PostgreSQL has any number of writers")
    monkeypatch.setattr(storage.database, "BUSY_SECONDS", 0.05)
    async with noted.session():
        with pytest.raises(DatabaseUnavailable, match="writes for too long"):
            async with noted.writing():
                pytest.fail("two writers at once")
    assert await count(noted) == 0


async def test_moments_come_back_in_utc(noted: Database) -> None:
    moment = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    async with noted.session() as session:
        await session.execute(insert(notes).values(id=1, at=moment))
        found = await session.scalar(select(notes.c.at))
    assert found == moment
    assert found is not None and found.tzinfo is UTC


async def test_a_naive_datetime_is_refused(noted: Database) -> None:
    with pytest.raises(StatementError, match="naive datetime"):
        async with noted.session() as session:
            await session.execute(insert(notes).values(id=1, at=datetime(2026, 1, 1)))


async def test_usable_again_after_close(noted: Database) -> None:
    await noted.close()
    await noted.ping()


async def test_a_server_that_goes_away_is_an_outage(noted: Database) -> None:
    if not noted.name.startswith("postgresql"):
        pytest.skip("SQLite has no server")
    for way in (noted.session, noted.reading):
        with pytest.raises(DatabaseUnavailable):
            async with way() as victim, noted.session() as other:
                pid = await victim.scalar(text("SELECT pg_backend_pid()"))
                await other.execute(text(f"SELECT pg_terminate_backend({pid})"))
                await victim.execute(select(notes))
    await noted.ping()


async def test_sqlite_is_tuned_and_its_folder_created(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/not/yet/there.db")
    async with database.session() as session:
        pragmas = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    await database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1}


@pytest.mark.parametrize(
    "url",
    ["mysql://u:secret@h/d", "postgres://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "secret", ""],
)
def test_other_urls_are_refused_by_what_is_accepted(url: str) -> None:
    with pytest.raises(ValueError, match=r"accepted are sqlite:///.* or postgresql://") as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_ssl_mode_of_libpq_is_understood() -> None:
    assert Database("postgresql://u@h/d?sslmode=require").engine.url.query == {"ssl": "require"}


async def test_unreachable_server_says_so_at_once_without_the_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        database = Database(f"postgresql://ann:secret@127.0.0.1:{port}/shop")
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match=rf"postgresql://ann:\*\*\*@127\.0\.0\.1:{port}/shop") as caught:
            await database.ping()
        assert time.monotonic() - started < 2
        assert "secret" not in str(caught.value)
        await database.close()


async def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert storage.database.CONNECT_SECONDS <= 3
    monkeypatch.setattr(storage.database, "CONNECT_SECONDS", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        database = Database(f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/shop")
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            await database.ping()
        assert time.monotonic() - started < 2
        await database.close()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("just some notes, quite a lot of them" * 100)
    for url in (f"sqlite:///{tmp_path}/notes.txt", f"sqlite:///{tmp_path}/notes.txt/inside.db"):
        database = Database(url)
        with pytest.raises(DatabaseUnavailable, match="notes.txt"):
            await database.ping()
        await database.close()


async def _use(database: Database) -> None:
    await database.ping()
    await database.close()


def test_a_forked_child_has_connections_of_its_own(database_url: str) -> None:
    database = Database(database_url)

    async def fork_while_connected() -> None:
        await database.ping()
        child = multiprocessing.get_context("fork").Process(target=_in_a_thread, args=(database,))
        child.start()
        await asyncio.to_thread(child.join, 10)
        assert child.exitcode == 0
        await _use(database)

    asyncio.run(fork_while_connected())


def _in_a_thread(database: Database) -> None:
    # In the child's main thread the parent's event loop seems to run.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_use(database))).result()
