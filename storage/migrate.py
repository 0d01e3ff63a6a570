"""Bringing a database's tables up to what the code expects."""

import asyncio
import logging
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, event, text

from storage.database import Database
from storage.errors import DatabaseUnavailable

SCRIPTS = Path(__file__).with_name("migrations")

# Any number that nothing else on the server locks: the bytes of a name.
ADVISORY_LOCK = int.from_bytes(b"AFTRCARE", "big")


def migrate(url: str, revision: str = "head") -> None:
    """Upgrades the database at `url` to `revision`; does nothing when it is there already.

    All of it is one transaction: after an error the database is as it was. Several processes may call it at
    the same time; one does the work while the others wait. It runs its own event loop, so call it before the
    program's, or in a thread.

    Raises `ValueError` for a URL that is not supported, `DatabaseUnavailable` when the database cannot be
    reached or was migrated by a newer release.
    """
    asyncio.run(_migrate(Database(url), revision))


async def _migrate(database: Database, revision: str) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    engine = database.engine.sync_engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin_immediate)
    try:
        async with database.session() as session:
            connection = await session.connection()
            if engine.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            await connection.run_sync(_upgrade, revision)
    except CommandError as error:
        raise DatabaseUnavailable(
            f"the database {database.name} does not fit this release; was it used by a newer one? ({error})"
        ) from error
    finally:
        await database.close()


def alembic_config(connection: Connection) -> Config:
    """What Alembic's commands need to work on a connection; there is no `alembic.ini`."""
    config = Config()
    # Alembic's options are %-interpolated.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(alembic_config(connection), revision)


def _leave_transactions_to_us(connection: Any, record: object) -> None:
    # The sqlite3 module would open transactions by itself, but not for CREATE TABLE.
    connection.isolation_level = None


def _begin_immediate(connection: Connection) -> None:
    # Takes SQLite's write lock at once: other processes wait here.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
