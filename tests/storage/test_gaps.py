"""Gaps are grouped by shared words, the same whatever the order; what few people asked is never shown."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from assistant.domain.answers import Status
from assistant.domain.conversations import GapGroup
from assistant.storage.gaps import Gaps
from tests.fakes import lemmas
from tests.storage.conftest import NOON, Desk, answer

ASKED = [  # (person, question, status)
    (1, "Ile wynosi wadium w przetargu?", Status.NOT_FOUND),
    (2, "Ile wynosi wadium w przetargu?", Status.NOT_FOUND),
    (3, "Jakie wadium w przetargu?", Status.PARTIAL),
    (3, "Ile wynosi wadium?", Status.NOT_FOUND),
    (1, "Czy fundacja płaci podatek od darowizny?", Status.NOT_FOUND),
    (2, "Podatek od darowizny fundacji", Status.NOT_FOUND),
    (4, "Kiedy święto lasu?", Status.NOT_FOUND),
    (4, "Kiedy święto lasu?", Status.NOT_FOUND),
    (4, "Kiedy święto lasu?", Status.NOT_FOUND),
    (5, "Co to jest klaster?", Status.ANSWERED),
    (5, "???", Status.NOT_FOUND),
]


def key(question: str) -> frozenset[str]:
    return frozenset(lemmas(question))


def fill(desk: Desk, asked: list[tuple[int, str, Status]]) -> Gaps:
    people = {}
    for person, question, status in asked:
        if person not in people:
            visit = desk.visits.of(desk.visits.begin(""))
            people[person] = (visit, desk.conversations.create(visit, "pl").id)
        visit, conversation = people[person]
        desk.conversations.add(visit, conversation, answer(question, status))
        desk.clock.go(seconds=1)
    return Gaps(desk.database)


def shown(groups: list[GapGroup]) -> list[tuple[int, int, dict[str, int]]]:
    return [(group.people, group.questions, group.statuses) for group in groups]


def test_questions_about_one_thing_are_one_group(desk: Desk) -> None:
    groups = fill(desk, ASKED).groups(NOON, 2, key)
    assert shown(groups) == [(3, 4, {"not_found": 3, "partial": 1}), (2, 2, {"not_found": 2})]
    assert groups[0].words == tuple(lemmas("wadium przetargu wynosi"))
    assert groups[0].examples[0] == "Ile wynosi wadium w przetargu?"
    assert (groups[0].first, groups[0].last) == (NOON, NOON + timedelta(seconds=3))


@pytest.mark.parametrize(("least", "people"), [(1, [3, 2, 1]), (2, [3, 2]), (3, [3]), (4, [])])
def test_what_fewer_people_asked_is_not_shown(desk: Desk, least: int, people: list[int]) -> None:
    assert [group.people for group in fill(desk, ASKED).groups(NOON, least, key)] == people


def test_groups_do_not_depend_on_the_order_of_asking(desk: Desk) -> None:
    mixed = ASKED.copy()
    random.Random(7).shuffle(mixed)
    found = [fill(desk, asked).groups(since, 1, key) for asked, since in [(ASKED, NOON), (mixed, NOON)]]
    assert [group.words for group in found[0]] == [group.words for group in found[1]]
    assert [2 * group.questions for group in found[0]] == [group.questions for group in found[1]]


def test_only_what_was_asked_since_then_counts(desk: Desk) -> None:
    gaps = fill(desk, ASKED)
    assert gaps.groups(desk.clock.now, 1, key) == []
    assert gaps.groups(NOON + timedelta(seconds=6), 1, key)[0].questions == 3
