"""PDF files: text as a person reads it, with pages, headings, paragraphs, lists and tables.

A package because a PDF says nothing of paragraphs: they are worked out of places on paper, in
steps that know nothing of each other: pages (`pdfium`), lines (`lines`), running heads
(`furniture`), grids (`tables`), headings, blocks, text (`writing`). pypdf reads the catalogue
(`catalog`); tesseract reads scans (`ocr`). Meant to run in a process with limits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ....config import IngestionSettings
from ....domain.documents import Warning_
from ....errors import DangerousDocument, ParserLimit, UnreadableDocument
from ...layout import Parsed
from . import ocr
from .blocks import Block, build, notes, split_notes
from .catalog import MAX_OUTLINE, Catalog, extract_page, read_catalog, sensible_title
from .furniture import Sheet, is_noise, without_furniture
from .geometry import Element, Line, PageView, Table, Word, page_list
from .headings import TypeFacts, find_headings, plain_title, slide_title_first, type_facts
from .hyphens import Vocabulary
from .lines import mark_regions, page_lines
from .pdfium import PdfFile
from .quality import quality
from .tables import single_rows_settled, with_tables
from .writing import Writer, in_reading_order

FEW_LETTERS = 25  # a page with fewer, under a picture, is a scan
SCAN_SHARE = 0.5  # of the page covered by pictures
OUTLINED = 150  # vector shapes on a page without text: letters turned into outlines
WALL_SHARE = 0.8  # of the wall limit, after which no further page is read by OCR
USUAL_FURNITURE = 150  # characters a page
SECOND_OPINIONS = 20  # pages pypdf is asked about

_FOREIGN = (b"MZ", b"PK\x03\x04", b"\x7fELF", b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<svg", b"<?xml", b"#!")


@dataclass(slots=True)
class _Findings:
    """Page numbers by what was found on them."""

    hidden: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    by_ocr: list[int] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    garbled: list[int] = field(default_factory=list)
    furniture_percent: int = 0  # of all characters, counted when it is more than a line or two a page


def parse(path: Path, limits: IngestionSettings, clock: Callable[[], float] = time.monotonic) -> Parsed:
    """Read a PDF.

    Raises UnreadableDocument (changed, permission, empty_file, wrong_type, damaged, no_text_layer, no_text),
    EncryptedDocument (password, unknown_encryption), DangerousDocument (polyglot) and
    ParserLimit (too_many_pages, with `pages` and `limit`). Warnings: see `_warnings`.
    """
    started = clock()
    data = _bytes(path)
    file = PdfFile(data, path.name)
    try:
        if file.pages > limits.max_pages:
            raise ParserLimit(path=path.name, reason="too_many_pages", pages=file.pages, limit=limits.max_pages)
        found = _Findings()
        views = _views(file, found)
        catalog = _completed(read_catalog(data, file.pages), file)
        _judge(data, views, found)
        _read_scans(file, views, found, limits, lambda: clock() - started)
        if not any(view.letters for view in views):
            raise UnreadableDocument(
                path=path.name, reason="no_text_layer" if found.unread or found.stopped else "no_text"
            )
        return _parsed(path.name, views, catalog, found, file)
    finally:
        file.close()


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableDocument(path=path.name, reason="changed") from None
    except PermissionError:
        raise UnreadableDocument(path=path.name, reason="permission") from None
    if not data.strip(b"\0 \r\n\t"):
        raise UnreadableDocument(path=path.name, reason="empty_file")
    head = data[:1024].find(b"%PDF-")
    if head < 0:
        raise UnreadableDocument(path=path.name, reason="wrong_type")
    if data[:head].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_FOREIGN):
        raise DangerousDocument(path=path.name, reason="polyglot")
    return data


def _views(file: PdfFile, found: _Findings) -> list[PageView]:
    views = []
    for number in range(1, file.pages + 1):
        view = file.page(number)
        views.append(view)
        if view.failed:
            found.failed.append(number)
        if view.hidden:
            found.hidden.append(number)
        if view.cut:
            found.cut.append(number)
    return views


def _completed(catalog: Catalog, file: PdfFile) -> Catalog:
    """What pypdf could not read, as pdfium reads it; with that nothing is missing from an encrypted file."""
    if not catalog.problem:
        return catalog
    return replace(
        catalog,
        title=catalog.title or sensible_title(file.title()),
        outline=catalog.outline or file.outline(MAX_OUTLINE),
        labels=catalog.labels or file.labels(),
        problem="" if catalog.problem == "encrypted" else catalog.problem,
    )


def _judge(data: bytes, views: list[PageView], found: _Findings) -> None:
    """Where pdfium's text looks bad, take pypdf's if it reads better; note what stays bad."""
    asked = 0
    for view in views:
        ours = quality(_words(view.rows))
        if not ours.bad:
            continue
        if asked < SECOND_OPINIONS:
            asked += 1
            other = extract_page(data, view.number, seconds=2.0)
            theirs = quality(other)
            if not theirs.bad and theirs.words >= 0.5 * ours.words and theirs.score > ours.score + 0.2:
                view.rows = _typewritten(other)
                continue
        found.garbled.append(view.number)


def _typewritten(text: str) -> list[list[Word]]:
    """Lines without places, set as a typewriter would."""
    rows: list[list[Word]] = []
    for n, line in enumerate(text.splitlines()):
        words: list[Word] = []
        x = 0.0
        for word in line.split():
            words.append(Word(word, x, x + 6.0 * len(word), 12.0 * (n + 1), 10.0))
            x += 6.0 * (len(word) + 1)
        if words:
            rows.append(words)
    return rows


def _read_scans(
    file: PdfFile, views: list[PageView], found: _Findings, limits: IngestionSettings, elapsed: Callable[[], float]
) -> None:
    """Read pages that are only pictures, or unreadable, by OCR while there is time."""
    scans = [view for view in views if _is_scan(view)]
    wanted = [view for view in views if _is_scan(view) or view.number in found.garbled]
    allowed = limits.ocr and bool(wanted) and ocr.can_read()
    for view in wanted:
        if not allowed:
            break
        left = WALL_SHARE * limits.wall_seconds - elapsed()
        if left <= 1:
            found.stopped.append(view.number)
            continue
        picture = file.render(view.number, limits.ocr_dpi)
        rows = ocr.read(picture, min(limits.ocr_seconds_per_page, left)) if picture else None
        if rows and (view.number not in found.garbled or _score(rows) > _score(view.rows) + 0.2):
            view.rows, view.rules, view.dots = rows, [], []
            found.by_ocr.append(view.number)
    found.garbled = [number for number in found.garbled if number not in found.by_ocr]
    found.unread = [view.number for view in scans if view.number not in found.by_ocr + found.stopped]


def _score(rows: list[list[Word]]) -> float:
    return quality(_words(rows)).score


def _words(rows: list[list[Word]]) -> str:
    return " ".join(word.text for row in rows for word in row)


def _is_scan(view: PageView) -> bool:
    return not view.failed and view.letters < FEW_LETTERS and (view.image_share >= SCAN_SHARE or view.drawn >= OUTLINED)


def _parsed(name: str, views: list[PageView], catalog: Catalog, found: _Findings, file: PdfFile) -> Parsed:
    pages = [_clean_lines(view, found) for view in views]
    facts = type_facts(pages, views)
    sheets = [Sheet(view.number, view.height, lines) for view, lines in zip(views, pages, strict=True)]
    kept = without_furniture(sheets, facts.body)
    before, after = _letters(pages), _letters(kept)
    if before - after > USUAL_FURNITURE * len(pages):
        found.furniture_percent = round(100 * (before - after) / max(before, 1))

    writer = Writer(Vocabulary(line.text for page in kept for line in page))
    blocks, footnotes = _blocks(views, kept, facts, catalog)
    for block in in_reading_order(blocks, footnotes):
        writer.write(block)
    if not writer.pieces:
        raise UnreadableDocument(path=name, reason="no_text")
    return Parsed(
        text=writer.text,
        pages=writer.pages(len(views), catalog.labels),
        pieces=tuple(writer.pieces),
        properties={"title": catalog.title} if catalog.title not in ("", Path(name).stem) else {},
        warnings=_warnings(catalog, found, file),
    )


def _clean_lines(view: PageView, found: _Findings) -> list[Line]:
    lines = page_lines(view)
    if view.number in found.by_ocr or view.image_share >= SCAN_SHARE:
        lines = [line for line in lines if not is_noise(line.text)]
    return lines


def _letters(pages: list[list[Line]]) -> int:
    return sum(len(line.text) for page in pages for line in page)


def _blocks(
    views: list[PageView], pages: list[list[Line]], facts: TypeFacts, catalog: Catalog
) -> tuple[list[Block], dict[int, list[Block]]]:
    """Blocks in order and each page's footnotes."""
    elements: list[list[Element]] = []
    footnotes: dict[int, list[Block]] = {}
    titles: set[int] = set()
    for view, lines in zip(views, pages, strict=True):
        if facts.slides:
            lines, chosen = slide_title_first(lines, view.height)
            titles |= chosen
        else:
            lines, small = split_notes(lines, facts.body, view.height)
            mark_regions(small)
            footnotes |= {view.number: notes(small)} if small else {}
        elements.append(with_tables(view, lines))
    elements = single_rows_settled(elements)
    for part in [run for page in elements for run in _between_tables(page)]:
        mark_regions(part)
    flow = [element for page in elements for element in page]
    outline = {plain_title(title): min(depth, 6) for title, depth in reversed(catalog.outline)}
    outline.pop("", None)
    return build(flow, find_headings(flow, facts, outline, titles)), footnotes


def _between_tables(elements: list[Element]) -> list[list[Line]]:
    runs: list[list[Line]] = [[]]
    for element in elements:
        if isinstance(element, Table):
            runs.append([])
        else:
            runs[-1].append(element)
    return runs


def _warnings(catalog: Catalog, found: _Findings, file: PdfFile) -> tuple[Warning_, ...]:
    """Codes: active_content{kinds}, opened_without_password, structure_unread{reason}, furniture_large{percent},
    and with {pages}: pages_unread, pages_cut, hidden_text, garbled_text, no_text_layer, ocr_pages, ocr_stopped."""
    warnings: list[Warning_] = []
    kinds = sorted(catalog.active | file.active())
    if kinds:
        warnings.append(Warning_("active_content", {"kinds": ", ".join(kinds)}))
    if file.encrypted():
        warnings.append(Warning_("opened_without_password"))
    if catalog.problem:
        warnings.append(Warning_("structure_unread", {"reason": catalog.problem}))
    by_code = {
        "pages_unread": found.failed,
        "pages_cut": found.cut,
        "hidden_text": found.hidden,
        "garbled_text": found.garbled,
        "no_text_layer": found.unread,
        "ocr_pages": found.by_ocr,
        "ocr_stopped": found.stopped,
    }
    warnings += [
        Warning_(code, {"pages": page_list(numbers), "count": len(numbers)})
        for code, numbers in by_code.items()
        if numbers
    ]
    if found.furniture_percent > 30:
        warnings.append(Warning_("furniture_large", {"percent": found.furniture_percent}))
    return tuple(warnings)
