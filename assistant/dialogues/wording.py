"""Replies in words, and words with replies in them.

A text may name a step, a computed value or a column of a group in braces: "Do {deadline} {group} osiągnie…",
"{stakeholders.name}". What is not answered is a line of dots, as on a form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..domain.dialogues import Absent, Dialogue, Field, Option, Reply, Session, Step, StepKind, Text
from ..prompts import Words
from .conditions import Facts, field

NAME = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\}")
BLANK = "………"
GROUPED = 10_000  # from which thousands are set apart: four digits are not, in Polish, and a year never is


@dataclass(frozen=True)
class Wording:
    """The replies of one session in its language; what is absent is left to the reader of `Reply.absent`."""

    dialogue: Dialogue
    session: Session
    words: Words

    @property
    def facts(self) -> Facts:
        """The same replies, asked about."""
        return Facts(self.dialogue, {reply.step: reply for reply in self.session.replies})

    def text(self, text: Text | None) -> str:
        """In the session's language, with the replies that it names."""
        if text is None:
            return ""
        return NAME.sub(lambda found: self.named(found[1]) or BLANK, said(text, self.session.lang))

    def named(self, name: str) -> str:
        """What a name holds, in words; "" when nothing."""
        facts = self.facts
        if name in facts.computed:
            one = facts.computed[name]
            value = facts.number(one.value)
            return "" if value is None else self.number(value, one.digits, one.unit)
        id, _, column = name.partition(".")
        step, reply = facts.steps.get(id), facts.replies.get(id)
        if step is None or reply is None or reply.value is None:
            return ""
        if not column and step.kind is StepKind.MULTI:
            return self._listed(self.value(step, reply))
        if not column:
            return "; ".join(self.value(step, reply))
        found = field(step, column)
        rows = reply.value if isinstance(reply.value, tuple) else ()
        cells = [self.cell(found, row.get(column)) for row in rows if found and isinstance(row, Mapping)]
        return ", ".join(filter(None, cells))

    def value(self, step: Step, reply: Reply) -> list[str]:
        """A reply as lines; a table's or group's rows as "a · b"."""
        value = reply.value
        if value is None:
            return []
        if step.kind is StepKind.INFO:
            return [self.words.text("dialogues.read")]
        if step.kind is StepKind.CHOICE:
            return [self.option(step.options, str(value))]
        if step.kind is StepKind.MULTI and isinstance(value, tuple):
            return [self.option(step.options, str(one)) for one in value]
        if step.kind is StepKind.SCALE:
            return [self.words.text("dialogues.level", value=value, levels=step.levels)]
        if step.kind in (StepKind.NUMBER, StepKind.MONEY) and isinstance(value, (int, Decimal)):
            return [self._amount(value, step.kind is StepKind.MONEY, step.unit)]
        if step.kind is StepKind.DATE:
            return [self.day(str(value))]
        if isinstance(value, tuple):
            return [" · ".join(filter(None, cells)) for cells in self.cells(step, reply)]
        return [line for line in str(value).split("\n") if line.strip()]

    def cells(self, step: Step, reply: Reply) -> list[list[str]]:
        """A table's or group's rows; a fixed row begins with its name."""
        rows = reply.value if isinstance(reply.value, tuple) else ()
        names = {row.id: said(row.text, self.session.lang) for row in step.rows}
        return [
            ([names.get(str(row["row"]), "")] if "row" in row else [])
            + [self.cell(column, row.get(column.id)) for column in step.fields]
            for row in rows
            if isinstance(row, Mapping)
        ]

    def cell(self, column: Field, cell: Any) -> str:
        """One cell."""
        if cell in ("", None):
            return ""
        if column.kind == "choice":
            return self.option(column.options, str(cell))
        if column.kind in ("money", "number"):
            return self._amount(Decimal(cell), column.kind == "money", column.unit)
        if column.kind == "scale":
            return self.words.text("dialogues.level", value=cell, levels=column.levels)
        return self.day(str(cell)) if column.kind == "date" else str(cell)

    def _listed(self, parts: Sequence[str]) -> str:
        """„a, b i c”"""
        *first, last = parts
        return self.words.text("dialogues.listed", first=", ".join(first), last=last) if first else last

    def _amount(self, value: int | Decimal, money: bool, unit: Text | None) -> str:
        if money:
            return self.words.text("dialogues.money", value=self.number(Decimal(value), 2))
        return self.number(Decimal(value), None, unit)

    def option(self, options: Sequence[Option], id: str) -> str:
        """The words of an option; one that came from a group is its own words."""
        return next((said(option.text, self.session.lang) for option in options if option.id == id), id)

    def number(self, value: Decimal, digits: int | None, unit: Text | None = None) -> str:
        """With the separators of the language; `digits` None = as many as there are."""
        if digits is not None:
            value = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        shown = f"{value:,f}" if abs(value) >= GROUPED else f"{value:f}"
        if self.session.lang == "pl":
            shown = shown.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
        return f"{shown}\N{NO-BREAK SPACE}{said(unit, self.session.lang)}" if unit else shown

    def day(self, value: str) -> str:
        """15 marca 2027"""
        at = date.fromisoformat(value)
        return f"{at.day} {self.words.text(f'dialogues.month.{at.month}')} {at.year}"


def said(text: Text, lang: str) -> str:
    """In one language, else in the first there is."""
    return text.get(lang) or next(iter(text.values()), "")


def absent(reply: Reply | None) -> Absent | None:
    """Why a step has no value; SKIPPED when nobody replied."""
    return Absent.SKIPPED if reply is None else reply.absent
