"""A conversation as a Word document. The home of python-docx, whose packaging is used; the XML is ours.

Content becomes runs of text and nothing else: no fields, no relationship to anything outside the file.
A note that is cited again is a number that leads back to its first place, since Word counts every mark.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from itertools import zip_longest

from ...domain.conversations import Conversation
from ...prompts import Words
from . import word_parts as parts
from .blocks import Block, Listing, Paragraph, Table, Text
from .outline import SIGN, Entry, Outline, made_by, models, outline

PAGE = (11906, 16838, 1134)  # A4 and its margins, in twentieths of a point
WIDTH = PAGE[0] - 2 * PAGE[2]
LETTER, PADDING = 120, 216  # of a wide letter at 10 points, of a cell
LONG_WORD = 30  # letters; a longer word (an address) may break


def as_docx(conversation: Conversation, words: Words) -> bytes:
    """The conversation as a .docx; `words` give the language of what is not content."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.package import OpcPackage
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    laid = outline(conversation, words)
    made = made_by(models(conversation.messages))
    body = _Body(words.lang, words.text("export.table_source"))
    text = parts.document("".join(body.written(laid)), footer="rId1", page=PAGE)
    marks = {"ai-assistant": words.text("export.product"), **{f"ai-generated-{key}": made[key] for key in made}}
    quoted = words.text("export.quote", quote="{quote}")
    inside = [
        ("footer", RELATIONSHIP_TYPE.FOOTER, parts.footer(words.text("export.footer", date=laid.date), WIDTH)),
        ("styles", RELATIONSHIP_TYPE.STYLES, parts.styles(words.lang)),
        ("settings", RELATIONSHIP_TYPE.SETTINGS, parts.settings(words.lang)),
        ("numbering", RELATIONSHIP_TYPE.NUMBERING, parts.numbering(body.numbered)),
        ("footnotes", RELATIONSHIP_TYPE.FOOTNOTES, parts.footnotes(laid.notes, words.lang, quoted)),
    ]
    package = OpcPackage()
    main = Part(PackURI("/word/document.xml"), parts.TYPES["document"], text, package)
    package.relate_to(main, RELATIONSHIP_TYPE.OFFICE_DOCUMENT)
    for name, relation, xml in inside:  # the footer first: it is rId1
        main.relate_to(Part(PackURI(f"/word/{name}.xml"), parts.TYPES[name], xml, package), relation)
    custom = Part(PackURI("/docProps/custom.xml"), parts.TYPES["properties"], parts.properties(marks), package)
    package.relate_to(custom, RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)

    core = package.core_properties
    core.title = f"{laid.title}, {laid.date}"
    core.author = core.last_modified_by = words.text("export.product")
    core.language = parts.locale(words.lang)
    core.keywords = "; ".join(f"{key}={value}" for key, value in marks.items())[:255]  # as much as python-docx takes
    core.created = core.modified = conversation.created_at.astimezone(UTC).replace(tzinfo=None)
    file = io.BytesIO()
    package.save(file)
    return file.getvalue()


@dataclass
class _Body:
    """Writes the body's XML; remembers the numbered lists and the notes that it has met."""

    lang: str
    table_source: str
    numbered: list[Listing] = field(default_factory=list)
    met: set[int] = field(default_factory=set)

    def written(self, laid: Outline) -> Iterator[str]:
        yield parts.paragraph(parts.run(laid.title), "Title")
        yield parts.paragraph(parts.run(laid.date), "Subtitle")
        yield parts.paragraph(parts.run(laid.statement), "Statement")
        if laid.empty:
            yield parts.paragraph(parts.run(laid.empty))
        for entry in laid.entries:
            yield from self._entry(entry)

    def _entry(self, entry: Entry) -> Iterator[str]:
        yield self._said(entry.heading, entry.lang, "Heading1")
        if entry.question:
            yield self._said(entry.question, entry.lang, "Question")
        yield parts.paragraph(parts.run(entry.status), "Status")
        for remark in entry.remarks:
            yield parts.paragraph(parts.run(remark), "Remark")
        for line in entry.opening:
            yield self._said(line, entry.lang)
        for block, after in zip_longest(entry.blocks, entry.blocks[1:]):
            yield from self._block(block, led=isinstance(after, Listing | Table))
        for notice in entry.notices:
            yield self._said(notice, entry.lang, "Remark")
        if entry.suggestions_title:
            yield parts.paragraph(parts.run(entry.suggestions_title), "Lead")
        for item in entry.suggestions:
            yield parts.paragraph(parts.run(item), "ListParagraph", parts.BULLETS)

    def _said(self, text: str, lang: str, style: str = "") -> str:
        return parts.paragraph(parts.run(text, self._other(lang)), style)

    def _other(self, lang: str) -> str:
        """The language when it is not the document's."""
        return lang if lang != self.lang else ""

    def _block(self, block: Block, led: bool) -> Iterator[str]:
        """`led`: a list or table comes next and stays on the same page."""
        if isinstance(block, Paragraph):
            yield parts.paragraph(self._text(block.text), "Lead" if led else "")
        elif isinstance(block, Listing):
            number = parts.BULLETS
            if block.start is not None:
                self.numbered.append(block)
                number += len(self.numbered)
            for item in block.items:
                yield parts.paragraph(self._text(item), "ListParagraph", number)
        else:
            rows = [[self._text(cell) for cell in row] for row in (block.header, *block.rows) if row]
            yield parts.table(rows, _widths(block), headed=bool(block.header))
            source = parts.run(self.table_source) + self._references(block.notes) if block.notes else ""
            yield parts.paragraph(source, "Source")

    def _text(self, text: Text) -> str:
        sign = parts.run(f" {SIGN}") if text.generated else ""
        return parts.run(text.words, self._other(text.lang)) + sign + self._references(text.notes)

    def _references(self, notes: Iterable[int]) -> str:
        marks = []
        for n in notes:
            marks.append(parts.reference_again(n) if n in self.met else parts.reference(n))
            self.met.add(n)
        return parts.run(", ", style="FootnoteReference").join(marks)


def _widths(table: Table) -> list[int]:
    """Columns of a table in twentieths of a point: room for each longest word, the rest by how much text there is."""
    columns = [
        [cell.words for cell in column] for column in zip(*filter(None, (table.header, *table.rows)), strict=True)
    ]
    longest = [max((len(word) for cell in column for word in cell.split()), default=0) for column in columns]
    least = [min(length, LONG_WORD) * LETTER + PADDING for length in longest]
    amounts = [1 + sum(map(len, column)) for column in columns]
    spare = max(0, WIDTH - sum(least))
    wanted = [room + spare * amount / sum(amounts) for room, amount in zip(least, amounts, strict=True)]
    return [round(WIDTH * width / sum(wanted)) for width in wanted]
