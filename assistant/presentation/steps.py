"""The JSON shapes of guided modes: a step as it is shown, where one is, everything replied so far, the scores."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ..dialogues import engine, scoring
from ..dialogues.guided import Opened, View
from ..dialogues.wording import Wording, said
from ..domain.answers import Suggestion
from ..domain.dialogues import Anchor, Assessment, Field, Option, Reply, Step
from . import schemas


def view(shown: View, place: Suggestion | None = None) -> dict[str, Any]:
    """A step with its reply, and where one is; `place` is where the step's source stands in the documents."""
    opened, progress = shown.opened, shown.progress
    return {
        **_run(opened),
        "step": _step(shown, place) if shown.step else None,
        "reply": _reply(shown.wording, shown.step, shown.reply) if shown.step and shown.reply else None,
        "number": shown.number,
        "previous": shown.previous,
        "progress": {
            "answered": progress.answered,
            "asked": progress.asked,
            "may_grow": progress.asked < len(opened.dialogue.steps),
            "sections": _sections(opened, shown),
        },
        "finished": progress.answered == progress.asked,
        "forgotten": _named(opened, shown.wording, opened.forgotten),
    }


def review(opened: Opened, wording: Wording) -> dict[str, Any]:
    """Every step that is asked with its reply in words, by section; the scores, of a mode that has dimensions."""
    lang = opened.session.lang
    steps = engine.asked(opened.dialogue, opened.session)
    sections = []
    for section in opened.dialogue.sections:
        own = [step for step in steps if step.section == section.id]
        told = [_reviewed(wording, step, opened.session.reply(step.id)) for step in own]
        if told:
            sections.append({"id": section.id, "title": said(section.title, lang), "steps": told})
    progress = engine.progress(opened.dialogue, opened.session)
    return {
        **_run(opened),
        "sections": sections,
        "progress": {"answered": progress.answered, "asked": progress.asked},
        "finished": progress.answered == progress.asked,
        "results": results(opened),
    }


def results(opened: Opened) -> dict[str, Any] | None:
    """Scores from 0 to 1 of each dimension; None for a mode without any."""
    found = scoring.assess(opened.dialogue, opened.session)
    if found is None:
        return None
    lang = opened.session.lang
    bands = {band.id: said(band.title, lang) for band in opened.dialogue.bands}
    titles = {dimension.id: said(dimension.title, lang) for dimension in opened.dialogue.dimensions}
    return {"overall": found.overall, "band": bands.get(found.band, ""), "dimensions": _scores(found, titles, bands)}


def option(value: Option, wording: Wording) -> dict[str, Any]:
    """One of the things to choose."""
    return {"id": value.id, "text": wording.text(value.text), "help": wording.text(value.help)}


# ---- a run -------------------------------------------------------------------------------------


def _run(opened: Opened) -> dict[str, Any]:
    lang, newer = opened.session.lang, opened.newer
    return {
        "mode": {
            "id": opened.dialogue.id,
            "title": said(opened.dialogue.title, lang),
            "version": opened.session.version,
            "scored": bool(opened.dialogue.dimensions),
        },
        "lang": lang,
        "newer": {"version": newer.version, "edition": newer.edition} if newer else None,
        "expires_at": opened.run.expires_at.isoformat(),
    }


def _sections(opened: Opened, shown: View) -> list[dict[str, Any]]:
    """With the step to begin each at: its first without a reply, else its first."""
    steps = engine.asked(opened.dialogue, opened.session)
    replied = {reply.step for reply in opened.session.replies}
    titles = {section.id: section.title for section in opened.dialogue.sections}
    told = []
    for id, answered, asked in shown.progress.sections:
        own = [step.id for step in steps if step.section == id]
        start = next((step for step in own if step not in replied), own[0])
        title = said(titles[id], opened.session.lang)
        told.append({"id": id, "title": title, "answered": answered, "asked": asked, "start": start})
    return told


def _named(opened: Opened, wording: Wording, steps: Sequence[str]) -> list[dict[str, Any]]:
    known = {step.id: step.text for step in opened.dialogue.steps}
    return [{"id": id, "text": wording.text(known.get(id)) or id} for id in steps]


# ---- a step ------------------------------------------------------------------------------------


def _step(shown: View, place: Suggestion | None) -> dict[str, Any]:
    step, wording = shown.step, shown.wording
    assert step is not None
    section = next(one for one in shown.opened.dialogue.sections if one.id == step.section)
    texts = {name: wording.text(getattr(step, name)) for name in ("text", "help", "example", "why", "unit")}
    source = {"path": shown.source.path, "heading": shown.source.heading} if shown.source else None
    return {
        "id": step.id,
        "kind": step.kind.value,
        "section": {"id": section.id, "title": wording.text(section.title), "intro": wording.text(section.intro)},
        **texts,
        "source": source and {**source, "section": schemas.suggestion(place) if place else None},
        "required": step.required,
        "options": [option(one, wording) for one in shown.options],
        "anchors": [_anchor(one, wording) for one in step.anchors],
        "columns": [_column(one, shown.columns.get(one.id, ()), wording) for one in step.fields],
        "rows": [option(one, wording) for one in step.rows],
        "limits": {
            **_limits(step),
            "max_chars": step.max_chars,
            "min_rows": step.min_rows,
            "max_rows": step.max_rows,
        },
    }


def _column(column: Field, offered: Sequence[Option], wording: Wording) -> dict[str, Any]:
    return {
        "id": column.id,
        "kind": column.kind,
        "text": wording.text(column.text),
        "unit": wording.text(column.unit),
        "required": column.required,
        "options": [option(one, wording) for one in offered],
        "limits": _limits(column),
    }


def _limits(limited: Step | Field) -> dict[str, Any]:
    return {
        "min": _plain(limited.min),
        "max": _plain(limited.max),
        "integer": limited.integer,
        "levels": limited.levels,
    }


def _anchor(anchor: Anchor, wording: Wording) -> dict[str, Any]:
    return {"level": anchor.level, "text": wording.text(anchor.text)}


# ---- a reply -----------------------------------------------------------------------------------


def _reply(wording: Wording, step: Step, reply: Reply) -> dict[str, Any]:
    """`value` as JSON has it; `words` are its lines in the session's language."""
    return {
        "value": _plain(reply.value),
        "absent": reply.absent.value if reply.absent else None,
        "note": reply.note,
        "words": wording.value(step, reply),
    }


def _reviewed(wording: Wording, step: Step, reply: Reply | None) -> dict[str, Any]:
    told = _reply(wording, step, reply) if reply else None
    return {"id": step.id, "kind": step.kind.value, "text": wording.text(step.text), "reply": told}


def _plain(value: Any) -> Any:
    """A value as JSON: numbers are numbers (a program's number has a dot in every language)."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "items"):
        return {name: _plain(cell) for name, cell in value.items()}
    return value


# ---- scores ------------------------------------------------------------------------------------


def _scores(found: Assessment, titles: dict[str, str], bands: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.dimension,
            "title": titles[one.dimension],
            "score": one.score,
            "band": bands.get(one.band, ""),
            "answered": one.answered,
            "asked": one.asked,
        }
        for one in found.scores
    ]
