"""The JSON shapes of workshops: what a facilitator set up, what may be shown, and both together as minutes."""

from __future__ import annotations

from typing import Any

from ..dialogues import workshops
from ..dialogues.wording import Wording, said
from ..domain.dialogues import Assessment, Dialogue, Session, Step, Workshop, WorkshopResult
from ..prompts import Words


def workshop(made: Workshop, dialogue: Dialogue, words: Words) -> dict[str, Any]:
    """The workshop with the statements that are compared, in its own language."""
    compared = workshops.statements(dialogue)
    used = {step.section for step in compared}
    return {
        "title": made.title,
        "dialogue": {"id": dialogue.id, "title": said(dialogue.title, made.lang)},
        "lang": made.lang,
        "open": made.open,
        "least": made.least,
        "created_at": made.created_at.isoformat(),
        "expires_at": made.expires_at.isoformat(),
        "sections": [
            {"id": one.id, "title": said(one.title, made.lang)} for one in dialogue.sections if one.id in used
        ],
        "statements": [_step(step, made, dialogue, words) for step in compared],
        **_agreements(made),
    }


def results(found: WorkshopResult, dialogue: Dialogue) -> dict[str, Any]:
    """What may be shown now; a statement without enough replies has empty levels."""
    made = found.workshop
    return {
        "open": made.open,
        "least": made.least,
        "joined": found.joined,
        "finished": found.finished,
        "statements": [
            {
                "step": one.step,
                "replied": one.replied,
                "waiting": one.waiting,
                "counted": one.counted,
                "levels": list(one.levels),
                "absent": one.absent,
                "middle": one.middle,
                "apart": one.apart,
                "disagreement": round(one.disagreement, 3),
                "discuss": one.discuss,
            }
            for one in found.statements
        ],
        "discuss": list(found.discuss),
        **_agreements(made),
        "agreed": agreed(found.agreed, dialogue, made.lang),
    }


def agreed(assessment: Assessment | None, dialogue: Dialogue, lang: str) -> dict[str, Any] | None:
    """Scores 0–1 of the levels that the group agreed on."""
    if assessment is None:
        return None
    titles = {one.id: said(one.title, lang) for one in dialogue.dimensions}
    bands = {one.id: said(one.title, lang) for one in dialogue.bands}
    return {
        "overall": assessment.overall,
        "band": bands.get(assessment.band, ""),
        "scores": [
            {
                "dimension": one.dimension,
                "title": titles[one.dimension],
                "score": one.score,
                "band": bands.get(one.band, ""),
                "answered": one.answered,
                "asked": one.asked,
            }
            for one in assessment.scores
        ],
    }


def statement(step: Step, made: Workshop, dialogue: Dialogue, words: Words) -> str:
    """Its words; where it names a reply, which is each respondent's own, there is a line of dots."""
    nobody = Session("", dialogue.id, dialogue.version, dialogue.digest, made.lang)
    return Wording(dialogue, nobody, words).text(step.text)


def _step(step: Step, made: Workshop, dialogue: Dialogue, words: Words) -> dict[str, Any]:
    return {
        "id": step.id,
        "section": step.section,
        "text": statement(step, made, dialogue, words),
        "levels": step.levels,
        "anchors": [{"level": one.level, "text": said(one.text, made.lang)} for one in step.anchors],
    }


def _agreements(made: Workshop) -> dict[str, Any]:
    return {
        "outcomes": [{"step": one.step, "level": one.level, "note": one.note} for one in made.outcomes],
        "actions": [{"id": one.id, "text": one.text, "owner": one.owner, "due": one.due} for one in made.actions],
    }
