"""The linter of definitions: what cannot be reached, scored, read or proved. Problems are codes of [dialogue_problems].

`problems` needs the definition alone and runs at every start; `unproved` asks the index; `unreached` tries many runs.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from ..domain.dialogues import Chapter, Condition, Dialogue, Expression, Field, Step, StepKind
from ..domain.text import sentences
from .conditions import Facts, field, named, operands
from .respondents import respond
from .wording import NAME

LANGUAGES = ("pl", "en")
SENTENCE_WORDS = 25  # of plain Polish: the guides of gov.pl and of Wrocław's Pracownia Prostej Polszczyzny say 15–20
QUESTION_CHARS = 300
ROUNDING = 1e-9
CHOOSING = (StepKind.CHOICE, StepKind.MULTI)
NUMERIC = (StepKind.NUMBER, StepKind.MONEY, StepKind.SCALE)
RUNS = 200  # respondents tried for what is never reached


@dataclass(frozen=True, slots=True)
class Problem:
    """Where (a dotted key with ids) and what."""

    dialogue: str
    at: str
    code: str
    detail: str = ""


def problems(dialogue: Dialogue) -> list[Problem]:
    """Everything that the definition alone shows to be wrong; [] for a sound one."""
    look = _Look(dialogue)
    found = [
        *look.duplicates(),
        *look.texts(),
        *look.steps(),
        *look.names(),
        *look.scoring(),
        *look.advice(),
        *look.chapters(),
    ]
    return [Problem(dialogue.id, at, code, detail) for at, code, detail in found]


def unreached(dialogue: Dialogue, runs: int = RUNS) -> list[Problem]:
    """Steps that no respondent of many was asked, and runs that found no end."""
    left = {step.id for step in dialogue.steps}
    for seed in range(runs):
        session = respond(dialogue, random.Random(seed))
        left -= {reply.step for reply in session.replies}
        if not left:
            break
    return [Problem(dialogue.id, f"steps.{id}", "unreachable") for id in sorted(left)]


def unproved(
    dialogue: Dialogue, cited: Callable[[str, str, str], bool], headed: Callable[[str, str], bool]
) -> list[Problem]:
    """Advice for whose query (query, language, path or "") the documents have no sentence, and missing sources.

    `headed` tells whether a document (path) has a heading.
    """
    found = []
    for advice in dialogue.advice:
        for lang in LANGUAGES:
            path = (advice.document or {}).get(lang) or (advice.document or {}).get("pl", "")
            if not cited(advice.query[lang], lang, path):
                found.append(Problem(dialogue.id, f"advice.{advice.id}.query.{lang}", "unproved", advice.query[lang]))
    for at, source in _sources(dialogue):
        path, _, heading = source.partition("#")
        if not headed(path, heading):
            found.append(Problem(dialogue.id, at, "source_missing", source))
    return found


def _sources(dialogue: Dialogue) -> Iterator[tuple[str, str]]:
    for kind, items in (("sections", dialogue.sections), ("steps", dialogue.steps)):
        for item in items:
            for lang, source in (item.source or {}).items():
                yield f"{kind}.{item.id}.source.{lang}", source


Found = Iterator[tuple[str, str, str]]


@dataclass(frozen=True)
class _Look:
    dialogue: Dialogue

    @property
    def facts(self) -> Facts:
        return Facts(self.dialogue, {})

    def duplicates(self) -> Found:
        d = self.dialogue
        lists: dict[str, list[str]] = {
            "steps": [s.id for s in d.steps] + [c.id for c in d.computed],
            "sections": [s.id for s in d.sections],
            "dimensions": [x.id for x in d.dimensions],
            "bands": [b.id for b in d.bands],
            "advice": [a.id for a in d.advice],
            "chapters": [c.id for c in d.chapters],
            **{f"steps.{s.id}.options": [o.id for o in s.options] for s in d.steps},
            **{f"steps.{s.id}.fields": [f.id for f in s.fields] for s in d.steps},
            **{f"steps.{s.id}.rows": [r.id for r in s.rows] for s in d.steps},
        }
        for at, ids in lists.items():
            yield from ((f"{at}.{id}", "duplicate", id) for id, n in Counter(ids).items() if n > 1)

    # words

    def texts(self) -> Found:
        for at, text in _texts(self.dialogue, ""):
            for lang in LANGUAGES:
                if not str(text.get(lang, "")).strip():
                    yield f"{at}.{lang}", "translation_missing", ""
            for lang, words in text.items():
                if lang not in LANGUAGES:
                    yield f"{at}.{lang}", "language_unknown", lang
                    continue
                said = [line[a:b] for line in words.splitlines() for a, b in sentences(line)]
                long = [sentence for sentence in said if len(sentence.split()) > SENTENCE_WORDS]
                if long and not at.endswith(".query"):
                    yield f"{at}.{lang}", "sentence_long", long[0][:80]
        for step in self.dialogue.steps:
            for lang, words in step.text.items():
                if len(words) > QUESTION_CHARS:
                    yield f"steps.{step.id}.text.{lang}", "question_long", str(len(words))

    def names(self) -> Found:
        known = self._known()
        for at, text in _texts(self.dialogue, ""):
            for words in text.values():
                yield from ((at, "name_unknown", name) for name in NAME.findall(words) if name not in known)
        if self.dialogue.organisation not in {step.id for step in self.dialogue.steps}:
            yield "organisation", "name_unknown", self.dialogue.organisation
        for one in self.dialogue.computed:
            yield from self._expression(f"computed.{one.id}.value", one.value, {c.id for c in self._before(one.id)})

    def _before(self, computed: str) -> list[Any]:
        ids = [one.id for one in self.dialogue.computed]
        return list(self.dialogue.computed[: ids.index(computed)])

    def _known(self) -> set[str]:
        steps = self.dialogue.steps
        columns = {f"{step.id}.{column.id}" for step in steps for column in step.fields}
        return {step.id for step in steps} | columns | {one.id for one in self.dialogue.computed}

    def _expression(self, at: str, expression: Expression, computed: set[str]) -> Found:
        known = self._known() - {one.id for one in self.dialogue.computed} | computed
        yield from ((at, "name_unknown", name) for name in operands(expression) if name not in known)

    # steps

    def steps(self) -> Found:
        d = self.dialogue
        sections = {section.id for section in d.sections}
        before: set[str] = set()
        for empty in {section.id for section in d.sections} - {step.section for step in d.steps}:
            yield f"sections.{empty}", "section_empty", ""
        for step in d.steps:
            at = f"steps.{step.id}"
            if step.section not in sections:
                yield f"{at}.section", "name_unknown", step.section
            section = next((s for s in d.sections if s.id == step.section), None)
            for condition in (step.when, section.when if section else None):
                yield from self._condition(f"{at}.when", condition, before)
            yield from self._form(at, step, before)
            if step.kind is not StepKind.INFO and not step.source and not (section and section.source):
                yield f"{at}.source", "why_missing", ""
            if step.kind is not StepKind.INFO and not step.why:
                yield f"{at}.why", "why_missing", ""
            yield from ((f"{at}.depends", "name_unknown", name) for name in step.depends if name not in before)
            before.add(step.id)

    def _condition(self, at: str, condition: Condition | None, before: set[str]) -> Found:
        for name in sorted(named(condition)):
            for step in self._behind(name):
                if step not in before:
                    yield at, "condition_late" if step in self.facts.steps else "name_unknown", name
        yield from self._possible(at, condition)

    def _behind(self, name: str) -> set[str]:
        """The steps that a name rests on."""
        name = name.partition(".")[0]
        if name not in self.facts.computed:
            return {name}
        rests = operands(self.facts.computed[name].value) - {name}
        return {step for one in rests for step in self._behind(one)}

    def _possible(self, at: str, condition: Condition | None) -> Found:
        """A comparison with what nobody can reply never holds."""
        if condition is None:
            return
        for part in condition.parts:
            yield from self._possible(at, part)
        name, _, column = condition.of.partition(".")
        step = self.facts.steps.get(name)
        if step is None or condition.op not in ("equals", "in"):
            return
        found: Field | Step | None = field(step, column) if column else step
        if column and found is None:
            yield at, "name_unknown", condition.of
        if found is None or found.options_from or not found.options:
            return
        wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        offered = {option.id for option in found.options}
        yield from ((at, "option_unknown", str(one)) for one in wanted if str(one) not in offered)

    def _form(self, at: str, step: Step, before: set[str]) -> Found:
        kind = step.kind
        if kind in CHOOSING and not step.options_from and len(step.options) < 2:
            yield f"{at}.options", "options_few", ""
        if step.options and kind not in CHOOSING:
            yield f"{at}.options", "not_for_kind", kind.value
        if kind is StepKind.SCALE:
            levels = {anchor.level for anchor in step.anchors}
            if not {1, step.levels} <= levels <= set(range(1, step.levels + 1)):
                yield f"{at}.anchors", "anchors_missing", ""
        elif step.anchors:
            yield f"{at}.anchors", "not_for_kind", kind.value
        if (kind in (StepKind.TABLE, StepKind.GROUP)) != bool(step.fields):
            yield f"{at}.fields", "not_for_kind", kind.value
        if (kind is StepKind.TABLE) != bool(step.rows):
            yield f"{at}.rows", "not_for_kind", kind.value
        if step.min is not None and step.max is not None and step.min > step.max:
            yield f"{at}.min", "limits_crossed", ""
        sources: tuple[Step | Field, ...] = (step, *step.fields)
        for source in sources:
            if source.options_from and source.options_from.partition(".")[0] not in before:
                yield f"{at}.options_from", "condition_late", source.options_from
        for column in step.fields:
            yield from self._column(f"{at}.fields.{column.id}", column)

    def _column(self, at: str, column: Field) -> Found:
        if (column.kind == "choice") != bool(column.options or column.options_from):
            yield f"{at}.options", "options_few", column.kind

    # scores

    def scoring(self) -> Found:
        d = self.dialogue
        dimensions = {dimension.id for dimension in d.dimensions}
        fed = {step.feeds for step in d.steps if step.feeds}
        yield from ((f"dimensions.{id}", "dimension_unfed", id) for id in sorted(dimensions - fed))
        for step in d.steps:
            if step.feeds and step.feeds not in dimensions:
                yield f"steps.{step.id}.feeds", "name_unknown", step.feeds
            scored = step.kind is StepKind.SCALE or (
                step.kind in CHOOSING and step.options and all(option.score is not None for option in step.options)
            )
            if step.feeds and not scored:
                yield f"steps.{step.id}.feeds", "cannot_score", ""
            if step.weight <= 0:
                yield f"steps.{step.id}.weight", "weight", str(step.weight)
            for option in step.options:
                if option.score is not None and not 0 <= option.score <= 1:
                    yield f"steps.{step.id}.options.{option.id}.score", "score", str(option.score)
        yield from ((f"dimensions.{x.id}.weight", "weight", str(x.weight)) for x in d.dimensions if x.weight <= 0)
        if bool(d.dimensions) != bool(d.bands):
            yield "bands", "bands_missing", ""
        ends = [0.0, *(band.high for band in d.bands)]
        for band, end in zip(d.bands, ends, strict=False):
            if abs(band.low - end) > ROUNDING or band.high <= band.low:
                yield f"bands.{band.id}", "bands_gap", f"{end} – {band.low}"
        if d.bands and abs(d.bands[-1].high - 1) > ROUNDING:
            yield f"bands.{d.bands[-1].id}", "bands_gap", f"{d.bands[-1].high} – 1"

    # advice and chapters

    def advice(self) -> Found:
        d = self.dialogue
        dimensions, bands = {x.id for x in d.dimensions}, {b.id for b in d.bands}
        everything = {step.id for step in d.steps}
        told: set[tuple[str, str]] = set()
        for one in d.advice:
            at = f"advice.{one.id}"
            if one.dimension and one.dimension not in dimensions:
                yield f"{at}.dimension", "name_unknown", one.dimension
            yield from ((f"{at}.bands", "name_unknown", band) for band in one.bands if band not in bands)
            for condition in (one.when, *(points.when for points in one.points)):
                yield from self._condition(f"{at}.when", condition, everything)
            if one.days not in (None, 30, 60, 90):
                yield f"{at}.days", "days", str(one.days)
            told |= {(one.dimension, band) for band in one.bands or bands}
        for dimension in sorted(dimensions):
            for band in d.bands:
                if (dimension, band.id) not in told:
                    yield f"dimensions.{dimension}", "advice_missing", band.id
        shown = {group for chapter in d.chapters for group in chapter.groups}
        for group in sorted({one.group for one in d.advice} - shown):
            yield f"advice ({group})", "advice_unshown", group
        yield from (("chapters", "name_unknown", group) for group in sorted(shown - {one.group for one in d.advice}))

    def chapters(self) -> Found:
        steps, sections = self.facts.steps, {section.id for section in self.dialogue.sections}
        for chapter in self.dialogue.chapters:
            at = f"chapters.{chapter.id}"
            known = set(self.facts.computed) if chapter.kind == "computed" else set(steps)
            yield from ((f"{at}.steps", "name_unknown", name) for name in chapter.steps if name not in known)
            yield from ((f"{at}.sections", "name_unknown", n) for n in chapter.sections if n not in sections)
            for condition in _conditions(chapter):
                yield from self._condition(f"{at}.when", condition, set(steps))
            for item in chapter.items:
                yield from self._expression(f"{at}.items", item.minutes, set(self.facts.computed))
            names = {name for column in chapter.columns for name in column.of} | ({chapter.start} - {""})
            yield from ((f"{at}.columns", "name_unknown", name) for name in sorted(names - self._known()))
            if not _filled(chapter, bool(self.dialogue.dimensions)):
                yield at, "chapter_empty", chapter.kind


def _conditions(chapter: Chapter) -> Sequence[Condition | None]:
    return (chapter.when, *(p.when for p in chapter.paragraphs), *(item.when for item in chapter.items))


def _filled(chapter: Chapter, scored: bool) -> bool:
    needs = {
        "paragraphs": chapter.paragraphs,
        "replies": chapter.steps or chapter.sections,
        "table": chapter.steps,
        "computed": chapter.steps,
        "advice": chapter.groups,
        "agenda": chapter.items,
        "diagram": chapter.columns,
        "plan": True,
        "scores": scored,
    }
    return bool(needs[chapter.kind])


def _texts(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """Every Text of a definition with its dotted key; ids stand for places in lists. Sources are no texts."""
    if is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            inner = getattr(value, one.name)
            if one.name in ("source", "document", "proposed_for") or isinstance(inner, (Condition, Expression)):
                continue
            yield from _texts(inner, f"{at}.{one.name}".lstrip("."))
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{at}.{getattr(inner, 'id', place)}")
    elif isinstance(value, dict):
        yield at, value
