"""The story of `assistant eval fit`: ranker, units and answerability in turn, each on what it needs.

The ranker is fitted on a BEIR set and, with a fifth of its weight, on questions over the corpus
itself; the units on the latter; answerability on both, of the BEIR set on the questions that the reader was
not trained on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self

from ..domain.answers import Retrieval
from . import fitting
from .datasets import Beir, Case, held_out
from .runner import Sample, Step, collect

CANDIDATES = 30  # passages a question brings to the fit, as many as the ranker sees


class Build(Protocol):
    """What fitting needs of a service."""

    def retrieve(self, query: str, k: int | None = None, without: Sequence[str] = ()) -> Retrieval:
        """Passages for a query."""
        ...

    def certainty(
        self, question: str, without: Sequence[str] = (), earlier: Sequence[str] = ()
    ) -> tuple[dict[str, float], float]:
        """Signals and chance of an answer."""
        ...

    def units(self, question: str) -> list[tuple[str, dict[str, float]]]:
        """Units that may answer, with their signals."""
        ...

    def documents(self) -> list[Any]:
        """(id, path, …) of each document."""
        ...

    def reweighted(self, file: Path) -> Self:
        """The same over other weights."""
        ...


def refit(
    file: Path,
    set_name: str,
    data: Beir,
    over: Build,
    corpus: Build | None,
    cases: Sequence[Case],
    stepper: Callable[[str, int], Step],
) -> dict[str, Any]:
    """Fit what the data can tell and write it to `file`, which holds the weights to begin with; returns the figures.

    `over` is the BEIR corpus, `corpus` the documents that `cases` ask about (None: only the BEIR set). Cases of which
    none has gold words tell nothing of the order: ranker and units stay as they are, answerability is fitted.
    """
    table: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    ids = {path: name for name, path, *_ in over.documents()}
    with_gold = [case for case in cases if case.gold]

    def search(question: str, without: Sequence[str]) -> Retrieval:
        return over.retrieve(question, CANDIDATES, [ids[path] for path in without])

    if corpus is None or with_gold:
        groups = [(fitting.beir_rows(data, search, stepper("fit_ranker", len(data.queries))), 1.0)]
        if corpus is not None:
            rows = fitting.case_rows(with_gold, _passages(corpus), stepper("fit_ranker_own", len(with_gold)))
            groups.append((rows, fitting.OWN_QUESTIONS))
        table["ranker"] = fitting.fit_order(groups, fitting.RANKER_SIGNALS)
        _write(file, table)
    if corpus is not None and with_gold:
        rows = fitting.case_rows(with_gold, corpus.reweighted(file).units, stepper("fit_units", len(with_gold)))
        units = fitting.fit_order([(rows, 1.0)], fitting.UNIT_SIGNALS)
        table["units"] = fitting.keep_unfitted(table["units"], units)
        _write(file, table)
    over = over.reweighted(file)
    fair = replace(data, queries={key: text for key, text in data.queries.items() if held_out(key)})
    samples = collect(
        fair if fair.queries else data,
        lambda q, without: Sample(*over.certainty(q, [ids[p] for p in without])),
        stepper("fit_answerability", len(fair.queries) or len(data.queries)),
    )
    own = [] if corpus is None else _own(corpus.reweighted(file), cases)
    model, bars, figures = fitting.fit_answerability(
        samples["there"], samples["removed"], samples["near_topic"], own, fitting.ANSWERABILITY_SIGNALS
    )
    table |= {"answerability": model, "bars": bars}
    table["provenance"] = fitting.provenance(set_name, data, {"questions_over_corpus": len(cases), **figures})
    _write(file, table)
    return {"bars": table["bars"], **table["provenance"]}


def _own(corpus: Build, cases: Sequence[Case]) -> list[tuple[Sample, bool]]:
    """What the corpus tells of each case that it either answers or does not, and which of the two is expected."""
    return [
        (Sample(*corpus.certainty(case.question, (), case.earlier)), fitting.ANSWERABLE[case.expected])
        for case in cases
        if case.expected in fitting.ANSWERABLE
    ]


def _passages(corpus: Build) -> fitting.Candidates:
    """Passages as candidates: their units' words and their signals."""

    def found(question: str) -> list[tuple[str, Mapping[str, float]]]:
        passages = corpus.retrieve(question, CANDIDATES).passages
        return [(" ".join(unit.text for unit in p.chunk.units), p.signals) for p in passages]

    return found


def _write(file: Path, table: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
