"""Both databases for tests: a migrated one each, SQLite's in a file, PostgreSQL's on a server of our own.

The server is started once a run (and process), as another user when we are root, for PostgreSQL refuses root;
it listens on a socket in its own folder only. Import the fixtures into a conftest.py:

    from tests.databases import address, database, postgres, sqlite_template  # noqa: F401
"""

from __future__ import annotations

import glob
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from assistant.storage.database import Database
from assistant.storage.tables import metadata

PROGRAMS = "/usr/lib/postgresql/*/bin"  # Debian keeps a server's programs off the PATH
OWNERS = ("postgres", "nobody")
TEMPLATE, USED = "migrated", "used"
CONFIG = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
max_connections = 40
shared_buffers = 16MB
wal_recycle = off
min_wal_size = 2MB
autovacuum = off
"""


INITDB = ["-U", "owner", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--wal-segsize=1"]


class Postgres:
    """A PostgreSQL server of our own."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._owner = _owner()
        self._used = ""
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.data = self.folder / "data"

    def create(self) -> None:
        """Make its folder and start it."""
        if self._owner:
            shutil.chown(self.folder, self._owner)
        self._run("initdb", "-D", str(self.data), *INITDB)
        with (self.data / "postgresql.conf").open("a") as config:
            config.write(CONFIG.format(folder=self.folder))
        self.start()

    def address(self, name: str, user: str = "owner") -> str:
        """Where a database of this server is."""
        return f"postgresql+psycopg://{user}@/{name}?host={quote(str(self.folder), safe='')}"

    def make(self, name: str, template: str = "template1") -> str:
        """The address of a new database."""
        self.order(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address(name)

    def empty(self, template: str) -> str:
        """The address of the one database that tests use in turn, with nothing in its tables."""
        if self._used:
            self.order(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE", USED)
        else:
            self._used = self.make(USED, template)
        return self._used

    def order(self, text: str, name: str = "postgres") -> None:
        """Something only the server's owner may do."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user="owner", dbname=name, autocommit=True) as connection:
            connection.execute(text)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; connections are cut."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def restart(self, mode: str = "fast") -> None:
        """Stop and start."""
        self.stop(mode)
        self.start()

    def remove(self) -> None:
        """Stop it, if it runs, and remove all of it."""
        subprocess.run(self._call("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop"), capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *call: str) -> None:
        # not captured by pipes: the server keeps them open
        with (self.folder / "said").open("ab") as said:
            done = subprocess.run(self._call(*call), stdout=said, stderr=said, cwd="/")
        if done.returncode:
            raise RuntimeError("\n".join(file.read_text() for file in self.folder.glob("[ls]*")))  # log and said

    def _call(self, program: str, *rest: str) -> list[str]:
        user = ["runuser", "-u", self._owner, "--"] if self._owner else []
        return [*user, str(self._programs / program), *rest]


def _owner() -> str | None:
    """Whom to run as when we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in OWNERS if name in known), None)


def programs() -> Path | None:
    """The folder of the newest server's programs; None when PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    found = [Path(name) for name in glob.glob(PROGRAMS) if (Path(name) / "initdb").exists()]
    newest = sorted(found, key=lambda folder: int("".join(re.findall(r"/(\d+)", str(folder))) or 0))
    return newest[-1] if newest else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server; the test is skipped without PostgreSQL."""
    found = programs()
    if found is None:
        pytest.skip("needs postgresql: make system")
    server = Postgres(found)
    try:
        server.create()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a database with our tables."""
    made = Database(postgres.make(TEMPLATE))
    made.upgrade()
    made.close()
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with our tables."""
    file = tmp_path_factory.mktemp("database") / "assistant.sqlite3"
    made = Database(f"sqlite:///{file}")
    made.upgrade()
    made.checkpoint()
    made.close()
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.system)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with our tables and nothing in them, on each of both."""
    if request.param == "postgresql":
        template = request.getfixturevalue("postgres_template")
        return str(request.getfixturevalue("postgres").empty(template))
    file = tmp_path / "data" / "assistant.sqlite3"
    file.parent.mkdir()
    shutil.copy(request.getfixturevalue("sqlite_template"), file)
    return f"sqlite:///{file}"


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """A database on each of both."""
    opened = Database(address)
    try:
        yield opened
    finally:
        opened.close()
