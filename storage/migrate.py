"""Bringing a database's tables up to what the code expects."""

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, event, text

from storage.database import Database
from storage.errors import DatabaseUnavailable

logger = structlog.get_logger()

SCRIPTS = Path(__file__).with_name("migrations")

# Any number that nothing else on the server locks: the bytes of a name.
ADVISORY_LOCK = int.from_bytes(b"AFTRCARE", "big")

REVISION = re.compile(r"(?P<number>\d{4})(?:_since_(?P<since>\d{4}))?")
"""The names of revisions. After `0016_since_0014`, releases that know 0014 can still work with the database;
after a plain `0016`, only those that know 0016.
"""


def migrate(url: str, revision: str = "head") -> None:
    """Upgrades the database at `url` to `revision`; does nothing when it is there already.

    All of it is one transaction: after an error the database is as it was. Several processes may call it at
    the same time; one does the work while the others wait. A database that a newer release has migrated is left
    as it is, if the name of its revision says that this one can work with it. It runs its own event loop, so call
    it before the program's, or in a thread.

    Raises `ValueError` for a URL that is not supported, `DatabaseUnavailable` when the database cannot be
    reached, or was migrated by a newer release and does not fit this one any more.
    """
    # Changing a large table, or waiting for whoever does, may take its time.
    asyncio.run(_migrate(Database(url, patience=None), revision))


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


def oldest_that_fits(revision: str) -> str:
    """The number of the revision that a release has to know, to work with a database of this one.

    Raises `ValueError` for a name that is none of `REVISION`.
    """
    name = REVISION.fullmatch(revision)
    if name is None:
        raise ValueError(f"{revision!r} is no name of a revision, such as 0016 or 0016_since_0014")
    return name["since"] or name["number"]


def _upgrade(connection: Connection, revision: str) -> None:
    config = alembic_config(connection)
    present = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    newest = scripts.get_current_head()
    if present and newest and present not in known and _fits(present, newest):
        logger.warning("database.newer", revision=present, known=newest)
        return
    command.upgrade(config, revision)


def _fits(present: str, newest: str) -> bool:
    """Whether a release whose newest revision is `newest` can work with a database that is further."""
    if not REVISION.fullmatch(present):
        return False
    return oldest_that_fits(present) <= newest[:4]


def _leave_transactions_to_us(connection: Any, record: object) -> None:
    # The sqlite3 module would open transactions by itself, but not for CREATE TABLE.
    connection.driver_connection.isolation_level = None


def _begin_immediate(connection: Connection) -> None:
    # Takes SQLite's write lock at once: other processes wait here.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
