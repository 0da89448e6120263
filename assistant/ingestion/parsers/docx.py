"""Word files, streamed: one paragraph or table in memory at a time.

python-docx builds the whole tree (2.4 MB of file took 2 GB of memory) and cannot open strict files,
so the XML is read with the standard library's streaming parser instead, by local names. Styles and
numbering decide what a paragraph is; they are read first.
"""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...config import IngestionSettings
from ...domain.documents import Warning_
from ...errors import UnreadableDocument
from .. import parsers
from ..layout import Parsed
from . import archive, drafts
from .drafts import BREAK, Draft, DraftKind

# expat 2.5 reads a long token again from its start with every chunk fed to it; large chunks keep that cheap.
FEED = 4 << 20
HARD_BREAK = "\v"  # a page break its author set; Word's own record of rendered pages, BREAK, is better when there
MAX_SPAN = 64  # columns a cell may claim; Word allows 63
MAX_HEADING = 120  # characters of a bold line that may pass for a heading
HIDDEN_SIZE = 4  # half-points
NEARLY_WHITE = 0xF0

_SKIPPED = {
    "del", "moveFrom", "delText", "instrText", "delInstrText", "oMath", "oMathPara", "rPr", "pPr", "sdtPr", "sdtEndPr",
    "footnoteReference", "endnoteReference", "commentReference", "annotationRef", "rt", "fldData", "tblPr", "tblGrid",
    "trPr", "tcPr", "bookmarkStart", "bookmarkEnd",
}  # fmt: skip
_GRAPHICS = {"drawing", "pict", "object"}
_CHARACTERS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad"}
_HEADING_NAME = re.compile(r"(?:heading|nagłówek|naglowek)\s*([1-9])$", re.IGNORECASE)
_TITLE_NAME = re.compile(r"(title|tytuł|document title)$", re.IGNORECASE)
_TOC_NAME = re.compile(
    r"(toc|contents|spis treści|table of figures|table of authorities|index|indeks)\b", re.IGNORECASE
)
_LIST_NAME = re.compile(r"(?:list (?:bullet|number)|lista (?:punktowana|numerowana))\s*([2-5])?$", re.IGNORECASE)


def parse(path: Path, limits: IngestionSettings) -> Parsed:
    """Read a .docx; one page unless the file records where its pages end.

    Raises what `archive.check` raises, and UnreadableDocument with damaged_archive, damaged_xml or no_text.
    Warnings: hidden_text {count}, embedded_object {count}, linked_media {count}.
    """
    package = archive.check(path, limits, archive.Kind.WORD)
    try:
        with archive.opened(path) as file:
            body = _Body(_styles(file, package), _numbering(file, package))
            found = _found(file, package, body)
            properties = _properties(file, package)
    except (ET.ParseError, LookupError) as error:
        raise UnreadableDocument(path=str(path), reason="damaged_xml") from error
    text, pages, pieces = drafts.linearise(_paged(_with_headings(found)))
    if not pieces:
        raise UnreadableDocument(path=str(path), reason="no_text")
    title = properties.get("title") or next((f.draft.text for f in found if f.titles), "")
    properties["title"] = drafts.sensible_title(title.replace(BREAK, " "))
    hidden = (Warning_("hidden_text", {"count": body.hidden}),) if body.hidden else ()
    return Parsed(text, pages, pieces, {k: v for k, v in properties.items() if v}, package.warnings + hidden)


# ── reading parts ────────────────────────────────────────────────────────────────────────────────


def _children(file: zipfile.ZipFile, part: str | None, container: str) -> Iterator[ET.Element]:
    """The finished children of the part's first `container`, one at a time; nothing when there is no such part."""
    if part is None or part not in file.namelist():
        return
    parser: Any = ET.XMLPullParser(("start", "end"))
    inside: Any = None
    depth = 0
    with file.open(part) as stream:
        while chunk := stream.read(FEED):
            parser.feed(chunk)
            for event, element in parser.read_events():
                if event == "start":
                    depth += inside is not None
                    if inside is None and _name(element) == container:
                        inside = element
                elif depth:
                    depth -= 1
                    if not depth:
                        yield element
                        inside.clear()
    parser.close()


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _find(element: ET.Element | None, *names: str) -> ET.Element | None:
    """The first child by this name, then its first child by the next name, ..."""
    for name in names:
        if element is None:
            return None
        element = next((child for child in element if _name(child) == name), None)
    return element


def _get(element: ET.Element | None, name: str = "val") -> str | None:
    """An attribute by its local name."""
    if element is None:
        return None
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def _number(text: str | None) -> int | None:
    """A whole number in Word's reasonable range, else None."""
    return int(text) if text is not None and re.fullmatch(r"[+-]?\d{1,6}", text) else None


def _on(element: ET.Element | None) -> bool | None:
    """A switch: None when it is not there."""
    if element is None:
        return None
    return _get(element) not in ("0", "false", "off", "none")


# ── styles and numbering ─────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Look:
    """How characters look; None where nothing is said. `size` in half-points."""

    bold: bool | None = None
    hidden: bool | None = None
    size: int | None = None

    def over(self, below: _Look) -> _Look:
        return _Look(
            below.bold if self.bold is None else self.bold,
            below.hidden if self.hidden is None else self.hidden,
            below.size if self.size is None else self.size,
        )


@dataclass(slots=True)
class _Style:
    """A style with everything it inherits. `heading` is 1-6, 0 for none."""

    heading: int = 0
    title: bool = False
    contents: bool = False
    listed: int | None = None  # nesting of a style named as a list
    num: str | None = None
    level: int | None = None
    breaks: bool = False
    shaded: bool = False
    look: _Look = field(default_factory=_Look)


@dataclass(slots=True)
class _Styles:
    """Styles by id, resolved; `default` is the paragraph style of those that name none, `base` below them all."""

    by_id: dict[str, _Style] = field(default_factory=dict)
    default: _Style = field(default_factory=_Style)
    base: _Look = field(default_factory=_Look)

    def get(self, id_: str | None) -> _Style:
        return self.by_id.get(id_, self.default) if id_ is not None else self.default


def _styles(file: zipfile.ZipFile, package: archive.Package) -> _Styles:
    raw: dict[str, ET.Element] = {}
    base = _Look()
    default = ""
    for element in _children(file, package.related(package.main, "styles"), "styles"):
        if _name(element) == "docDefaults":
            base = _look(_find(element, "rPrDefault", "rPr"))
        elif _name(element) == "style" and (id_ := _get(element, "styleId")):
            raw[id_] = element
            if _get(element, "type") == "paragraph" and _get(element, "default") in ("1", "true", "on"):
                default = id_
    styles = _Styles(base=base)
    for id_ in raw:
        _resolve(id_, raw, styles)
    styles.default = styles.by_id.get(default, styles.default)
    return styles


def _resolve(id_: str, raw: dict[str, ET.Element], styles: _Styles) -> None:
    """Give a style what its parents say, eldest first; a ring of parents ends where it began."""
    chain: list[str] = []
    current: str | None = id_
    while current in raw and current not in styles.by_id and current not in chain[-64:]:
        chain.append(current)
        current = _get(_find(raw[current], "basedOn"))
        if len(chain) > 64:
            break
    below = styles.by_id.get(current or "", styles.default)
    for name in reversed(chain):
        below = styles.by_id[name] = _style(raw[name], below)


def _style(element: ET.Element, below: _Style) -> _Style:
    name = _get(_find(element, "name")) or ""
    properties = _find(element, "pPr")
    style = replace(below, look=_look(_find(element, "rPr")).over(below.look))
    if _get(element, "type") == "table":
        style.shaded = below.shaded or any(_is_shaded(shading) for shading in element.iter() if _name(shading) == "shd")
        return style
    outline = _number(_get(_find(properties, "outlineLvl")))
    if found := _HEADING_NAME.match(name):
        style.heading = min(int(found[1]), 6)
    elif _TITLE_NAME.match(name):
        style.heading, style.title = 1, True
    elif outline is not None:
        style.heading = min(outline + 1, 6) if outline < 9 else 0
    style.contents = below.contents or _TOC_NAME.match(name) is not None
    if style.contents:
        style.heading = 0
    if listed := _LIST_NAME.match(name):
        style.listed = int(listed[1] or 1) - 1
    style.num = _get(_find(properties, "numPr", "numId")) or below.num
    own_level = _number(_get(_find(properties, "numPr", "ilvl")))
    style.level = below.level if own_level is None else own_level
    breaks = _on(_find(properties, "pageBreakBefore"))
    style.breaks = below.breaks if breaks is None else breaks
    style.shaded = below.shaded or _is_shaded(_find(properties, "shd")) or _is_shaded(_find(element, "rPr", "shd"))
    return style


def _look(properties: ET.Element | None) -> _Look:
    return _Look(
        _on(_find(properties, "b")), _on(_find(properties, "vanish")), _number(_get(_find(properties, "sz")))
    )  # fmt: skip


def _is_shaded(shading: ET.Element | None) -> bool:
    """Whether a shading puts another colour than white behind the text."""
    fill = _get(shading, "fill") or "auto"
    pattern = _get(shading) or "clear"
    return pattern not in ("clear", "nil") or (fill.lower() != "auto" and not _is_white(fill))


def _is_white(colour: str) -> bool:
    found = re.fullmatch(r"#?([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})", colour)
    return found is not None and all(int(channel, 16) >= NEARLY_WHITE for channel in found.groups())


@dataclass(slots=True)
class _Level:
    form: str = "decimal"
    text: str = ""
    start: int = 1
    legal: bool = False


@dataclass(slots=True)
class _Numbering:
    """Lists by numId; counts as it goes, so ask once per paragraph and in order."""

    lists: dict[str, tuple[str, dict[int, _Level], dict[int, int]]] = field(default_factory=dict)
    counts: dict[str, list[int | None]] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def mark(self, num: str, level: int) -> str:
        """The number printed before this paragraph ("2.1.", "b)"); "" for a bullet."""
        abstract, levels, restarts = self.lists[num]
        counts = self.counts.setdefault(abstract, [None] * 9)
        if num not in self.begun:
            self.begun.add(num)
            for restarted in restarts:
                counts[restarted] = None
        own = levels.get(level, _Level(form="bullet"))
        previous = counts[level]
        counts[level] = restarts.get(level, own.start) if previous is None else previous + 1
        counts[level + 1 :] = [None] * (8 - level)
        if own.form in ("bullet", "none") or "%" not in own.text:
            return ""

        def count(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            there = levels.get(at, _Level())
            value = counts[at]
            return _written(there.start if value is None else value, "decimal" if own.legal else there.form)

        return re.sub(r"%([1-9])", count, own.text).strip()


def _numbering(file: zipfile.ZipFile, package: archive.Package) -> _Numbering:
    abstracts: dict[str, dict[int, _Level]] = {}
    links: dict[str, str] = {}
    owners: dict[str, str] = {}
    nums: list[ET.Element] = []
    for element in _children(file, package.related(package.main, "numbering"), "numbering"):
        if _name(element) == "abstractNum":
            id_ = _get(element, "abstractNumId") or ""
            abstracts[id_] = dict(_levels(element))
            links[id_] = _get(_find(element, "numStyleLink")) or ""
            owners[_get(_find(element, "styleLink")) or " "] = id_
        elif _name(element) == "num":
            nums.append(element)
    numbering = _Numbering()
    for element in nums:
        abstract = _get(_find(element, "abstractNumId")) or ""
        abstract = owners.get(links.get(abstract) or "-", abstract)
        levels = dict(abstracts.get(abstract, {}))
        restarts: dict[int, int] = {}
        for override in (child for child in element if _name(child) == "lvlOverride"):
            level = _number(_get(override, "ilvl"))
            start = _number(_get(_find(override, "startOverride")))
            if level is not None and 0 <= level <= 8:
                levels.update(_levels(override))
                if start is not None:
                    restarts[level] = start
        numbering.lists[_get(element, "numId") or ""] = (abstract, levels, restarts)
    return numbering


def _levels(element: ET.Element) -> Iterator[tuple[int, _Level]]:
    for child in element:
        level = _number(_get(child, "ilvl"))
        if _name(child) == "lvl" and level is not None and 0 <= level <= 8:
            start = _number(_get(_find(child, "start")))
            yield (
                level,
                _Level(
                    _get(_find(child, "numFmt")) or "decimal",
                    (_get(_find(child, "lvlText")) or "")[:40],
                    1 if start is None else start,
                    bool(_on(_find(child, "isLgl"))),
                ),
            )


def _written(value: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and value > 0:
        letter = chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, 5)
        return letter if form == "lowerLetter" else letter.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < value < 4000:
        roman = _roman(value)
        return roman.lower() if form == "lowerRoman" else roman
    return f"{value:02d}" if form == "decimalZero" else str(value)


def _roman(value: int) -> str:
    signs = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"))
    written = ""
    for worth, sign in (*signs, (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        written += sign * (value // worth)
        value %= worth
    return written


# ── the body ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Found:
    """A draft and what is only known when the whole file has been read."""

    draft: Draft
    titles: bool = False
    bold: bool = False
    size: int = 0


@dataclass(slots=True)
class _Inline:
    """A paragraph's characters, how many of them are bold, and the text boxes anchored in it.

    `contents` marks a line of a table of contents: it looks up the page of a contents bookmark.
    """

    text: str
    bold: int
    size: int
    boxes: list[ET.Element]
    contents: bool

    @property
    def is_bold(self) -> bool:
        return self.bold > 0 and self.bold >= len(re.sub(r"\s", "", self.text))


def _found(file: zipfile.ZipFile, package: archive.Package, body: _Body) -> list[_Found]:
    found: list[_Found] = []
    for element in _children(file, package.main, "body"):
        found += body.blocks(element)
    for type_, container in (("footnotes", "footnotes"), ("endnotes", "endnotes")):
        for note in _children(file, package.related(package.main, type_), container):
            if _get(note, "type") in (None, "normal"):
                found += body.blocks(note)
    return found


class _Body:
    """Turns elements into drafts; keeps the numbering's counts and counts hidden runs."""

    def __init__(self, styles: _Styles, numbering: _Numbering) -> None:
        self.styles = styles
        self.numbering = numbering
        self.hidden = 0

    def blocks(self, element: ET.Element) -> Iterator[_Found]:
        """The paragraphs and tables under an element, in order, with what is in their text boxes after them."""
        waiting = [element]
        while waiting:
            node = waiting.pop()
            name = _name(node)
            if name == "p":
                paragraph, boxes = self._paragraph(node)
                yield paragraph
                waiting.extend(reversed(boxes))
            elif name == "tbl":
                rows = [_cells(row) for row in _rows(node)]
                if max(map(len, rows), default=0) < 2:  # a frame, not a table
                    waiting.extend(cell for row in reversed(rows) for cell in reversed(row))
                else:
                    yield self._table(node, rows)
            elif name == "altChunk" or name in _SKIPPED or _is_placeholder(node):
                continue
            elif name == "AlternateContent":
                waiting.extend(_alternative(node))
            else:
                waiting.extend(reversed(node))

    def _paragraph(self, element: ET.Element) -> tuple[_Found, list[ET.Element]]:
        properties = _find(element, "pPr")
        style = self.styles.get(_get(_find(properties, "pStyle")))
        inline = self._inline(element, style, properties)
        draft = self._draft(inline.text, properties, style)
        breaks = _on(_find(properties, "pageBreakBefore"))
        if style.breaks if breaks is None else breaks:
            draft.text = HARD_BREAK + draft.text
        section = _find(properties, "sectPr")
        if section is not None and _get(_find(section, "type")) != "continuous":
            draft.text += HARD_BREAK
        if style.contents or inline.contents:
            draft.kind = DraftKind.FURNITURE
        return _Found(draft, style.title, inline.is_bold, inline.size), inline.boxes

    def _draft(self, text: str, properties: ET.Element | None, style: _Style) -> Draft:
        """A heading, an item or a paragraph, with the number that Word would print before it."""
        num = _get(_find(properties, "numPr", "numId")) or style.num
        level = _number(_get(_find(properties, "numPr", "ilvl")))
        level = min(max(style.level or 0 if level is None else level, 0), 8)
        listed = num in self.numbering.lists and num != "0"
        if listed and num is not None and not drafts.blank(text):
            text = _numbered(self.numbering.mark(num, level), text)
        outline = _number(_get(_find(properties, "outlineLvl")))
        heading = style.heading if outline is None else (min(outline + 1, 6) if 0 <= outline < 9 else 0)
        if heading and len(text) <= 4 * MAX_HEADING:
            return Draft(DraftKind.HEADING, text, heading)
        if listed or (style.listed is not None and num != "0"):
            return Draft(DraftKind.ITEM, text, max(level if listed else 0, style.listed or 0))
        return Draft(DraftKind.PARAGRAPH, text)

    def _inline(
        self, paragraph: ET.Element, style: _Style, properties: ET.Element | None, shaded: bool = False
    ) -> _Inline:
        shaded = shaded or style.shaded or style.heading > 0 or _is_shaded(_find(properties, "shd"))
        runs: list[str] = []
        boxes: list[ET.Element] = []
        fields: list[bool] = []  # open fields: whether their result has begun
        bold = size = 0
        contents = False
        look = style.look.over(self.styles.base)
        graphics = object()
        waiting: list[tuple[ET.Element, object]] = [(child, look) for child in reversed(paragraph)]
        while waiting:
            node, scope = waiting.pop()
            name = _name(node)
            if name == "instrText":
                contents = contents or "PAGEREF _Toc" in (node.text or "")
            elif name in _SKIPPED or _is_placeholder(node):
                continue
            elif name == "txbxContent":
                boxes.append(node)
            elif name == "AlternateContent":
                waiting.extend((child, scope) for child in _alternative(node))
            elif name in _GRAPHICS or scope is graphics:
                waiting.extend((child, graphics) for child in reversed(node))
            elif name == "r":
                own = self._run_look(node, style, shaded)
                if own.hidden:
                    self.hidden += any(_name(child) == "t" and not drafts.blank(child.text or "") for child in node)
                waiting.extend((child, own) for child in reversed(node))
            elif name == "fldChar":
                _count_field(fields, _get(node, "fldCharType"))
            elif name == "lastRenderedPageBreak":
                runs.append(BREAK)
            elif name == "br" and _get(node, "type") == "page":
                runs.append(HARD_BREAK)
            elif isinstance(scope, _Look) and (scope.hidden or not all(fields)):
                continue
            elif name == "t":
                runs.append(node.text or "")
                if isinstance(scope, _Look):
                    letters = len(re.sub(r"\s", "", node.text or ""))
                    bold += letters if scope.bold else 0
                    size = max(size, scope.size or 0) if letters else size
            elif name == "br":
                runs.append("\n")
            elif name in _CHARACTERS:
                runs.append(_CHARACTERS[name])
            else:
                waiting.extend((child, scope) for child in reversed(node))
        return _Inline("".join(runs), bold, size, boxes, contents)

    def _run_look(self, run: ET.Element, style: _Style, shaded: bool) -> _Look:
        """How a run looks; `hidden` also for letters too small or too white to be seen."""
        properties = _find(run, "rPr")
        if properties is None:
            look = style.look
        else:
            named = _get(_find(properties, "rStyle"))
            look = _look(properties).over(self.styles.get(named).look.over(style.look) if named else style.look)
        look = look.over(self.styles.base)
        white = _is_white(_get(_find(properties, "color")) or "")
        behind = shaded or _is_shaded(_find(properties, "shd")) or _find(properties, "highlight") is not None
        tiny = look.size is not None and look.size < HIDDEN_SIZE
        return replace(look, hidden=bool(look.hidden) or tiny or (white and not behind))

    def _table(self, element: ET.Element, rows: list[list[ET.Element]]) -> _Found:
        named = _get(_find(element, "tblPr", "tblStyle"))
        shaded = named is not None and self.styles.get(named).shaded
        texts: list[list[str]] = []
        bold = False
        for n, row in enumerate(rows):
            filled = [self._cell(cell, shaded) for cell in row]
            if n == 0:
                bold = all(is_bold for text, is_bold in filled if not drafts.blank(text))
            texts.append([text for cell, (text, _) in zip(row, filled, strict=True) for text in _spanned(cell, text)])
        marked = [_on(_find(row, "trPr", "tblHeader")) is True for row in _rows(element)]
        headers = marked.index(False) if False in marked else 0
        headers = headers or drafts.header_rows(texts, bold)
        return _Found(Draft(DraftKind.TABLE, rows=texts, headers=headers))

    def _cell(self, cell: ET.Element, shaded: bool) -> tuple[str, bool]:
        """All text in a cell, nested tables and lists included, on one line; and whether all of it is bold."""
        merge = _find(cell, "tcPr", "vMerge")
        if merge is not None and _get(merge) != "restart":
            return "", True
        shaded = shaded or _is_shaded(_find(cell, "tcPr", "shd"))
        bold = True
        texts: list[str] = []
        waiting = [cell]
        while waiting:
            node = waiting.pop()
            name = _name(node)
            if name == "p":
                properties = _find(node, "pPr")
                style = self.styles.get(_get(_find(properties, "pStyle")))
                inline = self._inline(node, style, properties, shaded)
                waiting.extend(reversed(inline.boxes))
                draft = self._draft(inline.text, properties, style)
                if not drafts.blank(draft.text):
                    bold = bold and inline.is_bold
                    joint = ";" if draft.kind is DraftKind.ITEM and texts and texts[-1][-1:].isalnum() else ""
                    texts.append(joint + " " * bool(texts) + draft.text.strip(" \n\t"))
                elif draft.text.strip(" \n\t"):
                    texts.append(draft.text.strip(" \n\t"))
            elif name == "AlternateContent":
                waiting.extend(_alternative(node))
            elif name not in _SKIPPED and not _is_placeholder(node):
                waiting.extend(reversed(node))
        return "".join(texts), bold


def _rows(table: ET.Element) -> list[ET.Element]:
    """The table's own rows; deleted ones are gone, wrapped ones are found."""
    rows = _own(table, "tr")
    return [row for row in rows if _find(row, "trPr", "del") is None]


def _cells(row: ET.Element) -> list[ET.Element]:
    return _own(row, "tc")


def _own(element: ET.Element, wanted: str) -> list[ET.Element]:
    """Children by name, through content controls and tracked changes, not into what is found."""
    found: list[ET.Element] = []
    waiting = list(reversed(element))
    while waiting:
        node = waiting.pop()
        name = _name(node)
        if name == wanted:
            found.append(node)
        elif name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "bookmarkStart"):
            waiting.extend(reversed(node))
    return found


def _spanned(cell: ET.Element, text: str) -> list[str]:
    """The cell once, then nothing for each further column it covers."""
    span = _number(_get(_find(cell, "tcPr", "gridSpan"))) or 1
    return [text] + [""] * (min(max(span, 1), MAX_SPAN) - 1)


def _is_placeholder(node: ET.Element) -> bool:
    """A content control nobody has filled: it shows only its prompt."""
    return _name(node) == "sdt" and bool(_on(_find(node, "sdtPr", "showingPlcHdr")))


def _alternative(node: ET.Element) -> list[ET.Element]:
    """The contents to use of several versions of the same thing, last first (they go on a stack)."""
    chosen = _find(node, "Choice")
    if chosen is None:
        chosen = _find(node, "Fallback")
    return [] if chosen is None else list(reversed(chosen))


def _count_field(fields: list[bool], mark: str | None) -> None:
    if mark == "begin":
        fields.append(False)
    elif mark == "separate" and fields:
        fields[-1] = True
    elif mark == "end" and fields:
        fields.pop()


def _numbered(mark: str, text: str) -> str:
    if not mark:
        return text
    body = text.lstrip()
    return f"{text[: len(text) - len(body)].replace(' ', '')}{mark} {body}"


# ── with the whole file in sight ─────────────────────────────────────────────────────────────────


def _with_headings(found: list[_Found]) -> list[Draft]:
    """The drafts; in a file without heading styles, short bold lines before plain text are its headings."""
    result = [item.draft for item in found]
    if any(item.draft.kind is DraftKind.HEADING and not item.titles for item in found):
        return result
    seen = [item for item in found if not drafts.blank(item.draft.text) or item.draft.kind is DraftKind.TABLE]
    sizes = Counter(item.size for item in seen if not item.bold and item.size)
    usual = sizes.most_common(1)[0][0] if sizes else 0
    for item, following in itertools.pairwise(seen):
        if _may_head(item) and not (following.bold and following.draft.kind is DraftKind.ITEM):
            item.draft.kind, item.draft.level = DraftKind.HEADING, _depth(item, usual)
    return result


def _may_head(item: _Found) -> bool:
    text = item.draft.text.strip()
    if not item.bold or item.draft.kind not in (DraftKind.PARAGRAPH, DraftKind.ITEM) or len(text) > MAX_HEADING:
        return False
    return "\n" not in text and len(text.split()) <= 15 and not text.endswith((".", ";", ",", ":"))


def _depth(item: _Found, usual: int) -> int:
    """1 for larger or all-capital lines, 2 for others; a decimal number says it itself."""
    text = item.draft.text.strip()
    if number := re.match(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s", text):
        return min(number[1].count(".") + 1, 6)
    return 1 if text.isupper() or (usual and item.size >= usual + 4) else 2


def _paged(found: list[Draft]) -> list[Draft]:
    """Word's own record of where pages began when the file has one, else the breaks its author set."""
    rendered = any(BREAK in text for draft in found for text in _texts(draft))
    hard = "" if rendered else BREAK
    for draft in found:
        draft.text = draft.text.replace(HARD_BREAK, hard)
        draft.rows = [[cell.replace(HARD_BREAK, hard) for cell in row] for row in draft.rows]
    return found


def _texts(draft: Draft) -> Iterator[str]:
    yield draft.text
    for row in draft.rows:
        yield from row


def _properties(file: zipfile.ZipFile, package: archive.Package) -> dict[str, str]:
    """The core properties' title; edition, publisher and others where someone set them.

    Not the core language: it is the writing program's own (LibreOffice calls Polish texts "en-US").
    """
    properties: dict[str, str] = {}
    for element in _children(file, package.related("", "core-properties"), "coreProperties"):
        if _name(element) == "title":
            properties["title"] = drafts.sensible_title(element.text or "")
        elif _name(element) == "publisher":
            properties["publisher"] = (element.text or "").strip()
    for element in _children(file, package.related("", "custom-properties"), "Properties"):
        name = parsers.field(_get(element, "name") or "")
        if name:
            value = " ".join("".join(element.itertext()).split())[:300]
            properties[name] = drafts.language_code(value) if name == "language" else value
    return properties
