"""A report of a guided mode laid out for paper: its chapters as paragraphs, lists, tables, drafts and charts.

HTML, PDF, Word and Markdown are written from this, so all say the same under the same numbers. Words that people
wrote are clean (domain.text) and keep their lines. What would be empty is left out here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from ...dialogues import agendas, engine, scoring
from ...dialogues.conditions import Facts
from ...dialogues.wording import Wording
from ...domain import dialogues as modes
from ...domain.answers import Citation
from ...domain.dialogues import Absent, GivenAdvice, Reply, Report, Step, StepKind
from ...prompts import Words
from ..charts import LEAST_SPOKES, Boxes, Chart, Radar, percent
from .blocks import Listing, Paragraph, Table, Text, plain
from .outline import Note, cut, day, moment, note

WIDE = 6  # columns of a table; one with more gets a landscape page
CARDS = 9  # columns; a record with more becomes a table of its own
LONG_NAME = 200  # characters of the organisation on the cover
PERIODS = (30, 60, 90)  # days of the plan
HALVES, PLAN = (1, 1), (8, 8, 3)  # of a table's width


@dataclass(frozen=True, slots=True)
class Heading:
    """Above a part of a chapter."""

    words: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something beside the story, in small letters; `lead` is said first and louder."""

    text: Text
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Wording to be copied and used elsewhere, line by line."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and the same in words."""

    chart: Chart
    alternative: str


Block = Paragraph | Listing | Table | Heading | Remark | Draft | Figure


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter; `id` names it inside the file, `kind` is its kind in the definition ("" for ours)."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    kind: str = ""

    @property
    def wide(self) -> bool:
        """Whether something in it needs a landscape page."""
        return any(
            (isinstance(one, Table) and one.rows and len(one.rows[0]) > WIDE)
            or (isinstance(one, Figure) and isinstance(one.chart, Boxes) and one.chart.broad)
            for one in self.blocks
        )


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole report. `facts` are what the cover tells of it, label and value."""

    lang: str
    kind: str
    title: str
    organisation: str
    date: str
    facts: tuple[tuple[str, str], ...]
    statement: str
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]


def outline(report: Report, words: Words) -> Outline:
    """Lay a report out; `words` are those of the session's language."""
    made = _Layout(report, words)
    parts = [*map(made.chapter, report.dialogue.chapters), made.own_notes(), made.skipped(), made.method()]
    return Outline(
        lang=report.session.lang,
        kind=words.text("run_report.kind"),
        title=plain(made.said(report.dialogue.title)),
        organisation=organisation(report, words),
        date=day(report.created_at, words),
        facts=tuple(made.facts()),
        statement=words.text("run_report.statement"),
        parts=tuple(part for part in parts if part is not None and part.blocks),
        notes=tuple(made.noted),
    )


def organisation(report: Report, words: Words) -> str:
    """Whose report it is; "" when nobody said."""
    return cut(
        plain(Wording(report.dialogue, report.session, words).named(report.dialogue.organisation)), LONG_NAME, "…"
    )


def lines(text: str) -> list[str]:
    """Its lines, clean, without the empty ones."""
    return [line for line in map(plain, text.split("\n")) if line]


@dataclass
class _Layout:
    """Makes the parts; numbers the notes in the order in which they are first needed."""

    report: Report
    words: Words
    noted: list[Note] = field(default_factory=list)
    numbers: dict[tuple[str, tuple[int, int]], int] = field(default_factory=dict)
    laws: dict[tuple[str, str, str], int] = field(default_factory=dict)

    @cached_property
    def wording(self) -> Wording:
        return Wording(self.report.dialogue, self.report.session, self.words)

    @cached_property
    def known(self) -> Facts:
        return self.wording.facts

    # words

    def our(self, key: str, **details: object) -> str:
        return self.words.text(f"run_report.{key}", **details)

    def said(self, text: modes.Text | None) -> str:
        return self.wording.text(text)

    def text(self, words: str, notes: tuple[int, ...] = ()) -> Text:
        """Clean words of the session's language; their lines stay apart."""
        return Text("\n".join(lines(words)), self.report.session.lang, notes)

    def texts(self, cells: Iterable[str]) -> tuple[Text, ...]:
        return tuple(map(self.text, cells))

    def paragraphs(self, words: str, notes: tuple[int, ...] = ()) -> list[Paragraph]:
        """One for each line; the notes stand at the end of the last."""
        made = lines(words)
        return [Paragraph(self.text(line, notes if n == len(made) else ())) for n, line in enumerate(made, start=1)]

    def percent(self, score: float | None) -> str:
        return self.our("no_score") if score is None else self.our("percent", value=percent(score))

    def note(self, citation: Citation | None) -> tuple[int, ...]:
        """The number of a citation's note; the same words have the same number."""
        if citation is None:
            return ()
        key = (citation.document_id, citation.span)
        if key not in self.numbers:
            self.numbers[key] = len(self.noted) + 1
            self.noted.append(note(citation, self.numbers[key], self.laws, self.words))
        return (self.numbers[key],)

    def table(self, caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], **more: object) -> Table:
        made = tuple(self.texts(row) for row in rows)
        return Table(self.texts(header), made, caption=plain(caption), **more)  # type: ignore[arg-type]

    # the cover

    def facts(self) -> Iterator[tuple[str, str]]:
        report, mode = self.report, self.report.dialogue
        if named := organisation(report, self.words):
            yield self.our("organisation"), named
        yield self.our("date"), day(report.created_at, self.words)
        title = plain(self.said(mode.title))
        yield self.our("mode"), self.our("mode_value", title=title, version=mode.version, edition=mode.edition)
        progress = engine.progress(mode, report.session)
        told = self.our("progress_value", answered=self._answered(), asked=progress.asked)
        yield self.our("progress"), told
        if report.before is not None and report.before_at is not None:
            yield self.our("before"), day(report.before_at, self.words)
        if mode.state_of_law:
            yield self.our("law"), plain(self.said(mode.state_of_law))
        product = self.words.text("export.product")
        yield self.our("software"), self.our("software_value", product=product, version=plain(report.software))
        if report.generation:
            yield self.our("generation"), plain(report.generation)

    def _answered(self) -> int:
        return sum(reply.value is not None for reply in self.report.session.replies)

    # chapters of the definition

    def chapter(self, chapter: modes.Chapter) -> Part | None:
        """None when its condition fails or nothing is in it."""
        if not self.known.holds(chapter.when):
            return None
        blocks = list(_CHAPTERS[chapter.kind](self, chapter))
        if not blocks:
            return None
        intro = self.paragraphs(self.said(chapter.intro))
        return Part(chapter.id, plain(self.said(chapter.title)), (*intro, *blocks), chapter.kind)

    def told(self, chapter: modes.Chapter) -> Iterator[Block]:
        """paragraphs"""
        for one in chapter.paragraphs:
            if not self.known.holds(one.when):
                continue
            words = self.said(one.text)
            if one.draft:
                yield Draft(self.our("draft"), tuple(map(plain, words.strip().split("\n"))))
            else:
                yield from self.paragraphs(words)

    def replies(self, chapter: modes.Chapter) -> Iterator[Block]:
        """What was asked and replied; skipped questions stand in their own part."""
        mode = self.report.dialogue
        named = set(chapter.steps)
        sections = [one for one in mode.sections if not chapter.sections or one.id in chapter.sections]
        groups = [
            (section, [s for s in mode.steps if s.section == section.id and (not named or s.id in named)])
            for section in sections
        ]
        filled = [(section, made) for section, steps in groups if (made := list(self._asked(steps)))]
        for section, blocks in filled:
            if len(filled) > 1:
                yield Heading(plain(self.said(section.title)))
            yield from blocks

    def _asked(self, steps: Iterable[Step]) -> Iterator[Block]:
        rows: list[tuple[str, str]] = []
        for step in steps:
            reply = self.report.session.reply(step.id)
            if reply is None or reply.absent is Absent.SKIPPED or step.kind is StepKind.INFO:
                continue
            if step.kind in (StepKind.TABLE, StepKind.GROUP) and reply.value is not None:
                if rows:
                    yield self._questions(rows)
                    rows = []
                yield from self.records(step, self.said(step.text))
            else:
                rows.append((self.said(step.text), self.replied(step, reply)))
        if rows:
            yield self._questions(rows)

    def _questions(self, rows: Sequence[tuple[str, str]]) -> Table:
        header = (self.our("question"), self.our("reply"))
        return self.table(self.our("replies_table"), header, rows, named=True, shares=HALVES, quiet=True)

    def replied(self, step: Step, reply: Reply) -> str:
        """A reply in words; a level with its anchor."""
        if reply.value is None:
            return self.our(f"absent.{(reply.absent or Absent.SKIPPED).value}")
        told = "\n".join(self.wording.value(step, reply))
        anchors = [self.said(one.text) for one in step.anchors if one.level == reply.value]
        return ": ".join([told, *anchors]) if step.kind is StepKind.SCALE else told

    def record_table(self, chapter: modes.Chapter) -> Iterator[Block]:
        """table"""
        for step in self._steps(chapter):
            yield from self.records(step, self.said(step.text))

    def records(self, step: Step, caption: str) -> Iterator[Block]:
        """A table's or group's records: as a table, or a table each when there are too many columns."""
        reply = self.report.session.reply(step.id)
        rows = self.wording.cells(step, reply) if reply is not None and reply.value is not None else []
        fixed = [self.our("record")] if step.kind is StepKind.TABLE else []
        header = [*fixed, *(self.said(column.text) for column in step.fields)]
        amounts = [n for n, one in enumerate(step.fields, start=len(fixed)) if one.kind in ("number", "money")]
        if rows and len(header) <= CARDS:
            yield self.table(caption, header, rows, named=True, numbers=tuple(amounts))
        elif rows:
            for n, row in enumerate(rows, start=1):
                pairs = [pair for pair in zip(header, row, strict=True) if pair[1]]
                told = self.our("record_number", caption=plain(caption), n=n)
                yield self.table(told, (self.our("what"), self.our("reply")), pairs, named=True)

    def computed(self, chapter: modes.Chapter) -> Iterator[Block]:
        """Numbers that follow from the replies; those without a value are left out."""
        found = {one.id: one for one in self.report.dialogue.computed}
        rows = [(self.said(found[name].text), self.wording.named(name)) for name in chapter.steps if name in found]
        known = [row for row in rows if row[1]]
        if known:
            header = (self.our("what"), self.our("value"))
            yield self.table(self.our("computed_table"), header, known, named=True, numbers=(1,), quiet=True)

    def advice(self, chapter: modes.Chapter) -> Iterator[Block]:
        """Advice of the chapter's groups, in the report's order."""
        for n, given in enumerate(self._given(chapter), start=1):
            notes = self.note(given.citation)
            yield Heading(f"{n}. {plain(self.said(given.advice.title))}")
            yield from self.paragraphs(self.said(given.advice.text), notes)
            if caution := self.said(given.advice.caution):
                yield Remark(self.text(caution), self.our("caution"))
            if told := " · ".join(self._about(given)):
                yield Remark(self.text(told))

    def _given(self, chapter: modes.Chapter) -> list[GivenAdvice]:
        groups = set(chapter.groups)
        return [one for one in self.report.advice if not groups or one.advice.group in groups][: chapter.most]

    def _about(self, given: GivenAdvice) -> Iterator[str]:
        one = given.advice
        if one.dimension and self.report.assessment:
            score = next((s for s in self.report.assessment.scores if s.dimension == one.dimension), None)
            if score is not None:
                band = self.band(score.band)
                dimension = self.dimension(one.dimension)
                yield self.our("advice_dimension", dimension=dimension, score=self.percent(score.score), band=band)
        if given.points:
            points = self.wording.number(Decimal(str(round(given.points, 2))).normalize(), None)
            yield self.our("advice_points", points=points)
        if one.days:
            yield self.our("advice_days", days=one.days)
        if given.citation is None:
            yield self.our("own")

    def agenda(self, chapter: modes.Chapter) -> Iterator[Block]:
        """With clock times."""
        slots = agendas.slots(chapter.items, self.known, chapter.start)
        if not slots:
            return
        header = [self.our("time"), self.our("minutes"), self.our("what"), self.our("how"), self.our("materials")]
        rows = [
            [
                slot.clock,
                str(slot.ends - slot.begins),
                *map(self.said, (slot.item.title, slot.item.how, slot.item.materials)),
            ]
            for slot in slots
        ]
        kept = [n for n in range(len(header)) if n < 3 or any(row[n] for row in rows)]
        total = slots[-1].ends - slots[0].begins
        begins, ends = slots[0].clock.partition("–")[0], slots[-1].clock.partition("–")[2]
        caption = self.our("agenda_table", begins=begins, ends=ends, minutes=total)
        chosen = [[row[n] for n in kept] for row in rows]
        yield self.table(caption, [header[n] for n in kept], chosen, named=True, numbers=(1,))

    def diagram(self, chapter: modes.Chapter) -> Iterator[Block]:
        """Boxes and arrows; words that find no room in them follow as lists."""
        columns = tuple(
            (plain(self.said(one.title)), tuple(box for name in one.of for box in self._box(name)))
            for one in chapter.columns
        )
        if not any(boxes for _, boxes in columns):
            return
        chart = Boxes(columns, self.our("more", count="{count}"))
        told = " → ".join(f"{title}: {'; '.join(boxes) or '–'}" for title, boxes in columns)
        yield Figure(chart, self.our("diagram_alternative", columns=told))
        if not chart.whole:
            yield Heading(self.our("diagram_words"))
            for title, boxes in columns:
                if boxes:
                    yield Paragraph(self.text(title))
                    yield Listing(self.texts(boxes))

    def _box(self, name: str) -> list[str]:
        """The words of boxes: lines of a reply, or cells of a group's column."""
        id, _, column = name.partition(".")
        step, reply = self.known.steps.get(id), self.report.session.reply(id)
        if step is None:
            return lines(self.wording.named(name))
        if reply is None or reply.value is None:
            return []
        place = next((n for n, one in enumerate(step.fields) if one.id == column), None)
        if not column or place is None:
            return [line for value in self.wording.value(step, reply) for line in lines(value)]
        place += step.kind is StepKind.TABLE
        return [box for row in self.wording.cells(step, reply) for box in lines(row[place])]

    def plan(self, chapter: modes.Chapter) -> Iterator[Block]:
        """Advice with a term, and the person's own actions by their date, until the 30th, 60th and 90th day."""
        told = [(one.advice.days, self._advised(one)) for one in self._given(chapter) if one.advice.days]
        own = [row for step in self._steps(chapter) for row in self._actions(step)]
        begins = moment(self.report.created_at).date()
        header = [self.our("action"), self.our("details"), self.our("done")]
        for period in (*PERIODS, None):
            rows = [row for days, row in (*told, *own) if days == period]
            if not rows:
                continue
            caption = self.our("later")
            if period:
                until = self.wording.day((begins + timedelta(days=period)).isoformat())
                caption = self.our("until", days=period, date=until)
            cells = tuple((*row, self.text("☐")) for row in rows)
            yield Table(self.texts(header), cells, caption=caption, named=True, shares=PLAN)

    def _advised(self, given: GivenAdvice) -> tuple[Text, Text]:
        told = any(
            one.kind == "advice" and (not one.groups or given.advice.group in one.groups) and self.known.holds(one.when)
            for one in self.report.dialogue.chapters
        )
        words = self.our("advised") if told else self.said(given.advice.text)
        return self.text(self.said(given.advice.title), self.note(given.citation)), self.text(words)

    def _actions(self, step: Step) -> Iterator[tuple[int | None, tuple[Text, Text]]]:
        reply = self.report.session.reply(step.id)
        if reply is None or not isinstance(reply.value, tuple) or step.kind not in (StepKind.GROUP, StepKind.TABLE):
            return
        names = [self.said(column.text) for column in step.fields]
        for raw, row in zip(reply.value, self.wording.cells(step, reply), strict=True):
            cells = row[-len(names) :]
            first = next((n for n, one in enumerate(step.fields) if one.kind == "text" and cells[n]), 0)
            title = row[0] if step.kind is StepKind.TABLE else cells[first]
            rest = [
                f"{name}: {cell}"
                for n, (name, cell) in enumerate(zip(names, cells, strict=True))
                if cell and (n != first or step.kind is StepKind.TABLE)
            ]
            days = self._term(step, raw) if isinstance(raw, Mapping) else None
            yield days, (self.text(title), self.text("\n".join(rest) or self.our("own_action")))

    def _term(self, step: Step, row: modes.Row) -> int | None:
        """The period of an action: by its date, else by the number in a choice's id or value ("d30", 30)."""
        begins = moment(self.report.created_at).date()
        for column in step.fields:
            cell = row.get(column.id)
            if column.kind == "date" and cell:
                days = (date.fromisoformat(str(cell)) - begins).days
                return next((period for period in PERIODS if days <= period), None)
            if column.kind == "choice" and cell:
                worth = {one.id: one.value for one in column.options}.get(str(cell))
                digits = int(worth) if worth is not None else int("".join(filter(str.isdigit, str(cell)))[:4] or 0)
                if digits in PERIODS:
                    return digits
        return None

    def scores(self, chapter: modes.Chapter) -> Iterator[Block]:
        """Radar and table, strengths and gaps."""
        result = self.report.assessment
        if result is None or result.overall is None:
            return
        if len(result.scores) >= LEAST_SPOKES:
            yield self._radar(result)
        yield self._scores(result)
        ranges = [
            self.our("band_range", title=self.band(one.id), low=percent(one.low), high=percent(one.high))
            for one in self.report.dialogue.bands
        ]
        yield Remark(self.text(f"{self.our('score_note')} {self.our('bands', bands=', '.join(ranges))}"))
        for key, names in (("strengths", result.strengths), ("gaps", result.gaps)):
            if names:
                scores = {one.dimension: one.score for one in result.scores}
                yield Heading(self.our(key))
                yield Listing(self.texts(f"{self.dimension(n)} ({self.percent(scores[n])})" for n in names))

    def _radar(self, result: modes.Assessment) -> Figure:
        labels = tuple(self.dimension(one.dimension) for one in result.scores)
        earlier: tuple[float | None, ...] = ()
        names = ("", "")
        if self.report.before:
            earlier = tuple(one.before for one in scoring.compare(self.report.before, result))
            names = (
                self.our("now_name", date=day(self.report.created_at, self.words)),
                self._before_name("before_name"),
            )
        told = ", ".join(f"{n} {self.percent(s.score)}" for n, s in zip(labels, result.scores, strict=True))
        chart = Radar(labels, tuple(one.score for one in result.scores), earlier, names)
        return Figure(chart, self.our("radar_alternative", rows=told))

    def _before_name(self, key: str) -> str:
        at = self.report.before_at
        return self.our(key, date=day(at, self.words)) if at else self.our("earlier")

    def _scores(self, result: modes.Assessment) -> Table:
        before = self.report.before
        header = [self.our("dimension"), self.our("score"), self.our("band"), self.our("answered")]
        rows = [
            [self.dimension(s.dimension), *self._scored(s.score, s.band, s.answered, s.asked)] for s in result.scores
        ]
        total = (sum(s.answered for s in result.scores), sum(s.asked for s in result.scores))
        rows.append([self.our("overall"), *self._scored(result.overall, result.band, *total)])
        caption = self.our("scores_table")
        if before is not None:
            caption = f"{caption} ({self._before_name('before_at')})"
            header[2:2] = [self.our("earlier"), self.our("change")]
            changes = [(one.before, one.now) for one in scoring.compare(before, result)]
            for row, (then, now) in zip(rows, [*changes, (before.overall, result.overall)], strict=True):
                row[2:2] = [self.percent(then), self._change(then, now)]
        return self.table(caption, header, rows, named=True, numbers=tuple(range(1, len(header) - 2)))

    def _scored(self, score: float | None, band: str, answered: int, asked: int) -> list[str]:
        told = self.our("answered_of", answered=answered, asked=asked)
        return [self.percent(score), self.band(band) if score is not None else "–", told]

    def _change(self, then: float | None, now: float | None) -> str:
        if then is None or now is None:
            return "–"
        points = percent(now) - percent(then)
        return self.our("points_change", value=f"+{points}" if points > 0 else str(points).replace("-", "−"))

    def dimension(self, id: str) -> str:
        return plain(next((self.said(one.title) for one in self.report.dialogue.dimensions if one.id == id), id))

    def band(self, id: str) -> str:
        return plain(next((self.said(one.title) for one in self.report.dialogue.bands if one.id == id), id))

    def _steps(self, chapter: modes.Chapter) -> list[Step]:
        return [self.known.steps[name] for name in chapter.steps if name in self.known.steps]

    # parts of every report

    def own_notes(self) -> Part:
        """What people added to their replies."""
        steps, rows = self.known.steps, []
        for reply in self.report.session.replies:
            if reply.note.strip() and reply.step in steps:
                rows.append((self.said(steps[reply.step].text), reply.note))
        header = (self.our("question"), self.our("note"))
        table = (
            [self.table(self.our("notes_table"), header, rows, named=True, shares=HALVES, quiet=True)] if rows else []
        )
        return Part("own-notes", self.our("notes"), tuple(table))

    def skipped(self) -> Part:
        """What has no reply, and why."""
        steps = self.known.steps
        rows = [
            (self.said(steps[name].text), self.our(f"absent.{why.value}"))
            for name, why in self.report.skipped
            if name in steps and steps[name].kind is not StepKind.INFO
        ]
        if not rows:
            return Part("skipped", "", ())
        header = (self.our("question"), self.our("why"))
        table = self.table(self.our("skipped_table"), header, rows, named=True, quiet=True)
        opening = [] if self._answered() else self.paragraphs(self.our("empty"))
        intro = self.paragraphs(self.our("skipped_intro")) if self.report.assessment else []
        return Part("skipped", self.our("skipped"), (*opening, *intro, table))

    def method(self) -> Part:
        """How results come about, and their limits."""
        return Part("method", self.our("method"), tuple(self.paragraphs(self.said(self.report.dialogue.method))))


_CHAPTERS: dict[str, Callable[[_Layout, modes.Chapter], Iterator[Block]]] = {
    "paragraphs": _Layout.told,
    "replies": _Layout.replies,
    "table": _Layout.record_table,
    "computed": _Layout.computed,
    "advice": _Layout.advice,
    "agenda": _Layout.agenda,
    "diagram": _Layout.diagram,
    "plan": _Layout.plan,
    "scores": _Layout.scores,
}
