"""Figures: retrieval by ir-measures (its only home), and the few it does not have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ..domain.folding import fold

Run = Mapping[str, Mapping[str, float]]  # query -> document -> score


def retrieval(qrels: Mapping[str, Mapping[str, int]], run: Run, k: int = 10) -> dict[str, float]:
    """nDCG@k, R@1, R@5, R@k and RR over all queries of `qrels`; a query without results counts 0."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    measures = {f"nDCG@{k}": nDCG @ k, "R@1": R @ 1, "R@5": R @ 5, f"R@{k}": R @ k, "RR": RR}
    found = ir_measures.calc_aggregate(list(dict.fromkeys(measures.values())), qrels, run)
    return {name: float(found[measure]) for name, measure in measures.items()}


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive scores above a negative, ties half (Mann-Whitney U); 0.5 when either is empty."""
    if not positive or not negative:
        return 0.5
    ranked = sorted([(value, 1) for value in positive] + [(value, 0) for value in negative])
    rank_sum, place = 0.0, 0
    while place < len(ranked):
        tied = place
        while tied < len(ranked) and ranked[tied][0] == ranked[place][0]:
            tied += 1
        rank_sum += (place + 1 + tied) / 2 * sum(label for _, label in ranked[place:tied])
        place = tied
    n, m = len(positive), len(negative)
    return (rank_sum - n * (n + 1) / 2) / (n * m)


def fact_recall(facts: Sequence[str], text: str, lemmas: Callable[[str], Sequence[str]]) -> float:
    """Mean share of each fact's lemmas that stand in the text; a fact whose numbers are missing counts 0."""
    if not facts:
        return 0.0
    held, numbers = set(lemmas(text)), set(_numbers(text))
    return sum(_held(fact, held, numbers, lemmas) for fact in facts) / len(facts)


def says(gold: str, text: str) -> bool:
    """Whether the words of `gold` stand in `text` in one run; case, punctuation and list marks do not count."""
    wanted, held = (" ".join(re.findall(r"[^\W_]+", part.lower())) for part in (gold, text))
    return wanted != "" and f" {wanted} " in f" {held} "


def _held(fact: str, held: set[str], numbers: set[str], lemmas: Callable[[str], Sequence[str]]) -> float:
    words = set(lemmas(fact))
    if not set(_numbers(fact)) <= numbers or not words:
        return 0.0
    return len(words & held) / len(words)


def _numbers(text: str) -> list[str]:
    joined = re.sub(r"(?<=\d)[ \u00a0](?=\d{3}\b)", "", fold(text))
    return re.findall(r"\d+(?:,\d+)?", joined)
