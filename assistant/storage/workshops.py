"""Workshops of guided modes: opened by the facilitator's code, joined by another, both kept as hashes only.

Respondents' replies are runs (storage.runs) that name their workshop. From here nobody gets at their words: only the
levels leave the table, for counting, and what is shown is kept as counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from ..config import RetentionSettings
from ..domain.dialogues import Action, Outcome, Respondent, Session, Tally, Workshop
from ..errors import NotThere, WorkshopMissing
from . import codes, erasure, tokens
from .database import Database
from .tables import definitions, runs, workshop_actions, workshop_outcomes, workshop_shown, workshops


@dataclass(frozen=True)
class Workshops:
    """Keeps workshops. `mask` takes personal identifiers out of what people write, before anything is stored."""

    database: Database
    settings: RetentionSettings
    clock: Callable[[], datetime]
    mask: Callable[[str], str] = str

    def begin(self, session: Session, definition: str, title: str, least: int) -> tuple[str, str, Workshop]:
        """(the facilitator's code, the code to join by, the workshop); both codes are told only here.

        `session` is an empty one of the mode, `definition` its file.
        """
        code, joining, identity, now = codes.new(), codes.new(), tokens.new(), self.clock()
        row = {
            "id": identity,
            "code_hash": codes.digest(code),
            "join_hash": codes.digest(joining),
            "dialogue": session.dialogue,
            "digest": session.digest,
            "lang": session.lang,
            "title": self._masked(title),
            "open": True,
            "least": least,
            "revision": 0,
            "shown": {},
            "created_at": now,
            "seen_at": now,
        }
        kept = self.database.insert(definitions).values(digest=session.digest, body=definition)
        order = self.database.insert(workshops).values(row).on_conflict_do_nothing(index_elements=["id"])

        def work(connection: Connection) -> None:
            connection.execute(kept.on_conflict_do_nothing(index_elements=["digest"]))
            connection.execute(order)

        self.database.write(work)
        return code, joining, self.read(identity)

    def open(self, code: str) -> Workshop:
        """The workshop of a facilitator's code. WorkshopMissing when there is none, or it is too old."""
        return self._found(workshops.c.code_hash, code)

    def joined_by(self, code: str) -> Workshop:
        """The workshop of a code to join by. WorkshopMissing."""
        return self._found(workshops.c.join_hash, code)

    def read(self, identity: str) -> Workshop:
        """By its id. NotThere."""
        with self.database.read() as connection:
            row = connection.execute(select(workshops).where(workshops.c.id == identity)).one_or_none()
            if row is None:
                raise NotThere()
            return self._workshop(connection, row)

    def rename(self, workshop: Workshop, title: str) -> Workshop:
        """With another title."""
        return self._changed(workshop, title=self._masked(title))

    def invite(self, workshop: Workshop) -> str:
        """A new code to join by; the one before no longer works."""
        joining = codes.new()
        self._changed(workshop, join_hash=codes.digest(joining))
        return joining

    def size(self, workshop: Workshop) -> int:
        """How many have joined."""
        count = select(func.count()).select_from(runs).where(runs.c.workshop == workshop.id)
        with self.database.read() as connection:
            return int(connection.execute(count).scalar_one())

    def respondents(self, workshop: Workshop) -> tuple[Respondent, ...]:
        """Everybody who joined, in an order that says nothing about when."""
        joined = runs.outerjoin(workshop_shown, workshop_shown.c.run == runs.c.id)
        order = select(runs.c.id, runs.c.replies, workshop_shown.c.steps).select_from(joined)
        with self.database.read() as connection:
            rows = connection.execute(order.where(runs.c.workshop == workshop.id).order_by(runs.c.id)).all()
        return tuple(Respondent(row.id, _levels(row.replies), frozenset(row.steps or ())) for row in rows)

    def count(
        self, workshop: Workshop, shown: Iterable[Tally], counted: Mapping[str, Iterable[str]], *, opened: bool
    ) -> bool:
        """Keep what is shown from now on, whose statements are counted in it (by run), and whether it is open.

        False when another round was quicker; nothing is kept then.
        """
        values = {
            "shown": {tally.step: [*tally.levels, tally.absent] for tally in shown},
            "open": opened,
            "revision": workshop.revision + 1,
            "seen_at": self.clock(),
        }
        which = (workshops.c.id == workshop.id) & (workshops.c.revision == workshop.revision)
        present = select(runs.c.id).where(runs.c.workshop == workshop.id).with_for_update(read=True, key_share=True)
        insert = self.database.insert(workshop_shown)
        kept = insert.on_conflict_do_update(index_elements=["run"], set_={"steps": insert.excluded.steps})

        def work(connection: Connection) -> bool:
            if not connection.execute(update(workshops).where(which).values(values)).rowcount:
                return False
            there = set(connection.execute(present).scalars()) if counted else set()  # one may have left meanwhile
            rows = [{"run": run, "steps": sorted(steps)} for run, steps in counted.items() if run in there]
            if rows:
                connection.execute(kept, rows)
            return True

        return self.database.write(work)

    def record(self, workshop: Workshop, outcome: Outcome) -> Workshop:
        """Keep what was agreed on a statement, instead of what was; nothing agreed and no note: none."""
        key = {"workshop": workshop.id, "step": outcome.step}
        which = (workshop_outcomes.c.workshop == workshop.id) & (workshop_outcomes.c.step == outcome.step)
        row = {**key, "level": outcome.level, "note": self._masked(outcome.note)}

        def work(connection: Connection) -> None:
            if connection.execute(delete(workshop_outcomes).where(which)).rowcount:
                erasure.note(connection)
            if outcome.level is not None or outcome.note:
                connection.execute(self.database.insert(workshop_outcomes).values(row))

        return self._with(workshop, work)

    def plan(self, workshop: Workshop, action: Action) -> Workshop:
        """Add an action (its id is ignored)."""
        row = {"id": tokens.new(), "workshop": workshop.id, **self._action(action)}
        order = self.database.insert(workshop_actions).values(row).on_conflict_do_nothing(index_elements=["id"])
        return self._with(workshop, lambda connection: connection.execute(order))

    def replan(self, workshop: Workshop, action: Action) -> Workshop:
        """Change an action. NotThere."""

        def work(connection: Connection) -> None:
            order = update(workshop_actions).where(_of(workshop, action.id)).values(self._action(action))
            if not connection.execute(order).rowcount:
                raise NotThere()
            erasure.note(connection)

        return self._with(workshop, work)

    def drop(self, workshop: Workshop, action: str) -> Workshop:
        """Remove an action. NotThere."""

        def work(connection: Connection) -> None:
            if not connection.execute(delete(workshop_actions).where(_of(workshop, action))).rowcount:
                raise NotThere()
            erasure.note(connection)

        return self._with(workshop, work)

    def remove(self, workshop: Workshop) -> None:
        """For good, with every respondent's run."""

        def work(connection: Connection) -> None:
            gone = connection.execute(delete(runs).where(runs.c.workshop == workshop.id)).rowcount
            gone += connection.execute(delete(workshops).where(workshops.c.id == workshop.id)).rowcount
            if gone:
                erasure.note(connection)

        self.database.write(work)
        self.database.checkpoint()
        erasure.clean(self.database)

    def _found(self, column: Any, code: str) -> Workshop:
        digest = codes.digest(code)
        with self.database.read() as connection:
            row = connection.execute(select(workshops).where(column == digest)).one_or_none() if digest else None
            found = self._workshop(connection, row) if row is not None else None
        if found is None or found.expires_at <= self.clock():
            raise WorkshopMissing()
        return found

    def _changed(self, workshop: Workshop, **values: Any) -> Workshop:
        def work(connection: Connection) -> None:
            connection.execute(update(workshops).where(workshops.c.id == workshop.id).values(values))
            if "title" in values:
                erasure.note(connection)

        return self._with(workshop, work)

    def _with(self, workshop: Workshop, work: Callable[[Connection], object]) -> Workshop:
        """The workshop after some work on it, which counts as being used. WorkshopMissing when it went meanwhile."""
        seen = update(workshops).where(workshops.c.id == workshop.id).values(seen_at=self.clock())

        def whole(connection: Connection) -> None:
            if not connection.execute(seen).rowcount:
                raise WorkshopMissing()
            work(connection)

        self.database.write(whole)
        return self.read(workshop.id)

    def _action(self, action: Action) -> dict[str, str]:
        return {"text": self._masked(action.text), "owner": self._masked(action.owner), "due": action.due}

    def _masked(self, text: str) -> str:
        """Line by line, for the mask takes a text as one line."""
        return "\n".join(self.mask(line) if line.strip() else line for line in text.split("\n"))

    def _workshop(self, connection: Connection, row: Row[Any]) -> Workshop:
        outcomes = select(workshop_outcomes).where(workshop_outcomes.c.workshop == row.id)
        actions = select(workshop_actions).where(workshop_actions.c.workshop == row.id)
        return Workshop(
            id=row.id,
            dialogue=row.dialogue,
            digest=row.digest,
            lang=row.lang,
            title=row.title,
            open=row.open,
            least=row.least,
            revision=row.revision,
            created_at=row.created_at,
            seen_at=row.seen_at,
            expires_at=row.seen_at + timedelta(days=self.settings.runs_days),
            shown=tuple(Tally(step, tuple(counts[:-1]), counts[-1]) for step, counts in row.shown.items()),
            outcomes=tuple(Outcome(one.step, one.level, one.note) for one in connection.execute(outcomes)),
            actions=tuple(
                Action(one.id, one.text, one.owner, one.due)
                for one in connection.execute(actions.order_by(workshop_actions.c.number))
            ),
        )


def _of(workshop: Workshop, action: str) -> Any:
    return (workshop_actions.c.workshop == workshop.id) & (workshop_actions.c.id == action)


def _levels(replies: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Of replies as they are stored: whole numbers are levels, and what has no value is absent; others are left out."""
    return {
        reply["step"]: reply.get("value")
        for reply in replies
        if "value" not in reply or type(reply["value"]) is int  # True is „read”
    }
