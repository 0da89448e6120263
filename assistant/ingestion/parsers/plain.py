"""Plain text: encodings, paragraphs by blank lines, bullet lists, and headings guessed with care.

`decode` is here because text and Markdown files share it; `lines_of` because both count lines as
CommonMark does.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ...config import IngestionSettings
from ...domain.documents import BlockKind, Page, Warning_
from ..layout import Parsed, Part, PartKind, Piece

Line = tuple[int, int]  # characters of a line without its end


def parse(path: Path, limits: IngestionSettings) -> Parsed:
    """A text file; form feeds begin pages, as pdftotext writes them."""
    text, warnings = decode(path.read_bytes())
    return Parsed(text, pages_of(text, limits.max_pages), pieces_of(text), warnings=warnings)


def decode(raw: bytes) -> tuple[str, tuple[Warning_, ...]]:
    """The file's characters, exactly, without a byte order mark.

    UTF-8 and marked UTF-16 are taken as they are. Else, with the warning `encoding_guessed`
    (encoding): UTF-16 without a mark, or the Polish code page that fits. A UTF-8 file with some
    foreign bytes keeps its UTF-8 and gets `encoding_mixed` (characters).
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            return _with_replacements(raw[len(mark) :], name)
    if unmarked := unmarked_utf16(raw):
        return raw.decode(unmarked, errors="replace"), (Warning_("encoding_guessed", {"encoding": unmarked}),)
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        return _decode_legacy(raw)


def unmarked_utf16(raw: bytes) -> str:
    """The UTF-16 that text without a byte order mark is in, "" for anything else.

    Every other byte of Polish or English text is then 0 or 1 (Latin Extended-A).
    """
    head = raw[:4096]
    if len(head) < 8 or len(raw) % 2:
        return ""
    half = len(head) // 2
    for name, high, low in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if high.count(0) + high.count(1) > 0.8 * half and high.count(0) > 0.3 * half and low.count(0) < 0.05 * half:
            return name
    return ""


def pages_of(text: str, most: int) -> tuple[Page, ...]:
    """Pages between form feeds, or one page when there are none or more than `most`."""
    ends = [found.end() for found in re.finditer("\f", text)] if text.count("\f") < most else []
    if not ends or ends[-1] < len(text):
        ends.append(len(text))
    return tuple(Page(n, start, end) for n, (start, end) in enumerate(zip([0, *ends], ends, strict=False), 1))


def lines_of(text: str) -> list[Line]:
    """Lines ended by LF, CR or CRLF only."""
    found = []
    start = 0
    for end in re.finditer(r"\r\n?|\n", text):
        found.append((start, end.start()))
        start = end.end()
    found.append((start, len(text)))
    return found


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Headings, paragraphs and lists of unmarked text."""
    reader = _Reader(text)
    lines = lines_of(text)
    for at, line in enumerate(lines):
        reader.read(line, lines[at + 1] if at + 1 < len(lines) else None, partial(_next_visible, text, lines, at))
    reader.close()
    return tuple(reader.pieces)


# ---- encodings ---------------------------------------------------------------------------------

_CP1250 = frozenset(b"\xb9\x9c\x9f\xa5\x8c\x8f")  # ąśź ĄŚŹ
_LATIN2 = frozenset(b"\xb1\xb6\xbc\xa1\xa6\xac")


def _with_replacements(raw: bytes, name: str) -> tuple[str, tuple[Warning_, ...]]:
    text = raw.decode(name, errors="replace")
    try:
        raw.decode(name)
    except UnicodeDecodeError:
        return text, (Warning_("encoding_mixed", {"characters": text.count("\ufffd")}),)
    return text, ()


def _decode_legacy(raw: bytes) -> tuple[str, tuple[Warning_, ...]]:
    lenient = raw.decode("utf-8", errors="replace")
    broken = lenient.count("\ufffd")
    right = sum(char > "\x7f" for char in lenient) - broken
    if right > broken:
        return _mixed(raw), (Warning_("encoding_mixed", {"characters": broken}),)
    high = [byte for byte in raw if byte > 0x7F]
    latin2 = not any(byte < 0xA0 for byte in high) and sum(b in _LATIN2 for b in high) > sum(b in _CP1250 for b in high)
    encoding = "iso-8859-2" if latin2 else "cp1250"
    return raw.decode(encoding, errors="replace"), (Warning_("encoding_guessed", {"encoding": encoding}),)


def _mixed(raw: bytes) -> str:
    """UTF-8 whose stray bytes are read as cp1250."""

    def stray(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        return error.object[error.start : error.end].decode("cp1250", errors="replace"), error.end

    codecs.register_error("assistant-cp1250", stray)
    return raw.decode("utf-8", errors="assistant-cp1250")


# ---- layout ------------------------------------------------------------------------------------

_UPPER = "A-ZĄĆĘŁŃÓŚŹŻ"
_BULLET = re.compile(
    r"[ \t]*(?P<mark>[-*+–—•▪◦‣·●○■□➢✓\uf0b7\uf0a7]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})\)|\d{1,3}\.)[ \t]+(?=\S)"
)
_RULE = re.compile(r"[-=_+|*~#.·][-=_+|*~#.· \t]{2,}")
_UNDERLINE = re.compile(r"={3,}|-{3,}")
_NUMBERED_HEADING = re.compile(
    rf"(?:(?P<number>\d{{1,2}}(?:\.\d{{1,2}}){{0,4}})\.?"
    rf"|(?:Rozdział|Część|Moduł|Chapter|Part|Section)[ \t]+[\dIVXLC]{{1,5}}\.?"
    rf"|[IVXLC]{{1,5}}\.)[ \t]+[{_UPPER}„\"(].*"
)
_HEADING_LENGTH = 100


@dataclass(slots=True)
class _Item:
    start: int
    end: int
    text_column: int
    level: int


@dataclass(slots=True)
class _Reader:
    """Reads line by line; at most one paragraph or list is open."""

    text: str
    pieces: list[Piece] = field(default_factory=list)
    paragraph: list[Line] = field(default_factory=list)
    items: list[_Item] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)  # bullet columns of the open list's levels
    after_blank: bool = True

    def read(self, line: Line, following: Line | None, next_visible: Callable[[], str]) -> None:
        """Take one line; `next_visible` gives the next line with words."""
        words = self.text[line[0] : line[1]].strip()
        if not words:
            self._close_paragraph()
            self.after_blank = True
            return
        shown = self.text[line[0] : line[1]]
        alone = following is None or not self.text[following[0] : following[1]].strip()
        if _UNDERLINE.fullmatch(words) and len(self.paragraph) == 1 and not self.after_blank:
            self._close_paragraph(underlined=1 if words[0] == "=" else 2)
        elif _RULE.fullmatch(words):
            self._close_paragraph()
        elif self.after_blank and alone and (level := self._heading_level(words, next_visible)):
            self._close_list()
            self._add(BlockKind.HEADING, [_trimmed(self.text, line, PartKind.TEXT)], level)
        elif (bullet := _BULLET.match(shown)) and self._begins_item(shown, bullet):
            self._close_paragraph()
            self._item(line, bullet)
        elif self.items and not self.paragraph and self._continues_item(shown):
            self.items[-1].end = _trimmed(self.text, line, PartKind.ITEM).end
        else:
            self._close_list()
            self.paragraph.append(line)
        self.after_blank = False

    def close(self) -> None:
        """Close what is open."""
        self._close_paragraph()
        self._close_list()

    def _heading_level(self, words: str, next_visible: Callable[[], str]) -> int:
        """Depth of a line that stands alone and looks like a heading, else 0."""
        if len(words) > _HEADING_LENGTH or words[-1] in ".,;:!" or self._last_paragraph_leads():
            return 0
        numbered = _NUMBERED_HEADING.fullmatch(words)
        capitals = sum(char.isupper() for char in words) >= 4 and words.upper() == words
        if numbered and numbered["number"] and "." not in numbered["number"]:
            # "3. Tytuł" is also how a loose list is written
            if self._in_numbered_list() or re.match(r"\d{1,3}[.)]\s", next_visible()):
                return 0
            return 1
        if numbered:
            return 1 + (numbered["number"] or "").count(".")
        return 1 if capitals and not _BULLET.match(words) else 0

    def _last_paragraph_leads(self) -> bool:
        last = self.pieces[-1] if self.pieces and not self.items else None
        return last is not None and last.kind is BlockKind.PARAGRAPH and self.text[last.end - 1] == ":"

    def _in_numbered_list(self) -> bool:
        return bool(self.items) and self.text[self.items[-1].start].isdigit()

    def _begins_item(self, shown: str, bullet: re.Match[str]) -> bool:
        """Inside a paragraph a dash or number begins a list only where a list may begin."""
        if not self.paragraph:
            return True
        before = self.text[self.paragraph[-1][0] : self.paragraph[-1][1]].rstrip()
        if bullet["mark"] in "-–—*+":
            return before.endswith((":", ";", ",", "."))
        return not bullet["mark"][0].isdigit() or bullet["mark"] in ("1.", "1)") or before.endswith(":")

    def _item(self, line: Line, bullet: re.Match[str]) -> None:
        column = len(bullet[0]) - len(bullet[0].lstrip())
        while self.columns and self.columns[-1] > column:
            self.columns.pop()
        if not self.columns or self.columns[-1] < column:
            self.columns.append(column)
        kept = bullet["mark"][-1] in ".)"  # "1." and "a)" say something, a dash does not
        start = line[0] + (bullet.start("mark") if kept else bullet.end())
        end = _trimmed(self.text, line, PartKind.ITEM).end
        self.items.append(_Item(start, end, bullet.end(), len(self.columns) - 1))

    def _continues_item(self, shown: str) -> bool:
        indent = len(shown) - len(shown.lstrip())
        return not self.after_blank or indent >= self.items[-1].text_column > 0

    def _close_paragraph(self, underlined: int = 0) -> None:
        if not self.paragraph:
            return
        part = _trimmed(self.text, (self.paragraph[0][0], self.paragraph[-1][1]), PartKind.TEXT)
        self.paragraph = []
        self._add(BlockKind.HEADING if underlined else BlockKind.PARAGRAPH, [part], underlined)

    def _close_list(self) -> None:
        parts = [Part(PartKind.ITEM, item.start, item.end, item.level) for item in self.items]
        self.items, self.columns = [], []
        if parts:
            self._add(BlockKind.LIST, parts)

    def _add(self, kind: BlockKind, parts: list[Part], level: int = 0) -> None:
        self.pieces.append(Piece(kind, tuple(parts), level))


def _next_visible(text: str, lines: list[Line], at: int) -> str:
    """The words of the next line that has any, "" when none is near."""
    return next((words for start, end in lines[at + 1 : at + 20] if (words := text[start:end].strip())), "")


def _trimmed(text: str, line: Line, kind: PartKind) -> Part:
    start, end = line
    shown = text[start:end]
    return Part(kind, start + len(shown) - len(shown.lstrip()), end - (len(shown) - len(shown.rstrip())))
