"""Keeping others out of a transaction that has no row of its own to lock."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def exclude_others(connection: AsyncConnection, name: str) -> None:
    """Wait until no other process is in a transaction of this name; then this one is, to its end.

    On SQLite there is one transaction that writes at a time, and one process.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
