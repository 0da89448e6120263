"""From a file's headings, paragraphs, items and tables to one text with pieces by position.

Word, PowerPoint and HTML have no text of their own, only elements; their parsers list what they find
as drafts and this module writes the text they share: pieces apart by an empty line, items and rows by
a line break, cells by " | ". It also recognises lists that were typed by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ...domain.documents import BlockKind, Page
from ..layout import Part, PartKind, Piece

# Ends a page wherever it stands in a draft's text; XML cannot hold it and the HTML parser removes it.
BREAK = "\f"

_BLANK = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]*")
_BULLET = re.compile(r"[•▪●○◦‣∙·■□▶►➢➤✓✔❖\uf0b7\uf0a7\uf0d8]\s*(?=\S)")
_DASH = re.compile(r"[-–—*]\s+(?=\S)")
_STEP = re.compile(
    r"(?P<number>\d{1,2})[.)]\s+(?=\S)|(?P<letter>[a-ząćęłńóśźż])\)\s*(?=\S)|(?P<roman>[ivx]{1,5})\)\s+(?=\S)"
)

MAX_HEADER_CELL = 120  # characters; a longer first cell is content
_NO_TITLE = re.compile(
    r"(microsoft (word|powerpoint)\b.*|(powerpoint presentation|prezentacja programu powerpoint|untitled|title|tytuł"
    r"|bez tytułu|dokument|document|prezentacja|presentation|slajd|slide|word document)[ \d_-]*"
    r"|.*\.(docx?|pptx?|odt|odp|html?|pdf))",
    re.IGNORECASE,
)


class DraftKind(StrEnum):
    """What a parser found."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    TABLE = "table"
    FURNITURE = "furniture"  # stays readable in the text, is no piece: a table of contents
    PAGE = "page"  # the next draft is on a new page


@dataclass(slots=True)
class Draft:
    """One thing found, in reading order. `level`: 1-6 of a heading, nesting from 0 of an item.

    `rows` are a table's cells, spanned cells once and "" in the places they cover; its first `headers`
    rows are its header. `fresh` marks an item that begins a list of its own.
    """

    kind: DraftKind
    text: str = ""
    level: int = 0
    rows: list[list[str]] = field(default_factory=list)
    headers: int = 0
    fresh: bool = False


def linearise(drafts: Iterable[Draft]) -> tuple[str, tuple[Page, ...], tuple[Piece, ...]]:
    """The text, its pages (at least one; the text is their concatenation) and its pieces in order."""
    writer = _Writer()
    for group in _grouped(_typed_lists([draft for draft in drafts if not _is_empty(draft)])):
        writer.write(group)
    return writer.finish()


def blank(text: str) -> bool:
    """Whether nothing of this text can be seen."""
    return _BLANK.fullmatch(text) is not None


def header_rows(rows: Sequence[Sequence[str]], first_is_bold: bool = False) -> int:
    """1 when the first row reads as a header of what follows, else 0; for files that do not say.

    A header has at least two short filled cells and more filled than empty ones; a first cell that ends
    in a colon or a row of figures is content.
    """
    if len(rows) < 2:
        return 0
    filled = [cell.strip() for cell in rows[0] if not blank(cell)]
    if len(filled) < 2 or any(len(cell) > MAX_HEADER_CELL for cell in filled):
        return 0
    if first_is_bold:
        return 1
    figures = sum(bool(re.fullmatch(r"[\d\s.,%+–-]+(zł|PLN|EUR|€)?", cell)) for cell in filled)
    return int(not filled[0].endswith(":") and figures * 2 < len(filled) and len(filled) * 2 > len(rows[0]))


def sensible_title(text: str) -> str:
    """A title as someone wrote it; "" for what programs put there by themselves."""
    text = " ".join(text.split())
    return "" if len(text) < 3 or len(text) > 300 or _NO_TITLE.fullmatch(text) else text


def language_code(text: str) -> str:
    """The two letters before the first dash ("pl-PL" -> "pl"); "" when it is no language tag."""
    found = re.match(r"\s*([A-Za-z]{2})([-_]|\s*$)", text)
    return found[1].lower() if found else ""


def _is_empty(draft: Draft) -> bool:
    if draft.kind is DraftKind.PAGE:
        return False
    if draft.kind is DraftKind.TABLE:
        return all(blank(cell) and BREAK not in cell for row in draft.rows for cell in row)
    return blank(draft.text) and BREAK not in draft.text


def _typed_lists(drafts: list[Draft]) -> list[Draft]:
    """Paragraphs that begin with a bullet, a dash or a number become items, where their neighbours agree."""
    lines = [line for draft in drafts for line in _lines(draft)]
    marks = [_mark(line) for line in lines]
    result: list[Draft] = []
    open_marks: list[str] = []
    for i, (line, mark) in enumerate(zip(lines, marks, strict=True)):
        if line.kind is DraftKind.ITEM:
            line.text = _without_bullet(line.text)
        if mark == "bullet" or (mark and _agrees(lines, marks, i)):
            level = _level(open_marks, mark)
            text = line.text if mark in ("number", "letter", "roman") else _without_mark(line.text)
            line = replace(line, kind=DraftKind.ITEM, text=text, level=level)
        elif line.kind is not DraftKind.PAGE:
            open_marks.clear()
        result.append(line)
    return result


def _lines(draft: Draft) -> Iterator[Draft]:
    """A paragraph whose lines carry marks of their own, line by line; everything else as it is."""
    lines = draft.text.split("\n") if draft.kind is DraftKind.PARAGRAPH else []
    if sum(_mark(Draft(DraftKind.PARAGRAPH, line)) != "" for line in lines) < 2:
        yield draft
        return
    joined: list[list[str]] = []
    marked = False
    for line in lines:
        starts = _mark(Draft(DraftKind.PARAGRAPH, line)) != ""
        if joined and marked and not starts:
            joined[-1].append(line)
        else:
            joined.append([line])
            marked = starts
    yield from (replace(draft, text="\n".join(group)) for group in joined)


def _mark(draft: Draft) -> str:
    """The kind of mark a paragraph begins with; "" for none and for what is no paragraph."""
    if draft.kind is not DraftKind.PARAGRAPH:
        return ""
    text = draft.text.lstrip()
    if _BULLET.match(text):
        return "bullet"
    if _DASH.match(text):
        return "dash"
    step = _STEP.match(text)
    return (step.lastgroup or "") if step else ""


def _agrees(lines: list[Draft], marks: list[str], i: int) -> bool:
    """One dash or number alone proves nothing; two in a row, or one after a colon, do."""
    before = lines[i - 1] if i else None
    if before is not None and before.kind is DraftKind.PARAGRAPH and before.text.rstrip().endswith(":"):
        return True
    return marks[i] in marks[max(0, i - 1) : i] + marks[i + 1 : i + 2]


def _level(open_marks: list[str], mark: str) -> int:
    if mark not in open_marks:
        open_marks.append(mark)
    del open_marks[open_marks.index(mark) + 1 :]
    return len(open_marks) - 1


def _without_bullet(text: str) -> str:
    head = text[: len(text) - len(text.lstrip())]
    return head + _BULLET.sub("", text.lstrip(), count=1) if _BULLET.match(text.lstrip()) else text


def _without_mark(text: str) -> str:
    head, body = text[: len(text) - len(text.lstrip())], text.lstrip()
    found = _BULLET.match(body) or _DASH.match(body)
    return head + body[found.end() :] if found else text


def _grouped(drafts: list[Draft]) -> Iterator[list[Draft]]:
    """Drafts of one piece: the items of a list, anything else alone."""
    group: list[Draft] = []
    for draft in drafts:
        item = draft.kind is DraftKind.ITEM
        if group and not (item and not draft.fresh and group[-1].kind is DraftKind.ITEM):
            yield group
            group = []
        group.append(draft)
    if group:
        yield group


class _Writer:
    """Grows the text; remembers where pages begin."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.at = 0
        self.page_starts = [0]
        self.pieces: list[Piece] = []
        self.waiting = 0  # pages that ended and have not been followed by any text

    def write(self, group: list[Draft]) -> None:
        last = group[-1]
        if last.kind is DraftKind.PAGE:
            self.waiting += 1
        elif last.kind is DraftKind.FURNITURE:
            self._part(last.text, "\n\n")
        elif last.kind is DraftKind.TABLE:
            self._table(last)
        else:
            self._texts(group)

    def finish(self) -> tuple[str, tuple[Page, ...], tuple[Piece, ...]]:
        starts = self.page_starts + [self.at] * self.waiting
        ends = [*starts[1:], self.at]
        pages = tuple(Page(n, start, end) for n, (start, end) in enumerate(zip(starts, ends, strict=True), 1))
        return "".join(self.runs), pages, tuple(self.pieces)

    def _texts(self, group: list[Draft]) -> None:
        parts: list[Part] = []
        for draft in group:
            item = draft.kind is DraftKind.ITEM
            span = self._part(draft.text, "\n" if parts else "\n\n")
            if span:
                parts.append(Part(PartKind.ITEM if item else PartKind.TEXT, *span, draft.level if item else 0))
        kind = group[-1].kind
        self._add(BlockKind.LIST if kind is DraftKind.ITEM else BlockKind(kind.value), parts, group[-1])

    def _table(self, table: Draft) -> None:
        parts: list[Part] = []
        for n, row in enumerate(table.rows):
            part = self._row(row, PartKind.HEADER if n < table.headers else PartKind.ROW, "\n" if parts else "\n\n")
            parts += [part] if part else []
        self._add(BlockKind.TABLE, parts, table)

    def _add(self, kind: BlockKind, parts: list[Part], draft: Draft) -> None:
        if parts:
            level = min(max(draft.level, 1), 6) if kind is BlockKind.HEADING else 0
            self.pieces.append(Piece(kind, tuple(parts), level))

    def _row(self, row: list[str], kind: PartKind, separator: str) -> Part | None:
        cells: list[tuple[int, int]] = []
        filled = False
        for cell in row:
            span = self._part(re.sub(r"[\n\t]", " ", cell), " | " if filled else separator)
            filled = filled or span is not None
            cells.append(span or (self.at, self.at))
        if not filled:
            return None
        first = next(start for start, end in cells if end > start)
        cells = [(max(start, first), max(end, first)) for start, end in cells]
        while cells[-1][0] == cells[-1][1]:
            cells.pop()
        return Part(kind, first, cells[-1][1], 0, tuple(cells))

    def _part(self, text: str, separator: str) -> tuple[int, int] | None:
        """Write a text after its separator; None when there is nothing to see, only perhaps a page's end."""
        if blank(text):
            self.waiting += text.count(BREAK)
            return None
        core = text.strip()
        head, _, tail = text.partition(core)
        if self.at:
            self._put(separator)
        self.page_starts += [self.at] * (self.waiting + head.count(BREAK))
        self.waiting = tail.count(BREAK)
        start = self.at
        for n, run in enumerate(core.split(BREAK)):
            if n:
                self.page_starts.append(self.at)
            self._put(run)
        return start, self.at

    def _put(self, run: str) -> None:
        self.runs.append(run)
        self.at += len(run)
