"""The ground floor: one engine, one metadata, one line of migrations.

Rooms above define their tables on `Base` and read and write them in `Database.session()`. SQLite by default,
PostgreSQL when there is more than one process; the URL decides, the code is the same. No table is known here.
Columns with personal data are encrypted (`Encrypted`, `BlindIndex`).
Rows that wait for something to be done are claimed (`claim`) and dealt with while the server runs (`Workers`).

>>> migrate("sqlite:///var/aftercare.db")            # at start, before the event loop
>>> database = Database("sqlite:///var/aftercare.db")
>>> async with database.session() as session:
...     session.add(row)                             # committed at the end, rolled back on an error
"""

from storage.base import Base, UtcDateTime, insertion, table
from storage.claims import claim, moments, pause
from storage.database import Database
from storage.encryption import BlindIndex, DecryptionError, Encrypted, EncryptedJson, Keyring
from storage.errors import DatabaseUnavailable
from storage.exclusion import exclude_others
from storage.forgetting import forget
from storage.migrate import migrate
from storage.redis_server import redis_client, redis_options
from storage.workers import Queue, Workers, remind

__all__ = [
    "Base",
    "BlindIndex",
    "Database",
    "DatabaseUnavailable",
    "DecryptionError",
    "Encrypted",
    "EncryptedJson",
    "Keyring",
    "Queue",
    "UtcDateTime",
    "Workers",
    "claim",
    "exclude_others",
    "forget",
    "insertion",
    "migrate",
    "moments",
    "pause",
    "redis_client",
    "redis_options",
    "remind",
    "table",
]
