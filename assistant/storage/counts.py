"""Numbers of questions by day, without content: what stays when the conversations are gone."""

from __future__ import annotations

from dataclasses import dataclass
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

    def note(self, day: date, surface: str, site: str, lang: str, status: str) -> None:
        """One more question."""
        kind = {"day": day, "surface": surface, "site": site, "lang": lang, "status": status}
        order = self.database.insert(counts).values(**kind, questions=1)
        more = order.on_conflict_do_update(index_elements=list(kind), set_={"questions": counts.c.questions + 1})
        with self.database.begin() as connection:
            connection.execute(more)

    def series(self, since: date) -> list[Count]:
        """The numbers from a day on, oldest first."""
        key = list(counts.primary_key.columns)
        with self.database.read() as connection:
            rows = connection.execute(select(counts).where(counts.c.day >= since).order_by(*key)).all()
        return [Count(row.day, row.surface, row.site, row.lang, row.status, row.questions) for row in rows]
