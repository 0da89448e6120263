"""Second stage: the signals of a candidate passage, the small linear ranker, and the chance of an answer.

The weights are data: `weights.json` beside this module, fitted by `assistant eval fit`, with where
they come from. Signals and what each alone is worth: shared/RETRIEVAL.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.linear import LinearModel

if TYPE_CHECKING:
    import numpy as np

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
    "agreement",
    "unknown",
    "terms",
)
WEIGHTS_FILE = Path(__file__).parent / "weights.json"


@dataclass(frozen=True)
class Bars:
    """Answerability at or above `answered` answers; at or above `partial` shows the nearest thing; below: not found."""

    answered: float
    partial: float


@dataclass(frozen=True)
class Weights:
    """Everything fitted, with its provenance (data, date, figures, calibration table)."""

    ranker: LinearModel
    units: LinearModel
    answerability: LinearModel
    bars: Bars
    provenance: Mapping[str, Any]


def load_weights(file: Path = WEIGHTS_FILE) -> Weights:
    """The fitted weights."""
    table = json.loads(file.read_text(encoding="utf-8"))
    models = {name: _model(table[name]) for name in ("ranker", "units", "answerability")}
    return Weights(**models, bars=Bars(**table["bars"]), provenance=table["provenance"])


def _model(table: Mapping[str, Any]) -> LinearModel:
    lists = {name: tuple(table[name]) for name in ("signals", "mean", "scale", "weights")}
    return LinearModel(**lists, intercept=table["intercept"])


@dataclass(frozen=True)
class QuestionTerms:
    """The question's distinct lemma ids (-1: the index has no such word) and their idf, same order."""

    ids: np.ndarray
    idf: np.ndarray

    @property
    def mass(self) -> float:
        """Sum of the idf; 1.0 for a question of stopwords only."""
        return float(self.idf.sum()) or 1.0

    def coverage(self, *held: np.ndarray) -> float:
        """Share of the idf mass whose words stand in any of the id sets, in [0, 1]."""
        import numpy as np

        if not len(self.ids) or not held:
            return 0.0
        here = np.isin(self.ids, np.concatenate(held)) & (self.ids >= 0)
        return float(self.idf[here].sum()) / self.mass

    def overlap(self, ids: np.ndarray, idf: np.ndarray) -> float:
        """Dice similarity by idf mass with another text's words, in [0, 1]: 1 when both hold the same words."""
        import numpy as np

        shared = float(self.idf[np.isin(self.ids, ids) & (self.ids >= 0)].sum()) if len(self.ids) else 0.0
        return 2 * shared / (self.mass + float(idf.sum())) if shared else 0.0
