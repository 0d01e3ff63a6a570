"""What can go wrong on the ground floor, and how to tell it from a mistake in a query."""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# Primary SQLite result codes that speak of the file, not of the statement.
_SQLITE_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}

# SQLSTATE classes of PostgreSQL: connection lost, insufficient resources, operator intervention.
_SQLSTATE_UNAVAILABLE = ("08", "53", "57P")


class ConnectionLost(Exception):
    """A connection gave no answer in time, or broke."""


class DatabaseUnavailable(Exception):
    """The database cannot be reached or used. The message names its URL, without the password."""


def is_outage(error: Exception) -> bool:
    """Whether an error means that the database is away, rather than that a statement is wrong."""
    if isinstance(error, PoolTimeoutError | ConnectionLost):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    # The low byte is the primary code; the rest of an extended code refines it.
    if (code := getattr(error.orig, "sqlite_errorcode", None)) is not None:
        return code & 0xFF in _SQLITE_UNAVAILABLE
    return str(getattr(error.orig, "sqlstate", None) or "").startswith(_SQLSTATE_UNAVAILABLE)
