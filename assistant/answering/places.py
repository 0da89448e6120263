"""Where quoted words stand in a document as it is now, and what stands around them.

A citation keeps its words, so it survives a new edition of the document: its place is looked for again.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from ..domain.answers import Segment, SegmentKind
from ..domain.documents import Chunk, Span, Unit, UnitKind

_WORD = re.compile(r"\w+")
_KINDS = {
    UnitKind.LEAD: SegmentKind.LIST,
    UnitKind.ITEM: SegmentKind.LIST,
    UnitKind.HEADER: SegmentKind.TABLE,
    UnitKind.ROW: SegmentKind.TABLE,
}


def find(text: str, quote: str, near: int = 0) -> Span | None:
    """Where the quote stands: verbatim, else the same words in the same order; the place closest to `near`.

    Marks, spaces and capitals between and in the words may differ, the words may not. None when they are not there.
    """
    if not _WORD.search(quote):
        return None
    verbatim = [Span(at, at + len(quote)) for at in _occurrences(text, quote)]
    return min(verbatim or _by_words(text, quote), key=lambda span: abs(span.start - near), default=None)


def section(chunks: Sequence[Chunk], span: Span) -> tuple[Chunk, ...]:
    """The chunks a span lies in, with a neighbour on each side from the same section; `chunks` in reading order.

    A heading stands between chunks: then the one below it.
    """
    inside = [n for n, chunk in enumerate(chunks) if chunk.start < span.end and chunk.end > span.start]
    inside = inside or [n for n, chunk in enumerate(chunks) if chunk.start >= span.end][:1]
    if not inside:
        return ()
    first, last = inside[0], inside[-1]
    if first > 0 and chunks[first - 1].headings == chunks[first].headings:
        first -= 1
    if last + 1 < len(chunks) and chunks[last + 1].headings == chunks[last].headings:
        last += 1
    return tuple(chunks[first : last + 1])


def segments(chunks: Sequence[Chunk], span: Span) -> Iterator[Segment]:
    """What a reader sees of these chunks, unit by unit, with the units of the span marked."""
    for chunk in chunks:
        for unit in chunk.units:
            marked = unit.start < span.end and unit.end > span.start
            yield Segment(unit.block, _kind(unit), unit.text, marked)


def _kind(unit: Unit) -> SegmentKind:
    return SegmentKind.HEADING if unit.is_heading else _KINDS.get(unit.kind, SegmentKind.PARAGRAPH)


def _occurrences(text: str, quote: str) -> Iterator[int]:
    at = text.find(quote)
    while at >= 0:
        yield at
        at = text.find(quote, at + 1)


def _by_words(text: str, quote: str) -> list[Span]:
    words = list(_WORD.finditer(text))
    folded = [_same(word[0]) for word in words]
    ends = list(accumulate(len(word) + 1 for word in folded))  # of each word in the joined text
    sought = [_same(word) for word in _WORD.findall(quote)]
    joined, wanted = " ".join(["", *folded, ""]), " ".join(["", *sought, ""])
    places = (bisect_right(ends, at) for at in _occurrences(joined, wanted))
    return [Span(words[n].start(), words[n + len(sought) - 1].end()) for n in places]


def _same(word: str) -> str:
    return unicodedata.normalize("NFC", word).lower()
