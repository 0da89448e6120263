"""Proof that the gate bites: one part is broken at a time, and the gate has to fail naming the right figure.

    .venv/bin/python -m evals.bites [--limit 120]

Prints a table: the fault, what the gate names (a bar missed, or worse than the unbroken build over the same
questions), and whether the figures that stand for the fault are among it. Exit code 1 when a fault passes unseen.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from assistant import config, service
from assistant.domain.answers import Answer, Passage, Retrieval
from assistant.domain.linear import Bars, LinearModel
from assistant.evaluation import compare, datasets, judging, summary

SETS = sorted((config.ROOT / "evals" / "sets").glob("*.jsonl"))


class Broken:
    """A service with one thing done wrong to what it gives back."""

    def __init__(self, whole: service.Service, answer: Any = None, search: Any = None) -> None:
        self._whole, self._answer, self._search = whole, answer or (lambda a: a), search or (lambda f: f)

    def ask(self, question: str, lang: str | None = None, earlier: Sequence[str] = ()) -> Answer:
        return self._answer(self._whole.ask(question, lang, earlier))

    def search(self, query: str, k: int | None = None) -> Retrieval:
        return self._search(self._whole.search(query, k))

    def library(self, generation: str) -> Any:
        return self._whole.library(generation)

    def lemmas(self, text: str) -> Sequence[str]:
        return self._whole.lemmas(text)


def rewired(whole: service.Service, **parts: Any) -> service.Service:
    """The service with other parts; whatever depends on them is made anew."""
    other = service.build(whole.settings)
    kept = {k: v for k, v in whole.__dict__.items() if k not in ("_retriever", "_answerer", "settings")}
    other.__dict__.update({**kept, **parts})
    return other


class Shuffled:
    """A retriever whose passages come in any order, with signals of the wrong ones."""

    def __init__(self, whole: Any) -> None:
        self._whole = whole

    def retrieve(self, question: str, k: int, lang: str = "pl", without: Sequence[str] = ()) -> Retrieval:
        found = self._whole.retrieve(question, 30, lang, without)
        passages = list(found.passages[5:])
        random.Random(question).shuffle(passages)
        ranked = tuple(replace(passage, rank=rank) for rank, passage in enumerate(passages[:k], 1))
        return replace(found, passages=ranked)


def no_retrieval(whole: service.Service) -> Any:
    """The right passages are lost."""
    return rewired(whole, _retriever=Shuffled(whole._retriever))


def moved_citations(whole: service.Service) -> Any:
    """Every citation points three characters further."""

    def moved(answer: Answer) -> Answer:
        citations = [replace(c, span=(c.span[0] + 3, c.span[1] + 3)) for c in answer.citations]
        return replace(answer, citations=tuple(citations))

    return Broken(whole, answer=moved)


def uncited_sentences(whole: service.Service) -> Any:
    """The last sentence of every answer loses its citation."""

    def bare(answer: Answer) -> Answer:
        *first, last = answer.sentences or (None,)
        return replace(answer, sentences=(*first, replace(last, citations=()))) if last else answer

    return Broken(whole, answer=bare)


def no_refusal(whole: service.Service) -> Any:
    """Everything is answered with full confidence."""
    return rewired(whole, weights=replace(whole.weights, bars=Bars(0.0, 0.0)))


def always_refusing(whole: service.Service) -> Any:
    """Nothing is."""
    return rewired(whole, weights=replace(whole.weights, bars=Bars(1.1, 1.1)))


def worst_first(whole: service.Service) -> Any:
    """The ranker's weights have the wrong sign."""
    ranker: LinearModel = whole.weights.ranker
    turned = replace(ranker, weights=tuple(-weight for weight in ranker.weights))
    return rewired(whole, weights=replace(whole.weights, ranker=turned))


def crashing(whole: service.Service) -> Any:
    """Every tenth question ends in an error."""
    count = iter(range(10**6))

    def crash(answer: Answer) -> Answer:
        if next(count) % 10 == 0:
            raise RuntimeError("seeded")
        return answer

    return Broken(whole, answer=crash)


def other_documents(whole: service.Service) -> Any:
    """Search results keep their words but the ranks are turned round."""

    def turned(found: Retrieval) -> Retrieval:
        passages: list[Passage] = list(reversed(found.passages))
        return replace(found, passages=tuple(replace(p, rank=n) for n, p in enumerate(passages, 1)))

    return Broken(whole, search=turned)


FAULTS: list[tuple[str, Callable[[service.Service], Any], set[str]]] = [
    ("retrieval: right passages lost", no_retrieval, {"key_facts", "citation_documents"}),
    ("retrieval: order of search turned round", other_documents, {"nDCG@10"}),
    ("ranking: weights with the wrong sign", worst_first, {"nDCG@10", "key_facts"}),
    ("citations: spans moved by three characters", moved_citations, {"citation_verbatim"}),
    ("citations: last sentence uncited", uncited_sentences, {"citation_coverage"}),
    ("refusal: everything answered", no_refusal, {"unanswerable_answered"}),
    ("refusal: nothing answered", always_refusing, {"answerable_shown"}),
    ("errors: every tenth question crashes", crashing, {"crashed", "status_accuracy"}),
]


def main(limit: int | None) -> int:
    """The table, and 1 when a fault was not seen."""
    whole = service.build(config.load())
    thresholds = compare.read_thresholds(config.ROOT / "evals" / "thresholds.toml")
    cases = [case for file in SETS for case in datasets.read_cases(file)]
    if limit:
        cases = random.Random(0).sample(cases, min(limit, len(cases)))
    sound = measured(whole, cases)
    already = {failure.metric for failure in compare.failures(sound, thresholds, sound)}
    print(f"Unbroken, these {len(cases)} questions miss: {', '.join(sorted(already)) or 'nothing'}.\n")
    print("| fault | what the gate names (value, wanted) | seen |\n|---|---|---|")
    unseen = 0
    for name, seeded, wanted in FAULTS:
        found = compare.failures(measured(seeded(whole), cases), thresholds, sound)
        missed = {failure.metric: failure for failure in found if failure.metric not in already}
        seen = wanted <= missed.keys() | {f.metric for f in found if f.kind == "baseline"}
        unseen += not seen
        told = ", ".join(f"{metric} {failure.value:.2f} ({failure.wanted:.2f})" for metric, failure in missed.items())
        print(f"| {name} | {told or '-'} | {'yes' if seen else 'NO'} |", flush=True)
    return 1 if unseen else 0


def measured(built: Any, cases: Sequence[datasets.Case]) -> dict[str, Any]:
    """The report of a build."""
    return summary.report(judging.judge(cases, built, lambda n: None), {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int)
    sys.exit(main(parser.parse_args().limit))
