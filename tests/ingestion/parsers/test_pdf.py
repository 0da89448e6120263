"""What a PDF becomes: text without furniture, pages, headings, paragraphs, lists, tables, warnings, refusals."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pypdf
import pytest
from pdf_samples import (
    AIMS,
    BOLD,
    HEIGHT,
    JOBS,
    PLAIN,
    RULES,
    TASK,
    WIDTH,
    bullets,
    drawn,
    flowed,
    grid,
    handbook,
    head_and_foot,
    many_pages,
    put,
    scanned,
    slide_deck,
    small,
    styles,
    typed,
    wrapped,
)
from reportlab.lib.colors import Color, white
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from assistant.config import IngestionSettings
from assistant.domain.documents import BlockKind
from assistant.errors import DangerousDocument, DocumentError, EncryptedDocument, ParserLimit, UnreadableDocument
from assistant.ingestion.layout import Parsed, PartKind
from assistant.ingestion.parsers.pdf import ocr, parse
from assistant.ingestion.sandbox import check

LIMITS = IngestionSettings(ocr=False)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def run(data: bytes, limits: IngestionSettings = LIMITS, **options: Any) -> Parsed:
        path = tmp_path / "podręcznik.pdf"
        path.write_bytes(data)
        parsed = parse(path, limits, **options)
        check(parsed)
        return parsed

    return run


def shown(parsed: Parsed) -> list[str]:
    """Pieces as short lines: "h2 Cel", "p Zdanie", "l lead > item > -item", "t a|b / c|d"."""
    return [f"{_sign(piece)} {_words(parsed, piece)}" for piece in parsed.pieces]


def _sign(piece: Any) -> str:
    return f"h{piece.level}" if piece.kind is BlockKind.HEADING else piece.kind.value[0]


def _words(parsed: Parsed, piece: Any) -> str:
    if piece.kind is BlockKind.TABLE:
        return " / ".join("|".join(parsed.text[a:b] for a, b in part.cells) for part in piece.parts)
    return " > ".join("-" * part.level + parsed.text[part.start : part.end] for part in piece.parts)


def codes(parsed: Parsed) -> dict[str, Any]:
    return {warning.code: warning.details.get("pages") for warning in parsed.warnings}


# ---- structure -------------------------------------------------------------------------------


def test_a_handbook_becomes_headings_paragraphs_lists_and_tables(read: Any) -> None:
    lines = shown(read(handbook(1)))
    assert lines == [
        "h1 Podręcznik klastra",
        "h2 1. Zarządzanie",
        *[f"p {(RULES + AIMS * 2).strip()}"] * 5,
        f"l Do zadań rady należą: > {TASK} > zatwierdzanie budżetu, > ocena sprawozdania.",
        f"t Wskaźnik|Wartość / Liczba członków klastra|25 / {JOBS}|40",
    ]


def test_no_furniture_is_left_in_the_text_and_every_sentence_is_whole(read: Any) -> None:
    parsed = read(handbook(4))
    assert "Interreg" not in parsed.text
    assert "Strona" not in parsed.text
    assert parsed.text.count(RULES.strip()) == 20
    assert len(parsed.pages) > 4
    assert parsed.warnings == ()


def test_a_paragraph_over_a_page_break_is_one_piece(read: Any) -> None:
    parsed = read(handbook(4))
    over = [
        piece
        for piece in parsed.pieces
        if piece.kind is BlockKind.PARAGRAPH and any(piece.start < page.end < piece.end for page in parsed.pages)
    ]
    assert over
    assert all(parsed.text[piece.start : piece.end].startswith("Klaster") for piece in over)


def test_the_title_is_the_documents_own(read: Any) -> None:
    assert read(handbook(1)).properties == {"title": "Podręcznik klastra ekonomii społecznej"}


def test_text_that_is_no_piece_is_kept_only_for_a_table_of_contents(read: Any) -> None:
    def contents(canvas: Canvas) -> None:
        put(canvas, 72, 100, "Spis treści", 16, BOLD)
        for n in range(5):
            put(canvas, 72, 130 + 14 * n, f"{n + 1}. Rozdział o klastrach {'.' * 50} {3 * n + 2}")
        for n, line in enumerate(wrapped(RULES, 450)):
            put(canvas, 72, 300 + 14 * n, line)

    parsed = read(drawn([contents]))
    assert shown(parsed) == ["h1 Spis treści", f"p {RULES.strip()}"]
    assert "4. Rozdział o klastrach" in parsed.text


LISTS = [
    (
        "hard-wrapped numbered items",
        ["Kroki są następujące:", "1. Zaproś partnerów i ustal cel, który jest", "    mierzalny i osadzony w czasie.",
         "2. Podpisz list."],
        ["l Kroki są następujące: > 1. Zaproś partnerów i ustal cel, który jest mierzalny i osadzony w czasie."
         " > 2. Podpisz list."],
    ),
    (
        "letters under numbers",
        ["1. Dokumenty:", "    a) statut,", "    b) uchwała.", "2. Opłata."],
        ["l 1. Dokumenty: > -a) statut, > -b) uchwała. > 2. Opłata."],
    ),
    (
        "dashes after a colon",
        ["Wsparcie obejmuje:", "– doradztwo,", "– szkolenia."],
        ["l Wsparcie obejmuje: > doradztwo, > szkolenia."],
    ),
    (
        "marks glued to the text",
        ["Wsparcie obejmuje:", "•doradztwo prawne,", "•szkolenia."],
        ["l Wsparcie obejmuje: > doradztwo prawne, > szkolenia."],
    ),
    (
        "a year and a dash that open a line inside a sentence open no list",
        ["Umowa obowiązuje od dnia podpisania przez obie strony, czyli od 5 sierpnia roku",
         "2022. Jej przedłużenie wymaga zgody rady, a zmiana warunków może nastąpić",
         "– jak mówi ustawa o ekonomii społecznej w swoim rozdziale pierwszym – raz do",
         "roku."],
        ["p Umowa obowiązuje od dnia podpisania przez obie strony, czyli od 5 sierpnia roku 2022. Jej przedłużenie"
         " wymaga zgody rady, a zmiana warunków może nastąpić – jak mówi ustawa o ekonomii społecznej w swoim"
         " rozdziale pierwszym – raz do roku."],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), [case[1:] for case in LISTS], ids=[case[0] for case in LISTS])
def test_lists(read: Any, lines: list[str], expected: list[str]) -> None:
    def draw(canvas: Canvas) -> None:
        for n, line in enumerate(lines):
            indent = len(line) - len(line.lstrip())
            put(canvas, 72 + 4 * indent, 100 + 14 * n, line.lstrip())

    assert shown(read(drawn([draw]))) == expected


HEADINGS = [
    ("larger type", ("Cel klastra", 16, PLAIN), "h1 Cel klastra"),
    ("bold type", ("Cel klastra", 11, BOLD), "h1 Cel klastra"),
    ("a named part", ("Rozdział II. Organy klastra", 11, PLAIN), "h1 Rozdział II. Organy klastra"),
    ("a decimal number", ("2.1 Organy klastra", 11, PLAIN), "h1 2.1 Organy klastra"),
    ("capitals", ("ORGANY KLASTRA", 11, PLAIN), "h1 ORGANY KLASTRA"),
    ("a paragraph mark", ("§ 4.", 11, PLAIN), "h1 § 4."),
    ("a bold lead-in is none", ("Uwaga:", 11, BOLD), "p Uwaga:"),
    ("a bold sentence is none", ("Klaster działa non profit.", 11, BOLD), "p Klaster działa non profit."),
]


@pytest.mark.parametrize(("line", "expected"), [case[1:] for case in HEADINGS], ids=[case[0] for case in HEADINGS])
def test_headings(read: Any, line: tuple[str, float, str], expected: str) -> None:
    def draw(canvas: Canvas) -> None:
        for start in (100, 250):
            for n, text in enumerate(wrapped(RULES, 450)):
                put(canvas, 72, start + 14 * n, text)
            if start == 100:
                put(canvas, 72, 225, line[0], line[1], line[2])

    assert shown(read(drawn([draw])))[1] == expected


def test_the_outline_gives_headings_and_their_levels(read: Any) -> None:
    def draw(canvas: Canvas) -> None:
        for n, (text, depth) in enumerate((("Zasady ogólne", 0), ("Przystąpienie do klastra", 1))):
            key = f"k{n}"
            canvas.bookmarkPage(key)
            canvas.addOutlineEntry(text, key, level=depth)
            put(canvas, 72, 100 + 120 * n, text)
            for m, line in enumerate(wrapped(RULES, 450)):
                put(canvas, 72, 125 + 120 * n + 14 * m, line)

    lines = shown(read(drawn([draw])))
    assert [line for line in lines if line[0] == "h"] == ["h1 Zasady ogólne", "h2 Przystąpienie do klastra"]


def test_a_table_that_runs_over_pages_has_one_header(read: Any) -> None:
    style = styles()
    rows = [["Program", "Kwota"], *[[f"Program numer {n} dla podmiotów", f"{n} 000 zł"] for n in range(60)]]
    parsed = read(flowed([Paragraph(RULES, style["body"]), grid(rows, [250, 100], repeatRows=1)], head_and_foot))
    tables = [piece for piece in parsed.pieces if piece.kind is BlockKind.TABLE]
    assert len(tables) == 1
    assert [part.kind for part in tables[0].parts] == [PartKind.HEADER] + [PartKind.ROW] * 60
    assert len(parsed.pages) > 1


def test_columns_of_figures_without_rules_are_a_table(read: Any) -> None:
    rows = [("Program", "Rok", "Kwota"), ("FERS", "2024", "1 200 000 zł"), ("FEPM", "2025", "800 000 zł")]

    def draw(canvas: Canvas) -> None:
        for n, row in enumerate(rows):
            for x, text in zip((72, 220, 300), row, strict=True):
                put(canvas, x, 100 + 16 * n, text)
        for n, line in enumerate(wrapped(RULES, 450)):
            put(canvas, 72, 200 + 14 * n, line)

    assert shown(read(drawn([draw])))[0] == "t " + " / ".join("|".join(row) for row in rows)


def test_cells_of_merged_columns_are_written_once(read: Any) -> None:
    style = styles()
    table = grid([["Wsparcie", "", ""], ["Rodzaj", "Kwota", "Czas"], ["Doradztwo", "0 zł", "12 miesięcy"]], [120] * 3)
    table.setStyle([("SPAN", (0, 0), (2, 0))])
    lines = shown(read(flowed([Paragraph(RULES, style["body"]), table])))
    assert lines[1] == "t Wsparcie|| / Rodzaj|Kwota|Czas / Doradztwo|0 zł|12 miesięcy"


def test_a_frame_around_a_paragraph_is_no_table(read: Any) -> None:
    style = styles()
    lines = shown(read(flowed([Paragraph(RULES, style["body"]), grid([[AIMS]], [400])])))
    assert lines == [f"p {RULES.strip()}", f"p {AIMS.strip()}"]


@pytest.mark.parametrize("order", ["column after column", "line after line"])
def test_two_columns_are_read_one_after_the_other(read: Any, order: str) -> None:
    lines = wrapped((RULES + AIMS) * 2, 220)
    half = (len(lines) + 1) // 2
    places = [(72 if n < half else 320, 100 + 14 * (n % half), line) for n, line in enumerate(lines)]
    if order == "line after line":
        places.sort(key=lambda place: (place[1], place[0]))
        places = [place for place in places if place[1] < 100 + 14 * (len(lines) - half)] + [
            place for place in places if place[1] >= 100 + 14 * (len(lines) - half)
        ]

    def draw(canvas: Canvas) -> None:
        for x, y, line in places:
            put(canvas, x, y, line)

    assert " ".join(read(drawn([draw])).text.split()) == " ".join(lines)


def test_a_slides_title_comes_first_and_is_its_heading(read: Any) -> None:
    lines = shown(read(slide_deck()))
    assert lines[2:4] == ["h1 Pakiet koordynacyjny", "l System IT > System monitoringu > Wskaźniki rezultatu"]
    assert len(lines) == 8


def test_footnotes_stand_apart_from_the_sentence_they_interrupt(read: Any) -> None:
    lines = wrapped(RULES * 2, 450)

    def page(number: int) -> Any:
        def draw(canvas: Canvas) -> None:
            for n, line in enumerate(lines[:3] if number == 1 else lines[3:]):
                put(canvas, 72, 600 + 14 * n, line)
            put(canvas, 72, 730, str(number), 6)
            put(canvas, 76, 733, f"Ustawa numer {number} z dnia 5 sierpnia 2022 r.", 8)

        return draw

    assert shown(read(drawn([page(1), page(2)]))) == [
        "p 1 Ustawa numer 1 z dnia 5 sierpnia 2022 r.",
        f"p {(RULES * 2).strip()}",
        "p 2 Ustawa numer 2 z dnia 5 sierpnia 2022 r.",
    ]


def test_raised_numbers_of_footnotes_are_no_part_of_words(read: Any) -> None:
    def draw(canvas: Canvas) -> None:
        put(canvas, 72, 100, "Ekonomia społeczna")
        put(canvas, 72 + canvas.stringWidth("Ekonomia społeczna", PLAIN, 11), 96, "12", 6)
        put(canvas, 200, 100, "obejmuje CO2 oraz 30 m2.")

    assert read(drawn([draw])).text == "Ekonomia społeczna obejmuje CO2 oraz 30 m2."


# ---- pages ------------------------------------------------------------------------------------


def test_pages_carry_the_printed_labels(read: Any) -> None:
    labels = b"/PageLabels << /Nums [0 << /S /r /St 4 >>] >>"
    assert [page.label for page in read(small(labels)).pages] == ["iv"]
    assert [page.label for page in read(small()).pages] == [None]


def test_an_empty_page_keeps_its_number(read: Any) -> None:
    parsed = read(drawn([typed(wrapped(RULES, 450)), typed([]), typed(wrapped(AIMS, 450))]))
    assert [page.number for page in parsed.pages] == [1, 2, 3]
    assert parsed.pages[1].start == parsed.pages[1].end
    assert parsed.text[parsed.pages[2].start :].startswith("Podmioty")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_reads_like_any_other(read: Any, turn: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.translate(*{0: (0, 0), 90: (WIDTH, 0), 180: (WIDTH, HEIGHT), 270: (0, HEIGHT)}[turn])
        canvas.rotate(turn)
        for n, line in enumerate(wrapped(RULES, 300)):
            canvas.setFont(PLAIN, 11)
            canvas.drawString(72, 450 - 14 * n, line)

    data = drawn([draw]).replace(b"/Rotate 0", b"/Rotate %d" % turn)
    assert shown(read(data)) == [f"p {RULES.strip()}"]


# ---- what is left out -------------------------------------------------------------------------


def test_hidden_text_is_left_out_and_told(read: Any) -> None:
    def draw(canvas: Canvas) -> None:
        for n, line in enumerate(wrapped(RULES, 450)):
            put(canvas, 72, 100 + 14 * n, line)
        put(canvas, 72, 400, "Drobny rozkaz", 1)
        put(canvas, -400, 420, "Rozkaz poza stroną")
        canvas.saveState()
        text = canvas.beginText(72, 300)
        text.setTextRenderMode(3)
        text.setFont(PLAIN, 11)
        text.textLine("Niewidzialny rozkaz")
        canvas.drawText(text)
        canvas.restoreState()
        canvas.setFillColor(Color(0, 0, 0.5))
        canvas.rect(60, 200, 300, 30, fill=1)
        canvas.setFillColor(white)
        put(canvas, 72, HEIGHT - 212, "Jasny napis na tle")
        put(canvas, 72, 440, "Biały rozkaz")

    parsed = read(drawn([draw]))
    assert "ozkaz" not in parsed.text
    assert "Jasny napis na tle" in parsed.text
    assert codes(parsed) == {"hidden_text": "1"}


def test_a_watermark_is_left_out(read: Any) -> None:
    def draw(canvas: Canvas) -> None:
        for n, line in enumerate(wrapped(RULES, 450)):
            put(canvas, 72, 100 + 14 * n, line)
        canvas.translate(200, 300)
        canvas.rotate(45)
        put(canvas, 0, HEIGHT, "PROJEKT", 60)

    assert read(drawn([draw])).text == RULES.strip()


# ---- refusals and warnings --------------------------------------------------------------------

REFUSED = [
    ("nothing in it", b"", UnreadableDocument, "empty_file"),
    ("only zeros", b"\0" * 500, UnreadableDocument, "empty_file"),
    ("a renamed program", b"MZ\x90\x00" + b"\x01" * 3000, UnreadableDocument, "wrong_type"),
    ("a web page", b"<!DOCTYPE html><p>Statut", UnreadableDocument, "wrong_type"),
    ("a program with a PDF inside", b"MZ\x90\x00" + small(), DangerousDocument, "polyglot"),
    ("a web page with a PDF inside", b"<html><script>" + small(), DangerousDocument, "polyglot"),
    ("a head and nothing else", b"%PDF-1.7\n%%EOF", UnreadableDocument, "damaged"),
    ("a page without words", drawn([lambda canvas: None]), UnreadableDocument, "no_text"),
    ("only furniture", drawn([typed(["Strona 3 z 20"], y=820)]), UnreadableDocument, "no_text"),
    ("a picture of words", scanned(["Statut klastra"]), UnreadableDocument, "no_text_layer"),
    ("a password", drawn([typed([RULES])], encrypt=StandardEncryption("tajne")), EncryptedDocument, "password"),
    ("5,000 pages", many_pages(5000), ParserLimit, "too_many_pages"),
]


@pytest.mark.parametrize(("data", "kind", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_cannot_be_read_is_refused_with_its_reason(
    read: Any, data: bytes, kind: type[DocumentError], reason: str
) -> None:
    with pytest.raises(kind) as caught:
        read(data)
    assert caught.value.details["reason"] == reason
    assert caught.value.details["path"] == "podręcznik.pdf"


def test_the_page_limit_says_how_many_there_are(read: Any) -> None:
    with pytest.raises(ParserLimit) as caught:
        read(many_pages(30), IngestionSettings(max_pages=29))
    assert (caught.value.details["pages"], caught.value.details["limit"]) == (30, 29)


def test_a_missing_file_is_a_document_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument):
        parse(tmp_path / "nie ma.pdf", LIMITS)


ACTIVE = [
    ("a script on opening", small(b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), "JavaScript"),
    ("a program launched by a link", small(page=b"/AA << /O << /S /Launch /F (calc.exe) >> >>"), "Launch"),
    ("a file inside", small(b"/Names << /EmbeddedFiles << /Names [] >> >>"), "EmbeddedFile"),
]


@pytest.mark.parametrize(("data", "kinds"), [case[1:] for case in ACTIVE], ids=[case[0] for case in ACTIVE])
def test_active_content_is_told_and_the_text_read(read: Any, data: bytes, kinds: str) -> None:
    parsed = read(data)
    assert parsed.text == "Statut klastra przyjmuje walne zebranie."
    assert [(warning.code, warning.details) for warning in parsed.warnings] == [("active_content", {"kinds": kinds})]


def test_an_empty_user_password_opens_with_a_warning(read: Any) -> None:
    parsed = read(drawn([typed(wrapped(RULES, 450))], encrypt=StandardEncryption("", "wlasciciel")))
    assert parsed.text == RULES.strip()
    assert codes(parsed) == {"opened_without_password": None}


def test_a_broken_outline_costs_the_outline_only(read: Any) -> None:
    parsed = read(small(b"/Outlines 6 0 R", more=[b"<< /First 6 0 R /Last 6 0 R /Title (x) /Next 6 0 R >>"]))
    assert parsed.text == "Statut klastra przyjmuje walne zebranie."


def test_letters_without_their_meaning_are_told(read: Any) -> None:
    junk = random.Random(1)
    words = ["".join(junk.choice("bcdfghjkqxzBCDFGQXZ#$%&") for _ in range(7)) for _ in range(40)]
    assert codes(read(drawn([typed(wrapped(" ".join(words), 450))]))) == {"garbled_text": "1"}


# ---- scans ------------------------------------------------------------------------------------


def test_scanned_pages_among_others_are_named(read: Any) -> None:
    writer = pypdf.PdfWriter()
    for data in (drawn([typed(wrapped(RULES, 450))]), scanned(["Statut klastra"], 2)):
        writer.append(io.BytesIO(data))
    out = io.BytesIO()
    writer.write(out)
    parsed = read(out.getvalue())
    assert codes(parsed) == {"no_text_layer": "2-3"}
    assert len(parsed.pages) == 3


@pytest.mark.system
@pytest.mark.skipif(not ocr.can_read(), reason="needs tesseract-ocr and tesseract-ocr-pol")
def test_scanned_pages_are_read_by_ocr(read: Any) -> None:
    parsed = read(
        scanned(["Statut klastra przyjmuje walne zebranie", "na pierwszym posiedzeniu rady."]), IngestionSettings()
    )
    assert parsed.text == "Statut klastra przyjmuje walne zebranie na pierwszym posiedzeniu rady."
    assert codes(parsed) == {"ocr_pages": "1"}


@pytest.mark.system
@pytest.mark.skipif(not ocr.can_read(), reason="needs tesseract-ocr and tesseract-ocr-pol")
def test_ocr_stops_before_the_wall_limit(read: Any) -> None:
    times = iter([0.0, 0.0, 97.0, 97.0])
    parsed = read(scanned(["Statut klastra przyjmuje zebranie"], 3), IngestionSettings(), clock=lambda: next(times))
    assert codes(parsed) == {"ocr_pages": "1", "ocr_stopped": "2-3"}


# ---- hostile bytes ----------------------------------------------------------------------------


@pytest.mark.parametrize("sample", ["small", "lists", "slides"])
def test_two_hundred_broken_copies_end_in_text_or_a_named_error(read: Any, sample: str) -> None:
    made = {
        "small": lambda: small(),
        "lists": lambda: flowed([bullets(["statut,", "uchwała."])], head_and_foot),
        "slides": slide_deck,
    }
    data = made[sample]()
    outcomes = set()
    for seed in range(200 if sample == "small" else 40):
        try:
            read(broken(data, seed))
            outcomes.add("read")
        except DocumentError as error:
            outcomes.add(error.details["reason"])
    assert "read" in outcomes


def broken(data: bytes, seed: int) -> bytes:
    """A copy with bytes changed, cut out, put in, or its end missing."""
    chance = random.Random(seed)
    copy = bytearray(data)
    for _ in range(chance.choice((1, 3, 10, 40))):
        at = chance.randrange(max(len(copy), 1))
        what = chance.random()
        if what < 0.6:
            copy[at : at + 1] = bytes([chance.randrange(256)])
        elif what < 0.8:
            del copy[at : at + chance.randrange(40)]
        elif what < 0.95:
            copy[at:at] = chance.choice((b"99999999999", b"-1", b"<<" * 50, b"[" * 200, b"/Kids 1 0 R", b"\0\xff" * 8))
        else:
            del copy[max(at, 20) :]
    return bytes(copy)
