"""A report says what was replied and what follows, the same in every format, and nothing in it acts."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from markdown_it import MarkdownIt
from pypdf import PdfReader

from assistant.config import ROOT
from assistant.dialogues import advice, checking, definitions, engine, scoring
from assistant.dialogues.conditions import Facts
from assistant.dialogues.respondents import respond
from assistant.dialogues.scoring import Spread
from assistant.dialogues.wording import absent
from assistant.domain.answers import Citation
from assistant.domain.dialogues import Absent, Advice, Dialogue, GivenAdvice, Reply, Report, Session
from assistant.presentation import charts
from assistant.presentation.exports import reports
from assistant.presentation.exports.report_html import as_html
from assistant.presentation.exports.report_outline import Draft, Figure, Outline, outline
from assistant.prompts import load_words

WORDS = load_words(ROOT / "prompts")
TESTS = Path(__file__).resolve().parent.parent
GOLDEN = TESTS / "golden" / "raport-opieka.md"
CARE = definitions.read(TESTS / "data" / "modes" / "care.toml")
TRIAL = definitions.read(TESTS / "data" / "modes" / "trial.toml")
MADE = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
EARLIER = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)

REPLIES: dict[str, Any] = {
    "welcome": True,
    "organisation": "Spółdzielnia „Łąka” w Gąsinie",
    "needs": 2,
    "team": 5,
    "problem": "Samotność seniorów\nBrak dojazdu dla każdego",
    "people": ({"name": "seniorzy", "count": Decimal(40)}, {"name": "opiekunowie", "count": Decimal(12)}),
    "actions": (
        {"what": "Rozmowy z seniorami", "who": "Anna", "until": "2026-12-15"},
        {"what": "Wniosek", "who": "", "until": "2027-06-01"},
        {"what": "Ulotka", "who": "Jan", "until": ""},
    ),
}
HOSTILE = [
    "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>",
    '=HYPERLINK("http://evil.example","klik")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "[klik](javascript:alert(1)) ![x](http://evil.example/i.png) <http://evil.example>",
    "| a | b |\n| --- | --- |\n```\n# nagłówek\n[^1]: cudzy",
    "\u202eodwrotnie\u202c \u200bשלום العربية",
    "$\\frac{1}{0}$ $x^ $ {organisation} {0} {needs.__class__} %s",
    "</style></title></svg><!-- ]]> &amp; &#60;",
    "\x00\x07\x1b[31m \ud83d \ufffe \uffff po\x0b",
    "x" * 10_000,
    "zażółć gęślą jaźń 😀 " * 500,
]


def ran(mode: Dialogue, replies: dict[str, Any], lang: str = "pl", notes: dict[str, str] | None = None) -> Session:
    """A session of replies as they are kept; an Absent is no value."""
    session = engine.begin(mode, "r", lang)
    made = tuple(
        Reply(step.id, None, value, (notes or {}).get(step.id, ""))
        if isinstance(value := replies[step.id], Absent)
        else Reply(step.id, value, note=(notes or {}).get(step.id, ""))
        for step in mode.steps
        if step.id in replies
    )
    return replace(session, replies=made)


def cited(one: Advice, lang: str) -> Citation | None:
    """A place in a handbook for some of the advice."""
    if one.id != "ask":
        return None
    quote = "Zacznij od rozmowy: pytaj o zwykły dzień, nie o pomysły." if lang == "pl" else "Begin with a talk."
    return Citation(
        1,
        "d1",
        "Jak badać potrzeby",
        "pl/potrzeby.pdf",
        "2026-11",
        (12, 13),
        ("Jak badać potrzeby", "Rozmowy"),
        quote,
        (100, 100 + len(quote)),
        lang,
        "2026-01-01",
    )


def reported(session: Session, mode: Dialogue = CARE, before: Session | None = None, **given: Any) -> Report:
    facts = Facts(mode, {reply.step: reply for reply in session.replies})
    assessment = scoring.assess(mode, session)
    chosen = advice.chosen(mode, facts, assessment)
    steps = [(step.id, session.reply(step.id)) for step in engine.asked(mode, session)]
    values: dict[str, Any] = {
        "dialogue": mode,
        "session": session,
        "assessment": assessment,
        "advice": tuple(GivenAdvice(one, cited(one, session.lang), points) for one, points in chosen),
        "created_at": MADE,
        "generation": "g-1",
        "software": "0.1.0",
        "before": scoring.assess(mode, before) if before else None,
        "before_at": EARLIER if before else None,
        "skipped": tuple((id, absent(reply)) for id, reply in steps if reply is None or reply.value is None),
        "numbers": facts.numbers(),
    }
    return Report(**{**values, **given})


def laid(report: Report) -> Outline:
    return outline(report, WORDS[report.session.lang])


def text(report: Report, kind: str = "md") -> str:
    return reports.write(report, WORDS[report.session.lang], kind).decode()


def shown_html(page: str) -> str:
    return " ".join(Page(page).words)


class Page(HTMLParser):
    """What a reader of HTML finds: tags, words that are shown, attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] not in (["style"], ["title"]):
            self.words.append(data)

    def of(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]


FULL = reported(
    ran(CARE, {**REPLIES, "money": Absent.UNKNOWN}, notes={"needs": "Zapytać jeszcze radę seniorów."}),
    before=ran(CARE, {"needs": 1, "team": 5, "money": 3}),
)
EMPTY = reported(ran(CARE, {}))


# ---- what it says ------------------------------------------------------------------------------


def test_the_modes_of_these_tests_are_sound() -> None:
    assert checking.problems(CARE) == []


def test_the_report_reads_as_agreed() -> None:
    made = text(FULL)
    if os.environ.get("GOLDEN_WRITE"):
        GOLDEN.write_text(made, encoding="utf-8")
    assert made == GOLDEN.read_text(encoding="utf-8")


def test_chapters_stand_in_the_definitions_order_and_ours_behind_them() -> None:
    ids = [part.id for part in laid(FULL).parts]
    assert ids == [
        *("result", "letter", "sums", "advised", "meeting", "change", "todo", "helped_people", "all"),
        *("own-notes", "skipped", "method"),
    ]


def test_a_chapter_whose_condition_fails_or_that_is_empty_is_left_out() -> None:
    ids = {part.id for part in laid(FULL).parts}
    assert "never" not in ids  # its condition
    assert "indicators" not in ids  # no records


def test_the_cover_tells_where_the_report_comes_from() -> None:
    told = dict(laid(FULL).facts)
    assert told["Organizacja"] == "Spółdzielnia „Łąka” w Gąsinie"
    assert told["Tryb"] == "Opieka w gminie, wersja 3, wydanie 2026-11-22"
    assert told["Stan prawny"] == "stan prawny na 1 stycznia 2026 r."
    assert told["Indeks dokumentów"] == "g-1"
    assert told["Data raportu"] == "22.11.2026"
    assert "0.1.0" in told["Oprogramowanie"]


def test_advice_has_its_source_in_a_note_or_says_that_it_is_the_tools_own() -> None:
    made = text(FULL)
    asked = made.index("Zapytajcie ludzi")
    sold = made.index("Sprzedajcie usługę")
    assert "seniorzy, opiekunowie.[^1]" in made[asked : asked + 200]
    assert "wskazówka narzędzia, bez źródła" in made[sold : sold + 400]
    note = made[made.index("[^1]: ") :]
    for part in ("Jak badać potrzeby", "2026-11", "12–13", "Rozmowy", "Zacznij od rozmowy"):
        assert part in note


def test_the_same_place_in_a_handbook_is_one_note() -> None:
    assert [note.n for note in laid(FULL).notes] == [1]  # named by the advice and again by the plan


def test_own_actions_stand_in_the_period_of_their_date() -> None:
    plan = text(FULL).partition("## Plan 90 dni")[2].partition("\n## ")[0]
    first, later = plan.partition("Do 30 dni")[2].partition("Do 90 dni")[0], plan.partition("Później")[2]
    assert "Rozmowy z seniorami" in first
    assert "Zapytajcie ludzi" in first
    assert "Wniosek" in later
    assert "Ulotka" in later  # without a date


def test_scores_are_compared_with_an_earlier_run() -> None:
    made = text(FULL)
    assert "| Potrzeby | 25% | 0% | \\+25 pkt proc. | początek | 1 z 1 |" in made
    assert "| Pieniądze | brak | 50% | – | – | 0 z 1 |" in made


def test_what_was_skipped_says_why() -> None:
    part = text(FULL).partition("## Na co nie ma odpowiedzi")[2]
    assert "| Mamy pieniądze\\. | nie wiem |" in part or "| Mamy pieniądze. | nie wiem |" in part
    assert "| Jakie macie wskaźniki? | pominięte |" in part


def test_a_draft_keeps_its_lines() -> None:
    drafts = [block for part in laid(FULL).parts for block in part.blocks if isinstance(block, Draft)]
    assert [draft.lines for draft in drafts] == [
        ("Szanowni Państwo,", "", "Spółdzielnia „Łąka” w Gąsinie pomaga: seniorzy, opiekunowie.")
    ]


def test_a_session_without_replies_still_makes_a_report_in_every_format() -> None:
    for kind in reports.TYPES:
        assert reports.write(EMPTY, WORDS["pl"], kind)
    ids = [part.id for part in laid(EMPTY).parts]
    assert {"skipped", "method"} <= set(ids)
    assert not {"result", "all", "change"} & set(ids)
    assert "Nie ma jeszcze żadnej odpowiedzi." in text(EMPTY)


def test_english_is_english() -> None:
    made = text(reported(ran(CARE, REPLIES, "en")))
    assert "# Care in the municipality" in made
    assert "## Method and limits" in made
    assert "Within 30 days" in made
    assert "## Wynik" not in made


def test_a_file_name_is_ascii() -> None:
    assert [reports.name(FULL, kind) for kind in ("pdf", "xlsx")] == [
        "raport-care-2026-11-22.pdf",
        "raport-care-2026-11-22.xlsx",
    ]
    with pytest.raises(KeyError):
        reports.name(FULL, "exe")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [kind for kind in reports.TYPES if kind != "pdf"])
def test_whatever_is_replied_there_is_a_report(kind: str, seed: int) -> None:
    report = reported(respond(TRIAL, random.Random(seed), "en" if seed else "pl"), TRIAL)
    assert reports.write(report, WORDS[report.session.lang], kind)


# ---- each format, opened -----------------------------------------------------------------------


def test_the_page_stands_alone_and_is_in_order() -> None:
    page = Page(text(FULL, "html"))
    assert not {"script", "link", "img", "iframe", "form"} & set(page.tags)
    assert ("html", "lang", "pl") in page.attributes
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.tags.count("caption") == page.tags.count("table")
    assert page.tags.count("svg") == 2
    scoped = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert len(scoped) == page.tags.count("th")
    ids = page.of("id")
    assert len(ids) == len(set(ids))
    inner = [value for tag, name, value in page.attributes if tag == "a" and name == "href"]
    assert inner
    assert all(value.startswith("#") and value[1:] in ids for value in inner)


def test_a_chart_tells_its_words() -> None:
    alternatives = [b.alternative for part in laid(FULL).parts for b in part.blocks if isinstance(b, Figure)]
    page = text(FULL, "html")
    assert "Potrzeby 25%" in alternatives[0]
    assert "Problem: Samotność seniorów; Brak dojazdu dla każdego → Kto: seniorzy" in alternatives[1]
    assert all(alternative in page for alternative in alternatives)


def test_the_pdf_is_tagged_and_read_in_polish() -> None:
    reader = PdfReader(io.BytesIO(reports.write(FULL, WORDS["pl"], "pdf")))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "pl"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert b"pdfuaid" in root["/Metadata"].get_data()
    told = "\n".join(page.extract_text() for page in reader.pages)
    assert "Spółdzielnia „Łąka” w Gąsinie" in told
    for letter in "ąęłóż":
        assert letter in told
    assert f"Strona 2 z {len(reader.pages)}" in told
    assert [entry["/Title"] for entry in reader.outline if isinstance(entry, dict)][:1] == ["Opieka w gminie"]
    assert all("/URI" not in str(page.get("/Annots", "")) for page in reader.pages)


def test_a_figure_of_the_pdf_has_its_words() -> None:
    reader = PdfReader(io.BytesIO(reports.write(FULL, WORDS["pl"], "pdf")))
    root: Any = reader.trailer["/Root"]
    told = {str(element["/Alt"]) for element in _elements(root["/StructTreeRoot"]) if "/Alt" in element}
    assert any(words.startswith("Wykres radarowy. Wyniki: Potrzeby 25%") for words in told)
    assert len(told) == 2


def _elements(parent: Any) -> Iterator[Any]:
    for child in parent.get("/K", []):
        element = child.get_object()
        if isinstance(element, dict):
            yield element
            yield from _elements(element)


def test_word_opens_it_with_headings_tables_notes_and_pictures() -> None:
    data = reports.write(FULL, WORDS["pl"], "docx")
    opened = docx.Document(io.BytesIO(data))
    headings = [p.text for p in opened.paragraphs if p.style.name == "heading 1" or p.style.style_id == "Heading1"]
    assert headings[:2] == ["Wynik", "List"]
    assert len(opened.inline_shapes) == 2
    scores = next(table for table in opened.tables if table.rows[0].cells[0].text == "Wymiar")
    assert scores.rows[1].cells[1].text == "25%"
    assert opened.core_properties.language == "pl-PL"
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        notes = package.read("word/footnotes.xml").decode()
        body = package.read("word/document.xml").decode()
        relations = package.read("word/_rels/document.xml.rels").decode()
    assert "Zacznij od rozmowy" in notes
    assert 'descr="Wykres radarowy' in body
    assert 'w:orient="landscape"' in body  # four columns of boxes
    assert 'TargetMode="External"' not in relations


def test_json_holds_the_values() -> None:
    made = json.loads(text(FULL, "json"))
    assert made["dialogue"]["id"] == "care"
    replies = {reply["step"]: reply for reply in made["replies"]}
    assert replies["needs"]["value"] == 2
    assert replies["money"]["absent"] == "unknown"
    assert replies["people"]["value"][0] == {"name": "seniorzy", "count": "40"}
    assert [one["own"] for one in made["advice"]] == [True, False, True]
    assert made["advice"][1]["citation"]["quote"].startswith("Zacznij")
    assert made["assessment"]["scores"][2]["score"] is None
    assert made["skipped"][0] == {"step": "money", "why": "unknown"}


def test_csv_has_a_row_for_each_cell() -> None:
    made = reports.write(FULL, WORDS["pl"], "csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(made), delimiter=";"))
    assert rows[0][:3] == ["Część", "Krok", "Pytanie"]
    people = [row for row in rows if row[1] == "people"]
    assert [(row[3], row[4], row[5]) for row in people[:2]] == [("1", "Kto", "seniorzy"), ("1", "Ilu", "40")]
    assert next(row for row in rows if row[1] == "needs")[5:] == ["2", "", "Zapytać jeszcze radę seniorów."]


def test_excel_opens_it_with_numbers_as_numbers() -> None:
    book = openpyxl.load_workbook(io.BytesIO(reports.write(FULL, WORDS["pl"], "xlsx")))
    assert book.sheetnames == ["Odpowiedzi", "Komu pomagacie", "Co zrobicie", "Wyniki", "Zalecenia"]
    people = book["Komu pomagacie"]
    assert [cell.value for cell in people[2]] == ["seniorzy", 40]
    assert people["B2"].data_type == "n"
    assert [cell.value for cell in book["Wyniki"][2]][:2] == ["Potrzeby", 0.25]


def test_markdown_is_read_as_it_was_meant() -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(text(FULL))
    fences = [token.content for token in tokens if token.type == "fence"]
    assert fences == ["Szanowni Państwo,\n\nSpółdzielnia „Łąka” w Gąsinie pomaga: seniorzy, opiekunowie.\n"]


# ---- whatever people wrote is text -------------------------------------------------------------


def hostile(words: str) -> Report:
    replies = {
        **REPLIES,
        "organisation": words,
        "problem": words,
        "people": ({"name": words, "count": Decimal(-5)}, {"name": "=1", "count": None}),
        "actions": ({"what": words, "who": words, "until": ""},),
    }
    return reported(ran(CARE, replies, notes={"needs": words}))


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_stay_words(words: str) -> None:
    report = hostile(words)
    page = Page(text(report, "html"))
    assert not {"script", "img", "h6", "iframe"} & set(page.tags)
    assert all(value.startswith("#") for tag, name, value in page.attributes if name == "href")
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    html_of_markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text(report))
    assert not {"script", "img", "a"} & set(Page(html_of_markdown).tags)
    rows = list(csv.reader(io.StringIO(text(report, "csv").lstrip("\ufeff")), delimiter=";"))
    assert not any(re.match(r"[\s]*[=+@]|-\D", cell) for row in rows for cell in row)
    book = openpyxl.load_workbook(io.BytesIO(reports.write(report, WORDS["pl"], "xlsx")))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds <= {"s", "n"}
    assert not any(cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row)
    with zipfile.ZipFile(io.BytesIO(reports.write(report, WORDS["pl"], "docx"))) as package:
        body = package.read("word/document.xml").decode()
        assert 'TargetMode="External"' not in package.read("word/_rels/document.xml.rels").decode()
    assert "instrText" not in re.sub(r"<w:t[ >].*?</w:t>", "", body)
    json.loads(text(report, "json"))


def test_hostile_words_make_a_pdf_that_asks_for_nothing() -> None:
    report = reported(ran(CARE, {**REPLIES, "problem": "\n".join(HOSTILE), "organisation": HOSTILE[0]}))
    reader = PdfReader(io.BytesIO(reports.write(report, WORDS["pl"], "pdf")))
    told = "".join(page.extract_text() for page in reader.pages).replace("\n", "")
    assert "<script>alert(1)</script>" in told
    assert "x" * 60 in told
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            assert "/URI" not in annotation.get_object().get("/A", {})


def test_the_page_may_not_reach_the_network_even_if_it_asked() -> None:
    from assistant.presentation.exports.report_pdf import as_pdf

    page = '<html lang="pl"><head><title>x</title></head><body><img alt="x" src="file:///etc/passwd"><p>ok</p></body></html>'
    reader = PdfReader(io.BytesIO(as_pdf(page)))
    assert "root:" not in reader.pages[0].extract_text()


def test_a_text_in_an_excel_cell_stays_text_when_it_is_edited() -> None:
    book = openpyxl.load_workbook(io.BytesIO(reports.write(hostile("=1+1"), WORDS["pl"], "xlsx")))
    cell = book["Komu pomagacie"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


# ---- size --------------------------------------------------------------------------------------

INDICATOR = {"a": "Wskaźnik", "b": "opis " * 20, "c": "ankieta", "d": "Anna", "e": "2027-01-01", "f": Decimal("10.50")}
MANY = {
    **REPLIES,
    "people": tuple({"name": f"osoba {n}", "count": Decimal(n)} for n in range(30)),
    "wide": tuple({**INDICATOR, "g": Decimal(1), "h": Decimal(2), "i": 3, "j": ""} for _ in range(30)),
}


def test_thirty_records_fit() -> None:
    report = reported(ran(CARE, MANY))
    made = text(report)
    assert "| osoba 29 | 29 |" in made
    assert "Jakie macie wskaźniki?: pozycja 30" in made  # ten columns: a table each
    assert "- osoba 29" in made  # the diagram had no room for it
    reader = PdfReader(io.BytesIO(reports.write(report, WORDS["pl"], "pdf")))
    assert "osoba 29" in "".join(page.extract_text() for page in reader.pages)


def test_all_but_the_pdf_are_quick() -> None:
    reports.write(FULL, WORDS["pl"], "docx")
    for kind in reports.TYPES:
        begun = time.perf_counter()
        reports.write(FULL, WORDS["pl"], kind)
        assert time.perf_counter() - begun < (10 if kind == "pdf" else 2), kind  # on a busy machine; see CHANGELOG


# ---- charts ------------------------------------------------------------------------------------


def test_a_chart_is_the_same_for_the_same_scores() -> None:
    chart = charts.Radar(("a $x^$", "b <i>", "c"), (0.1, None, 1.0), (0.2, 0.3, None), ("teraz", "kiedyś"))
    assert charts.svg(chart, "słowa", "k") == charts.svg(chart, "słowa", "k")
    assert charts.png(chart) == charts.png(chart)
    assert charts.png(chart).startswith(b"\x89PNG")


def test_ids_of_two_charts_do_not_meet() -> None:
    chart = charts.Boxes((("Kto", ("ludzie",)), ("Co", ())))
    first, second = (set(re.findall(r'id="([^"]+)"', charts.svg(chart, "x", key))) for key in ("a", "b"))
    assert first
    assert not first & second


def test_a_dot_plot_tells_where_people_disagree() -> None:
    found = [Spread("s1", (3, 0, 0, 0, 3), 6, 1, 3.0, 4, 2.4), Spread("s2", (0, 0, 6, 0, 0), 6, 0, 3.0, 0, 0.0)]
    (chart,) = charts.dots(found, ["Ufamy sobie", "Mamy plan"], WORDS["pl"])
    assert "Ufamy sobie: poziom 1: 3, poziom 5: 3 (do omówienia)" in chart.alternative
    assert "Mamy plan: poziom 3: 6" in chart.alternative
    assert charts.svg(chart, chart.alternative, "k").startswith("<svg")
    many = charts.dots(found * 20, ["a", "b"] * 20, WORDS["pl"])
    assert [len(one.statements) for one in many] == [12, 12, 12, 4]
    empty = charts.dots([Spread("s", (0, 0, 0), 0, 0, None, 0, 0.0)], ["nikt"], WORDS["en"])
    assert charts.png(empty[0])


# ---- without Pango -----------------------------------------------------------------------------


def test_without_pango_there_is_an_error_with_a_hint_and_the_page(tmp_path: Path) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango-1.0-0')", encoding="utf-8")
    code = (
        "from assistant.errors import MissingLibrary\n"
        "from assistant.presentation.exports.report_pdf import as_pdf\n"
        "try:\n    as_pdf('<p>x')\n"
        "except MissingLibrary as error:\n    print(error.details['reason'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.stdout.strip() == "cannot load library libpango-1.0-0"
    assert as_html(laid(FULL), WORDS["pl"])
    assert "make system" in WORDS["pl"].text("errors.missing_library.hint")
