"""Words to readable lines: letters repaired, pieces of one baseline joined, runs of lines told apart.

Separate from `blocks` because furniture is looked for in lines before any paragraph is made.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from statistics import median

from .geometry import Line, PageView, Word, common

GAP = 1.5  # ems: a wider space parts columns or cells; justified lines stay below 1.2
BULLET = "•"

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_GONE = dict.fromkeys(  # controls, zero-width and direction marks, what is no character at all
    code
    for first, last in (
        (0x00, 0x08),
        (0x0B, 0x0C),
        (0x0E, 0x1F),
        (0x7F, 0x9F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x2069),
        (0xFEFF, 0xFEFF),
        (0xFFF9, 0xFFFB),
        (0xFFFE, 0xFFFF),
    )
    for code in range(first, last + 1)
)
_DASHES = {0x2010: "-", 0x2011: "-"}
_TABLE: dict[int, str | None] = {**_GONE, **_LIGATURES, **_DASHES}
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")


def readable(text: str) -> str:
    """Letters as a person would type them; a soft hyphen survives only at the end of the word."""
    if text.isascii():
        return text if text.isprintable() else text.translate(_TABLE)
    soft = text.endswith("\u00ad")
    text = text.translate(_TABLE).replace("\u00ad", "")
    text = unicodedata.normalize("NFC", text)
    return text + "\u00ad" if soft and text else text


def page_lines(view: PageView) -> list[Line]:
    """The page's lines in reading order, each with its region and the region's measures."""
    runs = [part for row in view.rows for part in _baselines(row)]
    lines = [_line(view.number, run) for run in _joined(runs)]
    lines = [line for line in lines if line.text]
    _add_drawn_bullets(lines, view.dots)
    lines = in_columns(lines)
    mark_regions(lines)
    return lines


def make_line(page: int, words: Sequence[Word]) -> Line:
    """A line of `words`, left to right."""
    return _line(page, list(words))


def mark_regions(lines: Sequence[Line]) -> None:
    """Number the runs of lines that stand under each other and note each run's left, right and pitch."""
    region = 0
    members: list[Line] = []
    for line in lines:
        if members and not _below(members, line):
            _measure(members)
            members = []
            region += 1
        line.region = region
        members.append(line)
    if members:
        _measure(members)


def segments(line: Line) -> list[list[Word]]:
    """The line cut where spaces are too wide for running text."""
    parts: list[list[Word]] = [[line.words[0]]]
    for before, word in zip(line.words, line.words[1:], strict=False):
        if word.x0 - before.x1 > GAP * max(line.size, 4.0):
            parts.append([])
        parts[-1].append(word)
    return parts


def in_columns(lines: list[Line]) -> list[Line]:
    """Two columns that the file writes line by line across the gutter, put one after the other.

    Only for eight or more such lines in a row, both sides made of prose, one gutter free in all of them.
    Files that write column after column (nearly all) stay as they are.
    """
    cut = [segments(line) for line in lines]
    result: list[Line] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and len(cut[end]) == 2:
            end += 1
        if end - at >= 8 and _prose_columns(cut[at:end]):
            for side in (0, 1):
                result += [_line(lines[n].page, cut[n][side]) for n in range(at, end)]
        else:
            end = max(end, at + 1)
            result += lines[at:end]
        at = end
    return result


def _prose_columns(rows: Sequence[Sequence[Sequence[Word]]]) -> bool:
    gutter = (max(left[-1].x1 for left, _ in rows), min(right[0].x0 for _, right in rows))
    lengths = [sum(len(word.text) + 1 for word in side) for row in rows for side in row]
    return gutter[0] < gutter[1] and median(lengths[0::2]) >= 25 and median(lengths[1::2]) >= 25


def _baselines(row: Sequence[Word]) -> list[list[Word]]:
    """A run of words cut where the next word belongs to another line."""
    parts: list[list[Word]] = []
    for word in row:
        if parts and _same_baseline(parts[-1][-1], word):
            parts[-1].append(word)
        else:
            parts.append([word])
    return parts


def _same_baseline(before: Word, word: Word) -> bool:
    size = max(before.size, word.size)
    drop = abs(word.base - before.base)
    gap = word.x0 - before.x1
    # A superscript hangs half a line high and touches the word before it.
    return gap > -0.6 * size and (drop < 0.25 * size or (drop < 0.6 * size and gap < 0.5 * size))


def _joined(runs: list[list[Word]]) -> list[list[Word]]:
    """Neighbouring runs of one baseline joined: a bullet and its text, the cells of a row."""
    rows: list[list[Word]] = []
    for run in runs:
        if rows and _follows(rows[-1], run):
            rows[-1] = rows[-1] + run
        else:
            rows.append(run)
    return rows


def _follows(row: Sequence[Word], run: Sequence[Word]) -> bool:
    size = max(row[-1].size, run[0].size)
    return abs(run[0].base - row[-1].base) < 0.25 * size and run[0].x0 >= row[-1].x1 - 0.1 * size


def _line(page: int, words: list[Word]) -> Line:
    cleaned = [word._replace(text=readable(word.text)) for word in words]
    cleaned = _bullets(cleaned)
    cleaned = _letterspaced([word for word in cleaned if word.text])
    if not cleaned:
        return Line(page, [])
    size = common(((word.size, len(word.text)) for word in cleaned), 0.1, 0.0)
    base = common(((word.base, len(word.text)) for word in cleaned), 0.1, 0.0)
    bold = sum(len(word.text) for word in cleaned if word.bold)
    return Line(
        page,
        cleaned,
        " ".join(word.text for word in cleaned),
        min(word.x0 for word in cleaned),
        max(word.x1 for word in cleaned),
        base,
        size,
        bold >= 0.95 * sum(len(word.text) for word in cleaned if word.text not in ("–", "-", "•")) > 0,
    )


def _bullets(words: list[Word]) -> list[Word]:
    """Symbol fonts' private letters: a lone one that opens a line is a bullet, others say nothing."""
    result: list[Word] = []
    for n, word in enumerate(words):
        text = word.text
        if not text.isascii() and _PRIVATE.search(text):
            rest = _PRIVATE.sub("", text)
            if n == 0 and _PRIVATE.match(text):
                result.append(word._replace(text=BULLET, x1=word.x1 if not rest else word.x0 + 0.5 * word.size))
                word = word._replace(x0=result[-1].x1 + 0.3 * word.size)
            text = rest
        result.append(word._replace(text=text))
    return result


def _letterspaced(words: list[Word]) -> list[Word]:
    """ "S P I S  T R E Ś C I" as two words."""
    if len(words) < 5 or sum(len(word.text) == 1 and word.text.isalpha() for word in words) < 0.8 * len(words):
        return words
    gaps = [b.x0 - a.x1 for a, b in itertools.pairwise(words)]
    usual = median(gaps)
    result = [words[0]]
    for gap, word in zip(gaps, words[1:], strict=True):
        if gap <= 1.6 * usual + 0.1:
            result[-1] = result[-1]._replace(text=result[-1].text + word.text, x1=word.x1)
        else:
            result.append(word)
    return result


def _add_drawn_bullets(lines: list[Line], dots: Sequence[tuple[float, float]]) -> None:
    """Browsers draw a list's dots as shapes: write them as bullets before the line they stand at."""
    if len(dots) > 500:
        return
    for x, y in dots:
        near = [
            line
            for line in lines
            if line.top <= y <= line.bottom and 0.2 * line.size < line.x0 - x < 2.5 * line.size and line.words
        ]
        if near:
            line = min(near, key=lambda one: one.x0 - x)
            if line.words[0].text != BULLET:
                line.words.insert(0, Word(BULLET, x - 1, x + 1, line.base, line.size))
                line.text = f"{BULLET} {line.text}"
                line.x0 = x - 1


def _below(members: Sequence[Line], line: Line) -> bool:
    """Whether the line goes on downwards under the run."""
    before = members[-1]
    if line.page != before.page or line.base <= before.base:
        return False
    if line.base - before.base > 4 * max(line.size, before.size):
        return False
    left, right = min(one.x0 for one in members[-8:]), max(one.x1 for one in members[-8:])
    return min(right, line.x1) - max(left, line.x0) > 0 or abs(line.x0 - left) < 2 * line.size


def _measure(members: Sequence[Line]) -> None:
    left = min(line.x0 for line in members)
    right = max(line.x1 for line in members)
    drops = [(b.base - a.base, 1) for a, b in itertools.pairwise(members) if abs(a.size - b.size) < 0.6]
    size = common(((line.size, len(line.text)) for line in members), 0.1, 10.0)
    # Spaces between paragraphs are wider than between lines: the usual of the smaller half counts.
    small = [drop for drop in drops if drop[0] <= 1.9 * size] or drops
    pitch = common(small, 0.5, 1.25 * size)
    for line in members:
        line.left, line.right, line.pitch = left, right, pitch if pitch <= 1.9 * size else 1.25 * size
