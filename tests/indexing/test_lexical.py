import numpy as np
import pytest

from assistant.indexing import lexical

CHUNKS = [[0, 1, 1, 2], [1, 3], [], [2, 2, 2, 4, 0]]
K1, B = 0.9, 0.8


def build(chunks, vocabulary=5, folder=None):
    arrays = [np.array(chunk, np.int32) for chunk in chunks]
    return lexical.build(lambda: iter(arrays), len(chunks), vocabulary, K1, B, folder)


def by_formula(chunks, term, row):
    """BM25 as Lucene counts it."""
    size, mean = len(chunks), sum(map(len, chunks)) / len(chunks)
    df = sum(term in chunk for chunk in chunks)
    tf = chunks[row].count(term)
    return np.log(1 + (size - df + 0.5) / (df + 0.5)) * tf / (tf + K1 * (1 - B + B * len(chunks[row]) / mean))


def test_scores_are_bm25_of_the_lucene_variant():
    index = build(CHUNKS)
    for term in range(5):
        wanted = [by_formula(CHUNKS, term, row) for row in range(len(CHUNKS))]
        np.testing.assert_allclose(index.scores(np.array([term]), np.ones(1)), wanted, rtol=1e-5)


def test_weights_multiply_and_unknown_terms_add_nothing():
    index = build(CHUNKS)
    one, two = index.scores(np.array([1]), np.ones(1)), index.scores(np.array([2]), np.ones(1))
    got = index.scores(np.array([1, -1, 2]), np.array([2.0, 5.0, 0.5]))
    np.testing.assert_allclose(got, 2 * one + 0.5 * two, rtol=1e-6)
    assert got.dtype == np.float32


def test_a_saved_index_scores_the_same(tmp_path):
    built = build(CHUNKS, folder=tmp_path)
    loaded = lexical.load(tmp_path, len(CHUNKS), 5)
    terms = np.arange(5)
    np.testing.assert_array_equal(built.scores(terms, np.ones(5)), loaded.scores(terms, np.ones(5)))
    assert loaded.sound


@pytest.mark.parametrize(
    ("chunks", "vocabulary"),
    [([], 0), ([[], []], 0)],
    ids=["no chunks", "chunks of stopwords only"],
)
def test_an_index_without_terms_scores_zero(tmp_path, chunks, vocabulary):
    built = build(chunks, vocabulary, tmp_path)
    loaded = lexical.load(tmp_path, len(chunks), vocabulary)
    for index in (built, loaded):
        assert index.scores(np.array([-1]), np.ones(1)).tolist() == [0.0] * len(chunks)


def test_an_index_of_another_library_is_refused(tmp_path):
    build(CHUNKS, folder=tmp_path)
    with pytest.raises(ValueError, match="4 chunks"):
        lexical.load(tmp_path, 5, 5)


def test_an_unknown_term_has_the_highest_idf():
    known, unknown = lexical.idf(np.array([1, 0]), 10)
    assert unknown == pytest.approx(np.log(1 + 10.5 / 0.5))
    assert unknown > known
