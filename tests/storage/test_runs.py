"""Runs of guided modes on both databases: every value as it was, one writer wins, what is old or deleted is gone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from assistant.config import RetentionSettings
from assistant.domain.dialogues import Absent, Reply, Session
from assistant.errors import NotThere, RunMissing
from assistant.storage import codes, retention, tables
from assistant.storage.database import Database
from assistant.storage.runs import Runs
from tests.storage.conftest import Clock

REPLIES = (
    Reply("welcome", True),
    Reply("organisation", "Spółdzielnia „Żuraw”\ndruga linia \x00\ud800"),
    Reply("stage", absent=Absent.UNKNOWN, note="zapytać w gminie"),
    Reply("trust", 4),
    Reply("budget", Decimal("1200.50")),
    Reply("services", ("audits", "training")),
    Reply("members", ({"name": "Fala", "kind": "", "fee": None}, {"name": "Mewa", "kind": "core", "fee": Decimal(5)})),
)
SESSION = Session("", "trial", 1, "d1", "pl", REPLIES)


@pytest.fixture
def runs(database: Database, clock: Clock) -> Runs:
    return Runs(database, RetentionSettings(), clock)


def test_every_value_comes_back_as_it_was(runs: Runs) -> None:
    code, run = runs.begin(SESSION, "text of the definition")
    assert run.session == replace(SESSION, id=run.id)
    assert runs.open(code) == run
    assert runs.definition("d1") == "text of the definition"


def test_of_two_who_change_the_same_revision_one_wins(runs: Runs) -> None:
    _, run = runs.begin(SESSION, "")
    first = runs.change(run, replace(run.session, replies=REPLIES[:1]))
    assert first is not None
    assert (first.revision, len(first.session.replies)) == (1, 1)
    assert runs.change(run, replace(run.session, replies=())) is None
    assert len(runs.read(run.id).session.replies) == 1


def test_a_run_that_moved_to_another_version_keeps_that_definition(runs: Runs) -> None:
    _, run = runs.begin(SESSION, "one")
    moved = runs.change(run, replace(run.session, version=2, digest="d2"), "two")
    assert moved is not None
    assert (moved.session.version, runs.definition("d2")) == (2, "two")


def test_a_run_lives_as_long_as_it_is_opened_and_written_to(runs: Runs, clock: Clock) -> None:
    code, run = runs.begin(SESSION, "")
    clock.go(days=179)
    changed = runs.change(run, run.session)
    assert changed is not None
    clock.go(days=179)
    assert runs.open(code).id == run.id
    clock.go(days=2)
    with pytest.raises(RunMissing):
        runs.open(code)


def test_a_deleted_run_is_gone(runs: Runs) -> None:
    code, run = runs.begin(SESSION, "")
    runs.remove(run)
    with pytest.raises(RunMissing):
        runs.open(code)
    with pytest.raises(NotThere):
        runs.read(run.id)
    assert runs.change(run, run.session) is None


def test_old_runs_and_definitions_nobody_needs_are_thrown_away(runs: Runs, database: Database, clock: Clock) -> None:
    runs.begin(SESSION, "old")
    clock.go(days=181)
    runs.begin(replace(SESSION, digest="d2"), "new")
    steady = retention.Steady("boot", 0.0)
    retention.run(database, RetentionSettings(), clock, lambda: steady)
    clock.go(hours=1)
    gone = retention.run(database, RetentionSettings(), clock, lambda: retention.Steady("boot", 3600.0))
    assert (gone["runs"], gone["definitions"]) == (1, 1)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.runs)).scalar_one() == 1


@pytest.mark.parametrize("typed", ["0O1I-lL00-VUAB-CDEF", "0011 1100 VVAB CDEF", "0o1ill00vuabcdef"])
def test_letters_that_look_alike_are_taken_for_what_was_meant(typed: str) -> None:
    assert codes.digest(typed) == codes.digest("0011-1100-VVAB-CDEF")


def test_codes_do_not_come_twice() -> None:
    made = {codes.new() for _ in range(2000)}
    assert len(made) == 2000
    assert all(codes.digest(code) for code in made)
