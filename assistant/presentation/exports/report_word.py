"""A report as a Word document: real headings, footnotes and table headers, charts as pictures with words beside them.

Parts with broad tables or diagrams stand on landscape pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import zip_longest

from ...prompts import Words
from .. import charts
from . import word_parts as parts
from .blocks import Listing, Paragraph, Table, Text, widths
from .report_outline import Block, Draft, Figure, Heading, Outline, Part, Remark
from .word import FOOTER, PAGE, WIDTH, packed

BROAD = PAGE[1] - 2 * PAGE[2]  # between the margins of a landscape page
TALL = {False: 640, True: 360}  # points that a picture may be high, by whether the page is landscape
PICTURES = 6  # rId6 and on are pictures: five parts stand before them


def as_docx(laid: Outline, words: Words, created: datetime) -> bytes:
    """The report; `words` are those of its language."""
    body = _Body(laid, words)
    text = parts.document("".join(body.written()), footer=FOOTER, page=PAGE)
    footer = words.text("run_report.footer", title=laid.title, date=laid.date)
    inside = {
        "footer": parts.footer(footer, WIDTH),
        "styles": parts.styles(laid.lang, report=True),
        "settings": parts.settings(laid.lang),
        "numbering": parts.numbering(()),
        "footnotes": parts.footnotes(laid.notes, laid.lang, words.text("export.quote", quote="{quote}")),
    }
    return packed(text, inside, body.pictures, f"{laid.title}, {laid.date}", created, {"by": "rules"}, words)


class _Body:
    """Writes the body's XML; keeps the pictures and remembers the notes that it has met."""

    def __init__(self, laid: Outline, words: Words) -> None:
        self.laid = laid
        self.words = words
        self.pictures: list[bytes] = []
        self.met: set[int] = set()
        self.broad = False

    def written(self) -> Iterator[str]:
        yield from self._cover()
        for n, part in enumerate(self.laid.parts):
            if n == 0 or part.wide != self.broad:
                yield parts.section_break(parts.section(FOOTER, PAGE, self.broad))
            self.broad = part.wide
            yield from self._part(part)
        if self.broad:
            yield parts.section_break(parts.section(FOOTER, PAGE, broad=True))

    def _cover(self) -> Iterator[str]:
        laid = self.laid
        yield parts.paragraph(parts.run(laid.kind), "Kind")
        yield parts.paragraph(parts.run(laid.title), "Title")
        yield parts.paragraph(parts.run(laid.organisation or laid.date), "Subtitle")
        facts = Table((), tuple(tuple(Text(one, laid.lang) for one in row) for row in laid.facts))
        caption = self.words.text("run_report.cover")
        rows = [[parts.run(cell.words) for cell in row] for row in facts.rows]
        yield parts.table(rows, widths(facts, WIDTH), headed=False, caption=caption)
        yield parts.paragraph("", "Source")
        yield parts.paragraph(parts.run(laid.statement), "Statement")

    def _part(self, part: Part) -> Iterator[str]:
        yield parts.paragraph(parts.run(part.title), "Heading1")
        for block, after in zip_longest(part.blocks, part.blocks[1:]):
            yield from self._block(block, led=after is not None and not isinstance(after, Paragraph | Remark))

    def _block(self, block: Block, led: bool) -> Iterator[str]:
        """`led`: a table, list, heading or picture comes next and stays on the same page."""
        if isinstance(block, Heading):
            yield parts.paragraph(parts.run(block.words), "Heading2")
        elif isinstance(block, Paragraph):
            yield parts.paragraph(self._text(block.text), "Lead" if led else "")
        elif isinstance(block, Remark):
            lead = parts.run(f"{block.lead} ", style="NoteTitle") if block.lead else ""
            yield parts.paragraph(lead + self._text(block.text), "Caution" if block.lead else "Remark")
        elif isinstance(block, Listing):
            for item in block.items:
                yield parts.paragraph(self._text(item), "ListParagraph", parts.BULLETS)
        elif isinstance(block, Draft):
            yield parts.paragraph(parts.run(block.label), "Label")
            for line in block.lines:
                yield parts.paragraph(parts.run(line), "Draft")
            yield parts.paragraph("", "Source")
        elif isinstance(block, Table):
            yield from self._table(block)
        else:
            yield self._figure(block)

    def _table(self, table: Table) -> Iterator[str]:
        rows = [[self._text(cell) for cell in row] for row in (table.header, *table.rows) if row]
        room = BROAD if self.broad else WIDTH
        if not table.quiet:
            yield parts.paragraph(parts.run(table.caption), "Caption")
        yield parts.table(rows, widths(table, room), bool(table.header), table.caption, table.numbers)
        yield parts.paragraph("", "Source")

    def _figure(self, figure: Figure) -> str:
        self.pictures.append(charts.png(figure.chart))
        n = len(self.pictures)
        width, height = charts.size(figure.chart)
        shrunk = min(1.0, (BROAD if self.broad else WIDTH) / 20 / width, TALL[self.broad] / height)
        points = (width * shrunk, height * shrunk)
        relation = f"rId{PICTURES + n - 1}"
        return parts.paragraph(parts.picture(relation, n, points, figure.alternative), "Figure")

    def _text(self, text: Text) -> str:
        other = text.lang if text.lang != self.laid.lang else ""
        return parts.run(text.words, other) + self._references(text.notes)

    def _references(self, notes: Iterable[int]) -> str:
        marks = []
        for n in notes:
            marks.append(parts.reference_again(n) if n in self.met else parts.reference(n))
            self.met.add(n)
        return parts.run(", ", style="FootnoteReference").join(marks)
