"""Numbers of questions by day, without content: what stays when the conversations are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select

from .database import Database
from .tables import counts


@dataclass(frozen=True)
class Count:
    """How many questions of one kind a day had."""

    day: date
    surface: str
    site: str
    lang: str
    status: str
    questions: int


@dataclass(frozen=True)
class Counts:
    """Adds up and gives out."""

    database: Database

    def note(self, found: Sequence[Count]) -> None:
        """So many more questions of each kind; all of them or, with an error, none."""
        if not found:
            return
        kind = [column.name for column in counts.primary_key.columns]
        order = self.database.insert(counts)
        more = order.on_conflict_do_update(
            index_elements=kind, set_={"questions": counts.c.questions + order.excluded.questions}
        )
        with self.database.begin() as connection:
            for one in found:
                connection.execute(more, asdict(one))

    def series(self, since: date) -> list[Count]:
        """The numbers from a day on, oldest first."""
        key = list(counts.primary_key.columns)
        with self.database.read() as connection:
            rows = connection.execute(select(counts).where(counts.c.day >= since).order_by(*key)).all()
        return [Count(row.day, row.surface, row.site, row.lang, row.status, row.questions) for row in rows]
