"""Blocks become Chunks: what is embedded, indexed and retrieved as one.

Cuts fall between units and, where it can be had, between blocks. Sizes are counted by the token
counter that is passed in. The recipe's numbers are written into each generation: a change of
anything here that moves a cut must raise VERSION.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..config import ChunkingSettings
from ..domain.documents import Block, BlockKind, Chunk, Document, Metadata, Unit, UnitKind, chunk_id
from ..domain.ports import TokenCounter
from ..domain.text import clean
from .structure import page_at

NAME = "structure"
VERSION = 1
OVERSIZE = 4  # a unit longer than this many full chunks is split at spaces
_ANCESTORS = 3  # parent items that accompany a nested item into the next chunk
_RECENT = 200  # items looked back at for parents
_SLICE = 4000  # characters counted at once: BPE is slow on one endless word


def recipe(settings: ChunkingSettings) -> dict[str, str | int]:
    """What decides where cuts fall; equal recipes give equal chunks."""
    return {"name": NAME, "version": VERSION, "oversize": OVERSIZE, **settings.model_dump()}


def chunk(document: Document, settings: ChunkingSettings, count: TokenCounter) -> tuple[Chunk, ...]:
    """Chunks in reading order; together they hold every unit once, save heading lines named in `headings`.

    A chunk stays under one heading path. Sections below `min_tokens` are joined with following
    siblings and carry their common path. A heading without a body belongs to the chunk that follows.
    Heading lines inside a chunk's span are units of it; those right above it are only in its path.
    No chunk is longer than `max_tokens` unless it is a single unit; a unit longer than OVERSIZE times
    that is split at spaces, so that no text is lost.
    A cut list or table goes on with its lead-in or header (and a nested item's parents) in `lead`.
    """
    meter = _Meter(document.text, settings.max_tokens, count)
    chunks: list[Chunk] = []
    for section in _joined(_sections(document.blocks), settings, meter):
        units = [part for unit in section.units for part in _cut_oversize(document.text, unit, meter)]
        runs = _packed(units, settings, meter)
        before: list[Unit] = []
        for run in runs:
            chunks.append(_chunk(document, section.path, run, _lead(run[0], before), meter))
            before = _remembered(before, run)
    return tuple(chunks)


def search_text(chunk: Chunk, metadata: Metadata) -> str:
    """What is embedded and indexed for a chunk: title, heading path, lead, units; each once."""
    names = _names(metadata.title, chunk.headings)
    return _said(names) + " ".join(unit.text for unit in (*chunk.lead, *chunk.units))


def unit_text(chunk: Chunk, unit: Unit, metadata: Metadata) -> str:
    """What is embedded for one of the chunk's units: title, nearest heading, lead of an item or row, words."""
    heading = _heading_over(chunk, unit)
    names = _names(metadata.title, () if is_heading(unit) or not heading else (heading,))
    leads = [lead.text for lead in _leads_of(unit, (*chunk.lead, *chunk.units))]
    return _said(names) + " ".join([*leads, unit.text])


def is_heading(unit: Unit) -> bool:
    """Whether a chunk's unit is a heading line (a sentence with a depth)."""
    return unit.kind is UnitKind.SENTENCE and unit.level > 0


# ---- sections ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Section:
    """Units under one heading path. `heads` are the heading lines right above that the path names."""

    path: tuple[str, ...]
    heads: list[_Head]
    units: list[Unit]

    @property
    def start(self) -> int:
        """Where its first heading line or unit begins."""
        return min(unit.start for unit in (*self.units[:1], *(head.line for head in self.heads[:1])))

    @property
    def end(self) -> int:
        """Past its last unit."""
        return self.units[-1].end


@dataclass(slots=True)
class _Head:
    """A heading line and the path that it opens."""

    path: tuple[str, ...]
    line: Unit


def _sections(blocks: Sequence[Block]) -> list[_Section]:
    found: list[_Section] = []
    waiting: list[_Head] = []
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            waiting.append(_Head((*block.headings, block.units[0].text), block.units[0]))
        elif waiting or not found or found[-1].path != block.headings:
            found.append(_headed(block.headings, waiting, block.units))
            waiting = []
        else:
            found[-1].units += block.units
    if waiting and found:  # headings after the last text
        found[-1].units += [head.line for head in waiting]
    elif waiting:
        found.append(_Section((), [], [head.line for head in waiting]))
    return found


def _headed(path: tuple[str, ...], heads: list[_Head], units: Sequence[Unit]) -> _Section:
    """A section; when a heading without a body stands above it, all those lines become units."""
    if all(path[: len(head.path)] == head.path for head in heads):
        return _Section(path, heads, list(units))
    return _Section(path, [], [*(head.line for head in heads), *units])


def _joined(sections: Sequence[_Section], settings: ChunkingSettings, meter: _Meter) -> list[_Section]:
    """Tiny sections with their following siblings, until together they are no longer tiny."""
    groups: list[list[_Section]] = []
    size = 0
    for section in sections:
        own = meter.tokens(section.start, section.end)
        tiny = bool(groups) and size < settings.min_tokens
        if tiny and _siblings(groups[-1][0], section) and size + own <= settings.max_tokens:
            groups[-1].append(section)
            size += own
        else:
            groups.append([section])
            size = own
    return [group[0] if len(group) == 1 else _merged(group) for group in groups]


def _siblings(one: _Section, other: _Section) -> bool:
    return bool(one.path and other.path) and one.path[:-1] == other.path[:-1]


def _merged(group: Sequence[_Section]) -> _Section:
    parent = group[0].path[:-1]
    above = [head for head in group[0].heads if parent[: len(head.path)] == head.path]
    lines = [head.line for section in group for head in section.heads if head not in above]
    units = [*lines, *(unit for section in group for unit in section.units)]
    return _Section(parent, above, sorted(units, key=lambda unit: unit.start))


# ---- sizes -------------------------------------------------------------------------------------


class _Meter:
    """Tokens of spans of one text."""

    def __init__(self, text: str, limit: int, count: TokenCounter) -> None:
        self.text, self.limit, self._count = text, limit, count
        self._counted: dict[tuple[int, int], int] = {}

    def tokens(self, start: int, end: int) -> int:
        """Exact up to 4,000 characters, beyond that summed over slices."""
        if (start, end) not in self._counted:
            self._counted[start, end] = self._measure(start, end)
        return self._counted[start, end]

    def _measure(self, start: int, end: int) -> int:
        total = 0
        while end - start > _SLICE:
            cut = self.text.rfind(" ", start + _SLICE // 2, start + _SLICE)
            cut = cut if cut > 0 else start + _SLICE
            total += self._count.count(self.text[start:cut])
            start = cut
        return total + self._count.count(self.text[start:end])

    def fits(self, start: int, end: int, estimate: int) -> bool:
        """Whether a span is within the limit; counted only when the estimate is near it."""
        if estimate > self.limit * 1.25 + 8:
            return False
        return estimate <= self.limit * 0.75 or self.tokens(start, end) <= self.limit


def _cut_oversize(text: str, unit: Unit, meter: _Meter) -> list[Unit]:
    """The unit itself, or its parts when it is a monster (a page of words without a full stop, a base64 line)."""
    if unit.end - unit.start <= meter.limit or meter.tokens(unit.start, unit.end) <= OVERSIZE * meter.limit:
        return [unit]
    markup = clean(text[unit.start : unit.end]).text != unit.text
    parts: list[Unit] = []
    start = unit.start
    while start < unit.end:
        end = _piece_end(text, start, unit.end, meter)
        words = clean(text[start:end], markup).text
        if words:
            lead = len(text[start:end]) - len(text[start:end].lstrip())
            tail = len(text[start:end]) - len(text[start:end].rstrip())
            parts.append(replace(unit, start=start + lead, end=end - tail, text=words))
        start = end
    return parts or [unit]


def _piece_end(text: str, start: int, stop: int, meter: _Meter) -> int:
    size = min(stop - start, 4 * meter.limit)
    while size > 1:
        end = start + size
        if end < stop:
            space = max(text.rfind(" ", start + size // 2, end), text.rfind("\n", start + size // 2, end))
            end = space if space > start else end
        if meter.tokens(start, end) <= meter.limit:
            return end
        size = size * 2 // 3
    return start + 1


# ---- packing -----------------------------------------------------------------------------------


def _packed(units: list[Unit], settings: ChunkingSettings, meter: _Meter) -> list[list[Unit]]:
    """Units into runs of at most `max_tokens`, cut between blocks where that leaves no crumbs."""
    runs: list[list[Unit]] = []
    run: list[Unit] = []
    size = 0
    wholes = _block_sizes(units, meter)
    for before, unit in zip([None, *units], units, strict=False):
        added = meter.tokens(before.end if run and before else unit.start, unit.end)
        if run and (
            _better_apart(unit, before, size, wholes, settings) or not meter.fits(run[0].start, unit.end, size + added)
        ):
            carried = _carried(run, unit, meter)
            runs.append(run[: len(run) - len(carried)])
            run = carried
            size = meter.tokens(run[0].start, run[-1].end) if run else 0
            added = meter.tokens(run[-1].end if run else unit.start, unit.end)
        run.append(unit)
        size += added
    if run:
        runs.append(run)
    _share_with_tail(runs, settings, meter)
    return runs


def _block_sizes(units: list[Unit], meter: _Meter) -> dict[int, int]:
    sizes: dict[int, int] = {}
    before: Unit | None = None
    for unit in units:
        start = before.end if before is not None and before.block == unit.block else unit.start
        sizes[unit.block] = sizes.get(unit.block, 0) + meter.tokens(start, unit.end)
        before = unit
    return sizes


def _better_apart(
    unit: Unit, before: Unit | None, size: int, wholes: dict[int, int], settings: ChunkingSettings
) -> bool:
    """Whether a block that still fits whole into a chunk of its own should begin one."""
    if before is None or before.block == unit.block or is_heading(before):
        return False
    whole = wholes[unit.block]
    enough = settings.max_tokens // 2 if unit.kind is UnitKind.SENTENCE else settings.min_tokens
    return whole <= settings.max_tokens < size + whole and size >= enough


def _carried(run: list[Unit], unit: Unit, meter: _Meter) -> list[Unit]:
    """A lead-in, header or heading at the end of a full run: it goes with what it introduces, if both fit."""
    cut = len(run)
    while cut > 0 and (run[cut - 1].kind in (UnitKind.LEAD, UnitKind.HEADER) or is_heading(run[cut - 1])):
        cut -= 1
    carried = run[cut:] if cut else []
    return carried if carried and meter.tokens(carried[0].start, unit.end) <= meter.limit else []


def _share_with_tail(runs: list[list[Unit]], settings: ChunkingSettings, meter: _Meter) -> None:
    """A last run below `min_tokens` takes units from the one before it."""
    if len(runs) < 2:
        return
    donor, tail = runs[-2], runs[-1]
    while len(donor) > 1 and meter.tokens(tail[0].start, tail[-1].end) < settings.min_tokens:
        moved = donor[-1]
        if meter.tokens(moved.start, tail[-1].end) > meter.limit:
            return
        if meter.tokens(donor[0].start, donor[-2].end) < settings.min_tokens:
            return
        tail.insert(0, donor.pop())


# ---- chunks ------------------------------------------------------------------------------------


def _chunk(document: Document, path: tuple[str, ...], run: list[Unit], lead: tuple[Unit, ...], meter: _Meter) -> Chunk:
    start, end = run[0].start, run[-1].end
    text = document.text[start:end]
    return Chunk(
        id=chunk_id(document.id, start, end, text),
        document_id=document.id,
        start=start,
        end=end,
        text=text,
        pages=(page_at(document.pages, start), page_at(document.pages, end - 1)),
        headings=path,
        tokens=meter.tokens(start, end),
        units=tuple(run),
        lead=lead,
    )


def _remembered(before: list[Unit], run: list[Unit]) -> list[Unit]:
    """What later chunks may need of the ones before: leads and headers of the block being cut, and recent items."""
    kept = [unit for unit in (*before, *run) if unit.block == run[-1].block]
    leads = [unit for unit in kept[:-_RECENT] if unit.kind in (UnitKind.LEAD, UnitKind.HEADER)]
    return leads + kept[-_RECENT:]


def _lead(first: Unit, before: list[Unit]) -> tuple[Unit, ...]:
    """What the first unit of a chunk needs from earlier chunks."""
    return tuple(_leads_of(first, before, _ANCESTORS))


def _leads_of(unit: Unit, around: Sequence[Unit], ancestors: int = 1) -> list[Unit]:
    """Lead-in, header and nearest parent items of a unit among the units before it, in order."""
    if unit.kind not in (UnitKind.ITEM, UnitKind.ROW):
        return []
    found: list[Unit] = []
    level = unit.level
    for other in reversed(around):
        if other.start >= unit.start or other.block > unit.block:
            continue
        if other.block != unit.block:
            break
        if other.kind in (UnitKind.LEAD, UnitKind.HEADER):
            found.append(other)
        elif other.level < level and other.kind is UnitKind.ITEM and ancestors > 0:
            found.append(other)
            level, ancestors = other.level, ancestors - 1
    return found[::-1]


# ---- words around a chunk ----------------------------------------------------------------------


def _names(title: str, headings: Sequence[str]) -> list[str]:
    """Title and headings without repetition of the title by the first heading."""
    names = [title, *headings]
    if headings and _bare(title) == _bare(headings[0]):
        names = [title, *headings[1:]]
    return [name for name in names if name]


def _bare(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _said(names: Sequence[str]) -> str:
    return "".join(name + (" " if name[-1] in ".?!:" else ". ") for name in names)


def _heading_over(chunk: Chunk, unit: Unit) -> str:
    heading = chunk.headings[-1] if chunk.headings else ""
    for other in chunk.units:
        if other.start >= unit.start:
            break
        if is_heading(other):
            heading = other.text
    return heading
