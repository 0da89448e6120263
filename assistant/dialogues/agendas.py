"""Clock times of an agenda."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..domain.dialogues import Item
from .conditions import Facts

START = Decimal(9)  # o'clock, when nothing else is said
DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Slot:
    """An item with its place in the day, minutes since midnight."""

    item: Item
    begins: int
    ends: int

    @property
    def clock(self) -> str:
        """09:00–09:20"""
        return f"{_clock(self.begins)}–{_clock(self.ends)}"


def slots(items: Sequence[Item], facts: Facts, start: str = "") -> list[Slot]:
    """The items whose conditions hold, one after another; one without a positive length is left out."""
    hour = next((value for value in facts.values(start) if isinstance(value, Decimal)), START) if start else START
    at = int(hour * 60)
    made = []
    for item in items:
        minutes = facts.number(item.minutes)
        if minutes is None or minutes <= 0 or not facts.holds(item.when):
            continue
        made.append(Slot(item, at, at + int(minutes)))
        at += int(minutes)
    return made


def _clock(minutes: int) -> str:
    hours, rest = divmod(minutes % DAY, 60)
    return f"{hours:02}:{rest:02}"
