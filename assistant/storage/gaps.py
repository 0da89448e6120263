"""Questions the documents did not answer, grouped by what they are about. Small groups stay unseen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import select

from ..domain.answers import Status
from ..domain.conversations import GapGroup
from .database import Database
from .tables import conversations, messages

GAPS = (Status.NOT_FOUND, Status.PARTIAL)
OVERLAP = 0.5  # of two sets of words (Jaccard) from which they are about one thing
EXAMPLES = 5  # questions shown of a group

Key = frozenset[str]
Asked = Any  # a row: question, status, asked_at, visit_id


@dataclass(frozen=True)
class Gaps:
    """Reads the gaps out of the stored messages."""

    database: Database

    def groups(self, since: datetime, least: int, key: Callable[[str], Key]) -> list[GapGroup]:
        """Gaps asked from `since` on by at least `least` different visits, those of most people first.

        `key` gives a question's content words; questions without any are left out.
        """
        by_key: dict[Key, list[Asked]] = defaultdict(list)
        keys: dict[str, Key] = {}
        for row in self._rows(since):
            if row.question not in keys:
                keys[row.question] = key(row.question)
            by_key[keys[row.question]].append(row)
        by_key.pop(frozenset(), None)
        made = [_group([(k, by_key[k]) for k in members]) for members in _gathered(by_key)]
        shown = [group for group in made if group.people >= least]
        return sorted(shown, key=lambda group: (-group.people, -group.questions, group.words))

    def _rows(self, since: datetime) -> list[Asked]:
        columns = (messages.c.question, messages.c.status, messages.c.asked_at, conversations.c.visit_id)
        joined = messages.join(conversations, messages.c.conversation_id == conversations.c.id)
        gaps = messages.c.status.in_([status.value for status in GAPS])
        wanted = select(*columns).select_from(joined).where(gaps, messages.c.asked_at >= since)
        with self.database.read() as connection:
            return list(connection.execute(wanted.order_by(messages.c.number)).all())


def _gathered(by_key: dict[Key, list[Asked]]) -> Iterable[list[Key]]:
    """Sets of words that belong together; the same whatever the order in which they were asked.

    The set asked most often comes first (ties in alphabetical order) and founds a group; each next one joins the
    founder it overlaps most, or founds its own when none overlaps by OVERLAP.
    """
    groups: dict[Key, list[Key]] = {}
    founders: dict[str, list[Key]] = defaultdict(list)
    for key in sorted(by_key, key=lambda words: (-len(by_key[words]), sorted(words))):
        common = Counter(chain.from_iterable(founders[word] for word in key))
        overlaps = {founder: n / (len(key) + len(founder) - n) for founder, n in common.items()}
        best = max(
            overlaps, key=lambda founder: (overlaps[founder], len(by_key[founder]), sorted(founder)), default=key
        )
        if overlaps.get(best, 0.0) >= OVERLAP:
            groups[best].append(key)
            continue
        groups[key] = [key]
        for word in key:
            founders[word].append(key)
    return groups.values()


def _group(members: list[tuple[Key, list[Asked]]]) -> GapGroup:
    """One group: the words of at least half of its questions, its most frequent wordings as examples."""
    rows = [row for _, asked in members for row in asked]
    words = Counter(word for key, asked in members for word in key for _ in asked)
    wordings = Counter(row.question for row in rows)
    return GapGroup(
        words=tuple(sorted((w for w in words if 2 * words[w] >= len(rows)), key=lambda w: (-words[w], w))),
        examples=tuple(sorted(wordings, key=lambda text: (-wordings[text], text))[:EXAMPLES]),
        questions=len(rows),
        people=len({row.visit_id for row in rows}),
        first=min(row.asked_at for row in rows),
        last=max(row.asked_at for row in rows),
        statuses=dict(sorted(Counter(row.status for row in rows).items())),
    )
