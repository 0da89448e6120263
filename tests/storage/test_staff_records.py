"""The audit log, the switch and the numbers that stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from assistant.domain.conversations import AuditEntry, SwitchState
from assistant.storage.audit import Audit
from assistant.storage.counts import Count, Counts
from assistant.storage.database import Database
from assistant.storage.switch import Switch
from tests.storage.conftest import NOON, Clock

DAY = date(2026, 11, 22)


def test_the_log_tells_who_did_what_newest_first(database: Database, clock: Clock) -> None:
    log = Audit(database, clock)
    log.note("ala", "document_published", "klaster.pdf", pages=12)
    clock.go(hours=-1)  # set back: the order stays
    log.note("ola", "signed_in")
    published = AuditEntry(NOON, "ala", "document_published", "klaster.pdf", {"pages": "12"})
    assert log.entries() == [AuditEntry(clock.now, "ola", "signed_in", "", {}), published]
    assert log.entries(action="document_published") == [published]
    assert log.entries(1, 1) == [published]


def test_the_switch_is_open_until_somebody_closes_it(database: Database, clock: Clock) -> None:
    switch = Switch(database, clock)
    assert switch.state() == SwitchState(open=True)
    switch.close("Przerwa techniczna do 14.00", "ala")
    assert Switch(database, clock).state() == SwitchState(False, "Przerwa techniczna do 14.00", "ala", NOON)
    clock.go(hours=1)
    switch.open("ola")
    assert switch.state() == SwitchState(True, "", "ola", clock.now)


def test_each_turn_of_the_switch_is_in_the_log(database: Database, clock: Clock) -> None:
    switch = Switch(database, clock)
    switch.close("awaria", "ala")
    switch.open("ola")
    said = [(entry.actor, entry.action, entry.details["reason"]) for entry in Audit(database, clock).entries()]
    assert said == [("ola", "switch_opened", ""), ("ala", "switch_closed", "awaria")]


def test_questions_are_counted_by_day_and_kind(database: Database) -> None:
    counts = Counts(database)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: counts.note([Count(DAY, "page", "", "pl", "answered", 1)]), range(40)))
    counts.note([Count(DAY, "widget", "region", "en", "not_found", 1)])
    counts.note([Count(date(2026, 11, 21), "page", "", "pl", "answered", 1)])
    assert counts.series(DAY) == [
        Count(DAY, "page", "", "pl", "answered", 40),
        Count(DAY, "widget", "region", "en", "not_found", 1),
    ]
    assert [count.day.day for count in counts.series(date(2026, 1, 1))] == [21, 22, 22]
