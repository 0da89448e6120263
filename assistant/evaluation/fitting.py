"""Fits the ranker and the answerability model on a labelled set. The only home of scikit-learn.

Ranker: logistic regression on the differences between the answering passage and each other
candidate of the same question (pairwise ranking); as good as a listwise fit on PoQuAD
(nDCG@10 0.913 both, 0.904 for pointwise). Answerability: logistic regression on the signals of
searches with the document there and with it removed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.answers import Retrieval
from ..errors import DatasetError, MissingExtra
from . import metrics
from .datasets import Beir
from .runner import Retrieve, Step, calibration, collect

RANKER_SIGNALS = ("dense", "bm25", "sentence", "coverage", "sentence_coverage", "title", "focus")
PRECISION = 0.95  # of what is shown as an answer, in the data fitted on: sets the upper bar
KEPT = 0.97  # of answerable questions that get at least the nearest passages: sets the lower bar


def fit_ranker(data: Beir, retrieve: Retrieve, step: Step) -> dict[str, Any]:
    """Weights of the ranker's signals over questions whose answering document is among the candidates."""
    import numpy as np

    differences = []
    for query, text in data.queries.items():
        differences += _differences(retrieve(text, ()), data.qrels[query])
        step(1)
    if not differences:
        raise DatasetError(path="qrels", reason="no question has its document among the candidates")
    rows = np.asarray(differences, np.float64)
    scale = np.abs(rows).mean(axis=0) + 1e-9
    model = _logistic(intercept=False).fit(
        np.concatenate([rows / scale, -rows / scale]), [1] * len(rows) + [0] * len(rows)
    )
    zeros = [0.0] * len(RANKER_SIGNALS)
    return _table(RANKER_SIGNALS, zeros, scale.tolist(), model.coef_[0].tolist(), 0.0)


def keep_unfitted(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new model with the old one's signals that were not fitted, at their old worth."""
    merged = {name: list(values) if isinstance(values, list) else values for name, values in new.items()}
    for place, signal in enumerate(old["signals"]):
        if signal not in new["signals"]:
            for name in ("signals", "mean", "scale", "weights"):
                merged[name].append(old[name][place])
    return merged


def fit_answerability(
    data: Beir, retrieve: Retrieve, step: Step, signals: Sequence[str]
) -> tuple[dict[str, Any], dict[str, float], dict[str, Any]]:
    """(model, bars, figures): the chance that a search holds the answer, and the two bars."""
    import numpy as np

    samples = collect(data, retrieve, step)
    there, removed = samples["there"], samples["removed"]
    rows = np.asarray([[s.signals.get(name, 0.0) for name in signals] for s in (*there, *removed)], np.float64)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = _logistic(intercept=True).fit((rows - mean) / scale, [1] * len(there) + [0] * len(removed))
    chances = model.predict_proba((rows - mean) / scale)[:, 1].tolist()
    present, missing = chances[: len(there)], chances[len(there) :]
    figures = {
        "questions": len(there),
        "auroc_removed": round(metrics.auroc(present, missing), 4),
        "calibration": calibration(present, missing),
    }
    table = _table(signals, mean.tolist(), scale.tolist(), model.coef_[0].tolist(), float(model.intercept_[0]))
    return table, bars(present, missing), figures


def bars(present: Sequence[float], missing: Sequence[float]) -> dict[str, float]:
    """The upper bar keeps PRECISION of what passes it answerable; the lower keeps KEPT of the answerable."""
    upper = next(
        (bar for bar in sorted(set(present)) if _precision(present, missing, bar) >= PRECISION),
        max(present, default=1.0),
    )
    lower = sorted(present)[int((1 - KEPT) * len(present))] if present else 0.0
    return {"answered": round(upper, 4), "partial": round(min(lower, upper), 4)}


def provenance(folder: str, data: Beir, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Where the weights come from; written beside them."""
    return {"data": folder, "questions": len(data.queries), "date": time.strftime("%Y-%m-%d"), **figures}


def _precision(present: Sequence[float], missing: Sequence[float], bar: float) -> float:
    kept, wrong = sum(value >= bar for value in present), sum(value >= bar for value in missing)
    return kept / (kept + wrong) if kept + wrong else 1.0


def _differences(found: Retrieval, gold: Mapping[str, int]) -> list[list[float]]:
    rows = [([p.signals[name] for name in RANKER_SIGNALS], p.path in gold) for p in found.passages]
    right = next((signals for signals, is_gold in rows if is_gold), None)
    if right is None:
        return []
    return [[a - b for a, b in zip(right, other, strict=True)] for other, is_gold in rows if not is_gold]


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
