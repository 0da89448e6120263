"""Anonymous visits: a token opens one until nothing was asked for a while, and never longer than some hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from ..config import WebSettings
from ..domain.conversations import Visit
from ..errors import VisitMissing
from . import tokens
from .database import Database
from .tables import visits


@dataclass(frozen=True)
class Visits:
    """Begins visits and finds them by their tokens."""

    database: Database
    settings: WebSettings
    clock: Callable[[], datetime]

    def begin(self, site: str) -> str:
        """A new visit on a site ("" = our own page); returns its token, which is told only here."""
        token, identity, now = tokens.new(), tokens.new(), self.clock()
        row = {"id": identity, "token_hash": tokens.digest(token), "site": site, "created_at": now, "seen_at": now}
        order = self.database.insert(visits).values(row).on_conflict_do_nothing(index_elements=["id"])
        self.database.write(lambda connection: connection.execute(order))
        return token

    def of(self, token: str) -> Visit:
        """The visit a token opens; only reads. VisitMissing when there is none or it has ended."""
        row = self._row(token)
        if not alive(row.created_at, row.seen_at, self.clock(), self.settings):
            raise VisitMissing()
        return self._visit(row)

    def once(self, token: str) -> Visit:
        """The same, also when it has ended: what a person left behind stays theirs to erase."""
        return self._visit(self._row(token))

    def _row(self, token: str) -> Row[Any]:
        if not tokens.is_token(token):
            raise VisitMissing()
        with self.database.read() as connection:
            row = connection.execute(select(visits).where(visits.c.token_hash == tokens.digest(token))).one_or_none()
        if row is None:
            raise VisitMissing()
        return row

    def _visit(self, row: Row[Any]) -> Visit:
        return Visit(row.id, row.site, row.created_at, ending(row.created_at, row.seen_at, self.settings))


def ending(created_at: datetime, seen_at: datetime, settings: WebSettings) -> datetime:
    """When a visit that asked its last question at `seen_at` ends."""
    idle = seen_at + timedelta(minutes=settings.idle_minutes)
    return min(idle, created_at + timedelta(hours=settings.visit_hours))


def alive(created_at: datetime, seen_at: datetime, now: datetime, settings: WebSettings) -> bool:
    """Whether a visit goes on. One from the future (the clock was set back) may be a little ahead, not for ever."""
    ahead = timedelta(hours=settings.visit_hours)
    return created_at < now + ahead and now < ending(created_at, seen_at, settings)


def asked(connection: Connection, visit: Visit, now: datetime) -> None:
    """Note, within a transaction, that a visit asked something. VisitMissing when its row is gone."""
    if not connection.execute(update(visits).where(visits.c.id == visit.id).values(seen_at=now)).rowcount:
        raise VisitMissing()
