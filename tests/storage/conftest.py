"""Stores over both databases, a clock that a test moves, and answers to keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from assistant.config import StaffSettings, WebSettings
from assistant.domain.answers import Answer, Citation, Sentence, SentenceKind, Status, Suggestion, Support
from assistant.storage.conversations import Conversations
from assistant.storage.database import Database
from assistant.storage.feedback import FeedbackBox
from assistant.storage.visits import Visits
from tests.databases import address, database, postgres, postgres_template, sqlite_template  # noqa: F401

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Desk:
    """The stores a visitor's request uses, over one database and one clock."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    settings: WebSettings = field(default_factory=WebSettings)

    def __post_init__(self) -> None:
        self.visits = Visits(self.database, self.settings, self.clock)
        self.conversations = Conversations(self.database, self.settings, self.clock)
        self.feedback = FeedbackBox(self.database, self.clock)


def answer(question: str = "Co to jest klaster?", status: Status = Status.ANSWERED, quotes: int = 1) -> Answer:
    """An answer of so many quoted sentences; of none when it was not found."""
    said = [f"Klaster to sieć spółdzielni socjalnych, zdanie {n}." for n in range(1, quotes + 1)]
    said = said if status in (Status.ANSWERED, Status.PARTIAL) else []
    return Answer(
        question=question,
        lang="pl",
        status=status,
        text="\n".join(f"{text} [{n}]" for n, text in enumerate(said, 1)) or "Nie znalazłem tego w dokumentach.",
        sentences=tuple(
            Sentence(text, SentenceKind.QUOTED, (n,), Support.SUPPORTED) for n, text in enumerate(said, 1)
        ),
        citations=tuple(
            Citation(
                n, "ab" * 32, "Klaster Latarnia. Podręcznik", "latarnia.md", "2026-11", (n, n), ("Klaster", "Co to"),
                text, (100 * n, 100 * n + len(text)), "pl", "2026-01-01",
            )
            for n, text in enumerate(said, 1)
        ),
        suggestions=(Suggestion("Jak przystąpić?", "cd" * 32, "Klaster", "latarnia.md", (2, 3), ("Klaster",)),),
        engine="extractive",
        generation="20261122-1",
        seconds=0.1234,
        notices=("Szukam też: klastra",),
    )  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database: Database, clock: Clock) -> Desk:  # noqa: F811
    return Desk(database, clock)


@pytest.fixture(scope="session")
def staff() -> StaffSettings:
    return StaffSettings()
