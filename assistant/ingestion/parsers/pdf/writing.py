"""Blocks to the text a person reads, with the places of pages and pieces in it.

Separate because positions are a promise: every part's span is exactly its words, and the text is
exactly the concatenation of the pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ....domain.documents import BlockKind, Page
from ...layout import Part, PartKind, Piece
from ..drafts import header_rows
from .blocks import Block, Item
from .geometry import Line
from .hyphens import Vocabulary, across

BETWEEN_BLOCKS = "\n\n"
BETWEEN_ROWS = "\n"
BETWEEN_CELLS = " | "


def in_reading_order(blocks: Sequence[Block], notes: Mapping[int, Sequence[Block]]) -> Iterator[Block]:
    """Blocks with each page's footnotes after them, but before a last one that runs on to the next page."""
    waiting = dict(notes)
    for n, block in enumerate(blocks):
        after = blocks[n + 1].page if n + 1 < len(blocks) else None
        due = sorted(page for page in waiting if page < block.page)
        for page in due:
            yield from waiting.pop(page)
        if after != block.page and block.last_page != block.page and block.page in waiting:
            yield from waiting.pop(block.page)
        yield block
    for page in sorted(waiting):
        yield from waiting[page]


class Writer:
    """Writes blocks one after the other and remembers where pages and pieces begin."""

    def __init__(self, known: Vocabulary) -> None:
        self._known = known
        self._chunks: list[str] = []
        self._length = 0
        self._page_starts: dict[int, int] = {}
        self.pieces: list[Piece] = []

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._chunks)

    def pages(self, count: int, labels: Sequence[str] | None) -> tuple[Page, ...]:
        """Pages 1..count that divide the text without gaps; one without text is empty."""
        starts = [0] * (count + 2)
        starts[count + 1] = self._length
        for number in range(count, 0, -1):
            starts[number] = min(self._page_starts.get(number, starts[number + 1]), starts[number + 1])
        starts[1] = 0
        return tuple(
            Page(number, starts[number], starts[number + 1], labels[number - 1] if labels else None)
            for number in range(1, count + 1)
        )

    def write(self, block: Block) -> None:
        """One block and, unless it is only for the reader, its piece."""
        if self._length:
            self._put(BETWEEN_BLOCKS)
        if block.kind is None:
            for n, line in enumerate(block.lines):
                self._put(BETWEEN_ROWS if n else "")
                self._lines([line])
        elif block.kind is BlockKind.LIST:
            self._list(block)
        elif block.kind is BlockKind.TABLE:
            self._table(block)
        else:
            start, end = self._lines(block.lines)
            self._piece(block.kind, [Part(PartKind.TEXT, start, end)], block.level)

    def _list(self, block: Block) -> None:
        parts: list[Part] = []
        if block.lines:
            parts.append(Part(PartKind.TEXT, *self._lines(block.lines)))
            self._put(BETWEEN_ROWS)
        for n, item in enumerate(block.items):
            self._put(BETWEEN_ROWS if n else "")
            parts.append(self._item(item))
        self._piece(BlockKind.LIST, parts)

    def _item(self, item: Item) -> Part:
        start, end = self._lines(item.lines)
        return Part(PartKind.ITEM, min(start + item.skip, end), end, item.level)

    def _table(self, block: Block) -> None:
        parts: list[Part] = []
        words = [[" ".join(line.text for line in cell) for cell in row] for row in block.rows]
        headers = header_rows(words, all(line.bold for cell in block.rows[0] for line in cell))
        for n, row in enumerate(block.rows):
            self._put(BETWEEN_ROWS if n else "")
            kind = PartKind.HEADER if n < headers else PartKind.ROW
            cells = self._cells(row)
            parts.append(Part(kind, cells[0][0], cells[-1][1], cells=cells))
        self._piece(BlockKind.TABLE, parts)

    def _cells(self, row: Sequence[Sequence[Line]]) -> tuple[tuple[int, int], ...]:
        """Write a row; the span of each cell, of no length where it is empty."""
        cells: list[tuple[int, int]] = []
        begun = False
        for cell in row:
            self._put(BETWEEN_CELLS if begun and cell else "")
            cells.append(self._lines(cell))
            begun = begun or bool(cell)
        return tuple(cells)

    def _piece(self, kind: BlockKind, parts: list[Part], level: int = 0) -> None:
        parts = [part for part in parts if part.end > part.start]
        if parts:
            self.pieces.append(Piece(kind, tuple(parts), level))

    def _lines(self, lines: Sequence[Line]) -> tuple[int, int]:
        """Write lines as running text; the span they take."""
        start = self._length
        for n, line in enumerate(lines):
            self._page_starts.setdefault(line.page, self._length)
            if n + 1 == len(lines):
                self._put(line.text.rstrip("\u00ad"))
                continue
            text, space = across(line.text, lines[n + 1].text, self._known)
            self._put(text)
            self._put(space)
        return start, self._length

    def _put(self, text: str) -> None:
        self._chunks.append(text)
        self._length += len(text)
