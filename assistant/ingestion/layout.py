"""What a parser hands over: text, pages and pieces by position. `structure` makes Blocks of it.

A parser knows its format and nothing of sentences, cleaning or chunks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ..domain.documents import BlockKind, Page, Warning_


class PartKind(StrEnum):
    """What a piece is made of."""

    TEXT = "text"  # running text: a heading's words, a paragraph, a list's lead-in
    ITEM = "item"
    HEADER = "header"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Part:
    """Characters [start, end) of the parsed text. `level` is an item's nesting, 0 = outermost.

    `cells` are the spans of a row's cells, in order; empty for other parts.
    """

    kind: PartKind
    start: int
    end: int
    level: int = 0
    cells: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """One heading (with `level` 1-6), paragraph, list or table, in reading order."""

    kind: BlockKind
    parts: tuple[Part, ...]
    level: int = 0

    @property
    def start(self) -> int:
        """First character."""
        return self.parts[0].start

    @property
    def end(self) -> int:
        """Past the last character."""
        return self.parts[-1].end


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as its parser sees it.

    `text` is the concatenation of the pages. What is not part of any piece (page furniture, front
    matter, code fences' marks) is in `text` but never searched or quoted. `properties` holds what the
    file says of itself under the names of domain Metadata (title, language, edition, state_of_law,
    publisher, licence). `markup` is True when the text still holds Markdown marks to be cleaned.
    """

    text: str
    pages: tuple[Page, ...]
    pieces: tuple[Piece, ...]
    properties: dict[str, str] = field(default_factory=dict)
    warnings: tuple[Warning_, ...] = ()
    markup: bool = False
