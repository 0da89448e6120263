import gc
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.config import ROOT
from assistant.domain.documents import Metadata, Outcome, Verdict
from assistant.errors import (
    EmbedderUnavailable,
    EncryptedDocument,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexStorage,
)
from assistant.indexing import lexical, manifest, pointer
from assistant.indexing.building import build
from assistant.indexing.generations import CurrentGeneration, open_generation
from assistant.indexing.records import Entry, Limits
from assistant.indexing.verification import verify
from tests.fakes import FakeAnalyzer, FakeEmbedder, ToyReader, entries, recipe, toy_corpus, toy_document, toy_text


class Shelf:
    """A corpus, its index and the fakes that build it."""

    def __init__(self, folder, files=4, paragraphs=3):
        self.corpus = toy_corpus(folder / "corpus", files, paragraphs)
        self.indexes = folder / "indexes"
        self.limits = Limits()

    def build(self, prepare=None, embedder=None, made_by=None, **options):
        self.reader = ToyReader(self.corpus)
        self.embedder = embedder or FakeEmbedder()
        return build(
            self.indexes,
            entries(self.corpus),
            prepare or self.reader,
            self.embedder,
            FakeAnalyzer(),
            made_by or recipe(),
            limits=self.limits,
            **options,
        )

    def open(self):
        return open_generation(self.indexes, recipe())

    def write(self, name, text):
        (self.corpus / name).write_text(text, encoding="utf-8")

    @property
    def folder(self):
        return self.indexes / pointer.current(self.indexes)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def contents(generation):
    """All that a generation answers with, by path: independent of when and from what it was built."""
    told = {}
    for identity, path, metadata, count, pages in generation.documents():
        chunks = generation.chunks_of(identity)
        rows = generation.rows_of(identity)
        scores = generation.lexical_scores(["l:klaste", "p:spold", "l:umowa"])
        told[path] = (
            identity,
            metadata,
            count,
            pages,
            generation.document_text(identity),
            chunks,
            [generation.unit_vectors(row).tolist() for row in rows],
            [[len(ids) for ids in generation.unit_lemma_ids(row)] for row in rows],
            np.round(scores[rows], 5).tolist(),
            np.round(generation.cosines(FakeEmbedder().embed_query("klaster umowa"), rows), 5).tolist(),
        )
    return told, generation.vocabulary(), generation.size


# -- reading -------------------------------------------------------------------------------------------


def test_a_generation_gives_back_what_was_prepared(shelf):
    shelf.build()
    generation = shelf.open()
    text = toy_text(2, 3)
    document = toy_document("doc02.txt", text)
    identity = document.document.id
    assert generation.chunks_of(identity) == [item.chunk for item in document.chunks]
    assert generation.document_text(identity) == text
    assert generation.metadata_of(identity) == (Metadata("doc02", "pl"), "doc02.txt")
    assert generation.pages_of(identity) == document.document.pages
    assert generation.rows_of(identity) == [6, 7, 8]
    assert generation.chunk(7) == document.chunks[1].chunk
    assert [chunk.id for chunk in generation.chunks([8, 6])] == [
        document.chunks[2].chunk.id,
        document.chunks[0].chunk.id,
    ]
    assert (generation.size, generation.notice, generation.damage) == (12, "", ())
    assert [row[1:2] + row[3:] for row in generation.documents()] == [(f"doc0{n}.txt", 3, 1) for n in range(4)]
    assert generation.rows_of("unknown") == []
    assert generation.chunks_of("unknown") == []
    with pytest.raises(KeyError):
        generation.metadata_of("unknown")
    with pytest.raises(IndexError):
        generation.chunk(12)


def test_both_legs_find_a_chunk_by_its_own_words(shelf):
    shelf.build()
    generation = shelf.open()
    for row in range(generation.size):
        words = f"doc0{row // 3}. {generation.chunk(row).text}"
        vector = FakeEmbedder().embed_query(words)
        rows, cosines = generation.nearest(vector, 3)
        assert rows[0] == row
        assert cosines[0] == pytest.approx(1, abs=1e-5)
        exact_rows, exact_cosines = generation.exact(vector, 3)
        assert rows.tolist() == exact_rows.tolist()
        np.testing.assert_allclose(cosines, exact_cosines, atol=1e-6)
        np.testing.assert_allclose(generation.cosines(vector, rows), cosines, atol=1e-6)
        assert generation.lexical_scores(FakeAnalyzer().terms(words)).argmax() == row


def test_unit_vectors_and_lemmas_belong_to_the_units(shelf):
    shelf.build()
    generation = shelf.open()
    chunk = generation.chunk(4)
    vectors, lemmas = generation.unit_vectors(4), generation.unit_lemma_ids(4)
    assert vectors.shape == (3, 32)
    assert vectors.dtype == np.float32
    for unit, vector, ids in zip(chunk.units, vectors, lemmas, strict=True):
        np.testing.assert_allclose(vector, FakeEmbedder().embed_query(f"doc01. {unit.text}"), atol=1e-3)
        assert ids.tolist() == sorted(set(generation.lemma_ids(FakeAnalyzer().lemmas(unit.text)).tolist()))
    assert generation.lemma_ids(["nieznan"]).tolist() == [-1]


def test_frequencies_follow_the_lucene_formula_and_unknown_words_are_the_rarest(shelf):
    shelf.build()
    generation = shelf.open()
    texts = [f"doc0{row // 3}. {generation.chunk(row).text}" for row in range(generation.size)]
    frequency = sum("l:klaste" in FakeAnalyzer().terms(text) for text in texts)
    wanted = lexical.idf(np.array([frequency, 0]), 12)
    np.testing.assert_allclose(generation.idf(["l:klaste", "l:zzz"]), wanted)
    assert generation.lemma_idf(["zzz"])[0] == pytest.approx(np.log(1 + 12.5 / 0.5))
    weighted = generation.lexical_scores(["l:klaste", "l:zzz"], [0.4, 1])
    np.testing.assert_allclose(weighted, 0.4 * generation.lexical_scores(["l:klaste"]), rtol=1e-5)


def test_the_vocabulary_counts_surface_words(shelf):
    shelf.write("doc00.txt", "Klaster i klastra. Klaster.")
    shelf.build()
    vocabulary = shelf.open().vocabulary()
    assert vocabulary["klastra"] == 1
    assert vocabulary["doc00"] == 2  # title and heading, once each


def test_threads_may_read_one_generation(shelf):
    shelf.build()
    generation = shelf.open()
    wanted = [generation.chunk(row).id for row in range(12)]
    vector = FakeEmbedder().embed_query("klaster umowa")
    near = generation.nearest(vector, 5)[0].tolist()
    wrong = []

    def read():
        for turn in range(40):
            row = turn % 12
            if generation.chunk(row).id != wanted[row] or generation.nearest(vector, 5)[0].tolist() != near:
                wrong.append(row)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_empty_corpus_makes_an_empty_generation(shelf):
    for path in shelf.corpus.iterdir():
        path.unlink()
    report = shelf.build()
    assert report.counts.chunks == 0
    generation = shelf.open()
    assert generation.nearest(np.ones(32, np.float32), 5)[0].tolist() == []
    assert generation.exact(np.ones(32, np.float32), 5)[0].tolist() == []
    assert generation.lexical_scores(["l:klaste"]).tolist() == []
    assert generation.idf(["l:klaste"])[0] == pytest.approx(np.log(2))
    assert verify(shelf.indexes, recipe(), strict=True).ok
    assert shelf.build().up_to_date


def test_hostile_names_and_texts_survive(shelf):
    nasty = os.fsdecode(b"z\xff \xc5\xbc'\"\n.txt")
    shelf.write("doc00.txt", "Zażółć\0gęślą 😀 jaźń.")
    given = [*entries(shelf.corpus), Entry(nasty, "1")]

    def prepare(entry):
        return ToyReader(shelf.corpus)(entry) if entry.path != nasty else toy_document(nasty, "Klaster inny.")

    build(shelf.indexes, given, prepare, FakeEmbedder(), FakeAnalyzer(), recipe())
    generation = shelf.open()
    assert nasty in [path for _, path, *_ in generation.documents()]
    assert nasty in [verdict.path for verdict in generation.verdicts()]
    assert generation.chunk(0).text == "Zażółć\0gęślą 😀 jaźń."
    assert build(shelf.indexes, given, prepare, FakeEmbedder(), FakeAnalyzer(), recipe()).up_to_date


# -- building again ------------------------------------------------------------------------------------


def test_nothing_new_means_no_new_generation(shelf):
    first = shelf.build()
    again = shelf.build()
    assert again.up_to_date
    assert again.generation == first.generation
    assert shelf.reader.read == []
    assert shelf.embedder.embedded == []
    assert pointer.names(shelf.indexes) == [first.generation]
    assert again.verdicts == first.verdicts


def test_only_what_changed_is_read_and_embedded(shelf):
    shelf.build()
    shelf.write("doc01.txt", toy_text(1, 3) + "\n\nNowy akapit. Drugie zdanie.")
    report = shelf.build()
    assert shelf.reader.read == ["doc01.txt"]
    assert sorted(shelf.embedder.embedded) == sorted(
        ["doc01. Nowy akapit. Drugie zdanie.", "doc01. Nowy akapit.", "doc01. Drugie zdanie."]
    )
    assert (report.read, report.kept, report.embedded, report.removed) == (1, 3, 3, 0)
    assert report.counts.chunks == 13


def test_equal_texts_are_embedded_once(shelf):
    shelf.write("doc00.txt", "Jedno zdanie.\n\nJedno zdanie.")
    shelf.build()
    assert shelf.embedder.embedded.count("doc00. Jedno zdanie.") == 1
    generation = shelf.open()
    np.testing.assert_array_equal(generation.unit_vectors(0), generation.unit_vectors(1))


def test_a_full_build_takes_nothing_over(shelf):
    shelf.build()
    report = shelf.build(full=True)
    assert (report.read, report.kept, report.reused) == (4, 0, 0)
    assert not report.up_to_date


def test_a_shorter_version_leaves_no_orphan(shelf):
    shelf.write("doc01.txt", "Pierwszy akapit.\n\nKanarek osobliwy.")
    shelf.build()
    old = shelf.open().documents()[1][0]
    shelf.write("doc01.txt", "Pierwszy akapit.")
    shelf.build()
    generation = shelf.open()
    assert generation.rows_of(old) == []
    assert [chunk.text for chunk in generation.chunks_of(generation.documents()[1][0])] == ["Pierwszy akapit."]
    assert "osobliwy" not in generation.vocabulary()
    rows, _ = generation.nearest(FakeEmbedder().embed_query("doc01. Kanarek osobliwy."), generation.size)
    assert sorted(rows.tolist()) == list(range(generation.size))


def test_a_removed_document_is_in_no_byte_of_the_new_generation(shelf):
    shelf.write("secret.txt", "Kanarek zyxwvut śpiewa.")
    shelf.build()
    assert any(b"zyxwvut" in path.read_bytes() for path in shelf.folder.rglob("*") if path.is_file())
    identity = next(row[0] for row in shelf.open().documents() if row[1] == "secret.txt")
    vector = np.load(shelf.folder / "vectors.npy")[-1].tobytes()
    (shelf.corpus / "secret.txt").unlink()
    # as the programs do, in a process that never read it: what a library writes out may hold the process's old memory
    folder = str(shelf.indexes.parent)
    code = "import sys, pathlib; from tests.indexing.test_generations import Shelf"
    code += "; print(Shelf(pathlib.Path(sys.argv[1])).build().removed)"
    ran = [sys.executable, "-c", code, folder]
    done = subprocess.run(ran, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "1"
    traces = [b"zyxwvut", b"secret", identity.encode(), vector]
    for path in shelf.folder.rglob("*"):
        if path.is_file():
            assert not any(trace in path.read_bytes() for trace in traces), path
    assert verify(shelf.indexes, recipe(), strict=True).ok


EDITS = st.lists(
    st.tuples(st.sampled_from(["write", "drop", "twin", "refuse"]), st.integers(0, 4), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rounds=st.lists(EDITS, min_size=1, max_size=2))
def test_however_it_came_about_an_index_equals_one_built_from_nothing(tmp_path_factory, rounds):
    shelf = Shelf(tmp_path_factory.mktemp("edits"), files=3, paragraphs=2)
    shelf.build()
    for edits in rounds:
        for what, file, seed in edits:
            path = shelf.corpus / f"doc{file:02}.txt"
            if what == "write":
                path.write_text(toy_text(seed, 1 + seed), encoding="utf-8")
            elif what == "drop":
                path.unlink(missing_ok=True)
            elif what == "refuse":
                path.write_text("!")
            elif (shelf.corpus / "doc00.txt").exists():
                shutil.copy(shelf.corpus / "doc00.txt", path) if file else None
        shelf.build()
    shelf.build()
    grown = shelf.open()
    fresh = Shelf(tmp_path_factory.mktemp("fresh"), files=0)
    shutil.copytree(shelf.corpus, fresh.corpus, dirs_exist_ok=True)
    fresh.build()
    assert contents(grown) == contents(fresh.open())
    assert grown.verdicts() == fresh.open().verdicts()
    assert verify(shelf.indexes, recipe(), strict=True).ok


def test_a_large_graph_is_extended_for_a_change_and_rebuilt_for_a_removal(tmp_path):
    shelf = Shelf(tmp_path, files=10, paragraphs=5)
    shelf.limits = Limits(rebuilt_graph=20)
    assert not shelf.build().dense_copied
    shelf.write("doc03.txt", toy_text(3, 4) + "\n\nZmieniony akapit o klastrach.")
    report = shelf.build()
    assert report.dense_copied
    assert manifest.read(shelf.folder).ghosts == 5  # new bytes, new document: all its chunks have new ids
    assert verify(shelf.indexes, recipe(), strict=True).ok
    (shelf.corpus / "doc04.txt").unlink()
    assert not shelf.build().dense_copied
    assert manifest.read(shelf.folder).ghosts == 0


# -- files that cannot be indexed ----------------------------------------------------------------------


def test_a_refused_file_has_its_verdict_and_stops_nobody(shelf):
    shelf.write("bad.txt", "!")

    def prepare(entry):
        if entry.path == "doc01.txt":
            raise EncryptedDocument(path=entry.path, reason="password")
        if entry.path == "doc02.txt":
            raise FileNotFoundError(2, "No such file", entry.path)
        return ToyReader(shelf.corpus)(entry)

    report = shelf.build(prepare)
    outcome = {verdict.path: (verdict.outcome, verdict.error) for verdict in report.verdicts}
    assert outcome == {
        "bad.txt": (Outcome.REFUSED, "document_unreadable"),
        "doc00.txt": (Outcome.INDEXED, ""),
        "doc01.txt": (Outcome.REFUSED, "document_encrypted"),
        "doc02.txt": (Outcome.REFUSED, "document_unreadable"),
        "doc03.txt": (Outcome.INDEXED, ""),
    }
    assert report.counts.refused == 3
    assert tuple(shelf.open().verdicts()) == report.verdicts


def test_the_same_bytes_twice_are_one_document_and_the_second_is_told(shelf):
    shutil.copy(shelf.corpus / "doc01.txt", shelf.corpus / "zcopy.txt")
    report = shelf.build()
    (copy,) = [verdict for verdict in report.verdicts if verdict.path == "zcopy.txt"]
    assert copy.outcome is Outcome.WARNED
    assert (copy.warnings[0].code, copy.warnings[0].details) == ("duplicate_file", {"of": "doc01.txt"})
    assert report.counts.documents == 4
    (shelf.corpus / "doc01.txt").unlink()
    shelf.build()
    assert "zcopy.txt" in [path for _, path, *_ in shelf.open().documents()]
    assert verify(shelf.indexes, recipe(), strict=True).ok


def test_the_same_text_in_other_bytes_is_indexed_and_told(shelf):
    shelf.write("zcopy.txt", toy_text(1, 3) + "\n")
    report = shelf.build()
    (warning,) = report.verdicts[-1].warnings
    assert (warning.code, warning.details) == ("duplicate_text", {"of": "doc01.txt"})
    assert report.counts.documents == 5
    (shelf.corpus / "doc01.txt").unlink()
    assert shelf.build().verdicts[-1] == Verdict("zcopy.txt", Outcome.INDEXED, report.verdicts[-1].document_id)


# -- failures ------------------------------------------------------------------------------------------


class Sick(FakeEmbedder):
    def __init__(self, how):
        super().__init__()
        self.how = how

    def embed_passages(self, texts, progress=None):
        vectors = super().embed_passages(texts, progress)
        if self.how == "raises":
            raise EmbedderUnavailable(setting="embedder.base_url", reason="refused")
        if self.how == "short":
            return vectors[:-1]
        vectors[0] = {"nan": np.nan, "zero": 0.0}[self.how]
        return vectors


@pytest.mark.parametrize("how", ["raises", "short", "nan", "zero"])
def test_a_failing_embedder_leaves_the_old_generation_live(shelf, how):
    first = shelf.build()
    shelf.write("doc01.txt", "Zupełnie inny tekst.")
    with pytest.raises(EmbedderUnavailable):
        shelf.build(embedder=Sick(how))
    assert shelf.open().id == first.generation
    assert pointer.leftovers(shelf.indexes) == []
    assert not shelf.build().up_to_date


class Tired(FakeEmbedder):
    """Gives up after some blocks."""

    def __init__(self, blocks):
        super().__init__()
        self.left = blocks

    def embed_passages(self, texts, progress=None):
        if not self.left:
            raise EmbedderUnavailable(setting="embedder.base_url", reason="gone")
        self.left -= 1
        return super().embed_passages(texts, progress)


def test_what_was_embedded_before_a_failure_is_not_embedded_again(shelf):
    shelf.limits = Limits(block=10)
    with pytest.raises(EmbedderUnavailable):
        shelf.build(embedder=Tired(3))
    done = set(shelf.embedder.embedded)
    assert len(done) == 30
    report = shelf.build()
    assert not done & set(shelf.embedder.embedded)
    assert report.embedded == 48 - 30
    assert pointer.leftovers(shelf.indexes) == []
    assert verify(shelf.indexes, recipe(), strict=True).ok


def test_saved_work_of_another_embedder_or_damaged_is_not_used(shelf):
    shelf.limits = Limits(block=10)
    with pytest.raises(EmbedderUnavailable):
        shelf.build(embedder=Tired(3))
    (left,) = pointer.leftovers(shelf.indexes)
    stored = shelf.indexes / left / "pending" / "vectors"
    data = bytearray(stored.read_bytes())
    data[15 * 32 * 4] ^= 1  # in the second block
    stored.write_bytes(data)
    assert shelf.build().embedded == 48 - 10


@pytest.mark.parametrize("place", ["file", "file/indexes"])
def test_a_place_that_is_no_folder_is_a_storage_error(tmp_path, place):
    (tmp_path / "file").write_text("")
    shelf = Shelf(tmp_path)
    shelf.indexes = tmp_path / place
    with pytest.raises(IndexStorage):
        shelf.build()


def test_too_little_space_is_refused_before_anything_is_written(shelf):
    first = shelf.build()
    shelf.write("doc01.txt", "Nowy tekst.")
    shelf.limits = Limits(least_free=1 << 60)
    with pytest.raises(IndexStorage) as refused:
        shelf.build()
    assert refused.value.details["reason"] == "disk_full"
    assert shelf.open().id == first.generation


# -- other versions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"embedder": "other"}, "embedder"),
        ({"dimension": 64}, "dimension"),
        ({"chunking": "toy-2"}, "chunking"),
        ({"analyzer": "fake-2"}, "analyzer"),
        ({"k1": 1.2}, "k1"),
    ],
)
def test_another_recipe_does_not_open_and_is_named(shelf, change, what):
    shelf.build()
    before = sorted(path.stat().st_mtime_ns for path in shelf.indexes.rglob("*"))
    with pytest.raises(IndexMismatch) as refused:
        open_generation(shelf.indexes, recipe(**change))
    assert refused.value.details["what"] == what
    assert sorted(path.stat().st_mtime_ns for path in shelf.indexes.rglob("*")) == before


def test_a_generation_of_a_later_version_does_not_open(shelf):
    shelf.build()
    manifest.write(shelf.folder, replace(manifest.read(shelf.folder), format=99))
    with pytest.raises(IndexMismatch) as refused:
        shelf.open()
    assert refused.value.details == {"what": "format", "built": "99", "wanted": "1"}
    assert not shelf.build().up_to_date
    assert shelf.open().notice == ""


def test_a_new_recipe_takes_over_what_it_can(shelf):
    shelf.build()
    assert shelf.build(made_by=recipe(k1=1.2)).read == 0
    assert shelf.build(made_by=recipe(k1=1.2, chunking="toy-2")).embedded == 0
    changed = shelf.build(embedder=FakeEmbedder("other"), made_by=recipe(embedder="other"))
    assert (changed.read, changed.reused) == (4, 0)


# -- pointer and readers -------------------------------------------------------------------------------


def test_old_generations_are_kept_as_told_and_names_sort_by_age(shelf):
    made = []
    for number in range(4):
        shelf.write("doc00.txt", toy_text(number + 50))
        made.append(shelf.build(keep=2).generation)
    assert made == sorted(made)
    assert pointer.names(shelf.indexes) == made[-2:]


def test_names_sort_even_when_the_clock_goes_back():
    future = "29990101T000000000000-00000000"
    assert pointer.new_name(future) > future


def test_without_a_generation_the_index_is_missing(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(IndexMissing):
            open_generation(folder, recipe())


def test_readers_see_a_new_generation_and_keep_the_one_they_have(shelf):
    first = shelf.build().generation
    current = CurrentGeneration(shelf.indexes, recipe(), interval=0)
    old = current.get()
    assert old is current.get()
    before = contents(old)
    for number in range(3):  # the first one's folder is gone after the second switch
        shelf.write("doc00.txt", toy_text(number + 70))
        second = shelf.build(keep=1).generation
        assert current.get().id == second
    assert not (shelf.indexes / first).exists()
    assert (old.id, contents(old)) == (first, before)
    rows = old.nearest(FakeEmbedder().embed_query("klaster"), 3)[0]
    assert rows.tolist() == old.exact(FakeEmbedder().embed_query("klaster"), 3)[0].tolist()


def test_the_pointer_is_not_looked_at_more_often_than_told(shelf):
    shelf.build()
    current = CurrentGeneration(shelf.indexes, recipe(), interval=3600)
    first = current.get().id
    shelf.write("doc00.txt", "Inny tekst.")
    shelf.build()
    assert current.get().id == first
    current.close()
    assert current.get().id != first


def test_a_new_generation_that_does_not_open_leaves_the_old_one_in_use(shelf):
    first = shelf.build().generation
    current = CurrentGeneration(shelf.indexes, recipe(), interval=0)
    current.get()
    shelf.write("doc00.txt", "Inny tekst.")
    shelf.build(embedder=FakeEmbedder("other"), made_by=recipe(embedder="other"))
    assert current.get().id == first
    assert isinstance(current.problem, IndexMismatch)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts open files in /proc")
def test_a_generation_nobody_holds_lets_its_files_go(shelf):
    shelf.build()
    generation = shelf.open()
    assert held(shelf.indexes)
    del generation
    gc.collect()
    assert not held(shelf.indexes)


def held(folder):
    links = (os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
    return [os.readlink(link) for link in links if os.path.islink(link) and str(folder) in os.readlink(link)]


# -- damage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["chroma/chroma.sqlite3", "chroma/*/data_level0.bin", "vectors.npy", "unit_vectors.npy"]
)
@pytest.mark.parametrize("how", ["flip", "cut", "remove"])
def test_a_damaged_dense_leg_leaves_the_lexical_one_with_a_notice(shelf, name, how):
    shelf.build()
    whole = shelf.open()
    scores = whole.lexical_scores(["l:klaste"])
    whole.close()
    spoil(next(shelf.folder.glob(name)), how)
    generation = shelf.open()
    assert (generation.dense, generation.notice) == (None, "dense_unavailable")
    near = generation.nearest(np.ones(32, np.float32), 3)
    assert (near is None) == (not generation.has_vectors)  # without Chroma the vectors are compared one by one
    np.testing.assert_array_equal(generation.lexical_scores(["l:klaste"]), scores)
    assert generation.cosines(np.ones(32, np.float32), [0, 1]).shape == (2,)
    assert generation.unit_vectors(0).shape == (3, 32)
    assert not verify(shelf.indexes, recipe(), strict=True).ok
    assert not shelf.build().up_to_date
    assert shelf.open().notice == ""


@pytest.mark.parametrize("how", ["flip", "cut", "remove"])
def test_damaged_bm25_files_are_replaced_in_memory(shelf, how):
    shelf.build()
    scores = shelf.open().lexical_scores(["l:klaste", "p:umowa"])
    spoil(shelf.folder / "bm25/data.csc.index.npy", how)
    generation = shelf.open()
    assert generation.notice == ""
    assert generation.damage
    np.testing.assert_allclose(generation.lexical_scores(["l:klaste", "p:umowa"]), scores, rtol=1e-6)


@pytest.mark.parametrize("how", ["flip", "cut", "remove"])
@pytest.mark.parametrize("name", ["library.db", "manifest.json"])
def test_without_its_truth_a_generation_does_not_open_until_it_is_built_again(shelf, name, how):
    shelf.build()
    spoil(shelf.folder / name, how)
    with pytest.raises(IndexDamaged):
        shelf.open()
    report = shelf.build()
    assert (report.up_to_date, report.read) == (False, 4)
    assert shelf.open().size == 12


def test_chroma_failing_while_in_use_takes_the_dense_leg_out(shelf):
    shelf.build()
    generation = shelf.open()
    generation.dense.close()
    rows, _ = generation.nearest(np.ones(32, np.float32), 3)
    assert rows.tolist() == generation.exact(np.ones(32, np.float32), 3)[0].tolist()
    assert generation.notice == "dense_unavailable"


def spoil(path, how):
    if how == "remove":
        path.unlink()
    elif how == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        if path.suffix == ".sqlite3":  # a byte in use: an id
            data = bytearray(bytes(data).replace(b"hnsw-local-persisted", b"hnsw-local-persistex"))
        path.write_bytes(data)
