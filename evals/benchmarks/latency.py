"""How long a warm `ask` and `search` take, stage by stage, at growing sizes; memory, disk, Chroma's recall.

The index is built here; a process of its own then opens it as any process does and asks the
questions, so that its memory is that of an assistant and nothing else:

    python -m evals.benchmarks.latency INDEXES QUESTIONS.json
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from assistant import config, service
from assistant.answering.answerer import Answerer
from assistant.evaluation.datasets import Beir
from assistant.indexing.generations import Generation, open_generation
from assistant.retrieval.retriever import HybridRetriever
from assistant.service import Service

from .figures import Goal, Section, Table, milliseconds, ratio
from .material import PASSAGES, Blended, Place, filler, say
from .stopwatch import Stage, Stopwatch

ROOT = Path(__file__).resolve().parents[2]
MOST_ASK = 150.0  # ms, p95
GOAL_SIZE = 10_000
QUESTIONS = 300
WARM_UP = 5
STAGES: tuple[Stage, ...] = (
    (Answerer, "ask", "answering"),
    (HybridRetriever, "retrieve", "other"),
    (HybridRetriever, "_query", "repair, analysis"),
    (HybridRetriever, "_lexical", "lexical"),
    (HybridRetriever, "_near", "dense"),
    (HybridRetriever, "_ranked", "ranking"),
)
ORDER = ("repair, analysis", "embed", "lexical", "dense", "ranking", "answering", "other")
PARTS = {"library.db": "texts", "vectors.npy": "vectors", "unit_vectors.npy": "unit vectors", "chroma": "Chroma"}


def run(place: Place, data: Beir, sizes: Sequence[int]) -> Section:
    """One measurement a size (chunks)."""
    found = {size: _in_a_process(built(place, data, size), questions(data)) for size in sizes}
    goals = tuple(
        Goal(f"ask p95 at {row['chunks']} chunks", row["ask"]["in all"][1], MOST_ASK, "ms")
        for size, row in found.items()
        if size == GOAL_SIZE
    )
    return Section(
        "Latency", (*(_stage_table(name, found) for name in ("ask", "search")), _dense(found), _space(found)), goals
    )


def questions(data: Beir) -> list[str]:
    """The questions asked at every size."""
    return list(data.queries.values())[:QUESTIONS]


def built(place: Place, data: Beir, size: int) -> Service:
    """A service over about `size` chunks: what answers the questions, and filler; found again when it is there."""
    say(f"an index of {size} chunks")
    asked = list(data.queries)[:QUESTIONS]
    wanted = list(dict.fromkeys(document for query in asked for document in data.qrels[query]))[: size // 2]
    real = {name: data.corpus[name] for name in wanted}
    home = place.service("latency")
    home.__dict__["embedder"] = _blended(place, home, data)
    passages = round((size - len(real)) * _passages_a_chunk(home, data))
    over = home.over_texts(real | filler(data.corpus, passages))
    return over


def measure(built: Service, asked: Sequence[str]) -> dict[str, Any]:
    """Times of `ask` and `search` by stage, memory, disk and recall of one index (in this process)."""
    process = psutil.Process()
    before = process.memory_info().rss
    started = time.perf_counter()
    built.ask(asked[0])
    first = time.perf_counter() - started
    for question in asked[:WARM_UP]:
        built.ask(question)
    figures: dict[str, Any] = {"first": round(first, 3)}
    figures["ask"], statuses = _laps(built.ask, asked, built)
    figures["search"], _ = _laps(built.search, asked, built)
    figures["statuses"] = {name: statuses.count(name) for name in sorted(set(statuses))}
    figures["rss"] = {"before": before, "after": process.memory_info().rss, "own": process.memory_full_info().uss}
    generation = open_generation(built.settings.indexes, built.recipe)
    figures |= {"chunks": generation.size, "units": generation.manifest.counts.units, "disk": _disk(generation)}
    figures["recall"] = _recall(generation, [built.embedder.embed_query(question) for question in asked], built)
    return figures


def _blended(place: Place, home: Service, data: Beir) -> Blended:
    """One for all sizes: real texts are embedded once."""
    if "blended" not in place.kept:
        place.kept["blended"] = Blended(home.embedder, [f"{title}. {text}" for title, text in data.corpus.values()])
    return place.kept["blended"]


def _passages_a_chunk(home: Service, data: Beir) -> float:
    """How many filler passages the chunking recipe puts into one chunk."""
    sample = filler(data.corpus, 5 * PASSAGES)
    return 5 * PASSAGES / sum(len(home._prepared_text(name, *text).chunks) for name, text in sample.items())


def _in_a_process(over: Service, asked: list[str]) -> dict[str, Any]:
    file = over.settings.indexes / "questions.json"
    file.write_text(json.dumps(asked), encoding="utf-8")
    say(f"{len(asked)} questions in a process of their own")
    command = [sys.executable, "-m", "evals.benchmarks.latency", str(over.settings.indexes), str(file)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _laps(
    call: Callable[[str], Any], asked: Sequence[str], built: Service
) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """((p50, p95) in ms by stage and "in all", the statuses of the answers)."""
    watch = Stopwatch()
    laps: list[Mapping[str, float]] = []
    totals, statuses = [], []
    with watch.watching((*STAGES, (type(built.embedder), "embed_query", "embed"))):
        for question in asked:
            started = time.perf_counter()
            result = call(question)
            totals.append(time.perf_counter() - started)
            statuses.append(str(getattr(getattr(result, "status", None), "value", "")))
            laps.append(watch.lap())
    stages = {stage: milliseconds([lap.get(stage, 0.0) for lap in laps]) for stage in ORDER}
    return {**stages, "in all": milliseconds(totals)}, statuses


def _recall(generation: Generation, vectors: Sequence[Any], built: Service) -> dict[str, Any]:
    """Share of the 10 exact nearest that Chroma finds, asked for 10 and for as many as a search asks."""
    many = min(built.settings.retrieval.dense_candidates, generation.size)
    shares: dict[int, list[float]] = {10: [], many: []}
    chroma, exact = [], []
    for vector in vectors:
        started = time.perf_counter()
        right = set(generation.exact(vector, 10)[0].tolist())
        exact.append(time.perf_counter() - started)
        for k, found in shares.items():
            started = time.perf_counter()
            near = generation.nearest(vector, k)
            chroma.append(time.perf_counter() - started)
            rows = near[0][:10].tolist() if near else []
            found.append(len(right & set(rows)) / max(1, len(right)))
    means = [round(sum(found) / len(found), 4) for found in shares.values()]
    return {"asked": [10, many], "recall": means, "chroma_ms": milliseconds(chroma), "exact_ms": milliseconds(exact)}


def _disk(generation: Generation) -> dict[str, int]:
    """Bytes by part."""
    sizes: dict[str, int] = {}
    for file in generation.folder.rglob("*"):
        if file.is_file():
            top = file.relative_to(generation.folder).parts[0]
            part = PARTS.get(top, "BM25" if file.parent != generation.folder else "other")
            sizes[part] = sizes.get(part, 0) + file.stat().st_size
    return sizes


# tables


def _stage_table(name: str, found: Mapping[int, Mapping[str, Any]]) -> Table:
    columns = ("chunks", *(f"{stage}" for stage in ORDER), "in all", "ratio p95")
    first = next(iter(found.values()))[name]["in all"][1]
    rows = tuple(
        (
            row["chunks"],
            *(" / ".join(map(str, row[name][stage])) for stage in (*ORDER, "in all")),
            ratio(row[name]["in all"][1], first),
        )
        for row in found.values()
    )
    note = (
        "ms, p50 / p95, one question after the other in a warm process. A stage's time is without those inside it. "
        "Filler passages: real sentences mixed anew, vectors mixed from real ones with noise; the passages that "
        "answer have their own. "
        + "; ".join(f"{row['chunks']} chunks: {row['statuses']}" for row in found.values() if name == "ask")
    )
    return Table(f"`{name}` by stage", columns, rows, note)


def _dense(found: Mapping[int, Mapping[str, Any]]) -> Table:
    first = next(iter(found.values()))["recall"]["asked"]
    columns = (
        "chunks",
        *(f"recall@10, asked for {k}" for k in first),
        "Chroma (ms)",
        "exact (ms)",
        "Chroma / exact p50",
    )
    rows = tuple(
        (
            row["chunks"],
            *row["recall"]["recall"],
            " / ".join(map(str, row["recall"]["chroma_ms"])),
            " / ".join(map(str, row["recall"]["exact_ms"])),
            ratio(row["recall"]["chroma_ms"][0], row["recall"]["exact_ms"][0]),
        )
        for row in found.values()
    )
    return Table("Chroma against exact search", columns, rows, "The vectors of the same questions.")


def _space(found: Mapping[int, Mapping[str, Any]]) -> Table:
    parts = list(dict.fromkeys(part for row in found.values() for part in sorted(row["disk"])))
    columns = ("chunks", "units", "first answer (s)", "RSS before (MB)", "RSS (MB)", "own (MB)", *parts, "disk (MB)")
    rows = tuple(
        (
            row["chunks"],
            row["units"],
            row["first"],
            *(round(row["rss"][name] / 1e6) for name in ("before", "after", "own")),
            *(round(row["disk"].get(part, 0) / 1e6, 1) for part in parts),
            round(sum(row["disk"].values()) / 1e6, 1),
        )
        for row in found.values()
    )
    note = "First answer: models and index opened by it. RSS counts mapped files too; own (USS) does not. Disk in MB."
    return Table("Memory and disk", columns, rows, note)


def main(indexes: str, file: str) -> None:
    """The process that asks."""
    asked = json.loads(Path(file).read_text(encoding="utf-8"))
    print(json.dumps(measure(service.build(config.load(indexes=indexes, answering={"remembered": 0})), asked)))


if __name__ == "__main__":
    main(*sys.argv[1:])
