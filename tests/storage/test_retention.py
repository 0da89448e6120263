"""What is old goes, when two runs an hour apart agree; a clock gone wrong for a moment erases nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from assistant.config import RetentionSettings, StaffSettings
from assistant.domain.conversations import Rating, Role
from assistant.storage import retention, tables
from assistant.storage.accounts import Accounts
from assistant.storage.audit import Audit
from assistant.storage.counts import Count, Counts
from assistant.storage.retention import Steady
from tests.storage.conftest import NOON, Clock, Desk, answer

NOTHING = {
    "feedback": 0,
    "conversations": 0,
    "visits": 0,
    "runs": 0,
    "workshops": 0,
    "definitions": 0,
    "audit": 0,
    "counts": 0,
    "staff_sessions": 0,
    "tries": 0,
    "keys": 0,
}


@dataclass
class Machine:
    """Time as it passes on a machine: both clocks go; the wall's may also be set."""

    desk: Desk
    settings: RetentionSettings
    now: Steady = field(default_factory=lambda: Steady("boot 1", 100_000.0))

    def pass_(self, **by: float) -> None:
        self.desk.clock.go(**by)
        self.now = Steady(self.now.boot, self.now.seconds + timedelta(**by).total_seconds())

    def set_clock(self, **by: float) -> None:
        self.desk.clock.go(**by)

    def reboot(self) -> None:
        self.now = Steady(self.now.boot + "'", 10.0)

    def run(self) -> dict[str, int]:
        return retention.run(self.desk.database, self.settings, self.desk.clock, lambda: self.now)

    def conversations(self) -> int:
        with self.desk.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(tables.conversations)).scalar_one())


@pytest.fixture
def machine(desk: Desk) -> Machine:
    visit = desk.visits.of(desk.visits.begin(""))
    made = desk.conversations.create(visit, "pl")
    message = desk.conversations.add(visit, made.id, answer())
    desk.feedback.give(visit, message.id, Rating.OTHER, "uwaga")
    return Machine(desk, RetentionSettings())


def test_what_is_old_goes_after_the_second_run(machine: Machine) -> None:
    machine.pass_(days=30, hours=1)
    assert machine.run() == NOTHING
    machine.pass_(hours=1)
    assert machine.run() == NOTHING | {"feedback": 1, "conversations": 1, "visits": 1}
    with machine.desk.database.read() as connection:
        left = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.CONTENT
        }
    assert set(left.values()) == {0}


def test_what_is_not_old_stays(machine: Machine) -> None:
    for _ in range(29):
        machine.pass_(days=1)
        assert machine.run() == NOTHING
    assert machine.conversations() == 1


def test_a_visit_stays_as_long_as_its_conversations(machine: Machine) -> None:
    desk = machine.desk
    empty = desk.visits.begin("")
    machine.pass_(days=20)
    visit = desk.visits.of(desk.visits.begin(""))
    desk.conversations.create(visit, "pl")
    machine.pass_(days=11)
    machine.run()
    machine.pass_(hours=2)
    assert machine.run()["visits"] == 2  # the empty one and the one whose conversation went in the same run
    assert empty
    assert machine.conversations() == 1


def test_two_runs_at_once_do_not_agree(machine: Machine) -> None:
    machine.pass_(days=31)
    assert [machine.run() for _ in range(3)] == [NOTHING] * 3
    machine.pass_(minutes=59)
    assert machine.run() == NOTHING


def test_frequent_runs_agree_after_an_hour(machine: Machine) -> None:
    machine.pass_(days=31)
    removed = 0
    for _ in range(61):
        removed += machine.run()["conversations"]
        machine.pass_(minutes=1)
    assert removed == 1


JUMPS = [
    ({"days": 31}, {"minutes": 30}, "ahead by a month for half an hour"),
    ({"days": 3650}, {"minutes": 59}, "ahead by ten years for an hour"),
    ({"hours": 1}, {"hours": 1}, "a night in which summer begins, on a machine that keeps local time"),
    ({"hours": -1}, {"hours": 1}, "a night in which it ends"),
    ({"days": -3650}, {"hours": 3}, "back by ten years"),
]


@pytest.mark.parametrize(("by", "for_", "why"), JUMPS, ids=[why for *_, why in JUMPS])
def test_a_clock_that_is_wrong_for_a_while_erases_nothing(
    machine: Machine, by: dict[str, float], for_: dict[str, float], why: str
) -> None:
    machine.run()
    machine.pass_(hours=1)
    machine.run()
    machine.set_clock(**by)
    machine.run()
    machine.pass_(**for_)
    machine.run()
    machine.set_clock(**{unit: -value for unit, value in by.items()})
    for _ in range(5):
        machine.run()
        machine.pass_(hours=1)
    assert machine.conversations() == 1


def test_after_a_restart_of_the_machine_a_run_only_takes_notes(machine: Machine) -> None:
    machine.pass_(days=31)
    machine.run()
    machine.reboot()
    machine.pass_(hours=1)
    assert machine.run() == NOTHING
    machine.pass_(hours=1)
    assert machine.run()["conversations"] == 1


def test_each_class_has_its_days(machine: Machine, clock: Clock) -> None:
    database = machine.desk.database
    accounts = Accounts(database, StaffSettings(), clock)
    accounts.create("ala", "żółta łódź podwodna", Role.ADMIN)
    accounts.sign_in("ala", "żółta łódź podwodna", "192.0.2.7")
    Audit(database, clock).note("ala", "signed_in")
    Counts(database).note([Count(NOON.date(), "page", "", "pl", "answered", 1)])
    gone_after = {}
    for days in (1, 3, 29, 31, 729, 731, 1824, 1826):
        machine.pass_(seconds=(NOON + timedelta(days=days) - clock.now).total_seconds())
        machine.run()
        machine.pass_(hours=1)
        gone_after |= {name: days for name, rows in machine.run().items() if rows}
    assert gone_after == {
        "staff_sessions": 3,
        "keys": 3,
        "conversations": 31,
        "feedback": 31,
        "visits": 31,
        "audit": 731,
        "counts": 1826,
    }
    assert [account.name for account in accounts.list()] == ["ala"]


def test_the_notes_do_not_pile_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "NOTES", 5)
    for _ in range(9):
        machine.run()
        machine.pass_(minutes=20)
    with machine.desk.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.sweeps)).scalar_one() == 5


def test_the_machines_own_clock_goes_on() -> None:
    first, second = retention.steady(), retention.steady()
    assert first.boot == second.boot
    assert first.seconds <= second.seconds
