"""First stage: one score a passage from the two legs, on absolute scales.

Absolute scores keep what reciprocal ranks and min-max throw away: near-zero lexical scores say
"not about this" and, when the languages differ, leave the choice to the dense leg (RETRIEVAL:
English questions 0.686 against 0.528 for RRF).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def normalised_bm25(scores: np.ndarray, idf: np.ndarray) -> np.ndarray:
    """BM25 divided by the score of a passage that holds every question term at saturation.

    `scores` (passages,) in the lucene variant, `idf` (question terms,). Returns (passages,) in [0, 1).
    """
    ideal = float(idf.sum())
    return scores / ideal if ideal > 0 else scores


def fuse(cosines: np.ndarray, bm25: np.ndarray, dense_weight: float) -> np.ndarray:
    """`dense_weight` times the cosine plus the normalised BM25; shapes (passages,)."""
    return dense_weight * cosines + bm25
