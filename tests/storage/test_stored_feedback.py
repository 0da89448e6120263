"""The last word on an answer counts, and comments are content like questions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.answering.guard import mask
from assistant.domain.answers import Status
from assistant.domain.conversations import Message, Rating, Visit
from assistant.errors import NotThere
from assistant.storage.feedback import FeedbackBox
from tests.storage.conftest import NOON, Clock, Desk, answer


def asked(desk: Desk, question: str = "Co to jest klaster?") -> tuple[Visit, Message]:
    visit = desk.visits.of(desk.visits.begin(""))
    made = desk.conversations.create(visit, "pl")
    return visit, desk.conversations.add(visit, made.id, answer(question, Status.PARTIAL))


def test_a_second_word_replaces_the_first(desk: Desk, clock: Clock) -> None:
    visit, message = asked(desk)
    desk.feedback.give(visit, message.id, Rating.OTHER, "pierwsza uwaga")
    clock.go(minutes=1)
    last = desk.feedback.give(visit, message.id, Rating.HELPFUL, "druga")
    (entry,) = desk.feedback.entries(NOON)
    assert entry.feedback == last
    assert entry.answer == message.answer
    assert (last.comment, last.given_at) == ("druga", clock.now)


def test_staff_read_the_newest_first_by_kind_and_by_page(desk: Desk, clock: Clock) -> None:
    for n, rating in enumerate([Rating.HELPFUL, Rating.MISSING, Rating.HELPFUL]):
        visit, message = asked(desk, f"pytanie {n}")
        desk.feedback.give(visit, message.id, rating, "")
        clock.go(minutes=1)
    questions = [entry.answer.question for entry in desk.feedback.entries(NOON)]
    assert questions == ["pytanie 2", "pytanie 1", "pytanie 0"]
    assert [e.answer.question for e in desk.feedback.entries(NOON, Rating.HELPFUL, 1, 1)] == ["pytanie 0"]
    assert [e.answer.question for e in desk.feedback.entries(NOON + timedelta(minutes=2))] == ["pytanie 2"]
    assert desk.feedback.counts(NOON) == {
        Rating.HELPFUL: 2,
        Rating.MISSING: 1,
        Rating.WRONG_CITATION: 0,
        Rating.OTHER: 0,
    }


def test_nobody_rates_anothers_answer(desk: Desk) -> None:
    _, message = asked(desk)
    stranger, _ = asked(desk)
    with pytest.raises(NotThere):
        desk.feedback.give(stranger, message.id, Rating.OTHER, "nie moje")
    assert desk.feedback.entries(NOON) == []


def test_identifiers_in_a_comment_are_masked(desk: Desk) -> None:
    box = FeedbackBox(desk.database, desk.clock, lambda text: mask(text).text)
    visit, message = asked(desk)
    assert box.give(visit, message.id, Rating.OTHER, "mój PESEL 44051401359").comment == "mój PESEL [PESEL]"
    assert box.entries(NOON)[0].feedback.comment == "mój PESEL [PESEL]"
