"""Guided modes: what a mode consists of, what a person has replied, what came of it.

A definition is data (`prompts/dialogues/*.toml`, docs/dialogues.md); a session is its replies and nothing else.
A `Text` holds the words of each language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from .answers import Citation

Text = Mapping[str, str]
Cell = str | int | Decimal | None  # of a row: an option's id, words, a date as YYYY-MM-DD, a number
Row = Mapping[str, Cell]
Value = str | int | Decimal | tuple[str, ...] | tuple[Row, ...] | bool


class StepKind(StrEnum):
    """How a step is replied to, and the type of its value."""

    INFO = "info"  # read; True
    CHOICE = "choice"  # the id of one option
    MULTI = "multi"  # ids of options, in the order of the definition
    SCALE = "scale"  # a level from 1 to `levels`
    NUMBER = "number"  # Decimal
    MONEY = "money"  # Decimal, złoty with two places
    DATE = "date"  # YYYY-MM-DD
    TEXT = "text"  # words, lines apart
    TABLE = "table"  # a row for each of the step's fixed rows
    GROUP = "group"  # as many records as the person likes


class Absent(StrEnum):
    """Why a step has no value. None of these counts in an average."""

    NOT_APPLICABLE = "not_applicable"  # „nie dotyczy”
    UNKNOWN = "unknown"  # „nie wiem”
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Condition:
    """True or false of a set of replies; of what is not answered (or absent) only `answered` and `not` hold.

    `of` names a step, a computed value or "group.field". `in` and `equals` hold of a multi when any, or exactly
    these, are chosen; of a group's field when any row has it. `answered` is the wanted state.
    """

    op: Literal["equals", "in", "below", "above", "answered", "all", "any", "not"]
    of: str = ""
    value: bool | Decimal | str | tuple[str | Decimal, ...] | None = None
    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Expression:
    """A number from the replies; missing operands are left out, None when none is left.

    sum, mean, min, max over all numbers of the operands; count of rows, chosen options or answered steps;
    days from the first date to the second; minus, times and ratio of two, None when either is missing.
    An option counts by its `value`, a group's field ("group.field") once a row.
    """

    op: Literal["number", "name", "sum", "mean", "min", "max", "count", "days", "minus", "times", "ratio"]
    name: str = ""
    number: Decimal | None = None
    parts: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things to choose. `score` 0–1 feeds a dimension, `value` an expression."""

    id: str
    text: Text
    help: Text | None = None
    score: float | None = None
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a level of a scale looks like in practice."""

    level: int
    text: Text


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table or group."""

    id: str
    kind: Literal["choice", "scale", "number", "money", "date", "text"]
    text: Text
    options: tuple[Option, ...] = ()
    options_from: str = ""  # "group.field": the rows of an earlier group are the options
    min: Decimal | None = None
    max: Decimal | None = None
    levels: int = 5
    integer: bool = False
    unit: Text | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `source` is "path of a document#heading" by language."""

    id: str
    section: str
    kind: StepKind
    text: Text
    why: Text | None = None
    source: Text | None = None
    help: Text | None = None
    example: Text | None = None
    options: tuple[Option, ...] = ()
    options_from: str = ""
    anchors: tuple[Anchor, ...] = ()
    levels: int = 5
    min: Decimal | None = None
    max: Decimal | None = None
    integer: bool = False
    unit: Text | None = None
    max_chars: int = 2000
    fields: tuple[Field, ...] = ()
    rows: tuple[Option, ...] = ()
    min_rows: int = 0
    max_rows: int = 30
    when: Condition | None = None
    feeds: str = ""
    weight: float = 1.0
    required: bool = False
    depends: tuple[str, ...] = ()  # steps after whose change this reply no longer holds


@dataclass(frozen=True, slots=True)
class Section:
    """Steps that belong together; sections may be taken in any order."""

    id: str
    title: Text
    intro: Text | None = None
    source: Text | None = None  # of its steps that name none
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Dimension:
    """What is assessed."""

    id: str
    title: Text
    weight: float = 1.0  # in the overall score


@dataclass(frozen=True, slots=True)
class Band:
    """Scores from `low` (included) to `high` (excluded; included when it is 1)."""

    id: str
    title: Text
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Computed:
    """A number that follows from the replies."""

    id: str
    text: Text
    value: Expression
    unit: Text | None = None
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Points:
    """Adds to a rank when its condition holds."""

    when: Condition
    add: float


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to do. Shown when its condition, its dimension's band and its points (> 0, if any) allow.

    `query` is asked of the documents for the footnote, of the document `document` (a path) when it is named.
    """

    id: str
    group: str
    title: Text
    text: Text
    query: Text
    document: Text | None = None
    when: Condition | None = None
    dimension: str = ""
    bands: tuple[str, ...] = ()
    points: tuple[Points, ...] = ()
    days: int | None = None  # until when of a 90-day plan: 30, 60 or 90
    caution: Text | None = None  # e.g. check with a lawyer


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words of a chapter, with {names} of replies in them. `draft`: a wording to be used elsewhere."""

    text: Text
    when: Condition | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A row of an agenda: how long in minutes, what, and with which things."""

    title: Text
    minutes: Expression
    how: Text | None = None
    materials: Text | None = None
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a diagram, from left to right: boxes for the lines of texts or for the rows of "group.field"."""

    title: Text
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the report.

    paragraphs  words
    replies     questions and answers of `steps` (none named: those of `sections`)
    table       the records of one table or group, `steps[0]`
    computed    the computed values named in `steps`
    advice      the advice of `groups`, best first, at most `most`
    agenda      `items` with clock times from the step `start` (a number, hours; else 9)
    diagram     `columns` of boxes with arrows between
    plan        the 90-day plan: advice with `days`, and the records of `steps[0]` if named
    scores      radar and table of the dimensions
    """

    id: str
    title: Text
    kind: Literal["paragraphs", "replies", "table", "computed", "advice", "agenda", "diagram", "plan", "scores"]
    when: Condition | None = None
    intro: Text | None = None
    paragraphs: tuple[Paragraph, ...] = ()
    steps: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    most: int = 20
    items: tuple[Item, ...] = ()
    start: str = ""
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A guided mode, checked: every name resolves, every text is there in each language."""

    id: str
    version: int
    title: Text
    summary: Text
    result: Text  # what a person has in hand at the end
    minutes: int
    documents: tuple[str, ...]  # paths of the handbooks it rests on
    edition: str  # YYYY-MM-DD of the definition
    proposed_for: Mapping[str, tuple[str, ...]]  # questions after which a chat proposes it, by language
    sections: tuple[Section, ...]
    steps: tuple[Step, ...]
    chapters: tuple[Chapter, ...]
    method: Text  # how results come about, and their limits
    state_of_law: Text | None = None
    workshop: bool = False
    dimensions: tuple[Dimension, ...] = ()
    bands: tuple[Band, ...] = ()
    computed: tuple[Computed, ...] = ()
    advice: tuple[Advice, ...] = ()
    organisation: str = "organisation"  # the text step for the report's cover
    digest: str = ""  # of the definition's file

    def step(self, id: str) -> Step:
        """By its id. KeyError."""
        return next((step for step in self.steps if step.id == id), None) or _missing(id)


def _missing(id: str) -> Step:
    raise KeyError(id)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person said to a step: a value, or why there is none; with a note of their own."""

    step: str
    value: Value | None = None
    absent: Absent | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a mode. Replies are in the order of the definition, one a step; `digest` is the definition's."""

    id: str
    dialogue: str
    version: int
    digest: str
    lang: str
    replies: tuple[Reply, ...] = ()

    def reply(self, step: str) -> Reply | None:
        """To a step."""
        return next((reply for reply in self.replies if reply.step == step), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: of the steps that are asked of this person as the replies stand now."""

    answered: int
    asked: int
    sections: tuple[tuple[str, int, int], ...]  # (id, answered, asked) of the sections that are asked


@dataclass(frozen=True, slots=True)
class Score:
    """Of one dimension, 0–1; None when nothing was answered. `band` is the id of its band."""

    dimension: str
    score: float | None
    answered: int
    asked: int
    band: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Of all dimensions; `overall` is the weighted mean of those that have a score."""

    scores: tuple[Score, ...]
    overall: float | None
    band: str = ""
    strengths: tuple[str, ...] = ()  # dimensions of the highest band, best first
    gaps: tuple[str, ...] = ()  # dimensions of the lower bands, worst first


@dataclass(frozen=True, slots=True)
class Change:
    """One dimension in two runs of one mode."""

    dimension: str
    before: float | None
    now: float | None


@dataclass(frozen=True, slots=True)
class GivenAdvice:
    """A piece of advice with its place in a handbook; without a citation it is the tool's own."""

    advice: Advice
    citation: Citation | None
    points: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """Why a thing is asked: a document and one of its headings."""

    path: str
    heading: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report is made of; presentation lays it out."""

    dialogue: Dialogue
    session: Session
    assessment: Assessment | None
    advice: tuple[GivenAdvice, ...]
    created_at: datetime
    generation: str
    software: str
    before: Assessment | None = None  # of an earlier run to compare with
    before_at: datetime | None = None
    skipped: tuple[tuple[str, Absent], ...] = ()
    numbers: Mapping[str, Decimal | None] = field(default_factory=dict)  # computed values by id


@dataclass(frozen=True, slots=True)
class Run:
    """A session that is kept. `revision` grows with each change; `workshop` is the workshop it belongs to, or ""."""

    id: str
    session: Session
    revision: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    workshop: str = ""


# ---- workshops ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """What is shown of the replies to one statement: how many of each level from 1, and how many without a level."""

    step: str
    levels: tuple[int, ...]
    absent: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a group agreed on about one statement; `level` None: nothing but the note."""

    step: str
    level: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Something the group will do; `due` is YYYY-MM-DD or ""."""

    id: str
    text: str
    owner: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Workshop:
    """One guided mode replied to by many. `least`: respondents without whom nothing is shown.

    While it is open people may join, and their replies enter what is shown by rounds (dialogues.workshops).
    """

    id: str
    dialogue: str
    digest: str
    lang: str
    title: str
    open: bool
    least: int
    revision: int  # grows with each round, closing and reopening
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    shown: tuple[Tally, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    actions: tuple[Action, ...] = ()

    def tally(self, step: str) -> Tally | None:
        """What is shown of a statement; None: nothing yet."""
        return next((one for one in self.shown if one.step == step), None)

    def outcome(self, step: str) -> Outcome | None:
        """What was agreed on a statement."""
        return next((one for one in self.outcomes if one.step == step), None)


@dataclass(frozen=True, slots=True)
class Respondent:
    """What counts of one respondent's run: levels (None: no level, for whatever reason) and where they are counted.

    Never their words.
    """

    run: str
    levels: Mapping[str, int | None]
    counted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the facilitator sees it: how many replied, of how many a round was taken, what it shows.

    `levels` is () until enough of those gave a level; then how many chose each from 1.
    """

    step: str
    replied: int
    waiting: int  # replies that no round has taken in
    counted: int = 0  # replies that rounds have taken in, also of people who left since
    levels: tuple[int, ...] = ()
    absent: int = 0
    middle: float | None = None
    apart: int = 0
    disagreement: float = 0.0
    discuss: bool = False


@dataclass(frozen=True, slots=True)
class WorkshopResult:
    """All a facilitator sees: how many joined and replied to every statement, spreads, what was agreed."""

    workshop: Workshop
    joined: int
    finished: int
    statements: tuple[Statement, ...]
    discuss: tuple[str, ...]  # statements to discuss first, most disagreement first
    agreed: Assessment | None  # scores of the agreed levels
