"""What a slide's shapes become."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import office_samples as made
import pytest
from office_samples import LIMITS, R, outline

from assistant.config import IngestionSettings
from assistant.errors import DangerousDocument, ParserLimit, UnreadableDocument
from assistant.ingestion.layout import Parsed
from assistant.ingestion.parsers import pptx

VERDICTS = {"parsed", "no_text", "wrong_type", "damaged_archive", "damaged_xml", "xml_encoding", "overlapping_entries"}
CM = 360_000
TEXT_BODY = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def parse(folder: Path, content: bytes, limits: IngestionSettings = LIMITS) -> Parsed:
    parsed = pptx.parse(made.write(folder, "a.pptx", content), limits)
    made.check_promises(parsed)
    return parsed


def box(slide: Any, text: str, top: float = 5, left: float = 2, **run: Any) -> Any:
    shape = slide.shapes.add_textbox(int(left * CM), int(top * CM), 5 * CM, CM)
    shape.text_frame.text = text
    for key, value in run.items():
        shape.text_frame.paragraphs[0].runs[0]._r.get_or_add_rPr().set(key, value)
    return shape


def titled(text: str, *boxes: tuple[str, float, float]) -> Any:
    def make(slide: Any) -> None:
        slide.shapes.title.text = text
        for words, top, left in boxes:
            box(slide, words, top, left)

    return make


def test_an_ordinary_deck_reads_as_its_author_meant_it(tmp_path: Path) -> None:
    parsed = parse(tmp_path, made.slides_sample())
    assert outline(parsed) == [
        "# Klastry ekonomii społecznej",
        "p Warsztat dla animatorów",
        "# Zadania animatora",
        "- diagnoza lokalna",
        "  - wywiady",
        "- sieciowanie",
        "p Poproś grupę o przykłady.",
        "# Wskaźniki",
        "h Wskaźnik | Wartość",
        "r Liczba PES | 29",
    ]
    assert [parsed.text[page.start : page.end].split("\n")[0] for page in parsed.pages] == [
        "Klastry ekonomii społecznej",
        "Zadania animatora",
        "Wskaźniki",
    ]
    assert parsed.properties == {"title": "Szkolenie dla trenerów"}


def test_boxes_are_read_by_rows_then_left_to_right(tmp_path: Path) -> None:
    boxes = (("dół", 12, 2), ("prawo", 5.1, 12), ("lewo", 5.3, 2), ("góra", 3, 8))
    assert outline(parse(tmp_path, made.deck(titled("T", *boxes)))) == ["# T", "p góra", "p lewo", "p prawo", "p dół"]


def test_grouped_shapes_stay_together(tmp_path: Path) -> None:
    def make(slide: Any) -> None:
        slide.shapes.title.text = "T"
        box(slide, "poza", 6, 20)
        group = slide.shapes.add_group_shape()
        for text, top in (("drugi", 8), ("pierwszy", 5)):
            group.shapes.add_textbox(2 * CM, top * CM, 5 * CM, CM).text_frame.text = text

    assert outline(parse(tmp_path, made.deck(make))) == ["# T", "p pierwszy", "p drugi", "p poza"]


def test_bullets_come_from_the_paragraph_its_shape_or_its_layout(tmp_path: Path) -> None:
    def make(slide: Any) -> None:
        slide.shapes.title.text = "T"
        frame = box(slide, "wstęp").text_frame
        for text, mark, level in (
            ("punkt", "buChar", 0),
            ("pod", "buChar", 1),
            ("krok", "buAutoNum", 0),
            ("krok", "buAutoNum", 0),
            ("koniec", "buNone", 0),
        ):
            paragraph = frame.add_paragraph()
            paragraph.text, paragraph.level = text, level
            element = paragraph._p.get_or_add_pPr().makeelement(TEXT_BODY + mark, {})
            element.set("char" if mark == "buChar" else "type", "•" if mark == "buChar" else "arabicParenR")
            paragraph._p.pPr.append(element)

    assert outline(parse(tmp_path, made.deck(make))) == [
        "# T",
        "p wstęp",
        "- punkt",
        "  - pod",
        "- 1) krok",
        "- 2) krok",
        "p koniec",
    ]


def test_lines_on_most_slides_are_left_out_titles_are_not(tmp_path: Path) -> None:
    slides = [
        titled("Moduł", ("Sfinansowano ze środków UE", 17, 2), (f"{n} / 4", 17, 20), (f"treść {n}", 5, 2))
        for n in range(4)
    ]
    assert outline(parse(tmp_path, made.deck(*slides))) == [
        line for n in range(4) for line in ("# Moduł", f"p treść {n}")
    ]


def test_lines_on_half_of_the_slides_stay(tmp_path: Path) -> None:
    slides = [titled(str(n), *([("wspólne", 5, 2)] if n % 2 else [])) for n in range(4)]
    assert parse(tmp_path, made.deck(*slides)).text.count("wspólne") == 2


def test_a_short_first_line_stands_in_for_a_missing_title(tmp_path: Path) -> None:
    def make(*texts: str) -> Any:
        def fill(slide: Any) -> None:
            for n, text in enumerate(texts):
                box(slide, text, 2 + n * 3)

        return fill

    deck = made.deck(
        make("Cele warsztatu", "Poznamy model."), make("To jest zdanie.", "A to drugie."), make("Dziękuję")
    )
    assert outline(parse(tmp_path, deck)) == [
        "# Cele warsztatu",
        "p Poznamy model.",
        "p To jest zdanie.",
        "p A to drugie.",
        "p Dziękuję",
    ]


def test_a_hidden_slide_leaves_an_empty_page_and_a_warning(tmp_path: Path) -> None:
    def hide(slide: Any) -> None:
        slide.shapes.title.text = "tajne"
        slide._element.set("show", "0")

    parsed = parse(tmp_path, made.deck(titled("A"), hide, titled("C")))
    assert outline(parsed) == ["# A", "# C"]
    assert [page.end - page.start for page in parsed.pages] == [3, 0, 1]
    assert made.warnings(parsed) == {"hidden_slides": 1}


def test_text_off_the_slide_switched_off_or_too_small_is_left_out_and_said(tmp_path: Path) -> None:
    def make(slide: Any) -> None:
        slide.shapes.title.text = "T"
        box(slide, "jawne")
        box(slide, "poza", left=60)
        box(slide, "wyłączone")._element.nvSpPr.cNvPr.set("hidden", "1")
        box(slide, "drobne", sz="100")

    parsed = parse(tmp_path, made.deck(make))
    assert outline(parsed) == ["# T", "p jawne"]
    assert made.warnings(parsed) == {"hidden_text": 3}


def test_sections_are_headings_above_their_slides(tmp_path: Path) -> None:
    deck = made.deck(titled("Wstęp"), titled("Cele"), titled("Zadania"))
    name = "ppt/presentation.xml"
    ids = ("256", "257", "258")
    sections = "".join(
        f'<p14:section name="{title}" id="{{0}}"><p14:sldIdLst><p14:sldId id="{first}"/></p14:sldIdLst></p14:section>'
        for title, first in (("Default Section", ids[0]), ("Część I", ids[1]), ("Zadania", ids[2]))
    )
    extension = (
        '<p:extLst><p:ext uri="{521415D9-36F7-43E2-AB2F-B90AF26B5E84}"><p14:sectionLst xmlns:p14='
        f'"http://schemas.microsoft.com/office/powerpoint/2010/main">{sections}</p14:sectionLst></p:ext></p:extLst>'
    )
    xml = made.part(deck, name).replace("</p:presentation>", extension + "</p:presentation>")
    assert outline(parse(tmp_path, made.with_files(deck, {name: xml}))) == [
        "## Wstęp",
        "# Część I",
        "## Cele",
        "## Zadania",
    ]


def test_merged_cells_come_once(tmp_path: Path) -> None:
    def make(slide: Any) -> None:
        slide.shapes.title.text = "T"
        table = slide.shapes.add_table(3, 3, CM, 4 * CM, 9 * CM, 3 * CM).table
        table.cell(1, 0).merge(table.cell(2, 0))
        table.cell(1, 1).merge(table.cell(1, 2))
        for (row, column), text in {
            (0, 0): "A",
            (0, 1): "B",
            (0, 2): "C",
            (1, 0): "x",
            (1, 1): "y",
            (2, 2): "z",
        }.items():
            table.cell(row, column).text = text

    assert outline(parse(tmp_path, made.deck(make))) == ["# T", "h A | B | C", "r x | y", "r  |  | z"]


def test_a_chart_gives_its_title(tmp_path: Path) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    def make(slide: Any) -> None:
        slide.shapes.title.text = "T"
        data = CategoryChartData()
        data.categories = ["2021"]
        data.add_series("PES", (14,))
        chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, CM, CM, CM, CM, data).chart
        chart.has_title = True
        chart.chart_title.text_frame.text = "Liczba PES w roku"

    parsed = parse(tmp_path, made.deck(make))
    assert "p Liczba PES w roku" in outline(parsed)
    assert made.warnings(parsed) == {}  # the sheet behind the chart is no embedded object


def test_a_diagram_gives_its_words_as_a_list(tmp_path: Path) -> None:
    assert outline(parse(tmp_path, made.diagram_deck())) == ["# T", "- Diagnoza", "  - wywiady", "- Umowa"]


def test_notes_follow_their_slide(tmp_path: Path) -> None:
    def make(slide: Any) -> None:
        slide.shapes.title.text = "A"
        slide.notes_slide.notes_text_frame.text = "raz\ndwa"

    parsed = parse(tmp_path, made.deck(make, titled("B")))
    assert outline(parsed) == ["# A", "p raz", "p dwa", "# B"]


def test_page_numbers_dates_and_footers_are_furniture(tmp_path: Path) -> None:
    def make(slide: Any) -> None:
        slide.shapes.title.text = "T"
        box(slide, "treść")
        for placeholder in slide.slide_layout.placeholders:  # python-pptx does not copy these
            if placeholder.placeholder_format.type.name in ("DATE", "FOOTER", "SLIDE_NUMBER"):
                element = copy.deepcopy(placeholder._element)
                slide.shapes._spTree.append(element)
                slide.shapes[-1].text_frame.text = "stopka"

    assert outline(parse(tmp_path, made.deck(make))) == ["# T", "p treść"]


def test_too_many_slides_are_refused_before_they_are_read(tmp_path: Path) -> None:
    deck = made.deck(*[titled("T")] * 3)
    with pytest.raises(ParserLimit) as caught:
        parse(tmp_path, deck, LIMITS.model_copy(update={"max_pages": 2}))
    assert caught.value.details == {
        "path": str(tmp_path / "a.pptx"),
        "reason": "too_many_pages",
        "pages": 3,
        "limit": 2,
    }


def test_a_deck_of_pictures_has_no_text(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="no_text"):
        parse(tmp_path, made.deck(lambda slide: None))


def test_a_link_to_a_foreign_template_is_refused(tmp_path: Path) -> None:
    link = f"<Relationship Id='x' Type='{R}/slideMaster' Target='http://x.example/m.xml' TargetMode='External'/>"
    with pytest.raises(DangerousDocument, match="remote_template"):
        parse(tmp_path, made.with_files(made.deck(titled("T")), {"ppt/_rels/x.xml.rels": made.relationships(link)}))


def test_five_hundred_slides(tmp_path: Path) -> None:
    parsed = parse(tmp_path, made.many_slides(made.deck(titled("Tytuł", ("treść", 5, 2))), 500))
    assert len(parsed.pages) == 500
    assert len(parsed.pieces) == 500  # the same line on every slide is furniture


def test_a_mutated_deck_is_read_or_refused_never_a_crash(tmp_path: Path) -> None:
    random_ = random.Random(6)
    whole = made.slides_sample()
    names = [f"ppt/slides/slide{n}.xml" for n in (1, 2, 3)] + [
        "ppt/presentation.xml",
        "ppt/slideLayouts/slideLayout2.xml",
    ]
    parts = {name: made.part(whole, name).encode() for name in names}
    for n in range(200):
        name = random_.choice(names)
        inner = made.with_files(whole, {name: made.mutated(parts[name], random_, text=True)}) if n % 3 else b""
        assert (
            made.verdict(pptx.parse, made.write(tmp_path, "a.pptx", inner or made.mutated(whole, random_))) in VERDICTS
        )
