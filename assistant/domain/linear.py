"""A linear model over named signals: what ranks passages, sentences, and the chance of an answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LinearModel:
    """`intercept + sum(weight * (signal - mean) / scale)`; the five lists run in parallel.

    A signal that could not be had (no vectors, say) counts as the mean: it says nothing either way.
    """

    signals: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float = 0.0

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> LinearModel:
        """The model written as a JSON object with the fields' names; KeyError when one is missing."""
        lists = {name: tuple(table[name]) for name in ("signals", "mean", "scale", "weights")}
        return cls(**lists, intercept=table["intercept"])

    def score(self, values: Mapping[str, float]) -> float:
        """The linear score."""
        rows = zip(self.signals, self.mean, self.scale, self.weights, strict=True)
        return self.intercept + sum(w * (values.get(name, m) - m) / s for name, m, s, w in rows)

    def chance(self, values: Mapping[str, float]) -> float:
        """The score through the logistic function, in (0, 1)."""
        return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, self.score(values)))))


@dataclass(frozen=True)
class Bars:
    """A chance at or above `answered` answers; at or above `partial` shows the nearest; below is not found."""

    answered: float
    partial: float
