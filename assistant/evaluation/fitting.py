"""Fits the ranker and the answerability model on a labelled set. The only home of scikit-learn.

Ranker: logistic regression on the differences between the answering passage and each other
candidate of the same question (pairwise ranking); as good as a listwise fit on PoQuAD
(nDCG@10 0.913 both, 0.904 for pointwise). Answerability: logistic regression on the signals of
searches with the document there and with it removed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DatasetError, MissingExtra
from . import metrics
from .datasets import Beir, Case
from .runner import Retrieve, Sample, Step, calibration

if TYPE_CHECKING:
    import numpy as np

# coverage and title add nothing once these are in (measured: 0.906 with and without)
RANKER_SIGNALS = ("dense", "bm25", "sentence", "focus", "heading")
OWN_QUESTIONS = 0.2  # weight of the corpus's own questions against the BEIR set: 0.858 against 0.831 on held-out ones
UNIT_SIGNALS = (
    "cosine",
    "coverage",
    "own",
    "heading",
    "passage",
    "evidence",
    "defines",
    "list_wanted",
    "list_unwanted",
    "question",
    "same_heading",
    "reader",
    "foreign",
    "going_on",
)
# with all twenty-two signals: own questions 0.888 (8-fold AUROC, rules of `Answerer._status` counted), PoQuAD removed
# 0.916; with these six 0.914 and 0.917
ANSWERABILITY_SIGNALS = ("reader_top", "reader", "score", "field", "unit_lead", "terms")
NEAR_TOPIC = (
    3.0  # weight of a near-topic search: AUROC on those 0.834 against 0.826, on all removed 0.904 against 0.908
)
OWN_ANSWERS = 1.0  # weight of the corpus's own questions against the BEIR set's
ANSWERABLE = {"answered": True, "not_found": False}  # expected statuses that say whether the documents hold it
WRONG = 0.08  # of unanswerable questions may get an answer (DESIGN §13): sets the upper bar
KEPT = 0.95  # of answerable questions get an answer or the nearest passages: sets the lower bar


Rows = Sequence[tuple[Mapping[str, float], bool]]  # signals of each candidate of one question, and whether it is right
Candidates = Callable[
    [str], Sequence[tuple[str, Mapping[str, float]]]
]  # question -> (words, signals) of each candidate


def beir_rows(data: Beir, retrieve: Retrieve, step: Step) -> list[Rows]:
    """The candidates of each question of a BEIR set."""
    rows: list[Rows] = []
    for query, text in data.queries.items():
        rows.append([(p.signals, p.path in data.qrels[query]) for p in retrieve(text, ()).passages])
        step(1)
    return rows


def case_rows(cases: Sequence[Case], candidates: Candidates, step: Step) -> list[Rows]:
    """The candidates of each question that has gold words: right are those that say them."""
    rows: list[Rows] = []
    for case in cases:
        found = candidates(case.question)
        rows.append([(given, any(metrics.says(gold, words) for gold in case.gold)) for words, given in found])
        step(1)
    return rows


def fit_order(groups: Sequence[tuple[Sequence[Rows], float]], signals: Sequence[str]) -> dict[str, Any]:
    """Weights by which right candidates score above wrong ones; each group of questions with its weight.

    Logistic regression without intercept on differences right - wrong, each also turned round. A
    question counts once, however many of its candidates are right.
    """
    import numpy as np

    parts = [_differences(rows, signals) for rows, _ in groups]
    if not any(len(differences) for differences, _ in parts):
        raise DatasetError(path="fit", reason="no question has its answer among the candidates")
    rows = np.concatenate([differences for differences, _ in parts])
    shares = [
        worth * weight / (worth.sum() or 1.0)
        for (_, worth), (_, weight) in zip(parts, groups, strict=True)
        if len(worth)
    ]
    weights = np.concatenate(shares) * len(rows)
    scale = _scale(np.abs(rows).mean(axis=0))
    labels = np.repeat([1, 0], len(rows))
    turned = np.concatenate([rows / scale, -rows / scale])
    model = _logistic(intercept=False).fit(turned, labels, sample_weight=np.tile(weights, 2))
    return _table(signals, _means(groups[0][0], signals), scale.tolist(), model.coef_[0].tolist(), 0.0)


def _means(questions: Sequence[Rows], signals: Sequence[str]) -> list[float]:
    """Each signal's average over the right candidates: what a missing signal counts as."""
    right = [given for rows in questions for given, is_right in rows if is_right]
    told = [[given[name] for given in right if name in given] for name in signals]
    return [sum(values) / (len(values) or 1) for values in told]


def _differences(questions: Sequence[Rows], signals: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(differences, weight of each) over all questions; shapes (n, signals) and (n,)."""
    import numpy as np

    differences: list[list[float]] = []
    worth: list[float] = []
    for rows in questions:
        right = [given for given, is_right in rows if is_right]
        wrong = [given for given, is_right in rows if not is_right]
        differences += [
            [good[name] - bad[name] if name in good and name in bad else 0.0 for name in signals]
            for good in right
            for bad in wrong
        ]
        worth += [1 / max(1, len(right))] * (len(right) * len(wrong))
    return np.asarray(differences, np.float64).reshape(-1, len(signals)), np.asarray(worth)


def keep_unfitted(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new model, with the old one's worth of signals that were not fitted or never differed in the data."""
    lists = ("signals", "mean", "scale", "weights")
    told = [place for place, weight in enumerate(new["weights"]) if weight != 0.0]
    fitted = {new["signals"][place] for place in told}
    kept = [place for place, signal in enumerate(old["signals"]) if signal not in fitted]
    merged = {name: [new[name][place] for place in told] + [old[name][place] for place in kept] for name in lists}
    return {**merged, "intercept": new["intercept"]}


def fit_answerability(
    there: Sequence[Sample],
    missing: Sequence[Sample],
    near: Sequence[Sample],
    own: Sequence[tuple[Sample, bool]],
    signals: Sequence[str],
) -> tuple[dict[str, Any], dict[str, float], dict[str, Any]]:
    """(model, bars, figures) from searches with their documents there and with them missing.

    `near` are those of the missing whose topic other documents still hold; they weigh NEAR_TOPIC each.
    `own` are questions over the corpus itself, answerable or not: each side weighs as much as `there`, and the
    bars are set on them, because they are what people ask.
    """
    import numpy as np

    present, absent = ([sample for sample, answerable in own if answerable is side] for side in (True, False))
    samples = [*there, *missing, *present, *absent]
    rows = np.asarray([[s.signals.get(name, 0.0) for name in signals] for s in samples], np.float64)
    mean, scale = rows.mean(axis=0), _scale(rows.std(axis=0))
    hard = {id(sample) for sample in near}
    weights = [NEAR_TOPIC if id(sample) in hard else 1.0 for sample in (*there, *missing)]
    weights += [OWN_ANSWERS * len(there) / len(side) for side in (present, absent) for _ in side]
    labels = [1] * len(there) + [0] * len(missing) + [1] * len(present) + [0] * len(absent)
    model = _logistic(intercept=True).fit((rows - mean) / scale, labels, sample_weight=weights)
    chances = model.predict_proba((rows - mean) / scale)[:, 1].tolist()
    groups = _split(chances, [len(there), len(missing), len(present), len(absent)])
    table = _table(signals, mean.tolist(), scale.tolist(), model.coef_[0].tolist(), float(model.intercept_[0]))
    figures = {
        "auroc_removed": round(metrics.auroc(groups[0], groups[1]), 4),
        "auroc_own": round(metrics.auroc(groups[2], groups[3]), 4),
        "calibration": calibration(groups[0], groups[1]),
    }
    capped = {place for place, sample in enumerate(absent) if sample.signals.get("capped")}
    passing = [0.0 if place in capped else chance for place, chance in enumerate(groups[3])]
    return table, bars(groups[2], passing) if own else bars(groups[0], groups[1]), figures


def _split(values: Sequence[float], sizes: Sequence[int]) -> list[Sequence[float]]:
    """Runs of these sizes, in order."""
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return [values[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def bars(present: Sequence[float], missing: Sequence[float]) -> dict[str, float]:
    """The upper bar lets WRONG of the unanswerable pass; the lower keeps KEPT of the answerable."""
    upper = sorted(missing)[min(len(missing) - 1, int((1 - WRONG) * len(missing)))] + 1e-4 if missing else 0.5
    lower = sorted(present)[int((1 - KEPT) * len(present))] if present else 0.0
    return {"answered": round(upper, 4), "partial": round(min(lower, upper), 4)}


def provenance(folder: str, data: Beir, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Where the weights come from; written beside them."""
    return {"data": folder, "questions": len(data.queries), "date": time.strftime("%Y-%m-%d"), **figures}


def _scale(spread: np.ndarray) -> np.ndarray:
    """The spread of each signal; 1 for one that never changes."""
    import numpy as np

    return np.where(spread < 1e-6, 1.0, spread)


def _logistic(intercept: bool) -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtra(package="scikit-learn", extra="fit") from None
    return LogisticRegression(C=1.0, fit_intercept=intercept, max_iter=1000)


def _table(
    signals: Sequence[str], mean: list[float], scale: list[float], weights: list[float], intercept: float
) -> dict[str, Any]:
    return {
        "signals": list(signals),
        "mean": [round(value, 6) for value in mean],
        "scale": [round(value, 6) for value in scale],
        "weights": [round(value, 4) for value in weights],
        "intercept": round(intercept, 4),
    }
