"""Encrypting anew what is stored: after a change of keys, and once what is from before there were any."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Column, Row, String, Table, Text, literal, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import Base
from storage.database import Database
from storage.encryption import BlindIndex, Encrypted, Keyring, is_encrypted

BATCH = 200
"""So many rows are written in one transaction."""


async def is_prepared(database: Database) -> bool:
    """Whether the first and the last row of each table are encrypted, and found by the present secret.

    Raises `storage.DecryptionError` where the keys do not open them.
    """
    keyring = _keyring(database)
    async with database.reading() as connection:
        for target, encrypted, indexes in _targets():
            (key,) = target.primary_key
            for order in (key, key.desc()):
                row = (await connection.execute(_raw(target, encrypted, indexes).order_by(order).limit(1))).first()
                if row is not None:
                    plain = [
                        column for column in encrypted if (stored := _of(row, column)) and not is_encrypted(stored)
                    ]
                    if plain or _stale_indexes(keyring, row, indexes):
                        return False
    return True


async def reencrypt(database: Database) -> Counter[str]:
    """Encrypt everything with the first key, and make blind indexes anew: how many rows were written, by table.

    It may be broken off and begun again, and others may read and write meanwhile: a row that somebody changes at the
    same moment is left to the next run, and is encrypted with the first key of whoever wrote it.

    Raises `storage.DecryptionError` for what no key opens; the rows before it are done.
    """
    keyring = _keyring(database)
    written: Counter[str] = Counter()
    for target, encrypted, indexes in _targets():
        (key,) = target.primary_key
        page, last = _raw(target, encrypted, indexes).order_by(key).limit(BATCH), None
        while True:
            async with database.writing() as connection:
                rows = (await connection.execute(page if last is None else page.where(key > last))).all()
                for row in rows:
                    if changes := _changes(keyring, row, encrypted) | _stale_indexes(keyring, row, indexes):
                        written[target.name] += await _write(connection, target, row, changes)
            if not rows:
                break
            last = rows[-1][0]
    if written and database.engine.dialect.name == "sqlite":
        await _vacuum(database)
    return written


def _keyring(database: Database) -> Keyring:
    if database.keyring is None:
        raise ValueError(f"{database!r} has no keyring")
    return database.keyring


def _targets() -> list[tuple[Table, list[Column[Any]], list[Column[Any]]]]:
    """The tables with encrypted columns: those, and their blind indexes."""
    targets = [
        (
            target,
            [column for column in target.c if isinstance(column.type, Encrypted)],
            [column for column in target.c if isinstance(column.type, BlindIndex)],
        )
        for target in Base.metadata.sorted_tables
    ]
    return [each for each in targets if each[1]]


def _raw(target: Table, *columns: list[Column[Any]]) -> Any:
    """The key of a table and its columns as they are stored."""
    (key,) = target.primary_key
    return select(key, *(type_coerce(column, Text).label(column.name) for some in columns for column in some))


def _of(row: Row[Any], column: Column[Any]) -> str | None:
    stored: str | None = row._mapping[column.name]
    return stored


def _changes(keyring: Keyring, row: Row[Any], encrypted: list[Column[Any]]) -> dict[str, str]:
    return {
        column.name: keyring.encrypt(keyring.decrypt(stored))
        for column in encrypted
        if (stored := _of(row, column)) is not None and not keyring.is_current(stored)
    }


def _stale_indexes(keyring: Keyring, row: Row[Any], indexes: list[Column[Any]]) -> dict[str, str]:
    found = {}
    for column in indexes:
        kind = column.type
        assert isinstance(kind, BlindIndex)
        searched = kind.key(keyring.decrypt(row._mapping[kind.of] or ""))
        if searched and _of(row, column) != (digest := keyring.digest(searched)):
            found[column.name] = digest
    return found


async def _write(connection: AsyncConnection, target: Table, row: Row[Any], changes: dict[str, str]) -> int:
    (key,) = target.primary_key
    unchanged = [type_coerce(target.c[name], Text).is_not_distinct_from(row._mapping[name]) for name in changes]
    values = {name: literal(value, String()) for name, value in changes.items()}
    return (await connection.execute(update(target).where(key == row[0], *unchanged).values(values))).rowcount


async def _vacuum(database: Database) -> None:
    """SQLite leaves what was overwritten in the file's free pages, and in its log."""
    async with database.reading(long=True) as connection:
        await connection.exec_driver_sql("VACUUM")
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
