"""Leads through a mode: what is asked next, what a reply changes, how far it is. Pure functions over frozen values.

A step is asked when its section's and its own condition hold and, with options from a group, there are any. Conditions
look at earlier steps only, so that asking ends whatever is replied. Going back, jumping and taking sections in any
order need no memory: a surface shows the step it likes, and `next_step` goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..domain.dialogues import (
    Dialogue,
    Field,
    Option,
    Progress,
    Reply,
    Row,
    Session,
    Step,
    StepKind,
    Value,
)
from ..errors import ReplyError
from .conditions import Facts
from .replies import checked


@dataclass(frozen=True, slots=True)
class Applied:
    """A session after a reply; `forgotten` are the steps whose replies (or some cells) no longer held."""

    session: Session
    forgotten: tuple[str, ...] = ()


def begin(dialogue: Dialogue, id: str, lang: str) -> Session:
    """A run without replies."""
    return Session(id, dialogue.id, dialogue.version, dialogue.digest, lang)


def asked(dialogue: Dialogue, session: Session) -> tuple[Step, ...]:
    """The steps that are asked of this person as the replies stand, in the definition's order."""
    return tuple(_asked(dialogue, _by_step(session)))


def options(dialogue: Dialogue, session: Session, step: Step | Field) -> tuple[Option, ...]:
    """What can be chosen: the step's or column's own options, or the records of an earlier group."""
    return _options(step, _by_step(session))


def next_step(dialogue: Dialogue, session: Session, after: str = "") -> Step | None:
    """The first step without a reply behind `after`, in its section before others; None when all are replied to."""
    steps = asked(dialogue, session)
    replied = {reply.step for reply in session.replies}
    place = next((n for n, step in enumerate(steps) if step.id == after), -1)
    section = steps[place].section if place >= 0 else ""
    behind, before = steps[place + 1 :], steps[: max(place, 0)]
    here = [step for step in (*behind, *before) if step.section == section]
    rest = [step for step in (*behind, *before) if step.section != section]
    open_ = [step for step in (*here, *rest, *steps) if step.id not in replied]
    return open_[0] if open_ else None


def previous(dialogue: Dialogue, session: Session, before: str = "") -> Step | None:
    """The step asked before this one; the last when none is named; None at the first."""
    steps = asked(dialogue, session)
    place = next((n for n, step in enumerate(steps) if step.id == before), len(steps))
    return steps[place - 1] if place else None


def apply(dialogue: Dialogue, session: Session, reply: Reply) -> Applied:
    """The session with a reply given or changed, and without what no longer holds.

    Raises ReplyError for a value of the wrong kind or out of range, or a step that is not asked.
    """
    replies = _by_step(session)
    step = next((one for one in _asked(dialogue, replies) if one.id == reply.step), None)
    reply = checked(step, reply, _choices(step, replies) if step else {})
    before = replies.get(reply.step)
    replies[reply.step] = reply
    changed = {reply.step} if before is not None and before.value != reply.value else set[str]()
    forgotten = _forget(dialogue, replies, changed)
    return Applied(_with(dialogue, session, replies), tuple(s.id for s in dialogue.steps if s.id in forgotten))


def forget(dialogue: Dialogue, session: Session, step: str) -> Applied:
    """Without the reply to a step and what depended on it."""
    replies = _by_step(session)
    if replies.pop(step, None) is None:
        return Applied(session)
    forgotten = _forget(dialogue, replies, {step})
    return Applied(_with(dialogue, session, replies), tuple(s.id for s in dialogue.steps if s.id in forgotten))


def progress(dialogue: Dialogue, session: Session) -> Progress:
    """Replied to and asked, by section too; a step that is not asked now does not count."""
    replied = {reply.step for reply in session.replies}
    steps = asked(dialogue, session)
    sections = []
    for section in dialogue.sections:
        own = [step.id in replied for step in steps if step.section == section.id]
        if own:
            sections.append((section.id, sum(own), len(own)))
    return Progress(sum(step.id in replied for step in steps), len(steps), tuple(sections))


def finished(dialogue: Dialogue, session: Session) -> bool:
    """Whether nothing is left to ask. A report can be made before."""
    return next_step(dialogue, session) is None


def migrated(dialogue: Dialogue, session: Session) -> Applied:
    """The session on another version of its mode; what the new one cannot take is named, the old session stays."""
    moved = begin(dialogue, session.id, session.lang)
    lost = {reply.step for reply in session.replies}
    for reply in _ordered(dialogue, _by_step(session)):
        try:
            moved = apply(dialogue, moved, reply).session
            lost.discard(reply.step)
        except ReplyError:
            continue
    return Applied(moved, tuple(reply.step for reply in session.replies if reply.step in lost))


# ---- inside ------------------------------------------------------------------------------------


def _by_step(session: Session) -> dict[str, Reply]:
    return {reply.step: reply for reply in session.replies}


def _ordered(dialogue: Dialogue, replies: Mapping[str, Reply]) -> list[Reply]:
    return [replies[step.id] for step in dialogue.steps if step.id in replies]


def _with(dialogue: Dialogue, session: Session, replies: Mapping[str, Reply]) -> Session:
    return replace(session, replies=tuple(_ordered(dialogue, replies)))


def _asked(dialogue: Dialogue, replies: Mapping[str, Reply]) -> Iterator[Step]:
    facts = Facts(dialogue, replies)
    sections = {section.id: facts.holds(section.when) for section in dialogue.sections}
    for step in dialogue.steps:
        if sections[step.section] and facts.holds(step.when) and (not step.options_from or _options(step, replies)):
            yield step


def _options(step: Step | Field, replies: Mapping[str, Reply]) -> tuple[Option, ...]:
    if not step.options_from:
        return step.options
    group, _, column = step.options_from.partition(".")
    reply = replies.get(group)
    rows = reply.value if reply is not None and isinstance(reply.value, tuple) else ()
    named = [str(row[column]).strip() for row in rows if isinstance(row, Mapping) and row.get(column)]
    return tuple(Option(name, {"pl": name, "en": name}) for name in dict.fromkeys(named))


def _choices(step: Step, replies: Mapping[str, Reply]) -> dict[str, tuple[Option, ...]]:
    """What can be chosen, of the step itself ("") and of each of its columns."""
    return {"": _options(step, replies), **{column.id: _options(column, replies) for column in step.fields}}


def _forget(dialogue: Dialogue, replies: dict[str, Reply], changed: set[str]) -> set[str]:
    """Takes out of `replies` what no longer holds, and names it; ends because each turn takes something out."""
    forgotten: set[str] = set()
    while True:
        there = {step.id: step for step in _asked(dialogue, replies)}
        gone = {id for id in replies if id not in there}
        gone |= {id for id, step in there.items() if id in replies and changed & set(step.depends)}
        blanked = {id: less for id in replies.keys() - gone if (less := _less(there[id], replies)) is not None}
        if not gone and not blanked:
            return forgotten
        for id in gone:
            del replies[id]
        for id, reply in blanked.items():
            if reply.value is None:
                del replies[id]
            else:
                replies[id] = reply
        changed = gone | blanked.keys()
        forgotten |= changed


def _less(step: Step, replies: Mapping[str, Reply]) -> Reply | None:
    """The reply without choices that are no longer offered; None when all are."""
    reply = replies[step.id]
    value: Value | None = reply.value
    offered = {name: {option.id for option in found} for name, found in _choices(step, replies).items()}
    if step.kind is StepKind.CHOICE and isinstance(value, str) and value not in offered[""]:
        return replace(reply, value=None)
    if step.kind is StepKind.MULTI and isinstance(value, tuple) and not set(map(str, value)) <= offered[""]:
        left = tuple(str(one) for one in value if one in offered[""])
        return replace(reply, value=left or None)
    if step.kind in (StepKind.TABLE, StepKind.GROUP) and isinstance(value, tuple):
        rows = tuple(_row(step, row, offered) for row in value if isinstance(row, Mapping))
        return replace(reply, value=rows) if rows != value else None
    return None


def _row(step: Step, row: Row, offered: Mapping[str, set[str]]) -> Row:
    gone = {c.id for c in step.fields if c.kind == "choice" and row.get(c.id) not in (None, "", *offered[c.id])}
    return {name: "" if name in gone else cell for name, cell in row.items()}
