"""How many questions are answered at once, and who has asked too often."""

import threading
import time

import pytest

from assistant.errors import Overloaded, TooManyTries
from assistant.presentation.web.admission import Admission, Limits


def test_what_does_not_fit_is_refused_at_once_and_told_when_to_come_back() -> None:
    admission: Admission[int] = Admission(slots=1, queue=1)
    door = threading.Event()
    running = admission.submit(lambda _: int(door.wait(5)))
    waiting = admission.submit(lambda _: 2)
    started = time.perf_counter()
    with pytest.raises(Overloaded) as refused:
        admission.submit(lambda _: 3)
    assert time.perf_counter() - started < 0.1
    assert refused.value.details["seconds"] >= 2
    door.set()
    assert (running.result(5), waiting.result(5)) == (1, 2)
    assert admission.submit(lambda _: 4).result(5) == 4  # and there is room again


def test_a_question_whose_reader_has_gone_leaves_the_queue_unanswered() -> None:
    admission: Admission[int] = Admission(slots=1, queue=1)
    door = threading.Event()
    asked = []
    admission.submit(lambda _: int(door.wait(5)))
    waiting = admission.submit(lambda _: asked.append("asked") or 1)
    assert waiting.cancel()
    assert admission.waiting == 0
    door.set()
    admission.close()
    assert asked == []


def test_work_is_told_how_many_wait_behind_it() -> None:
    admission: Admission[int] = Admission(slots=1, queue=5)
    door = threading.Event()
    admission.submit(lambda _: int(door.wait(5)))
    seen = [admission.submit(lambda waiting: waiting) for _ in range(3)]
    door.set()
    assert [future.result(5) for future in seen] == [2, 1, 0]


def test_an_error_of_the_work_frees_its_place() -> None:
    admission: Admission[int] = Admission(slots=1, queue=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            admission.submit(lambda _: 1 // 0).result(5)


def test_a_person_may_ask_so_often_a_minute_and_learns_when_again() -> None:
    limits = Limits()
    for _ in range(3):
        limits.count("session", "anna", 3)
    with pytest.raises(TooManyTries) as refused:
        limits.count("session", "anna", 3)
    assert 1 <= refused.value.details["seconds"] <= 60
    limits.count("session", "jan", 3)  # others are not concerned
    limits.count("address", "anna", 3)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.5", "203.0.113.5", True),
        ("203.0.113.5", "203.0.113.6", False),
        ("2001:db8::1", "2001:db8::2", True),  # one household
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ],
)
def test_addresses_are_counted_as_households(one: str, other: str, same: bool) -> None:
    limits = Limits()
    assert (limits.address(one) == limits.address(other)) is same
    assert one not in str(limits.address(one))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "", "testclient"])
def test_a_proxy_or_a_test_on_the_same_machine_is_nobody(host: str) -> None:
    assert Limits().address(host) is None


def test_a_person_has_so_many_answers_under_way() -> None:
    limits = Limits()
    with limits.under_way("anna", 1):
        with pytest.raises(TooManyTries), limits.under_way("anna", 1):
            pass
        with limits.under_way("jan", 1):
            pass
    with limits.under_way("anna", 1):
        pass
