import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_structure import H, L, P, T, parsed

from assistant.config import ChunkingSettings
from assistant.domain.documents import Document, Metadata, Page, UnitKind
from assistant.ingestion.chunking import OVERSIZE, chunk, is_heading, recipe, search_text, unit_text
from assistant.ingestion.structure import blocks

TITLE = Metadata("Podręcznik", "pl")


class Words:
    """Counts words, so that sizes in the tests can be counted by eye."""

    def count(self, text):
        return len(text.split())


def document(*pieces):
    source = parsed(*pieces)
    return Document("d" * 64, "a.md", source.text, (Page(1, 0, len(source.text)),), blocks(source), TITLE)


def cut(*pieces, most=40, least=0):
    return chunk(document(*pieces), ChunkingSettings(max_tokens=most, min_tokens=least), Words())


def sentences_of(n, words=10):
    return " ".join(["Zdanie " + "x " * (words - 2) + "koniec."] * n)


def texts(chunks):
    return [[unit.text for unit in chunk.units] for chunk in chunks]


def test_chunks_stay_under_one_heading_path():
    found = cut((H, "A", 1), (P, "jeden"), (H, "B", 2), (P, "dwa"), (H, "C", 2), (P, "trzy"))
    assert [(chunk.headings, chunk.text) for chunk in found] == [
        (("A",), "jeden"),
        (("A", "B"), "dwa"),
        (("A", "C"), "trzy"),
    ]


def test_tiny_siblings_are_joined_and_their_headings_stay_searchable():
    found = cut((H, "A", 1), (H, "B", 2), (P, "dwa"), (H, "C", 2), (P, "trzy"), (H, "D", 1), (P, "x"), least=20)
    assert [chunk.headings for chunk in found] == [("A",), ("D",)]
    assert texts(found)[0] == ["B", "dwa", "C", "trzy"]
    assert search_text(found[0], TITLE) == "Podręcznik. A. B dwa C trzy"
    assert unit_text(found[0], found[0].units[3], TITLE) == "Podręcznik. C. trzy"
    assert [is_heading(unit) for unit in found[0].units] == [True, False, True, False]


def test_a_section_of_fair_size_is_not_joined():
    found = cut((H, "A", 1), (P, sentences_of(2)), (H, "B", 1), (P, "mały"), least=10)
    assert [chunk.headings for chunk in found] == [("A",), ("B",)]


def test_a_heading_without_a_body_belongs_to_what_follows():
    found = cut((H, "A", 1), (H, "B", 1), (P, "tekst"))
    assert [(chunk.headings, texts([chunk])[0]) for chunk in found] == [(("B",), ["A", "B", "tekst"])]
    assert unit_text(found[0], found[0].units[2], TITLE) == "Podręcznik. B. tekst"


def test_headings_after_the_last_text_are_not_lost():
    assert texts(cut((H, "A", 1), (P, "tekst"), (H, "B", 1))) == [["tekst", "B"]]
    assert texts(cut((H, "A", 1), (H, "B", 1))) == [["A", "B"]]


def test_long_sections_are_filled_up_to_the_limit_and_leave_no_crumb():
    found = cut((P, sentences_of(9)), least=15)
    assert [chunk.tokens for chunk in found] == [40, 30, 20]


def test_a_block_that_fits_whole_is_not_cut():
    found = cut((P, sentences_of(2)), (P, sentences_of(3)))
    assert [chunk.tokens for chunk in found] == [20, 30]


def test_a_cut_list_takes_its_lead_in_along():
    found = cut((P, "Klaster robi:"), (L, [f"rzecz {n} " + "x " * 8 for n in range(9)]))
    assert [len(chunk.units) for chunk in found] == [4, 4, 2]
    assert [[unit.text for unit in chunk.lead] for chunk in found] == [[], ["Klaster robi:"], ["Klaster robi:"]]
    assert search_text(found[1], TITLE).startswith("Podręcznik. Klaster robi: rzecz 3")
    assert unit_text(found[1], found[1].units[0], TITLE).startswith("Podręcznik. Klaster robi: rzecz 3")


def test_a_cut_table_takes_lead_in_and_header_along():
    found = cut((P, "Tabela:"), (T, ["Nazwa|Kwota", *(f"PKES {n}|" + "x " * 9 for n in range(6))]))
    assert [unit.kind for unit in found[1].lead] == [UnitKind.LEAD, UnitKind.HEADER]
    assert unit_text(found[0], found[0].units[2], TITLE).startswith("Podręcznik. Tabela: Nazwa | Kwota PKES 0 | x")


def test_a_lead_in_does_not_stay_behind_at_the_end_of_a_chunk():
    found = cut((P, sentences_of(3) + " Oto one dwie:"), (L, ["rzecz " + "x " * 9, "druga " + "x " * 19]), least=0)
    assert [unit.kind for unit in found[1].units][:2] == [UnitKind.LEAD, UnitKind.ITEM]


def test_a_nested_item_takes_its_parent_along():
    from dataclasses import replace

    from assistant.ingestion.layout import Parsed

    source = parsed((L, ["rodzic " + "x " * 29, "dziecko " + "x " * 29]))
    piece = source.pieces[0]
    nested = replace(piece, parts=(piece.parts[0], replace(piece.parts[1], level=1)))
    source = Parsed(source.text, source.pages, (nested,))
    found = chunk(
        Document("d", "a", source.text, source.pages, blocks(source), TITLE),
        ChunkingSettings(max_tokens=40, min_tokens=0),
        Words(),
    )
    assert [unit.text[:6] for unit in found[1].lead] == ["rodzic"]


@pytest.mark.parametrize(("words", "chunks"), [(41, 1), (40 * OVERSIZE, 1), (40 * OVERSIZE + 1, 5)])
def test_only_a_monster_sentence_is_split(words, chunks):
    found = cut((P, "x " * words))
    assert len(found) >= chunks if chunks > 1 else len(found) == 1
    assert sum(len(chunk.text.split()) for chunk in found) == words


class Letters:
    def count(self, text):
        assert len(text) <= 4000, "BPE is slow on endless words: they are counted in slices"
        return len(text)


def test_a_word_without_end_is_split_too():
    source = document((P, "a" * 100_000))
    found = chunk(source, ChunkingSettings(max_tokens=320, min_tokens=60), Letters())
    assert "".join(chunk.text for chunk in found) == "a" * 100_000
    assert max(chunk.tokens for chunk in found) <= 320


def test_a_title_equal_to_the_first_heading_is_said_once():
    found = cut((H, "PODRĘCZNIK", 1), (H, "Co to jest?", 2), (P, "tekst"))
    assert search_text(found[0], TITLE) == "Podręcznik. Co to jest? tekst"


def test_the_recipe_names_all_that_moves_a_cut():
    assert recipe(ChunkingSettings()) == {
        "name": "structure",
        "version": 1,
        "oversize": OVERSIZE,
        "max_tokens": 600,
        "min_tokens": 60,
    }


WORDS = st.integers(0, 30).map(lambda n: "s " * n + "k.")
LEADING = st.integers(0, 60).map(lambda n: "s " * n + "oto:")
PIECE = st.one_of(
    st.tuples(st.just(H), WORDS, st.integers(1, 3)),
    st.tuples(st.just(P), st.one_of(LEADING, st.lists(WORDS, min_size=1, max_size=6).map(" Ą ".join))),
    st.tuples(st.sampled_from([L, T]), st.lists(WORDS, min_size=1, max_size=12)),
)


@settings(max_examples=300)
@given(st.lists(PIECE, max_size=12), st.integers(0, 45))
def test_chunks_hold_every_unit_once_in_order_inside_their_limit(pieces, least):
    source = document(*pieces)
    found = chunk(source, ChunkingSettings(max_tokens=40, min_tokens=least), Words())
    units = [unit for block in source.blocks for unit in block.units]
    held = [unit for chunk in found for unit in chunk.units]
    assert held == [unit for unit in units if unit in held]
    assert all(is_heading(unit) for unit in units if unit not in held)
    named = {name for chunk in found for name in chunk.headings}
    assert all(unit.text in named for unit in units if unit not in held)
    assert len({chunk.id for chunk in found}) == len(found)
    for one in found:
        assert source.text[one.start : one.end] == one.text
        assert (one.start, one.end) == (one.units[0].start, one.units[-1].end)
        assert all(one.quote(unit) == source.text[unit.start : unit.end] for unit in one.units)
        assert one.tokens <= 40 or len(one.units) == 1
        assert one.tokens == len(one.text.split())
        assert all(lead.end <= one.start for lead in one.lead)
        first = one.units[0]
        if first.kind in (UnitKind.ITEM, UnitKind.ROW):
            block = source.blocks[first.block]
            wanted = [u for u in block.units if u.kind in (UnitKind.LEAD, UnitKind.HEADER) and u.end <= one.start]
            assert list(one.lead) == wanted
