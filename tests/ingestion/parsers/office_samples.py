"""Word, PowerPoint and web files made for the tests: honest ones with the usual libraries, hostile ones by hand."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from assistant.config import IngestionSettings
from assistant.errors import DocumentError
from assistant.ingestion.layout import Parsed, Piece

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
LIMITS = IngestionSettings()


# ── looking at what came out ─────────────────────────────────────────────────────────────────────


def outline(parsed: Parsed) -> list[str]:
    """One line a part, its mark first: "# heading", "p text", "- item" (indented), "h row", "r row"."""
    return [line for piece in parsed.pieces for line in _lines(parsed, piece)]


def _lines(parsed: Parsed, piece: Piece) -> Iterable[str]:
    for part in piece.parts:
        text = parsed.text[part.start : part.end]
        if piece.kind == "heading":
            yield f"{'#' * piece.level} {text}"
        elif part.kind == "item":
            yield f"{'  ' * part.level}- {text}"
        elif part.cells:
            cells = [parsed.text[start:end] for start, end in part.cells]
            yield f"{part.kind.value[0]} " + " | ".join(cells)
        else:
            yield f"p {text}"


def check_promises(parsed: Parsed) -> None:
    """What every parser owes: pages make the text, pieces lie in it in order, cells lie in their rows."""
    assert "".join(parsed.text[page.start : page.end] for page in parsed.pages) == parsed.text
    assert [page.number for page in parsed.pages] == list(range(1, len(parsed.pages) + 1))
    at = 0
    for piece in parsed.pieces:
        assert piece.level in range(1, 7) if piece.kind == "heading" else piece.level == 0
        for part in piece.parts:
            assert at <= part.start < part.end <= len(parsed.text)
            assert parsed.text[part.start : part.end].strip() == parsed.text[part.start : part.end]
            at = part.end
            place = part.start
            for start, end in part.cells:
                assert place <= start <= end <= part.end
                place = end


def warnings(parsed: Parsed) -> dict[str, Any]:
    return {warning.code: warning.details.get("count") for warning in parsed.warnings}


# ── Word ─────────────────────────────────────────────────────────────────────────────────────────


def docx(
    body: str, *, styles: str = "", numbering: str = "", notes: str = "", extra: dict[str, str] | None = None
) -> bytes:
    """A minimal .docx around the given XML of its body, styles, numbering and footnotes."""
    parts = {
        "styles": ("styles", f"<w:styles xmlns:w='{W}'>{styles}</w:styles>"),
        "numbering": ("numbering", f"<w:numbering xmlns:w='{W}'>{numbering}</w:numbering>"),
        "footnotes": ("footnotes", f"<w:footnotes xmlns:w='{W}'>{notes}</w:footnotes>"),
    }
    rels = "".join(
        f"<Relationship Id='r{name}' Type='{R}/{type_}' Target='{name}.xml'/>" for name, (type_, _) in parts.items()
    )
    files = {
        "[Content_Types].xml": content_types(WORD_MAIN, "/word/document.xml"),
        "_rels/.rels": relationships(f"<Relationship Id='r1' Type='{R}/officeDocument' Target='word/document.xml'/>"),
        "word/document.xml": document(body),
        "word/_rels/document.xml.rels": relationships(rels),
        **{f"word/{name}.xml": text for name, (_, text) in parts.items()},
    }
    return zipped(files | (extra or {}))


def document(body: str) -> str:
    spaces = {
        "w": W, "r": R, "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "v": "urn:schemas-microsoft-com:vml",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }  # fmt: skip
    declared = " ".join(f"xmlns:{prefix}='{name}'" for prefix, name in spaces.items())
    return f"<?xml version='1.0' encoding='UTF-8'?><w:document {declared}><w:body>{body}</w:body></w:document>"


def content_types(main_type: str, main: str, more: str = "") -> str:
    return (
        f"<Types xmlns='{TYPES}'><Default Extension='rels' ContentType='application/vnd.openxmlformats-package."
        f"relationships+xml'/><Default Extension='xml' ContentType='application/xml'/>"
        f"<Override PartName='{main}' ContentType='{main_type}'/>{more}</Types>"
    )


def relationships(inner: str) -> str:
    return f"<Relationships xmlns='{RELS}'>{inner}</Relationships>"


def p(text: str = "", ppr: str = "", rpr: str = "") -> str:
    """A paragraph of one run."""
    return f"<w:p><w:pPr>{ppr}</w:pPr>{run(text, rpr)}</w:p>"


def run(text: str, rpr: str = "") -> str:
    return f"<w:r><w:rPr>{rpr}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def style(name: str) -> str:
    return f"<w:pStyle w:val='{name}'/>"


def numbered(num: int, level: int = 0) -> str:
    return f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{num}'/></w:numPr>"


def tbl(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(rows)}</w:tbl>"


def tr(*cells: str, header: bool = False) -> str:
    return f"<w:tr><w:trPr>{'<w:tblHeader/>' * header}</w:trPr>{''.join(cells)}</w:tr>"


def tc(text: str = "", tcpr: str = "", inner: str = "", rpr: str = "") -> str:
    return f"<w:tc><w:tcPr>{tcpr}</w:tcPr>{inner or p(text, rpr=rpr)}</w:tc>"


def word_sample() -> bytes:
    """An ordinary report as python-docx writes it."""
    import docx as library

    report = library.Document()
    report.core_properties.title = "Model klastra"
    report.core_properties.language = "pl-PL"
    report.add_heading("Pomorski klaster", 0)
    report.add_heading("Cele", 1)
    report.add_paragraph("Klaster ma trzy cele:")
    for text in ("integracja usług", "wspólne zakupy", "rzecznictwo"):
        report.add_paragraph(text, style="List Bullet")
    report.add_paragraph("biuro klastra", style="List Bullet 2")
    report.add_heading("Etapy", 2)
    for text in ("Diagnoza", "Umowa"):
        report.add_paragraph(text, style="List Number")
    table = report.add_table(rows=3, cols=2, style="Table Grid")
    for row, texts in zip(table.rows, (("Rok", "Liczba PES"), ("2021", "14"), ("2022", "29")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    report.add_paragraph("Koniec\u00a0raportu, zażółć gęślą jaźń.")
    return _saved(report.save)


# ── PowerPoint ───────────────────────────────────────────────────────────────────────────────────


def slides_sample() -> bytes:
    """A deck with bullets, a table, notes and the same line on every slide."""
    import pptx as library
    from pptx.util import Cm

    deck = library.Presentation()
    deck.core_properties.title = "Szkolenie dla trenerów"
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "Klastry ekonomii społecznej"
    first.placeholders[1].text = "Warsztat dla animatorów"
    second = deck.slides.add_slide(deck.slide_layouts[1])
    second.shapes.title.text = "Zadania animatora"
    frame = second.placeholders[1].text_frame
    for n, (text, level) in enumerate((("diagnoza lokalna", 0), ("wywiady", 1), ("sieciowanie", 0))):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    second.notes_slide.notes_text_frame.text = "Poproś grupę o przykłady."
    third = deck.slides.add_slide(deck.slide_layouts[5])
    third.shapes.title.text = "Wskaźniki"
    table = third.shapes.add_table(2, 2, Cm(2), Cm(5), Cm(10), Cm(3)).table
    for row, texts in zip(table.rows, (("Wskaźnik", "Wartość"), ("Liczba PES", "29")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    for slide in deck.slides:
        slide.shapes.add_textbox(Cm(1), Cm(17), Cm(10), Cm(1)).text_frame.text = "Co-funded by the European Union"
    return _saved(deck.save)


def deck(*makers: Callable[[Any], None]) -> bytes:
    """A deck of one blank slide with title layout ("Title Only") per maker."""
    import pptx as library

    made = library.Presentation()
    for maker in makers:
        maker(made.slides.add_slide(made.slide_layouts[5]))
    return _saved(made.save)


def _saved(save: Callable[[Any], None]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


# ── the web ──────────────────────────────────────────────────────────────────────────────────────

HTML_SAMPLE = """<!DOCTYPE html><html lang="pl"><head><meta charset="utf-8"><title>Klauzule społeczne – OWES</title>
<meta name="dcterms.publisher" content="ROPS Gdańsk"><style>p{color:red}</style></head><body>
<header>OWES <nav>Start Kontakt</nav></header>
<main><h1>Klauzule społeczne</h1><p>Zamawiający może wymagać zatrudnienia:</p>
<ul><li>bezrobotnych<ul><li>długotrwale</li></ul></li><li>osób z niepełnosprawnościami</li></ul>
<h2>Progi</h2><table><thead><tr><th>Rodzaj</th><th>Próg</th></tr></thead>
<tbody><tr><td>dostawy</td><td>140&nbsp;000 euro</td></tr></tbody></table>
<p>Stan prawny: 2024.</p></main><footer>Polityka prywatności</footer></body></html>"""


# ── archives, also bad ones ──────────────────────────────────────────────────────────────────────


def zipped(files: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_files(archive: bytes, files: dict[str, str | bytes], drop: Iterable[str] = ()) -> bytes:
    """The archive with files added or replaced."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        kept = {name: old.read(name) for name in old.namelist() if name not in set(drop)}
    return zipped(kept | files)


def with_duplicate(archive: bytes) -> bytes:
    """A second word/document.xml in other case: two readers may see two documents."""
    return with_files(archive, {"Word/Document.xml": document(p("inny tekst"))})


def with_overlap(archive: bytes) -> bytes:
    """A central directory whose every record points at the first file (quine bombs are made so)."""
    end = archive.rfind(b"PK\x05\x06")
    directory = struct.unpack_from("<L", archive, end + 16)[0]
    data = bytearray(archive)
    at = directory
    while data[at : at + 4] == b"PK\x01\x02":
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        struct.pack_into("<L", data, at + 42, 0)
        at += 46 + name + extra + comment
    return bytes(data)


def with_lying_size(archive: bytes, name: str) -> bytes:
    """The central directory claims one byte for `name`."""
    data = bytearray(archive)
    at = data.rfind(name.encode(), 0, data.rfind(b"PK\x05\x06")) - 46
    struct.pack_into("<L", data, at + 24, 1)
    return bytes(data)


def crowded(count: int) -> bytes:
    """An archive of `count` empty files."""
    return zipped({f"a/{n}.xml": b"" for n in range(count)}, zipfile.ZIP_STORED)


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def mutated(content: bytes, random_: random.Random, text: bool = False) -> bytes:
    """A few bytes changed, removed or repeated; with `text` only between quotes and tags, so that XML stays XML."""
    if text:
        return _mutated_values(content, random_)
    data = bytearray(content)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(data))
        what = random_.random()
        if what < 0.6:
            data[at] = random_.randrange(256)
        elif what < 0.8:
            del data[at : at + random_.randint(1, 60)]
        else:
            data[at:at] = data[random_.randrange(len(data)) :][: random_.randint(1, 80)]
        data = data or bytearray(b"x")
    return bytes(data)


ODD_VALUES = ("", "-1", "0", "9", "999999999999", "x", "ą", "true", "1.5", "../../x", "NaN", "%1%9", "FFFFFF")


def _mutated_values(content: bytes, random_: random.Random) -> bytes:
    pieces = re.split(r"""((?<==)'[^']*'|(?<==)"[^"]*")""", content.decode())
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(pieces) // 2) * 2 + 1
        if "://" not in pieces[at]:
            pieces[at] = f"'{random_.choice(ODD_VALUES)}'"
    return "".join(pieces).encode()


def with_flag(archive: bytes, flag: int) -> bytes:
    """General purpose flag bits set on every entry of the central directory (1: encrypted)."""
    data = bytearray(archive)
    at = struct.unpack_from("<L", archive, archive.rfind(b"PK\x05\x06") + 16)[0]
    while data[at : at + 4] == b"PK\x01\x02":
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        data[at + 8] |= flag
        at += 46 + name + extra + comment
    return bytes(data)


def part(archive: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return file.read(name).decode()


def many_slides(deck: bytes, count: int) -> bytes:
    """The first slide of a deck `count` times."""
    slide, rels = part(deck, "ppt/slides/slide1.xml"), part(deck, "ppt/slides/_rels/slide1.xml.rels")
    type_ = "application/vnd.openxmlformats-officedocument.presentationml.slide+xml"
    types, links, ids = "", "", ""
    files: dict[str, str | bytes] = {}
    for n in range(2, count + 1):
        files |= {f"ppt/slides/slide{n}.xml": slide, f"ppt/slides/_rels/slide{n}.xml.rels": rels}
        types += f'<Override PartName="/ppt/slides/slide{n}.xml" ContentType="{type_}"/>'
        links += f'<Relationship Id="rS{n}" Type="{R}/slide" Target="slides/slide{n}.xml"/>'
        ids += f'<p:sldId xmlns:r="{R}" id="{1000 + n}" r:id="rS{n}"/>'
    for name, mark, more in (
        ("[Content_Types].xml", "</Types>", types),
        ("ppt/_rels/presentation.xml.rels", "</Relationships>", links),
        ("ppt/presentation.xml", "</p:sldIdLst>", ids),
    ):
        files[name] = part(deck, name).replace(mark, more + mark)
    return with_files(deck, files)


def diagram_deck() -> bytes:
    """A slide titled T with a SmartArt diagram: Diagnoza (wywiady), Umowa; points and links out of order."""
    plain = deck(lambda slide: setattr(slide.shapes.title, "text", "T"))
    dgm = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
    a = "http://schemas.openxmlformats.org/drawingml/2006/main"
    frame = (
        f"<p:graphicFrame xmlns:dgm='{dgm}' xmlns:r='{R}'><p:nvGraphicFramePr><p:cNvPr id='9' name='d'/>"
        "<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>"
        "<p:xfrm><a:off x='0' y='2000000'/><a:ext cx='9' cy='9'/></p:xfrm>"
        f"<a:graphic><a:graphicData uri='{dgm}'><dgm:relIds r:dm='rDm' r:lo='x' r:qs='x' r:cs='x'/>"
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )
    words = {"1": "Umowa", "2": "wywiady", "3": "Diagnoza"}
    points = "<d:pt modelId='0' type='doc'/>" + "".join(
        f"<d:pt modelId='{n}'><d:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></d:t></d:pt>" for n, text in words.items()
    )
    links = (
        "<d:cxn modelId='7' srcId='0' destId='1' srcOrd='1'/><d:cxn modelId='8' srcId='0' destId='3' srcOrd='0'/>"
        "<d:cxn modelId='9' srcId='3' destId='2' srcOrd='0'/><d:cxn modelId='10' type='presOf' srcId='3' destId='1'/>"
    )
    slide = "ppt/slides/slide1.xml"
    rels = "ppt/slides/_rels/slide1.xml.rels"
    link = f"<Relationship Id='rDm' Type='{R}/diagramData' Target='../diagrams/data1.xml'/></Relationships>"
    lists = f"<d:ptLst>{points}</d:ptLst><d:cxnLst>{links}</d:cxnLst>"
    model = f"<d:dataModel xmlns:d='{dgm}' xmlns:a='{a}'>{lists}</d:dataModel>"
    return with_files(
        plain,
        {
            slide: part(plain, slide).replace("</p:spTree>", frame + "</p:spTree>"),
            rels: part(plain, rels).replace("</Relationships>", link),
            "ppt/diagrams/data1.xml": model,
        },
    )


def verdict(parse: Callable[[Path, IngestionSettings], Parsed], path: Path) -> str:
    """ "parsed", its promises kept, or the reason of the refusal; any other exception is the test's failure."""
    try:
        check_promises(parse(path, LIMITS))
    except DocumentError as error:
        return str(error.details["reason"])
    return "parsed"
