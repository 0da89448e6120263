"""The steps of the PDF reader by themselves: hyphens, furniture, titles, quality, OCR's table, pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ingestion.parsers.pdf.breaks import mark_of
from assistant.ingestion.parsers.pdf.catalog import read_catalog, sensible_title
from assistant.ingestion.parsers.pdf.furniture import Sheet, is_noise, without_furniture
from assistant.ingestion.parsers.pdf.geometry import Line, Word, page_list
from assistant.ingestion.parsers.pdf.headings import Style, levels
from assistant.ingestion.parsers.pdf.hyphens import Vocabulary, across
from assistant.ingestion.parsers.pdf.lines import make_line, readable
from assistant.ingestion.parsers.pdf.ocr import lines_of
from assistant.ingestion.parsers.pdf.quality import quality

HEIGHT = 842.0


def line(text: str, y: float = 400.0, size: float = 11.0, page: int = 1) -> Line:
    words, x = [], 72.0
    for token in text.split():
        words.append(Word(token, x, x + 0.5 * size * len(token), y, size))
        x += 0.5 * size * (len(token) + 0.5)
    return make_line(page, words)


# ---- hyphens ----------------------------------------------------------------------------------

KNOWN = Vocabulary(["Ośrodek zna rozwój gospodarczy oraz sieć biało-czerwonych flag i pełnomocnictwo rady dla sądu."])

BREAKS = [
    ("współ-", "praca", "współpraca", "a broken word"),
    ("gospo-", "darczy", "gospodarczy", "a broken word the document writes whole"),
    ("społeczno-", "gospodarczy", "społeczno-gospodarczy", "two adjectives"),
    ("naukowo-", "badawczego", "naukowo-badawczego", "two adjectives, unknown to the document"),
    ("biało-", "czerwonych", "biało-czerwonych", "written with its hyphen elsewhere"),
    ("pełno-", "mocnictwa", "pełnomocnictwa", "ends in -no but is one word"),
    ("międzynaro-", "dowy", "międzynarodowy", "one word that ends like an adjective"),
    ("środowisko-", "wego", "środowiskowego", "too short to be an adjective"),
    ("Bielsko-", "Biała", "Bielsko-Biała", "a name"),
    ("COVID-", "19", "COVID-19", "letters and figures"),
    ("2021-", "2027", "2021-2027", "years"),
    ("2021–", "2027", "2021–2027", "years with a dash"),
    ("przedsię\u00ad", "biorstwo", "przedsiębiorstwo", "a soft hyphen"),
    ("klaster –", "sieć", "klaster – sieć", "a dash is no hyphen"),
    ("klaster", "działa", "klaster działa", "two words"),
]


@pytest.mark.parametrize(("text", "following", "whole"), [b[:3] for b in BREAKS], ids=[b[3] for b in BREAKS])
def test_words_broken_at_line_ends(text: str, following: str, whole: str) -> None:
    head, space = across(text, following, KNOWN)
    assert head + space + following == whole


@given(st.text(max_size=12), st.text(max_size=12))
def test_joining_lines_loses_nothing_but_a_hyphen(text: str, following: str) -> None:
    head, space = across(text, following, KNOWN)
    assert head in (text, text[:-1])
    assert space in ("", " ")


# ---- letters ----------------------------------------------------------------------------------

LETTERS = [
    ("o\ufb01cjalny", "oficjalny", "a ligature"),
    ("z\u0307o\u0301\u0142ty", "żółty", "letters in two parts"),
    ("spo\u00ad\u0142eczny", "społeczny", "a soft hyphen inside"),
    ("kla\u200bster\ufeff", "klaster", "marks of no width"),
    ("m²", "m²", "raised figures stay what they are"),
    ("a\u0000b", "ab", "control characters"),
]


@pytest.mark.parametrize(("raw", "text"), [case[:2] for case in LETTERS], ids=[case[2] for case in LETTERS])
def test_letters_are_written_as_a_person_would(raw: str, text: str) -> None:
    assert readable(raw) == text


def test_letterspaced_headings_are_words_again() -> None:
    words, x = [], 72.0
    for char in "SPIS TREŚCI":
        if char != " ":
            words.append(Word(char, x, x + 7, 100.0, 12.0))
        x += 10 if char != " " else 9
    assert make_line(1, words).text == "SPIS TREŚCI"


def test_a_symbol_fonts_letter_that_opens_a_line_is_a_bullet() -> None:
    made = make_line(1, [Word("\uf0b7", 72, 76, 100, 11), Word("doradztwo\uf0fc", 90, 140, 100, 11)])
    assert made.text == "• doradztwo"
    assert mark_of(made) is not None


# ---- furniture --------------------------------------------------------------------------------


def sheets(*pages: list[tuple[str, float]]) -> list[Sheet]:
    return [Sheet(n, HEIGHT, [line(text, y, page=n) for text, y in page]) for n, page in enumerate(pages, 1)]


def kept(*pages: list[tuple[str, float]]) -> list[list[str]]:
    return [[one.text for one in page] for page in without_furniture(sheets(*pages), 11.0)]


BODY = ("Rada klastra zbiera się cztery razy w roku i przyjmuje plan.", 400.0)

FURNITURE = [
    ("a running head on every page", [[("Podręcznik klastra", 40), BODY]] * 5),
    ("heads that differ on left and right pages", [[(("Podręcznik", "Klaster")[n % 2], 40), BODY] for n in range(8)]),
    ("a head with the page's number in it", [[(f"Podręcznik {n}", 40), BODY] for n in range(1, 6)]),
    ("chapters' heads with the page's number", [[(f"{n} Rozdział {'ABCD'[n // 3]}", 40), BODY] for n in range(1, 12)]),
    ("chapters' heads without numbers", [[(("Cele", "Rada", "Plan")[n // 4], 40), BODY] for n in range(12)]),
    ("bare numbers that keep step", [[BODY, (str(n + 6), 820)] for n in range(1, 5)]),
    ("numbers between dashes", [[BODY, (f"– {n} –", 820)] for n in range(1, 4)]),
    ("Roman numbers", [[BODY, (number, 820)] for number in ("iii", "iv", "v")]),
    ("a page of how many", [[BODY, ("Strona 3 z 20", 820)]]),
    ("the same in English", [[BODY, ("Page 3", 820)]]),
    (
        "a programme's line on a single page",
        [[("Interreg Baltic Sea Region Co-funded by the European Union", 40), BODY]],
    ),
    ("two pages with the same foot", [[BODY, ("Regionalny Ośrodek Polityki Społecznej", 810)]] * 2),
]


@pytest.mark.parametrize("pages", [case[1] for case in FURNITURE], ids=[case[0] for case in FURNITURE])
def test_furniture_is_taken_out(pages: list[list[tuple[str, float]]]) -> None:
    assert kept(*pages) == [[BODY[0]]] * len(pages)


CONTENT = [
    ("chapters counted by their own numbers", [[(f"Moduł {n // 2}", 60), BODY] for n in range(2, 10)]),
    (
        "headings under a title, counted as the pages are",
        [[(f"Arkusz: {title}", 40), (f"Do czego służy arkusz {n}?", 70), BODY] for n, title in enumerate("ABCDEF", 1)],
    ),
    ("the first line of a short document", [[("Statut klastra", 60), BODY], [("Uchwała rady", 60), BODY]]),
    ("a figure at the foot of one page", [[BODY, ("2024", 820)]]),
    ("a repeated line in the middle", [[("Ważne", 300), BODY]] * 6),
    ("a sentence about the programme", [[("Klaster powstał w projekcie Interreg.", 60), BODY]]),
]


@pytest.mark.parametrize("pages", [case[1] for case in CONTENT], ids=[case[0] for case in CONTENT])
def test_content_in_the_margins_stays(pages: list[list[tuple[str, float]]]) -> None:
    assert kept(*pages) == [[text for text, _ in page] for page in pages]


@pytest.mark.parametrize("text", ["|| — _ ~ .", "a i l | r e", "~", "»", ". , ' : x"])
def test_specks_are_noise(text: str) -> None:
    assert is_noise(text)


@pytest.mark.parametrize("text", ["Rada klastra", "art. 5 ust. 2", "12", "1 250 000 zł", "w tym:"])
def test_short_lines_are_no_noise(text: str) -> None:
    assert not is_noise(text)


# ---- headings ---------------------------------------------------------------------------------


def test_levels_follow_type_and_numbers() -> None:
    title, chapter = Style(24, True, False), Style(14, True, False)
    found = levels(
        [(title, 0, "Podręcznik"), (chapter, 0, "1 Cele"), (chapter, 0, "1.1 Cel główny"), (chapter, 0, "2 Rada")]
    )
    assert found == [1, 2, 3, 2]


def test_the_outlines_depth_holds_for_a_style() -> None:
    chapter, section = Style(14, True, False), Style(12, True, False)
    assert levels([(chapter, 1, "Cele"), (section, 2, "Rada"), (section, 0, "Plan")]) == [1, 2, 2]


# ---- title, quality ---------------------------------------------------------------------------

TITLES = [
    ("Podręcznik klastra", "Podręcznik klastra"),
    ("  Podręcznik\nklastra ", "Podręcznik klastra"),
    ("Microsoft Word - Podręcznik klastra", "Podręcznik klastra"),
    ("Microsoft Word - Dokument1.docx", ""),
    ("raport_koncowy_v2", ""),
    ("podrecznik-klastra", ""),
    ("raport.indd", ""),
    ("Prezentacja programu PowerPoint", ""),
    ("Untitled", ""),
    ("12345", ""),
    ("\ufffd\ufffdtytuł", ""),
    ("x" * 400, ""),
]


@pytest.mark.parametrize(("given_title", "title"), TITLES)
def test_only_titles_a_person_wrote_are_taken(given_title: str, title: str) -> None:
    assert sensible_title(given_title) == title


TEXTS = [
    (
        "Rada klastra zbiera się co najmniej cztery razy w roku i przyjmuje plan pracy na kolejny rok kalendarzowy. "
        * 2,
        False,
    ),
    ("https://rops.pomorskie.eu/resist/projekt/opis art. 5 ust. 2 pkt 3 PES OWES ROPS 12 000 zł 30 % " * 4, False),
    ("Rozdział 1 ......................... 5 " * 8, False),
    ("Radaklastrazbierasięconajmniejcztery razywrokuiprzyjmujeplanpracynakolejny " * 12, True),
    ("Xqzt#k bvRtGh %%kl wrtpQ zzKkLm trw$d " * 6, True),
    ("\ue012\ue034\ue056 \ue012\ue044 " * 20, True),
]


@pytest.mark.parametrize(("text", "bad"), TEXTS)
def test_the_gate_knows_words_from_rubbish(text: str, bad: bool) -> None:
    assert quality(text).bad is bad


def test_a_catalogue_that_cannot_be_read_is_empty_with_its_problem() -> None:
    assert read_catalog(b"%PDF-1.4\nrubbish", 1).problem == "damaged"


# ---- OCR --------------------------------------------------------------------------------------

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def test_ocr_lines_keep_their_places_and_lose_specks() -> None:
    rows = [
        "4\t1\t1\t1\t1\t0\t100\t100\t300\t20\t-1\t",
        "5\t1\t1\t1\t1\t1\t100\t100\t20\t20\t95\t¢",
        "5\t1\t1\t1\t1\t2\t160\t100\t100\t20\t96\tdoradztwo",
        '5\t1\t1\t1\t1\t3\t270\t100\t100\t20\t96\t"prawne"',
        "5\t1\t1\t1\t2\t1\t100\t140\t10\t20\t90\t|",
        "5\t1\t1\t1\t3\t1\t100\t180\t90\t20\t12\tszum",
        "broken\trow",
    ]
    found = lines_of("\n".join([HEAD, *rows]), 0.36)
    assert [[word.text for word in words] for words in found] == [["•", "doradztwo", '"prawne"']]
    assert found[0][1].x0 == pytest.approx(57.6)


# ---- page lists -------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 60)))
def test_page_lists_name_exactly_the_pages(numbers: list[int]) -> None:
    named = set()
    for run in page_list(numbers).split(", ") if numbers else []:
        first, _, last = run.partition("-")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == set(numbers)
