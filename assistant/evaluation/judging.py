"""Answers to cases, judged one by one. A case that fails or crashes is a wrong answer, never an absent one."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..domain.answers import Answer, Citation, Passage, Retrieval, Status
from ..domain.folding import fold
from ..domain.ports import Library
from ..errors import AssistantError
from . import metrics
from .datasets import Case
from .variants import VARIANTS

Step = Callable[[int], None]
SHOWN = frozenset({Status.ANSWERED.value, Status.PARTIAL.value})
# "partial" says plainly that it is only the nearest thing the documents hold: no lie either way
ACCEPTED: Mapping[str, frozenset[str]] = {
    Status.ANSWERED.value: SHOWN,
    Status.NOT_FOUND.value: frozenset({Status.NOT_FOUND.value, Status.PARTIAL.value}),
}
DEPTH = 10  # passages looked through for the right one


class Build(Protocol):
    """What judging needs of a service."""

    def ask(self, question: str, lang: str | None = None, earlier: Sequence[str] = ()) -> Answer:
        """The answer a person gets."""
        ...

    def search(self, query: str, k: int | None = None) -> Retrieval:
        """Passages, best first."""
        ...

    def library(self, generation: str) -> Library:
        """The documents of a generation."""
        ...

    def lemmas(self, text: str) -> Sequence[str]:
        """Folded lemmas, with the glossary's acronyms spelled out, so that a fact counts in either form."""
        ...


@dataclass(frozen=True)
class Row:
    """One judged case. `figures` hold numbers by metric name; a metric that does not apply is missing."""

    case: Case
    status: str
    text: str
    citations: tuple[Mapping[str, Any], ...]
    figures: Mapping[str, float]
    rank: int | None = None
    error: str = ""

    @property
    def right(self) -> bool:
        """Whether the status is one of those wanted."""
        return self.figures["status_accuracy"] == 1.0


def judge(cases: Iterable[Case], build: Build, step: Step) -> list[Row]:
    """Every case asked and judged, in order."""
    rows = []
    for case in cases:
        rows.append(_judged(case, build))
        step(1)
    return rows


def varied(cases: Iterable[Case], variant: str) -> list[Case]:
    """The Polish cases as people type them otherwise (see variants), marked by their style."""
    change = VARIANTS[variant]
    return [
        replace(
            case,
            id=f"{case.id}~{variant}",
            question=change(case.question, case.id),
            traits={**case.traits, "style": f"{case.traits.get('style', 'standard')}~{variant}"},
        )
        for case in cases
        if case.lang == "pl"
    ]


def _judged(case: Case, build: Build) -> Row:
    try:
        answer = build.ask(case.question, case.lang, case.earlier)
        rank = _rank(case, build.search(" ".join((case.question, *case.earlier[-1:])), DEPTH).passages)
        library = build.library(answer.generation) if answer.citations else None
        citations = tuple(_citation(c, case, library) for c in answer.citations if library is not None)
    except AssistantError as error:
        return _failed(case, f"{error.code}: {error}")
    except Exception:  # a crash is what a person would have seen too
        return _failed(case, traceback.format_exc(limit=3))
    figures = {**_status(case, answer.status.value), **_words(case, answer, build), **_cited(case, answer, citations)}
    if case.documents:
        figures |= metrics.places({case.id: rank})[case.id]
    return Row(case, answer.status.value, answer.text, citations, figures, rank)


def _failed(case: Case, error: str) -> Row:
    """A case without an answer: every figure it would have counts as worst."""
    figures = _status(case, "error")
    if case.expected == Status.ANSWERED:
        figures |= {"key_facts": 0.0} if case.key_facts else {}
        figures |= {"gold_shown": 0.0, "gold_first": 0.0} if case.gold else {}
    if case.documents:
        figures |= {"citation_documents": 0.0, **metrics.places({case.id: None})[case.id]}
    return Row(case, "error", "", (), {**figures, "crashed": 1.0, "citation_verbatim": 0.0}, None, error)


def _status(case: Case, status: str) -> dict[str, float]:
    """Whether the status was wanted, and for which of the promises it counts."""
    figures = {
        "status_accuracy": float(status in ACCEPTED.get(case.expected, {case.expected})),
        "status_exact": float(status == case.expected),
        "crashed": 0.0,
    }
    answerable = case.expected in SHOWN
    refused = status not in SHOWN and status != "error"
    if answerable:
        figures |= {
            "answerable_answered": float(status == Status.ANSWERED),
            "answerable_shown": float(status in SHOWN),
        }
    if case.expected == Status.NOT_FOUND:
        figures["unanswerable_answered"] = float(status in (Status.ANSWERED, "error"))
    if refused:
        figures["refusal_precision"] = float(not answerable)
    if not answerable:
        figures["refusal_recall"] = float(refused or status == Status.PARTIAL)
    return figures


def _words(case: Case, answer: Answer, build: Build) -> dict[str, float]:
    shown = [sentence.text for sentence in answer.sentences]
    figures = {"seconds": answer.seconds}
    if shown:
        figures |= {
            "words": float(sum(len(text.split()) for text in shown)),
            "redundancy": metrics.redundancy(shown, build.lemmas),
        }
    if case.expected != Status.ANSWERED:
        return figures
    if case.key_facts:
        figures["key_facts"] = metrics.fact_recall(case.key_facts, answer.text, build.lemmas)
    if case.gold:
        first = [s.text for s in answer.sentences if s.citations == answer.sentences[0].citations]
        figures["gold_shown"] = float(any(metrics.says(gold, answer.text) for gold in case.gold))
        figures["gold_first"] = float(any(metrics.says(gold, " ".join(first)) for gold in case.gold))
    return figures


def _cited(case: Case, answer: Answer, citations: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    numbers = {citation.n for citation in answer.citations}
    figures: dict[str, float] = {}
    if answer.sentences:
        cited = [bool(s.citations) and set(s.citations) <= numbers for s in answer.sentences]
        figures["citation_coverage"] = sum(cited) / len(cited)
    if citations:
        figures["citation_verbatim"] = sum(c["verbatim"] for c in citations) / len(citations)
        if case.documents:
            figures["citation_documents"] = sum(c["right"] for c in citations) / len(citations)
    return figures


def _citation(citation: Citation, case: Case, library: Library) -> dict[str, Any]:
    text = library.document_text(citation.document_id)
    return {
        "n": citation.n,
        "path": citation.path,
        "headings": list(citation.headings),
        "quote": citation.quote,
        "verbatim": text[citation.span[0] : citation.span[1]] == citation.quote,
        "right": citation.path in case.documents,
    }


def _rank(case: Case, passages: Sequence[Passage]) -> int | None:
    """The rank of the first passage from a right document and, where the case names them, a right section."""
    wanted = {fold(heading) for heading in case.headings}
    for passage in passages:
        inside = {fold(heading) for heading in passage.chunk.headings}
        inside |= {fold(unit.text) for unit in passage.chunk.units if unit.is_heading}
        if passage.path in case.documents and (not wanted or wanted & inside):
            return passage.rank
    return None
