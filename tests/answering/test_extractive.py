"""What leads, what supports, what is given whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.extractive import Chooser, Group
from assistant.config import AnsweringSettings
from tests.answering.test_answerer import CUES, UNITS
from tests.fakes import CUT, FakeLibrary, FakeRetriever, WrittenBlock, lemmas


def choose(shelf: FakeLibrary, question: str, **settings: float) -> list[Group]:
    chooser = Chooser(UNITS, CUES, lemmas, AnsweringSettings(**settings))
    return chooser.choose(chooser.rank(question, FakeRetriever(shelf).retrieve(question, 10)), shelf)


def texts(group: Group) -> list[str]:
    return [pick.unit.text for pick in group.picks]


def over(*blocks: WrittenBlock, heading: str = "Rozdział") -> FakeLibrary:
    shelf = FakeLibrary()
    shelf.write("podrecznik.md", (heading, list(blocks)))
    return shelf


LEADS = [  # question, what stands in the document, what the answer opens with
    (
        "Co to jest klaster?",
        "Do biura klastra trafia poczta. Klaster to sieć spółdzielni. Rada klastra obraduje.",
        "Klaster to sieć spółdzielni.",
    ),
    (
        "Ile wynosi składka członka?",
        "Składka członka zależy od rady. Składka członka wynosi 120 zł. Składka członka trafia do biura.",
        "Składka członka wynosi 120 zł.",
    ),
    (
        "Kiedy powstał klaster?",
        "Klaster powstał z potrzeby. Klaster powstał w 2021 roku. Klaster powstał szybko.",
        "Klaster powstał w 2021 roku.",
    ),
    (
        "Kto zwołuje zebranie?",
        "Zebranie trwa długo. Zebranie zwołuje przewodniczący rady. Zebranie kończy obiad.",
        "Zebranie zwołuje przewodniczący rady.",
    ),
    (
        "Czy klaster może zatrudniać?",
        "Czy klaster może zatrudniać? Klaster może zatrudniać koordynatora.",
        "Klaster może zatrudniać koordynatora.",
    ),
]


@pytest.mark.parametrize(("question", "paragraph", "first"), LEADS, ids=[row[0] for row in LEADS])
def test_the_sentence_that_fits_the_question_leads(question: str, paragraph: str, first: str) -> None:
    assert texts(choose(over(paragraph), question)[0])[0] == first


def test_nothing_retrieved_chooses_nothing() -> None:
    assert choose(FakeLibrary(), "Co to jest klaster?") == []


def test_a_list_asked_for_is_whole_also_across_chunks() -> None:
    shelf = over("Wstęp o klastrze.", ["Dokumenty kandydata:", "deklaracja", CUT, "odpis", "uchwała"], "Koniec.")
    first = choose(shelf, "Jakie dokumenty składa kandydat?")[0]
    assert texts(first) == ["Dokumenty kandydata:", "deklaracja", "odpis", "uchwała"]
    assert (first.whole, first.cut) == (True, False)


def test_a_list_found_by_its_second_half_comes_with_its_lead() -> None:
    shelf = over(["Kandydat składa:", "deklarację", CUT, "uchwałę zarządu spółdzielni", "odpis"])
    assert texts(choose(shelf, "Jakie uchwały zarządu spółdzielni?")[0])[0] == "Kandydat składa:"


def test_a_table_comes_with_its_header() -> None:
    shelf = over([("Zespół", "Osoby"), ("biuro", "3"), ("sprzedaż", "5")])
    assert texts(choose(shelf, "Ile osób ma sprzedaż?")[0])[0] == "Zespół | Osoby"


def test_a_list_longer_than_the_limit_is_cut_and_says_so() -> None:
    shelf = over(["Dokumenty:", *(f"dokument numer {n}" for n in range(100))])
    first = choose(shelf, "Jakie dokumenty?", max_list_words=60)[0]
    assert first.cut
    assert sum(len(text.split()) for text in texts(first)) <= 60
    assert texts(first)[:2] == ["Dokumenty:", "dokument numer 0"]


def test_a_fact_from_a_long_table_comes_as_its_rows_and_not_as_the_table() -> None:
    rows = [(f"gmina numer {n} w powiecie", f"ulica Polna {n} w mieście") for n in range(60)]
    shelf = over([("Gmina", "Adres"), *rows, ("Hel", "ulica Wiejska 50")])
    first = choose(shelf, "Gdzie jest Hel?")[0]
    assert texts(first)[0] == "Gmina | Adres"
    assert "Hel | ulica Wiejska 50" in texts(first)
    assert len(first.picks) <= 2 + AnsweringSettings().max_sentences
    assert first.cut


def test_what_was_said_is_not_said_again() -> None:
    shelf = FakeLibrary()
    for name in ("a.md", "b.md", "c.md"):
        shelf.write(name, ("Klaster", ["Klaster to sieć spółdzielni socjalnych."]))
    groups = choose(shelf, "Co to jest klaster?")
    assert [text for group in groups for text in texts(group)] == ["Klaster to sieć spółdzielni socjalnych."]


entry = st.sampled_from(["klaster", "rada", "biuro", "gmina", "statut", "zarząd", "umowa", "osoba", "120", "2021"])
sentence = st.lists(entry, min_size=1, max_size=8).map(lambda words: f"{' '.join(words).capitalize()}.")
paragraph = st.lists(sentence, min_size=1, max_size=5).map(" ".join)
bullets = st.lists(st.one_of(sentence, st.just(CUT)), min_size=2, max_size=8).map(lambda items: ["Lista:", *items])
table = st.lists(st.tuples(entry, entry), min_size=2, max_size=6)
questions = st.tuples(
    st.sampled_from(["Co to jest", "Ile wynosi", "Jakie są", "Jak założyć", "Czy", "Kto to", "Czym się różni", ""]),
    sentence,
).map(" ".join)


@given(st.lists(st.one_of(paragraph, bullets, table), min_size=1, max_size=5), questions)
def test_whatever_is_chosen_stands_in_its_chunk_once_and_in_reading_order(
    blocks: list[WrittenBlock], question: str
) -> None:
    shelf = over(*blocks)
    groups = choose(shelf, question)
    places = [(pick.document_id, pick.unit.start) for group in groups for pick in group.picks]
    assert len(set(places)) == len(places)
    for group in groups:
        starts = [pick.unit.start for pick in group.picks]
        assert starts == sorted(starts)
        for pick in group.picks:
            assert pick.unit in pick.chunk.units
            assert not pick.unit.is_heading
    assert len(groups) <= AnsweringSettings().max_sentences
