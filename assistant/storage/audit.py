"""Who of the staff did what and when. Entries are added and, when their time is over, removed; never changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ..domain.conversations import AuditEntry
from .database import Database
from .tables import audit


@dataclass(frozen=True)
class Audit:
    """The staff's log; says nothing of what visitors wrote."""

    database: Database
    clock: Callable[[], datetime]

    def note(self, actor: str, action: str, subject: str = "", **details: Any) -> None:
        """Add an entry."""
        with self.database.begin() as connection:
            write(connection, self.clock(), actor, action, subject, details)

    def entries(self, limit: int = 50, offset: int = 0, action: str | None = None) -> list[AuditEntry]:
        """Entries, newest first."""
        wanted = select(audit) if action is None else select(audit).where(audit.c.action == action)
        with self.database.read() as connection:
            rows = connection.execute(wanted.order_by(audit.c.number.desc()).limit(limit).offset(offset)).all()
        return [AuditEntry(row.at, row.actor, row.action, row.subject, row.details) for row in rows]


def write(
    connection: Connection,
    at: datetime,
    actor: str,
    action: str,
    subject: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Add an entry within another change's transaction."""
    said = {name: str(value) for name, value in (details or {}).items()}
    connection.execute(audit.insert().values(at=at, actor=actor, action=action, subject=subject, details=said))
