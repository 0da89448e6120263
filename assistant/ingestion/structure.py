"""Pieces by position become Blocks of quotable Units.

Parsers know their formats, chunking knows sizes; this module alone knows what a unit is: a
sentence, a list item, a table row, and which sentence leads in which list.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from ..domain.documents import Block, BlockKind, Page, Unit, UnitKind
from ..domain.text import Cleaned, Known, clean, sentences
from .layout import Parsed, Part, PartKind, Piece

_Words = tuple[int, int, str]  # a span of the document and its readable text


def blocks(parsed: Parsed, known: Known | None = None) -> tuple[Block, ...]:
    """Blocks in reading order; pieces without readable text make none.

    A heading's unit is a SENTENCE whose `level` is the heading's depth, 1 or more; all other
    sentences have level 0. A paragraph that ends with a colon right before a list or table gives
    its last sentence to it as LEAD. A paragraph of several parts (a page's furniture lies between
    them) is read through: a sentence's span may then run over what is left out of its text.
    `known` is passed to `clean`.
    """
    reader = _Reader(parsed, known)
    for piece in parsed.pieces:
        if piece.kind is BlockKind.PARAGRAPH:
            reader.paragraph(piece.parts)
        elif piece.kind is BlockKind.HEADING:
            reader.heading(piece)
        else:
            reader.rows(piece)
    reader.settle()
    return tuple(reader.found)


def page_at(pages: Sequence[Page], place: int) -> int:
    """Number of the page that holds a character; 1 when there are no pages."""
    at = bisect_right(pages, place, key=lambda page: page.start) - 1
    return pages[max(at, 0)].number if pages else 1


class _Reader:
    """The blocks so far, the headings above, and the paragraph that waits to see what follows it."""

    def __init__(self, parsed: Parsed, known: Known | None) -> None:
        self.parsed, self.known = parsed, known
        self.found: list[Block] = []
        self._path: list[tuple[int, str]] = []
        self._waiting: list[_Words] = []

    def paragraph(self, parts: Sequence[Part]) -> None:
        """Read a paragraph; it is closed by what comes next."""
        self.settle()
        self._waiting = _sentences(self.parsed, parts, self.known)

    def heading(self, piece: Piece) -> None:
        """Read a heading and move the path."""
        self.settle()
        words = _whole(self.parsed, piece.parts, self.known)
        if words is None:
            return
        level = max(1, piece.level)
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._add(BlockKind.HEADING, self._units(UnitKind.SENTENCE, [words], level), level)
        self._path.append((level, words[2]))

    def rows(self, piece: Piece) -> None:
        """Read a list or table with its lead-in."""
        leading, body = _lead_in(piece)
        if leading:
            self.paragraph(leading)
        rows = [(part, words) for part in body if (words := _part(self.parsed, part, self.known)) is not None]
        if not rows:
            return
        lead = self._waiting.pop() if self._waiting and (leading or self._waiting[-1][2].endswith(":")) else None
        self.settle()
        units = self._units(UnitKind.LEAD, [lead] if lead else [])
        for part, words in rows:
            units += self._units(_kind(piece, part), [words], part.level)
        self._add(piece.kind, units)

    def settle(self) -> None:
        """Close the waiting paragraph."""
        if self._waiting:
            self._add(BlockKind.PARAGRAPH, self._units(UnitKind.SENTENCE, self._waiting))
            self._waiting = []

    def _units(self, kind: UnitKind, spans: Sequence[_Words], level: int = 0) -> list[Unit]:
        pages, block = self.parsed.pages, len(self.found)
        return [Unit(kind, start, end, text, block, page_at(pages, start), level) for start, end, text in spans]

    def _add(self, kind: BlockKind, units: Sequence[Unit], level: int = 0) -> None:
        headings = tuple(words for _, words in self._path)
        first, last = units[0], units[-1]
        self.found.append(Block(kind, first.start, last.end, first.page, headings, tuple(units), level))


def _lead_in(piece: Piece) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """A list's or table's opening TEXT parts, and the rest."""
    count = 0
    while count < len(piece.parts) and piece.parts[count].kind is PartKind.TEXT:
        count += 1
    return piece.parts[:count], piece.parts[count:]


def _kind(piece: Piece, part: Part) -> UnitKind:
    if piece.kind is BlockKind.LIST:
        return UnitKind.ITEM
    return UnitKind.HEADER if part.kind is PartKind.HEADER else UnitKind.ROW


def _part(parsed: Parsed, part: Part, known: Known | None) -> _Words | None:
    """An item's or row's span and words; None when nothing of it can be read."""
    if not part.cells:
        return _whole(parsed, (part,), known)
    cells = [clean(parsed.text[start:end], parsed.markup, known).text for start, end in part.cells]
    text = " | ".join(cell for cell in cells if cell)
    return (*_trimmed(parsed.text, part.start, part.end), text) if text else None


def _whole(parsed: Parsed, parts: Sequence[Part], known: Known | None) -> _Words | None:
    text = _read(parsed, parts, known)[0].text
    return (*_trimmed(parsed.text, parts[0].start, parts[-1].end), text) if text else None


def _sentences(parsed: Parsed, parts: Sequence[Part], known: Known | None) -> list[_Words]:
    """Each sentence with the marks that belong to it: from after the space before it to the space after it."""
    cleaned, raw, starts = _read(parsed, parts, known)
    found = []
    for start, end in sentences(cleaned.text):
        begin = cleaned.ends[start - 1] if start else 0
        finish = cleaned.offsets[end] if end < len(cleaned.text) else len(raw)
        begin, finish = _trimmed(raw, begin, finish)
        span = _place(parts, starts, begin), _place(parts, starts, finish - 1) + 1
        found.append((*span, cleaned.text[start:end]))
    return found


def _read(parsed: Parsed, parts: Sequence[Part], known: Known | None) -> tuple[Cleaned, str, list[int]]:
    """The parts as one run of raw text, cleaned, with the place in it where each part begins."""
    raws = [parsed.text[part.start : part.end] for part in parts]
    starts = [0]
    for raw in raws[:-1]:
        starts.append(starts[-1] + len(raw) + 1)
    joined = "\n".join(raws)
    return clean(joined, parsed.markup, known), joined, starts


def _place(parts: Sequence[Part], starts: Sequence[int], place: int) -> int:
    """A place in the run of raw text as a place in the document."""
    at = bisect_right(starts, place) - 1
    return parts[at].start + min(place - starts[at], parts[at].end - parts[at].start)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
