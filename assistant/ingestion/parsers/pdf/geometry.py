"""Words, lines and rules of a page as they stand on paper: the values the other modules pass on.

Separate so that everything after `pdfium` works on plain values and is tested without a PDF.
Positions are points (1/72 inch) of the page as displayed, origin top left, y growing downwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Word(NamedTuple):
    """Characters between two spaces. `base` is the baseline's y, `size` the type size on paper."""

    text: str
    x0: float
    x1: float
    base: float
    size: float
    bold: bool = False


class Rule(NamedTuple):
    """A straight horizontal or vertical stroke, or an edge of a box."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(slots=True)
class Line:
    """Words of one baseline, left to right. `region` numbers the runs of lines that stand under each other.

    `text` is readable: composed letters, single spaces, a possible line-end hyphen as "-"
    (U+00AD when the file says that it is a soft one). `left` and `right` bound the region.
    """

    page: int
    words: list[Word]
    text: str = ""
    x0: float = 0.0
    x1: float = 0.0
    base: float = 0.0
    size: float = 0.0
    bold: bool = False
    region: int = 0
    left: float = 0.0
    right: float = 0.0
    pitch: float = 0.0

    @property
    def top(self) -> float:
        """Upper edge, from the usual share of capitals above the baseline."""
        return self.base - 0.8 * self.size

    @property
    def bottom(self) -> float:
        """Lower edge, descenders included."""
        return self.base + 0.2 * self.size


@dataclass(slots=True)
class Table:
    """A grid: rows of cells, each cell its lines. `edges` are the column borders, left to right.

    `otherwise` is what stands here when a grid of a single row turns out not to go on over a page break.
    """

    page: int
    rows: list[list[list[Line]]]
    edges: list[float]
    otherwise: list[Line] = field(default_factory=list)


Element = Line | Table


@dataclass(slots=True)
class PageView:
    """What pdfium tells of one page. `rows` are runs of words in content order, one run a line.

    `image_share` in [0, 1] is how much of the page pictures cover; `hidden` counts words left out
    because nobody can see them; `dots` are the middles of small filled shapes (drawn bullets);
    `drawn` counts vector strokes (text turned into outlines).
    """

    number: int
    width: float
    height: float
    rows: list[list[Word]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    dots: list[tuple[float, float]] = field(default_factory=list)
    image_share: float = 0.0
    drawn: int = 0
    hidden: int = 0
    cut: bool = False
    failed: bool = False

    @property
    def letters(self) -> int:
        """Letters and digits that can be read."""
        return sum(1 for row in self.rows for word in row for char in word.text if char.isalnum())


def common(values: Iterable[tuple[float, int]], step: float, default: float) -> float:
    """The value with the greatest weight among (value, weight), values rounded to `step`."""
    weights: Counter[int] = Counter()
    for value, weight in values:
        weights[round(value / step)] += weight
    return max(weights, key=lambda key: (weights[key], key)) * step if weights else default


def clusters(values: Iterable[float], tolerance: float) -> list[float]:
    """Sorted means of groups whose neighbours lie within `tolerance`."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] <= tolerance:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(group) / len(group) for group in groups]


def page_list(numbers: Sequence[int]) -> str:
    """Page numbers for a person: "1-3, 7"."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
