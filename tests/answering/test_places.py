"""Quoted words are found again, also in a new edition of the document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering import places
from assistant.domain.documents import Span

TEXT = "Rozdział 1\n\nKlauzula społeczna to wymaganie.\nDotyczy „osób” z art. 94.\n\nKlauzula społeczna to wymaganie."


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("Klauzula społeczna to wymaganie.", "Klauzula społeczna to wymaganie."),
        ("klauzula  społeczna – to\nwymaganie", "Klauzula społeczna to wymaganie"),
        ('Dotyczy "osób" z art. 94', "Dotyczy „osób” z art. 94"),
        ("społeczna to wymaganie. Dotyczy", "społeczna to wymaganie.\nDotyczy"),
    ],
)
def test_marks_spaces_and_capitals_may_differ(quote: str, words: str) -> None:
    span = places.find(TEXT, quote)
    assert span is not None
    assert TEXT[span.start : span.end] == words


@pytest.mark.parametrize(
    "quote",
    [
        "klauzula spoleczna",
        "Klauzula społeczna to wymagania",
        "",
        " … ",
        "94 Klauzula wymaganie",
    ],
)
def test_other_words_are_not_found(quote: str) -> None:
    assert places.find(TEXT, quote) is None


def test_of_several_places_the_nearest_is_taken() -> None:
    first = TEXT.index("Klauzula")
    second = TEXT.rindex("Klauzula")
    assert places.find(TEXT, "Klauzula społeczna", near=0) == Span(first, first + 18)
    assert places.find(TEXT, "Klauzula społeczna", near=len(TEXT)) == Span(second, second + 18)


@given(st.lists(st.text("abcąłżİſ-.,|", min_size=1, max_size=6), min_size=3, max_size=30), st.data())
def test_any_run_of_words_is_found_however_it_is_spaced(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    quote = "\n ".join(words[start:end])
    span = places.find(text, quote)
    if any(c.isalnum() for c in quote):
        assert span is not None
        assert places.find(quote, text[span.start : span.end]) is not None
    else:
        assert span is None
