"""The minutes of a workshop as files: how far apart people were, what they agreed on, who does what until when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ...dialogues.wording import Wording, said
from ...domain.dialogues import Dialogue, Session, Statement, Step, WorkshopResult
from ...prompts import Words
from .. import charts, schemas, workshops
from . import TYPES as RECORDS
from .blocks import Listing, Paragraph, Table, Text, plain
from .outline import day, moment
from .report_html import as_html
from .report_markdown import as_markdown
from .report_outline import Block, Figure, Outline, Part, lines
from .report_pdf import as_pdf
from .report_word import as_docx
from .sheet import as_csv

NAMES = {"pl": "protokol", "en": "minutes"}
TYPES = {"pdf": "application/pdf", **RECORDS}


@dataclass(frozen=True, slots=True)
class Minutes:
    """What minutes are made of; `at` is when."""

    result: WorkshopResult
    dialogue: Dialogue
    at: datetime
    software: str


def write(minutes: Minutes, words: Words, kind: str) -> bytes:
    """The file; `kind` is a key of TYPES, `words` are those of the workshop's language.

    Raises MissingLibrary for a PDF on a system without Pango.
    """
    if kind == "json":
        return _json(minutes, words)
    made = _Layout(minutes, words)
    if kind == "csv":
        return as_csv(made.rows(), made.columns())
    laid = made.outline()
    if kind == "md":
        return as_markdown(laid, words).encode()
    return as_docx(laid, words, minutes.at) if kind == "docx" else as_pdf(as_html(laid, words))


def name(minutes: Minutes, kind: str) -> str:
    """A file name in ASCII; `kind` is a key of TYPES."""
    if kind not in TYPES:
        raise KeyError(kind)
    stem = NAMES.get(minutes.result.workshop.lang, NAMES["pl"])
    return f"{stem}-{minutes.dialogue.id.replace('_', '-')}-{moment(minutes.at):%Y-%m-%d}.{kind}"


def _json(minutes: Minutes, words: Words) -> bytes:
    made = workshops.workshop(minutes.result.workshop, minutes.dialogue, words)
    found = workshops.results(minutes.result, minutes.dialogue)
    by_step = {one["step"]: one for one in found.pop("statements")}
    told = [{**one, **{k: v for k, v in by_step[one["id"]].items() if k != "step"}} for one in made.pop("statements")]
    shown = {"generated": {"by": "rules"}, **made, **found, "statements": told, "at": minutes.at.isoformat()}
    return (schemas.line(shown) + "\n").encode()


@dataclass(frozen=True)
class _Layout:
    minutes: Minutes
    words: Words

    @property
    def result(self) -> WorkshopResult:
        return self.minutes.result

    @property
    def lang(self) -> str:
        return self.result.workshop.lang

    def outline(self) -> Outline:
        made = self.result.workshop
        parts = (self.summary(), self.discuss(), self.spread(), self.agreed(), self.actions(), self.method())
        return Outline(
            lang=made.lang,
            kind=self.our("kind"),
            title=plain(made.title),
            organisation=plain(said(self.minutes.dialogue.title, made.lang)),
            date=day(self.minutes.at, self.words),
            facts=tuple(self.facts()),
            statement=self.our("statement"),
            parts=tuple(part for part in parts if part is not None),
            notes=(),
        )

    def facts(self) -> Iterator[tuple[str, str]]:
        made, mode = self.result.workshop, self.minutes.dialogue
        yield self.our("date"), day(self.minutes.at, self.words)
        yield self.our("begun"), day(made.created_at, self.words)
        title = plain(said(mode.title, self.lang))
        told = {"title": title, "version": mode.version, "edition": mode.edition}
        yield self.words.text("run_report.mode"), self.words.text("run_report.mode_value", **told)
        yield self.our("people"), self.our("people_value", joined=self.result.joined, finished=self.result.finished)
        yield self.our("state"), self.our("open" if made.open else "closed")
        product = self.words.text("export.product")
        version = plain(self.minutes.software)
        software = self.words.text("run_report.software_value", product=product, version=version)
        yield self.words.text("run_report.software"), software

    # parts

    def summary(self) -> Part | None:
        found = workshops.agreed(self.result.agreed, self.minutes.dialogue, self.lang)
        if found is None:
            return None
        rows = [
            (one["title"], self.percent(one["score"]), one["band"], f"{one['answered']} / {one['asked']}")
            for one in found["scores"]
        ]
        rows.append((self.words.text("run_report.overall"), self.percent(found["overall"]), found["band"], ""))
        header = [self.words.text(f"run_report.{key}") for key in ("dimension", "score", "band")]
        header.append(self.our("agreed_column"))
        intro = Paragraph(self.text(self.our("scores_intro")))
        return Part("scores", self.our("scores"), (intro, self.table("scores_table", header, rows, (1,))))

    def discuss(self) -> Part | None:
        texts = self.texts()
        if not self.result.discuss:
            return None
        items = tuple(self.text(texts[step]) for step in self.result.discuss)
        intro = Paragraph(self.text(self.our("discuss_intro")))
        return Part("discuss", self.our("discuss"), (intro, Listing(items, 1)))

    def spread(self) -> Part:
        texts, shown = self.texts(), [one for one in self.result.statements if one.levels]
        made = charts.dots(shown, [plain(texts[one.step]) for one in shown], self.words)
        blocks: list[Block] = [Figure(chart, chart.alternative) for chart in made]
        broadest = max((len(one.levels) for one in shown), default=0)
        header = [self.our("statement_column"), self.our("replies"), *map(str, range(1, broadest + 1))]
        header += [self.our("absent"), self.our("middle"), self.our("disagreement")]
        rows = [
            [
                texts[one.step],
                str(one.counted),
                *map(str, one.levels),
                *[""] * (broadest - len(one.levels)),
                str(one.absent),
                self.number(one.middle),
                self.number(one.disagreement),
            ]
            for one in shown
        ]
        if rows:
            blocks.append(self.table("spread_table", header, rows, tuple(range(1, len(header)))))
        few = [one for one in self.result.statements if not one.levels]
        if few:
            least = self.result.workshop.least
            blocks.append(Paragraph(self.text(self.our("few", least=least))))
            items = (self.our("few_item", text=texts[one.step], replied=one.replied) for one in few)
            blocks.append(Listing(tuple(map(self.text, items))))
        return Part("spread", self.our("spread"), tuple(blocks))

    def agreed(self) -> Part | None:
        texts = self.texts()
        rows = [
            (texts[step.id], self.level(step, outcome.level), outcome.note)
            for step in self.steps()
            if (outcome := self.result.workshop.outcome(step.id))
        ]
        if not rows:
            return None
        header = [self.our(key) for key in ("statement_column", "agreed_column", "note")]
        return Part("agreed", self.our("agreed"), (self.table("agreed_table", header, rows),))

    def actions(self) -> Part | None:
        rows = [(one.text, one.owner, self.until(one.due)) for one in self.result.workshop.actions]
        if not rows:
            return None
        header = [self.our(key) for key in ("action", "owner", "due")]
        return Part("actions", self.our("actions"), (self.table("actions_table", header, rows),))

    def method(self) -> Part:
        told = [self.our("rule", least=self.result.workshop.least), self.our("disagreement_told")]
        told += lines(said(self.minutes.dialogue.method, self.lang))
        title = self.words.text("run_report.method")
        return Part("method", title, tuple(Paragraph(self.text(line)) for line in told))

    # one table for programs

    def columns(self) -> list[str]:
        levels = [self.our("level_column", level=level) for level in range(1, self.broadest() + 1)]
        first = [self.our(f"csv.{key}") for key in ("kind", "section")]
        then = [self.our(key) for key in ("statement_column", "replies")]
        last = [self.our(key) for key in ("absent", "middle", "disagreement", "agreed_column", "note", "owner", "due")]
        return [*first, *then, *levels, *last]

    def rows(self) -> Iterator[Sequence[object]]:
        texts, found = self.texts(), {one.step: one for one in self.result.statements}
        sections = {one.id: said(one.title, self.lang) for one in self.minutes.dialogue.sections}
        for step in self.steps():
            one, outcome = found[step.id], self.result.workshop.outcome(step.id)
            agreed = (outcome.level, outcome.note) if outcome else (None, "")
            head = (self.our("csv.statement"), sections[step.section], texts[step.id])
            yield (*head, *self._counts(one), *agreed, "", "")
        for action in self.result.workshop.actions:
            nothing: list[object] = [None] * (self.broadest() + 6)
            yield (self.our("csv.action"), "", action.text, *nothing, action.owner, action.due)

    def _counts(self, one: Statement) -> list[object]:
        if not one.levels:
            return [one.replied, *[None] * (self.broadest() + 3)]
        filled = [*one.levels, *[None] * (self.broadest() - len(one.levels))]
        return [one.counted, *filled, one.absent, one.middle, round(one.disagreement, 3)]

    def broadest(self) -> int:
        return max((step.levels for step in self.steps()), default=0)

    # words

    def our(self, key: str, **details: object) -> str:
        return self.words.text(f"minutes.{key}", **details)

    def text(self, words: str) -> Text:
        return Text("\n".join(lines(words)), self.lang)

    def table(
        self, caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], numbers: tuple[int, ...] = ()
    ) -> Table:
        cells = tuple(tuple(map(self.text, row)) for row in rows)
        return Table(tuple(map(self.text, header)), cells, caption=self.our(caption), named=True, numbers=numbers)

    def steps(self) -> list[Step]:
        return [self.minutes.dialogue.step(one.step) for one in self.result.statements]

    def texts(self) -> dict[str, str]:
        made, mode = self.result.workshop, self.minutes.dialogue
        return {step.id: workshops.statement(step, made, mode, self.words) for step in self.steps()}

    def level(self, step: Step, level: int | None) -> str:
        if level is None:
            return self.our("no_level")
        told = self.words.text("dialogues.level", value=level, levels=step.levels)
        anchors = [said(one.text, self.lang) for one in step.anchors if one.level == level]
        return ": ".join([told, *anchors])

    def until(self, due: str) -> str:
        if not due:
            return ""
        at = date.fromisoformat(due)
        return self.words.text("export.date", day=at.day, month=at.month, year=at.year)

    def percent(self, score: float | None) -> str:
        if score is None:
            return self.words.text("run_report.no_score")
        return self.words.text("run_report.percent", value=f"{score * 100:.0f}")

    def number(self, value: float | None) -> str:
        mode = self.minutes.dialogue
        nobody = Session("", mode.id, mode.version, mode.digest, self.lang)
        return "" if value is None else Wording(mode, nobody, self.words).number(Decimal(str(value)), 1)
