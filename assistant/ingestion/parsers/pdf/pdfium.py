"""Pages as pdfium sees them: words with their places, rules, pictures, hidden text, renderings.

The only home of pypdfium2. Its raw functions are called (about 1 µs each through ctypes) because
its own helpers build an object for every character. Measured: 3-8 ms a page of running text.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ....errors import EncryptedDocument, UnreadableDocument
from .geometry import PageView, Rule, Word

MAX_CHARS = 100_000  # a page; the densest real ones (telephone books, statutes in six columns) have 20,000
MAX_OBJECTS = 20_000  # a page; maps and drawings have more and no tables
MAX_PATHS = 3_000
MAX_FORM_DEPTH = 3
MAX_PIXELS = 40_000_000  # A3 at 300 dpi is 17 million
SMALLEST_READABLE = 2.0  # points
SHORTEST_RULE = 6.0  # points
THIN = 2.5  # points: a filled box not thicker than this is a stroke

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_FORMAT, _PASSWORD, _SECURITY = 3, 4, 5  # FPDF_ERR_*
_HYPHEN = (0x02, 0xFFFE)  # pdfium writes these for a hyphen that ends a line, and leaves the line break out
_NOTE_BEHIND = re.compile(r"[^\W\d_]{3}[.,;:!?”\"»)]*(\d{1,3}\)?)$")  # not m2, CO2
_NOTE_BEFORE = re.compile(r"(\d{1,3}\)?)[^\W\d_]")
_INVISIBLE = (3, 7)  # text render modes: neither filled nor stroked; clipping only


class _Style(NamedTuple):
    """What all characters of one text object share. `turn` is the writing direction on the page."""

    size: float
    bold: bool
    mode: int
    rgba: tuple[int, int, int, int] | None
    turn: Point


@dataclass(slots=True)
class _Scene:
    """What lies behind the text. `complete` is False when there was too much to look at."""

    rules: list[Rule] = field(default_factory=list)
    backdrops: list[Box] = field(default_factory=list)
    dots: list[Point] = field(default_factory=list)
    image_share: float = 0.0
    drawn: int = 0
    complete: bool = True


class PdfFile:
    """An open PDF. `pages` counts them as the file says; a page may still be missing."""

    def __init__(self, data: bytes, name: str) -> None:
        import pypdfium2
        import pypdfium2.raw as raw

        self._raw: Any = raw
        self._error = pypdfium2.PdfiumError
        try:
            self._document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == _PASSWORD:
                raise EncryptedDocument(path=name, reason="password") from None
            if error.err_code == _SECURITY:
                raise EncryptedDocument(path=name, reason="unknown_encryption") from None
            raise UnreadableDocument(path=name, reason="damaged") from None
        self.pages: int = len(self._document)

    def close(self) -> None:
        """Free pdfium's memory."""
        self._document.close()

    def encrypted(self) -> bool:
        """Whether the file is encrypted, though readable without a password."""
        return bool(self._raw.FPDF_GetSecurityHandlerRevision(self._document.raw) != -1)

    def active(self) -> set[str]:
        """Kinds of active content the document itself carries: JavaScript, EmbeddedFile."""
        found = set()
        if self._raw.FPDFDoc_GetJavaScriptActionCount(self._document.raw) > 0:
            found.add("JavaScript")
        if self._raw.FPDFDoc_GetAttachmentCount(self._document.raw) > 0:
            found.add("EmbeddedFile")
        return found

    def title(self) -> str:
        """The title the file gives itself, "" without one."""
        return str(self._document.get_metadata_value("Title") or "")

    def outline(self, most: int) -> tuple[tuple[str, int], ...]:
        """(title, depth from 1) of at most `most` entries, in order."""
        entries = itertools.islice(self._document.get_toc(max_depth=6), most)
        return tuple((str(entry.get_title() or ""), entry.level + 1) for entry in entries)

    def labels(self) -> tuple[str, ...] | None:
        """The printed number of every page, None when the file has none."""
        labels = tuple(str(self._document.get_page_label(n) or "") for n in range(self.pages))
        return labels if any(labels) else None

    def page(self, number: int) -> PageView:
        """Page `number` from 1, with `failed` set when pdfium cannot load it."""
        try:
            page = self._document[number - 1]
        except (self._error, IndexError):
            return PageView(number, 0.0, 0.0, failed=True)
        try:
            return _PageReader(self._raw, page, number).read()
        except self._error:
            return PageView(number, 0.0, 0.0, failed=True)
        finally:
            page.close()

    def render(self, number: int, dpi: int) -> tuple[int, int, float, bytes] | None:
        """(width, height, points a pixel, grey bytes row by row); fewer dpi when the page is huge.

        None when pdfium cannot draw the page.
        """
        try:
            return self._rendered(number, dpi)
        except self._error:
            return None

    def _rendered(self, number: int, dpi: int) -> tuple[int, int, float, bytes]:
        page = self._document[number - 1]
        try:
            width, height = page.get_size()
            scale = min(dpi / 72, math.sqrt(MAX_PIXELS / max(width * height, 1.0)))
            bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
            try:
                rows = memoryview(bitmap.buffer).cast("B")
                packed = b"".join(
                    bytes(rows[at : at + bitmap.width]) for at in range(0, bitmap.stride * bitmap.height, bitmap.stride)
                )
                return bitmap.width, bitmap.height, 1 / scale, packed
            finally:
                bitmap.close()
        finally:
            page.close()


class _PageReader:
    """Reads one open page; lives as long as the page."""

    def __init__(self, raw: Any, page: Any, number: int) -> None:
        self.raw = raw
        self.page = page
        self.number = number
        self.styles: dict[int, _Style | None] = {}
        self.bold_fonts: dict[int, bool] = {}
        self.doubles = [ctypes.c_double() for _ in range(4)]
        self.pointers = [ctypes.byref(double) for double in self.doubles]
        self.box = page.get_bbox()
        self.rotation = page.get_rotation() // 90

    def read(self) -> PageView:
        text_page = self.raw.FPDFText_LoadPage(self.page.raw)
        if not text_page:
            return PageView(self.number, 0.0, 0.0, failed=True)
        try:
            count = self.raw.FPDFText_CountChars(text_page)
            cut = count > MAX_CHARS
            runs = list(self._runs(text_page, min(count, MAX_CHARS)))
            self._turn_upright(text_page, runs)
            left, bottom, right, top = self.box
            width, height = (right - left, top - bottom)[:: -1 if self.rotation % 2 else 1]
            scene = self._scene(width, height)
            view = PageView(self.number, width, height, rules=scene.rules, dots=scene.dots)
            view.image_share, view.drawn, view.cut = scene.image_share, scene.drawn, cut
            self._place(text_page, runs, scene, view)
            return view
        finally:
            self.raw.FPDFText_ClosePage(text_page)

    def _runs(self, text_page: Any, count: int) -> Iterator[list[tuple[str, int, int]]]:
        """Lines of (word, first character, last character), broken where pdfium breaks them."""
        get = self.raw.FPDFText_GetUnicode
        line: list[tuple[str, int, int]] = []
        chars: list[str] = []
        start = 0

        def word(end: int) -> None:
            if chars:
                text = "".join(chars)
                if any("\ud800" <= char <= "\udfff" for char in chars):
                    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
                line.append((text, start, end))
                chars.clear()

        for index in range(count):
            code = get(text_page, index)
            if code in _HYPHEN:
                if not chars:
                    start = index
                chars.append("-")
                word(index)
                yield line
                line = []
            elif code <= 0x20 or code == 0xA0 or 0x2000 <= code <= 0x200A or code in (0x202F, 0x205F, 0x3000, 0x85):
                word(index - 1)
                if code in (0x0A, 0x0D) and line:
                    yield line
                    line = []
            else:
                if not chars:
                    start = index
                chars.append(chr(code) if code < 0x110000 else "\ufffd")
        word(count - 1)
        if line:
            yield line

    def _turn_upright(self, text_page: Any, runs: list[list[tuple[str, int, int]]]) -> None:
        """Count a quarter turn more when most words are written up or down the page (a table put sideways)."""
        turns: Counter[int] = Counter()
        for run in runs:
            style = self._style(text_page, run[0][1])
            if style is not None:
                dx, dy = self._direction(style.turn)
                turns[round(math.atan2(dy, dx) / (math.pi / 2)) % 4] += sum(len(word) for word, _, _ in run)
        if turns:
            turn, weight = turns.most_common(1)[0]
            if turn and weight > 0.6 * turns.total():
                self.rotation = (self.rotation - turn) % 4

    def _place(self, text_page: Any, runs: list[list[tuple[str, int, int]]], scene: _Scene, view: PageView) -> None:
        """Give words their places; leave out what nobody can see and what is written across the page."""
        turned = 0
        across: list[list[Word]] = []
        for run in runs:
            row: list[Word] = []
            side: list[Word] = []
            for text, first, last in self._without_note_marks(text_page, run):
                style = self._style(text_page, first)
                if style is None:
                    continue
                word = self._word(text_page, text, first, last, style)
                if word is None:
                    continue
                if self._unseen(word, style, scene, view):
                    view.hidden += 1
                    continue
                dx, dy = self._direction(style.turn)
                (row if dx > 0 and abs(dy) < 0.3 * dx else side).append(word)
            if row:
                view.rows.append(row)
            if side:
                turned += 1
                across.append(side)
        # Watermarks, stamps up the margin, labels of a chart's axis: left out while they are few.
        if turned > 0.2 * max(len(view.rows), 1) and turned > 5:
            view.rows += across

    def _without_note_marks(self, text_page: Any, run: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
        """Raised numbers that refer to footnotes: left out behind a word, parted from the note's own first word."""
        for text, first, last in run:
            if text.isalpha() or len(text) != last - first + 1:
                yield text, first, last
            elif (match := _NOTE_BEHIND.search(text)) and self._smaller(text_page, first + match.start(1), first):
                yield text[: match.start(1)], first, first + match.start(1) - 1
            elif (match := _NOTE_BEFORE.match(text)) and self._smaller(text_page, first, first + match.end(1)):
                yield match[1], first, first + match.end(1) - 1
                yield text[match.end(1) :], first + match.end(1), last
            else:
                yield text, first, last

    def _smaller(self, text_page: Any, index: int, than: int) -> bool:
        small, large = self._style(text_page, index), self._style(text_page, than)
        return small is not None and large is not None and small.size < 0.85 * large.size

    def _word(self, text_page: Any, text: str, first: int, last: int, style: _Style) -> Word | None:
        x, y = self.doubles[:2]
        if not self.raw.FPDFText_GetCharOrigin(text_page, first, *self.pointers[:2]):
            return None
        base = self._display(x.value, y.value)
        box = self._char_box(text_page, first)
        end = self._char_box(text_page, last) if last != first else box
        x0 = box[0] if box else base[0]
        x1 = end[2] if end else x0 + 0.5 * style.size * len(text)
        if not (abs(x0) < 1e6 and abs(x1) < 1e6 and abs(base[1]) < 1e6 and style.size < 1e6):  # also not a number
            return None
        return Word(text, x0, max(x1, x0 + 0.1), base[1], style.size, style.bold)

    def _char_box(self, text_page: Any, index: int) -> Box | None:
        """Left, top, right, bottom as displayed."""
        if not self.raw.FPDFText_GetCharBox(text_page, index, *self.pointers):
            return None
        left, right, bottom, top = (double.value for double in self.doubles)
        return _ordered(self._display(left, bottom), self._display(right, top))

    def _style(self, text_page: Any, index: int) -> _Style | None:
        pointer = self.raw.FPDFText_GetTextObject(text_page, index)
        if not pointer:
            return None
        key = ctypes.addressof(pointer.contents)
        if key not in self.styles:
            self.styles[key] = self._read_style(text_page, index, pointer)
        return self.styles[key]

    def _read_style(self, text_page: Any, index: int, pointer: Any) -> _Style:
        matrix = self.raw.FS_MATRIX()
        size = self.raw.FPDFText_GetFontSize(text_page, index)
        turn: Point = (1.0, 0.0)
        if self.raw.FPDFText_GetMatrix(text_page, index, ctypes.byref(matrix)):
            # The size in the file is multiplied by the text matrix: "1 Tf" under a matrix of 12 is 12 points.
            size *= math.hypot(matrix.c, matrix.d)
            length = math.hypot(matrix.a, matrix.b)
            if length > 0:
                turn = (matrix.a / length, matrix.b / length)
        if not 1.0 <= size <= 300.0:
            size = self._measured_size(text_page, index) or size
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        by = ctypes.byref
        known = self.raw.FPDFPageObj_GetFillColor(pointer, by(red), by(green), by(blue), by(alpha))
        rgba = (red.value, green.value, blue.value, alpha.value) if known else None
        return _Style(size, self._bold(pointer), self.raw.FPDFTextObj_GetTextRenderMode(pointer), rgba, turn)

    def _measured_size(self, text_page: Any, index: int) -> float:
        """Type 3 fonts may call any size 1: take the height of the character's box."""
        rect = self.raw.FS_RECTF()
        if not self.raw.FPDFText_GetLooseCharBox(text_page, index, ctypes.byref(rect)):
            return 0.0
        return min(abs(rect.top - rect.bottom), 300.0) / 1.15

    def _bold(self, pointer: Any) -> bool:
        font = self.raw.FPDFTextObj_GetFont(pointer)
        if not font:
            return False
        key = ctypes.addressof(font.contents)
        if key not in self.bold_fonts:
            name = ctypes.create_string_buffer(200)
            self.raw.FPDFFont_GetBaseFontName(font, name, 200)
            low = name.value.decode("latin-1").lower()
            forced = self.raw.FPDFFont_GetFlags(font) & (1 << 18)
            named = any(mark in low for mark in ("bold", "black", "heavy", "semibd", "cmbx", "sfbx", "-bd"))
            self.bold_fonts[key] = bool(forced or named)
        return self.bold_fonts[key]

    def _unseen(self, word: Word, style: _Style, scene: _Scene, view: PageView) -> bool:
        """Tiny, off the page, invisible without a scan below, or white on white."""
        middle, height = (word.x0 + word.x1) / 2, word.base - 0.3 * word.size
        if word.size < SMALLEST_READABLE or not (-1 <= middle <= view.width + 1 and -1 <= height <= view.height + 1):
            return True
        if style.mode in _INVISIBLE:
            # Over a picture this is the text layer of a scan.
            return scene.image_share < 0.1
        if style.rgba is None or style.mode not in (0, 4):
            return False
        if style.rgba[3] < 10:
            return True
        if min(style.rgba[:3]) < 250 or not scene.complete:
            return False
        return not any(x0 <= middle <= x1 and y0 <= height <= y1 for x0, y0, x1, y1 in scene.backdrops)

    def _scene(self, width: float, height: float) -> _Scene:
        scene = _Scene()
        pictures = 0.0
        seen = 0
        raw = self.raw
        for kind, pointer, matrix in self._objects():
            seen += 1
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                continue
            bounds = self._bounds(pointer, matrix)
            if bounds is None:
                continue
            if kind == raw.FPDF_PAGEOBJ_IMAGE:
                across = min(bounds[2], width) - max(bounds[0], 0.0)
                down = min(bounds[3], height) - max(bounds[1], 0.0)
                pictures += max(across, 0.0) * max(down, 0.0)
                scene.backdrops.append(bounds)
            elif kind == raw.FPDF_PAGEOBJ_SHADING:
                scene.backdrops.append(bounds)
            elif kind == raw.FPDF_PAGEOBJ_PATH:
                scene.drawn += 1
                if scene.drawn <= MAX_PATHS:
                    self._read_path(pointer, matrix, bounds, scene)
        scene.image_share = min(pictures / max(width * height, 1.0), 1.0)
        scene.complete = seen < MAX_OBJECTS and scene.drawn <= MAX_PATHS
        if not scene.complete:
            scene.rules, scene.dots = [], []
        return scene

    def _objects(self) -> Iterator[tuple[int, Any, Matrix]]:
        """(type, object, matrix of the forms around it), at most MAX_OBJECTS."""
        raw = self.raw
        left = [MAX_OBJECTS]

        def walk(parent: Any, matrix: Matrix, depth: int) -> Iterator[tuple[int, Any, Matrix]]:
            count, get = raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject
            if depth:
                count, get = raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject
            for index in range(count(parent)):
                if left[0] <= 0:
                    return
                left[0] -= 1
                pointer = get(parent, index)
                if not pointer:
                    continue
                kind = raw.FPDFPageObj_GetType(pointer)
                yield kind, pointer, matrix
                if kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_FORM_DEPTH:
                    yield from walk(pointer, _product(self._matrix(pointer), matrix), depth + 1)

        yield from walk(self.page.raw, IDENTITY, 0)

    def _read_path(self, pointer: Any, matrix: Matrix, bounds: Box, scene: _Scene) -> None:
        """Add a path's straight strokes and edges to the rules, a coloured filling to the backdrops."""
        raw = self.raw
        x0, y0, x1, y1 = bounds
        width, height = x1 - x0, y1 - y0
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(pointer, ctypes.byref(fill), ctypes.byref(stroke))
        if fill.value and not self._white(pointer):
            scene.backdrops.append(bounds)
        if not (fill.value or stroke.value):
            return
        if 1.2 <= width <= 10 and 1.2 <= height <= 10 and 0.7 < width / height < 1.5:
            scene.dots.append(((x0 + x1) / 2, (y0 + y1) / 2))
        elif height <= THIN or width <= THIN:
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            if max(width, height) >= SHORTEST_RULE:
                scene.rules.append(Rule(x0, y, x1, y) if height <= width else Rule(x, y0, x, y1))
        else:
            count = raw.FPDFPath_CountSegments(pointer)
            if 2 <= count <= 400:
                scene.rules.extend(self._edges(pointer, _product(self._matrix(pointer), matrix), count))

    def _edges(self, pointer: Any, matrix: Matrix, count: int) -> Iterator[Rule]:
        raw = self.raw
        x, y = ctypes.c_float(), ctypes.c_float()
        start = last = None
        for index in range(count):
            segment = raw.FPDFPath_GetPathSegment(pointer, index)
            if not segment or not raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
                return
            point = self._display(*_apply(matrix, x.value, y.value))
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind == raw.FPDF_SEGMENT_MOVETO:
                start = point
            elif kind == raw.FPDF_SEGMENT_LINETO and last is not None:
                yield from _straight(last, point)
            last = point
            if raw.FPDFPathSegment_GetClose(segment) and start is not None:
                yield from _straight(point, start)

    def _white(self, pointer: Any) -> bool:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        by = ctypes.byref
        if not self.raw.FPDFPageObj_GetFillColor(pointer, by(red), by(green), by(blue), by(alpha)):
            return False
        return min(red.value, green.value, blue.value) >= 250 or alpha.value < 10

    def _bounds(self, pointer: Any, matrix: Matrix) -> Box | None:
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        by = ctypes.byref
        if not self.raw.FPDFPageObj_GetBounds(pointer, by(left), by(bottom), by(right), by(top)):
            return None
        corners = [_apply(matrix, x, y) for x in (left.value, right.value) for y in (bottom.value, top.value)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        values = _ordered(self._display(min(xs), min(ys)), self._display(max(xs), max(ys)))
        return values if all(math.isfinite(value) for value in values) else None

    def _matrix(self, pointer: Any) -> Matrix:
        matrix = self.raw.FS_MATRIX()
        if not self.raw.FPDFPageObj_GetMatrix(pointer, ctypes.byref(matrix)):
            return IDENTITY
        return (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)

    def _display(self, x: float, y: float) -> Point:
        """A point of the page's own space as displayed: turned clockwise by `rotation` quarters, y down."""
        left, bottom, right, top = self.box
        if self.rotation == 0:
            return x - left, top - y
        if self.rotation == 1:
            return y - bottom, x - left
        if self.rotation == 2:
            return right - x, y - bottom
        return top - y, right - x

    def _direction(self, turn: Point) -> Point:
        """A direction of the page's own space as displayed, y down."""
        dx, dy = turn
        return ((dx, -dy), (dy, dx), (-dx, dy), (-dy, -dx))[self.rotation]


def _ordered(a: Point, b: Point) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def _product(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that applies `first`, then `then` (PDF 32000-1, 8.3.4)."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _apply(matrix: Matrix, x: float, y: float) -> Point:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _straight(a: Point, b: Point) -> Iterator[Rule]:
    """The rule from a to b when it is upright or level and long enough to mean something."""
    if abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) >= SHORTEST_RULE:
        yield Rule(a[0], min(a[1], b[1]), a[0], max(a[1], b[1]))
    elif abs(a[1] - b[1]) <= 1 and abs(a[0] - b[0]) >= SHORTEST_RULE:
        yield Rule(min(a[0], b[0]), a[1], max(a[0], b[0]), a[1])
