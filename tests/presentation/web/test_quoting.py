"""Quotes for a report are there before it is asked for, and looking them up keeps nobody waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from assistant.dialogues import definitions
from assistant.errors import IndexMissing
from assistant.presentation.web.quoting import Quoting
from assistant.service import Service
from tests.dialogues.conftest import TRIAL

MODE = definitions.read(TRIAL)


class Desk:
    """Stands for the service: remembers what was quoted."""

    def __init__(self, generation: str = "g1") -> None:
        self.quoted: list[tuple[str, str]] = []
        self.guided = SimpleNamespace(quoted=lambda advice, lang: self.quoted.append((advice.id, lang)))
        self._generation = generation

    @property
    def generation(self) -> str:
        if not self._generation:
            raise IndexMissing(path="", reason="pointer")
        return self._generation


def quoting(desk: Desk, waiting: int = 0) -> tuple[Quoting, Any]:
    admission = SimpleNamespace(waiting=waiting)
    return Quoting(cast(Service, desk), cast(Any, admission)), admission


def soon(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def test_each_piece_of_advice_is_looked_up_once_a_language() -> None:
    desk = Desk()
    made, _ = quoting(desk)
    for lang in ("pl", "pl", "en"):
        made.begin(MODE, lang)
    assert soon(lambda: len(desk.quoted) == 4)
    assert sorted(desk.quoted) == [("sell", "en"), ("sell", "pl"), ("talk", "en"), ("talk", "pl")]


def test_questions_that_wait_come_first() -> None:
    desk = Desk()
    made, admission = quoting(desk, waiting=3)
    made.begin(MODE, "pl")
    time.sleep(0.1)
    assert desk.quoted == []
    admission.waiting = 0
    assert soon(lambda: len(desk.quoted) == 2)


def test_a_server_that_ends_looks_nothing_up() -> None:
    desk = Desk()
    made, _ = quoting(desk, waiting=1)
    made.begin(MODE, "pl")
    made.stop()
    time.sleep(0.1)
    assert desk.quoted == []


def test_without_an_index_nothing_begins() -> None:
    desk = Desk("")
    made, _ = quoting(desk)
    made.begin(MODE, "pl")
    assert desk.quoted == []
