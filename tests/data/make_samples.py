"""Makes the office samples beside this file from the handbooks in corpus/.

    .venv/bin/python tests/data/make_samples.py

The samples are committed, so tests need neither chromium nor these handbooks. They are what people
really have: a handbook printed to PDF with the programme's running header and page numbers, a deck
of slides with short bullets, and a worksheet with empty fields.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from docx import Document as Worksheet
from markdown_it import MarkdownIt
from pptx import Presentation
from pptx.util import Cm, Pt

HERE = Path(__file__).parent
CORPUS = HERE.parent.parent / "corpus" / "pl"
RUNNING_HEADER = "Interreg Baltic Sea Region | Co-funded by the European Union"
RUNNING_FOOTER = "Metoda koordynacji WCES | strona"
STYLE = f"""
@page {{
  size: A4; margin: 26mm 20mm 22mm 20mm;
  @top-center {{ content: "{RUNNING_HEADER}"; font: 9pt "DejaVu Sans"; color: #555; }}
  @bottom-right {{ content: "{RUNNING_FOOTER} " counter(page); font: 8pt "DejaVu Sans"; color: #555; }}
}}
body {{ font: 10.5pt/1.4 "DejaVu Sans", sans-serif; text-align: justify; hyphens: auto; }}
h1 {{ font-size: 20pt; text-align: left; }} h2 {{ font-size: 15pt; text-align: left; break-before: auto; }}
h3 {{ font-size: 12pt; text-align: left; }} h2, h3 {{ break-after: avoid; }}
table {{ border-collapse: collapse; width: 100%; text-align: left; }}
td, th {{ border: 0.5pt solid #888; padding: 2pt 4pt; }}
"""
SLIDES = 25


@dataclass
class Section:
    """A heading of a handbook with what stands below it, up to the next heading."""

    title: str
    items: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


def main() -> None:
    """Write the three samples."""
    print_pdf(CORPUS / "metoda-wces.md", HERE / "metoda-wces.pdf")
    make_slides(CORPUS / "pomorski-klaster-es.md", HERE / "pomorski-klaster-es.pptx")
    make_worksheet(HERE / "karta-klauzuli.docx")


def print_pdf(source: Path, target: Path) -> None:
    """A handbook as chromium prints it."""
    title, body = _front(source.read_text(encoding="utf-8"))
    html = MarkdownIt("commonmark").enable("table").render(body)
    page = f"<!doctype html><html lang='pl'><title>{title}</title><style>{STYLE}</style>{html}"
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/p"]
        subprocess.run([chromium, *flags, f"--print-to-pdf={target}", file.as_uri()], check=True, capture_output=True)


def make_slides(source: Path, target: Path) -> None:
    """A deck: the section's title, its list as bullets, its table as a table, otherwise two short sentences."""
    title, body = _front(source.read_text(encoding="utf-8"))
    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = title
    first.placeholders[1].text = RUNNING_HEADER
    for section in list(_sections(body))[: SLIDES - 1]:
        slide = deck.slides.add_slide(deck.slide_layouts[5 if section.rows else 1])
        slide.shapes.title.text = section.title
        if section.rows:
            _table(slide, section.rows)
        else:
            _bullets(slide.placeholders[1].text_frame, section.items or section.sentences[:2])
        note = slide.shapes.add_textbox(Cm(1), Cm(18), Cm(20), Cm(1))
        note.text_frame.text = RUNNING_HEADER
    deck.core_properties.title = title
    deck.save(str(target))


def make_worksheet(target: Path) -> None:
    """A worksheet to fill in: steps, a table with empty cells, a checklist."""
    sheet = Worksheet()
    sheet.core_properties.title = "Karta pracy: plan klauzuli dla jednego zamówienia"
    sheet.sections[0].header.paragraphs[0].text = RUNNING_HEADER
    sheet.add_heading("Karta pracy: plan klauzuli dla jednego zamówienia", 0)
    sheet.add_paragraph("Kartę wypełnia referent razem z osobą, która zna potrzebę. Wypełnienie karty trwa 40 minut.")
    sheet.add_heading("Jak wypełnić kartę planu klauzuli?", 1)
    for step in (
        "Wpisz, co gmina kupuje i za ile.",
        "Zaznacz, komu zamówienie ma pomóc.",
        "Wybierz narzędzie i przepis.",
        "Zapisz, kto i kiedy sprawdzi klauzulę.",
    ):
        sheet.add_paragraph(step, style="List Number")
    sheet.add_heading("Tabela planu klauzuli", 1)
    rows = [
        ("Pole karty", "Co wpisać", "Przykład"),
        ("Przedmiot", "nazwa usługi lub dostawy", "sprzątanie parku Oliwskiego"),
        ("Wartość", "kwota netto bez VAT", "84 300 zł"),
        ("Grupa", "kogo dotyczy klauzula", "osoby długotrwale bezrobotne"),
        ("Kontrola", "dokument i termin", "zanonimizowana umowa o pracę, 7 dni od podpisania"),
        ("Podpis", "", ""),
    ]
    table = sheet.add_table(rows=0, cols=3)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    sheet.add_heading("Co sprawdzić przed podpisem karty?", 1)
    sheet.add_paragraph("Przed podpisem karty planu klauzuli sprawdź cztery rzeczy:")
    for check in (
        "wartość zamówienia jest policzona netto,",
        "grupa jest wymieniona w przepisie,",
        "kara umowna ma górny limit,",
        "wykonawca wie, jak chronić dane pracowników.",
    ):
        sheet.add_paragraph(check, style="List Bullet")
    sheet.save(str(target))


def _front(text: str) -> tuple[str, str]:
    """The title of the front matter and the text after it."""
    _, front, body = text.split("---\n", 2)
    title = re.search(r'^title: "(.+)"$', front, re.MULTILINE)
    assert title
    return title[1], body


def _sections(body: str) -> Iterator[Section]:
    section: Section | None = None
    for line in body.splitlines():
        if heading := re.match(r"#{2,3} (.+)", line):
            if section:
                yield section
            section = Section(heading[1])
        elif section and (item := re.match(r"(?:-|\d+\.) (.+)", line)):
            section.items.append(item[1].rstrip(",."))
        elif section and line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            section.rows += [] if set(cells[0]) <= {"-", " "} else [cells]
        elif section and line.strip():
            section.sentences += re.split(r"(?<=[.!?]) (?=[A-ZŁŚŻ])", line)
    if section:
        yield section


def _bullets(frame, lines: list[str]) -> None:  # type: ignore[no-untyped-def]
    frame.text = lines[0]
    for line in lines[1:]:
        frame.add_paragraph().text = line
    for paragraph in frame.paragraphs:
        paragraph.font.size = Pt(20)


def _table(slide, rows: list[list[str]]) -> None:  # type: ignore[no-untyped-def]
    shape = slide.shapes.add_table(len(rows), len(rows[0]), Cm(1.5), Cm(4.5), Cm(22), Cm(10))
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            shape.table.cell(r, c).text = text


if __name__ == "__main__":
    main()
