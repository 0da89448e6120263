"""Charts of reports: what is to be drawn as values, drawn as SVG for pages and as PNG for Word. Home of matplotlib.

Drawn on a canvas measured in points, so that text keeps its size on paper. Letters become outlines: a picture looks
the same whatever fonts a reader has, and its words are told by its text alternative. Every difference that a colour
tells is also told by a line, a mark or a number. People's words are never taken for mathematics (`$…$`).
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any
from xml.etree import ElementTree

from ..dialogues.scoring import Spread
from ..domain.dialogues import Statement
from ..prompts import Words

NARROW, BROAD = 480.0, 720.0  # points: a portrait and a landscape page between its margins
DOTS_PER_INCH = 200
INK, ACCENT, MUTED, LINE, SHADE, WASH = "#1a1a1a", "#1d4f91", "#4a4f57", "#8a8f98", "#e8edf4", "#f6f7f9"
SMALL, NORMAL = 8.0, 9.0  # sizes of letters in points
LEADING = 1.25
LEAST_SPOKES = 3
MOST_BOXES, LONG_BOX = 7, 110  # boxes of a column, characters of a box; the words below a diagram tell the rest
MOST_COLUMNS = 3  # of a diagram on a portrait page
MOST_STATEMENTS, LONG_STATEMENT = 12, 130  # rows of a dot plot, characters of a row

_DRAWING = Lock()  # matplotlib keeps its settings and fonts in one place for all threads
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Radar:
    """Scores 0–1 on as many spokes; None is not known. `names` tell now from before when there is a before."""

    labels: tuple[str, ...]
    now: tuple[float | None, ...]
    before: tuple[float | None, ...] = ()
    names: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Boxes:
    """Columns from left to right, each a title with boxes; arrows lead from each column to the next."""

    columns: tuple[tuple[str, tuple[str, ...]], ...]
    more: str = "… +{count}"  # of the boxes that found no room

    @property
    def broad(self) -> bool:
        """Whether it needs a landscape page."""
        return len(self.columns) > MOST_COLUMNS

    @property
    def whole(self) -> bool:
        """Whether every word is in the picture."""
        texts = [text for _, boxes in self.columns for text in boxes]
        return all(len(text) <= LONG_BOX for text in texts) and all(len(b) <= MOST_BOXES for _, b in self.columns)


@dataclass(frozen=True, slots=True)
class Row:
    """What many replied to one scale: how many chose each level from 1; `sign` stands at the end of its row."""

    text: str
    counts: tuple[int, ...]
    middle: float | None
    sign: str
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Dots:
    """A row for each statement, a dot for each level that somebody chose."""

    statements: tuple[Row, ...]
    alternative: str
    middle: str = ""  # what ▲ means


Chart = Radar | Boxes | Dots


def percent(score: float) -> int:
    """A score of 0–1 as whole hundredths, halves up."""
    return int(score * 100 + 0.5)


def svg(chart: Chart, alternative: str, key: str) -> str:
    """An `<svg>` element for a page, the same for the same chart; `key` keeps its ids apart from other charts'."""
    root = ElementTree.fromstring(_saved(chart, "svg"))
    for metadata in root.findall(f"{_SVG}metadata"):
        root.remove(metadata)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        named = element.attrib.pop("id", "")
        if named and element.tag in ("path", "clipPath"):
            element.set("id", f"{key}-{named}")
        for name, value in filter(None, map(_declared, element.attrib.pop("style", "").split(";"))):
            element.set(name, value)  # as attributes: WeasyPrint warns of each that is no property of pages
        for name in list(element.attrib):
            value = element.attrib.pop(name)
            value = f"#{key}-{value[1:]}" if name.endswith("href") else value.replace("url(#", f"url(#{key}-")
            element.set(name.rpartition("}")[2], value)
    title = ElementTree.Element("title", {"id": f"{key}-title"})
    title.text = alternative
    root.insert(0, title)
    for name, value in {"xmlns": _SVG[1:-1], "role": "img", "aria-labelledby": f"{key}-title"}.items():
        root.set(name, value)
    return ElementTree.tostring(root, encoding="unicode")


def _declared(told: str) -> tuple[str, str] | None:
    name, found, value = told.partition(":")
    return (name.strip(), value.strip()) if found else None


def png(chart: Chart) -> bytes:
    """The same as a picture of 200 dots an inch."""
    return _saved(chart, "png")


def size(chart: Chart) -> tuple[float, float]:
    """Width and height in points."""
    with _DRAWING:
        return _LAYOUTS[type(chart)](chart)[:2]


def dots(found: Sequence[Spread | Statement], texts: Sequence[str], words: Words) -> tuple[Dots, ...]:
    """How far the replies to each statement lie apart, at most MOST_STATEMENTS in a chart; `texts` name them."""
    rows = []
    for one, text in zip(found, texts, strict=True):
        apart = one.to_discuss if isinstance(one, Spread) else one.discuss
        rows.append(Row(text, one.levels, one.middle, words.text("run_report.discuss") if apart else "", apart))
    parts = [tuple(rows[at : at + MOST_STATEMENTS]) for at in range(0, len(rows), MOST_STATEMENTS)]
    return tuple(Dots(part, _spread_told(part, words), words.text("run_report.median")) for part in parts)


def _spread_told(rows: Sequence[Row], words: Words) -> str:
    told = []
    for row in rows:
        counts = ", ".join(
            words.text("run_report.dots_level", level=level, count=count)
            for level, count in enumerate(row.counts, start=1)
            if count
        )
        told.append(f"{row.text}: {counts or '–'}" + (f" ({row.sign})" if row.sign else ""))
    return words.text("run_report.dots_alternative", rows="; ".join(told))


# ---- drawing -----------------------------------------------------------------------------------

Draw = Callable[[Any], None]
Layout = tuple[float, float, Draw]  # width, height, and what draws on axes measured in points


def _saved(chart: Chart, kind: str) -> bytes:
    with _DRAWING:
        matplotlib = _library()
        width, height, draw = _LAYOUTS[type(chart)](chart)
        with matplotlib.rc_context({"svg.hashsalt": "chart", "svg.fonttype": "path", "font.family": ["DejaVu Sans"]}):
            figure = matplotlib.figure.Figure(figsize=(width / 72, height / 72), dpi=72)
            axes = figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            axes.set_xlim(0, width)
            axes.set_ylim(0, height)
            draw(axes)
            file = io.BytesIO()
            if kind == "svg":
                nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
                figure.savefig(file, format="svg", metadata=nothing, transparent=True)
            else:
                figure.savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        return file.getvalue()


@lru_cache(maxsize=1)
def _library() -> Any:
    import warnings

    import matplotlib
    import matplotlib.figure

    warnings.filterwarnings("ignore", message="Glyph .* missing")  # a box is drawn instead
    return matplotlib


def _text(axes: Any, x: float, y: float, lines: Sequence[str], size: float = NORMAL, **looks: Any) -> None:
    """Lines under one another; y is the top of the first."""
    for place, line in enumerate(lines):
        axes.text(x, y - place * size * LEADING, line, fontsize=size, va="top", parse_math=False, **looks)


# ---- radar -------------------------------------------------------------------------------------


def _radar(chart: Radar) -> Layout:
    radius, room, width = 112.0, 112.0, NARROW
    turns = [2 * math.pi * n / len(chart.labels) for n in range(len(chart.labels))]
    labels = []
    for label, value, turn in zip(chart.labels, chart.now, turns, strict=True):
        side = abs(math.sin(turn)) > 0.1
        lines = _wrapped(_cut(label, LONG_BOX), room if side else 2 * room, NORMAL)[:4]
        labels.append([*lines, "–" if value is None else f"{percent(value)}%"])
    tall = NORMAL * LEADING
    top = max((len(lines) for lines, turn in zip(labels, turns, strict=True) if math.cos(turn) > 0.9), default=2) * tall
    under = [len(lines) for lines, turn in zip(labels, turns, strict=True) if math.cos(turn) < -0.9]
    bottom = max(under, default=2) * tall + (22 if chart.before else 0)
    height = 2 * radius + top + bottom + 28
    centre = (width / 2, bottom + 14 + radius)

    def point(value: float, turn: float) -> tuple[float, float]:
        return centre[0] + radius * value * math.sin(turn), centre[1] + radius * value * math.cos(turn)

    def draw(axes: Any) -> None:
        for ring in (0.25, 0.5, 0.75, 1.0):
            axes.fill(*zip(*(point(ring, turn) for turn in turns), strict=True), fill=False, edgecolor=LINE, lw=0.5)
        for turn in turns:
            axes.plot(*zip(centre, point(1, turn), strict=True), color=LINE, lw=0.5)
        if chart.before:
            _outline(
                axes, [None if v is None else point(v, t) for v, t in zip(chart.before, turns, strict=True)], False
            )
        _outline(axes, [None if v is None else point(v, t) for v, t in zip(chart.now, turns, strict=True)], True)
        for ring in (0.25, 0.5, 0.75, 1.0):
            x, y = point(ring, 0)
            _text(axes, x + 3, y - 1, [f"{ring * 100:.0f}"], 6.5, color=MUTED)
        for lines, turn in zip(labels, turns, strict=True):
            x, y = point(1 + 10 / radius, turn)
            across, up = math.sin(turn), math.cos(turn)
            align = "center" if abs(across) < 0.1 else ("left" if across > 0 else "right")
            high = len(lines) * tall
            y += high if up > 0.9 else (0 if up < -0.9 else high / 2)
            _text(axes, x, y, lines[:-1], ha=align, color=INK)
            _text(axes, x, y - (len(lines) - 1) * tall, lines[-1:], ha=align, color=ACCENT, fontweight="bold")
        if chart.before:
            _key(axes, width, chart.names)

    return width, height, draw


def _outline(axes: Any, points: Sequence[tuple[float, float] | None], now: bool) -> None:
    """A line through the known points, broken where one is not known, closed when there are more than two."""
    looks: dict[str, Any] = (
        {"color": ACCENT, "lw": 1.8, "marker": "o", "markersize": 4.5}
        if now
        else {"color": MUTED, "lw": 1.2, "linestyle": (0, (4, 3)), "marker": "s", "markersize": 4, "mfc": "white"}
    )
    known = [point for point in points if point is not None]
    if now and len(known) == len(points):
        axes.fill(*zip(*known, strict=True), color=ACCENT, alpha=0.13, lw=0)
    around = [*points, *points[:1]] if len(points) > 2 else points
    axes.plot(*zip(*(point or (math.nan, math.nan) for point in around), strict=True), **looks)


def _key(axes: Any, width: float, names: tuple[str, str]) -> None:
    middle = width / 2
    _outline(axes, [(middle - 130, 8), (middle - 105, 8)], True)
    _outline(axes, [(middle + 20, 8), (middle + 45, 8)], False)
    _text(axes, middle - 98, 13, _wrapped(names[0], 110, SMALL)[:1], SMALL, color=INK)
    _text(axes, middle + 52, 13, _wrapped(names[1], 150, SMALL)[:1], SMALL, color=INK)


# ---- boxes and arrows --------------------------------------------------------------------------


def _boxes(chart: Boxes) -> Layout:
    width, gap, inside, between = (BROAD if chart.broad else NARROW), 24.0, 6.0, 7.0
    lane = (width - gap * (len(chart.columns) - 1) - 2) / len(chart.columns)
    letters = NORMAL
    tall = letters * LEADING
    heads = [_wrapped(_cut(title, LONG_BOX), lane - 2 * inside, letters, bold=True) for title, _ in chart.columns]
    head = max(map(len, heads)) * tall + 2 * inside
    columns = [
        [_wrapped(text, lane - 4 * inside, letters) for text in _shown(boxes, chart.more)] for _, boxes in chart.columns
    ]
    heights = [[len(lines) * tall + 2 * inside for lines in boxes] for boxes in columns]
    body = max(sum(column) + between * (len(column) + 1) for column in heights)
    height = head + body + 4

    def draw(axes: Any) -> None:
        from matplotlib.patches import FancyArrow, Rectangle

        for place, (title, boxes, high) in enumerate(zip(heads, columns, heights, strict=True)):
            left = 1 + place * (lane + gap)
            axes.add_patch(Rectangle((left, 2), lane, height - 4, facecolor=WASH, edgecolor=LINE, lw=0.7))
            axes.add_patch(Rectangle((left, height - 2 - head), lane, head, facecolor=ACCENT, edgecolor=ACCENT, lw=0.7))
            y = height - 2 - (head - len(title) * tall) / 2
            _text(axes, left + lane / 2, y, title, letters, ha="center", color="white", fontweight="bold")
            y = height - 2 - head - (body - sum(high) - between * (len(high) - 1)) / 2
            for lines, tallness in zip(boxes, high, strict=True):
                box = (left + inside, y - tallness)
                axes.add_patch(Rectangle(box, lane - 2 * inside, tallness, facecolor="white", edgecolor=INK, lw=0.7))
                _text(axes, left + 2 * inside, y - inside, lines, letters, color=INK)
                y -= tallness + between
            if place:
                arrow = FancyArrow(
                    left - gap + 3,
                    2 + body / 2,
                    gap - 6,
                    0,
                    width=4,
                    head_width=13,
                    head_length=9,
                    length_includes_head=True,
                )
                arrow.set(facecolor=MUTED, edgecolor=MUTED, lw=0)
                axes.add_patch(arrow)

    return width, height, draw


def _shown(boxes: Sequence[str], more: str) -> list[str]:
    kept = [_cut(text, LONG_BOX) for text in boxes[:MOST_BOXES]]
    if len(boxes) > MOST_BOXES:
        kept[-1] = more.format(count=len(boxes) - MOST_BOXES + 1)
    return kept or ["–"]


# ---- dots --------------------------------------------------------------------------------------


def _dots(chart: Dots) -> Layout:
    width, label, right, pad, head = NARROW, 190.0, 78.0, 7.0, 20.0
    most = max((len(row.counts) for row in chart.statements), default=1)
    step = (width - label - right - 40) / max(most - 1, 1)
    texts = [_wrapped(_cut(row.text, LONG_STATEMENT), label - 10, SMALL) for row in chart.statements]
    heights = [max(len(lines) * SMALL * LEADING, 22) + pad for lines in texts]
    height = head + sum(heights) + 4
    largest = max((max(row.counts, default=0) for row in chart.statements), default=1) or 1

    def draw(axes: Any) -> None:
        from matplotlib.patches import Rectangle

        for level in range(most):
            x = label + 20 + level * step
            _text(axes, x, height - 5, [str(level + 1)], SMALL, ha="center", color=MUTED, fontweight="bold")
        if chart.middle:
            axes.plot(width - right + 10, height - 10, marker="^", markersize=5, color=INK)
            _text(axes, width - right + 18, height - 5, [chart.middle], SMALL, color=MUTED)
        y = height - head
        for row, lines, high in zip(chart.statements, texts, heights, strict=True):
            if row.apart:
                axes.add_patch(Rectangle((0, y - high), width, high, facecolor=SHADE, lw=0))
            axes.plot((0, width), (y, y), color=LINE, lw=0.4)
            middle = y - high / 2
            _text(axes, 4, middle + len(lines) * SMALL * LEADING / 2, lines, SMALL, color=INK)
            _row(axes, row, lambda level: label + 20 + (level - 1) * step, middle, largest)
            if row.sign:
                sign = _wrapped(row.sign, right - 8, SMALL, bold=True)
                up = len(sign) * SMALL * LEADING / 2
                _text(axes, width - right + 8, middle + up, sign, SMALL, color=INK, fontweight="bold")
            y -= high

    return width, height, draw


def _row(axes: Any, row: Row, at: Callable[[float], float], y: float, largest: int) -> None:
    chosen = [level for level, count in enumerate(row.counts, start=1) if count]
    if not chosen:
        return
    axes.plot((at(chosen[0]), at(chosen[-1])), (y, y), color=MUTED, lw=1.2, zorder=1)
    for level in chosen:
        count = row.counts[level - 1]
        across = 11 + 10 * math.sqrt(count / largest)
        axes.plot(at(level), y, marker="o", markersize=across, color=ACCENT, mec="white", mew=0.8, zorder=2)
        looks = {"ha": "center", "va": "center_baseline", "color": "white", "fontweight": "bold"}
        axes.text(at(level), y, str(count), fontsize=SMALL, parse_math=False, zorder=3, **looks)
    if row.middle is not None:
        axes.plot(at(row.middle), y - 13, marker="^", markersize=5, color=INK, zorder=3)


# ---- words that fit ----------------------------------------------------------------------------


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _wrapped(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Lines no wider than `width` points; a word that is wider by itself is broken."""
    lines = [""]
    for word in text.split():
        if lines[-1] and _wide(f"{lines[-1]} {word}", size, bold) <= width:
            lines[-1] += f" {word}"
            continue
        lines.append(word)
        while _wide(lines[-1], size, bold) > width and len(lines[-1]) > 1:
            fits = next(
                n for n in range(len(lines[-1]) - 1, 0, -1) if n == 1 or _wide(lines[-1][:n], size, bold) <= width
            )
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    return lines[1:] or [""]


@lru_cache(maxsize=4096)
def _wide(text: str, size: float, bold: bool) -> float:
    font = _font(bold)
    font.set_size(size, 72)
    font.set_text(text, 0.0)
    return float(font.get_width_height()[0]) / 64


@lru_cache(maxsize=2)
def _font(bold: bool) -> Any:
    from matplotlib import font_manager

    weight = "bold" if bold else "normal"
    return font_manager.get_font(
        font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans", weight=weight))
    )


_LAYOUTS: dict[type[Chart], Callable[[Any], Layout]] = {Radar: _radar, Boxes: _boxes, Dots: _dots}
