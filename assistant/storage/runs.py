"""Runs of guided modes: the replies, opened by a code and by nothing else, and the definitions they began with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from ..config import RetentionSettings
from ..domain.dialogues import Absent, Reply, Run, Session, Value
from ..errors import NotThere, RunMissing
from . import codes, erasure, tokens
from .database import Database
from .tables import definitions, runs


@dataclass(frozen=True)
class Runs:
    """Keeps sessions. `mask` takes personal identifiers out of what people write, before anything is stored."""

    database: Database
    settings: RetentionSettings
    clock: Callable[[], datetime]
    mask: Callable[[str], str] = str

    def begin(self, session: Session, definition: str, workshop: str = "") -> tuple[str, Run]:
        """A new run and the code that opens it, which is told only here; `definition` is the mode's file."""
        code, identity, now = codes.new(), tokens.new(), self.clock()
        row = {
            "id": identity,
            "code_hash": codes.digest(code),
            "workshop": workshop,
            "dialogue": session.dialogue,
            "version": session.version,
            "digest": session.digest,
            "lang": session.lang,
            "revision": 0,
            "created_at": now,
            "seen_at": now,
            "replies": [_reply(reply, self.mask) for reply in session.replies],
        }
        kept = self.database.insert(definitions).values(digest=session.digest, body=definition)
        order = self.database.insert(runs).values(row).on_conflict_do_nothing(index_elements=["id"])

        def work(connection: Connection) -> None:
            connection.execute(kept.on_conflict_do_nothing(index_elements=["digest"]))
            connection.execute(order)

        self.database.write(work)
        return code, self.read(identity)

    def open(self, code: str) -> Run:
        """The run of a code as it was typed. RunMissing when there is none, or it is too old."""
        digest = codes.digest(code)
        with self.database.read() as connection:
            row = connection.execute(select(runs).where(runs.c.code_hash == digest)).one_or_none() if digest else None
        if row is None or self._run(row).expires_at <= self.clock():
            raise RunMissing()
        return self._run(row)

    def read(self, identity: str) -> Run:
        """By its id. NotThere."""
        with self.database.read() as connection:
            row = connection.execute(select(runs).where(runs.c.id == identity)).one_or_none()
        if row is None:
            raise NotThere()
        return self._run(row)

    def definition(self, digest: str) -> str:
        """The file of a mode as it was when a run began. NotThere."""
        with self.database.read() as connection:
            body = connection.execute(select(definitions.c.body).where(definitions.c.digest == digest)).scalar()
        if body is None:
            raise NotThere()
        return str(body)

    def change(self, run: Run, session: Session, definition: str = "") -> Run | None:
        """Keep a changed session; None when somebody changed it meanwhile. `definition` when it moved to another."""
        values = {
            "revision": run.revision + 1,
            "seen_at": self.clock(),
            "version": session.version,
            "digest": session.digest,
            "replies": [_reply(reply, self.mask) for reply in session.replies],
        }
        which = (runs.c.id == run.id) & (runs.c.revision == run.revision)
        kept = self.database.insert(definitions).values(digest=session.digest, body=definition)

        def work(connection: Connection) -> int:
            if definition:
                connection.execute(kept.on_conflict_do_nothing(index_elements=["digest"]))
            if not set(_words(run.session)) <= set(_words(session)):  # something written before is taken away
                erasure.note(connection)
            return connection.execute(update(runs).where(which).values(values)).rowcount

        if not self.database.write(work):
            return None
        return self.read(run.id)

    def remove(self, run: Run) -> None:
        """For good, with every reply."""

        def work(connection: Connection) -> None:
            if connection.execute(delete(runs).where(runs.c.id == run.id)).rowcount:
                erasure.note(connection)

        self.database.write(work)
        self.database.checkpoint()
        erasure.clean(self.database)

    def _run(self, row: Row[Any]) -> Run:
        session = Session(
            row.id, row.dialogue, row.version, row.digest, row.lang, tuple(_read(one) for one in row.replies)
        )
        ends = row.seen_at + timedelta(days=self.settings.runs_days)
        return Run(row.id, session, row.revision, row.created_at, row.seen_at, ends, row.workshop)


def _words(session: Session) -> list[str]:
    return [repr(reply) for reply in session.replies]


# ---- replies as JSON ---------------------------------------------------------------------------


def _reply(reply: Reply, mask: Callable[[str], str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"step": reply.step}
    if reply.value is not None:
        shown["value"] = _plain(reply.value, mask)
    if reply.absent is not None:
        shown["absent"] = reply.absent.value
    if reply.note:
        shown["note"] = _masked(reply.note, mask)
    return shown


def _plain(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, Decimal):
        return {"number": str(value)}
    if isinstance(value, str):
        return _masked(value, mask)
    if isinstance(value, tuple):
        return [_plain(part, mask) for part in value]
    if isinstance(value, Mapping):
        return {"row": {name: _plain(cell, mask) for name, cell in value.items()}}
    return value


def _masked(text: str, mask: Callable[[str], str]) -> str:
    """Line by line, for the mask takes a text as one line."""
    return "\n".join(mask(line) if line.strip() else line for line in text.split("\n"))


def _read(shown: Mapping[str, Any]) -> Reply:
    absent = Absent(shown["absent"]) if "absent" in shown else None
    return Reply(shown["step"], _value(shown.get("value")), absent, shown.get("note", ""))


def _value(shown: Any) -> Value | Any:
    if isinstance(shown, list):
        return tuple(_value(part) for part in shown)
    if isinstance(shown, dict):
        if "number" in shown:
            return Decimal(shown["number"])
        return {name: _value(cell) for name, cell in shown["row"].items()}
    return shown
