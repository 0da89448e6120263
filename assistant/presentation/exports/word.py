"""A conversation as a Word document. The home of python-docx, whose packaging is used; the XML is ours.

Content becomes runs of text and nothing else: no fields, no relationship to anything outside the file.
A note that is cited again is a number that leads back to its first place, since Word counts every mark.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest

from ...domain.conversations import Conversation
from ...prompts import Words
from . import word_parts as parts
from .blocks import Block, Listing, Paragraph, Table, Text, widths
from .outline import SIGN, Entry, Outline, made_by, models, outline

PAGE = (11906, 16838, 1134)  # A4 and its margins, in twentieths of a point
WIDTH = PAGE[0] - 2 * PAGE[2]
FOOTER = "rId1"  # the relationship of the first part inside


def as_docx(conversation: Conversation, words: Words) -> bytes:
    """The conversation as a .docx; `words` give the language of what is not content."""
    laid = outline(conversation, words)
    made = made_by(models(conversation.messages))
    body = _Body(words.lang, words.text("export.table_source"))
    text = parts.document("".join(body.written(laid)), footer=FOOTER, page=PAGE)
    quoted = words.text("export.quote", quote="{quote}")
    inside = {
        "footer": parts.footer(words.text("export.footer", date=laid.date), WIDTH),
        "styles": parts.styles(words.lang),
        "settings": parts.settings(words.lang),
        "numbering": parts.numbering(body.numbered),
        "footnotes": parts.footnotes(laid.notes, words.lang, quoted),
    }
    return packed(text, inside, (), f"{laid.title}, {laid.date}", conversation.created_at, made, words)


def packed(
    main: bytes,
    inside: Mapping[str, bytes],
    pictures: Sequence[bytes],
    title: str,
    created: datetime,
    made: Mapping[str, str],
    words: Words,
) -> bytes:
    """A .docx of its parts. The parts `inside`, the footer first, are rId1 and on, then the PNG `pictures`.

    `made` tells programs by which means the words were made.
    """
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.package import OpcPackage
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    package = OpcPackage()
    document = Part(PackURI("/word/document.xml"), parts.TYPES["document"], main, package)
    package.relate_to(document, RELATIONSHIP_TYPE.OFFICE_DOCUMENT)
    for name, xml in inside.items():
        relation = getattr(RELATIONSHIP_TYPE, name.upper())
        document.relate_to(Part(PackURI(f"/word/{name}.xml"), parts.TYPES[name], xml, package), relation)
    for n, picture in enumerate(pictures, start=1):
        image = Part(PackURI(f"/word/media/picture{n}.png"), "image/png", picture, package)
        document.relate_to(image, RELATIONSHIP_TYPE.IMAGE)
    marks = {"ai-assistant": words.text("export.product"), **{f"ai-generated-{key}": made[key] for key in made}}
    custom = Part(PackURI("/docProps/custom.xml"), parts.TYPES["properties"], parts.properties(marks), package)
    package.relate_to(custom, RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)

    core = package.core_properties
    core.title = title[:255]  # as much as python-docx takes
    core.author = core.last_modified_by = words.text("export.product")
    core.language = parts.locale(words.lang)
    core.keywords = "; ".join(f"{key}={value}" for key, value in marks.items())[:255]
    core.created = core.modified = created.astimezone(UTC).replace(tzinfo=None)
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
            yield parts.table(rows, widths(block, WIDTH), headed=bool(block.header))
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
