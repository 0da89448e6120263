"""The numbers of questions reach the database later than the answers, and none is lost or counted twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from assistant.domain.answers import Answer, Status
from assistant.errors import DatabaseUnavailable
from assistant.presentation.web.tally import Tally
from assistant.service import Service
from assistant.storage.counts import Count, Counts
from tests.presentation.web.conftest import MakeServer

ANSWER = Answer("", "pl", Status.ANSWERED, "", (), (), (), "extractive", "", 0.0)


class Book:
    """Stands for the table; `away` lets the next writing fail."""

    def __init__(self) -> None:
        self.away = False
        self.written: list[Count] = []

    def note(self, found: list[Count]) -> None:
        if self.away:
            raise DatabaseUnavailable(reason="gone")
        self.written += found


def test_questions_are_added_up_and_handed_over_once() -> None:
    tally, book = Tally(), Book()
    for answer in (ANSWER, ANSWER, replace(ANSWER, status=Status.NOT_FOUND)):
        tally.answered(answer, "widget", "region")
    tally.write(cast(Counts, book))
    tally.write(cast(Counts, book))
    assert [(count.status, count.site, count.questions) for count in book.written] == [
        ("answered", "region", 2),
        ("not_found", "region", 1),
    ]


def test_what_could_not_be_written_is_written_later() -> None:
    tally, book = Tally(), Book()
    tally.answered(ANSWER, "page", "")
    book.away = True
    with pytest.raises(DatabaseUnavailable):
        tally.write(cast(Counts, book))
    tally.answered(ANSWER, "page", "")
    book.away = False
    tally.write(cast(Counts, book))
    assert [count.questions for count in book.written] == [2]


def test_a_server_that_ends_writes_what_it_had_counted(make_server: MakeServer) -> None:
    server = make_server()
    assert server.post("/api/v1/ask", json={"question": "Co to jest klaster?"}).status_code == 200
    running = server.app.state.running  # type: ignore[attr-defined]
    server.__exit__(None, None, None)
    counts = running.service.stores.counts.series(datetime.now(UTC).date())
    assert [(count.surface, count.questions) for count in counts] == [("page", 1)]


def test_one_worker_of_several_takes_no_questions_before_its_models_are_loaded(
    make_server: MakeServer, small: Service
) -> None:
    server = make_server(indexes=small.settings.indexes, web={"workers": 2})
    assert server.get("/readyz").json() == {"ready": True}
