"""Which advice a session gets, and in which order."""

from __future__ import annotations

from ..domain.dialogues import Advice, Assessment, Dialogue
from .conditions import Facts


def chosen(dialogue: Dialogue, facts: Facts, assessment: Assessment | None) -> list[tuple[Advice, float]]:
    """(advice, points), the best of each group first.

    Of a dimension's advice the weakest dimension comes first; otherwise points decide, then the definition's order.
    """
    found = [(one, points) for one in dialogue.advice if (points := _points(one, facts, assessment)) is not None]
    scores = {one.dimension: one.score for one in assessment.scores} if assessment else {}
    return sorted(found, key=lambda pair: (-pair[1], _worst(scores.get(pair[0].dimension))))


def _points(advice: Advice, facts: Facts, assessment: Assessment | None) -> float | None:
    """None when it is not for this session."""
    if not facts.holds(advice.when):
        return None
    if advice.dimension:
        bands = {one.dimension: one.band for one in assessment.scores if one.score is not None} if assessment else {}
        band = bands.get(advice.dimension)
        if band is None or (advice.bands and band not in advice.bands):
            return None
    if not advice.points:
        return 0.0
    points = sum(one.add for one in advice.points if facts.holds(one.when))
    return points if points > 0 else None


def _worst(score: float | None) -> float:
    return 1.0 if score is None else score
