"""The metadata that every room's tables share, and the column types that the databases do not agree on."""

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import DateTime, Dialect, MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# Constraints get the same names on every database, so that migrations can name them.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table in the house."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def table(row: type[Base]) -> Table:
    """The bare table of a mapped class, for statements that are to be cheap."""
    return cast(Table, row.__table__)


def insertion(connection: AsyncConnection, target: Table) -> Any:
    """An `INSERT` that knows `ON CONFLICT`, which both databases have and SQLAlchemy has only for each."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(target)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes in (any zone), aware datetimes in UTC out, on SQLite too.

    A naive datetime raises `ValueError` (wrapped in SQLAlchemy's `StatementError`): it says no moment.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}; give it a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        # SQLite keeps no zone; what was stored is UTC.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
