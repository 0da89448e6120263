"""Numbers of questions on their way to the database, which nobody's answer waits for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from threading import Lock

from ...domain.answers import Answer
from ...errors import StorageError
from ...storage.counts import Count, Counts

Kind = tuple[date, str, str, str, str]


class Tally:
    """Adds up in memory; `write` hands over. A process that is killed loses what it had not written."""

    def __init__(self) -> None:
        self._counted: Counter[Kind] = Counter()
        self._lock = Lock()

    def answered(self, answer: Answer, surface: str, site: str) -> None:
        """One more question."""
        with self._lock:
            self._counted[datetime.now(UTC).date(), surface, site, answer.lang, answer.status.value] += 1

    def write(self, counts: Counts) -> None:
        """Hand over what was counted since; with a StorageError, which is raised, it stays for the next time."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        try:
            counts.note([Count(*kind, questions) for kind, questions in counted.items()])
        except StorageError:
            with self._lock:
                self._counted.update(counted)
            raise
