"""The switch of the public surfaces. Closing and opening are rows; the last one holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ..domain.conversations import SwitchState
from . import audit
from .database import Database
from .tables import switch


@dataclass(frozen=True)
class Switch:
    """Whether the public surfaces answer; each change is in the audit log."""

    database: Database
    clock: Callable[[], datetime]

    def state(self) -> SwitchState:
        """As it stands; open when nobody ever touched it."""
        with self.database.read() as connection:
            row = connection.execute(select(switch).order_by(switch.c.number.desc()).limit(1)).one_or_none()
        return SwitchState(bool(row.open), row.reason, row.actor, row.at) if row else SwitchState(open=True)

    def close(self, reason: str, actor: str) -> SwitchState:
        """Stop answering; visitors read the reason."""
        return self._set(SwitchState(False, reason, actor, self.clock()), "switch_closed")

    def open(self, actor: str) -> SwitchState:
        """Answer again."""
        return self._set(SwitchState(True, "", actor, self.clock()), "switch_opened")

    def _set(self, state: SwitchState, action: str) -> SwitchState:
        row = {"open": state.open, "reason": state.reason, "actor": state.actor, "at": state.since}
        with self.database.begin() as connection:
            connection.execute(switch.insert().values(row))
            audit.write(connection, self.clock(), state.actor, action, details={"reason": state.reason})
        return state
