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
ENOUGH = 0.85  # of a case's facts (DESIGN: the goal of the whole set) and of its citations; below it the case is shown
OTHER_DOCUMENT = 0.3  # how bad it is to cite another document than expected, which often says the same; a wrong fact: 1


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


def failing(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A report's cases worth reading, worst first: crashed, wrong status, facts missing, another document cited."""
    rows = [(badness(row), row) for row in report["rows"]]
    return [row for bad, row in sorted(rows, key=lambda item: -item[0]) if bad > 0]


def badness(row: Mapping[str, Any]) -> float:
    """How wrong the answer of a report's row is, 0 for a good one; one point a broken promise."""
    figures = row["figures"]
    return (
        2.0 * figures.get("crashed", 0.0)
        + 1.0
        - figures["status_accuracy"]
        + figures.get("unanswerable_answered", 0.0)
        + max(0.0, ENOUGH - figures.get("key_facts", 1.0))
        + 2.0 * (1.0 - figures.get("citation_verbatim", 1.0))
        + OTHER_DOCUMENT * (1.0 - figures.get("citation_documents", 1.0))
    )


def lacking(row: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a report's row that are not good enough, by metric."""
    figures = {name: row["figures"].get(name, 1.0) for name in ("key_facts", "citation_documents", "citation_verbatim")}
    return {name: value for name, value in figures.items() if value < ENOUGH}


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
