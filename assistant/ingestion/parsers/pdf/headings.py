"""Which lines are headings, and how deep: by the outline, larger or bold type, numbering, capitals, slides.

Separate because it looks at the whole document's type before any block is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .breaks import ended, mark_of, same_type, starts_block
from .geometry import Element, Line, PageView, common

LONGEST = 200  # characters
MOST_LINES = 4

_NAMED = re.compile(
    r"(?i)(?:rozdział|część|dział|załącznik|moduł|aneks|chapter|part|annex|module|appendix|section|sekcja)"
    r"\s+(?:nr\.?\s+)?(?:\d+|[ivxlc]+|[a-z])\b"
)
_ARTICLE = re.compile(r"(?i)(?:§\s*\d+\w?\.?|art(?:ykuł|\.)?\s*\d+\w?\.?)")
_DECIMAL = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)[.)]?\s+[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Style:
    """What tells levels apart: size in half points, then weight, then capitals."""

    size: float
    bold: bool
    capitals: bool


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """The document's running text: its size, how much of everything is bold, and whether pages are slides."""

    body: float
    bold_share: float
    slides: bool


def type_facts(pages: Sequence[Sequence[Line]], views: Sequence[PageView]) -> TypeFacts:
    """Facts about the whole document; sizes are weighted by characters."""
    lines = [line for page in pages for line in page]
    body = common(((line.size, len(line.text)) for line in lines), 0.5, 10.0) or 10.0
    letters = sum(len(line.text) for line in lines)
    bold = sum(len(line.text) for line in lines if line.bold)
    wide = [view for view in views if view.width > 1.2 * view.height]
    crowded = median([sum(len(line.text) for line in page) for page in pages] or [0])
    return TypeFacts(body, bold / max(letters, 1), len(wide) >= 0.6 * max(len(views), 1) and crowded < 1000)


def plain_title(text: str) -> str:
    """A heading's words without numbers, case and signs: as outlines and pages write them differently."""
    return re.sub(r"[\W\d_]+", "", text).casefold()


def slide_title_first(lines: list[Line], height: float) -> tuple[list[Line], set[int]]:
    """The slide's lines, its title first, and the ids of the title's lines.

    The title is the largest type in the upper part; where all type is alike, the top line if it is short.
    """
    upper = [line for line in lines if line.base < 0.55 * height and line.words]
    if not upper:
        return lines, set()
    largest = max(line.size for line in upper)
    title = [line for line in upper if line.size > 0.95 * largest]
    if largest < 1.1 * median(line.size for line in lines):
        title = [min(upper, key=lambda line: line.base)]
        if len(title[0].text) > 90 or len(lines) == 1 or not _stands_alone(title[0], lines):
            return lines, set()
    run = [title[0]]
    for line in title[1:]:
        if 0 < line.base - run[-1].base < 1.7 * line.size and mark_of(line) is None:
            run.append(line)
    if mark_of(run[0]) is not None or sum(len(line.text) for line in run) > LONGEST:
        return lines, set()
    chosen = {id(line) for line in run}
    return run + [line for line in lines if id(line) not in chosen], chosen


def _stands_alone(line: Line, lines: Sequence[Line]) -> bool:
    after = [one for one in lines if one.base > line.base]
    return mark_of(line) is None and (not after or starts_block(line, min(after, key=lambda one: one.base)))


def find_headings(
    flow: Sequence[Element], facts: TypeFacts, outline: Mapping[str, int], titles: set[int]
) -> dict[int, tuple[Style, int]]:
    """id of a heading's line -> (style, depth in the outline or 0). `titles` are ids of slides' title lines."""
    found: dict[int, tuple[Style, int]] = {}
    for at, line in enumerate(flow):
        if not isinstance(line, Line) or id(line) in found:
            continue
        if id(line) in titles:
            found[id(line)] = (style_of(line), 0)
            continue
        before = _before(flow, at)
        if not starts_block(before, line):
            continue
        run = _run(flow, at, facts.body)
        depth, count = _in_outline(run, outline)
        if depth:
            for one in run[:count]:
                found[id(one)] = (style_of(line), depth)
        elif not facts.slides and _looks_like_heading(before, run, _after(flow, at, len(run)), facts):
            for one in run:
                found[id(one)] = (style_of(line), 0)
    return found


def style_of(line: Line) -> Style:
    """The style a heading's level is told by."""
    letters = [char for char in line.text if char.isalpha()]
    return Style(round(line.size * 2) / 2, line.bold, len(letters) > 3 and all(c.isupper() for c in letters))


def number_depth(text: str) -> int:
    """How many parts a decimal number at the head has: "2.1 Cele" -> 2; 0 without a number."""
    match = _DECIMAL.match(text)
    return match[1].count(".") + 1 if match else 0


def levels(headings: Sequence[tuple[Style, int, str]]) -> list[int]:
    """Levels 1-6 of headings in order, each given as (style, outline depth or 0, text).

    Larger type is higher; where the outline names a style's depth, that holds for the whole style;
    "2.1" stands below "2" even when both are set alike.
    """
    known: dict[Style, list[int]] = {}
    for style, depth, _ in headings:
        if depth:
            known.setdefault(style, []).append(depth)
    usual = {style: round(median(depths)) for style, depths in known.items()}
    order = sorted({style for style, _, _ in headings}, key=lambda s: (-s.size, not s.bold, not s.capitals))
    rank: dict[Style, int] = {}
    level = 0
    for n, style in enumerate(order):
        alike = n > 0 and abs(order[n - 1].size - style.size) < 0.6 and order[n - 1].bold == style.bold
        level = usual[style] if style in usual else max(level if alike else level + 1, 1)
        rank[style] = level
    result: list[int] = []
    at_depth: dict[int, int] = {}
    for style, depth, text in headings:
        level = depth or rank[style]
        parts = number_depth(text)
        if not depth and parts > 1 and parts - 1 in at_depth:
            level = max(level, at_depth[parts - 1] + 1)
        if parts:
            at_depth[parts] = level
        result.append(min(max(level, 1), 6))
    return result


def _before(flow: Sequence[Element], at: int) -> Line | None:
    before = flow[at - 1] if at else None
    return before if isinstance(before, Line) else None


def _after(flow: Sequence[Element], at: int, count: int) -> Line | None:
    after = flow[at + count] if at + count < len(flow) else None
    return after if isinstance(after, Line) else None


def _run(flow: Sequence[Element], at: int, body: float) -> list[Line]:
    """The line and those right under it that are set alike: a heading may fill several."""
    first = flow[at]
    run = [first] if isinstance(first, Line) else []
    for line in flow[at + 1 : at + MOST_LINES + 2]:
        last = run[-1]
        if not isinstance(line, Line) or line.page != last.page or line.bold != last.bold:
            break
        if abs(line.size - last.size) > 0.6 or not 0 < line.base - last.base < 1.7 * line.size:
            break
        if mark_of(line) is not None or _NAMED.match(line.text) or _ARTICLE.match(line.text):
            break
        plain = not line.bold and line.size < 1.15 * body
        if plain and starts_block(last, line):
            break
        run.append(line)
    return run


def _in_outline(run: Sequence[Line], outline: Mapping[str, int]) -> tuple[int, int]:
    """(depth, lines taken) when the outline names the words of the first one to four lines; else (0, 0)."""
    if not outline or len(run[0].text) > LONGEST:
        return 0, 0
    words = ""
    for count, line in enumerate(run[:MOST_LINES], 1):
        words += plain_title(line.text)
        if len(words) > 2 and words in outline:
            return outline[words], count
    return 0, 0


def _looks_like_heading(before: Line | None, run: Sequence[Line], after: Line | None, facts: TypeFacts) -> bool:
    line = run[0]
    text = " ".join(one.text for one in run)
    mark = mark_of(line)
    if sum(char.isalpha() for char in text) < 2 and not _ARTICLE.fullmatch(text):
        return False
    if len(text) > LONGEST or len(run) > MOST_LINES or (mark is not None and mark.bullet):
        return False
    if _ARTICLE.fullmatch(text):
        return True
    if (ended(text) and text[-1] not in "?!") or text.endswith(","):
        return False
    if line.size >= max(1.15 * facts.body, facts.body + 0.9):
        return True
    if not line.text[0].isalnum() and line.text[0] not in "„\"'«(§":
        return False
    parted = after is None or starts_block(run[-1], after)
    if not parted or line.size < 0.92 * facts.body or len(text) > 140:
        return False
    if line.bold and facts.bold_share < 0.35:
        return True
    return len(run) == 1 and _told_by_words(before, line, text)


def _told_by_words(before: Line | None, line: Line, text: str) -> bool:
    """Plain type: "Rozdział 2", "3.1 Cele", or capitals with space above."""
    if _NAMED.match(text) or (number_depth(text) > 1 and len(text) < 100):
        return text[0].isupper() or text[0].isdigit()
    above = before is None or not same_type(before, line) or line.base - before.base > 1.3 * max(line.pitch, line.size)
    return above and style_of(line).capitals and len(text) < 100
