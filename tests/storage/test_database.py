"""How a database gets its tables: from nothing, by several starters at once, never over somebody else's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from assistant.errors import DatabaseMismatch, DatabaseUnavailable
from assistant.storage import schema
from assistant.storage.database import Database
from assistant.storage.tables import metadata
from tests.databases import Postgres
from tests.storage.conftest import Desk

ROOT = Path(__file__).resolve().parents[2]
UPGRADE = (
    "import sys; from assistant.storage.database import Database\n"
    "input(); made = Database(sys.argv[1]); made.upgrade(); made.check()"
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.system)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        name = "bare"
        server.order(f"DROP DATABASE IF EXISTS {name} (FORCE)")
        opened = Database(server.make(name))
    else:
        opened = Database(f"sqlite:///{tmp_path}/bare.sqlite3")
    yield opened
    opened.close()


def address(database: Database) -> str:
    return database.address.render_as_string(hide_password=False)


def tables(database: Database) -> set[str]:
    with database.read() as connection:
        return set(inspect(connection).get_table_names())


def test_the_revisions_make_the_tables_the_program_knows(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": schema.VERSIONS})
        assert compare_metadata(context, metadata) == []
    database.check()


def test_a_second_upgrade_does_nothing(empty: Database) -> None:
    empty.upgrade()
    token = Desk(empty).visits.begin("")
    empty.upgrade()
    assert Desk(empty).visits.of(token)


def test_two_processes_may_make_one_database(empty: Database) -> None:
    call = [sys.executable, "-c", UPGRADE, address(empty)]
    starters = [
        subprocess.Popen(call, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "ab"
    ]
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("\n")
        starter.stdin.flush()
    said = [starter.communicate(timeout=60)[1] for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0], said
    empty.check()
    assert Desk(empty).visits.begin("")


def test_a_newer_database_is_left_alone(empty: Database) -> None:
    empty.upgrade()
    with empty.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {schema.VERSIONS} SET version_num = '9999'")
        connection.exec_driver_sql("DROP TABLE sweeps")
    empty.checkpoint()
    before = empty.file.read_bytes() if empty.file else b""
    for act in (empty.upgrade, empty.check):
        with pytest.raises(DatabaseMismatch) as refused:
            act()
        assert refused.value.details == {"built": "9999", "wanted": schema.head()}
    assert "sweeps" not in tables(empty)
    if empty.file:
        empty.checkpoint()
        assert empty.file.read_bytes() == before


def test_somebody_elses_tables_are_left_alone(empty: Database) -> None:
    if empty.file:
        empty.file.touch()
    with empty.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE messages (theirs TEXT)")
    with pytest.raises(DatabaseMismatch):
        empty.upgrade()
    assert tables(empty) == {"messages"}


def test_a_database_may_be_shared_with_tables_of_other_names(empty: Database) -> None:
    if empty.file:
        empty.file.touch()
    with empty.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('theirs')")
    empty.upgrade()
    empty.check()
    assert {"alembic_version", "messages"} <= tables(empty)


def test_a_revision_that_fails_leaves_nothing_half_done(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = schema.upgrade

    def failing(connection):  # type: ignore[no-untyped-def]
        upgrade(connection)
        connection.exec_driver_sql("SELECT no_such_column FROM sweeps")

    monkeypatch.setattr(schema, "upgrade", failing)
    with pytest.raises(DatabaseUnavailable):
        empty.upgrade()
    assert tables(empty) == set()
    monkeypatch.undo()
    empty.upgrade()
    empty.check()


def test_without_tables_a_check_says_so(empty: Database) -> None:
    if empty.file:
        empty.file.touch()
    with pytest.raises(DatabaseMismatch):
        empty.check()


def test_nothing_connects_before_the_first_use(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path}/data/x.sqlite3").close()
    Database("postgresql://nobody:secret@192.0.2.1:1/none").close()
    assert list(tmp_path.iterdir()) == []


def test_what_sqlite_needs_is_set_on_each_connection(sqlite_template: Path) -> None:
    database = Database(f"sqlite:///{sqlite_template}", pool=2)
    wanted = {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "synchronous": 1, "busy_timeout": 5000}
    with database.read() as first, database.read() as second:
        for connection in (first, second):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert found == wanted
    database.close()
