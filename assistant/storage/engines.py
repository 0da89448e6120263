"""Connections to SQLite and PostgreSQL, set up the way we need them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DisconnectionError

from ..errors import ConfigError

SETTING = "database"
READING = "reading"  # execution option: this connection will not write
POOL_SECONDS = 10  # to wait for a connection of the pool
CONNECTING = {"connect_timeout": 3, "keepalives_idle": 10, "tcp_user_timeout": 10_000}  # libpq: s, s, ms
PRAGMAS = ("foreign_keys = ON", "secure_delete = ON", "synchronous = NORMAL")


def parse(address: str) -> URL:
    """The address of a SQLite file or of a PostgreSQL server; ConfigError for any other."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise ConfigError(setting=SETTING, reason="database_address") from None
    kind = url.get_backend_name()
    if kind in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite" or url.database in (None, "", ":memory:"):
        raise ConfigError(setting=SETTING, reason="database_address")
    return url


def file_of(url: URL) -> Path | None:
    """SQLite's file; None for PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return None
    name = url.database or ""
    return Path(unquote(name.removeprefix("file:"))) if name.startswith("file:") else Path(name)


def engine(url: URL, pool: int, wait: float) -> Engine:
    """Connects when first used, at most `pool` times at once; waits `wait` seconds for what another has locked."""
    file = file_of(url)
    return _postgresql(url, pool, wait) if file is None else _sqlite(url, file, pool, wait)


def _make(url: URL, pool: int, **options: Any) -> Engine:
    return create_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,  # what people wrote stands in no error
        **options,
    )


def _postgresql(url: URL, pool: int, wait: float) -> Engine:
    wanted = {**CONNECTING, "options": f"-c lock_timeout={int(wait * 1000)}"}
    given = {name: value for name, value in wanted.items() if name not in url.query}
    return _make(url, pool, pool_pre_ping=True, connect_args=given)


def _sqlite(url: URL, file: Path, pool: int, wait: float) -> Engine:
    """`mode=rw`: a file that went away is not replaced by an empty one."""
    if not (url.database or "").startswith("file:"):
        url = url.set(database=f"file:{quote(str(file))}", query={"mode": "rw", "uri": "true"})
    made = _make(url, pool, connect_args={"timeout": wait})

    @event.listens_for(made, "connect")
    def opened(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin where `begun` says, not where sqlite3 guesses
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        record.info["file"] = _identity(file)

    @event.listens_for(made, "checkout")
    def taken(connection: Any, record: Any, proxy: Any) -> None:
        if record.info["file"] != _identity(file):  # removed or replaced: else we went on in a file without a name
            raise DisconnectionError()

    @event.listens_for(made, "begin")
    def begun(connection: Connection) -> None:
        """A writer locks at once and waits its turn; one that read before would be refused without waiting."""
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return made


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino
