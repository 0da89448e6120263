"""Two reports side by side, and the gate that stops a build that got worse."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DatasetError
from . import metrics
from .summary import HIGHER, LOWER, P95

UNSTEADY = frozenset({"seconds", P95})  # depend on the machine: shown, never compared
COMPARED = ("id", "right", "figures")  # of a report's row


@dataclass(frozen=True)
class Difference:
    """B minus A over the cases both ran, with the paired bootstrap interval of the mean difference."""

    metric: str
    a: float
    b: float
    low: float
    high: float
    n: int

    @property
    def verdict(self) -> str:
        """ "better", "worse" or "same": whether the whole interval lies on one side of no difference."""
        if self.metric in UNSTEADY or self.low <= 0 <= self.high:
            return "same"
        return "better" if (self.low > 0) == (self.metric in HIGHER) else "worse"


@dataclass(frozen=True)
class Failure:
    """A bar that was not reached. `kind` is "bar", "slice", "gap" or "baseline"."""

    metric: str
    value: float
    wanted: float
    kind: str
    where: str = ""


def compare(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """Every metric both reports have, over the rows with the same id."""
    left = {row["id"]: row["figures"] for row in a["rows"]}
    right = {row["id"]: row["figures"] for row in b["rows"]}
    found = []
    for name in (*HIGHER, *LOWER):
        pairs = [(left[key][name], right[key][name]) for key in left if _both(left, right, key, name)]
        if not pairs:
            continue
        low, high = metrics.interval([new - old for old, new in pairs])
        means = [sum(side) / len(pairs) for side in zip(*pairs, strict=True)]
        found.append(Difference(name, means[0], means[1], low, high, len(pairs)))
    return found


def flips(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Ids of cases whose status was right in A and is wrong in B, and the other way round."""
    left = {row["id"]: row["right"] for row in a["rows"]}
    right = {row["id"]: row["right"] for row in b["rows"]}
    both = [key for key in left if key in right]
    return [k for k in both if left[k] and not right[k]], [k for k in both if right[k] and not left[k]]


def read_report(file: Path) -> dict[str, Any]:
    """A report written by `eval`. DatasetError when it is not one."""
    import json

    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        return {"figures": report["figures"], "rows": report["rows"], **report}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(path=str(file), reason=str(error)) from None


def accepted(report: Mapping[str, Any]) -> dict[str, Any]:
    """What of a report a later one is compared with: the figures, and each row without its texts."""
    rows = [{name: row[name] for name in COMPARED} for row in report["rows"]]
    steady = [{**row, "figures": {k: v for k, v in row["figures"].items() if k not in UNSTEADY}} for row in rows]
    return {"meta": report["meta"], "figures": report["figures"], "rows": steady}


def read_thresholds(file: Path) -> dict[str, Any]:
    """The bars of `thresholds.toml`: [bars], [slices.NAME.VALUE], [[gaps]], [baseline].

    DatasetError names the fault.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(path=str(file), reason=str(error)) from None
    sliced = [bars for values in table.get("slices", {}).values() for bars in values.values()]
    named = {name for bars in (table.get("bars", {}), *sliced) for name in bars}
    named |= {gap["metric"] for gap in table.get("gaps", [])}
    if unknown := named - {*HIGHER, *LOWER, P95}:
        raise DatasetError(path=str(file), reason=f"{sorted(unknown)[0]}: no such metric")
    return table


def failures(
    report: Mapping[str, Any], thresholds: Mapping[str, Any], baseline: Mapping[str, Any] | None
) -> list[Failure]:
    """Everything that keeps this build from passing: bars missed, gaps too wide, worse than the accepted run.

    A metric that a bar names and the report lacks is a failure with value nan: a gate that measures
    nothing must not pass. A bar for a slice the run did not hold is passed over.
    """
    found = list(_missed(report["figures"], thresholds.get("bars", {}), "bar"))
    for name, values in thresholds.get("slices", {}).items():
        for value, bars in values.items():
            held = report["slices"].get(name, {}).get(value)
            found += _missed(held, bars, "slice", f"{name} = {value}") if held else []
    found += [failure for gap in thresholds.get("gaps", []) if (failure := _gap(report, gap)) is not None]
    if baseline is not None:
        allowed = thresholds.get("baseline", {}).get("allowed", 0.0)
        found += [_worse(d) for d in compare(baseline, report) if d.verdict == "worse" and abs(d.b - d.a) > allowed]
    return found


def _missed(figures: Mapping[str, Any], bars: Mapping[str, float], kind: str, where: str = "") -> Sequence[Failure]:
    missed = []
    for name, wanted in bars.items():
        value = figures[name]["value"] if name in figures else float("nan")
        reached = value >= wanted if name in HIGHER else value <= wanted
        if not reached:
            missed.append(Failure(name, value, wanted, kind, where))
    return missed


def _gap(report: Mapping[str, Any], gap: Mapping[str, Any]) -> Failure | None:
    """The same metric in two slices may differ by so much."""
    slices, metric = report["slices"].get(gap["slice"], {}), gap["metric"]
    if not all(metric in slices.get(gap[side], {}) for side in ("from", "to")):
        return None
    width = slices[gap["from"]][metric]["value"] - slices[gap["to"]][metric]["value"]
    where = f"{gap['slice']}: {gap['from']} - {gap['to']}"
    return Failure(metric, round(width, 4), gap["max"], "gap", where) if width > gap["max"] else None


def _worse(difference: Difference) -> Failure:
    return Failure(difference.metric, round(difference.b, 4), round(difference.a, 4), "baseline", f"n = {difference.n}")


def _both(left: Mapping[str, Any], right: Mapping[str, Any], key: str, name: str) -> bool:
    return key in right and name in left[key] and name in right[key]
