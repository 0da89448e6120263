"""What people take away says what they read, with the same sources, and nothing in it acts."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.config import ROOT
from assistant.domain.answers import Answer, Citation, Sentence, SentenceKind, Status, Suggestion, Support
from assistant.domain.conversations import Conversation, Message
from assistant.presentation import exports
from assistant.presentation.exports.blocks import Listing, Paragraph, Table, plain
from assistant.presentation.exports.markdown import escaped
from assistant.presentation.exports.outline import LONG_QUOTE, Outline, outline
from assistant.prompts import load_words

ALL_WORDS = load_words(ROOT / "prompts")
WORDS = ALL_WORDS["pl"]
GOLDEN = Path(__file__).parent.parent / "data" / "rozmowa.md"
BEGUN = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NAUGHTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- c --> <!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]> &e;",
    "![x](http://evil.example/i.png)",
    "[klik](javascript:alert(1))",
    "[x]: http://evil.example",
    "http://evil.example www.evil.example ftp://evil.example",
    "<http://evil.example>",
    "| a | b |",
    "# nagłówek",
    "koniec ##",
    "- punkt",
    "+ punkt",
    "1. punkt",
    "(1) punkt",
    "a) punkt",
    "> cytat",
    "```",
    "---",
    "===",
    "***",
    "[^1]",
    "[^1]: cudzy przypis",
    "&lt;b&gt; &amp; &#60; &copy;",
    "$x^2$",
    "**b** _i_ `c` ~~d~~",
    "na końcu \\",
    "na końcu!",
    ": definicja",
    "]]></w:t><w:instrText>HYPERLINK</w:instrText>",
    "{ HYPERLINK \"http://evil.example\" } {INCLUDEPICTURE x}",
    "=HYPERLINK(\"http://evil.example\")",
    "\x1b[31mczerwony\x07\x00\x0b",
    "\u202eodwrotnie\u202c a\u200bb \ufeff",
    "po\u0142\ud83d\u0142\ufffe\uffff\U0001fffe",
    "w\nielu\r\n# liniach\u2028x",
    "zażółć gęślą jaźń 😀 Å",
]  # fmt: skip


def source(n: int = 1, **given: object) -> Citation:
    values: dict[str, object] = {
        "n": n,
        "document_id": "d1",
        "title": "Podręcznik klauzul",
        "path": "pl/klauzule.pdf",
        "edition": "2026-11",
        "pages": (3, 4),
        "headings": ("Podręcznik klauzul", "Zastrzeżenia", "Art. 94"),
        "quote": f"Zdanie numer {n}.",
        "span": (0, 20),
        "language": "pl",
        "state_of_law": "2026-01-01",
    }
    return Citation(**{**values, **given})  # type: ignore[arg-type]


def said(text: str, *n: int, form: str = "sentence", kind: SentenceKind = SentenceKind.QUOTED) -> Sentence:
    return Sentence(text, kind, n, Support.SUPPORTED, form)


def answered(*sentences: Sentence, sources: tuple[Citation, ...] = (), **given: object) -> Answer:
    values: dict[str, object] = {"question": "Co to jest klauzula?", "lang": "pl", "status": Status.ANSWERED}
    values |= {"text": "\n".join(sentence.text for sentence in sentences), "sentences": sentences, "suggestions": ()}
    values |= {"citations": sources, "engine": "extractive", "generation": "g", "seconds": 0.1}
    return Answer(**{**values, **given})  # type: ignore[arg-type]


def talk(*answers: Answer, **given: object) -> Conversation:
    messages = tuple(Message(f"m{n}", BEGUN + timedelta(minutes=n), answer) for n, answer in enumerate(answers))
    conversation = Conversation("c" * 43, BEGUN, BEGUN + timedelta(days=30), "pl", messages)
    return replace(conversation, **given)  # type: ignore[arg-type]


def laid(*answers: Answer) -> Outline:
    return outline(talk(*answers), WORDS)


def markdown(*answers: Answer) -> str:
    return exports.as_markdown(talk(*answers), WORDS).decode()


LIST = (
    said("Zamówienie zastrzega się w krokach:", 1, form="lead"),
    said("1. Sprawdź próg.", 1, form="item"),
    said("2. Opisz grupę.", 1, form="item"),
)
TABLE = (
    said("forma | od ilu osób", 2, form="header"),
    said("spółdzielnia socjalna | 3", 2, form="row"),
    said("stowarzyszenie | 7", 2, form="row"),
)
RAW_TABLE = "forma | od ilu osób |\n| --- | --- |\n| spółdzielnia socjalna | 3 |\n| stowarzyszenie | 7 |"
RICH = (
    answered(
        *LIST,
        *TABLE,
        said("A reservation limits who can bid.", 3),
        sources=(
            source(
                1,
                path="pl/klauzule.md",
                pages=(1, 1),
                quote="Zamówienie **zastrzega** się - zwykle - w krokach:\n\n1. Spra",
            ),
            source(2, quote=RAW_TABLE, state_of_law="2024-08-13 (t.j. Dz.U. 2024 poz. 1320; zmiany w tekście)"),
            source(3, document_id="d2", title="Abstract", path="en/abstract.pptx", pages=(7, 7), language="en"),
        ),
        suggestions=(Suggestion("Progi", "d1", "Podręcznik klauzul", "pl/k.pdf", (5, 5), ("Podręcznik", "Progi")),),
        notices=("Szukam też: zastrzeżone",),
    ),
    answered(
        question="Ile kosztuje bilet?",
        status=Status.NOT_FOUND,
        text="Nie znalazłem tego w dokumentach.",
        suggestions=(Suggestion("Koszty", "d1", "Podręcznik klauzul", "pl/k.pdf", (9, 10)),),
    ),
    answered(
        said("Klauzula to zapis.", 2),
        question="A klauzula? " * 40,
        status=Status.PARTIAL,
        text="Nie mam pewności.\nKlauzula to zapis. [2]",
        sources=(source(2, state_of_law="2024-08-13 (t.j. Dz.U. 2024 poz. 1320; zmiany w tekście)"),),
    ),
)


# ---- layout ------------------------------------------------------------------------------------


def test_a_list_keeps_its_numbers_and_names_its_source_once_by_its_lead() -> None:
    lead, listing = laid(answered(*LIST, sources=(source(),))).entries[0].blocks
    assert isinstance(lead, Paragraph)
    assert lead.text.notes == (1,)
    assert isinstance(listing, Listing)
    assert (listing.start, [item.words for item in listing.items]) == (1, ["Sprawdź próg.", "Opisz grupę."])
    assert not any(item.notes for item in listing.items)


@pytest.mark.parametrize(
    ("numbers", "start"),
    [(("3)", "4)"), 3), (("1.", "3."), None), (("1.", "2)"), None), (("1.", ""), None), (("2,5", "3"), None)],
)
def test_only_numbers_that_count_up_become_the_lists_own(numbers: tuple[str, str], start: int | None) -> None:
    items = [said(f"{number} punkt", 1, form="item") for number in numbers]
    (listing,) = laid(answered(*items, sources=(source(),))).entries[0].blocks
    assert isinstance(listing, Listing)
    assert listing.start == start
    if start is None:
        assert listing.items[0].words == f"{numbers[0]} punkt"


def test_rows_become_a_table_of_equal_width_with_its_source_under_it() -> None:
    rows = (*TABLE, said("fundacja", 2, form="row"))
    (table,) = laid(answered(*rows, sources=(source(2),))).entries[0].blocks
    assert isinstance(table, Table)
    assert [cell.words for cell in table.header] == ["forma", "od ilu osób"]
    assert [cell.words for cell in table.rows[-1]] == ["fundacja", ""]
    assert table.notes == (1,)


def test_rows_of_two_sources_are_two_tables() -> None:
    other = (said("a | b", 5, form="row"), said("c | d", 5, form="row"))
    blocks = laid(answered(*TABLE, *other, sources=(source(2), source(5)))).entries[0].blocks
    assert [block.notes for block in blocks if isinstance(block, Table)] == [(1,), (2,)]


def test_a_row_alone_or_too_wide_for_paper_is_a_line() -> None:
    wide = said(" | ".join("x" * 13), 1, form="row")
    for rows in ([said("a | b", 1, form="row")], [wide, wide]):
        blocks = laid(answered(*rows, sources=(source(),))).entries[0].blocks
        assert all(isinstance(block, Paragraph) for block in blocks)
        assert blocks[-1].text.notes == (1,)  # type: ignore[union-attr]


def test_a_note_tells_where_to_look() -> None:
    (note,) = laid(answered(said("x", 1), sources=(source(),))).notes
    assert note.title == "Podręcznik klauzul"
    assert note.where == "wydanie 2026-11; s. 3–4; rozdział: Zastrzeżenia › Art. 94; stan prawny: 2026-01-01"


def test_a_file_without_pages_names_none_and_a_presentation_names_slides() -> None:
    sources = (source(1, path="a.md", pages=(1, 1)), source(2, path="b.pptx", pages=(7, 7)))
    text, slides = laid(answered(said("x", 1), said("y", 2), sources=sources)).notes
    assert "s. " not in text.where
    assert "slajd 7" in slides.where


def test_a_long_state_of_law_is_told_once_for_each_document() -> None:
    law = "2024-08-13 (t.j. Dz.U. 2024 poz. 1320; zmiany późniejsze w tekście)"
    sources = (source(1, state_of_law=law), source(2, state_of_law=law))
    first, second = laid(answered(said("x", 1), said("y", 2), sources=sources)).notes
    assert law in first.where
    assert second.where.endswith("stan prawny: zob. przypis 1")


def test_a_quote_is_one_readable_line() -> None:
    quote = "Krok **ważny**:\n\n- jeden;\n- [dwa](http://x.example).\n"
    (note,) = laid(answered(said("x", 1), sources=(source(path="a.md", quote=quote),))).notes
    assert note.quote == "Krok ważny: • jeden; • dwa."
    (note,) = laid(answered(said("x", 1), sources=(source(quote=RAW_TABLE),))).notes
    assert note.quote == "forma | od ilu osób / spółdzielnia socjalna | 3 / stowarzyszenie | 7"
    (note,) = laid(answered(said("x", 1), sources=(source(quote="słowo " * 1000),))).notes
    assert len(note.quote) <= LONG_QUOTE + len(" […]")
    assert note.quote.endswith("słowo […]")


def test_suggestions_get_no_second_heading_when_the_answer_introduces_them() -> None:
    hint = (Suggestion("Ile wynosi składka?"),)
    led = answered(status=Status.BLOCKED, text="Zapytaj na przykład tak:", suggestions=hint)
    assert laid(led).entries[0].suggestions_title == ""
    plainly = answered(status=Status.BLOCKED, text="Nie wykonuję poleceń.", suggestions=hint)
    assert laid(plainly).entries[0].suggestions_title == WORDS.text("cli.try")


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any mixture of forms; citations may be missing, repeated, unused or out of order."""
    known = draw(st.lists(st.integers(1, 6), unique=True, max_size=6))
    forms = st.sampled_from(["sentence", "lead", "item", "header", "row"])
    cited = st.lists(st.integers(1, 8), max_size=3).map(tuple)
    text = st.sampled_from(["zdanie", "a | b", "1. krok", "2. krok", "- x"])
    parts = draw(st.lists(st.tuples(text, cited, forms), max_size=8))
    sources = tuple(source(n, quote=f"słowa {n}", document_id=f"d{n}") for n in known)
    return answered(*(said(t, *n, form=form) for t, n, form in parts), sources=sources)


def marks(document: Outline) -> list[int]:
    """Numbers of notes in the order in which a reader meets them."""
    found: list[int] = []
    for entry in document.entries:
        for block in entry.blocks:
            if isinstance(block, Paragraph):
                found += block.text.notes
            elif isinstance(block, Listing):
                found += [n for item in block.items for n in item.notes]
            else:
                found += [n for row in (block.header, *block.rows) for cell in row for n in cell.notes]
                found += block.notes
    return found


@given(st.lists(answers(), max_size=3))
@settings(max_examples=150, deadline=None)
def test_notes_count_up_and_are_exactly_the_sources_that_sentences_cite(given_answers: list[Answer]) -> None:
    document = laid(*given_answers)
    met = marks(document)
    assert list(dict.fromkeys(met)) == [note.n for note in document.notes] == list(range(1, len(document.notes) + 1))
    cited = [
        [c.quote for c in answer.citations if any(c.n in sentence.citations for sentence in answer.sentences)]
        for answer in given_answers
    ]
    assert sorted(note.quote for note in document.notes) == sorted(quote for quotes in cited for quote in quotes)


@given(st.lists(answers(), max_size=2))
@settings(max_examples=40, deadline=None)
def test_both_files_hold_the_same_notes(given_answers: list[Answer]) -> None:
    document = laid(*given_answers)
    text = markdown(*given_answers)
    defined = [int(n) for n in re.findall(r"^\[\^(\d+)\]: ", text, re.MULTILINE)]
    used = [int(n) for n in re.findall(r"\[\^(\d+)\](?!:)", text)]
    numbers = [note.n for note in document.notes]
    assert defined == numbers == list(dict.fromkeys(used))
    word = Docx(exports.as_docx(talk(*given_answers), WORDS))
    assert word.references == numbers
    assert [n for n, _ in word.footnotes] == numbers


# ---- JSON and names ----------------------------------------------------------------------------


def test_json_is_the_api_shape_and_says_who_wrote() -> None:
    written = said("Wniosek.", 1, kind=SentenceKind.GENERATED)
    shown = json.loads(exports.as_json(talk(RICH[0], answered(written, sources=(source(),), engine="bielik-11b"))))
    assert {"id", "created_at", "lang", "messages", "generated"} <= set(shown)
    assert shown["generated"] == {"by": "model", "model": "bielik-11b"}
    assert [message["generated"]["by"] for message in shown["messages"]] == ["extractive", "model"]
    assert shown["messages"][0]["answer"]["citations"][2]["title"] == "Abstract"


def test_json_survives_any_text_and_steers_no_terminal() -> None:
    raw = exports.as_json(talk(*(answered(question=text) for text in NAUGHTY)))
    assert [m["answer"]["question"] for m in json.loads(raw)["messages"]] == NAUGHTY
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", raw.decode())


def test_a_file_is_named_by_kind_language_and_the_polish_day() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert exports.name(talk(), "docx") == "rozmowa-2026-11-22.docx"
    assert exports.name(talk(created_at=late, lang="en"), "md") == "conversation-2026-11-23.md"
    with pytest.raises(KeyError):
        exports.name(talk(), "../exe")


# ---- Markdown ----------------------------------------------------------------------------------


def test_the_markdown_file_reads_like_this() -> None:
    assert exports.as_markdown(talk(*RICH), WORDS).decode() == GOLDEN.read_text(encoding="utf-8")


def test_an_empty_conversation_says_so() -> None:
    assert WORDS.text("export.empty") in markdown()
    assert WORDS.text("export.empty") in Docx(exports.as_docx(talk(), WORDS)).text


RENDERERS = [MarkdownIt("commonmark"), MarkdownIt("commonmark").enable(["table", "strikethrough"])]


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("text", NAUGHTY)
def test_escaped_text_renders_as_itself(text: str, renderer: MarkdownIt) -> None:
    shown = renderer.render(escaped(plain(text)))
    inside = re.fullmatch(r"<p>(.*)</p>\n", shown, re.DOTALL)
    assert inside is not None, shown
    assert html.unescape(inside[1]) == plain(text)


@given(st.text(alphabet=st.sampled_from("ab1-+*_#>.|!()[]<>&;:~`^\\$\"'= "), max_size=24))
@settings(max_examples=300, deadline=None)
def test_no_mixture_of_marks_is_markup(text: str) -> None:
    words = plain(text)
    shown = RENDERERS[1].render(escaped(words))
    assert html.unescape(re.sub(r"\A<p>|</p>\n\Z", "", shown)) == words


def test_nothing_of_the_content_becomes_a_link_an_image_or_html() -> None:
    text = markdown(*hostile())
    shown = RENDERERS[1].render(re.sub(r"^\[\^\d+\]: ", "", text, flags=re.MULTILINE))
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9]*|!)", shown)}
    allowed = {"h1", "h2", "p", "ul", "ol", "li", "em", "strong", "blockquote"}
    assert tags <= allowed | {"table", "thead", "tbody", "tr", "th", "td", "!"}
    assert shown.count("<!--") == 1  # our own mark


def test_sentences_a_model_wrote_are_marked() -> None:
    mixed = answered(said("Cytat.", 1), said("Wniosek.", 1, kind=SentenceKind.GENERATED), sources=(source(),))
    text = markdown(replace(mixed, engine="bielik --> <b>"))
    assert "Cytat.[^1]" in text
    assert "Wniosek. ◆[^1]" in text
    assert text.count("-->") == 1


def hostile() -> list[Answer]:
    """Every naughty text at every place where words of people or documents come in."""
    return [
        answered(
            said(text, 1),
            said(text, 1, form="item"),
            said(f"{text} | {text}", 1, form="header"),
            said(f"{text} | {text}", 1, form="row"),
            question=text,
            text=f"{text}\n{text}\n{text}\n{text}\n{text}" if "\n" not in text else text,
            sources=(source(title=text, edition=text, headings=(text,), quote=text, state_of_law=text, language=text),),
            suggestions=(Suggestion(text), Suggestion(text, "d", text, text, (1, 1), (text,))),
            notices=(text,),
        )
        for text in NAUGHTY
    ]


# ---- Word --------------------------------------------------------------------------------------


class Docx:
    """What a program reads in the file."""

    def __init__(self, raw: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        self.trees = {name: ElementTree.fromstring(part) for name, part in self.parts.items()}
        self.body = self.trees["word/document.xml"]
        self.references = [int(mark.get(f"{W}id", "")) for mark in self.body.iter(f"{W}footnoteReference")]

    @property
    def text(self) -> str:
        return "\n".join(words(paragraph) for paragraph in self.body.iter(f"{W}p"))

    @property
    def footnotes(self) -> list[tuple[int, str]]:
        notes = self.trees["word/footnotes.xml"].iter(f"{W}footnote")
        return [(int(note.get(f"{W}id", "")), words(note)) for note in notes if note.get(f"{W}type") is None]

    def styled(self, style: str) -> list[str]:
        """Texts of the paragraphs in a style."""
        found = (
            p for p in self.body.iter(f"{W}p") if (s := p.find(f"{W}pPr/{W}pStyle")) is not None and name(s) == style
        )
        return [words(paragraph) for paragraph in found]


def name(element: ElementTree.Element) -> str:
    return element.get(f"{W}val", "")


def words(element: ElementTree.Element) -> str:
    return "".join(piece.text or "" for piece in element.iter(f"{W}t"))


@pytest.fixture(scope="module")
def word() -> Docx:
    return Docx(exports.as_docx(talk(*RICH), WORDS))


def test_every_part_has_its_type_and_every_relationship_stays_inside(word: Docx) -> None:
    types = word.trees["[Content_Types].xml"]
    named = {row.get("PartName", "").lstrip("/") for row in types if row.get("PartName")}
    assert named == {part for part in word.parts if not part.endswith(".rels") and not part.startswith("[")}
    for part, tree in word.trees.items():
        if part.endswith(".rels"):
            assert not [row for row in tree if row.get("TargetMode")]
            assert all(re.fullmatch(r"[A-Za-z0-9/]+\.xml", row.get("Target", "").lstrip("/")) for row in tree)


def test_footnotes_are_words_own_with_source_page_and_quote(word: Docx) -> None:
    assert word.references == [1, 2, 3, 4]
    assert [n for n, _ in word.footnotes] == [1, 2, 3, 4]
    assert "Podręcznik klauzul, wydanie 2026-11; s. 3–4; " in word.footnotes[1][1]
    assert "„forma | od ilu osób / spółdzielnia socjalna | 3 / " in word.footnotes[1][1]
    separators = [note.get(f"{W}type") for note in word.trees["word/footnotes.xml"]][:2]
    assert separators == ["separator", "continuationSeparator"]
    used = [note.get(f"{W}id") for note in word.trees["word/settings.xml"].iter(f"{W}footnote")]
    assert used == ["-1", "0"]
    for note in word.trees["word/footnotes.xml"].iter(f"{W}footnote"):
        assert note.get(f"{W}type") or note.find(f".//{W}footnoteRef") is not None


def test_questions_are_headings_and_tables_have_header_rows(word: Docx) -> None:
    assert word.styled("Title") == [WORDS.text("export.title")]
    assert word.styled("Heading1")[:2] == ["Co to jest klauzula?", "Ile kosztuje bilet?"]
    assert len(word.styled("Heading1")[2]) < 100  # a long question stands under its heading
    assert word.styled("Question") == [("A klauzula? " * 40).strip()]
    (table,) = word.body.iter(f"{W}tbl")
    flagged = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in table.iter(f"{W}tr")]
    assert flagged == [True, False, False]


def test_lists_are_lists_and_every_list_counts_from_its_own_start() -> None:
    steps = [said(f"{n}. krok", 1, form="item") for n in (4, 5)]
    twice = answered(*LIST, said("Dalej.", 1), *steps, sources=(source(),))
    word = Docx(exports.as_docx(talk(twice), WORDS))
    assert word.styled("ListParagraph") == ["Sprawdź próg.", "Opisz grupę.", "krok", "krok1"]
    used = [name(number) for number in word.body.iter(f"{W}numId")]
    assert used == ["2", "2", "3", "3"]
    starts = [name(start) for start in word.trees["word/numbering.xml"].iter(f"{W}startOverride")]
    assert starts == ["1", "4"]


def test_a_source_cited_again_leads_back_to_its_note() -> None:
    again = answered(said("Raz.", 1), said("Dwa.", 2), said("Znów.", 2, 1), sources=(source(1), source(2)))
    word = Docx(exports.as_docx(talk(again), WORDS))
    assert word.references == [1, 2]
    links = [(link.get(f"{W}anchor"), words(link)) for link in word.body.iter(f"{W}hyperlink")]
    assert links == [("note_2", "2"), ("note_1", "1")]
    assert {mark.get(f"{W}name") for mark in word.body.iter(f"{W}bookmarkStart")} == {"note_1", "note_2"}


def test_languages_are_told_for_the_document_and_for_foreign_words(word: Docx) -> None:
    assert [lang.get(f"{W}val") for lang in word.trees["word/styles.xml"].iter(f"{W}lang")] == ["pl-PL"]
    runs = {words(run): run.find(f"{W}rPr/{W}lang") for run in word.body.iter(f"{W}r")}
    assert name(runs["A reservation limits who can bid."]) == "en-GB"  # type: ignore[arg-type]
    assert runs["spółdzielnia socjalna"] is None
    english = Docx(exports.as_docx(talk(*RICH), ALL_WORDS["en"]))
    assert [lang.get(f"{W}val") for lang in english.trees["word/styles.xml"].iter(f"{W}lang")] == ["en-GB"]


def test_the_file_tells_programs_that_an_ai_made_it_and_nobodys_name(word: Docx) -> None:
    custom = word.parts["docProps/custom.xml"].decode()
    assert 'name="ai-assistant"' in custom
    assert 'name="ai-generated-by"' in custom
    assert "extractive" in custom
    core = word.parts["docProps/core.xml"].decode()
    product = WORDS.text("export.product")
    assert core.count(product) == 3  # author, last modified by, keywords
    assert "python-docx" not in core
    assert WORDS.text("export.made") in word.text


def test_the_same_conversation_gives_the_same_parts(word: Docx) -> None:
    assert Docx(exports.as_docx(talk(*RICH), WORDS)).parts == word.parts


def test_no_content_becomes_a_field_a_link_or_breaks_the_file() -> None:
    word = Docx(exports.as_docx(talk(*hostile()), WORDS))
    tags = {
        element.tag.removeprefix(W)
        for part in ("document", "footnotes")
        for element in word.trees[f"word/{part}.xml"].iter()
    }
    assert not tags & {"instrText", "fldSimple", "fldChar", "drawing", "pict", "object", "altChunk", "sdt"}
    assert not [
        link for link in word.body.iter(f"{W}hyperlink") if not re.fullmatch(r"note_\d+", link.get(f"{W}anchor", ""))
    ]
    assert [plain(text) for text in NAUGHTY] == word.styled("Heading1")
    shown = word.text + "".join(text for _, text in word.footnotes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ufeff\ufffe\uffff]", shown)


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_makes_a_file_that_parses(text: str) -> None:
    value = answered(said(text, 1), question=text, sources=(source(title=text, quote=text),))
    word = Docx(exports.as_docx(talk(value), WORDS))
    assert plain(text) in word.text


# ---- CSV ---------------------------------------------------------------------------------------


def read_back(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_polish_excel_reads_letters_columns_and_decimals() -> None:
    raw = exports.as_csv([["pytanie; ważne", 3, 0.5, BEGUN, None]], ["pytanie", "razy", "udział", "kiedy", "uwagi"])
    assert raw.startswith(b"\xef\xbb\xbf")
    assert read_back(raw)[1] == ["pytanie; ważne", "3", "0,5", "2026-11-22 10:15", ""]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+48 58 123",
        "-5",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u200b=1",
        "\ufeff\u00a0@x",
        "＝1",
        "\x00=1",
    ],
)
def test_no_cell_of_text_is_a_formula(text: str) -> None:
    ((cell,),) = read_back(exports.as_csv([[text]], ["kolumna"]))[1:]
    assert cell.startswith("'")


@pytest.mark.parametrize("text", ["a=1", "Ile to 2+2?", "", "'już", "x\ny"])
def test_other_text_stays_as_it_is(text: str) -> None:
    ((cell,),) = read_back(exports.as_csv([[text]], ["kolumna"]))[1:]
    assert cell == text


def test_numbers_may_be_negative() -> None:
    assert read_back(exports.as_csv([[-5, -0.25]], ["a", "b"]))[1] == ["-5", "-0,25"]


def test_a_field_never_leaves_its_quotes() -> None:
    raw = exports.as_csv([['x";=1', "a,=1+1", "b\r\n=c"]], ["1", "2", "3"]).decode("utf-8-sig")
    assert read_back(raw.encode())[1] == ['x";=1', "a,=1+1", "b\r\n=c"]
    assert '"a,=1+1"' in raw


def test_headers_are_guarded_too() -> None:
    assert read_back(exports.as_csv([], ["=x"])) == [["'=x"]]
