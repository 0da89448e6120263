"""Tables: from ruled lines, and, when nothing is ruled, from columns that stand exactly under each other.

Separate and conservative: what is not surely a table stays running text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .geometry import Element, Line, PageView, Rule, Table, Word, clusters
from .lines import make_line, segments

NEAR = 3.0  # points between strokes that meet
MAX_STROKES = 600
MAX_ROW = 1500  # characters: a "table" with longer rows only frames running text

_MARK = re.compile(r"[•◦▪‣●○■□–—\-*➢✓✔→·⁃]|\(?(\d{1,3}|[a-z]|[ivx]{1,4})[.)]")


@dataclass(slots=True)
class _Grid:
    xs: list[float]
    ys: list[float]
    levels: list[Rule]
    uprights: list[Rule]

    def cell_of(self, word: Word) -> tuple[int, int] | None:
        """(row, column) of the word's middle."""
        x, y = (word.x0 + word.x1) / 2, word.base - 0.3 * word.size
        if not (self.xs[0] - NEAR <= x <= self.xs[-1] + NEAR and self.ys[0] - NEAR <= y <= self.ys[-1] + NEAR):
            return None
        row = min(max(bisect_right(self.ys, y) - 1, 0), len(self.ys) - 2)
        column = min(max(bisect_right(self.xs, x) - 1, 0), len(self.xs) - 2)
        return self._merged(row, column)

    def _merged(self, row: int, column: int) -> tuple[int, int]:
        """The first cell of the merged area: cells no stroke parts are one."""
        while column > 0 and not self._upright(self.xs[column], (self.ys[row] + self.ys[row + 1]) / 2):
            column -= 1
        while row > 0 and not self._level(self.ys[row], (self.xs[column] + self.xs[column + 1]) / 2):
            row -= 1
        return row, column

    def _upright(self, x: float, y: float) -> bool:
        return any(abs(rule.x0 - x) <= 2 * NEAR and rule.y0 - NEAR <= y <= rule.y1 + NEAR for rule in self.uprights)

    def _level(self, y: float, x: float) -> bool:
        return any(abs(rule.y0 - y) <= 2 * NEAR and rule.x0 - NEAR <= x <= rule.x1 + NEAR for rule in self.levels)


def with_tables(view: PageView, lines: Sequence[Line]) -> list[Element]:
    """The page's lines in order, those of a table replaced by it where its first word stood."""
    elements: list[Element] = list(lines)
    for grid in _grids(view.rules):
        elements = _with_grid(grid, elements, view.number)
    return _with_aligned(elements)


def single_rows_settled(pages: Sequence[list[Element]]) -> list[list[Element]]:
    """Grids of one row kept only where a page break cut them from a table of the same columns."""
    result: list[list[Element]] = []
    for n, elements in enumerate(pages):
        settled: list[Element] = []
        for at, element in enumerate(elements):
            if not isinstance(element, Table) or not element.otherwise:
                settled.append(element)
                continue
            above = pages[n - 1][-1] if n and at == 0 and pages[n - 1] else None
            last = at == len(elements) - 1
            below = pages[n + 1][0] if last and n + 1 < len(pages) and pages[n + 1] else None
            if any(isinstance(one, Table) and same_columns(one, element) for one in (above, below)):
                settled.append(element)
            else:
                settled += element.otherwise
        result.append(settled)
    return result


def same_columns(a: Table, b: Table) -> bool:
    """Whether two grids have the same columns at the same places."""
    alike = len(a.rows[0]) == len(b.rows[0]) and len(a.edges) == len(b.edges)
    return alike and all(abs(x - y) < 4 for x, y in zip(a.edges, b.edges, strict=True))


def _grids(rules: Sequence[Rule]) -> list[_Grid]:
    levels = _merge([rule for rule in rules if rule.y0 == rule.y1 or abs(rule.y1 - rule.y0) < abs(rule.x1 - rule.x0)])
    flipped = [Rule(r.y0, r.x0, r.y1, r.x1) for r in rules if abs(r.y1 - r.y0) > abs(r.x1 - r.x0)]
    uprights = [Rule(r.y0, r.x0, r.y1, r.x1) for r in _merge(flipped)]
    if len(levels) > MAX_STROKES or len(uprights) > MAX_STROKES:
        return []
    grids = []
    for across, down in _connected(levels, uprights):
        xs = _borders([rule.x0 for rule in down], [x for rule in across for x in (rule.x0, rule.x1)], 12)
        ys = _borders([rule.y0 for rule in across], [y for rule in down for y in (rule.y0, rule.y1)], 8)
        if 3 <= len(xs) <= 60 and len(ys) >= 2:
            grids.append(_Grid(xs, ys, across, down))
    return grids


def _merge(levels: Sequence[Rule]) -> list[Rule]:
    """Level strokes with those of one height that touch put together."""
    merged: list[Rule] = []
    for rule in sorted(levels, key=lambda rule: (round(rule.y0 / 1.5), rule.x0)):
        last = merged[-1] if merged else None
        if last and abs(last.y0 - rule.y0) <= 1.6 and rule.x0 <= last.x1 + NEAR:
            merged[-1] = Rule(last.x0, last.y0, max(last.x1, rule.x1), last.y0)
        else:
            merged.append(Rule(rule.x0, rule.y0, rule.x1, rule.y0))
    return merged


def _connected(levels: Sequence[Rule], uprights: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Groups of strokes that meet each other."""
    group = list(range(len(levels) + len(uprights)))

    def find(n: int) -> int:
        while group[n] != n:
            group[n] = group[group[n]]
            n = group[n]
        return n

    for i, level in enumerate(levels):
        for j, upright in enumerate(uprights):
            if level.x0 - NEAR <= upright.x0 <= level.x1 + NEAR and upright.y0 - NEAR <= level.y0 <= upright.y1 + NEAR:
                group[find(i)] = find(len(levels) + j)
    found: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, level in enumerate(levels):
        found.setdefault(find(i), ([], []))[0].append(level)
    for j, upright in enumerate(uprights):
        found.setdefault(find(len(levels) + j), ([], []))[1].append(upright)
    return [both for both in found.values() if both[0] and both[1]]


def _borders(strokes: Sequence[float], reaches: Sequence[float], room: float) -> list[float]:
    """Places of the strokes, and how far the crossing ones reach when the outer border is not drawn."""
    borders = clusters(strokes, 4.0)
    if borders[0] - min(reaches) > room:
        borders.insert(0, min(reaches))
    if max(reaches) - borders[-1] > room:
        borders.append(max(reaches))
    return borders


def _with_grid(grid: _Grid, elements: Sequence[Element], page: int) -> list[Element]:
    rows: list[list[list[Line]]] = [[[] for _ in grid.xs[1:]] for _ in grid.ys[1:]]
    result: list[Element] = []
    within: list[Line] = []
    at: int | None = None
    for element in elements:
        if isinstance(element, Table):
            result.append(element)
            continue
        outside: list[Word] = []
        pieces: list[tuple[tuple[int, int], list[Word]]] = []
        for word in element.words:
            cell = grid.cell_of(word)
            if cell is None:
                outside.append(word)
            elif pieces and pieces[-1][0] == cell:
                pieces[-1][1].append(word)
            else:
                pieces.append((cell, [word]))
        for (row, column), words in pieces:
            rows[row][column].append(make_line(page, words))
        if pieces:
            within.append(element)
            at = len(result) if at is None else at
        if not pieces:
            result.append(element)
        elif outside:
            result.append(make_line(page, outside))
    rows = [part for row in rows for part in _unruled_rows(row)]
    rows = [row for row in rows if any(row)]
    if at is None or not _is_table(rows):
        return list(elements)
    result.insert(at, _trimmed(Table(page, rows, grid.xs, within if len(rows) == 1 else [])))
    return result


def _unruled_rows(row: list[list[Line]]) -> list[list[list[Line]]]:
    """A body whose rows are not ruled: three or more lines that stand level in every column are rows."""
    heights = [tuple(round(line.base / 2) for line in cell) for cell in row if cell]
    if len(heights) < 2 or len(set(heights)) > 1 or len(heights[0]) < 3:
        return [row]
    return [[[cell[n]] if cell else [] for cell in row] for n in range(len(heights[0]))]


def _is_table(rows: Sequence[Sequence[Sequence[Line]]]) -> bool:
    filled = [sum(bool(cell) for cell in row) for row in rows]
    columns = sum(any(row[n] for row in rows) for n in range(len(rows[0]))) if rows else 0
    if columns < 2 or not any(count >= 2 for count in filled):
        return False
    if sum(filled) < 0.3 * len(rows) * len(rows[0]) and filled[0] < 2:
        return False  # the lines of a chart
    sizes = [sum(len(line.text) for cell in row for line in cell) for row in rows if any(row)]
    return median(sizes) <= MAX_ROW


def _trimmed(table: Table) -> Table:
    """Without columns in which nothing is written and nothing was merged away from a header."""
    used = [n for n in range(len(table.rows[0])) if any(row[n] for row in table.rows)]
    return Table(table.page, [[row[n] for n in used] for row in table.rows], table.edges, table.otherwise)


def _with_aligned(elements: Sequence[Element]) -> list[Element]:
    """Tables without rules: three or more rows of cells that stand under each other."""
    result: list[Element] = []
    at = 0
    while at < len(elements):
        table, end = _aligned(elements, at)
        if table is not None:
            result.append(table)
            at = end
        else:
            result.append(elements[at])
            at += 1
    return result


def _aligned(elements: Sequence[Element], at: int) -> tuple[Table | None, int]:
    first = elements[at]
    if isinstance(first, Table):
        return None, at
    cells = segments(first)
    count = len(cells)
    if count < 2:
        return None, at
    spans = [(cell[0].x0, cell[-1].x1) for cell in cells]
    rows: list[list[list[Line]]] = [[[make_line(first.page, cell)] for cell in cells]]
    end = at + 1
    before = first
    while end < len(elements):
        line = elements[end]
        if isinstance(line, Table) or not 0 < line.base - before.base < 3 * line.size:
            break
        cells = segments(line)
        columns = [_column(spans, cell) for cell in cells]
        if None in columns or len(set(columns)) < len(columns):
            break
        if len(cells) < count and (0 in columns or line.base - before.base > 1.5 * line.size):
            break
        if len(cells) == count:
            rows.append([[] for _ in spans])
        for column, cell in zip(columns, cells, strict=True):
            if column is not None:
                rows[-1][column].append(make_line(line.page, cell))
                spans[column] = (min(spans[column][0], cell[0].x0), max(spans[column][1], cell[-1].x1))
        before = line
        end += 1
    return (Table(first.page, rows, [x0 for x0, _ in spans]), end) if _surely(rows) else (None, at)


def _column(spans: Sequence[tuple[float, float]], cell: Sequence[Word]) -> int | None:
    """The one column a cell stands in; None when it reaches into two or none."""
    touched = [n for n, (x0, x1) in enumerate(spans) if cell[0].x0 < x1 and cell[-1].x1 > x0]
    return touched[0] if len(touched) == 1 else None


def _surely(rows: Sequence[Sequence[Sequence[Line]]]) -> bool:
    if len(rows) < 3:
        return False
    columns = [[row[n] for row in rows if row[n]] for n in range(len(rows[0]))]
    texts = [[" ".join(line.text for line in cell) for cell in column] for column in columns]
    if any(median(len(text) for text in column) > 45 for column in texts):
        return False
    if len(columns) == 2 and all(_MARK.fullmatch(text) for text in texts[0]):
        return False  # a list whose marks stand far from their text
    if all(re.fullmatch(r"\d{1,4}|[ivxl]+", text) for text in texts[-1]) and len(columns) <= 3:
        numbers = [int(text) for text in texts[-1] if text.isdigit()]
        if numbers == sorted(numbers) and median(len(text) for text in texts[-2]) > 8:
            return False  # a table of contents
    if any("...." in text or ". . ." in text for column in texts for text in column):
        return False
    return all(_straight(column) for column in columns)


def _straight(column: Sequence[Sequence[Line]]) -> bool:
    """Whether the cells share their left, right or middle."""
    boxes = [(cell[0].x0, max(line.x1 for line in cell)) for cell in column]
    middles = [(x0 + x1) / 2 for x0, x1 in boxes]
    edges = ([x0 for x0, _ in boxes], [x1 for _, x1 in boxes], middles)
    return any(max(edge) - min(edge) <= 4.0 for edge in edges)
