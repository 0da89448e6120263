"""What a web page's elements become, and what of a page is left out."""

from __future__ import annotations

import random
from pathlib import Path

import office_samples as made
import pytest
from hypothesis import given
from hypothesis import strategies as st
from office_samples import LIMITS, outline

from assistant.errors import UnreadableDocument
from assistant.ingestion.layout import Parsed
from assistant.ingestion.parsers import html

VERDICTS = {"parsed", "empty_file", "no_text", "wrong_type", "damaged_html", "too_deep", "too_large"}
POLISH = "Zażółć gęślą jaźń. Ąśźć."


def parse(folder: Path, content: str | bytes) -> Parsed:
    parsed = html.parse(made.write(folder, "a.html", content), LIMITS)
    made.check_promises(parsed)
    assert len(parsed.pages) == 1
    return parsed


CASES = {
    "headings": ("<h1>A</h1><h2>B <em>c</em></h2><h6>D</h6>", ["# A", "## B c", "###### D"]),
    "paragraphs, also without <p>": (
        "raz<p>dwa<div>trzy <b>cztery</b></div>pięć",
        ["p raz", "p dwa", "p trzy cztery", "p pięć"],
    ),
    "source lines are spaces, <br> is a line": ("<p>a\n  b<br>c</p>", ["p a b\nc"]),
    "characters stay": (
        "<p>140&nbsp;000 &amp; da&shy;lej &lt;b&gt; &oacute;</p>",
        ["p 140\u00a0000 & da\u00adlej <b> ó"],
    ),
    "lists nest": (
        "<p>Mamy:</p><ul><li>a<ul><li>b</ul><li>c</ul>",
        ["p Mamy:", "- a", "  - b", "- c"],
    ),
    "numbered steps": (
        "<ol start=3><li>a<li value=7>b</ol><ol type=a><li>c</ol><ol><li>1) d</ol>",
        ["- 3. a", "- 7. b", "- a. c", "- 1) d"],
    ),
    "two lists are two pieces": ("<ul><li>a</ul><ul><li>b</ul>", ["- a", "- b"]),
    "paragraphs of an item are one item": ("<ul><li><p>a</p><p>b</p></li><li>c</li></ul>", ["- a\nb", "- c"]),
    "words after a nested list": ("<ul><li>a<ul><li>b</ul>c</ul>", ["- a", "  - b", "- c"]),
    "definitions": (
        "<dl><dt>PES<dd>podmiot ekonomii społecznej<dt>OWES<dt>ośrodek<dd>wsparcie<dd>więcej</dl>",
        ["- PES – podmiot ekonomii społecznej", "- OWES, ośrodek – wsparcie", "  - więcej"],
    ),
    "a table with its header and caption": (
        "<table><caption>Progi</caption><thead><tr><th>Rodzaj<th>Próg</thead><tr><td>dostawy<td>1 &nbsp;2</table>",
        ["p Progi", "h Rodzaj | Próg", "r dostawy | 1 \u00a02"],
    ),
    "a header without <thead>": ("<table><tr><th>A<th>B<tr><th>a<td>1</table>", ["h A | B", "r a | 1"]),
    "a header without <th>": (
        "<table><tr><td>Rok<td>Liczba<tr><td>2021<td>14</table>",
        ["h Rok | Liczba", "r 2021 | 14"],
    ),
    "row headers are no header": ("<table><tr><th>a<td>1<tr><th>b<td>2</table>", ["r a | 1", "r b | 2"]),
    "spans once, columns kept": (
        "<table><tr><th>A<th>B<th>C<tr><td rowspan=2>x<td colspan=2>y<tr><td>z<td>w</table>",
        ["h A | B | C", "r x | y", "r  | z | w"],
    ),
    "lists and lines in a cell": (
        "<table><tr><th>A<th>B<tr><td>x<br>y<td><ul><li>a<li>b</ul></table>",
        ["h A | B", "r x y | a; b"],
    ),
    "a table that arranges the page": (
        "<table><tr><td><h2>A</h2><p>a</p><td><table><tr><th>B<th>C<tr><td>1<td>2</table></table>",
        ["## A", "p a", "h B | C", "r 1 | 2"],
    ),
    "one column is no table": ("<table><tr><td>a<tr><td>b</table>", ["p a", "p b"]),
    "quotes and code": ("<blockquote><p>a</p></blockquote><pre>x\n  y</pre>", ["p a", "p x\n  y"]),
    "the frame of a site": (
        "<header>logo<nav>menu</nav></header><nav>menu</nav><p>tekst</p><aside>obok</aside><footer>stopka</footer>"
        "<div role=navigation>menu</div><div role=contentinfo>stopka</div>",
        ["p tekst"],
    ),
    "a title in the site's header": ("<header><h1>Tytuł</h1>logo</header><p>tekst</p>", ["# Tytuł", "p tekst"]),
    "<main> stands for the page, its header belongs to it": (
        "<div>menu boczne</div><main><header><h1>A</h1></header><p>tekst strony</p></main><div>reklama</div>",
        ["# A", "p tekst strony"],
    ),
    "an empty <main> does not": ("<main>x</main><p>tekst strony jest tutaj</p>", ["p x", "p tekst strony jest tutaj"]),
    "the one <article>": ("<div>menu</div><article><p>tekst artykułu</p></article>", ["p tekst artykułu"]),
    "scripts, styles, fields, pictures": (
        "<script>var a='<p>x</p>'</script><style>p{}</style><template><p>x</p></template><noscript>x</noscript>"
        "<svg><text>x</text></svg><form><input value=x><button>x</button></form><iframe>x</iframe><p>tekst</p>",
        ["p tekst"],
    ),
    "a page inside a form": (
        "<form><h1>A</h1><p>tekst</p><input><select><option>x</select></form>",
        ["# A", "p tekst"],
    ),
    "cookie notices": (
        "<div id=cookie-bar>Używamy ciasteczek</div><div class='c-consent'>zgoda</div><p>tekst</p>",
        ["p tekst"],
    ),
    "a page about cookies": (
        "<div class=cookie-policy><h1>Ciasteczka</h1><p>tekst</p></div>",
        ["# Ciasteczka", "p tekst"],
    ),
    "skip links": ("<a class='skip-link' href=#a>Przejdź</a><span class=sr-only>okno</span><p>tekst</p>", ["p tekst"]),
    "comments and processing instructions": ("<!-- <p>x</p> --><?php echo 1 ?><p>tekst</p>", ["p tekst"]),
    "broken markup": ("<p>a<b>b</p><p>c</i>d<table><td>e", ["p ab", "p cd", "p e"]),
    "a page break character is no page": ("<pre>a\x0cb&#12;c</pre>", ["p a b c"]),
    "plain text": ("Ala ma kota.", ["p Ala ma kota."]),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_elements_become_pieces(tmp_path: Path, body: str, expected: list[str]) -> None:
    assert outline(parse(tmp_path, f"<!DOCTYPE html><html><body>{body}</body></html>")) == expected


def test_two_lists_side_by_side_are_two_pieces(tmp_path: Path) -> None:
    assert len(parse(tmp_path, "<ul><li>a</ul><ul><li>b</ul>").pieces) == 2


def test_an_ordinary_page_reads_as_its_author_meant_it(tmp_path: Path) -> None:
    parsed = parse(tmp_path, made.HTML_SAMPLE)
    assert outline(parsed) == [
        "# Klauzule społeczne",
        "p Zamawiający może wymagać zatrudnienia:",
        "- bezrobotnych",
        "  - długotrwale",
        "- osób z niepełnosprawnościami",
        "## Progi",
        "h Rodzaj | Próg",
        "r dostawy | 140\u00a0000 euro",
        "p Stan prawny: 2024.",
    ]
    assert parsed.properties == {"title": "Klauzule społeczne", "language": "pl", "publisher": "ROPS Gdańsk"}


@pytest.mark.parametrize(
    ("attribute", "visible"),
    [
        ("hidden", False),
        ("style='display: none'", False),
        ("style='color:red; visibility:hidden'", False),
        ("style='font-size:0'", False),
        ("style='font-size:0.9em'", True),
        ("style='opacity: 0'", False),
        ("style='opacity: 0.8'", True),
        ("style='display:block'", True),
    ],
)
def test_text_nobody_can_see_is_left_out_and_said(tmp_path: Path, attribute: str, visible: bool) -> None:
    parsed = parse(tmp_path, f"<p>jawne</p><div {attribute}><p>tajne</p></div>")
    assert ("tajne" in parsed.text) is visible
    assert made.warnings(parsed) == ({} if visible else {"hidden_text": 1})


@pytest.mark.parametrize(
    "content",
    [
        f"<p>{POLISH}".encode(),
        f"<p>{POLISH}".encode("utf-8-sig"),
        f"<p>{POLISH}".encode("utf-16"),
        f"<p>{POLISH}".encode("utf-16-be"),
        f"<meta charset=iso-8859-2><p>{POLISH}".encode("iso-8859-2"),
        f"<meta http-equiv=Content-Type content='text/html; charset=windows-1250'><p>{POLISH}".encode("cp1250"),
        f"<p>{POLISH}".encode("cp1250"),  # nothing declared
        f"<p>{POLISH}".encode("iso-8859-2"),
        f"<meta charset=utf-8><p>{POLISH}".encode("cp1250"),  # declared, but not so
        f"<meta charset=iso-8859-1><p>{POLISH}".encode("cp1250"),
        f"<meta charset=iso-8859-2><p>{POLISH}".encode(),
        f"<meta charset=nonsense><p>{POLISH}".encode("iso-8859-2"),
        f"<meta charset=utf-7><p>{POLISH}".encode(),
        f"<?xml version='1.0' encoding='iso-8859-2'?><html><p>{POLISH}".encode("iso-8859-2"),
    ],
)
def test_polish_letters_survive_every_encoding_they_come_in(tmp_path: Path, content: bytes) -> None:
    assert outline(parse(tmp_path, content)) == [f"p {POLISH}"]


def test_a_few_foreign_bytes_do_not_spoil_a_utf_8_page(tmp_path: Path) -> None:
    assert POLISH in parse(tmp_path, f"<p>{POLISH * 5}".encode() + b"\xb3").text


def test_null_bytes_and_wild_references_do_not_cut_the_text(tmp_path: Path) -> None:
    parsed = parse(tmp_path, b"<p>Ala\0 ma &bogus; &#0; &#xFFFFFFFF; &#xD800; &amp kota")
    assert parsed.text.startswith("Ala ma &bogus;")
    assert parsed.text.endswith("& kota")


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("<title>Klastry | OWES</title>", "<h1>Klastry</h1>", "Klastry"),
        ("<title>Klastry | OWES</title>", "<h1>A</h1><h1>B</h1>", "Klastry | OWES"),
        ("<title>Klastry</title>", "<p>t</p>", "Klastry"),
        ("<title>Untitled</title>", "<p>t</p>", None),
        ("<meta property='og:title' content='Klastry'>", "<p>t</p>", "Klastry"),
        ("", "<h1>Klastry</h1>", "Klastry"),
    ],
)
def test_the_title_is_the_page_s_own(tmp_path: Path, head: str, body: str, expected: str | None) -> None:
    assert parse(tmp_path, f"<html><head>{head}</head><body>{body}").properties.get("title") == expected


def test_meta_fields_become_properties(tmp_path: Path) -> None:
    metas = {"dcterms.license": "CC BY 4.0", "stan-prawny": "1.01.2024", "edition": "II", "author": "ROPS"}
    head = "".join(f"<meta name='{name}' content='{value}'>" for name, value in metas.items())
    properties = parse(tmp_path, f"<html lang=pl-PL><head>{head}</head><body>t").properties
    assert properties == {
        "licence": "CC BY 4.0",
        "state_of_law": "1.01.2024",
        "edition": "II",
        "publisher": "ROPS",
        "language": "pl",
    }


DEEP = 50_000

REFUSED = {
    "nothing": (b"", "empty_file"),
    "spaces": (b" \n ", "empty_file"),
    "no words": (b"<html><body><img src=a></body></html>", "no_text"),
    "only a script": (b"<script>alert(1)</script>", "no_text"),
    "a program": (b"MZ\x90\0\x03\0", "wrong_type"),
    "a PDF": (b"%PDF-1.7 ...", "wrong_type"),
    "an archive": (made.crowded(1), "wrong_type"),
    "bytes": (bytes(range(32)) * 100, "wrong_type"),
    "nested divisions": (b"<p>x" + b"<div>" * DEEP, "too_deep"),
    "nested lists": (b"<ul><li>" * DEEP + b"x", "too_deep"),
    "nested marks": (b"<b><i>" * DEEP + b"x", "too_deep"),
    "one word of eleven megabytes": (b"<p>" + b"x" * 11_000_000, "too_large"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused_with_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        parse(tmp_path, content)
    assert caught.value.details["reason"] == reason


def test_pictures_written_into_the_page_do_not_matter(tmp_path: Path) -> None:
    picture = "<img src='data:image/png;base64," + "iVBORw0K" * 1_500_000 + "'>"
    assert outline(parse(tmp_path, f"<p>przed</p>{picture}<p>po</p>")) == ["p przed", "p po"]


def test_cells_that_claim_a_million_columns_and_rows_cost_little(tmp_path: Path) -> None:
    rows = "<tr><td rowspan=999999 colspan=999999>a<td>b" * 1000
    parsed = parse(tmp_path, f"<table>{rows}</table>")
    assert parsed.text.count("a | b") == 1000


@pytest.mark.parametrize("mark", ["<", "<!--", "&", "<a href='", "</", "<![CDATA[", "<table>", "<p>a</p>", "<td>"])
def test_a_mark_repeated_for_ever_is_read_or_refused(tmp_path: Path, mark: str) -> None:
    assert made.verdict(html.parse, made.write(tmp_path, "a.html", "tekst" + mark * 20_000)) in VERDICTS


TAGS = st.sampled_from(
    ["p", "div", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "td", "th", "h2", "pre", "br", "main", "b"]
)
MARKUP = st.lists(
    st.one_of(TAGS.map(lambda tag: f"<{tag}>"), TAGS.map(lambda tag: f"</{tag}>"), st.text(max_size=6)), max_size=30
).map("".join)


@given(MARKUP)
def test_any_soup_of_tags_keeps_the_promises(tmp_path_factory: pytest.TempPathFactory, markup: str) -> None:
    path = made.write(tmp_path_factory.getbasetemp(), "soup.html", markup.encode("utf-8", "replace"))
    assert made.verdict(html.parse, path) in VERDICTS


def test_a_mutated_page_is_read_or_refused_never_a_crash(tmp_path: Path) -> None:
    random_ = random.Random(5)
    for _ in range(200):
        assert (
            made.verdict(html.parse, made.write(tmp_path, "a.html", made.mutated(made.HTML_SAMPLE.encode(), random_)))
            in VERDICTS
        )
