"""How sure an answer is: the reader's opinion, gaps that documents admit, numbers asked for, invented examples."""

from dataclasses import replace

import pytest

from assistant.domain.answers import Answer, Status
from assistant.domain.linear import Bars
from tests.answering.test_answerer import CUES, WORDS, answerer, library, linear, shown
from tests.fakes import FakeLibrary, FakeReader, FakeRetriever


@pytest.mark.parametrize(
    ("sentence", "heading", "gap"),
    [
        ("Wysokości składki dokument źródłowy nie podaje.", "Ile wynosi składka?", True),
        ("Budżetu projektu zebrane materiały nie zawierają.", "Budżet", True),
        ("The RESIST presentation does not give the budget.", "Budget", True),
        ("Podręcznik nie podaje stawki.", "Stawki", True),
        ("Czy w 2026 r. zmieniono ustawę?", "Czego ten podręcznik nie rozstrzyga", True),
        ("Ustawa nie zawiera limitu wynagrodzeń.", "Wynagrodzenia", False),
        ("Gmina nie ma głosu w klastrze.", "Kto głosuje?", False),
        ("Osoba prawna nie jest członkiem zwykłym.", "Członkowie", False),
    ],
)
def test_a_document_that_admits_a_gap_is_told_from_a_rule_that_says_no(sentence: str, heading: str, gap: bool) -> None:
    assert CUES.is_gap(sentence, [heading]) is gap


@pytest.mark.parametrize(
    ("question", "texts", "invented"),
    [
        ("Ile wynosi marża?", ["Przykład zmyślony: marża wynosi 8 %."], True),
        ("Podaj przykład marży", ["Przykład zmyślony: marża wynosi 8 %."], False),
        ("How much is the margin?", ["In the invented example the margin is 8%."], True),
        ("Ile wynosi marża?", ["Marża wynosi 8 %."], False),
    ],
)
def test_an_invented_example_is_no_answer_unless_asked_for(question: str, texts: list[str], invented: bool) -> None:
    assert CUES.is_invented(question, texts) is invented


READING = linear(cosine=6, heading=1, evidence=1, reader=6)


def test_the_readers_favourite_leads() -> None:
    favourite = replace(answerer(FakeRetriever(library())), units=READING, reader=FakeReader("deklarację"))
    assert "deklarację" in shown(favourite.ask("Co może gmina w klastrze?"))[:2]


def test_without_an_opinion_answers_are_as_before() -> None:
    made = replace(answerer(FakeRetriever(library())), units=READING)
    mute = replace(made, reader=FakeReader(None))
    question = "Ile wynosi składka członkowska?"
    assert shown(mute.ask(question)) == shown(made.ask(question))


def test_the_reader_sees_only_the_most_promising() -> None:
    reader = FakeReader("składka")
    replace(answerer(FakeRetriever(library()), read_units=3), reader=reader).ask("Ile wynosi składka członkowska?")
    assert [len(texts) for texts in reader.seen] == [3]


@pytest.mark.parametrize(
    ("asked_for", "seen"),
    [(None, [3]), (1, [1]), (0, []), (9, [3])],
    ids=["as set", "fewer", "without the reader", "never more than set"],
)
def test_a_busy_server_lets_the_reader_look_at_fewer(asked_for: int | None, seen: list[int]) -> None:
    reader = FakeReader("składka")
    made = replace(answerer(FakeRetriever(library()), read_units=3), units=READING, reader=reader)
    answer = made.ask("Ile wynosi składka członkowska?", read_units=asked_for)
    assert [len(texts) for texts in reader.seen] == seen
    assert answer.status is Status.ANSWERED


def test_without_the_reader_an_answer_is_the_one_of_a_build_that_has_none() -> None:
    made = replace(answerer(FakeRetriever(library())), units=READING)
    read = replace(made, reader=FakeReader("deklarację"))
    question = "Co może gmina w klastrze?"
    assert shown(read.ask(question, read_units=0)) == shown(made.ask(question)) != shown(read.ask(question))


def test_the_chance_that_is_measured_is_the_chance_that_answers() -> None:
    shelf = library()
    units = linear(cosine=6, going_on=1)
    made = replace(answerer(FakeRetriever(shelf)), units=units, answerability=linear(unit=1))
    question, earlier = "Ile to kosztuje?", ["Kto płaci składkę członkowską w klastrze?"]
    found = made.retriever.retrieve(made.search_for(question, earlier), made.width)
    alone, _ = made.certainty(question, found, "pl")
    signals, chance = made.certainty(question, found, "pl", earlier)
    assert signals["unit"] == alone["unit"] + 1  # a sentence of the document that the conversation is about
    for bar, status in ((chance - 0.001, Status.ANSWERED), (chance + 0.001, Status.PARTIAL)):
        assert replace(made, bars=Bars(bar, 0.0)).ask(question, earlier=earlier).status is status


def told(sentence: str, question: str = "Ile wynosi składka członkowska?") -> Answer:
    shelf = FakeLibrary()
    shelf.write("klaster.md", ("Składka", [sentence]))
    return answerer(FakeRetriever(shelf)).ask(question)


def test_a_gap_is_told_in_the_documents_own_words() -> None:
    gap = "Wysokości składki członkowskiej podręcznik nie podaje."
    answer = told(gap)
    assert (answer.status, shown(answer), answer.citations[0].quote) == (Status.NOT_FOUND, [gap], gap)
    assert answer.text.startswith(WORDS["pl"].text("answers.not_found_said"))


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("Składka członkowska wynosi 120 zł.", Status.ANSWERED),
        ("Składka członkowska zależy od uchwały.", Status.PARTIAL),
        ("Przykład zmyślony: składka członkowska wynosi 120 zł.", Status.PARTIAL),
    ],
)
def test_a_question_for_an_amount_is_answered_by_a_real_amount(sentence: str, status: Status) -> None:
    assert told(sentence).status is status
