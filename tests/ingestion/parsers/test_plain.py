import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import IngestionSettings
from assistant.ingestion.parsers.plain import decode, lines_of, parse
from assistant.ingestion.sandbox import check
from assistant.ingestion.structure import blocks


@pytest.fixture
def read(tmp_path):
    def read(raw):
        file = tmp_path / "a.txt"
        file.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        parsed = parse(file, IngestionSettings(max_pages=100))
        check(parsed)
        return parsed

    return read


def shape(parsed):
    return [(block.kind.value, [">" * unit.level + unit.text for unit in block.units]) for block in blocks(parsed)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("jeden\ndwa\n\ntrzy", [("paragraph", ["jeden dwa"]), ("paragraph", ["trzy"])]),
        ("MODEL KLASTRA\n\ntekst", [("heading", [">MODEL KLASTRA"]), ("paragraph", ["tekst"])]),
        ("1.2 Zakres\n\ntekst", [("heading", [">>1.2 Zakres"]), ("paragraph", ["tekst"])]),
        ("1. Cele\n\nSą dwa.", [("heading", [">1. Cele"]), ("paragraph", ["Są dwa."])]),
        ("Rozdział 3. Cele\n\nSą dwa.", [("heading", [">Rozdział 3. Cele"]), ("paragraph", ["Są dwa."])]),
        ("Tytuł\n=====\ntekst", [("heading", [">Tytuł"]), ("paragraph", ["tekst"])]),
        (
            "1. Raz\n\n2. Dwa\n\n3. Trzy\n\nKoniec.",
            [("list", ["1. Raz", "2. Dwa", "3. Trzy"]), ("paragraph", ["Koniec."])],
        ),
        ("PKES\n\ntekst", [("heading", [">PKES"]), ("paragraph", ["tekst"])]),
        ("UE\n\ntekst", [("paragraph", ["UE"]), ("paragraph", ["tekst"])]),
        ("Są:\n- a\n  dalej\nbez wcięcia\n- b", [("list", ["Są:", "a dalej bez wcięcia", "b"])]),
        ("• a\n  – b\n  – c\n• d", [("list", ["a", ">b", ">c", "d"])]),
        ("a) alfa,\nb) beta.", [("list", ["a) alfa,", "b) beta."])]),
        ("- a\n\n  drugi akapit\n\n- b\n\nkoniec", [("list", ["a drugi akapit", "b"]), ("paragraph", ["koniec"])]),
        ("klaster – jak\n– mówią – trwa", [("paragraph", ["klaster – jak – mówią – trwa"])]),
        ("w roku\n1989. upadł", [("paragraph", ["w roku 1989. upadł"])]),
        ("a\n-----+-----\nb", [("paragraph", ["a"]), ("paragraph", ["b"])]),
        ("", []),
        ("\x00\n", []),
    ],
)
def test_plain_text_becomes_blocks(read, raw, expected):
    assert shape(read(raw)) == expected


def test_form_feeds_begin_pages(read):
    parsed = read("jeden\fdwa\n\ftrzy")
    assert [(page.number, parsed.text[page.start : page.end]) for page in parsed.pages] == [
        (1, "jeden\f"),
        (2, "dwa\n\f"),
        (3, "trzy"),
    ]
    assert len(read("\f" * 1000).pages) == 1


@pytest.mark.parametrize(
    ("raw", "text", "warned"),
    [
        ("zażółć".encode(), "zażółć", {}),
        (b"\xef\xbb\xbf" + "zażółć".encode(), "zażółć", {}),
        ("zażółć gęślą".encode("utf-16"), "zażółć gęślą", {}),
        ("zażółć gęślą".encode("utf-16-le"), "zażółć gęślą", {"encoding_guessed": "utf-16-le"}),
        ("zażółć gęślą".encode("utf-16-be"), "zażółć gęślą", {"encoding_guessed": "utf-16-be"}),
        ("zażółć gęślą jaźń".encode("cp1250"), "zażółć gęślą jaźń", {"encoding_guessed": "cp1250"}),
        ("zażółć gęślą jaźń".encode("iso-8859-2"), "zażółć gęślą jaźń", {"encoding_guessed": "iso-8859-2"}),
        ("zażółć ".encode() + "ś".encode("cp1250"), "zażółć ś", {"encoding_mixed": 1}),
        (b"", "", {}),
    ],
)
def test_files_are_decoded_exactly(raw, text, warned):
    found, warnings = decode(raw)
    assert found == text
    assert {warning.code: next(iter(warning.details.values())) for warning in warnings} == warned


@given(st.binary(max_size=300))
def test_any_bytes_decode_to_text_without_surrogates(raw):
    decode(raw)[0].encode("utf-8")


@given(st.text(st.sampled_from("ab-1.)•: \n\r\t\fAŻ=|"), max_size=120))
def test_any_text_gives_ordered_pieces_that_keep_its_letters(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("txt") / "a.txt"
    file.write_bytes(text.encode())
    parsed = parse(file, IngestionSettings())
    check(parsed)
    units = "".join(parsed.text[u.start : u.end] for b in blocks(parsed) for u in b.units)
    assert [c for c in units if c in "bAŻ"] == [c for c in text if c in "bAŻ"]


@given(st.text(st.sampled_from("a\r\n\x0b\u2028"), max_size=30))
def test_lines_hold_everything_but_their_ends(text):
    assert "".join(text[start:end] for start, end in lines_of(text)) == text.replace("\r", "").replace("\n", "")


@pytest.mark.parametrize(
    "raw",
    [
        "a " * 2_000_000,
        "-" * 1_000_000 + "x",
        "- a\n" * 50_000,
        " " * 1_000_000 + "a",
        "1. a\n\n" * 30_000,
        "A\n\n" * 50_000,
    ],
    ids=range(6),
)
def test_hostile_text_is_read_in_time(read, raw):
    began = time.process_time()
    blocks(read(raw))
    assert time.process_time() - began < 10
