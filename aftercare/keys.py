"""The keys that columns with personal data are encrypted with."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

# Every room with encrypted columns, so that none is left out.
import shop.aftersales_tables
import shop.tables  # noqa: F401
from aftercare.errors import ConfigurationError
from aftercare.secret import load_secret
from aftercare.settings import Settings
from storage import Database, DecryptionError, Keyring, migrate
from storage.rotation import is_prepared, reencrypt

Result = TypeVar("Result")


def load_keyring(settings: Settings) -> Keyring:
    """The keys of the settings, and after them the secret, which is the only one where none are set.

    Raises:
        ConfigurationError: as `load_secret` does.
    """
    secret = load_secret(settings).decode()
    return Keyring([*settings.encryption_key_list, secret], secret)


def prepare_storage(settings: Settings, database: Database) -> None:
    """Bring the tables up to date, and encrypt what is not encrypted yet.

    The connections are closed: they belong to an event loop of its own.

    Raises:
        ConfigurationError: where the keys do not open what is stored.
        storage.DatabaseUnavailable: when the database cannot be reached.
    """
    migrate(settings.database)

    async def encrypt() -> None:
        try:
            if not await is_prepared(database):
                await reencrypt(database)
        finally:
            await database.close()

    _run(encrypt())


def rotate(settings: Settings, database: Database) -> Counter[str]:
    """Encrypt everything with the first key: how many rows were written, by table. Raises as `prepare_storage` does."""
    migrate(settings.database)

    async def work() -> Counter[str]:
        try:
            return await reencrypt(database)
        finally:
            await database.close()

    return _run(work())


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except DecryptionError as error:
        raise ConfigurationError(
            f"AFTERCARE_ENCRYPTION_KEYS: {error}. It was encrypted with another key, or with another AFTERCARE_SECRET; "
            "add that one at the end of the list."
        ) from error
