"""What a section of the benchmark returns, and how it is written: tables and goals, as Markdown and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.evaluation.runner import Timed


@dataclass(frozen=True)
class Table:
    """Rows of figures under named columns (units are in the names); `note` says how they were made."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Goal:
    """A figure that has to stay at or below `most`."""

    name: str
    value: float
    most: float
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.most


@dataclass(frozen=True)
class Section:
    """One part of the benchmark."""

    name: str
    tables: tuple[Table, ...]
    goals: tuple[Goal, ...] = field(default=())


def markdown(facts: dict[str, Any], sections: Sequence[Section]) -> str:
    """The whole report: where it ran, the goals, each section's tables."""
    goals = [goal for section in sections for goal in section.goals]
    parts = ["# Benchmark", "\n".join(f"- {name}: {value}" for name, value in facts.items())]
    if goals:
        rows = tuple((g.name, g.value, g.most, g.unit, "yes" if g.met else "**no**") for g in goals)
        parts += ["## Goals", _grid(("goal", "measured", "at most", "unit", "met"), rows)]
    for section in sections:
        parts.append(f"## {section.name}")
        for table in section.tables:
            parts += [f"### {table.title}", _grid(table.columns, table.rows), table.note]
    return "\n\n".join(part for part in parts if part) + "\n"


def milliseconds(seconds: Sequence[float]) -> tuple[float, float]:
    """(p50, p95) in ms."""
    timed = Timed(tuple(seconds))
    return round(1000 * timed.percentile(0.5), 1), round(1000 * timed.percentile(0.95), 1)


def ratio(ours: float, other: float, digits: int = 2) -> float:
    """ours / other; 0 when there is nothing to compare with."""
    return round(ours / other, digits) if other else 0.0


def _grid(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    cells = [[str(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
