"""Lines and tables to headings, paragraphs, lists and tables, over page and column breaks.

Separate from `writing`: here is decided what belongs together, there how it reads as text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ....domain.documents import BlockKind
from .breaks import Mark, as_roman, carries_on, ended, mark_of, starts_block
from .geometry import Element, Line, Table
from .headings import LONGEST, Style, levels
from .tables import same_columns

_LEADERS = re.compile(r"(?:\.\s?){4,}\s*\d{1,4}$|…{2,}\s*\d{1,4}$|_{4,}\s*\d{1,4}$")
_NOTE = re.compile(r"(\d{1,3}|\*{1,3})\)?(?=\s|[^\W\d_])")
_LONE_HEADING = 90  # characters


@dataclass(slots=True)
class Item:
    """One list item. `skip` characters of its first line are a bullet, which is no part of its words."""

    lines: list[Line]
    mark: Mark
    skip: int
    level: int


@dataclass(slots=True)
class Block:
    """What will be one piece; `kind` None is text kept for the reader but not searched (a table of contents)."""

    kind: BlockKind | None
    lines: list[Line] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    rows: list[list[list[Line]]] = field(default_factory=list)
    edges: list[float] = field(default_factory=list)
    page: int = 0
    level: int = 0
    style: Style | None = None
    depth: int = 0

    @property
    def last_page(self) -> int:
        """The page its last line stands on."""
        if self.kind is BlockKind.TABLE:
            return max(line.page for row in self.rows for cell in row for line in cell)
        return self.items[-1].lines[-1].page if self.items else self.lines[-1].page

    @property
    def text(self) -> str:
        """A rough reading, for decisions only."""
        return " ".join(line.text for line in self.lines)


def build(flow: Sequence[Element], headings: Mapping[int, tuple[Style, int]]) -> list[Block]:
    """Blocks in reading order."""
    builder = _Builder(flow, headings)
    for at in range(len(flow)):
        builder.take(at)
    blocks = _with_lone_numbers_settled(builder.blocks)
    _set_levels(blocks)
    return blocks


def split_notes(lines: list[Line], body: float, height: float) -> tuple[list[Line], list[Line]]:
    """(lines without footnotes, footnotes): small type at the foot of the page, from a number or star on."""
    first = len(lines)
    for at in range(len(lines) - 1, -1, -1):
        if lines[at].size > 0.92 * body or lines[at].base < 0.4 * height:
            break
        if _NOTE.match(lines[at].text):
            first = at
    if first == 0 or first == len(lines):
        return lines, []
    return lines[:first], lines[first:]


def notes(lines: Sequence[Line]) -> list[Block]:
    """Footnotes, each a paragraph."""
    blocks: list[Block] = []
    for line in lines:
        match = _NOTE.match(line.text)
        before = blocks[-1].lines[-1] if blocks else None
        if before is None or (match and (starts_block(before, line) or _next_note(blocks, match[1]))):
            blocks.append(Block(BlockKind.PARAGRAPH, [line], page=line.page))
        else:
            blocks[-1].lines.append(line)
    return blocks


def _next_note(blocks: Sequence[Block], number: str) -> bool:
    last = _NOTE.match(blocks[-1].text)
    return bool(last and last[1].isdigit() and number.isdigit() and int(number) == int(last[1]) + 1)


class _Builder:
    """Takes elements in order; the last block of `blocks` is the open one."""

    def __init__(self, flow: Sequence[Element], headings: Mapping[int, tuple[Style, int]]) -> None:
        self.flow = flow
        self.headings = headings
        self.contents = _contents(flow)
        self.blocks: list[Block] = []
        self.before: Line | None = None

    def take(self, at: int) -> None:
        element = self.flow[at]
        if isinstance(element, Table):
            self._take_table(element)
            self.before = None
            return
        if id(element) in self.contents:
            self._take_contents(element)
        elif id(element) in self.headings:
            self._take_heading(element)
        elif not (self._take_item(element) or self._take_more_of_item(element)):
            self._take_text(element)
        self.before = element

    def _open(self, kind: BlockKind | None) -> Block | None:
        return self.blocks[-1] if self.blocks and self.blocks[-1].kind is kind else None

    def _take_table(self, table: Table) -> None:
        last = self._open(BlockKind.TABLE)
        if last and last.last_page == table.page - 1 and same_columns(Table(0, last.rows, last.edges), table):
            rows = table.rows
            if _row_text(rows[0]) == _row_text(last.rows[0]):
                rows = rows[1:]  # the header repeated on the next page
            elif _broken_row(last.rows[-1], rows[0]):
                last.rows[-1] = [above + below for above, below in zip(last.rows[-1], rows[0], strict=True)]
                rows = rows[1:]
            last.rows += rows
            return
        self.blocks.append(Block(BlockKind.TABLE, rows=list(table.rows), edges=table.edges, page=table.page))

    def _take_contents(self, line: Line) -> None:
        last = self._open(None)
        if last:
            last.lines.append(line)
        else:
            self.blocks.append(Block(None, [line], page=line.page))

    def _take_heading(self, line: Line) -> None:
        style, depth = self.headings[id(line)]
        last = self._open(BlockKind.HEADING)
        if (
            last
            and self.before is not None
            and last.lines[-1] is self.before
            and (last.style, last.depth) == (style, depth)
            and line.page == self.before.page
            and 0 < line.base - self.before.base < 1.7 * line.size
            and len(last.text) + len(line.text) <= LONGEST
            and mark_of(line) is None
        ):
            last.lines.append(line)
        else:
            self.blocks.append(Block(BlockKind.HEADING, [line], page=line.page, style=style, depth=depth))

    def _take_text(self, line: Line) -> None:
        last = self._open(BlockKind.PARAGRAPH)
        if last and self.before is last.lines[-1] and not starts_block(self.before, line):
            last.lines.append(line)
        else:
            self.blocks.append(Block(BlockKind.PARAGRAPH, [line], page=line.page))

    def _take_item(self, line: Line) -> bool:
        mark = mark_of(line)
        if mark is None:
            return False
        last = self._open(BlockKind.LIST)
        mark = self._accepted(mark, line, last)
        if mark is None:
            return False
        if last is None or self._parted(last, line, mark):
            last = Block(BlockKind.LIST, page=line.page)
            lead = self._open(BlockKind.PARAGRAPH)
            if lead and lead.lines[-1] is self.before and lead.text.endswith(":"):
                last.lines, last.page = self.blocks.pop().lines, lead.page
            self.blocks.append(last)
        last.items.append(Item([line], mark, mark.length if mark.bullet else 0, _level(last.items, mark, line)))
        return True

    def _accepted(self, mark: Mark, line: Line, last: Block | None) -> Mark | None:
        """The mark as it is to be read, None when the line only looks like an item."""
        if mark.bullet and mark.style != "bullet-":
            return mark
        fresh = starts_block(self.before, line)
        tail = self.before.text if self.before is not None else ":"
        if last is not None:
            for reading in (mark, as_roman(mark, line)):
                if reading is not None and _goes_on(last.items, reading, line):
                    return reading
            fresh = fresh or tail.endswith((":", ";", ",", "."))
        if mark.style == "bullet-":
            return mark if fresh or tail.endswith(":") else None
        if mark.value == 1:
            return mark if fresh or tail.endswith(":") else None
        roman = as_roman(mark, line)
        if roman is not None and roman.value == 1 and (fresh or tail.endswith(":")):
            return roman
        return mark if starts_block(self.before, line) and mark.style[:5] in ("numbe", "multi") else None

    def _parted(self, last: Block, line: Line, mark: Mark) -> bool:
        """Whether an item after a wide space begins another list."""
        before = self.before
        if before is None or before.page != line.page or _goes_on(last.items, mark, line):
            return False
        drop = line.base - before.base
        if drop > 4 * line.size:
            return True
        # Numbers after bullets, as far out and with a space above: a list of its own.
        other = mark.bullet != last.items[0].mark.bullet and mark.value == 1
        return other and drop > 1.3 * max(line.pitch, line.size) and line.x0 < last.items[0].lines[0].x0 + 5

    def _take_more_of_item(self, line: Line) -> bool:
        last = self._open(BlockKind.LIST)
        if last is None or self.before is None:
            return False
        item = last.items[-1]
        if self.before is not item.lines[-1] or not _belongs(item, self.before, line):
            return False
        item.lines.append(line)
        return True


def _goes_on(items: Sequence[Item], mark: Mark, line: Line) -> bool:
    """Whether the mark is the next of its kind in the list, at the same indent."""
    for item in reversed(items):
        if item.mark.style == mark.style:
            near = abs(item.lines[0].x0 - line.x0) < 8 or item.lines[0].page != line.page
            return near and (mark.bullet or mark.value == item.mark.value + 1)
    return False


def _level(items: Sequence[Item], mark: Mark, line: Line) -> int:
    """Nesting: as deep as the last item of the same kind and indent, else one below the last item."""
    if not items:
        return 0
    for item in reversed(items):
        shift = line.x0 - item.lines[0].x0 if item.lines[0].region == line.region else 0.0
        if item.mark.style == mark.style and abs(shift) < 8:
            return item.level
        if mark.bullet and item.mark.bullet and abs(shift) < 5:
            return item.level
    last = items[-1]
    same_region = last.lines[0].region == line.region and last.lines[0].page == line.page
    if same_region and line.x0 < last.lines[0].x0 - 5:
        shallower = [item.level for item in items if item.lines[0].x0 <= line.x0 + 5]
        return shallower[-1] if shallower else 0
    return last.level + 1


def _belongs(item: Item, before: Line, line: Line) -> bool:
    """Whether a line without a mark goes on with the item."""
    if before.page != line.page or before.region != line.region:
        return carries_on(before, line)
    drop = line.base - before.base
    if not drop > 0 or abs(line.size - before.size) > 1.5:
        return False
    hanging = item.mark.text_x > item.lines[0].x0 + 2
    if hanging and abs(line.x0 - item.mark.text_x) <= 0.6 * line.size:
        return drop <= 1.6 * max(line.pitch, line.size)
    if len(item.lines) > 1 and line.x0 < item.lines[1].x0 - 4 and ended(before.text):
        return False
    return not starts_block(before, line)


def _contents(flow: Sequence[Element]) -> set[int]:
    """ids of the lines of a table of contents: leaders and a page number, and what wraps between them."""
    found = [isinstance(line, Line) and bool(_LEADERS.search(line.text[-200:])) for line in flow]
    marked = [at for at, hit in enumerate(found) if hit]
    if len(marked) < 3:
        return set()
    result = {id(flow[at]) for at in marked}
    for a, b in itertools.pairwise(marked):
        if 1 < b - a <= 3:
            result |= {id(flow[at]) for at in range(a + 1, b)}
    return result


def _broken_row(above: Sequence[Sequence[Line]], below: Sequence[Sequence[Line]]) -> bool:
    """Whether a page break went through a row: some cells go on in small letters, the others are empty."""
    filled = [(a, b) for a, b in zip(above, below, strict=True) if b]
    return 0 < len(filled) < len(below) and all(
        a and b[0].text[0].islower() and not ended(a[-1].text) for a, b in filled
    )


def _row_text(row: Sequence[Sequence[Line]]) -> str:
    return " | ".join(" ".join(line.text for line in cell) for cell in row)


def _with_lone_numbers_settled(blocks: Sequence[Block]) -> list[Block]:
    """A "list" of one numbered item is a heading when short and without an end, else a paragraph."""
    result: list[Block] = []
    lone = [block for block in blocks if _is_lone(block)]
    values = [block.items[0].mark.value for block in lone]
    for block in blocks:
        if not _is_lone(block):
            result.append(block)
            continue
        item = block.items[0]
        text = " ".join(line.text for line in item.lines)
        counted = values == sorted(values)
        if counted and len(text) <= _LONE_HEADING and not ended(text) and _capital(text) and not block.lines:
            style = Style(round(item.lines[0].size * 2) / 2, item.lines[0].bold, False)
            result.append(Block(BlockKind.HEADING, item.lines, page=item.lines[0].page, style=style))
            continue
        if block.lines:
            result.append(Block(BlockKind.PARAGRAPH, block.lines, page=block.page))
        result.append(Block(BlockKind.PARAGRAPH, item.lines, page=item.lines[0].page))
    return result


def _is_lone(block: Block) -> bool:
    return block.kind is BlockKind.LIST and len(block.items) == 1 and not block.items[0].mark.bullet


def _capital(text: str) -> bool:
    first = next((char for char in text if char.isalpha()), "")
    return first.isupper()


def _set_levels(blocks: Sequence[Block]) -> None:
    chosen = [(block, block.style) for block in blocks if block.kind is BlockKind.HEADING and block.style]
    for (block, _), level in zip(
        chosen, levels([(style, block.depth, block.text) for block, style in chosen]), strict=True
    ):
        block.level = level
