import os
import shutil
import time

import numpy as np
import pytest

from assistant.indexing import dense
from assistant.indexing.dense import Dense, DenseError


def unit_vectors(count, dimension=16, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def names(count, prefix="c"):
    return [f"{prefix}{number}" for number in range(count)]


def build(folder, count):
    vectors = unit_vectors(count)
    dense.build(folder, names(count), vectors, lambda done: None)
    return vectors


def bytes_of_graph(folder):
    return {path.name: path.read_bytes() for path in dense.graph_files(folder)}


@pytest.mark.parametrize("count", [1, 2, 3, 99, 101, 2001])
def test_what_went_in_is_found_again_and_opening_leaves_the_graph_alone(tmp_path, count):
    vectors = build(tmp_path / "c", count)
    before, digest = bytes_of_graph(tmp_path / "c"), dense.digest(tmp_path / "c")
    collection = Dense(tmp_path / "c", count)
    for row in {0, count // 2, count - 1}:
        assert collection.nearest(vectors[row], 1) == [f"c{row}"]
    stored = collection.stored(names(count))
    collection.close()
    np.testing.assert_allclose([stored[name] for name in names(count)], vectors, atol=1e-6)
    assert bytes_of_graph(tmp_path / "c") == before
    assert dense.digest(tmp_path / "c") == digest


def test_neighbours_come_best_first_and_never_more_than_there_are(tmp_path):
    vectors = build(tmp_path / "c", 50)
    collection = Dense(tmp_path / "c", 50)
    wanted = [f"c{row}" for row in np.argsort(-(vectors @ vectors[7]))]
    assert collection.nearest(vectors[7], 10) == wanted[:10]
    assert len(collection.nearest(vectors[7], 500)) == 50
    assert collection.nearest(vectors[7], 0) == []
    collection.close()


def test_an_empty_collection_has_no_neighbours_and_no_files(tmp_path):
    dense.build(tmp_path / "c", [], np.empty((0, 16), np.float32), lambda done: None)
    assert not (tmp_path / "c").exists()
    assert Dense(tmp_path / "c", 0).nearest(unit_vectors(1)[0], 3) == []


@pytest.mark.parametrize(
    ("removed", "added"),
    [(3, 4), (0, 1), (0, 5), (5, 0), (1, 0), (1, 1)],
    ids=["both", "one more", "more", "fewer", "one fewer", "one for one"],
)
def test_an_extended_copy_holds_exactly_the_difference(tmp_path, removed, added):
    vectors = build(tmp_path / "old", 120)
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    more = unit_vectors(added, seed=9)
    size = 120 - removed + added
    dense.extend(tmp_path / "new", size, names(removed), names(added, "n"), more)
    before = bytes_of_graph(tmp_path / "new")
    collection = Dense(tmp_path / "new", size)
    assert dense.ids(tmp_path / "new") == sorted(names(120)[removed:] + names(added, "n"))
    assert collection.nearest(vectors[60], 1) == ["c60"]
    for row in range(added):
        assert collection.nearest(more[row], 1) == [f"n{row}"]
    for row in range(removed):
        assert collection.nearest(vectors[row], 1) != [f"c{row}"]
    collection.close()
    assert bytes_of_graph(tmp_path / "new") == before
    assert len(dense.ids(tmp_path / "old")) == 120


def test_two_collections_side_by_side_do_not_mix(tmp_path):
    build(tmp_path / "a", 10)
    dense.build(tmp_path / "b", names(10, "b"), unit_vectors(10, seed=3), lambda done: None)
    first, again, second = (Dense(tmp_path / name, 10) for name in ("a", "a", "b"))
    query = unit_vectors(1, seed=5)[0]
    assert {name[0] for name in first.nearest(query, 10)} == {"c"}
    assert {name[0] for name in second.nearest(query, 10)} == {"b"}
    first.close()
    assert len(again.nearest(query, 10)) == 10
    again.close()
    second.close()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts open files in /proc")
def test_closing_lets_every_file_go(tmp_path):
    build(tmp_path / "c", 30)

    def held():
        links = (os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
        return [os.readlink(link) for link in links if os.path.islink(link) and str(tmp_path) in os.readlink(link)]

    collection = Dense(tmp_path / "c", 30)
    collection.nearest(unit_vectors(1)[0], 1)
    assert held()
    collection.close()
    collection.close()
    deadline = time.monotonic() + 2  # Chroma lets go a few milliseconds later
    while held() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not held()


def test_the_digest_sees_a_changed_table(tmp_path):
    import sqlite3

    build(tmp_path / "c", 10)
    digest = dense.digest(tmp_path / "c")
    tables = sqlite3.connect(tmp_path / "c" / dense.TABLES)
    tables.execute("UPDATE embeddings SET embedding_id = 'x' WHERE embedding_id = 'c3'")
    tables.commit()
    tables.close()
    assert dense.digest(tmp_path / "c") != digest


@pytest.mark.parametrize("size", [9, 11])
def test_a_collection_of_another_size_is_refused(tmp_path, size):
    build(tmp_path / "c", 10)
    with pytest.raises(DenseError, match="10 of"):
        Dense(tmp_path / "c", size)


def test_a_missing_collection_is_an_error_and_is_not_made(tmp_path):
    for attempt in (lambda: Dense(tmp_path, 3), lambda: dense.digest(tmp_path)):
        with pytest.raises(DenseError, match="missing"):
            attempt()
    assert not list(tmp_path.iterdir())
