"""A report as JSON for programs: replies as values and in words, scores, advice with citations, its chapters."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ...dialogues import engine
from ...dialogues.wording import Wording
from ...domain.dialogues import Assessment, GivenAdvice, Report, StepKind
from ...prompts import Words
from .. import schemas
from .outline import moment
from .report_outline import Block, Figure, Outline


def as_data(report: Report, laid: Outline, words: Words) -> dict[str, Any]:
    """Scores are 0–1; amounts are decimal numbers as text; "chapters" are laid out as in the other formats."""
    mode, wording = report.dialogue, Wording(report.dialogue, report.session, words)
    progress = engine.progress(mode, report.session)
    return {
        "generated": {"by": "rules"},
        "dialogue": {"id": mode.id, "version": mode.version, "edition": mode.edition, "digest": mode.digest},
        "title": laid.title,
        "organisation": laid.organisation,
        "lang": laid.lang,
        "created_at": moment(report.created_at).isoformat(),
        "software": report.software,
        "generation": report.generation,
        "state_of_law": wording.text(mode.state_of_law),
        "progress": {"answered": progress.answered, "asked": progress.asked},
        "replies": _replies(report, wording),
        "computed": {name: None if value is None else str(value) for name, value in report.numbers.items()},
        "assessment": _assessment(report.assessment),
        "before": _assessment(report.before),
        "before_at": moment(report.before_at).isoformat() if report.before_at else None,
        "advice": [_advice(given, wording) for given in report.advice],
        "skipped": [{"step": step, "why": why.value} for step, why in report.skipped],
        "chapters": [
            {"id": part.id, "kind": part.kind, "title": part.title, "blocks": [_block(block) for block in part.blocks]}
            for part in laid.parts
        ],
        "notes": [asdict(note) for note in laid.notes],
    }


def _replies(report: Report, wording: Wording) -> list[dict[str, Any]]:
    made = []
    for step in engine.asked(report.dialogue, report.session):
        reply = report.session.reply(step.id)
        if reply is None or step.kind is StepKind.INFO:
            continue
        value = (
            [dict(row) if isinstance(row, dict) else row for row in reply.value]
            if isinstance(reply.value, tuple)
            else reply.value
        )
        made.append(
            {
                "step": step.id,
                "kind": step.kind.value,
                "question": wording.text(step.text),
                "value": value,
                "words": wording.value(step, reply),
                "absent": reply.absent.value if reply.absent else None,
                "note": reply.note,
            }
        )
    return made


def _assessment(value: Assessment | None) -> dict[str, Any] | None:
    return None if value is None else asdict(value)


def _advice(given: GivenAdvice, wording: Wording) -> dict[str, Any]:
    one = given.advice
    return {
        "id": one.id,
        "group": one.group,
        "dimension": one.dimension or None,
        "title": wording.text(one.title),
        "text": wording.text(one.text),
        "caution": wording.text(one.caution) or None,
        "days": one.days,
        "points": given.points,
        "own": given.citation is None,
        "citation": schemas.citation(given.citation) if given.citation else None,
    }


def _block(block: Block) -> dict[str, Any]:
    kind = type(block).__name__.lower()
    if isinstance(block, Figure):
        return {"block": kind, "chart": type(block.chart).__name__.lower(), "alternative": block.alternative}
    return {"block": kind, **asdict(block)}
