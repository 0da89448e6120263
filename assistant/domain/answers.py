"""Questions, passages, citations, answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .documents import Chunk, Metadata


class Status(StrEnum):
    """One vocabulary for screens, API, metrics and tests. A failure to look is an error, never a status."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"
    CLARIFY = "clarify"
    REFER = "refer"
    OUT_OF_SCOPE = "out_of_scope"
    BLOCKED = "blocked"


class FoundBy(StrEnum):
    """Which leg brought a passage in."""

    LEXICAL = "lexical"
    DENSE = "dense"
    BOTH = "both"


class SentenceKind(StrEnum):
    """Where a sentence's words come from."""

    QUOTED = "quoted"
    GENERATED = "generated"


class Support(StrEnum):
    """Computed from the cited words, never asserted by a model."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk, in rank order from 1.

    `score` is the ranker's (higher is better, comparable inside one question); `signals` are the
    ranker's inputs by name; `unit_signals` has for each unit of the chunk, same order: "cosine" to the
    question, "coverage" of the question's words by unit, headings and title, "own" coverage by the unit
    alone, and "heading", how much its nearest heading says the same as the question.
    """

    chunk: Chunk
    row: int
    metadata: Metadata
    path: str
    score: float
    rank: int
    found_by: FoundBy
    signals: dict[str, float] = field(default_factory=dict)
    unit_signals: tuple[dict[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a search brought. `searched_as` is the repaired question; `repairs` are (typed, used) word pairs.

    `signals` tell, by name, how likely the passages are to hold the answer.
    """

    question: str
    searched_as: str
    repairs: tuple[tuple[str, str], ...]
    passages: tuple[Passage, ...]
    generation: str
    words: tuple[str, ...] = ()  # distinct lemmas searched for, in Polish where the glossary knows the term
    notice: str = ""  # code of [notices] in prompts/ui: e.g. the dense leg is out of use
    signals: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Citation:
    """Words anyone can find again: `quote` stands in the document at `span`, verbatim."""

    n: int
    document_id: str
    title: str
    path: str
    edition: str
    pages: tuple[int, int]
    headings: tuple[str, ...]
    quote: str
    span: tuple[int, int]
    language: str = ""
    state_of_law: str = ""


class Found(StrEnum):
    """What became of a citation's words since they were quoted."""

    EXACT = "exact"  # the same document says them
    MOVED = "moved"  # another edition of it says them
    CHANGED = "changed"  # the document is there, the words are not
    GONE = "gone"  # neither


class SegmentKind(StrEnum):
    """How a piece of a source is laid out."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence, item or row of a source; those of one block share its number. `mark`: it was quoted."""

    block: int
    kind: SegmentKind
    text: str
    mark: bool


@dataclass(frozen=True, slots=True)
class SourceView:
    """A citation opened: the section it stands in. No document when it is GONE, no segments when CHANGED."""

    found: Found
    document_id: str = ""
    pages: tuple[int, int] | None = None
    headings: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence (or list item, or table row) of an answer with the numbers of its citations."""

    text: str
    kind: SentenceKind
    citations: tuple[int, ...]
    support: Support
    form: str = "sentence"  # a UnitKind's value: tells a renderer what is a list item or a row


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A section worth opening, or a reading of an unclear question."""

    text: str
    document_id: str = ""
    title: str = ""
    path: str = ""
    pages: tuple[int, int] | None = None
    headings: tuple[str, ...] = ()
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person reads. `text` is the fixed wording (refusals, leads) followed by the sentences."""

    question: str
    lang: str
    status: Status
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    suggestions: tuple[Suggestion, ...]
    engine: str
    generation: str
    seconds: float
    notices: tuple[str, ...] = ()

    @property
    def opening(self) -> str:
        """The fixed wording before the sentences, a line each of which `text` has; all of it when there are none."""
        lines = self.text.split("\n")
        return "\n".join(lines[: len(lines) - len(self.sentences)])
