import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.documents import BlockKind, Page, UnitKind
from assistant.ingestion.layout import Parsed, Part, PartKind, Piece
from assistant.ingestion.structure import blocks

H, P, L, T = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.TABLE


def parsed(*pieces, markup=False, furniture=""):
    """(kind, words or list of words, level); parts of a paragraph are set apart by `furniture`."""
    text, built = "", []
    for kind, words, *level in pieces:
        parts = []
        for n, part in enumerate([words] if isinstance(words, str) else words):
            role = {H: PartKind.TEXT, P: PartKind.TEXT, L: PartKind.ITEM, T: PartKind.ROW if n else PartKind.HEADER}[
                kind
            ]
            cells = ()
            if kind is T:
                place, cells = len(text), []
                for cell in part.split("|"):
                    cells.append((place, place + len(cell)))
                    place += len(cell) + 1
            parts.append(Part(role, len(text), len(text) + len(part), 0, tuple(cells)))
            text += part + (furniture or "\n")
        built.append(Piece(kind, tuple(parts), *level))
    return Parsed(text, (Page(1, 0, len(text)),), tuple(built), markup=markup)


def test_a_paragraph_becomes_sentences_that_stand_at_their_place():
    source = parsed((P, "Pierwsze  zda-\nnie. Drugie (por. art. 5)."))
    (block,) = blocks(source)
    assert [(unit.text, source.text[unit.start : unit.end]) for unit in block.units] == [
        ("Pierwsze zdanie.", "Pierwsze  zda-\nnie."),
        ("Drugie (por. art. 5).", "Drugie (por. art. 5)."),
    ]


@pytest.mark.parametrize("kind", [L, T])
def test_the_sentence_with_a_colon_goes_to_the_list_or_table_it_introduces(kind):
    found = blocks(parsed((P, "Wstęp. Klaster robi:"), (kind, ["a", "b"])))
    assert [block.kind for block in found] == [P, kind]
    assert [unit.text for unit in found[0].units] == ["Wstęp."]
    lead = found[1].units[0]
    assert (lead.kind, lead.text, lead.block) == (UnitKind.LEAD, "Klaster robi:", 1)
    assert found[1].start == lead.start


def test_a_paragraph_that_is_only_a_lead_in_leaves_no_empty_block():
    found = blocks(parsed((P, "Klaster robi:"), (L, ["a"])))
    assert [block.kind for block in found] == [L]


@pytest.mark.parametrize(
    "between", [[(H, "Nagłówek", 1)], [(P, "Inny akapit.")]], ids=["a heading between", "another paragraph between"]
)
def test_a_colon_further_away_introduces_nothing(between):
    found = blocks(parsed((P, "Klaster robi:"), *between, (L, ["a"])))
    assert found[-1].units[0].kind is UnitKind.ITEM


def test_a_lead_in_that_the_parser_marks_needs_no_colon():
    text = "Cele klastra\n- a"
    piece = Piece(L, (Part(PartKind.TEXT, 0, 12), Part(PartKind.ITEM, 15, 16)))
    (block,) = blocks(Parsed(text, (Page(1, 0, len(text)),), (piece,)))
    assert [unit.kind for unit in block.units] == [UnitKind.LEAD, UnitKind.ITEM]


def test_rows_join_their_cells_and_skip_empty_ones():
    (block,) = blocks(parsed((T, ["Nazwa|Kwota|Uwagi", "PKES| 5 |", "||"])))
    assert [(unit.kind, unit.text) for unit in block.units] == [
        (UnitKind.HEADER, "Nazwa | Kwota | Uwagi"),
        (UnitKind.ROW, "PKES | 5"),
    ]


def test_the_path_holds_the_headings_above():
    found = blocks(parsed((H, "A", 1), (H, "B", 3), (P, "x"), (H, "C", 2), (P, "y"), (H, "D", 1), (P, "z")))
    assert [(block.units[0].text, block.headings) for block in found] == [
        ("A", ()),
        ("B", ("A",)),
        ("x", ("A", "B")),
        ("C", ("A",)),
        ("y", ("A", "C")),
        ("D", ()),
        ("z", ("D",)),
    ]
    assert [block.units[0].level for block in found] == [1, 3, 0, 2, 0, 1, 0]


def test_a_sentence_runs_over_a_page_break_and_leaves_out_what_lies_between():
    text = "Klaster łączy przedsię-\nStopka 7\nbiorstwa. Koniec."
    pages = (Page(1, 0, 33), Page(2, 33, len(text)))
    parts = (Part(PartKind.TEXT, 0, 23), Part(PartKind.TEXT, 33, len(text)))
    (block,) = blocks(Parsed(text, pages, (Piece(P, parts),)))
    assert [(unit.text, unit.page) for unit in block.units] == [("Klaster łączy przedsiębiorstwa.", 1), ("Koniec.", 2)]
    assert text[block.units[0].start : block.units[0].end].endswith("biorstwa.")


def test_marks_stay_in_the_span_and_leave_the_words():
    source = parsed((P, "**Raz. Dwa.** *Trzy.*"), markup=True)
    (block,) = blocks(source)
    assert [(unit.text, source.text[unit.start : unit.end]) for unit in block.units] == [
        ("Raz.", "**Raz."),
        ("Dwa.", "Dwa.**"),
        ("Trzy.", "*Trzy.*"),
    ]


def test_pieces_without_words_make_no_blocks():
    assert blocks(parsed((H, "\u200b", 1), (P, " \n "), (L, ["\u00ad"]), (T, ["|", " "]))) == ()


WORDS = st.text(st.sampled_from(list("abż .:|*\n\u00ad\u200b-„”5")), max_size=25)
PIECE = st.one_of(
    st.tuples(st.just(H), WORDS, st.integers(1, 6)),
    st.tuples(st.just(P), st.lists(WORDS, min_size=1, max_size=3)),
    st.tuples(st.sampled_from([L, T]), st.lists(WORDS, min_size=1, max_size=4)),
)


@given(st.lists(PIECE, max_size=8), st.booleans())
def test_units_are_ordered_apart_numbered_by_block_and_never_empty(pieces, markup):
    source = parsed(*pieces, markup=markup)
    place = 0
    for number, block in enumerate(blocks(source)):
        assert (block.start, block.end) == (block.units[0].start, block.units[-1].end)
        for unit in block.units:
            assert place <= unit.start < unit.end <= len(source.text)
            assert unit.block == number
            assert unit.text.strip()
            place = unit.end
