import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

# Every room that defines tables is imported here, and only here.
import bot.tables  # noqa: F401
import connectors.widget.tables  # noqa: F401
import conversations.tables  # noqa: F401
import desk.tables  # noqa: F401
import knowledge_base.gaps.tables  # noqa: F401
import mail.tables  # noqa: F401
import shop.tables  # noqa: F401
from storage import Base, Database, DatabaseUnavailable, migrate
from storage.migrate import SCRIPTS, oldest_that_fits

NEWEST = str(ScriptDirectory(str(SCRIPTS)).get_current_head())[:4]


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_migrations_and_metadata_agree(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert set(Base.metadata.tables) <= await connection.run_sync(tables)


async def test_naming_of_constraints_agrees(database: Database) -> None:
    # compare_metadata does not look at the names of keys and constraints.
    def names(connection: Connection) -> set[str | None]:
        found: set[str | None] = set()
        for table in Base.metadata.tables:
            found |= {key["name"] for key in inspect(connection).get_foreign_keys(table)}
            found.add(inspect(connection).get_pk_constraint(table)["name"])
        return found

    wanted = set()
    for table in Base.metadata.tables.values():
        wanted |= {str(key.name) for key in table.foreign_key_constraints} | {str(table.primary_key.name)}
    async with database.engine.connect() as connection:
        assert await connection.run_sync(names) == wanted


async def test_down_and_up_again(database_url: str) -> None:
    from alembic import command

    from storage.migrate import alembic_config

    database = Database(database_url)
    async with database.engine.begin() as connection:

        def down(sync: Connection) -> None:
            command.downgrade(alembic_config(sync), "base")

        await connection.run_sync(down)
        assert await connection.run_sync(tables) == {"alembic_version"}
    await database.close()
    await asyncio.to_thread(migrate, database_url)
    async with database.engine.connect() as connection:
        assert "shop_orders" in await connection.run_sync(tables)
    await database.close()


def test_several_processes_may_start_at_once(empty_database_url: str) -> None:
    forkserver = multiprocessing.get_context("forkserver")
    forkserver.set_forkserver_preload(["storage"])
    start_together = forkserver.Barrier(4).wait
    with ProcessPoolExecutor(4, forkserver, initializer=start_together) as processes:
        for done in [processes.submit(migrate, empty_database_url) for _ in range(4)]:
            done.result()


async def test_a_failed_migration_leaves_nothing_behind(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    create_index = op.create_index

    def fail_late(name: str, *args: object, **kwargs: object) -> object:
        if "shipments" in name:
            raise RuntimeError("the power went out")
        return create_index(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(op, "create_index", fail_late)
    with pytest.raises(RuntimeError, match="power"):
        await asyncio.to_thread(migrate, empty_database_url)
    database = Database(empty_database_url)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(tables) == set()
    await database.close()


async def test_a_database_of_a_newer_release_is_refused(database: Database, database_url: str) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnavailable, match="newer"):
        await asyncio.to_thread(migrate, database_url)


async def test_a_database_of_a_newer_release_that_this_one_fits_still_is_left_alone(
    database: Database, database_url: str
) -> None:
    # A server that is replaced, or rolled back to, starts again while others have gone on.
    async with database.session() as session:
        await session.execute(text(f"UPDATE alembic_version SET version_num = '9999_since_{NEWEST}'"))
    await asyncio.to_thread(migrate, database_url)
    async with database.session() as session:
        assert await session.scalar(text("SELECT version_num FROM alembic_version")) == f"9999_since_{NEWEST}"
        await session.execute(text("UPDATE alembic_version SET version_num = '9999_since_9998'"))
    with pytest.raises(DatabaseUnavailable, match="newer"):
        await asyncio.to_thread(migrate, database_url)


def test_each_migration_says_which_releases_it_leaves_behind() -> None:
    scripts = ScriptDirectory(str(SCRIPTS))
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    assert [name[:4] for name in revisions] == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    oldest = [oldest_that_fits(name) for name in revisions]
    assert oldest == sorted(oldest)  # who was left behind once is so for good
    assert all(since <= name[:4] for since, name in zip(oldest, revisions, strict=True))


def test_unreachable_database() -> None:
    with pytest.raises(DatabaseUnavailable, match=r"postgresql://ann:\*\*\*@127\.0\.0\.1:1/shop"):
        migrate("postgresql://ann:secret@127.0.0.1:1/shop")
