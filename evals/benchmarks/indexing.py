"""Indexing against the time that the embedder alone needs for the same texts, and again after one change."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant.evaluation.datasets import Beir

from .figures import Goal, Section, Table, ratio
from .material import Blended, Place, Texts, filler, say

MOST_OVER_EMBEDDER = 1.15
MOST_AFTER_CHANGE = 5.0  # seconds, at about 1,000 chunks
REINDEXED = 1000  # passages
IN_EACH = 10  # passages a document


def run(place: Place, data: Beir, reindexed: int = REINDEXED) -> Section:
    """Both measurements."""
    whole, goals = _whole(place, data)
    again, after = _after_change(place, data, reindexed)
    return Section("Indexing", (whole, again), (*goals, after))


@dataclass
class Recording:
    """An embedder that remembers which texts it was given."""

    real: Any
    texts: list[str] = field(default_factory=list)

    @property
    def identity(self) -> str:
        return self.real.identity

    @property
    def dimension(self) -> int:
        return self.real.dimension

    def embed_query(self, text: str) -> np.ndarray:
        return self.real.embed_query(text)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        self.texts += texts
        return self.real.embed_passages(texts, progress)


def _whole(place: Place, data: Beir) -> tuple[Table, tuple[Goal, ...]]:
    say(f"indexing {len(data.corpus)} texts")
    home = place.service("indexing", fresh=True)
    recording = Recording(home.embedder)
    home.__dict__["embedder"] = recording
    recording.real.embed_passages(["Ekonomia społeczna."])  # opened before the clock starts
    home.analyzer.terms("Ekonomia społeczna.")
    total, total_cpu, over = _timed(lambda: home.over_texts(data.corpus))
    say(f"the embedder alone, {len(recording.texts)} texts")
    alone, alone_cpu, _ = _timed(lambda: recording.real.embed_passages(recording.texts))
    manifest = over.library("").manifest
    stages = manifest.seconds
    rows = [
        ("texts given", len(data.corpus), ""),
        ("chunks", manifest.counts.chunks, ""),
        ("texts embedded (chunks and units)", len(recording.texts), ""),
        ("characters embedded", sum(map(len, recording.texts)), ""),
        ("embedder alone (s)", round(alone, 2), 1.0),
        ("indexing in all (s)", round(total, 2), ratio(total, alone, 3)),
        ("embedder alone, processor time (s)", round(alone_cpu, 2), ratio(alone_cpu, alone, 3)),
        ("indexing in all, processor time (s)", round(total_cpu, 2), ratio(total_cpu, alone, 3)),
        *((f"of it {stage} (s)", round(seconds, 2), ratio(seconds, alone, 3)) for stage, seconds in stages.items()),
    ]
    note = (
        "The embedder alone gets the texts that the build gave it, in one call, after the build. "
        "Processor time is less moved by other work on the machine. "
        f"Inside the build: total / embed stage = {ratio(total, stages.get('embed', 0.0), 3)}."
    )
    table = Table("Everything, from nothing", ("figure", "value", "ratio to the embedder alone"), tuple(rows), note)
    return table, (
        Goal("indexing / embedder alone", ratio(total, alone, 3), MOST_OVER_EMBEDDER),
        Goal("the same in processor time", ratio(total_cpu, alone_cpu, 3), MOST_OVER_EMBEDDER),
    )


def _after_change(place: Place, data: Beir, passages: int) -> tuple[Table, Goal]:
    say(f"indexing again after a change, {passages} passages")
    texts = filler(data.corpus, passages, IN_EACH)
    corpus = place.folder / "changing"
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(parents=True)
    for name, (title, text) in texts.items():
        _write(corpus, name, title, text)
    real = place.service("reindexing", corpus, fresh=True)
    real.__dict__["embedder"] = Blended(real.embedder, [text for _, text in data.corpus.values()])
    chunks = real.index().counts.chunks
    name, (title, text) = next(iter(texts.items()))
    other = next(iter(_unmarked(filler(data.corpus, IN_EACH, IN_EACH, seed=2)).values()))
    changes = {
        "nothing changed": None,
        "one sentence more in one document": (title, text + " Wniosek składa się do końca marca."),
        f"one document of {IN_EACH} passages replaced": other,
    }
    rows, slowest = [], 0.0
    for change, replaced in changes.items():
        if replaced:
            _write(corpus, name, *replaced)
        fresh = place.service("reindexing", corpus)  # with the real embedder, opened inside the time
        seconds, _, report = _timed(fresh.index)
        rows.append((change, chunks, report.embedded, report.reused, round(seconds, 2), _stages(report.seconds)))
        slowest = max(slowest, seconds)
    columns = ("change", "chunks", "texts embedded", "vectors reused", "seconds", "stages (s)")
    note = "Markdown files through the whole product; each time a new service that opens the embedder anew."
    return Table("Again after a change", columns, tuple(rows), note), Goal(
        f"index again after one changed document at {chunks} chunks", round(slowest, 2), MOST_AFTER_CHANGE, "s"
    )


def _write(corpus: Path, name: str, title: str, text: str) -> None:
    body = "\n\n".join(f"## Część {n}\n\n{part}" for n, part in enumerate(text.split("\n\n"), 1))
    (corpus / f"{name}.md").write_text(f"# {title}\n\n{body}\n", encoding="utf-8")


def _unmarked(texts: Texts) -> Texts:
    """Filler under a plain title, which the real embedder computes."""
    return {name: (title.partition(": ")[2], text) for name, (title, text) in texts.items()}


def _stages(seconds: dict[str, float]) -> str:
    return ", ".join(f"{stage} {value:.2f}" for stage, value in seconds.items() if value >= 0.01)


def _timed(action: Callable[[], Any]) -> tuple[float, float, Any]:
    """(seconds, seconds of processor time, result)."""
    started, used = time.perf_counter(), time.process_time()
    result = action()
    return time.perf_counter() - started, time.process_time() - used, result
