"""From judged rows to figures: means with bootstrap intervals, by slice, with a confusion table."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from . import metrics
from .judging import Row

HIGHER = (
    "key_facts",
    "gold_shown",
    "gold_first",
    "status_accuracy",
    "status_exact",
    "answerable_answered",
    "answerable_shown",
    "refusal_precision",
    "refusal_recall",
    "citation_verbatim",
    "citation_documents",
    "citation_coverage",
    "nDCG@10",
    "R@1",
    "R@5",
    "R@10",
    "RR",
)
LOWER = ("unanswerable_answered", "redundancy", "words", "seconds", "crashed")
SLICES = ("lang", "style", "audience", "topic", "expected")
P95 = "seconds_p95"


def report(rows: Sequence[Row], meta: Mapping[str, Any]) -> dict[str, Any]:
    """The report of a run: figures {name: {value, low, high, n}}, slices, confusion, rows. JSON-ready."""
    return {
        "meta": {"date": time.strftime("%Y-%m-%d %H:%M"), "cases": len(rows), **meta},
        "figures": figures(rows),
        "slices": {name: _sliced(rows, name) for name in SLICES},
        "confusion": confusion(rows),
        "rows": [_row(row) for row in rows],
    }


def figures(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Each metric's mean over the rows it applies to, with its interval."""
    found: dict[str, dict[str, float]] = {}
    for name in (*HIGHER, *LOWER):
        values = [row.figures[name] for row in rows if name in row.figures]
        if not values:
            continue
        low, high = metrics.interval(values)
        found[name] = {
            "value": round(sum(values) / len(values), 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "n": len(values),
        }
    seconds = sorted(row.figures["seconds"] for row in rows if "seconds" in row.figures)
    if seconds:
        slow = round(seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], 4)
        found[P95] = {"value": slow, "low": slow, "high": slow, "n": len(seconds)}
    return found


def confusion(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """expected status -> given status -> how many."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        table[row.case.expected][row.status] += 1
    return {expected: dict(given.most_common()) for expected, given in sorted(table.items())}


def trait(row: Row, name: str) -> str:
    """What slice a row falls into."""
    if name == "lang":
        return row.case.lang or "?"
    if name == "expected":
        return row.case.expected
    return row.case.traits.get(name, "?")


def _sliced(rows: Sequence[Row], name: str) -> dict[str, dict[str, dict[str, float]]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[trait(row, name)].append(row)
    return {value: figures(group) for value, group in sorted(groups.items())}


def _row(row: Row) -> dict[str, Any]:
    case = row.case
    return {
        "id": case.id,
        "lang": case.lang,
        "question": case.question,
        "earlier": list(case.earlier),
        "expected": case.expected,
        "status": row.status,
        "right": row.right,
        "text": row.text,
        "key_facts": list(case.key_facts),
        "gold": list(case.gold),
        "documents": list(case.documents),
        "headings": list(case.headings),
        "citations": list(row.citations),
        "rank": row.rank,
        "error": row.error,
        "traits": dict(case.traits),
        "figures": {name: round(value, 4) for name, value in row.figures.items()},
    }
