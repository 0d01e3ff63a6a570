"""Deleting what has been kept long enough."""

from sqlalchemy import ColumnElement, Table, delete, func, select

from storage.database import Database


async def forget(database: Database, target: Table, *conditions: ColumnElement[bool], dry_run: bool = False) -> int:
    """Delete the rows of which the conditions are true, or with `dry_run` only count them; returns how many they are.

    Raises `DatabaseUnavailable` when the database is away.
    """
    if dry_run:
        async with database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(target).where(*conditions)) or 0
    async with database.writing() as connection:
        return (await connection.execute(delete(target).where(*conditions))).rowcount
