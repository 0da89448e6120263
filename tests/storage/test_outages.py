"""Locked, read-only, full, gone, damaged: said in our words, without a visitor's, and over when the cause is."""

from __future__ import annotations

import errno
import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from assistant.domain.conversations import Visit
from assistant.errors import ConfigError, DatabaseUnavailable
from assistant.storage import outages
from assistant.storage.database import Database
from assistant.storage.outages import BUSY, DAMAGED, DOWN, FAILED, FULL, GONE, LOCKED, READ_ONLY
from tests.databases import Postgres
from tests.storage.conftest import Desk, answer

SECRET = "Kowalska pyta o zaległości"


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    copy = folder / "assistant.sqlite3"
    copy.write_bytes(sqlite_template.read_bytes())
    return copy


@pytest.fixture
def one(file: Path) -> Iterator[Desk]:
    """Stores over a SQLite file by a single connection that does not wait long for locks."""
    desk = Desk(Database(f"sqlite:///{file}", pool=1, lock_seconds=0.2))
    yield desk
    desk.database.close()


def begun(desk: Desk) -> tuple[Visit, str]:
    visit = desk.visits.of(desk.visits.begin(""))
    return visit, desk.conversations.create(visit, "pl").id


def reason(desk: Desk, visit: Visit, conversation: str) -> str:
    """Why a message cannot be kept; "" when it was."""
    try:
        desk.conversations.add(visit, conversation, answer(SECRET, quotes=40))
    except DatabaseUnavailable as error:
        return str(error.details["reason"])
    return ""


def order(desk: Desk, text: str) -> object:
    """A PRAGMA on the one connection, which keeps it."""
    with desk.database.read() as connection:
        done = connection.exec_driver_sql(f"PRAGMA {text}")
        return done.scalar() if done.returns_rows else None


# ---- SQLite --------------------------------------------------------------------------------------


def test_locked_by_another_process_is_said_and_passes(one: Desk, file: Path) -> None:
    visit, conversation = begun(one)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); input(); c.execute('COMMIT')",
            str(file),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert reason(one, visit, conversation) == LOCKED
    assert one.conversations.read(visit, conversation).messages == ()  # reading goes on
    holder.communicate("\n", timeout=10)
    assert reason(one, visit, conversation) == ""


def test_a_writer_waits_its_turn(file: Path) -> None:
    desk = Desk(Database(f"sqlite:///{file}"))
    visit, conversation = begun(desk)
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, other.execute, ["COMMIT"])
    timer.start()
    assert reason(desk, visit, conversation) == ""
    timer.join()
    other.close()


def test_read_only_is_said_and_passes(one: Desk) -> None:
    visit, conversation = begun(one)
    order(one, "query_only = ON")
    assert reason(one, visit, conversation) == READ_ONLY
    assert one.conversations.read(visit, conversation).messages == ()
    order(one, "query_only = OFF")
    assert reason(one, visit, conversation) == ""


def test_a_file_opened_for_reading_only_can_be_read(one: Desk, file: Path) -> None:
    visit, conversation = begun(one)
    one.database.checkpoint()
    reading = Desk(Database(f"sqlite:///file:{file}?mode=ro&uri=true"), one.clock)
    assert reading.conversations.read(visit, conversation).messages == ()
    assert reason(reading, visit, conversation) == READ_ONLY
    reading.database.upgrade()  # nothing to do, so nothing to write
    reading.database.close()


def test_full_is_said_and_passes(one: Desk) -> None:
    visit, conversation = begun(one)
    pages = order(one, "page_count")
    order(one, f"max_page_count = {pages}")
    assert [reason(one, visit, conversation) for _ in range(9)][-1] == FULL
    kept = one.conversations.read(visit, conversation).messages
    order(one, "max_page_count = 100000")
    assert reason(one, visit, conversation) == ""
    assert len(one.conversations.read(visit, conversation).messages) == len(kept) + 1


def test_a_folder_taken_away_is_said_and_passes(one: Desk, file: Path) -> None:
    visit, conversation = begun(one)
    away = file.parent.rename(file.parent.with_name("away"))
    assert reason(one, visit, conversation) == GONE
    assert not file.parent.exists()
    file.parent.mkdir()
    assert reason(one, visit, conversation) == GONE
    assert list(file.parent.iterdir()) == []  # no empty database in the place of the lost one
    file.parent.rmdir()
    away.rename(file.parent)
    assert reason(one, visit, conversation) == ""


def test_a_file_put_back_from_a_copy_is_taken_up(one: Desk, file: Path) -> None:
    visit, conversation = begun(one)
    one.database.checkpoint()
    copy = file.read_bytes()
    reason(one, visit, conversation)
    for old in one.database.files:
        old.unlink()
    file.write_bytes(copy)
    assert one.conversations.read(visit, conversation).messages == ()
    assert reason(one, visit, conversation) == ""


@pytest.mark.parametrize("bytes_", [b"this is no database" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_said_and_left_alone(tmp_path: Path, bytes_: bytes) -> None:
    file = tmp_path / "x.sqlite3"
    file.write_bytes(bytes_)
    with pytest.raises(DatabaseUnavailable) as failed:
        Database(f"sqlite:///{file}").upgrade()
    assert failed.value.details["reason"] == DAMAGED
    assert file.read_bytes() == bytes_


def test_a_page_written_over_is_found_by_a_check(file: Path) -> None:
    desk = Desk(Database(f"sqlite:///{file}"))
    visit, conversation = begun(desk)
    for _ in range(5):
        reason(desk, visit, conversation)
    desk.database.check()
    desk.database.checkpoint()
    desk.database.close()
    with file.open("r+b") as stream:
        stream.seek(-8192, 2)
        stream.write(b"\xff" * 4096)
    with pytest.raises(DatabaseUnavailable) as failed:
        desk.database.check()
    assert failed.value.details["reason"] == DAMAGED


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailable) as failed:
        Database(f"sqlite:///{tmp_path}/file/data/x.sqlite3").upgrade()
    assert failed.value.details["reason"] == GONE


def test_only_the_owner_may_read_a_new_database(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path}/new/data/x.sqlite3")
    made.upgrade()
    Desk(made).visits.begin("")
    assert {oct(file.stat().st_mode & 0o777) for file in made.files} == {"0o600"}
    assert len(made.files) == 3
    assert oct((tmp_path / "new" / "data").stat().st_mode & 0o777) == "0o700"
    made.close()


@pytest.mark.parametrize("name", ["dane żółte", "a#b & c", "100%41", "co?x=1"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    made = Database(f"sqlite:///{quote(str(tmp_path / name / 'x.sqlite3'))}")
    made.upgrade()
    made.check()
    assert (tmp_path / name / "x.sqlite3").stat().st_size > 4096
    made.close()


# ---- all -----------------------------------------------------------------------------------------


def test_a_hundred_threads_share_five_connections(desk: Desk) -> None:
    visit, conversation = begun(desk)
    with ThreadPoolExecutor(100) as pool:
        said = list(pool.map(lambda _: reason(desk, visit, conversation), range(100)))
    assert set(said) == {""}
    assert len(desk.conversations.read(visit, conversation).messages) == 100


def test_no_error_and_no_log_repeats_what_a_visitor_wrote(one: Desk, caplog: pytest.LogCaptureFixture) -> None:
    visit, conversation = begun(one)
    order(one, "query_only = ON")
    with caplog.at_level(logging.DEBUG), pytest.raises(DatabaseUnavailable) as failed:
        one.conversations.add(visit, conversation, answer(SECRET))
    told = f"{failed.value!r} {failed.value.__cause__!r} {caplog.text}"
    assert "SQLITE_READONLY" in told
    assert not any(word in told for word in ("Kowalska", "Klaster", conversation, visit.id))


@pytest.mark.parametrize(
    "address", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://user:hunter2@host/x", "http://x"]
)
def test_an_address_of_no_database_of_ours_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Database(address)
    assert "hunter2" not in str(refused.value)


CAUSES = [
    (sqlite3.SQLITE_BUSY, LOCKED),
    (sqlite3.SQLITE_BUSY_SNAPSHOT, LOCKED),
    (sqlite3.SQLITE_LOCKED, LOCKED),
    (sqlite3.SQLITE_READONLY_DBMOVED, READ_ONLY),
    (sqlite3.SQLITE_FULL, FULL),
    (sqlite3.SQLITE_IOERR_WRITE, GONE),
    (sqlite3.SQLITE_CORRUPT_INDEX, DAMAGED),
    (sqlite3.SQLITE_NOTADB, DAMAGED),
    (sqlite3.SQLITE_CONSTRAINT, FAILED),
]


@pytest.mark.parametrize(("code", "told"), CAUSES)
def test_each_code_of_sqlite_has_its_reason(code: int, told: str) -> None:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    assert outages.reason_of(error) == told
    assert outages.reason_of(DBAPIError("SELECT", None, error)) == told


OTHERS = [
    (PoolTimeout(), BUSY, "no connection of the pool became free"),
    (OSError(errno.ENOSPC, "x"), FULL, "the disk, while the file is made"),
    (OSError(errno.EACCES, "x"), READ_ONLY, "no right to the folder"),
    (OSError(errno.EIO, "x"), GONE, "the disk itself"),
    (IntegrityError("INSERT", None, ValueError("x")), FAILED, "our own mistake"),
]


@pytest.mark.parametrize(("error", "told", "why"), OTHERS, ids=[why for *_, why in OTHERS])
def test_other_errors_have_their_reasons(error: Exception, told: str, why: str) -> None:
    assert outages.reason_of(error) == told
    with pytest.raises(DatabaseUnavailable), outages.told():
        raise error


# ---- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture
def server(postgres: Postgres, postgres_template: str) -> Iterator[Desk]:
    desk = Desk(Database(postgres.empty(postgres_template), lock_seconds=0.2))
    yield desk
    desk.database.close()


STATES = [
    ("53100", FULL),
    ("53300", BUSY),
    ("25006", READ_ONLY),
    ("55P03", LOCKED),
    ("40P01", LOCKED),
    ("57P01", DOWN),
    ("57P03", DOWN),
    ("58030", GONE),
    ("XX001", DAMAGED),
    ("22021", FAILED),
]


@pytest.mark.system
@pytest.mark.parametrize(("state", "told"), STATES)
def test_each_state_of_postgresql_has_its_reason(server: Desk, state: str, told: str) -> None:
    with pytest.raises(DatabaseUnavailable) as failed, server.database.begin() as connection:
        connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION '{SECRET}' USING ERRCODE = '{state}'; END $$")
    assert failed.value.details["reason"] == told


@pytest.mark.system
def test_a_table_locked_by_another_is_said_and_passes(server: Desk) -> None:
    visit, conversation = begun(server)
    with server.database.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        assert reason(server, visit, conversation) == LOCKED
    assert reason(server, visit, conversation) == ""


@pytest.mark.system
def test_a_server_made_read_only_is_said_and_passes(server: Desk, postgres: Postgres) -> None:
    visit, conversation = begun(server)
    name = server.database.address.database
    postgres.order(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    server.database.close()
    assert reason(server, visit, conversation) == READ_ONLY
    assert server.conversations.read(visit, conversation).messages == ()
    postgres.order(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    server.database.close()
    assert reason(server, visit, conversation) == ""


@pytest.mark.system
def test_a_server_that_is_away_is_said_and_passes(server: Desk, postgres: Postgres) -> None:
    visit, conversation = begun(server)
    postgres.stop()
    try:
        assert reason(server, visit, conversation) == DOWN
        started = time.monotonic()
        assert reason(server, visit, conversation) == DOWN
        assert time.monotonic() - started < 0.5  # who waited in vain does not make the next one wait
    finally:
        postgres.start()
    assert reason(server, visit, conversation) == ""


@pytest.mark.system
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_in_the_middle_loses_and_doubles_nothing(server: Desk, postgres: Postgres, mode: str) -> None:
    """Four people ask all the time while the server is restarted twice."""
    people = [begun(server) for _ in range(4)]
    done = threading.Event()
    kept: dict[str, list[str]] = {conversation: [] for _, conversation in people}
    failed: list[str] = []

    def ask(visit: Visit, conversation: str) -> None:
        while not done.is_set():
            try:
                kept[conversation].append(server.conversations.add(visit, conversation, answer()).id)
            except DatabaseUnavailable as error:
                failed.append(str(error.details["reason"]))
            time.sleep(0.005)

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(ask, *person) for person in people]
        for _ in range(2):
            time.sleep(0.3)
            postgres.restart(mode)
        time.sleep(0.3)
        done.set()
    assert all(future.exception() is None for future in waiting)
    assert failed == []
    for visit, conversation in people:
        stored = [message.id for message in server.conversations.read(visit, conversation).messages]
        assert stored == kept[conversation]


@pytest.mark.system
def test_a_write_whose_answer_was_lost_is_not_done_twice(server: Desk, postgres: Postgres) -> None:
    """The server goes away after it committed and before we heard of it."""
    visit, conversation = begun(server)
    tries = []

    class Unheard(Database):
        def write(self, work):  # type: ignore[no-untyped-def]
            def lost(connection):  # type: ignore[no-untyped-def]
                tries.append(work(connection))
                if len(tries) == 1:
                    connection.connection.dbapi_connection.commit()
                    postgres.restart("immediate")
                    connection.exec_driver_sql("SELECT 1")
                return tries[-1]

            return super().write(lost)

    desk = Desk(Unheard(server.database.address.render_as_string()), server.clock)
    message = desk.conversations.add(visit, conversation, answer())
    assert len(tries) == 2
    assert [stored.id for stored in server.conversations.read(visit, conversation).messages] == [message.id]
    desk.database.close()
