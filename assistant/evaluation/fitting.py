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

from ..domain.answers import Retrieval
from ..errors import DatasetError, MissingExtra
from . import metrics
from .datasets import Beir, Case
from .runner import Retrieve, Sample, Step, calibration

if TYPE_CHECKING:
    import numpy as np

RANKER_SIGNALS = ("dense", "bm25", "sentence", "coverage", "sentence_coverage", "title", "focus")
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
)
ANSWERABILITY_SIGNALS = (
    "score",
    "margin",
    "dense",
    "bm25",
    "sentence",
    "coverage",
    "sentence_coverage",
    "title",
    "focus",
    "heading",
    "agreement",
    "unknown",
    "missing_peak",
    "terms",
    "unit",
    "unit_lead",
    "evidence",
    "no_evidence",
)
WRONG = 0.08  # of unanswerable questions may get an answer (DESIGN §13): sets the upper bar
KEPT = 0.95  # of answerable questions get an answer or the nearest passages: sets the lower bar


def fit_ranker(data: Beir, retrieve: Retrieve, step: Step) -> dict[str, Any]:
    """Weights of the ranker's signals over questions whose answering document is among the candidates."""
    differences: list[list[float]] = []
    for query, text in data.queries.items():
        differences += _differences(retrieve(text, ()), data.qrels[query])
        step(1)
    return _pairwise(differences, RANKER_SIGNALS)


Candidates = Callable[[str], Sequence[tuple[str, Mapping[str, float]]]]  # question -> (unit's text, its signals)


def fit_units(cases: Sequence[Case], candidates: Candidates, signals: Sequence[str], step: Step) -> dict[str, Any]:
    """Weights by which the unit that answers scores above the other units of the retrieved passages."""
    differences: list[list[float]] = []
    for case in cases:
        rows = [
            (any(metrics.says(gold, text) for gold in case.gold), given) for text, given in candidates(case.question)
        ]
        right = [given for is_gold, given in rows if is_gold]
        wrong = [given for is_gold, given in rows if not is_gold]
        differences += [[good[name] - bad[name] for name in signals] for good in right for bad in wrong]
        step(1)
    return _pairwise(differences, signals)


def keep_unfitted(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new model with the old one's signals that were not fitted, at their old worth."""
    merged = {name: list(values) if isinstance(values, list) else values for name, values in new.items()}
    for place, signal in enumerate(old["signals"]):
        if signal not in new["signals"]:
            for name in ("signals", "mean", "scale", "weights"):
                merged[name].append(old[name][place])
    return merged


def fit_answerability(
    groups: Sequence[tuple[Sequence[Sample], Sequence[Sample]]], signals: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(model, figures) from groups of (answerable, unanswerable) searches; every group weighs the same."""
    import numpy as np

    labelled = [
        (s, label, 1 / len(part)) for group in groups for label, part in zip((1, 0), group, strict=True) for s in part
    ]
    rows = np.asarray([[s.signals.get(name, 0.0) for name in signals] for s, _, _ in labelled], np.float64)
    mean, scale = rows.mean(axis=0), _scale(rows.std(axis=0))
    weights = np.asarray([weight for *_, weight in labelled])
    model = _logistic(intercept=True)
    model.fit(
        (rows - mean) / scale, [label for _, label, _ in labelled], sample_weight=weights * len(rows) / weights.sum()
    )
    table = _table(signals, mean.tolist(), scale.tolist(), model.coef_[0].tolist(), float(model.intercept_[0]))
    chances = iter(model.predict_proba((rows - mean) / scale)[:, 1].tolist())
    figures: list[dict[str, Any]] = []
    for there, missing in groups:
        present, absent = [next(chances) for _ in there], [next(chances) for _ in missing]
        figures.append(
            {
                "answerable": len(present),
                "unanswerable": len(absent),
                "auroc": round(metrics.auroc(present, absent), 4),
                "calibration": calibration(present, absent),
            }
        )
    return table, {"groups": figures}


def bars(present: Sequence[float], missing: Sequence[float]) -> dict[str, float]:
    """The upper bar lets WRONG of the unanswerable pass; the lower keeps KEPT of the answerable."""
    upper = sorted(missing)[min(len(missing) - 1, int((1 - WRONG) * len(missing)))] + 1e-4 if missing else 0.5
    lower = sorted(present)[int((1 - KEPT) * len(present))] if present else 0.0
    return {"answered": round(upper, 4), "partial": round(min(lower, upper), 4)}


def provenance(folder: str, data: Beir, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Where the weights come from; written beside them."""
    return {"data": folder, "questions": len(data.queries), "date": time.strftime("%Y-%m-%d"), **figures}


def _differences(found: Retrieval, gold: Mapping[str, int]) -> list[list[float]]:
    rows = [([p.signals[name] for name in RANKER_SIGNALS], p.path in gold) for p in found.passages]
    right = next((signals for signals, is_gold in rows if is_gold), None)
    if right is None:
        return []
    return [[a - b for a, b in zip(right, other, strict=True)] for other, is_gold in rows if not is_gold]


def _pairwise(differences: Sequence[Sequence[float]], signals: Sequence[str]) -> dict[str, Any]:
    """Logistic regression without intercept on differences right - wrong, each also turned round."""
    import numpy as np

    if not differences:
        raise DatasetError(path="fit", reason="no question has its answer among the candidates")
    rows = np.asarray(differences, np.float64)
    scale = _scale(np.abs(rows).mean(axis=0))
    labels = [1] * len(rows) + [0] * len(rows)
    model = _logistic(intercept=False).fit(np.concatenate([rows / scale, -rows / scale]), labels)
    return _table(signals, [0.0] * len(signals), scale.tolist(), model.coef_[0].tolist(), 0.0)


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
