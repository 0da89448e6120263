"""A citation's words are the document's words at its span, or there is no citation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.citations import Ledger, Pick
from assistant.answering.support import of_quote
from assistant.domain.answers import Support
from assistant.domain.documents import Chunk, Unit, UnitKind
from assistant.domain.text import clean
from tests.answering.test_extractive import bullets, paragraph, table
from tests.fakes import FakeLibrary, WrittenBlock

# ---- is it in the source? ------------------------------------------------------------------------

SUPPORT = [  # said, source, supported?
    ("Składka wynosi 120 zł.", "Składka wynosi 120 zł.", True),
    ("Składka wynosi 120 zł.", "Jak wiadomo, **Składka** wynosi\n120\u00a0zł . Dalej.", True),
    ("biuro | 3 | kadry", "| biuro | 3 | kadry |", True),
    ("spółdzielnia socjalna", "spół-\ndzielnia socjalna", True),
    ("spółdzielnia", "spół\u00addzielnia", True),
    ("zażółć", "zaz\u0307o\u0301łc\u0301", True),
    ("Składka wynosi 120 zł.", "Składka wynosi 720 zł.", False),
    ("Składka wynosi 120 zł.", "składka wynosi 120 zł.", False),
    ("Skladka wynosi 120 zł.", "Składka wynosi 120 zł.", False),
    ("Składka 120 zł.", "Składka wynosi 120 zł.", False),
    ("wynosi Składka", "Składka wynosi", False),
    ("Gmina może", "Gmina nie może", False),
    ("Składka", "Składkami", False),
    ("", "cokolwiek", False),
    ("…", "…", False),
]


@pytest.mark.parametrize(("said", "source", "found"), SUPPORT)
def test_words_are_supported_when_they_stand_in_the_source_unbroken(said: str, source: str, found: bool) -> None:
    assert of_quote(said, source) is (Support.SUPPORTED if found else Support.UNSUPPORTED)


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_a_text_supports_itself_wherever_it_stands_between_other_words(text: str, before: str, after: str) -> None:
    readable = clean(text).text
    if any(character.isalnum() for character in readable):
        assert (
            of_quote(readable, f"{clean(before).text} {readable} {clean(after).text}", markup=False)
            is Support.SUPPORTED
        )


# ---- the ledger ----------------------------------------------------------------------------------


def shelf(*blocks: WrittenBlock) -> FakeLibrary:
    library = FakeLibrary()
    library.write("a.md", ("Pierwszy", list(blocks)), ("Drugi", list(blocks)), pages=True)
    return library


def picks(library: FakeLibrary) -> list[Pick]:
    return [Pick(chunk, unit) for chunks in library.chunks.values() for chunk in chunks for unit in chunk.units]


@given(st.lists(st.one_of(paragraph, bullets, table), min_size=1, max_size=4), st.data())
def test_every_quote_is_the_document_at_its_span(blocks: list[WrittenBlock], data: st.DataObject) -> None:
    library = shelf(*blocks)
    everything = picks(library)
    ledger = Ledger(library)
    for _ in range(3):
        first = data.draw(st.integers(0, len(everything) - 1))
        chosen = everything[first : first + data.draw(st.integers(1, 5))]
        assert all(ledger.proven(pick) is Support.SUPPORTED for pick in chosen)
        citation = ledger.cite(chosen)
        start, end = citation.span
        assert library.document_text(citation.document_id)[start:end] == citation.quote
        assert (start, end) == (chosen[0].unit.start, chosen[-1].unit.end)
        assert citation.pages == (chosen[0].unit.page, chosen[-1].unit.page)
        assert all(of_quote(pick.unit.text, citation.quote) is Support.SUPPORTED for pick in chosen)
    assert [citation.n for citation in ledger.citations] == list(range(1, len(ledger.citations) + 1))
    spans = [(citation.document_id, citation.span) for citation in ledger.citations]
    assert len(set(spans)) == len(spans)


def test_the_same_words_keep_their_number() -> None:
    library = shelf("Zdanie pierwsze. Zdanie drugie.")
    first, second, *_ = picks(library)
    ledger = Ledger(library)
    assert [ledger.cite([pick]).n for pick in (first, second, first)] == [1, 2, 1]


def damaged(unit: Unit, chunk: Chunk, text: str) -> list[tuple[str, str, Chunk, Unit]]:
    """(what was done, document text, chunk, unit)."""
    return [
        ("another document", "Zupełnie inny tekst, dość długi, by sięgnąć dalej niż cytat.", chunk, unit),
        ("shorter document", text[: unit.start + 3], chunk, unit),
        ("no document", "", chunk, unit),
        ("shifted by one", "x" + text, chunk, unit),
        ("one letter", text.replace("drugie", "długie"), chunk, unit),
        ("invented words", text, chunk, replace(unit, text="Zdanie wymyślone.")),
        ("words added", text, chunk, replace(unit, text=unit.text + " I więcej.")),
        ("span beside", text, chunk, replace(unit, start=unit.start + 7)),
        ("chunk of other words", text, replace(chunk, text=chunk.text.upper()), unit),
    ]


def test_words_that_do_not_stand_at_their_span_are_not_proven() -> None:
    library = shelf("Zdanie pierwsze. Zdanie drugie.")
    pick = picks(library)[1]
    for what, text, chunk, unit in damaged(pick.unit, pick.chunk, library.texts[pick.document_id]):
        broken = FakeLibrary()
        broken.texts[pick.document_id] = text
        assert Ledger(broken).proven(Pick(chunk, unit)) is Support.UNSUPPORTED, what
    assert Ledger(library).proven(pick) is Support.SUPPORTED


def test_a_unit_in_a_chunk_of_several_sections_names_its_own_heading() -> None:
    library = shelf("Skład rady. Rada ma pięć osób. Skład biura. Biuro ma trzy osoby.")
    chunk = next(iter(library.chunks.values()))[0]
    heads = [replace(unit, level=2) if n in (0, 2) else unit for n, unit in enumerate(chunk.units)]
    chunk = replace(chunk, units=tuple(heads))
    assert chunk.units[0].kind is UnitKind.SENTENCE
    assert Pick(chunk, chunk.units[1]).headings == ("Pierwszy", "Skład rady.")
    assert Pick(chunk, chunk.units[3]).headings == ("Pierwszy", "Skład biura.")
