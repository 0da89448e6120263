"""What is in the corpus: documents, their blocks, the chunks that are searched and their units.

Positions are always characters of `Document.text`, half open: [start, end).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


class BlockKind(StrEnum):
    """How a block of a document is laid out."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"


class UnitKind(StrEnum):
    """The smallest piece that can be quoted alone."""

    SENTENCE = "sentence"
    LEAD = "lead"  # the sentence that introduces a list or table and ends with a colon
    ITEM = "item"  # one list item
    HEADER = "header"  # a table's header row
    ROW = "row"  # one table row


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """One physical page (PDF), slide (PPTX) or the whole of a document without pages.

    `number` counts from 1; `label` is what is printed on it, when the file says.
    """

    number: int
    start: int
    end: int
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, list item or table row: what an answer quotes.

    `text` is the readable form of `document.text[start:end]`: markup, soft hyphens and line breaks
    gone, odd spaces plain, letters composed, table cells joined by " | ". `block` is the ordinal of
    its block in the document, so that a list can be given whole; `level` is an item's nesting (0 = outermost)
    or, for a SENTENCE that is a heading line, its depth (1 = outermost).
    """

    kind: UnitKind
    start: int
    end: int
    text: str
    block: int
    page: int = 1
    level: int = 0

    @property
    def is_heading(self) -> bool:
        """Whether this is a heading line inside a chunk of several small sections."""
        return self.kind is UnitKind.SENTENCE and self.level > 0


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list or table with its place and its units in reading order.

    `headings` is the path above it, outermost first (for a heading: without itself). A list's first
    unit may be its LEAD, a table's its HEADER: they stay with the block.
    `level` is a heading's depth (1 = outermost), else 0. A heading has one SENTENCE unit: its words.
    """

    kind: BlockKind
    start: int
    end: int
    page: int
    headings: tuple[str, ...]
    units: tuple[Unit, ...]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says of itself; "" where it says nothing."""

    title: str
    language: str  # "pl", "en", ...: detected when absent
    edition: str = ""
    state_of_law: str = ""
    publisher: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read. `text` is exactly the concatenation of its pages.

    `id` is the sha256 of the file's bytes (hex); `path` is relative to the corpus, with "/".
    `warnings` are sentences for the person who added the file (codes of prompts/ui, see Verdict).
    """

    id: str
    path: str
    text: str
    pages: tuple[Page, ...]
    blocks: tuple[Block, ...]
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Chunk:
    """A searchable piece: `document.text[start:end] == text`.

    `pages` is (first, last). `tokens` counts `text` by tiktoken. `units` lie inside the span, in
    order. `lead` holds units before the span that its first unit needs to make sense: the lead-in
    of a list or the header row of a table that an earlier chunk began.
    """

    id: str
    document_id: str
    start: int
    end: int
    text: str
    pages: tuple[int, int]
    headings: tuple[str, ...]
    tokens: int
    units: tuple[Unit, ...]
    lead: tuple[Unit, ...] = ()

    def quote(self, unit: Unit) -> str:
        """The verbatim words of one of the chunk's own units."""
        return self.text[unit.start - self.start : unit.end - self.start]


def chunk_id(document_id: str, start: int, end: int, text: str) -> str:
    """Identity by content only: 32 hex digits of sha256 over document, span and text."""
    return hashlib.sha256(f"{document_id}\0{start}\0{end}\0{text}".encode()).hexdigest()[:32]


class Outcome(StrEnum):
    """How a file's reading ended."""

    INDEXED = "indexed"
    WARNED = "indexed_with_warnings"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Warning_:
    """Something the person who added the file should know: a code of `[warnings]` in prompts/ui and its details."""

    code: str
    details: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of every file: `error` (a code of the error tree) and `details` when refused."""

    path: str
    outcome: Outcome
    document_id: str = ""
    warnings: tuple[Warning_, ...] = ()
    error: str = ""
    details: dict[str, str | int] = field(default_factory=dict)
