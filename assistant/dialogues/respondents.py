"""People who reply at random but validly: for the linter, for tests and for demonstrations."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from ..domain.dialogues import Absent, Cell, Dialogue, Field, Option, Reply, Session, Step, StepKind, Value
from . import engine

WORDS = ["spółdzielnia", "gmina", "seniorzy", "warsztat", "Żuławy", "świetlica", "umowa", "łąka", "zażółć", "zespół"]
SOMETIMES = 0.06  # of replies that are absent


def respond(dialogue: Dialogue, dice: random.Random, lang: str = "pl") -> Session:
    """A whole run. Raises what the engine raises; ends because the engine does."""
    session = engine.begin(dialogue, "r", lang)
    after = ""
    while step := engine.next_step(dialogue, session, after):
        session = engine.apply(dialogue, session, reply(dialogue, session, step, dice)).session
        after = step.id
    return session


def reply(dialogue: Dialogue, session: Session, step: Step, dice: random.Random) -> Reply:
    """One valid reply to a step."""
    if not step.required and step.kind is not StepKind.INFO and dice.random() < SOMETIMES:
        return Reply(step.id, absent=dice.choice(list(Absent)))
    note = dice.choice(WORDS) if dice.random() < SOMETIMES else ""
    return Reply(step.id, _value(dialogue, session, step, dice), note=note)


def _value(dialogue: Dialogue, session: Session, step: Step, dice: random.Random) -> Value:
    offered = engine.options(dialogue, session, step)
    if step.kind is StepKind.INFO:
        return True
    if step.kind is StepKind.CHOICE:
        return dice.choice(offered).id
    if step.kind is StepKind.MULTI:
        return tuple(option.id for option in dice.sample(offered, dice.randint(1, len(offered))))
    if step.kind is StepKind.SCALE:
        return dice.randint(1, step.levels)
    if step.kind in (StepKind.NUMBER, StepKind.MONEY):
        return _number(step, dice)
    if step.kind is StepKind.DATE:
        return _day(dice)
    if step.kind is StepKind.TEXT:
        return _words(dice)[: step.max_chars]
    columns = {column.id: engine.options(dialogue, session, column) for column in step.fields}
    if step.kind is StepKind.TABLE:
        return tuple({"row": row.id, **_row(step, columns, dice)} for row in step.rows)
    size = dice.randint(max(step.min_rows, 1), max(step.min_rows, 1, min(step.max_rows, 5)))
    return tuple(_row(step, columns, dice) for _ in range(size))


def _row(step: Step, columns: dict[str, tuple[Option, ...]], dice: random.Random) -> dict[str, Cell]:
    return {column.id: _cell(column, columns[column.id], dice) for column in step.fields}


def _cell(column: Field, offered: tuple[Option, ...], dice: random.Random) -> Cell:
    if column.kind == "choice":
        return dice.choice(offered).id if offered else ""
    if column.kind in ("number", "money"):
        return _number(column, dice)
    if column.kind == "scale":
        return dice.randint(1, column.levels)
    return _day(dice) if column.kind == "date" else _words(dice)


def _number(limits: Step | Field, dice: random.Random) -> Decimal:
    low = limits.min if limits.min is not None else Decimal(0)
    high = limits.max if limits.max is not None else low + 1000
    value = low + (high - low) * Decimal(dice.randint(0, 100)) / 100
    return Decimal(int(value)) if limits.integer else value.quantize(Decimal("0.01"))


def _day(dice: random.Random) -> str:
    return (date(2027, 1, 1) + timedelta(days=dice.randint(0, 700))).isoformat()


def _words(dice: random.Random) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(1, 8)))
