"""PDFs made for tests: by reportlab, or byte by byte where reportlab will not make the fault.

The type is Helvetica, which every reader has built in, with Polish letters by their glyph names, so
that no font file is needed and widths are the same everywhere.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, ListItem, Paragraph, SimpleDocTemplate, Table, TableStyle

PLAIN, BOLD = "PolishHelvetica", "PolishHelvetica-Bold"
WIDTH, HEIGHT = A4

RULES = (
    "Klaster ekonomii społecznej powołuje radę, która zbiera się co najmniej cztery razy w roku. "
    "Rada przyjmuje plan pracy, zatwierdza budżet i ocenia sprawozdanie koordynatora. "
    "W jej skład wchodzą przedstawiciele samorządów, ośrodków wsparcia i uczelni z województwa pomorskiego. "
)
AIMS = (
    "Podmioty ekonomii społecznej działają na styku sektora publicznego i prywatnego, a ich znaczenie "
    "społeczno-gospodarcze rośnie z każdym rokiem. Wsparcie trwa dwanaście miesięcy i obejmuje doradztwo. "
)
TASK = (
    "przyjmowanie planu pracy na kolejny rok kalendarzowy wraz z podziałem zadań i harmonogramem spotkań "
    "wszystkich członków,"
)
JOBS = "Nowe miejsca pracy dla osób zagrożonych wykluczeniem"

_LETTERS = {
    "ą": ("aogonek", 556), "ć": ("cacute", 500), "ę": ("eogonek", 556), "ł": ("lslash", 222), "ń": ("nacute", 556),
    "ó": ("oacute", 556), "ś": ("sacute", 500), "ż": ("zdotaccent", 500), "ź": ("zacute", 500),
    "Ą": ("Aogonek", 667), "Ć": ("Cacute", 722), "Ę": ("Eogonek", 667), "Ł": ("Lslash", 556), "Ń": ("Nacute", 722),
    "Ó": ("Oacute", 778), "Ś": ("Sacute", 667), "Ż": ("Zdotaccent", 611), "Ź": ("Zacute", 611),
}  # fmt: skip

_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
    b" /Resources << /Font << /F1 %d 0 R >> >> %s >>"
)


class _PolishFont(pdfmetrics.Font):
    """Helvetica that writes its widths into the file: readers have none for Polish letters."""

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        font = doc.idToObject["BasicFonts"].dict[doc.getInternalFontName(self.fontName)[1:]]
        font.FirstChar, font.LastChar, font.Widths = 0, 255, pdfdoc.PDFArray(self.widths)


@cache
def _register() -> None:
    codecs.register(lambda name: codecs.lookup("cp1250") if name == "polishtype" else None)
    encoding = pdfmetrics.Encoding("polishtype", "WinAnsiEncoding")
    for letter, (glyph, _) in _LETTERS.items():
        encoding[letter.encode("cp1250")[0]] = glyph
    pdfmetrics.registerEncoding(encoding)
    for name, face in ((PLAIN, "Helvetica"), (BOLD, "Helvetica-Bold")):
        widths = pdfmetrics.getTypeFace(face).glyphWidths
        for glyph, width in _LETTERS.values():
            widths.setdefault(glyph, width)
        pdfmetrics.registerFont(_PolishFont(name, face, "polishtype"))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


def drawn(pages: Sequence[Callable[[Canvas], None]], size: tuple[float, float] = A4, **options: Any) -> bytes:
    """A PDF whose pages are drawn by functions. `options` go to the canvas (encrypt=...)."""
    _register()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1, **options)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def put(canvas: Canvas, x: float, y: float, text: str, size: float = 11, font: str = PLAIN) -> None:
    """One line of text, y counted from the top of an A4 page."""
    canvas.setFont(font, size)
    canvas.drawString(x, canvas._pagesize[1] - y, text)


def typed(
    lines: Sequence[str], x: float = 72, y: float = 100, size: float = 11, step: float = 14
) -> Callable[[Canvas], None]:
    """A page of lines one under the other; an empty line leaves half a line of space more."""

    def draw(canvas: Canvas) -> None:
        at = y
        for line in lines:
            put(canvas, x, at, line, size)
            at += step

    return draw


def wrapped(text: str, width: float, size: float = 11) -> list[str]:
    """The text broken into lines of `width` points."""
    _register()
    lines: list[str] = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if pdfmetrics.stringWidth(longer, PLAIN, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def styles() -> dict[str, ParagraphStyle]:
    """h1, h2, body (justified), cell."""
    _register()
    body = ParagraphStyle("body", fontName=PLAIN, fontSize=11, leading=14, alignment=TA_JUSTIFY, spaceAfter=6)
    return {
        "h1": ParagraphStyle("h1", fontName=BOLD, fontSize=18, leading=22, spaceBefore=12, spaceAfter=8),
        "h2": ParagraphStyle("h2", fontName=BOLD, fontSize=13, leading=16, spaceBefore=10, spaceAfter=4),
        "body": body,
        "cell": ParagraphStyle("cell", parent=body, alignment=0, spaceAfter=0, fontSize=10, leading=12),
    }


def flowed(
    story: Sequence[Any],
    furniture: Callable[[Canvas, Any], None] | None = None,
    size: tuple[float, float] = A4,
    **info: str,
) -> bytes:
    """A PDF set by platypus; `furniture` draws on every page."""
    out = io.BytesIO()
    document = SimpleDocTemplate(out, pagesize=size, margin=72, invariant=1, **info)
    draw = furniture or (lambda canvas, document: None)
    document.build(list(story), onFirstPage=draw, onLaterPages=draw)
    return out.getvalue()


def head_and_foot(canvas: Canvas, document: Any) -> None:
    """A programme's line above and "Strona n" below."""
    put(canvas, 72, 40, "Interreg Baltic Sea Region | Co-funded by the European Union", 9)
    put(canvas, 280, HEIGHT - 30, f"Strona {document.page}", 9)


def bullets(items: Sequence[str], **options: Any) -> ListFlowable:
    """A bulleted (or, with bulletType="1", numbered) list."""
    body = styles()["body"]
    shown = {"bulletType": "bullet", "start": "•", "bulletFontName": PLAIN, **options}
    return ListFlowable([ListItem(Paragraph(item, body)) for item in items], **shown)


def grid(rows: Sequence[Sequence[str]], widths: Sequence[float], **options: Any) -> Table:
    """A ruled table."""
    cell = styles()["cell"]
    made = [[Paragraph(text, cell) for text in row] for row in rows]
    return Table(made, colWidths=widths, style=TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")]), **options)


def handbook(chapters: int = 4) -> bytes:
    """Several pages with headings, justified paragraphs, lists, a table and furniture."""
    style = styles()
    story: list[Any] = [Paragraph("Podręcznik klastra", style["h1"])]
    for n in range(1, chapters + 1):
        story += [
            Paragraph(f"{n}. Zarządzanie", style["h2"]),
            *[Paragraph(RULES + AIMS * 2, style["body"]) for _ in range(5)],
            Paragraph("Do zadań rady należą:", style["body"]),
            bullets([TASK, "zatwierdzanie budżetu,", "ocena sprawozdania."]),
            grid([["Wskaźnik", "Wartość"], ["Liczba członków klastra", "25"], [JOBS, "40"]], [200, 100]),
        ]
    return flowed(story, head_and_foot, title="Podręcznik klastra ekonomii społecznej")


def slide_deck() -> bytes:
    """Four landscape slides: a title and a few bullets each."""
    titles = ("Metoda WCES", "Pakiet koordynacyjny", "Pakiet interwencyjny", "Partnerstwo")

    def slide(title: str) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            for n, text in enumerate(("System IT", "System monitoringu", "Wskaźniki rezultatu")):
                put(canvas, 70, 200 + 40 * n, "•", 24)
                put(canvas, 95, 200 + 40 * n, text, 24)
            put(canvas, 60, 90, title, 36)
            put(canvas, 60, 570, "RESIST | Interreg Baltic Sea Region", 10)

        return draw

    return drawn([slide(title) for title in titles], size=landscape(A4))


def raw(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of the given objects, numbered from 1; the first is the catalogue."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def small(
    catalog: bytes = b"",
    page: bytes = b"",
    text: str = "Statut klastra przyjmuje walne zebranie.",
    more: Sequence[bytes] = (),
) -> bytes:
    """A one-page PDF; `catalog` and `page` are further entries of those dictionaries, `more` objects 6, 7, ..."""
    content = b"BT /F1 11 Tf 72 700 Td (%s) Tj ET" % text.encode("ascii")
    return raw(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            _PAGE % (4, 5, page),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            *more,
        ]
    )  # fmt: skip


def many_pages(count: int) -> bytes:
    """`count` pages that share one content."""
    content = b"BT /F1 11 Tf 72 700 Td (Statut klastra) Tj ET"
    kids = b" ".join(b"%d 0 R" % (5 + n) for n in range(count))
    page = _PAGE % (3, 4, b"")
    return raw(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            *[page] * count,
        ]
    )


def scanned(text: Sequence[str], pages: int = 1) -> bytes:
    """Pages that are pictures of `text`, which has to do without Polish letters: Helvetica cannot show them."""
    import pypdfium2
    from reportlab.lib.utils import ImageReader

    with pypdfium2.PdfDocument(drawn([typed(text, size=14, step=20)])) as document:
        picture = ImageReader(document[0].render(scale=150 / 72, grayscale=True).to_pil())
    return drawn([lambda canvas: canvas.drawImage(picture, 0, 0, WIDTH, HEIGHT)] * pages)
