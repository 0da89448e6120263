import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import IngestionSettings
from assistant.domain.documents import BlockKind
from assistant.ingestion.parsers.markdown import front_matter, parse
from assistant.ingestion.sandbox import check
from assistant.ingestion.structure import blocks


@pytest.fixture
def read(tmp_path):
    def read(raw):
        file = tmp_path / "a.md"
        file.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        parsed = parse(file, IngestionSettings())
        check(parsed)
        return parsed

    return read


def shape(parsed):
    """Kind and words of each block, an item's depth as dashes before it."""
    return [(block.kind.value, [">" * unit.level + unit.text for unit in block.units]) for block in blocks(parsed)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("# A #\n\n## B\ntekst", [("heading", [">A"]), ("heading", [">>B"]), ("paragraph", ["tekst"])]),
        ("Tytuł\nw dwóch wierszach\n===\n\nB\n---", [("heading", [">Tytuł w dwóch wierszach"]), ("heading", [">>B"])]),
        ("# C# i #1", [("heading", [">C# i #1"])]),
        ("jeden\ndwa\\\ntrzy. Drugie.", [("paragraph", ["jeden dwa trzy.", "Drugie."])]),
        ("Są:\n\n- **a** b\n  dalej\n- c", [("list", ["Są:", "a b dalej", "c"])]),
        ("- a\n  - b\n    - c\n- d", [("list", ["a", ">b", ">>c", "d"])]),
        ("1. a\n2. b\n10) c", [("list", ["1. a", "2. b"]), ("list", ["10) c"])]),
        ("1. a\n\n   drugi akapit\n\n2. b", [("list", ["1. a drugi akapit", "2. b"])]),
        ("- a\n  - b\n\n  wraca", [("list", ["a", ">b", "wraca"])]),
        ("- [x] zrobione\n- [ ] nie", [("list", ["zrobione", "nie"])]),
        ("| N | K |\n|---|--:|\n| a \\| b | **5** |\n| | |", [("table", ["N | K", "a | b | 5"])]),
        ("N | K\n--|--\na | b", [("table", ["N | K", "a | b"])]),
        ("> | N | K |\n> |--|--|\n> | a | b |", [("table", ["N | K", "a | b"])]),
        ("- | N | K |\n  |--|--|\n  | a | b |\n- c", [("table", ["N | K", "a | b"]), ("list", ["c"])]),
        ("> cytat\n> dalej\n>\n> drugi", [("paragraph", ["cytat dalej"]), ("paragraph", ["drugi"])]),
        ("```py\nkod\n```\n\n    wcięty", [("paragraph", ["kod"]), ("paragraph", ["wcięty"])]),
        ("```\nniedomknięty", [("paragraph", ["niedomknięty"])]),
        ("<div>\n<b>ważne</b>\n</div>\n\n<!-- nie -->\n\n<script>\nx()\n</script>", [("paragraph", ["ważne"])]),
        ("a\n\n***\n\n[o]: http://x\n\nb", [("paragraph", ["a"]), ("paragraph", ["b"])]),
        ("# A\r\n\r\n- x\r\n- y\r\n", [("heading", [">A"]), ("list", ["x", "y"])]),
        ("# A\r\rtekst\r", [("heading", [">A"]), ("paragraph", ["tekst"])]),
        ("a\u2028b\x0bc\n\nd", [("paragraph", ["a b c"]), ("paragraph", ["d"])]),
        ("# A\x00B\n\n\x00- x", [("heading", [">AB"]), ("paragraph", ["- x"])]),
        ("- # nagłówek w liście", [("list", ["nagłówek w liście"])]),
        ("\ufeff# Z BOM", [("heading", [">Z BOM"])]),
        ("---\ntitle: x\n---\n# A", [("heading", [">A"])]),
        ("---\nzwykły tekst\n---\ndalej", [("heading", [">>zwykły tekst"]), ("paragraph", ["dalej"])]),
        ("", []),
        (" \n\t\n", []),
    ],
)
def test_markdown_becomes_blocks(read, raw, expected):
    assert shape(read(raw)) == expected


def test_the_text_is_the_file_as_decoded(read):
    raw = "---\ntitle: x\n---\r\n# A\r\n\ttekst\x00 **b**\n"
    assert read(raw).text == raw


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('title: "A: \\"b\\" c"\nlang: pl', {"title": 'A: "b" c', "language": "pl"}),
        ("title: 'Jak''jest'  # komentarz", {"title": "Jak'jest"}),
        ("Wydanie: 2026 # komentarz\nlicencja: CC-BY-4.0", {"edition": "2026", "licence": "CC-BY-4.0"}),
        ("title: >-\n  dwa\n  wiersze\npublisher: x", {"title": "dwa wiersze", "publisher": "x"}),
        ("title:\n  - a\nsources:\n  - title: inny", {}),
        ("title: [a, b]\nstate-of-law: 1.01.2026", {"state_of_law": "1.01.2026"}),
        ("nieznane: x", {}),
    ],
)
def test_front_matter_tells_metadata(head, expected):
    for end in ("\n", "\r\n"):
        text = f"---\n{head}\n---\n\n# A".replace("\n", end)
        values, body = front_matter(text)
        assert values == expected
        assert text[body:].strip() == "# A"


def test_front_matter_without_its_end_is_text():
    assert front_matter("---\ntitle: x\n\n# A") == ({}, 0)


def test_old_encodings_are_read_with_a_warning(read):
    parsed = read("# Żółć\n\nzażółć gęślą".encode("cp1250"))
    assert parsed.text.startswith("# Żółć")
    assert [(w.code, w.details) for w in parsed.warnings] == [("encoding_guessed", {"encoding": "cp1250"})]


def test_a_list_nested_beyond_the_grammar_loses_no_item(read):
    raw = "\n".join("  " * depth + f"- p{depth}" for depth in range(300))
    words = " ".join(text for _, texts in shape(read(raw)) for text in texts)
    assert all(f"p{depth}" in words for depth in range(300))


@pytest.mark.parametrize(
    "raw",
    [
        "a " * 1_000_000,
        ">" * 20_000 + "a",
        "- " * 5_000 + "a",
        "\n".join(" " * (n % 60) + "- x" for n in range(20_000)),
        "|a" * 20_000 + "\n" + "|-" * 20_000 + "\n" + "|b" * 20_000,
        "[" * 50_000,
        "# " * 50_000,
        "<" * 50_000 + "\n\n" + "<!--\n" * 5_000,
        "---\n" + "a:" * 100_000,
    ],
    ids=range(9),
)
def test_hostile_markdown_is_read_in_time(read, raw):
    began = time.process_time()
    blocks(read(raw))
    assert time.process_time() - began < 15


LINES = st.lists(
    st.sampled_from(
        ["# A", "tekst x", "- a", "  - b", "1. c", "   2) d", "", "> q", "> - e", "| a | b |", "|---|---|", "```",
         "===", "---", "<b>h</b>", "    kod", "- [ ] z", "\t- t", "* * *", "a\x00b", "  dalej"]
    ),
    max_size=14,
)  # fmt: skip


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_mix_of_lines_gives_ordered_pieces_and_keeps_its_words(tmp_path_factory, lines, end):
    file = tmp_path_factory.mktemp("md") / "a.md"
    file.write_bytes(end.join(lines).encode())
    parsed = parse(file, IngestionSettings())
    check(parsed)
    words = " ".join(unit.text for block in blocks(parsed) for unit in block.units)
    for word in ("tekst", "dalej", "q", "kod"):
        assert sum(word in line.split() for line in lines) == words.split().count(word)
    assert all(part.start < part.end for piece in parsed.pieces for part in piece.parts if piece.kind is BlockKind.LIST)
