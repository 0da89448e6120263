"""Tables of the workspace as CSV."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ....domain.conversations import GapGroup, Rating
from ....domain.folding import fold
from ....errors import NotThere
from ....prompts import Words
from ....service import Service
from ... import exports

MOST_ROWS = 10_000


def table(service: Service, words: Words, name: str, days: int, rating: str = "") -> bytes:
    """The table `feedback` or `gaps` of the last `days` days. Raises NotThere for another name."""
    since = since_days(days)
    if name == "feedback":
        return _feedback(service, words, since, wanted(rating))
    if name == "gaps":
        return _gaps(service, words, since)
    raise NotThere()


def since_days(days: int) -> datetime:
    """So many days ago; between one day and ten years."""
    return datetime.now(UTC) - timedelta(days=min(max(days, 1), 3660))


def gap_groups(service: Service, since: datetime) -> list[GapGroup]:
    """What was asked and not found; questions that share their words are one group."""
    least = service.settings.staff.least_group
    return service.stores.gaps.groups(since, least, lambda text: frozenset(service.analyzer.lemmas(text)))


def subject(service: Service, group: GapGroup) -> str:
    """What a group is about: its lemmas, each as somebody wrote it, for they come without diacritics."""
    written = [word for example in group.examples for word in service.analyzer.words(example)]
    forms: dict[str, str] = {}
    for word in sorted(dict.fromkeys(written), key=lambda word: fold(word) not in group.words):
        for lemma in service.analyzer.lemmas(word):
            forms.setdefault(lemma, word)
    return ", ".join(forms.get(lemma, lemma) for lemma in group.words)


def wanted(rating: str) -> Rating | None:
    """The rating of that name; None for all."""
    return Rating(rating) if rating in set(Rating) else None


def _feedback(service: Service, words: Words, since: datetime, rating: Rating | None) -> bytes:
    entries = service.stores.feedback.entries(since, rating, MOST_ROWS, 0)
    columns = ("given", "rating", "comment", "question", "status", "answer", "sources")
    rows = (
        (
            entry.feedback.given_at,
            words.text(f"staff.rating.{entry.feedback.rating}"),
            entry.feedback.comment,
            entry.answer.question,
            words.text(f"status.{entry.answer.status}"),
            entry.answer.text,
            "; ".join(f"{c.title}, {c.pages[0]}" for c in entry.answer.citations),
        )
        for entry in entries
    )
    return exports.as_csv(rows, [words.text(f"staff.column.{column}") for column in columns])


def _gaps(service: Service, words: Words, since: datetime) -> bytes:
    groups = gap_groups(service, since)
    columns = ("words", "examples", "questions", "people", "first", "last")
    rows = (
        (
            subject(service, group),
            "\n".join(group.examples),
            group.questions,
            group.people,
            group.first,
            group.last,
        )
        for group in groups
    )
    return exports.as_csv(rows, [words.text(f"staff.column.{column}") for column in columns])
