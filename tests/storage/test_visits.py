"""A token opens a visit until nothing was asked for a while; what is kept opens nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assistant.errors import VisitMissing
from assistant.storage import tables, tokens
from assistant.storage.addresses import Addresses
from assistant.storage.database import Database
from tests.storage.conftest import NOON, Clock, Desk, answer


def test_a_token_opens_its_visit(desk: Desk) -> None:
    token = desk.visits.begin("region")
    visit = desk.visits.of(token)
    assert (visit.site, visit.created_at) == ("region", NOON)
    assert visit.expires_at == NOON + timedelta(minutes=30)
    assert tokens.is_token(token)
    assert visit.id != token


def test_only_the_hash_of_a_token_is_kept(desk: Desk) -> None:
    token = desk.visits.begin("")
    with desk.database.read() as connection:
        rows = [value for row in connection.execute(select(tables.visits)) for value in row]
    assert token not in rows
    assert tokens.digest(token) in rows
    with pytest.raises(VisitMissing):
        desk.visits.of(tokens.digest(token))


@pytest.mark.parametrize(
    "token", ["", "A" * 43, "A" * 42, "A" * 44, "ą" * 43, "A" * 42 + "\n", "' OR 1=1 --" + "A" * 32]
)
def test_no_other_token_opens_anything(desk: Desk, token: str) -> None:
    desk.visits.begin("")
    with pytest.raises(VisitMissing):
        desk.visits.of(token)


ENDS = [
    ({"minutes": 29}, True, "a moment before the idle time is over"),
    ({"minutes": 30}, False, "nothing asked for half an hour"),
    ({"hours": -1}, True, "the clock is set back by an hour"),
    ({"hours": -9}, False, "from farther ahead than a visit lasts: it would live for ever"),
    ({"days": 31}, False, "the clock jumps ahead"),
]


@pytest.mark.parametrize(("by", "open_", "why"), ENDS, ids=[why for *_, why in ENDS])
def test_a_visit_ends(desk: Desk, clock: Clock, by: dict[str, float], open_: bool, why: str) -> None:
    token = desk.visits.begin("")
    clock.go(**by)
    if open_:
        assert desk.visits.of(token)
    else:
        with pytest.raises(VisitMissing):
            desk.visits.of(token)


def test_questions_keep_a_visit_alive_for_eight_hours_and_no_longer(desk: Desk, clock: Clock) -> None:
    token = desk.visits.begin("")
    made = desk.conversations.create(desk.visits.of(token), "pl")
    for _ in range(23):
        clock.go(minutes=20)
        desk.conversations.add(desk.visits.of(token), made.id, answer())
    assert desk.visits.of(token).expires_at == NOON + timedelta(hours=8)
    clock.go(minutes=20)
    with pytest.raises(VisitMissing):
        desk.visits.of(token)


# ---- addresses -----------------------------------------------------------------------------------

SAME = [
    ("192.0.2.7", " 192.0.2.7 ", True, "spaces"),
    ("192.0.2.7", "::ffff:192.0.2.7", True, "the same machine seen by a socket for both kinds"),
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True, "one subscriber has 2^64 addresses"),
    ("2001:db8:1:2::1", "2001:db8:1:3::1", False, "another subscriber"),
    ("192.0.2.7", "192.0.2.8", False, "another machine"),
    ("::1", "0.0.0.1", False, "a small IPv6 number is no IPv4 address"),
    ("unix", "unix", True, "no address at all"),
]


@pytest.mark.parametrize(("one", "other", "same", "why"), SAME, ids=[why for *_, why in SAME])
def test_addresses_are_told_apart_by_subscriber(
    database: Database, clock: Clock, one: str, other: str, same: bool, why: str
) -> None:
    addresses = Addresses(database, clock)
    assert (addresses.hash(one) == addresses.hash(other)) is same


def test_all_servers_hash_alike_and_yesterdays_key_is_thrown_away(database: Database, clock: Clock) -> None:
    here, there = Addresses(database, clock), Addresses(database, clock)
    today = here.hash("192.0.2.7")
    assert there.hash("192.0.2.7") == today
    clock.go(days=1)
    assert here.hash("192.0.2.7") != today
    with database.read() as connection:
        assert len(connection.execute(select(tables.keys)).all()) == 1


def test_without_a_database_addresses_are_still_told_apart(tmp_path: object, clock: Clock) -> None:
    addresses = Addresses(Database(f"sqlite:///{tmp_path}/gone/x.sqlite3"), clock)
    assert addresses.hash("192.0.2.7") == addresses.hash("192.0.2.7") != addresses.hash("192.0.2.8")
