"""What went wrong with a database, in our words: every error of SQLAlchemy and its drivers becomes one of ours.

The drivers' own sentences may hold what a person wrote and stay here; the log tells the kind of failure.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..errors import DatabaseUnavailable

log = logging.getLogger(__name__)

LOCKED, READ_ONLY, FULL, GONE = "database_locked", "database_read_only", "database_full", "database_gone"
DAMAGED, BUSY, DOWN, FAILED = "database_damaged", "database_busy", "database_down", "database_failed"
REASONS = (LOCKED, READ_ONLY, FULL, GONE, DAMAGED, BUSY, DOWN, FAILED)

SQLITE = {  # https://sqlite.org/rescode.html, by the low byte
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CANTOPEN: GONE,
    sqlite3.SQLITE_IOERR: GONE,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
POSTGRESQL = {  # SQLSTATE or its class; https://www.postgresql.org/docs/current/errcodes-appendix.html
    "55P03": LOCKED,
    "40P01": LOCKED,
    "25006": READ_ONLY,
    "53100": FULL,
    "53": BUSY,
    "57P": DOWN,
    "08": DOWN,
    "58": GONE,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}
DISK = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY, errno.EACCES: READ_ONLY, errno.EPERM: READ_ONLY}


@contextmanager
def told() -> Iterator[None]:
    """Turns what a database raises inside into DatabaseUnavailable(reason); our own errors pass."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        reason = reason_of(error)
        log.warning("%s: %s", reason, _kind(error))
        raise DatabaseUnavailable(reason=reason) from None


def reason_of(error: Exception) -> str:
    """One of REASONS; FAILED when it is none that an operator could mend."""
    if isinstance(error, PoolTimeout):
        return BUSY
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF, FAILED)
    if isinstance(cause, OSError):
        return DISK.get(cause.errno or 0, GONE)
    state = getattr(cause, "sqlstate", None)
    if state:
        return next((POSTGRESQL[state[:n]] for n in (5, 3, 2) if state[:n] in POSTGRESQL), FAILED)
    lost = isinstance(error, DBAPIError) and (
        error.connection_invalidated or type(cause).__name__ == "OperationalError"
    )
    return DOWN if lost else FAILED  # psycopg names no state when there is no server to name one


def _kind(error: Exception) -> str:
    """For the log: class, code, and the message where it names tables and files and never values."""
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or ""
    code = getattr(cause, "sqlite_errorname", None) or state
    names_only = isinstance(cause, sqlite3.OperationalError | OSError) or state.startswith("42")  # 42: our own mistakes
    return " ".join(filter(None, (type(cause).__name__, code, str(cause).partition("\n")[0] if names_only else "")))
