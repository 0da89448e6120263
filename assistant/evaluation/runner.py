"""Runs question sets against a build. A failed case counts as wrong, never as absent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..domain.answers import Answer, Retrieval
from ..domain.ports import Library
from ..errors import AssistantError
from . import metrics
from .datasets import Beir
from .variants import VARIANTS

Retrieve = Callable[[str, Sequence[str]], Retrieval]  # question, document ids passed over
Step = Callable[[int], None]
RESULTS = 10


@dataclass(frozen=True)
class Timed:
    """Seconds of each question, for percentiles."""

    seconds: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """Seconds below which `share` of the questions took; 0 for none."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def beir(data: Beir, retrieve: Retrieve, variant: str, k: int, step: Step) -> dict[str, Any]:
    """Retrieval figures of one variant of the questions; documents rank by their best passage."""
    change, run, seconds, failed = VARIANTS[variant], {}, [], 0
    for query, text in data.queries.items():
        started = time.perf_counter()
        try:
            run[query] = _documents(retrieve(change(text, query), ()))
        except AssistantError:
            run[query] = {}
            failed += 1
        seconds.append(time.perf_counter() - started)
        step(1)
    timed = Timed(tuple(seconds))
    return {
        "variant": variant,
        "queries": len(data.queries),
        "documents": len(data.corpus),
        "failed": failed,
        **{name: round(value, 4) for name, value in metrics.retrieval(data.qrels, run, k).items()},
        "ms_p50": round(1000 * timed.percentile(0.5), 1),
        "ms_p95": round(1000 * timed.percentile(0.95), 1),
    }


def _documents(found: Retrieval) -> dict[str, float]:
    """Document path (the id in the dataset) -> a score that keeps the rank order."""
    ranked = list(dict.fromkeys(passage.path for passage in found.passages))
    return {path: 1.0 / (rank + 1) for rank, path in enumerate(ranked)}


def quotes(
    questions: Sequence[str], ask: Callable[[str], Answer], library: Callable[[str], Library], step: Step
) -> dict[str, Any]:
    """Answers every question and looks each citation up in its document, letter by letter."""
    statuses: Counter[str] = Counter()
    cited = found = sentences = supported = 0
    seconds = []
    for question in questions:
        answer = ask(question)
        statuses[answer.status.value] += 1
        seconds.append(answer.seconds)
        numbers = {citation.n for citation in answer.citations}
        sentences += len(answer.sentences)
        supported += sum(bool(s.citations) and set(s.citations) <= numbers for s in answer.sentences)
        for citation in answer.citations:
            text = library(answer.generation).document_text(citation.document_id)
            cited += 1
            found += text[citation.span[0] : citation.span[1]] == citation.quote
        step(1)
    timed = Timed(tuple(seconds))
    return {
        "questions": len(questions),
        "statuses": dict(statuses),
        "citations": cited,
        "citations_verbatim": found / cited if cited else 1.0,
        "sentences": sentences,
        "sentences_cited": supported / sentences if sentences else 1.0,
        "ms_p50": round(1000 * timed.percentile(0.5), 1),
        "ms_p95": round(1000 * timed.percentile(0.95), 1),
    }


@dataclass(frozen=True)
class Sample:
    """What one search told of the chance that it holds the answer, and the chance computed from it."""

    signals: Mapping[str, float]
    chance: float


Certainty = Callable[[str, Sequence[str]], Sample]  # question, documents passed over


def answerability(
    data: Beir, impossible: Mapping[str, str], certainty: Certainty, bars: Mapping[str, float], step: Step
) -> dict[str, Any]:
    """How well the answerability score tells what is there from what is not.

    Positive: every question over the whole corpus. Negative: the same question with its documents
    passed over (`removed`); those of them whose title another document still carries (`near_topic`);
    `impossible` questions, which their passage does not answer.
    """
    samples = collect(data, certainty, step)
    scores = {name: [sample.chance for sample in group] for name, group in samples.items()}
    scores["impossible"] = [certainty(text, ()).chance for text in impossible.values()]
    there = scores.pop("there")
    return {
        "questions": len(there),
        "auroc": {name: round(metrics.auroc(there, missing), 4) for name, missing in scores.items()},
        "counts": {name: len(missing) for name, missing in scores.items()},
        "bands": bands({"there": there, **scores}, bars["answered"], bars["partial"]),
        "bars": dict(bars),
        "calibration": calibration(there, scores["removed"]),
    }


def bands(report_scores: Mapping[str, Sequence[float]], answered: float, partial: float) -> dict[str, dict[str, float]]:
    """Share of each group in the three bands."""
    shares = {}
    for name, values in report_scores.items():
        total = len(values) or 1
        upper = sum(value >= answered for value in values) / total
        middle = sum(partial <= value < answered for value in values) / total
        shares[name] = {
            "answered": round(upper, 3),
            "partial": round(middle, 3),
            "not_found": round(1 - upper - middle, 3),
        }
    return shares


def collect(data: Beir, certainty: Certainty, step: Step) -> dict[str, list[Sample]]:
    """Searches with and without the documents that answer: "there", "removed", "near_topic" (part of removed)."""
    titles = Counter(title for title, _ in data.corpus.values())
    samples: dict[str, list[Sample]] = {"there": [], "removed": [], "near_topic": []}
    for query, text in data.queries.items():
        gold = list(data.qrels[query])
        samples["there"].append(certainty(text, ()))
        samples["removed"].append(certainty(text, gold))
        if any(titles[data.corpus[document][0]] > len(gold) for document in gold if document in data.corpus):
            samples["near_topic"].append(samples["removed"][-1])
        step(1)
    return samples


def calibration(there: Sequence[float], missing: Sequence[float], bins: int = 10) -> list[dict[str, float]]:
    """Per tenth of the score: how many searches fall there and what share of them had the answer."""
    rows = []
    for n in range(bins):
        low, high = n / bins, (n + 1) / bins
        inside = [
            sum(low <= value < high or (n == bins - 1 and value == 1.0) for value in values)
            for values in (there, missing)
        ]
        total = sum(inside)
        rows.append(
            {"from": low, "to": high, "searches": total, "answerable": round(inside[0] / total, 3) if total else 0.0}
        )
    return rows
