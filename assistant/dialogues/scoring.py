"""Scores of dimensions, their bands, two runs compared, and how far many respondents agree.

A scale's score is (level − 1) / (levels − 1), a choice's its option's, a multi's the mean of its chosen options'.
„Nie dotyczy”, „nie wiem” and skipped are left out of the mean; a dimension with no answers has no score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from ..domain.dialogues import Assessment, Band, Change, Dialogue, Reply, Score, Session, Step, StepKind
from . import engine

AGREED_APART = 2  # levels between the lowest and highest reply from which a statement is to be discussed


@dataclass(frozen=True, slots=True)
class Spread:
    """Replies of many to one scale: how many chose each level from 1; `apart` is the highest less the lowest."""

    step: str
    levels: tuple[int, ...]
    replies: int
    absent: int
    middle: float | None
    apart: int
    disagreement: float  # mean distance of two respondents in levels, 0 when all agree

    @property
    def to_discuss(self) -> bool:
        """Whether the replies lie far apart."""
        return self.apart >= AGREED_APART


def assess(dialogue: Dialogue, session: Session) -> Assessment | None:
    """Scores of a session; None for a mode without dimensions."""
    if not dialogue.dimensions:
        return None
    steps = engine.asked(dialogue, session)
    scores = tuple(_dimension(dialogue, session, steps, dimension.id) for dimension in dialogue.dimensions)
    weights = {dimension.id: dimension.weight for dimension in dialogue.dimensions}
    known = [(score.score, weights[score.dimension]) for score in scores if score.score is not None]
    overall = sum(s * w for s, w in known) / sum(w for _, w in known) if known else None
    ranked = sorted((s for s in scores if s.score is not None), key=lambda s: -(s.score or 0))
    highest = dialogue.bands[-1].id
    return Assessment(
        scores,
        overall,
        band(dialogue.bands, overall),
        strengths=tuple(s.dimension for s in ranked if s.band == highest),
        gaps=tuple(s.dimension for s in reversed(ranked) if s.band != highest),
    )


def score(step: Step, reply: Reply | None) -> float | None:
    """0–1; None when the step was not answered or cannot be scored."""
    if reply is None or reply.value is None:
        return None
    if step.kind is StepKind.SCALE and isinstance(reply.value, int):
        return (reply.value - 1) / (step.levels - 1)
    worth = {option.id: option.score for option in step.options}
    chosen = reply.value if isinstance(reply.value, tuple) else (reply.value,)
    found = [s for one in chosen if isinstance(one, str) and (s := worth.get(one)) is not None]
    return mean(found) if found else None


def band(bands: Sequence[Band], value: float | None) -> str:
    """The id of the band a score lies in; "" without a score."""
    if value is None:
        return ""
    return next((one.id for one in bands if value < one.high), bands[-1].id if bands else "")


def compare(before: Assessment, now: Assessment) -> tuple[Change, ...]:
    """Each dimension of the later run beside the earlier; None where one of them has no score."""
    earlier = {one.dimension: one.score for one in before.scores}
    return tuple(Change(one.dimension, earlier.get(one.dimension), one.score) for one in now.scores)


def spreads(dialogue: Dialogue, sessions: Sequence[Session]) -> tuple[Spread, ...]:
    """Of every scale that somebody was asked, in the definition's order."""
    scales = [step for step in dialogue.steps if step.kind is StepKind.SCALE]
    return tuple(spread(step, [session.reply(step.id) for session in sessions]) for step in scales)


def spread(step: Step, replies: Iterable[Reply | None]) -> Spread:
    """Of the replies to one scale; those who did not get to it count nowhere."""
    given = [reply for reply in replies if reply is not None]
    levels = sorted(reply.value for reply in given if isinstance(reply.value, int))
    counts = tuple(levels.count(level) for level in range(1, step.levels + 1))
    apart = levels[-1] - levels[0] if levels else 0
    pairs = len(levels) * (len(levels) - 1) / 2
    distance = sum(value * (2 * place - len(levels) + 1) for place, value in enumerate(levels))
    return Spread(
        step.id,
        counts,
        len(levels),
        len(given) - len(levels),
        median(levels) if levels else None,
        apart,
        distance / pairs if pairs else 0.0,
    )


def to_discuss(found: Iterable[Spread]) -> list[Spread]:
    """Those on which people disagree, most first."""
    return sorted((one for one in found if one.to_discuss), key=lambda one: (-one.disagreement, -one.apart))


def _dimension(dialogue: Dialogue, session: Session, steps: Sequence[Step], dimension: str) -> Score:
    feeding = [step for step in steps if step.feeds == dimension]
    found = [(s, step.weight) for step in feeding if (s := score(step, session.reply(step.id))) is not None]
    value = sum(s * w for s, w in found) / sum(w for _, w in found) if found else None
    return Score(dimension, value, len(found), len(feeding), band(dialogue.bands, value))
