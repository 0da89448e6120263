import json

import numpy as np
import pytest

from assistant.errors import IndexMissing
from assistant.indexing import manifest, pointer
from assistant.indexing.building import build
from assistant.indexing.verification import verify
from tests.fakes import FakeAnalyzer, FakeEmbedder, ToyReader, entries, recipe, toy_corpus


@pytest.fixture
def indexes(tmp_path):
    corpus = toy_corpus(tmp_path / "corpus", files=3, paragraphs=3)
    build(tmp_path / "indexes", entries(corpus), ToyReader(corpus), FakeEmbedder(), FakeAnalyzer(), recipe())
    return tmp_path / "indexes"


def failed(report):
    return {check.name for check in report.checks if not check.ok}


def seal_again(folder):
    """The manifest of one who changes a file and its checksum with it."""
    known = manifest.read(folder)
    files = manifest.record(folder, [folder / path for path in known.files])
    values = {name: getattr(known, name) for name in manifest.Manifest.__dataclass_fields__}
    manifest.write(folder, manifest.Manifest(**{**values, "files": files}))


def test_a_good_generation_passes_every_check(indexes):
    for strict in (False, True):
        report = verify(indexes, recipe(), strict=strict)
        assert report.ok, failed(report)
        assert report.generation == pointer.current(indexes)
    assert {"files", "library", "vectors", "dense_vectors", "self_recall", "lexical"} <= {
        check.name for check in report.checks
    }


def test_without_an_index_there_is_nothing_to_verify(tmp_path):
    with pytest.raises(IndexMissing):
        verify(tmp_path)


def test_another_recipe_is_told_by_name(indexes):
    report = verify(indexes, recipe(embedder="other-1"))
    (check,) = [check for check in report.checks if not check.ok]
    assert check.name == "recipe"
    assert "what=embedder, built=fake-1, wanted=other-1" in check.details["reason"]


def change_vectors(folder):
    rows = np.load(folder / "vectors.npy")
    rows[[0, 1]] = rows[[1, 0]]
    np.save(folder / "vectors.npy", rows)


def scale_vectors(folder):
    np.save(folder / "vectors.npy", np.load(folder / "vectors.npy") * np.float32(1.1))


def poison_unit_vectors(folder):
    rows = np.load(folder / "unit_vectors.npy")
    rows[3, 2] = np.nan
    np.save(folder / "unit_vectors.npy", rows)


def change_scores(folder):
    scores = np.load(folder / "bm25/data.csc.index.npy")
    np.save(folder / "bm25/data.csc.index.npy", scores * np.float32(1.5))


def change_text(folder):
    edit(folder, "UPDATE documents SET text = replace(text, 'klaster', 'KLASTER')")


def drop_chunk(folder):
    edit(folder, "DELETE FROM chunks WHERE row = 2")


def orphan_document(folder):
    edit(folder, "DELETE FROM files WHERE position = 1")


def edit(folder, statement):
    import sqlite3

    library = sqlite3.connect(folder / "library.db")
    library.execute(statement)
    library.commit()
    library.close()


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (change_vectors, "dense_vectors"),
        (scale_vectors, "vectors"),
        (poison_unit_vectors, "unit_vectors"),
        (change_scores, "lexical"),
        (change_text, "library"),
        (drop_chunk, "library"),
        (orphan_document, "library"),
    ],
)
def test_content_that_does_not_agree_fails_even_with_right_checksums(indexes, change, check):
    folder = indexes / pointer.current(indexes)
    change(folder)
    seal_again(folder)
    assert check in failed(verify(indexes, recipe(), strict=True))


def test_a_file_that_nobody_knows_fails(indexes):
    (indexes / pointer.current(indexes) / "copy.txt").write_text("?")
    assert failed(verify(indexes, strict=True)) == {"files"}


def test_a_changed_manifest_fails(indexes):
    file = indexes / pointer.current(indexes) / manifest.FILE
    content = json.loads(file.read_text())
    content["counts"]["chunks"] += 1
    file.write_text(json.dumps(content))
    assert failed(verify(indexes)) == {"manifest"}


def test_a_pointer_to_nowhere_fails(indexes):
    (indexes / pointer.POINTER).write_text("20200101T000000000000-00000000\n")
    assert failed(verify(indexes)) == {"pointer"}


def test_what_a_dead_builder_left_is_told_but_no_failure(indexes):
    (indexes / f"{pointer.BUILDING}x").mkdir()
    report = verify(indexes)
    assert report.ok
    assert report.checks[-1].details["found"] == [f"{pointer.BUILDING}x"]
