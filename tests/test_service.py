"""The one object that surfaces call, over a real small index."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.domain.answers import Status
from assistant.domain.documents import Outcome
from assistant.errors import ConfigError, CorpusMissing, IndexDamaged, IndexMismatch, IndexMissing
from assistant.service import Service
from tests.fakes import FakeReader

MakeService = Callable[..., Service]
QUESTION = "Jakie dokumenty składa kandydat do klastra Latarnia?"


@pytest.fixture
def own(small: Service, make_service: MakeService, tmp_path: Path) -> Callable[..., Service]:
    """A service over a copy of the small corpus and index, with settings of its own."""
    shutil.copytree(small.settings.corpus, tmp_path / "corpus")
    shutil.copytree(small.settings.indexes, tmp_path / "indexes", symlinks=True)
    return lambda **given: make_service(tmp_path / "corpus", tmp_path / "indexes", **given)


def test_an_answer_names_the_generation_it_comes_from(small: Service) -> None:
    answer = small.ask(QUESTION)
    assert answer.generation == small.search("klaster").generation == small.library(answer.generation).id
    assert {"deklarację członkowską,", "odpis z rejestru,"} <= {sentence.text for sentence in answer.sentences}


def test_the_same_question_gives_the_same_answer(small: Service) -> None:
    first, second = small.ask(QUESTION), small.ask(QUESTION)
    assert (first.text, first.citations) == (second.text, second.citations)


class Watched(FakeReader):
    """Counts how often it is made ready; `seen` keeps what it was given to read."""

    prepared = 0

    def prepare(self) -> None:
        self.prepared += 1


def test_indexing_makes_the_reader_ready_and_only_warming_opens_it(own: Callable[..., Service]) -> None:
    made, reader = own(), Watched("składa")
    made.__dict__["reader"] = reader
    made.index()
    assert (reader.prepared, reader.seen) == (1, [])
    made.warm()
    assert reader.seen == [[]]


def test_a_question_may_be_read_more_shortly(own: Callable[..., Service]) -> None:
    made, reader = own(), Watched("składa")
    made.__dict__["reader"] = reader
    made.ask(QUESTION, read_units=2)
    made.ask(QUESTION, read_units=0)
    assert [len(texts) for texts in reader.seen] == [2]


def test_search_brings_at_most_k_in_rank_order(small: Service) -> None:
    for k in (1, 2, 100):
        passages = small.search("składka w klastrze", k).passages
        assert len(passages) <= k
        assert [passage.rank for passage in passages] == list(range(1, len(passages) + 1))
    assert "120 zł" in small.search("składka w klastrze", 1).passages[0].chunk.text


def test_documents_can_be_passed_over(small: Service) -> None:
    handbook = next(document for document, path, *_ in small.documents() if path == "latarnia.md")
    found = small.retrieve("składka w klastrze", without=[handbook]).passages
    assert {passage.path for passage in found} == {"notatka.txt"}


def test_passages_are_cut_out_of_their_documents(small: Service) -> None:
    found = small.search("klaster", 20)
    library = small.library(found.generation)
    for passage in found.passages:
        chunk = passage.chunk
        assert library.document_text(chunk.document_id)[chunk.start : chunk.end] == chunk.text


def test_context_is_what_stands_around_the_quote(small: Service) -> None:
    answer = small.ask("Ile wynosi składka członkowska w klastrze Latarnia?")
    citation = answer.citations[0]
    before, after, paged = small.context(citation, answer.generation, 40)
    text = small.library(answer.generation).document_text(citation.document_id)
    assert f"{before}{citation.quote}{after}" in text
    assert max(len(before), len(after)) <= 40
    assert not paged


def test_documents_tell_their_metadata(small: Service) -> None:
    listed = {path: (metadata, chunks, pages) for _, path, metadata, chunks, pages in small.documents()}
    metadata, chunks, pages = listed["latarnia.md"]
    assert (metadata.title, metadata.edition) == ("Klaster Latarnia. Podręcznik", "2026-11")
    assert (metadata.state_of_law, metadata.language, pages) == ("2026-01-01", "pl", 1)
    assert chunks >= 1
    assert all(verdict.outcome is Outcome.INDEXED for verdict in small.verdicts())


def test_an_english_question_is_answered_in_english_with_polish_quotes(small: Service) -> None:
    answer = small.ask("How much is the membership fee in the cluster Latarnia?")
    assert answer.lang == "en"
    assert answer.status in (Status.ANSWERED, Status.PARTIAL)
    assert any("120 zł" in sentence.text for sentence in answer.sentences)


def test_indexing_again_changes_nothing(own: Callable[..., Service]) -> None:
    assert own().index().up_to_date


def test_indexing_again_in_full_reads_everything_and_finds_the_same(own: Callable[..., Service]) -> None:
    service = own()
    before = service.ask(QUESTION).text
    report = service.index(full=True)
    assert (report.up_to_date, report.read) == (False, 2)
    assert own().ask(QUESTION).text == before


def test_progress_ends_where_it_said_it_would(own: Callable[..., Service]) -> None:
    seen: dict[str, tuple[int, int]] = {}
    own().index(lambda stage, done, total: seen.update({stage: (done, total)}), full=True)
    assert {"read", "embed", "verify"} <= set(seen)
    assert all(done == total for done, total in seen.values())


def test_a_changed_recipe_is_refused_with_what_differs_and_mended_by_indexing(own: Callable[..., Service]) -> None:
    changed = own(retrieval={"k1": 1.5})
    with pytest.raises(IndexMismatch) as refused:
        changed.ask(QUESTION)
    assert (refused.value.details["what"], refused.value.details["wanted"]) == ("k1", "1.5")
    changed.index()
    assert own(retrieval={"k1": 1.5}).ask(QUESTION).sentences


def test_no_index_and_no_corpus_are_named(make_service: MakeService, tmp_path: Path) -> None:
    service = make_service(tmp_path / "corpus", tmp_path / "indexes")
    with pytest.raises(IndexMissing):
        service.ask(QUESTION)
    with pytest.raises(CorpusMissing):
        service.index()


def test_a_generation_that_is_gone_is_damage_and_no_empty_answer(own: Callable[..., Service]) -> None:
    service = own()
    generation = (service.settings.indexes / "CURRENT").read_text().strip()
    shutil.rmtree(service.settings.indexes / generation)
    with pytest.raises((IndexDamaged, IndexMissing)):
        service.ask(QUESTION)


def test_a_broken_meaning_leg_is_told_and_words_still_answer(own: Callable[..., Service]) -> None:
    service = own()
    generation = (service.settings.indexes / "CURRENT").read_text().strip()
    for file in (service.settings.indexes / generation / "chroma").rglob("*"):
        if file.is_file():
            file.write_bytes(b"zepsute")
    answer = service.ask(QUESTION)
    assert service.words["pl"].text("notices.dense_unavailable") in answer.notices
    assert "odpis z rejestru" in answer.text
    assert not service.verify().ok


def test_verify_proves_every_vector_and_self_recall(small: Service) -> None:
    report = small.verify(strict=True)
    assert report.ok
    assert {"files", "vectors"} <= {check.name for check in report.checks}


def test_doctor_looks_at_every_part_and_names_the_broken_one(make_service: MakeService, tmp_path: Path) -> None:
    checks = {check.name: check for check in make_service(tmp_path / "brak", tmp_path / "indexes").doctor()}
    assert {"settings", "words", "corpus", "embedder", "index"} <= set(checks)
    assert not checks["corpus"].ok
    assert not checks["index"].ok
    assert checks["embedder"].ok
    assert checks["index"].details["error"] == "index_missing"


def test_a_missing_table_of_words_is_named(make_service: MakeService, tmp_path: Path) -> None:
    service = make_service(tmp_path / "corpus", tmp_path / "indexes", prompts=tmp_path / "brak")
    with pytest.raises(ConfigError):
        _ = service.words


def test_texts_are_indexed_apart_from_the_corpus(own: Callable[..., Service]) -> None:
    service = own()
    over = service.over_texts({"t1": ("Bocian", "Bocian biały zimuje w Afryce."), "t2": ("Wrona", "Wrona zostaje.")})
    assert [passage.path for passage in over.search("gdzie zimuje bocian", 1).passages] == ["t1"]
    assert over.settings.indexes.is_relative_to(service.settings.indexes)
    assert all("bocian" not in passage.chunk.text.lower() for passage in service.search("bocian").passages)
