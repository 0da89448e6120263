"""Polish words: two token families, detection, and repair of what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.folding import fold
from assistant.indexing.language import Analyzer, Dictionary, Speller, repaired_text

ANALYZER = Analyzer()
WORDS = {"spółdzielnia": 9, "socjalna": 5, "społeczna": 7, "klauzula": 8, "zamówienie": 6, "pes": 3, "łąka": 1}
SPELLER = Speller(WORDS, ANALYZER.dictionary)


def test_terms_hold_both_families_without_stopwords() -> None:
    assert ANALYZER.terms("Co to są spółdzielnie?") == ["l:spoldzielnia", "p:spold"]


def test_inflected_forms_meet_in_their_lemma() -> None:
    assert set(ANALYZER.lemmas("zamówieniami zamówienia zamówieniu")) == {"zamowienie"}


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Jak założyć spółdzielnię?", "pl"),
        ("jak zalozyc spoldzielnie", "pl"),
        ("ile wynosi skladka", "pl"),
        ("How do we start a cooperative?", "en"),
        ("who can bid", "en"),
        ("PES", "pl"),
        ("", "pl"),
        ("🙂", "pl"),
    ],
)
def test_language_of_a_question(text: str, lang: str) -> None:
    assert ANALYZER.detect(text) == lang


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ("spoldzielnia", "spółdzielnia"),
        ("klauzla", "klauzula"),
        ("zamowienei", "zamówienie"),
        ("łaka", "łąka"),
        ("cooperative", "cooperative"),
        ("art", "art"),
        ("1234", "1234"),
        ("xqzwvy", "xqzwvy"),
        ("pes", "pes"),
    ],
)
def test_words_are_repaired_from_the_vocabulary(typed: str, better: str) -> None:
    assert SPELLER.better(typed) == better


def test_the_repaired_question_keeps_everything_else() -> None:
    repairs = SPELLER.repair(ANALYZER.words("Co to jest klauzla, proszę?"))
    assert repaired_text("Co to jest klauzla, proszę?", repairs) == "Co to jest klauzula, proszę?"


@given(st.text(max_size=60))
def test_any_text_can_be_folded_and_analysed(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert len(ANALYZER.terms(text)) == 2 * len(ANALYZER.lemmas(text))


def test_a_dictionary_kept_in_a_folder_says_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = Dictionary(tmp_path_factory.mktemp("tries"))
    for word in ("zamówieniami", "spółdzielnią", "wykluczonych", "houses", "xqz"):
        assert kept.lemma(word) == ANALYZER.dictionary.lemma(word)
        assert kept.knows(word) == ANALYZER.dictionary.knows(word)
