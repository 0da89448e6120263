"""What a Word file's elements become."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import office_samples as made
import pytest
from office_samples import LIMITS, numbered, outline, p, run, style, tbl, tc, tr

from assistant.errors import UnreadableDocument
from assistant.ingestion.layout import Parsed
from assistant.ingestion.parsers import docx

VERDICTS = {"parsed", "no_text", "wrong_type", "damaged_archive", "damaged_xml", "xml_encoding", "overlapping_entries"}
HEADING = "<w:style w:type='paragraph' w:styleId='H{n}'><w:name w:val='{name}'/>{more}</w:style>"
STYLES = (
    HEADING.format(n=1, name="heading 1", more="")
    + HEADING.format(n=2, name="Nagłówek 2", more="")
    + HEADING.format(n=3, name="Mój śródtytuł", more="<w:basedOn w:val='H2'/>")
    + HEADING.format(n=4, name="Rozdział", more="<w:pPr><w:outlineLvl w:val='3'/></w:pPr>")
    + HEADING.format(n="T", name="Title", more="")
    + HEADING.format(n="C", name="toc 1", more="")
    + HEADING.format(n="B", name="List Bullet 2", more="")
    + HEADING.format(n="L", name="Punkt", more="<w:pPr><w:numPr><w:numId w:val='2'/></w:numPr></w:pPr>")
    + HEADING.format(n="V", name="Ukryty", more="<w:rPr><w:vanish/></w:rPr>")
)
LEVEL = "<w:lvl w:ilvl='{n}'><w:start w:val='1'/><w:numFmt w:val='{form}'/><w:lvlText w:val='{text}'/></w:lvl>"
NUMBERING = (
    "<w:abstractNum w:abstractNumId='0'>"
    + LEVEL.format(n=0, form="decimal", text="%1.")
    + LEVEL.format(n=1, form="decimal", text="%1.%2.")
    + LEVEL.format(n=2, form="lowerLetter", text="%3)")
    + "</w:abstractNum><w:abstractNum w:abstractNumId='1'>"
    + LEVEL.format(n=0, form="bullet", text="•")
    + LEVEL.format(n=1, form="bullet", text="o")
    + "</w:abstractNum><w:abstractNum w:abstractNumId='2'>"
    + LEVEL.format(n=0, form="upperRoman", text="§ %1")
    + "</w:abstractNum>"
    "<w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num><w:num w:numId='2'><w:abstractNumId w:val='1'/></w:num>"
    "<w:num w:numId='3'><w:abstractNumId w:val='2'/></w:num><w:num w:numId='4'><w:abstractNumId w:val='0'/>"
    "<w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/></w:lvlOverride></w:num>"
)
BREAK = "<w:r><w:br w:type='page'/></w:r>"
RENDERED = "<w:lastRenderedPageBreak/>"
DARK = "<w:shd w:val='clear' w:fill='1F3864'/>"
WHITE = "<w:color w:val='FFFFFF'/>"


def parse(folder: Path, body: str, **parts: str) -> Parsed:
    path = made.write(folder, "a.docx", made.docx(body, styles=STYLES, numbering=NUMBERING, **parts))
    parsed = docx.parse(path, LIMITS)
    made.check_promises(parsed)
    return parsed


CASES = {
    "heading by name, Polish name, inherited and outline level": (
        p("A", style("H1")) + p("B", style("H2")) + p("C", style("H3")) + p("D", style("H4")) + p("E", style("HT")),
        ["# A", "## B", "## C", "#### D", "# E"],
    ),
    "outline level of the paragraph itself": (p("A", "<w:outlineLvl w:val='1'/>") + p("t"), ["## A", "p t"]),
    "empty paragraphs are nothing": (p() + p("  ") + p("\u00a0") + p("t"), ["p t"]),
    "bullets nest and their marks stay out": (
        p("Cele:") + p("a", numbered(2)) + p("b", numbered(2, 1)) + p("c", numbered(2)),
        ["p Cele:", "- a", "  - b", "- c"],
    ),
    "numbers are counted by level": (
        "".join(p(t, numbered(1, n)) for t, n in (("a", 0), ("b", 1), ("c", 1), ("d", 2), ("e", 0), ("f", 1))),
        ["- 1. a", "  - 1.1. b", "  - 1.2. c", "    - a) d", "- 2. e", "  - 2.1. f"],
    ),
    "a restarted list starts again": (
        p("a", numbered(1)) + p("tekst") + p("b", numbered(1)) + p("tekst") + p("c", numbered(4)),
        ["- 1. a", "p tekst", "- 2. b", "p tekst", "- 1. c"],
    ),
    "numbers before headings are part of them": (
        p("Przepisy", style("H1") + numbered(3)) + p("t") + p("Kary", style("H1") + numbered(3)),
        ["# § I Przepisy", "p t", "# § II Kary"],
    ),
    "lists by style alone": (p("a", style("HL")) + p("b", style("HB")), ["- a", "  - b"]),
    "numId 0 takes the list away": (p("a", style("HL") + numbered(0)), ["p a"]),
    "typed bullets become a list": (p("Mamy:") + p("- jedno") + p("- drugie"), ["p Mamy:", "- jedno", "- drugie"]),
    "typed bullets after line breaks": (
        f"<w:p>{run('Mamy:')}<w:r><w:br/></w:r>{run('• jedno')}<w:r><w:br/></w:r>{run('• drugie')}</w:p>",
        ["p Mamy:", "- jedno", "- drugie"],
    ),
    "typed numbers stay": (p("1. jedno") + p("2) drugie"), ["- 1. jedno", "- 2) drugie"]),
    "one dash alone is a sentence": (p("– powiedział.") + p("Tak."), ["p – powiedział.", "p Tak."]),
    "tabs, breaks, soft and hard hyphens": (
        f"<w:p>{run('a')}<w:r><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:softHyphen/><w:noBreakHyphen/></w:r>{run('d')}</w:p>",
        ["p a\tb\nc\u00ad\u2011d"],
    ),
    "deleted text is gone, inserted text is here": (
        f"<w:p><w:del>{run('stare')}<w:r><w:delText>x</w:delText></w:r></w:del><w:ins>{run('nowe')}</w:ins>"
        f"<w:moveFrom>{run('skąd')}</w:moveFrom></w:p><w:ins>{p('akapit')}</w:ins>",
        ["p nowe", "p akapit"],
    ),
    "fields show their result": (
        "<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>REF _Ref1</w:instrText></w:r>"
        f"{run('kod')}<w:r><w:fldChar w:fldCharType='separate'/></w:r>{run('Tabela 1')}"
        f"<w:r><w:fldChar w:fldCharType='end'/></w:r><w:fldSimple w:instr='DATE'>{run(' dziś')}</w:fldSimple></w:p>",
        ["p Tabela 1 dziś"],
    ),
    "links, content controls, smart tags": (
        f"<w:p><w:hyperlink>{run('a')}</w:hyperlink><w:sdt><w:sdtContent>{run('b')}</w:sdtContent></w:sdt>"
        f"<w:smartTag>{run('c')}</w:smartTag></w:p><w:sdt><w:sdtContent>{p('d')}</w:sdtContent></w:sdt>",
        ["p abc", "p d"],
    ),
    "an unfilled content control is no text": (
        f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{p('Kliknij tutaj')}</w:sdtContent></w:sdt>"
        + p("t"),
        ["p t"],
    ),
    "mathematics is left out": (f"<w:p>{run('x')}<m:oMath><m:r><m:t>E=mc2</m:t></m:r></m:oMath></w:p>", ["p x"]),
    "a text box once, after its paragraph": (
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx><w:txbxContent>"
        + p("ramka")
        + "</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>"
        + p("ramka")
        + f"</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>{run('akapit')}</w:p>",
        ["p akapit", "p ramka"],
    ),
    "a table's first row is its header": (
        tbl(tr(tc("Rok"), tc("Liczba")), tr(tc("2021"), tc("14"))),
        ["h Rok | Liczba", "r 2021 | 14"],
    ),
    "marked header rows, two of them": (
        tbl(tr(tc("A"), tc("B"), header=True), tr(tc("a"), tc("b"), header=True), tr(tc("1"), tc("2"))),
        ["h A | B", "h a | b", "r 1 | 2"],
    ),
    "a table of names and values has no header": (
        tbl(tr(tc("Nazwa:"), tc("Fundacja")), tr(tc("KRS:"), tc("123"))),
        ["r Nazwa: | Fundacja", "r KRS: | 123"],
    ),
    "merged cells once": (
        tbl(
            tr(tc("A"), tc("B"), tc("C")),
            tr(tc("x", "<w:vMerge w:val='restart'/>"), tc("y", "<w:gridSpan w:val='2'/>")),
            tr(tc("", "<w:vMerge/>"), tc("z"), tc("w")),
        ),
        ["h A | B | C", "r x | y", "r  | z | w"],
    ),
    "paragraphs, items and tables in a cell on one line": (
        tbl(
            tr(tc("A"), tc("B")),
            tr(
                tc(inner=p("a") + p("b", numbered(2)) + p("c", numbered(2))),
                tc(inner=tbl(tr(tc("d"), tc("e"))) + p("f")),
            ),
        ),
        ["h A | B", "r a; b; c | d e f"],
    ),
    "a frame of one cell is no table": (
        tbl(tr(tc(inner=p("Uwaga", style("H2")) + p("a", numbered(2)) + p("b", numbered(2))))),
        ["## Uwaga", "- a", "- b"],
    ),
    "a deleted row is gone": (
        tbl(
            tr(tc("A"), tc("B")),
            "<w:tr><w:trPr><w:del/></w:trPr>" + tc("x") + tc("y") + "</w:tr>",
            tr(tc("1"), tc("2")),
        ),
        ["h A | B", "r 1 | 2"],
    ),
    "a table of contents is no piece": (
        p("Wstęp\t3", style("HC"))
        + f"<w:p>{run('Cele')}<w:r><w:instrText>PAGEREF _Toc12 \\h</w:instrText></w:r>{run('5')}</w:p>"
        + p("Wstęp", style("H1")),
        ["# Wstęp"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_elements_become_pieces(tmp_path: Path, body: str, expected: list[str]) -> None:
    assert outline(parse(tmp_path, body)) == expected


def test_an_ordinary_report_reads_as_its_author_meant_it(tmp_path: Path) -> None:
    parsed = docx.parse(made.write(tmp_path, "raport.docx", made.word_sample()), LIMITS)
    made.check_promises(parsed)
    assert outline(parsed) == [
        "# Pomorski klaster",
        "# Cele",
        "p Klaster ma trzy cele:",
        "- integracja usług",
        "- wspólne zakupy",
        "- rzecznictwo",
        "  - biuro klastra",
        "## Etapy",
        "- 1. Diagnoza",
        "- 2. Umowa",
        "h Rok | Liczba PES",
        "r 2021 | 14",
        "r 2022 | 29",
        "p Koniec\u00a0raportu, zażółć gęślą jaźń.",
    ]
    assert parsed.properties == {"title": "Model klastra"}
    assert parsed.text.startswith("Pomorski klaster\n\nCele\n\nKlaster ma trzy cele:\n\nintegracja usług\nwspólne")


@pytest.mark.parametrize(
    ("rpr", "cell", "visible"),
    [
        ("<w:vanish/>", "", False),
        ("<w:vanish w:val='0'/>", "", True),
        ("<w:sz w:val='2'/>", "", False),
        ("<w:sz w:val='16'/>", "", True),
        (WHITE, "", False),
        ("<w:color w:val='FEFEFE'/>", "", False),
        ("<w:color w:val='C00000'/>", "", True),
        (WHITE + DARK, "", True),
        (WHITE + "<w:highlight w:val='black'/>", "", True),
        (WHITE, DARK, True),  # white on a dark header cell is how tables look
        (WHITE, "<w:shd w:val='clear' w:fill='FFFFFF'/>", False),
    ],
)
def test_text_nobody_can_see_is_left_out_and_said(tmp_path: Path, rpr: str, cell: str, visible: bool) -> None:
    secret = p("tajne", rpr=rpr)
    body = p("jawne") + (tbl(tr(tc("a"), tc("b")), tr(tc(inner=secret, tcpr=cell), tc("c"))) if cell else secret)
    parsed = parse(tmp_path, body)
    assert ("tajne" in parsed.text) is visible
    assert made.warnings(parsed) == ({} if visible else {"hidden_text": 1})


def test_text_hidden_by_its_style_is_left_out(tmp_path: Path) -> None:
    parsed = parse(tmp_path, p("jawne") + p("tajne", style("HV")))
    assert outline(parsed) == ["p jawne"]


def test_footnotes_come_last_and_separators_never(tmp_path: Path) -> None:
    notes = (
        "<w:footnote w:type='separator' w:id='0'>"
        + p("—")
        + "</w:footnote><w:footnote w:id='2'>"
        + p("Dz.U.")
        + "</w:footnote>"
    )
    assert outline(parse(tmp_path, p("tekst"), notes=notes)) == ["p tekst", "p Dz.U."]


@pytest.mark.parametrize(
    ("body", "pages"),
    [
        (p("a") + p("b"), ["a\n\nb"]),
        (p("a") + f"<w:p>{BREAK}{run('b')}</w:p>", ["a\n\n", "b"]),
        (p("a") + p("b", "<w:pageBreakBefore/>"), ["a\n\n", "b"]),
        (p("a", "<w:sectPr><w:type w:val='nextPage'/></w:sectPr>") + p("b"), ["a\n\n", "b"]),
        (p("a", "<w:sectPr><w:type w:val='continuous'/></w:sectPr>") + p("b"), ["a\n\nb"]),
        (f"<w:p><w:r><w:t>a </w:t>{RENDERED}<w:t>b</w:t></w:r></w:p>", ["a ", "b"]),
        # Word's own record knows of the author's breaks: they are not counted twice
        (p("a") + f"<w:p>{BREAK}</w:p><w:p><w:r>{RENDERED}<w:t>b</w:t></w:r></w:p>", ["a\n\n", "b"]),
        (f"{p('a')}<w:p>{BREAK}{BREAK}</w:p>{p('b')}", ["a\n\n", "", "b"]),
    ],
)
def test_pages_are_counted_where_the_file_ends_them(tmp_path: Path, body: str, pages: list[str]) -> None:
    parsed = parse(tmp_path, body)
    assert [parsed.text[page.start : page.end] for page in parsed.pages] == pages


def test_without_heading_styles_short_bold_lines_head(tmp_path: Path) -> None:
    bold, large = "<w:b/>", "<w:b/><w:sz w:val='36'/>"
    body = (
        p("Poradnik", rpr=large)
        + p("Wstęp", rpr=bold)
        + p("Zwykły tekst akapitu.", rpr="<w:sz w:val='22'/>")
        + p("To ważne zdanie.", rpr=bold)
        + p("2.1 Zadania", rpr=bold)
        + p("Tekst.")
        + p("Podpis", rpr=bold)
    )
    assert outline(parse(tmp_path, body)) == [
        "# Poradnik",
        "## Wstęp",
        "p Zwykły tekst akapitu.",
        "p To ważne zdanie.",
        "## 2.1 Zadania",
        "p Tekst.",
        "p Podpis",
    ]


def test_with_heading_styles_bold_lines_stay_paragraphs(tmp_path: Path) -> None:
    body = p("Wstęp", style("H1")) + p("Ważne", rpr="<w:b/>") + p("Tekst.")
    assert outline(parse(tmp_path, body)) == ["# Wstęp", "p Ważne", "p Tekst."]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Podręcznik MOIP", "Podręcznik MOIP"),
        ("Microsoft Word - wersja 3.docx", "Z dokumentu"),
        ("Dokument1", "Z dokumentu"),
    ],
)
def test_the_title_is_one_a_person_wrote(tmp_path: Path, title: str, expected: str) -> None:
    core = f"<c:coreProperties xmlns:c='c' xmlns:dc='d'><dc:title>{title}</dc:title></c:coreProperties>"
    rels = made.relationships(
        f"<Relationship Id='r1' Type='{made.R}/officeDocument' Target='word/document.xml'/>"
        "<Relationship Id='r2' Type='x/metadata/core-properties' Target='docProps/core.xml'/>"
    )
    extra = {"docProps/core.xml": core, "_rels/.rels": rels}
    path = made.write(tmp_path, "a.docx", made.docx(p("Z dokumentu", style("HT")) + p("t"), styles=STYLES, extra=extra))
    assert docx.parse(path, LIMITS).properties["title"] == expected


def test_a_strict_file_reads_the_same(tmp_path: Path) -> None:
    strict = made.with_files(made.docx(p("A", style("H1")) + p("t"), styles=STYLES), {})
    with zipfile.ZipFile(made.write(tmp_path, "b.docx", strict)) as archive:
        files = {
            name: archive.read(name)
            .decode()
            .replace(
                "http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/w/main"
            )
            .replace(made.R, "http://purl.oclc.org/ooxml/officeDocument/relationships")
            for name in archive.namelist()
        }
    parsed = docx.parse(made.write(tmp_path, "a.docx", made.zipped(dict(files))), LIMITS)
    assert outline(parsed) == ["# A", "p t"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [("", "no_text"), (p(" "), "no_text"), ("<w:p>", "damaged_xml"), ("<w:p/>&bogus;", "damaged_xml")],
)
def test_a_file_without_text_or_sense_is_unreadable(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        parse(tmp_path, body)
    assert caught.value.details["reason"] == reason


@pytest.mark.parametrize(
    "body",
    [
        "<w:p/>" * 50_000 + p("koniec"),
        "<w:p>" + "<w:ins>" * 50_000 + run("koniec") + "</w:ins>" * 50_000 + "</w:p>",
        "<w:tbl><w:tr><w:tc>" * 10_000 + p("koniec") + "</w:tc></w:tr></w:tbl>" * 10_000,
        "<w:tbl><w:tr><w:tc><w:p/></w:tc><w:tc>" * 10_000 + p("koniec") + "</w:tc></w:tr></w:tbl>" * 10_000,
        "<w:p><w:r><w:pict><w:txbxContent>" * 10_000 + p("koniec") + "</w:txbxContent></w:pict></w:r></w:p>" * 10_000,
    ],
    ids=["empty paragraphs", "tracked changes", "frames in frames", "tables in tables", "text boxes in text boxes"],
)
def test_size_and_depth_are_walked_not_recursed(tmp_path: Path, body: str) -> None:
    assert "koniec" in parse(tmp_path, body).text


def test_a_long_table_keeps_every_row(tmp_path: Path) -> None:
    parsed = parse(tmp_path, tbl(tr(tc("Lp."), tc("Nazwa")), *(tr(tc(str(n)), tc(f"PES {n}")) for n in range(3000))))
    assert len(parsed.pieces) == 1
    assert len(parsed.pieces[0].parts) == 3001


def test_styles_in_a_ring_and_in_a_long_chain_end(tmp_path: Path) -> None:
    link = "<w:style w:type='paragraph' w:styleId='s{0}'><w:name w:val='n{0}'/><w:basedOn w:val='s{1}'/></w:style>"
    styles = "".join(link.format(n, (n + 1) % 3000) for n in range(3000))
    path = made.write(tmp_path, "a.docx", made.docx(p("t", style("s0")), styles=styles))
    assert outline(docx.parse(path, LIMITS)) == ["p t"]


def test_a_mutated_file_is_read_or_refused_never_a_crash(tmp_path: Path) -> None:
    random_ = random.Random(4)
    files = {
        "word/document.xml": made.document(p("A", style("H1")) + p("a", numbered(1)) + tbl(tr(tc("x"), tc("y")))),
        "word/styles.xml": f"<w:styles xmlns:w='{made.W}'>{STYLES}</w:styles>",
        "word/numbering.xml": f"<w:numbering xmlns:w='{made.W}'>{NUMBERING}</w:numbering>",
    }
    whole = made.docx("", extra=files)
    for n in range(200):
        if n % 3:  # inside a part, so that the damage reaches the reader
            name = random_.choice(list(files))
            mutant = made.with_files(whole, {name: made.mutated(files[name].encode(), random_, text=True)})
        else:
            mutant = made.mutated(whole, random_)
        assert made.verdict(docx.parse, made.write(tmp_path, "a.docx", mutant)) in VERDICTS
