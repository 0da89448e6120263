"""Makes the handbooks that are shipped in other formats than Markdown, and the glossary handbooks.

`make handbooks` runs it after a change of `docs/handbooks/**` or `corpus/glossary.toml`; what it writes is
committed, and a test compares the two. The sources lie outside `corpus/`, so no text is indexed twice.

    zeszyt-pomiaru-oddzialywania.md  →  PDF, tagged, with outline and page numbers (WeasyPrint)
    model-csei.md                    →  PPTX: one slide an H3, notes from "Notatka:" (python-pptx)
    karta-gotowosci-przetargowej.md  →  DOCX to fill in (python-docx)
    corpus/glossary.toml             →  slownik.md, glossary-en.md
"""

from __future__ import annotations

import datetime
import html
import os
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent.parent / "corpus"
EDITION = "2026-11"
MADE = datetime.datetime(2026, 11, 22)  # in the files instead of the hour of making: the same source, the same bytes
PUBLISHER = "Asystent doradczy ekonomii społecznej"
SIDE = ("title", "language", "edition", "state_of_law", "publisher", "licence")
NOTE = "Notatka: "
ISAP = "https://isap.sejm.gov.pl"
SHARES = {2: (0.45, 0.55), 3: (0.5, 0.2, 0.3)}  # of a form's width, by number of columns: questions need the most


def main() -> None:
    """Write everything."""
    os.environ["SOURCE_DATE_EPOCH"] = str(int(MADE.timestamp()))
    for name, make in (
        ("zeszyt-pomiaru-oddzialywania.pdf", pdf),
        ("model-csei.pptx", deck),
        ("karta-gotowosci-przetargowej.docx", sheet),
    ):
        meta, text = read(HERE / "pl" / Path(name).with_suffix(".md"))
        make(meta, text, CORPUS / "pl" / name)
        (CORPUS / "pl" / f"{name}.toml").write_text(side(meta), encoding="utf-8")
    for lang, name in (("pl", "slownik"), ("en", "glossary-en")):
        (CORPUS / lang / f"{name}.md").write_text(glossary(lang, name), encoding="utf-8")


def read(file: Path) -> tuple[dict[str, Any], str]:
    """Front matter and body."""
    _, front, body = file.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


def side(meta: dict[str, Any]) -> str:
    """The side file: what a format cannot say of itself."""
    values = {name: str(meta[name]).replace("\\", "\\\\").replace('"', '\\"') for name in SIDE}
    return "".join(f'{name} = "{value}"\n' for name, value in values.items())


# PDF


def pdf(meta: dict[str, Any], text: str, target: Path) -> None:
    """A typeset workbook: title page, worksheets on pages of their own, numbered pages, tags for screen readers."""
    from weasyprint import HTML

    HTML(string=page(meta, text)).write_pdf(target, pdf_variant="pdf/ua-1", pdf_identifier=b"zeszyt-2026-11-edition-1")


def page(meta: dict[str, Any], text: str) -> str:
    """The workbook as one HTML page; what the front matter says is text, never markup."""
    body = MarkdownIt("commonmark").enable("table").render(text)
    lang, title, publisher = (html.escape(str(meta[name])) for name in ("language", "title", "publisher"))
    told = (f"{source['title']} — {source['address']} ({source['certainty']})" for source in meta["sources"])
    sources = "".join(f"<li>{html.escape(line)}</li>" for line in told)
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="author" content="{publisher}"><style>{(HERE / "workbook.css").read_text()}</style></head>'
        f"<body>{body}<h2>Skąd pochodzą fakty w tym zeszycie?</h2><ul>{sources}</ul></body></html>"
    )


# PPTX


def deck(meta: dict[str, Any], text: str, target: Path) -> None:
    """Slides: H1 the title, each H2 a section, each H3 one slide."""
    from pptx import Presentation
    from pptx.util import Emu, Pt

    show = Presentation()
    show.slide_width, show.slide_height = Emu(12192000), Emu(6858000)
    properties = show.core_properties
    properties.title, properties.author, properties.language = meta["title"], meta["publisher"], meta["language"]
    properties.created = properties.modified = MADE
    for level, heading, tokens in sections(text):
        layout = {1: 0, 2: 2}.get(level, 5 if any(t.type == "table_open" for t in tokens) else 1)
        slide = show.slides.add_slide(show.slide_layouts[layout])
        slide.shapes.title.text = heading
        slide.shapes.title.text_frame.paragraphs[0].font.size = Pt(36 if level < 3 else 28)
        lines, rows, notes = parts(tokens)
        place_on(slide, level, Emu)
        if rows:
            _table(slide, rows, lines, Emu, Pt)
        elif len(slide.placeholders) > 1:
            frame = slide.placeholders[1].text_frame
            frame.word_wrap = True
            for n, line in enumerate(lines):
                paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
                paragraph.text = line
                paragraph.font.size = Pt(20 if len(lines) < 5 else 17)
        if notes:
            slide.notes_slide.notes_text_frame.text = " ".join(notes)
    show.save(str(target))
    steady(target)


def place_on(slide: Any, level: int, emu: Any) -> None:
    """Title and body over the whole width of a 16:9 slide; the default layouts are made for 4:3."""
    top, height = (2300000, 1500000) if level < 3 else (350000, 1050000)
    body = (top + height, 1200000) if level < 3 else (1500000, 4900000)
    for shape, (y, tall) in zip(slide.placeholders, ((top, height), body), strict=False):
        shape.left, shape.width, shape.top, shape.height = emu(609600), emu(10972800), emu(y), emu(tall)


def _table(slide: Any, rows: list[list[str]], lines: list[str], emu: Any, points: Any) -> None:
    top = 1500000
    if lines:
        box = slide.shapes.add_textbox(emu(609600), emu(top), emu(10972800), emu(600000)).text_frame
        box.word_wrap = True
        box.text = " ".join(lines)
        box.paragraphs[0].font.size = points(16)
        top += 800000
    table = slide.shapes.add_table(
        len(rows), len(rows[0]), emu(609600), emu(top), emu(10972800), emu(400000 * len(rows))
    )
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            frame = table.table.cell(y, x).text_frame
            frame.text = cell
            frame.paragraphs[0].font.size = points(13)


# DOCX


def sheet(meta: dict[str, Any], text: str, target: Path) -> None:
    """A form to fill in: real headings, tables whose header row repeats on every page."""
    from docx import Document
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    form = Document()
    properties = form.core_properties
    properties.title, properties.author, properties.language = meta["title"], meta["publisher"], meta["language"]
    properties.created = properties.modified = MADE
    form.styles["Normal"].font.name, form.styles["Normal"].font.size = "Calibri", Pt(11)
    for language in form.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "pl-PL")
    for section in form.sections:
        section.left_margin = section.right_margin = Cm(2)
    for level, heading, tokens in sections(text):
        form.add_heading(heading, level)
        for kind, content in blocks(tokens):
            if kind == "table":
                table = form.add_table(0, len(content[0]), style="Table Grid")
                for y, row in enumerate(content):
                    cells = table.add_row().cells
                    for cell, words in zip(cells, row, strict=True):
                        cell.text = "" if words == "…" else words
                        if y == 0:
                            cell.paragraphs[0].runs[0].bold = True
                for column, share in zip(table.columns, SHARES.get(len(content[0]), ()), strict=False):
                    for cell in column.cells:
                        cell.width = Cm(17 * share)
                header = OxmlElement("w:tblHeader")
                table.rows[0]._tr.get_or_add_trPr().append(header)
                form.add_paragraph()
            else:
                form.add_paragraph(content, style={"item": "List Bullet", "step": "List Number"}.get(kind))
    form.save(str(target))
    steady(target)


def steady(package: Path) -> None:
    """The same package without the hour of making in its parts: the same source gives the same bytes."""
    with zipfile.ZipFile(package) as source:
        parts = [(part.filename, source.read(part)) for part in source.infolist()]
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts:
            target.writestr(zipfile.ZipInfo(name, MADE.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)


# the parts of a Markdown text


def sections(text: str) -> Iterator[tuple[int, str, list[Token]]]:
    """(level, heading, tokens below it), in order."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    starts = [n for n, token in enumerate(tokens) if token.type == "heading_open"]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        yield int(tokens[start].tag[1]), plain(tokens[start + 1]), tokens[start + 3 : end]


def blocks(tokens: list[Token]) -> Iterator[tuple[str, Any]]:
    """("text" | "item" | "step", words) and ("table", rows), in order."""
    rows: list[list[str]] = []
    listed: list[str] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            listed.append("item" if token.type.startswith("bullet") else "step")
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            listed.pop()
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(plain(token))
        elif token.type == "table_close":
            yield "table", rows
            rows = []
        elif token.type == "inline":
            yield (listed[-1] if listed else "text"), plain(token)


def parts(tokens: list[Token]) -> tuple[list[str], list[list[str]], list[str]]:
    """Lines, table rows and speaker notes of a slide."""
    lines: list[str] = []
    rows: list[list[str]] = []
    notes: list[str] = []
    for kind, content in blocks(tokens):
        if kind == "table":
            rows = content
        elif content.startswith(NOTE):
            notes.append(content.removeprefix(NOTE))
        else:
            lines.append(content)
    return lines, rows, notes


def plain(token: Token) -> str:
    """The words of an inline token, marks left out."""
    return re.sub(
        r"\s+", " ", "".join(t.content or " " for t in token.children or [] if t.type != "html_inline")
    ).strip()


# the glossary


SOURCES = (
    ("Ustawa z 5.08.2022 o ekonomii społecznej (Dz.U. 2022 poz. 1812; t.j. Dz.U. 2024 poz. 113)", ISAP, "S"),
    ("Prawo zamówień publicznych (t.j. Dz.U. 2024 poz. 1320)", ISAP, "S"),
    ("Ustawa o spółdzielniach socjalnych (t.j. Dz.U. 2023 poz. 802)", ISAP, "S"),
    ("Narzędzia wypracowane w ramach projektu RESIST, prezentacja z 30.06.2026", "brak publicznego adresu", "SEED"),
    ("Opis projektu Wielkopolskie Centrum Ekonomii Solidarności (2011–2013)", "brak publicznego adresu", "SEED"),
)
WORDS: dict[str, dict[str, Any]] = {
    "pl": {
        "title": "Słowniczek ekonomii społecznej (polsko-angielski)",
        "intro": "Słowniczek wyjaśnia pojęcia i skróty używane w podręcznikach asystenta. Każde hasło podaje polską "
        "nazwę, angielską nazwę, skróty i jedno zdanie definicji. Definicje prawne wskazują artykuł ustawy; przed "
        "użyciem sprawdź aktualny tekst w ISAP.",
        "law": "definicje prawne według tekstów widzianych do 21.11.2026 (m.in. ustawa o ekonomii społecznej, "
        "Dz.U. 2022 poz. 1812; Pzp, t.j. Dz.U. 2024 poz. 1320); przed użyciem sprawdź w ISAP",
        "audience": ["podmioty ekonomii społecznej", "doradcy OWES, ROPS i COP", "samorządy", "mieszkańcy"],
        "edition": "Wydanie, źródła i ograniczenia słowniczka",
        "limits": "Słowniczek jest wydaniem z listopada 2026 roku. Definicje słowniczka są skrótami i nie zastępują "
        "brzmienia ustaw. Definicje z dopiskiem „wiedza ogólna” nie mają w słowniczku potwierdzonego źródła.",
        "heading": "Co to jest {name}?",
        "names": "Jak pojęcia nazywają się po angielsku?",
        "table": "| Polska nazwa | Angielska nazwa | Skróty |",
    },
    "en": {
        "title": "Glossary of the social economy (English–Polish)",
        "intro": "The glossary explains the terms and acronyms of the assistant's handbooks. Each entry gives the "
        "English name, the Polish name, acronyms and one sentence of definition. Legal definitions name the article "
        "of the statute; check the current text before use.",
        "law": "legal definitions after texts seen up to 21.11.2026 (among others the Social Economy Act, "
        "Journal of Laws 2022 item 1812; Public Procurement Law, 2024 item 1320); check the current text",
        "audience": ["social economy entities", "advisers", "local authorities", "residents"],
        "edition": "Edition, sources and limits of the glossary",
        "limits": "The glossary is the edition of November 2026. Its definitions are short and do not replace the "
        "wording of statutes. Definitions marked “general knowledge” have no confirmed source in the glossary.",
        "heading": "What is {name}?",
        "names": "What are the terms called in Polish?",
        "table": "| English name | Polish name | Acronyms |",
    },
}


def glossary(lang: str, slug: str) -> str:
    """The glossary as a handbook in one language."""
    words, other = WORDS[lang], "en" if lang == "pl" else "pl"
    terms = tomllib.loads((CORPUS / "glossary.toml").read_text(encoding="utf-8"))["term"]
    lines = [
        "---",
        f'title: "{words["title"]}"',
        f'slug: "{slug}"',
        f'language: "{lang}"',
        f'edition: "{EDITION}"',
        f'state_of_law: "{words["law"]}"',
        f'publisher: "{PUBLISHER}"',
        'licence: "CC-BY-4.0"',
        *_listed("audience", [f'"{reader}"' for reader in words["audience"]]),
        *_listed("sources", [f'{{title: "{t}", address: "{a}", certainty: "{c}"}}' for t, a, c in SOURCES]),
        "---",
        "",
        f"# {words['title']}",
        "",
        words["intro"],
    ]
    terms.sort(key=lambda term: term[lang].lower())
    for term in terms:
        name = _named(term[lang], term.get("acronyms", []))
        lines += ["", f"## {words['heading'].format(name=name)}", "", term[f"definition_{lang}"]]
        if term.get(f"note_{lang}"):
            lines += ["", term[f"note_{lang}"]]
    lines += ["", f"## {words['names']}", "", words["table"], "| --- | --- | --- |"]
    lines += [f"| {t[lang]} | {t[other]} | {', '.join(t.get('acronyms', [])) or '–'} |" for t in terms]
    lines += ["", f"## {words['edition']}", "", words["limits"]]
    return "\n".join(lines) + "\n"


def _listed(name: str, entries: list[str]) -> list[str]:
    return [f"{name}:", *(f"  - {entry}" for entry in entries)]


def _named(name: str, acronyms: list[str]) -> str:
    return f"{name} ({', '.join(acronyms)})" if acronyms else name


if __name__ == "__main__":
    sys.exit(main())
