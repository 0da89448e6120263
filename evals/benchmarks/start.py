"""From nothing to the first answer: a new process of the command line, files in the page cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.evaluation.datasets import Beir
from assistant.evaluation.runner import Timed

from . import latency
from .figures import Goal, Section, Table
from .material import Place, say

MOST = 5.0  # seconds
RUNS = 5
QUESTION = "Co to jest klauzula społeczna?"


def run(place: Place, data: Beir, sizes: Sequence[int]) -> Section:
    """Over the handbooks and over the indexes of the latency section."""
    handbooks = place.service("handbooks")
    handbooks.index()
    places = {"handbooks": (handbooks.settings.indexes, QUESTION)}
    for size in sizes:
        places[f"{size} chunks"] = (latency.built(place, data, size).settings.indexes, latency.questions(data)[0])
    importing = _median([_run(["-c", "import assistant.presentation.cli"], {})[0] for _ in range(RUNS)])
    rows, slowest = [], 0.0
    for name, (indexes, question) in places.items():
        say(f"cold starts: {name}")
        asking = ["-c", "from assistant.presentation.cli import main; main()", "ask", "--json", question]
        times = [_run(asking, {"ASSISTANT_INDEXES": str(indexes)}) for _ in range(RUNS + 1)][1:]
        wall, used = _median([seconds for seconds, _ in times]), _median([cpu for _, cpu in times])
        rows.append((name, round(wall, 2), round(max(times)[0], 2), round(used, 2), round(importing, 2)))
        slowest = max(slowest, wall)
    note = f"`assistant ask --json`, {RUNS} processes one after the other, after one that is not counted."
    columns = ("index", "first answer p50 (s)", "slowest (s)", "processor time p50 (s)", "of it imports (s)")
    return Section(
        "Start",
        (Table("A new process", columns, tuple(rows), note),),
        (Goal("start to first answer", round(slowest, 2), MOST, "s"),),
    )


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """(seconds, seconds of processor time) of one process. Raises RuntimeError when it does not answer."""
    started, before = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    seconds, after = time.perf_counter() - started, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    if done.returncode or ("--json" in arguments and "status" not in json.loads(done.stdout)):
        raise RuntimeError(done.stdout + done.stderr)
    return seconds, used


def _median(seconds: Sequence[float]) -> float:
    return Timed(tuple(seconds)).percentile(0.5)
