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


def places(ranks: Mapping[str, int | None], k: int = 10) -> dict[str, dict[str, float]]:
    """nDCG@k, R@1, R@5, R@k and RR of each question by the rank of its first right passage (None: not found)."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    measures = {f"nDCG@{k}": nDCG @ k, "R@1": R @ 1, "R@5": R @ 5, f"R@{k}": R @ k, "RR": RR}
    names = {str(measure): name for name, measure in measures.items()}
    run = {query: {"right": 1.0 / rank} if rank else {} for query, rank in ranks.items()}
    padded = {query: {**found, **_wrong(ranks[query])} for query, found in run.items()}
    figures: dict[str, dict[str, float]] = {query: dict.fromkeys(measures, 0.0) for query in ranks}
    qrels = {query: {"right": 1} for query in ranks}
    for each in ir_measures.iter_calc(list(measures.values()), qrels, padded):
        figures[each.query_id][names[str(each.measure)]] = float(each.value)
    return figures


def _wrong(rank: int | None) -> dict[str, float]:
    """What stands before the right passage."""
    return {f"wrong{place}": 1.0 / place for place in range(1, rank or 1)}


def interval(values: Sequence[float], resamples: int = 1000, seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean (Efron, 1979); (0, 0) without values."""
    import numpy as np

    if not values:
        return 0.0, 0.0
    sample = np.asarray(values, np.float64)
    dice = np.random.default_rng(seed)
    means = sample[dice.integers(0, len(sample), (resamples, len(sample)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def redundancy(texts: Sequence[str], lemmas: Callable[[str], Sequence[str]]) -> float:
    """Mean, over the sentences after the first, of the largest share of their lemmas an earlier one has said."""
    sets = [set(lemmas(text)) for text in texts]
    said = [
        max(len(own & other) / len(own) for other in sets[:place]) for place, own in enumerate(sets) if place and own
    ]
    return sum(said) / len(said) if said else 0.0


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
    """Mean share of each fact's lemmas that stand in the text; a fact whose numbers are missing counts 0.

    "a | b" is one fact in two wordings (languages, mostly): the better one counts.
    """
    if not facts:
        return 0.0
    held, numbers = set(lemmas(text)), set(_numbers(text))
    worded = [[wording for wording in fact.split("|") if wording.strip()] for fact in facts]
    return sum(max(_held(one, held, numbers, lemmas) for one in fact) for fact in worded if fact) / len(facts)


def says(gold: str, text: str) -> bool:
    """Whether the words of `gold` stand in `text` in one run; case, punctuation and list marks do not count."""
    wanted, held = (" ".join(re.findall(r"[^\W_]+", part.lower())) for part in (gold, text))
    return wanted != "" and f" {wanted} " in f" {held} "


def _held(fact: str, held: set[str], numbers: set[str], lemmas: Callable[[str], Sequence[str]]) -> float:
    wanted = set(_numbers(fact))
    words = {lemma for lemma in lemmas(fact) if not any(letter.isdigit() for letter in lemma)}
    if not wanted <= numbers or not (words or wanted):
        return 0.0
    return len(words & held) / len(words) if words else 1.0


def _numbers(text: str) -> list[str]:
    joined = re.sub(r"(?<=\d)[ \u00a0,](?=\d{3}\b)", "", fold(text))  # 31 229 and 31,229 are one number
    return re.findall(r"\d+(?:,\d+)?", joined)
