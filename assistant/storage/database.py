"""One database, SQLite's file or PostgreSQL's server, and the transactions all stores work in.

Nothing connects before the first use, nothing keeps a connection between two calls, and whatever the
database raises comes out as DatabaseUnavailable. When the cause goes, the next call works.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import DatabaseUnavailable
from . import engines, schema
from .outages import DOWN, LOCKED, told
from .tables import CONTENT

POOL = 5  # connections a process; 100 threads share them (SECURITY row 31)
LOCK_SECONDS = 5.0  # to wait for another's lock
RESTART_SECONDS = 3.0  # to wait for a server that is being restarted; measured 0.3-0.9 with load
UPGRADE_SECONDS = 120.0  # to wait for another process that changes the tables

T = TypeVar("T")


class Database:
    """Transactions over one address; one instance serves all threads of a process."""

    def __init__(self, address: str, pool: int = POOL, lock_seconds: float = LOCK_SECONDS) -> None:
        self.address = url = engines.parse(address)
        self.file = engines.file_of(url)
        self._engine = engines.engine(url, pool, lock_seconds)
        self._reading = self._engine.execution_options(**{engines.READING: True})
        self._given_up = -math.inf  # when a server was last waited for in vain

    @property
    def files(self) -> list[Path]:
        """SQLite's files that are there now; none for PostgreSQL."""
        names = [f"{self.file}{end}" for end in ("", "-wal", "-shm", "-journal")] if self.file else []
        return [Path(name) for name in names if Path(name).exists()]

    # transactions

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, rolled back when something is raised inside."""
        with told(), self._connected(self._engine) as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees one state of the database."""
        with told(), self._connected(self._reading) as connection, connection.begin():
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction; once more when the server was lost meanwhile.

        The first try may have been committed without our hearing of it: done twice, `work` must come to the same.
        """
        try:
            with self.begin() as connection:
                return work(connection)
        except DatabaseUnavailable as error:
            if error.details["reason"] != DOWN:
                raise
        with self.begin() as connection:
            return work(connection)

    def insert(self, table: Table) -> Any:
        """INSERT that knows ON CONFLICT: both databases have it, SQLAlchemy's common INSERT has not."""
        return sqlite.insert(table) if self.file else postgresql.insert(table)

    def only_one(self, connection: Connection, table: Table) -> None:
        """Keep other writers off this table until the transaction ends; SQLite has one writer anyway."""
        if not self.file:
            connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")

    # tables

    def upgrade(self) -> None:
        """Make the database, or bring its tables to this version; of several starters one does it, the others wait.

        Raises DatabaseMismatch, before anything is written, for tables of a newer version or somebody else's.
        """
        if self.file and not self.file.exists():
            _make(self.file)
        deadline = time.monotonic() + UPGRADE_SECONDS
        while True:
            try:
                self._upgrade()
                self._pragma("journal_mode = WAL")  # kept in the file; readers do not wait for writers
                self.close()  # the connection that changed the mode is refused its first checkpoint (SQLite 3.40)
                return
            except DatabaseUnavailable as error:
                if error.details["reason"] != LOCKED or time.monotonic() > deadline:
                    raise

    def check(self) -> None:
        """Raises DatabaseMismatch unless the tables are of this version, DatabaseUnavailable for a damaged file."""
        with self.read() as connection:
            schema.check(connection)
            if self.file:
                schema.check_file(connection)

    def _upgrade(self) -> None:
        with self.read() as connection:
            if schema.is_current(connection):
                return
        with self.begin() as connection:
            if not self.file:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({schema.LOCK})")
            schema.upgrade(connection)

    # what is left of erased rows

    def checkpoint(self) -> bool:
        """Bring SQLite's log into its file and empty it; False when readers were in the way for too long."""
        return not self.file or self._pragma("wal_checkpoint(TRUNCATE)")[0] == 0

    def compact(self) -> None:
        """Write the content anew so that nothing of erased rows is left in the files; DatabaseUnavailable if not.

        PostgreSQL keeps its write-ahead log as it is told to (wal_recycle, min_wal_size), archives and replicas too.
        """
        if self.file:
            with told(), self._raw() as connection:
                connection.cursor().execute("VACUUM")
            if not self.checkpoint():
                raise DatabaseUnavailable(reason=LOCKED)
            return
        for table in CONTENT:
            self._order(f"VACUUM (FULL) {table.name}")
        with contextlib.suppress(DatabaseUnavailable):  # for superusers, whom we may not be
            self._order("SELECT pg_switch_wal()")
            self._order("CHECKPOINT")

    def size(self) -> int:
        """Bytes that `compact` has to write."""
        tables = ", ".join(f"('{table.name}')" for table in CONTENT)
        postgres = f"SELECT sum(pg_total_relation_size(name::regclass)) FROM (VALUES {tables}) AS content (name)"
        lite = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        with self.read() as connection:
            return int(connection.exec_driver_sql(lite if self.file else postgres).scalar_one())

    def close(self) -> None:
        """Close the connections that nobody uses; the next call opens new ones."""
        self._engine.dispose()

    # connections

    @contextmanager
    def _connected(self, engine: Any) -> Iterator[Connection]:
        """A connection; a server that is being restarted is waited for."""
        deadline = time.monotonic() + RESTART_SECONDS
        while True:
            try:
                with told():
                    connection = engine.connect()
                break
            except DatabaseUnavailable as error:
                if error.details["reason"] != DOWN:
                    raise
                now = time.monotonic()
                if now > deadline or now < self._given_up + RESTART_SECONDS:
                    self._given_up = now
                    raise
                time.sleep(0.1)
        with connection:
            yield connection

    def _order(self, text: str) -> None:
        """Something PostgreSQL does outside transactions."""
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with told(), self._connected(engine) as connection:
            connection.exec_driver_sql(text)

    @contextmanager
    def _raw(self) -> Iterator[Any]:
        """sqlite3's own connection, outside a transaction."""
        pooled = self._engine.raw_connection()
        try:
            yield pooled
        finally:
            pooled.close()

    def _pragma(self, text: str) -> tuple[Any, ...]:
        if not self.file:
            return ()
        with told(), self._raw() as connection:
            return tuple(connection.cursor().execute(f"PRAGMA {text}").fetchall()[0])


def _make(file: Path) -> None:
    """An empty file that only we may read; SQLite gives its log the same rights."""
    with told():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
