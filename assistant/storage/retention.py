"""Removing what was kept long enough. Nothing goes on the word of one look at the clock (SECURITY R-18).

A row is removed when it is too old now and was already too old for a run at least an hour ago. That hour is
measured by seconds since the machine's start, which no setting of the clock moves; a run after a restart only
takes notes. So a clock that jumps ahead, is seen, and is set right within the hour erases nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select

from ..config import RetentionSettings
from . import erasure
from .database import Database
from .tables import (
    audit,
    conversations,
    counts,
    definitions,
    feedback,
    keys,
    runs,
    staff_sessions,
    sweeps,
    tries,
    visits,
    workshops,
)

APART = 3600.0  # seconds between the two runs that must agree
NOTED = 600.0  # seconds between two notes; runs may be more frequent
NOTES = 1000  # notes kept
ENDED = timedelta(days=2)  # no session and no lock lasts so long
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Steady:
    """Seconds since a start of the machine, and which start it was."""

    boot: str
    seconds: float


def steady() -> Steady:
    """This machine's steady clock; where starts have no names, the process stands for one."""
    try:
        boot = BOOT.read_text(encoding="ascii").strip()
        return Steady(boot, time.clock_gettime(time.CLOCK_BOOTTIME))
    except (OSError, AttributeError):
        return Steady(f"process {os.getpid()}", time.monotonic())


def run(
    database: Database,
    settings: RetentionSettings,
    clock: Callable[[], datetime],
    steady: Callable[[], Steady] = steady,
) -> dict[str, int]:
    """Remove what two runs found too old, and what is left in the files of all that was erased since the last run.

    Returns rows removed by class: conversations (with messages and citations), feedback, visits without
    conversations, runs of guided modes, workshops, definitions without either, audit, counts, staff_sessions,
    tries and keys.
    """
    now, moment = clock(), steady()

    def work(connection: Connection) -> dict[str, int]:
        earlier = _earlier(connection, now, moment)
        if earlier is None:
            return dict.fromkeys(_rules(settings, now), 0)
        old = _rules(settings, min(now, earlier))
        gone = {name: connection.execute(delete(table).where(rule)).rowcount for name, (table, rule) in old.items()}
        if gone["conversations"] or gone["feedback"] or gone["runs"] or gone["workshops"]:
            erasure.note(connection)
        return gone

    removed = database.write(work)
    erasure.clean(database)
    database.checkpoint()
    return removed


def _rules(settings: RetentionSettings, now: datetime) -> dict[str, tuple[Table, ColumnElement[bool]]]:
    """What is too old at a time; in this order, for a visit goes after its conversations."""
    content = now - timedelta(days=settings.conversations_days)
    empty = ~exists().where(conversations.c.visit_id == visits.c.id)
    begun = exists().where(runs.c.digest == definitions.c.digest)
    gathered = exists().where(workshops.c.digest == definitions.c.digest)
    return {
        "feedback": (feedback, feedback.c.given_at < content),
        "conversations": (conversations, conversations.c.created_at < content),
        "visits": (visits, (visits.c.seen_at < content) & empty),
        "runs": (runs, runs.c.seen_at < now - timedelta(days=settings.runs_days)),
        "workshops": (workshops, workshops.c.seen_at < now - timedelta(days=settings.runs_days)),
        "definitions": (definitions, ~begun & ~gathered),
        "audit": (audit, audit.c.at < now - timedelta(days=settings.audit_days)),
        "counts": (counts, counts.c.day < (now - timedelta(days=settings.counts_days)).date()),
        "staff_sessions": (staff_sessions, staff_sessions.c.created_at < now - ENDED),
        "tries": (tries, tries.c.at < now - ENDED),
        "keys": (keys, keys.c.day < (now - ENDED).date()),
    }


def _earlier(connection: Connection, now: datetime, moment: Steady) -> datetime | None:
    """What the clock said at the last run that lies far enough back; notes this run."""
    same = select(sweeps).where(sweeps.c.boot == moment.boot).order_by(sweeps.c.number.desc()).limit(1)
    before = connection.execute(same.where(sweeps.c.steady <= moment.seconds - APART)).one_or_none()
    last = connection.execute(same).one_or_none()
    if last is None or moment.seconds - last.steady >= NOTED:
        connection.execute(sweeps.insert().values(at=now, boot=moment.boot, steady=moment.seconds))
        kept = select(func.max(sweeps.c.number) - NOTES).scalar_subquery()
        connection.execute(delete(sweeps).where(sweeps.c.number <= kept))
    return before.at if before else None
