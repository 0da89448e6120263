"""Markdown by markdown-it-py's block tokens: every piece keeps its place in the file.

Only the block grammar runs; inline marks stay in the text and are cleaned later (`Parsed.markup`).
The home of markdown-it-py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...config import IngestionSettings
from ...domain.documents import BlockKind, Page
from ...domain.text import clean
from ..layout import Parsed, Part, PartKind, Piece
from . import field as metadata_field
from .plain import Line, decode, lines_of, pieces_of

if TYPE_CHECKING:
    from markdown_it.token import Token

# the block parser silently drops what lies deeper than this; such a file is read as plain text instead
NESTING = 80
_QUOTE_MARKS = re.compile(r"(?:[ \t]*+>)*+")
_LIST_MARKS = re.compile(r"(?:[ \t]*+(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))*+")


def parse(path: Path, limits: IngestionSettings) -> Parsed:
    """A Markdown file (CommonMark with tables and front matter), one page."""
    text, warnings = decode(path.read_bytes())
    properties, body = front_matter(text)
    pieces = _pieces(text, body)
    return Parsed(text, (Page(1, 0, len(text)),), pieces, properties, warnings, markup=True)


def front_matter(text: str) -> tuple[dict[str, str], int]:
    """Metadata between two `---` lines at the very top, and where the body begins (0 without them).

    Of YAML: `key: value` at the margin, quoted or not, and folded values (`>`, `|`). Lists, nested
    keys and keys that Metadata does not know are passed over.
    """
    opening = re.match(r"---[ \t]*(?:\r\n?|\n)(?=\s*(?:#[^\r\n]*\s+)?[^\W\d][\w -]{0,60}:)", text)
    closing = opening and re.compile(r"^(?:---|\.\.\.)[ \t]*$(?:\r\n?|\n)?", re.M).search(
        text.replace("\r\n", " \n").replace("\r", "\n"), opening.end()
    )
    if not opening or not closing:
        return {}, 0
    values: dict[str, str] = {}
    folded = ""
    for start, end in lines_of(text[opening.end() : closing.start()]):
        line = text[opening.end() + start : opening.end() + end]
        if folded and line[:1].isspace():
            values[folded] = f"{values[folded]} {line.strip()}".strip()
            continue
        folded = ""
        key, colon, value = line.partition(":")
        name = metadata_field(key) if colon and key[:1].strip() else None
        if name is None:
            continue
        if re.fullmatch(r"\s*[>|][+-]?\s*", value):
            folded, values[name] = name, ""
        elif words := _scalar(value.strip()):
            values[name] = words
    return {name: value for name, value in values.items() if value}, closing.end()


def _scalar(value: str) -> str:
    if quoted := re.match(r'"((?:[^"\\]|\\.)*)"', value):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if quoted := re.match(r"'((?:[^']|'')*)'", value):
        return quoted[1].replace("''", "'")
    if value[:1] in "[{&*!|>%@`":
        return ""
    return re.split(r"\s#", value, maxsplit=1)[0].strip()


def _pieces(text: str, body: int) -> tuple[Piece, ...]:
    from markdown_it import MarkdownIt

    grammar = MarkdownIt("commonmark", {"maxNesting": NESTING}).enable("table")
    grammar.core.ruler.enableOnly(["normalize", "block"])
    tokens = grammar.parse(text[body:])
    if any(token.level >= NESTING - 1 for token in tokens):
        return tuple(_moved(piece, body) for piece in pieces_of(text[body:]))
    reader = _Reader(text, [(start + body, end + body) for start, end in lines_of(text[body:])])
    for token in tokens:
        reader.read(token)
    reader.close_list()
    return tuple(reader.pieces)


def _moved(piece: Piece, by: int) -> Piece:
    parts = tuple(Part(part.kind, part.start + by, part.end + by, part.level) for part in piece.parts)
    return Piece(piece.kind, parts, piece.level)


@dataclass(slots=True)
class _Item:
    """A list item being read: its own words end where a nested list begins."""

    level: int
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class _Reader:
    text: str
    lines: list[Line]
    pieces: list[Piece] = field(default_factory=list)
    open_items: list[_Item] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)  # of the list being read
    rows: list[Part] = field(default_factory=list)
    in_table: bool = False
    in_header: bool = False
    heading: int = 0
    heading_mark: str = ""

    def read(self, token: Token) -> None:
        """Take one block token."""
        kind = token.type
        if kind == "list_item_open":
            self._leave_item()
            self.open_items.append(_Item(len(self.open_items)))
            if token.info and token.map:
                self.open_items[-1].start = self._marker(token)
        elif kind == "list_item_close":
            self._leave_item()
            self.open_items.pop()
        elif kind in ("bullet_list_close", "ordered_list_close") and not self.open_items:
            self.close_list()
        elif kind == "heading_open":
            self.heading, self.heading_mark = int(token.tag[1]), token.markup
        elif kind == "heading_close":
            self.heading = 0
        elif kind == "table_open":
            self.in_table = True
        elif kind in ("thead_open", "thead_close"):
            self.in_header = kind == "thead_open"
        elif kind == "tr_open":
            self._row(token)
        elif kind == "table_close":
            self._table()
        elif kind == "inline" and token.map and not self.in_table:
            self._text(self._span(token))
        elif kind in ("fence", "code_block") and token.map:
            self._text(self._code_span(token))
        elif kind == "html_block" and token.map:
            self._text(self._html_span(token))

    def close_list(self) -> None:
        """Close the list being read."""
        if self.parts:
            self._add(BlockKind.LIST, self.parts)
            self.parts = []

    def _text(self, span: Line | None) -> None:
        """Running words: a heading, a paragraph, or part of the open item."""
        if span is None or span[0] >= span[1]:
            return
        if self.open_items:
            item = self.open_items[-1]
            item.start = span[0] if item.start < 0 else item.start
            item.end = span[1]
        else:
            self.close_list()
            kind = BlockKind.HEADING if self.heading else BlockKind.PARAGRAPH
            self._add(kind, [Part(PartKind.TEXT, *span)], self.heading)

    def _leave_item(self) -> None:
        """Close the words of the innermost open item; what follows a nested list becomes a part of its own."""
        if not self.open_items:
            return
        item = self.open_items[-1]
        if 0 <= item.start < item.end:
            self.parts.append(Part(PartKind.ITEM, item.start, item.end, item.level))
        item.start = item.end = -1

    def _row(self, token: Token) -> None:
        if not token.map:
            return
        start, end = self._bare(token.map[0], in_list=bool(self.open_items))
        cells = list(_cells(self.text, start, end))
        if any(first < last for first, last in cells):
            kind = PartKind.HEADER if self.in_header else PartKind.ROW
            filled = [cell for cell in cells if cell[0] < cell[1]]
            self.rows.append(Part(kind, filled[0][0], filled[-1][1], 0, tuple(cells)))

    def _table(self) -> None:
        self.in_table = False
        if self.open_items:
            self._leave_item()
            self.close_list()
        if self.rows:
            self._add(BlockKind.TABLE, self.rows)
            self.rows = []

    def _add(self, kind: BlockKind, parts: list[Part], level: int = 0) -> None:
        self.pieces.append(Piece(kind, tuple(parts), level))

    # ---- places --------------------------------------------------------------------------------

    def _span(self, token: Token) -> Line:
        """Characters of a heading's or paragraph's words: container marks stand only before the first line."""
        assert token.map is not None
        first, last = token.map[0], token.map[1] - 1
        start, end = self._bare(first)
        words = token.content.split("\n", 1)[0].rstrip()
        if self.heading_mark.startswith("#") and self.heading:
            opening = re.compile(r"\D*?#+").match(self.text, start, end)
            start = opening.end() if opening else start
            found = self.text.replace("\0", "\ufffd") if "\ufffd" in words else self.text
            start = max(start, found.find(words, start, end))
            return start, start + len(words)
        start = max(start, end - len(words))
        task = re.compile(r"\[[ xX]\][ \t]+").match(self.text, start, end) if self.open_items else None
        return (task.end() if task else start), self._bare(last)[1]

    def _bare(self, line: int, in_list: bool = False) -> Line:
        """A line without indentation, quote marks (and list marks) and trailing spaces."""
        start, end = self.lines[min(line, len(self.lines) - 1)]
        marks = (_LIST_MARKS if in_list else _QUOTE_MARKS).match(self.text, start, end)
        return _shrunk(self.text, marks.end() if marks else start, end)

    def _marker(self, token: Token) -> int:
        """Where an ordered item's number stands on its line; -1 when it cannot be found."""
        assert token.map is not None
        start, end = self.lines[token.map[0]]
        found = re.compile(rf"[\s>*+.)\d-]*?0*{token.info}{re.escape(token.markup)}(?=\s|$)").match(
            self.text, start, end
        )
        return found.end() - len(token.info + token.markup) if found else -1

    def _code_span(self, token: Token) -> Line | None:
        assert token.map is not None
        first, last = token.map
        if token.type == "fence":
            first += 1
            closed = last - first > 0 and self._bare(last - 1)
            if closed and set(self.text[closed[0] : closed[1]]) <= set("`~") and closed[1] - closed[0] >= 3:
                last -= 1
        return (self._bare(first)[0], self._bare(last - 1)[1]) if first < last else None

    def _html_span(self, token: Token) -> Line | None:
        """An HTML block whose tags and comments leave words; scripts and styles leave none."""
        assert token.map is not None
        if re.match(r"\s*<(?:script|style|template)\b", token.content, re.I):
            return None
        span = self._bare(token.map[0])[0], self._bare(token.map[1] - 1)[1]
        return span if clean(self.text[span[0] : span[1]], markup=True).text else None


def _cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans between a row's unescaped bars, without the outer bars and the spaces around the words."""
    bars = [found.start() for found in re.compile(r"(?<!\\)\|").finditer(text, start, end)]
    cells = [
        _shrunk(text, first, last)
        for first, last in zip([start, *(bar + 1 for bar in bars)], [*bars, end], strict=True)
    ]
    if bars and cells[0][0] >= cells[0][1]:
        cells = cells[1:]
    if bars and cells and cells[-1][0] >= cells[-1][1]:
        cells = cells[:-1]
    return cells


def _shrunk(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
