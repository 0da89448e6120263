"""The whole search over a small real generation: what it finds, repairs, passes over, and survives losing."""

from pathlib import Path

import numpy as np
import pytest

from assistant.config import RetrievalSettings
from assistant.domain.answers import FoundBy
from assistant.errors import EmbedderUnavailable
from assistant.indexing.building import build
from assistant.indexing.generations import Generation, open_generation
from assistant.indexing.language import Analyzer
from assistant.indexing.records import Entry, Recipe
from assistant.retrieval.glossary import Glossary, Term
from assistant.retrieval.langchain import as_langchain
from assistant.retrieval.ranking import load_weights
from assistant.retrieval.retriever import HybridRetriever
from tests.fakes import DIMENSION, FakeEmbedder, toy_document

ANALYZER = Analyzer()
TEXTS = {
    "klauzule": "Klauzula społeczna daje pracę osobom wykluczonym. Gmina wpisuje ją do umowy.",
    "klaster": "Operator klastra prowadzi księgowość. Klaster ma radę programową.",
    "owes": "Ośrodek wsparcia ekonomii społecznej doradza spółdzielniom. Doradztwo jest bezpłatne.",
    "dotacje": "Dotacja na miejsce pracy wynosi 30 tysięcy złotych. Wniosek składa się do urzędu pracy.",
}
OWES = Term("ośrodek wsparcia ekonomii społecznej", "social economy support centre", ("OWES",))


class BrokenEmbedder(FakeEmbedder):
    def embed_query(self, text: str) -> np.ndarray:
        raise EmbedderUnavailable(setting="embedder.model", reason="no server")


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    indexes = tmp_path_factory.mktemp("indexes")
    recipe = Recipe("toy", ANALYZER.version, "fake-1", DIMENSION, 0.9, 0.8)
    entries = [Entry(path, text) for path, text in TEXTS.items()]
    build(indexes, entries, lambda e: toy_document(e.path, TEXTS[e.path]), FakeEmbedder(), ANALYZER, recipe)
    return open_generation(indexes, recipe)


def retriever(generation: Generation, embedder: FakeEmbedder | None = None) -> HybridRetriever:
    glossary = Glossary((OWES,), ANALYZER.families)
    return HybridRetriever(
        lambda: generation, embedder or FakeEmbedder(), ANALYZER, glossary, load_weights(), RetrievalSettings()
    )


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("Kto prowadzi księgowość klastra?", "klaster"),
        ("klauzulami społecznymi", "klauzule"),
        ("ile wynosi dotacja na miejsce pracy", "dotacje"),
        ("wniosek do urzedu pracy", "dotacje"),
        ("operatr klastra", "klaster"),
        ("Co robi OWES?", "owes"),
        ("KTO DAJE PRACĘ OSOBOM WYKLUCZONYM", "klauzule"),
    ],
)
def test_the_right_document_comes_first(generation: Generation, question: str, path: str) -> None:
    assert retriever(generation).retrieve(question, 3).passages[0].path == path


def test_passages_come_in_rank_order_with_their_signals(generation: Generation) -> None:
    found = retriever(generation).retrieve("operator klastra", 3)
    assert [p.rank for p in found.passages] == [1, 2, 3]
    assert [p.score for p in found.passages] == sorted((p.score for p in found.passages), reverse=True)
    first = found.passages[0]
    assert len(first.unit_signals) == len(first.chunk.units)
    assert first.found_by in {FoundBy.BOTH, FoundBy.LEXICAL}
    assert found.generation == generation.id


def test_repairs_are_told(generation: Generation) -> None:
    found = retriever(generation).retrieve("operatr klastra", 1)
    assert found.repairs == (("operatr", "operator"),)
    assert found.searched_as == "operator klastra"


def test_documents_can_be_passed_over(generation: Generation) -> None:
    first = retriever(generation).retrieve("operator klastra", 4).passages[0]
    others = retriever(generation).retrieve("operator klastra", 4, without=[first.chunk.document_id]).passages
    assert first.path not in {p.path for p in others}
    assert others


@pytest.mark.parametrize("question", ["", "?", "co to jest", "🙂", "SELECT * FROM x; --", "Что такое кластер"])
def test_odd_questions_are_searched_without_failing(generation: Generation, question: str) -> None:
    retriever(generation).retrieve(question, 3)


def test_without_the_embedder_words_still_find_and_it_is_said(generation: Generation) -> None:
    found = retriever(generation, BrokenEmbedder()).retrieve("operator klastra", 2)
    assert found.notice == "embedder_unavailable"
    assert found.passages[0].path == "klaster"
    assert {p.found_by for p in found.passages} == {FoundBy.LEXICAL}


def test_others_can_plug_it_into_langchain(generation: Generation) -> None:
    documents = as_langchain(retriever(generation), k=2).invoke("operator klastra")
    assert len(documents) == 2
    assert documents[0].metadata["source"] == "klaster"
    start, end = documents[0].metadata["span"]
    assert TEXTS["klaster"][start:end] == documents[0].page_content


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    recipe = Recipe("toy", ANALYZER.version, "fake-1", DIMENSION, 0.9, 0.8)
    build(tmp_path, [], lambda e: toy_document(e.path, ""), FakeEmbedder(), ANALYZER, recipe)
    found = retriever(open_generation(tmp_path, recipe)).retrieve("cokolwiek", 3)
    assert (found.passages, found.signals) == ((), {})
