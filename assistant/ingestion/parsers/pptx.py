"""Slides: a page each, its title as heading, its bullets as one list, its notes after it.

Home of python-pptx, whose errors on damaged files are many and unnamed; they all become ours here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...config import IngestionSettings
from ...domain.documents import Warning_
from ...errors import AssistantError, ParserLimit, UnreadableDocument
from ..layout import Parsed
from . import archive, drafts
from .drafts import Draft, DraftKind

ROW_HEIGHT = 228_600  # EMU, a quarter of an inch: shapes whose tops differ by less stand side by side
TINY = 200  # hundredths of a point
MAX_REPEATED = 200  # characters of a line that may be furniture
REPEATED_FROM = 3  # slides
MAX_TITLE_WORDS = 12
_FURNITURE = ("SLIDE_NUMBER", "DATE", "FOOTER", "HEADER")
_NO_SECTION = re.compile(r"(default section|sekcja domyślna|untitled section|sekcja bez tytułu)", re.IGNORECASE)
_COUNTED = re.compile(r"slidenum|datetime")  # fields that are furniture wherever they stand
_PAGE_NUMBER = re.compile(r"\W*(slajd|slide|strona|str\.|page)?\s*\d{1,4}(\s*(/|z|of)\s*\d{1,4})?\W*")
_PATTERNS = {
    "arabicPeriod": "{}.", "arabicParenR": "{})", "arabicPlain": "{}", "alphaLcPeriod": "{}.", "alphaLcParenR": "{})",
    "alphaUcPeriod": "{}.", "alphaUcParenR": "{})", "arabicParenBoth": "({})",
}  # fmt: skip

Shape = Any  # python-pptx's objects and lxml's elements carry no types
Element = Any


def parse(path: Path, limits: IngestionSettings) -> Parsed:
    """Read a .pptx; page n is slide n, an empty page for a hidden slide.

    Raises what `archive.check` raises, ParserLimit(too_many_pages) and UnreadableDocument with
    damaged_archive, damaged_xml or no_text.
    Warnings: hidden_slides {count}, hidden_text {count}, embedded_object {count}, linked_media {count}.
    """
    package = archive.check(path, limits, archive.Kind.SLIDES)
    slides = sum(type_ == "slide" for type_, _ in package.relations.get(package.main, ()))
    if slides > limits.max_pages:
        raise ParserLimit(path=str(path), reason="too_many_pages", pages=slides, limit=limits.max_pages)
    try:
        deck = _deck(path)
    except (AssistantError, MemoryError):
        raise
    except SyntaxError as error:  # lxml's XMLSyntaxError
        raise UnreadableDocument(path=str(path), reason="damaged_xml") from error
    except Exception as error:  # python-pptx answers damage with whatever its next line happens to raise
        raise UnreadableDocument(path=str(path), reason="damaged_archive") from error
    text, pages, pieces = drafts.linearise(_drafts(deck))
    if not pieces:
        raise UnreadableDocument(path=str(path), reason="no_text")
    counted = {
        "hidden_slides": sum(slide.hidden for slide in deck.slides),
        "hidden_text": sum(slide.hidden_texts for slide in deck.slides),
    }
    warnings = tuple(Warning_(code, {"count": count}) for code, count in counted.items() if count)
    return Parsed(text, pages, pieces, deck.properties, package.warnings + warnings)


@dataclass(slots=True)
class _Group:
    """What one shape says. `title` is set for the slide's title."""

    drafts: list[Draft]
    title: bool = False


@dataclass(slots=True)
class _Slide:
    """A slide's shapes in reading order, its notes and the section that begins with it."""

    hidden: bool = False
    section: str = ""
    groups: list[_Group] = field(default_factory=list)
    notes: list[Draft] = field(default_factory=list)
    hidden_texts: int = 0


@dataclass(slots=True)
class _Deck:
    slides: list[_Slide]
    properties: dict[str, str]


def _deck(path: Path) -> _Deck:
    import pptx

    presentation = pptx.Presentation(str(path))
    sections = _sections(presentation)
    size = (presentation.slide_width or 0, presentation.slide_height or 0)
    slides = []
    waiting = ""
    for slide in presentation.slides:
        waiting = sections.get(slide.slide_id, waiting)
        if slide._element.get("show") in ("0", "false"):
            slides.append(_Slide(hidden=True))
            continue
        slides.append(_slide(slide, size))
        slides[-1].section, waiting = waiting, ""
    title = drafts.sensible_title(presentation.core_properties.title)
    return _Deck(slides, {"title": title} if title else {})


def _sections(presentation: Shape) -> dict[int, str]:
    """Section names by the id of the slide each begins with."""
    sections: dict[int, str] = {}
    for section in presentation.element.iter("{*}section"):
        name = (section.get("name") or "").strip()
        first = next(section.iter("{*}sldId"), None)
        if first is not None and name and not _NO_SECTION.fullmatch(name):
            sections[int(first.get("id"))] = name
    return sections


def _slide(slide: Shape, size: tuple[int, int]) -> _Slide:
    result = _Slide()
    for shape in _in_order(slide.shapes):
        if _is_furniture(shape):
            continue
        if _is_out_of_sight(shape, size):
            result.hidden_texts += bool(shape.has_text_frame and shape.text_frame.text.strip())
            continue
        group = _Group([], title=_is_title(shape))
        for draft in _shape(shape, result):
            group.drafts.append(draft)
        if group.drafts:
            result.groups.append(group)
    result.groups.sort(key=lambda group: not group.title)
    if slide.has_notes_slide:
        frame = slide.notes_slide.notes_text_frame
        result.notes = [] if frame is None else [Draft(DraftKind.PARAGRAPH, _text(p, result)) for p in frame.paragraphs]
    return result


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────


def _in_order(shapes: Shape) -> Iterator[Shape]:
    """Shapes by rows from the top, left to right; a group's members in its place."""
    waiting = list(reversed(_sorted(shapes)))
    while waiting:
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting.extend(reversed(_sorted(shape.shapes)))
        else:
            yield shape


def _sorted(shapes: Shape) -> list[Shape]:
    placed = [(_emu(shape.top), _emu(shape.left), n, shape) for n, shape in enumerate(shapes)]
    placed.sort(key=lambda place: place[:3])
    rows: list[list[Any]] = []
    for place in placed:
        if not rows or place[0] - rows[-1][0][0] > ROW_HEIGHT:
            rows.append([])
        rows[-1].append(place)
    return [place[3] for row in rows for place in sorted(row, key=lambda place: (place[1], place[2]))]


def _emu(value: int | None) -> int:
    return 0 if value is None else int(value)


def _placeholder(shape: Shape) -> str:
    """The name of a placeholder's type; "" for other shapes."""
    return shape.placeholder_format.type.name if shape.is_placeholder and shape.placeholder_format.type else ""


def _is_furniture(shape: Shape) -> bool:
    return _placeholder(shape) in _FURNITURE


def _is_title(shape: Shape) -> bool:
    return _placeholder(shape) in ("TITLE", "CENTER_TITLE", "VERTICAL_TITLE")


def _is_out_of_sight(shape: Shape, size: tuple[int, int]) -> bool:
    named = next(shape._element.iter("{*}cNvPr"), None)
    if named is not None and named.get("hidden") in ("1", "true"):
        return True
    if None in (shape.left, shape.top, shape.width, shape.height) or not all(size) or _is_grouped(shape):
        return False
    right, bottom = shape.left + shape.width, shape.top + shape.height
    return bool(shape.left >= size[0] or shape.top >= size[1] or right <= 0 or bottom <= 0)


def _is_grouped(shape: Shape) -> bool:
    """Whether its position counts from its group's corner."""
    return str(shape._element.getparent().tag).endswith("}grpSp")


def _shape(shape: Shape, slide: _Slide) -> Iterator[Draft]:
    if getattr(shape, "has_table", False):
        yield _table(shape.table, slide)
    elif getattr(shape, "has_chart", False):
        if shape.chart.has_title and shape.chart.chart_title.has_text_frame:
            yield Draft(DraftKind.PARAGRAPH, shape.chart.chart_title.text_frame.text)
    elif shape.has_text_frame and _is_title(shape):
        lines = [_text(paragraph, slide).strip() for paragraph in shape.text_frame.paragraphs]
        title = " ".join(line for line in lines if line)
        if not drafts.blank(title):
            yield Draft(DraftKind.HEADING, title.replace("\n", " "), 1)
    elif shape.has_text_frame:
        yield from _paragraphs(shape, slide)
    else:
        yield from _diagram(shape)


def _paragraphs(shape: Shape, slide: _Slide) -> Iterator[Draft]:
    styles = _list_styles(shape)
    counts: dict[int, int] = {}
    first = True
    for paragraph in shape.text_frame.paragraphs:
        text = _text(paragraph, slide)
        if drafts.blank(text):
            continue
        level = paragraph.level
        bullet = _bullet(paragraph._p.pPr, level, styles)
        counts = {deeper: count for deeper, count in counts.items() if deeper <= level}
        if bullet is None:
            counts.clear()
            yield Draft(DraftKind.PARAGRAPH, text)
            first = True
            continue
        if _local(bullet) == "buAutoNum":
            counts[level] = counts.get(level, int(bullet.get("startAt") or 1) - 1) + 1
            text = f"{_mark(bullet.get('type') or '', counts[level])} {text.strip()}"
        yield Draft(DraftKind.ITEM, text, level, fresh=first)
        first = False


def _mark(type_: str, count: int) -> str:
    number = chr(ord("a") + (count - 1) % 26) if type_.startswith("alpha") else str(count)
    return _PATTERNS.get(type_, "{}.").format(number.upper() if "Uc" in type_ else number)


def _text(paragraph: Shape, slide: _Slide) -> str:
    """A paragraph's characters; runs too small to be seen are counted, not read."""
    runs = []
    for element in paragraph._p:
        name = _local(element)
        if name == "br":
            runs.append("\n")
        elif name == "r" or (name == "fld" and not _COUNTED.match(element.get("type") or "")):
            text = "".join(part.text or "" for part in element if _local(part) == "t")
            size = next((part.get("sz") for part in element if _local(part) == "rPr"), None)
            if size is not None and size.isdigit() and int(size) < TINY and text.strip():
                slide.hidden_texts += 1
            else:
                runs.append(text)
    return "".join(runs).replace("\v", "\n")


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _list_styles(shape: Shape) -> list[Element]:
    """Where a shape's paragraphs get their bullets from, nearest first: itself, its layout, its master."""
    styles = [shape._element.txBody.find("{*}lstStyle")]
    if shape.is_placeholder:
        base = shape._base_placeholder
        for _ in range(2):
            if base is not None:
                styles.append(base._element.txBody.find("{*}lstStyle") if base._element.txBody is not None else None)
                base = getattr(base, "_base_placeholder", None)
        if _placeholder(shape) in ("BODY", "OBJECT", "VERTICAL_BODY", "VERTICAL_OBJECT"):
            master = shape.part.slide.slide_layout.slide_master._element
            styles.append(next(master.iter("{*}bodyStyle"), None))
    return [style for style in styles if style is not None]


def _bullet(properties: Element, level: int, styles: list[Element]) -> Element | None:
    """The bullet element that applies to a paragraph; None when it has none."""
    sources = [properties, *(style.find(f"{{*}}lvl{level + 1}pPr") for style in styles)]
    for source in sources:
        for element in source if source is not None else ():
            if _local(element) == "buNone":
                return None
            if _local(element) in ("buChar", "buAutoNum", "buBlip"):
                return element
    return None


def _table(table: Shape, slide: _Slide) -> Draft:
    rows = [["" if cell.is_spanned else _cell(cell, slide) for cell in row.cells] for row in table.rows]
    headers = 1 if table.first_row and len(rows) > 1 else drafts.header_rows(rows)
    return Draft(DraftKind.TABLE, rows=rows, headers=headers)


def _cell(cell: Shape, slide: _Slide) -> str:
    texts = (_text(paragraph, slide).strip() for paragraph in cell.text_frame.paragraphs)
    return " ".join(text for text in texts if text)


def _diagram(shape: Shape) -> Iterator[Draft]:
    """The words of a SmartArt diagram as a list, nested as its points are; nothing for other shapes."""
    from pptx.oxml import parse_xml

    ids = next(shape._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"), None)
    if ids is None:
        return
    key = next((value for name, value in ids.attrib.items() if name.endswith("}dm")), "")
    model = parse_xml(shape.part.related_part(key).blob)
    words = {point.get("modelId"): _point(point) for point in model.iter("{*}pt")}
    children: dict[str, list[tuple[int, str]]] = {}
    for link in model.iter("{*}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd") or ""
            place = int(order) if order.isdigit() else 0
            children.setdefault(link.get("srcId"), []).append((place, link.get("destId")))
    roots = [point.get("modelId") for point in model.iter("{*}pt") if point.get("type") == "doc"]
    waiting = [(root, -1) for root in reversed(roots)]
    seen: set[str] = set()
    while waiting:
        point, level = waiting.pop()
        if point in seen:
            continue
        seen.add(point)
        if level >= 0 and not drafts.blank(words.get(point, "")):
            yield Draft(DraftKind.ITEM, words[point], level, fresh=len(seen) == 2)
        waiting.extend((child, level + 1) for _, child in sorted(children.get(point, []), reverse=True))


def _point(point: Element) -> str:
    paragraphs = ("".join(text.text or "" for text in p.iter("{*}t")).strip() for p in point.iter("{*}p"))
    return " ".join(text for text in paragraphs if text)


# ── with the whole deck in sight ─────────────────────────────────────────────────────────────────


def _drafts(deck: _Deck) -> Iterator[Draft]:
    repeated = _repeated(deck)
    sectioned = any(slide.section for slide in deck.slides)
    for n, slide in enumerate(deck.slides):
        if n:
            yield Draft(DraftKind.PAGE)
        groups = [group for group in (_without(group, repeated) for group in slide.groups) if group.drafts]
        _lift_title(groups)
        title = groups[0].drafts[0].text if groups and groups[0].title else ""
        if slide.section and _folded(slide.section) != _folded(title):
            yield Draft(DraftKind.HEADING, slide.section, 1)
        for group in groups:
            for draft in group.drafts:
                if draft.kind is DraftKind.HEADING:
                    draft.level = 2 if sectioned else 1
                yield draft
        yield from slide.notes


def _repeated(deck: _Deck) -> set[str]:
    """Lines, other than titles, that stand on more than half of the slides shown."""
    shown = [slide for slide in deck.slides if not slide.hidden]
    if len(shown) < REPEATED_FROM:
        return set()
    counts = Counter(
        line
        for slide in shown
        for line in {_folded(d.text) for group in slide.groups if not group.title for d in group.drafts if d.text}
    )
    return {line for line, count in counts.items() if count * 2 > len(shown) and len(line) <= MAX_REPEATED}


def _folded(text: str) -> str:
    """A line as it repeats: without case and spaces; all page numbers are the same line."""
    line = " ".join(text.split()).casefold()
    return "#" if _PAGE_NUMBER.fullmatch(line) else line


def _without(group: _Group, repeated: set[str]) -> _Group:
    if group.title:
        return group
    return _Group([draft for draft in group.drafts if _folded(draft.text) not in repeated or not draft.text])


def _lift_title(groups: list[_Group]) -> None:
    """A slide without a title: its first short line is one, when more follows it."""
    if not groups or any(group.title for group in groups):
        return
    first = groups[0].drafts[0]
    text = first.text.strip()
    alone = len(groups[0].drafts) == 1 and len(groups) == 1
    if (
        first.kind is DraftKind.PARAGRAPH
        and not alone
        and "\n" not in text
        and len(text.split()) <= MAX_TITLE_WORDS
        and not text.endswith((".", ",", ";", ":"))
    ):
        first.kind = DraftKind.HEADING
        groups[0].title = True
