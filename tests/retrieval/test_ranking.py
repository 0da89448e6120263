"""Coverage is by idf mass, and a word the index does not have is held by nothing."""

import numpy as np
import pytest

from assistant.retrieval.ranking import TextTerms, load_weights


def terms(*pairs: tuple[int, float]) -> TextTerms:
    return TextTerms(
        np.array([number for number, _ in pairs], np.int32), np.array([idf for _, idf in pairs], np.float32)
    )


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def test_coverage_is_the_share_of_idf_mass() -> None:
    question = terms((1, 3.0), (2, 1.0))
    assert question.share(question.hits(ids(1))) == pytest.approx(0.75)
    assert question.share(question.hits(ids(5)) | question.hits(ids(1, 2))) == 1.0
    assert question.share(()) == 0.0


def test_an_unknown_word_is_held_by_nothing() -> None:
    question = terms((-1, 3.0))
    assert question.share(question.hits(ids(-1, 7))) == 0.0
    assert question.overlap(terms((-1, 3.0))) == 0.0


def test_the_same_words_overlap_fully_whatever_their_order() -> None:
    assert terms((1, 3.0), (2, 1.0)).overlap(terms((2, 1.0), (1, 3.0))) == pytest.approx(1.0)
    assert terms((1, 3.0)).overlap(terms((2, 1.0))) == 0.0
    assert terms().overlap(terms()) == 0.0


def test_the_packaged_weights_load() -> None:
    weights = load_weights()
    assert 0 < weights.bars.partial <= weights.bars.answered < 1
