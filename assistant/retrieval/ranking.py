"""Second stage: the signals of a candidate passage, the small linear ranker, and the chance of an answer.

The weights are data: `weights.json` beside this module, fitted by `assistant eval fit`, with where
they come from. Signals and what each alone is worth: shared/RETRIEVAL.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.linear import Bars, LinearModel

if TYPE_CHECKING:
    import numpy as np

PASSAGE_SIGNALS = ("dense", "bm25", "sentence", "coverage", "sentence_coverage", "title", "focus", "heading")
WEIGHTS_FILE = Path(__file__).parent / "weights.json"


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
    models = {name: LinearModel.of(table[name]) for name in ("ranker", "units", "answerability")}
    return Weights(**models, bars=Bars(**table["bars"]), provenance=table["provenance"])


@dataclass(frozen=True)
class TextTerms:
    """A text's distinct lemma ids (below 0: the index has no such word) and their idf, same order."""

    ids: np.ndarray
    idf: np.ndarray

    @cached_property
    def weights(self) -> Mapping[int, float]:
        """Number -> idf of the words the index has."""
        return {number: idf for number, idf in zip(self.ids.tolist(), self.idf.tolist(), strict=True) if number >= 0}

    @cached_property
    def mass(self) -> float:
        """Sum of the idf; 1.0 for a text of stopwords only."""
        return float(self.idf.sum()) or 1.0

    def hits(self, ids: np.ndarray) -> frozenset[int]:
        """The text's words among others."""
        return frozenset(self.weights.keys() & ids.tolist())

    def share(self, hits: Iterable[int]) -> float:
        """Share of the idf mass that some of the text's words make up, in [0, 1]."""
        return sum(self.weights[number] for number in hits) / self.mass

    def overlap(self, other: TextTerms) -> float:
        """Dice similarity by idf mass with another text's words, in [0, 1]: 1 when both hold the same words."""
        shared = self.share(self.weights.keys() & other.weights.keys()) * self.mass
        return 2 * shared / (self.mass + float(other.idf.sum()))
