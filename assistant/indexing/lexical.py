"""The lexical leg: BM25 (Lucene's variant) over numbered terms. The only home of bm25s.

bm25s scores every (term, chunk) pair when the index is built (Lù, 2024, "BM25S"); a query adds up
columns. The terms themselves and their frequencies live in library.db, so the saved index is three
arrays and can be memory-mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

FOLDER = "bm25"


class Lexical:
    """Scores of chunks for weighted terms."""

    def __init__(self, size: int, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray) -> None:
        self.size = size
        self._data, self._indices, self._indptr = data, indices, indptr

    def scores(self, terms: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """float32 (size,): for every chunk the weighted sum of its terms' BM25; numbers below 0 add nothing."""
        total = np.zeros(self.size, np.float32)
        for term, weight in zip(terms.tolist(), weights.tolist(), strict=True):
            if term >= 0:
                column = slice(int(self._indptr[term]), int(self._indptr[term + 1]))
                total[self._indices[column]] += self._data[column] * np.float32(weight)
        return total

    @property
    def sound(self) -> bool:
        """Whether the arrays can be indexed by each other: no term or chunk out of range."""
        pointers = np.asarray(self._indptr)
        indices = np.asarray(self._indices)
        return bool(
            len(indices) == len(self._data) == int(pointers[-1])
            and np.all(np.diff(pointers) >= 0)
            and (len(indices) == 0 or (indices.min() >= 0 and indices.max() < self.size))
            and np.all(np.isfinite(self._data))
        )


def idf(frequencies: np.ndarray, size: int) -> np.ndarray:
    """float32: ln(1 + (N - df + 0.5) / (df + 0.5)), Lucene's; the highest for a term no chunk holds."""
    return np.log1p((size - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)


def build(
    chunks: Callable[[], Iterable[np.ndarray]],
    size: int,
    vocabulary: int,
    k1: float,
    b: float,
    save_to: Path | None = None,
    step: Callable[[int], None] | None = None,
) -> Lexical:
    """Index `size` chunks of terms numbered in [0, vocabulary); `chunks()` gives their arrays in row order, repeatably.

    With `save_to` the index is also written into that folder (unless there is nothing to write).
    `step` is told the rows done in the last of the passes.
    """
    if size == 0 or vocabulary == 0:
        return empty(size)
    import bm25s

    index = bm25s.BM25(k1=k1, b=b, method="lucene", backend="numpy")
    index.vocab_dict = {}
    index.scores = index.build_index_from_ids(range(vocabulary), _Lists(chunks, size, step), show_progress=False)
    if save_to:
        index.save(save_to, show_progress=False)
    return Lexical(size, index.scores["data"], index.scores["indices"], index.scores["indptr"])


def load(folder: Path, size: int, vocabulary: int) -> Lexical:
    """The saved index, memory-mapped. Raises OSError or ValueError when it does not fit the library."""
    if size == 0 or vocabulary == 0:
        return empty(size)
    import bm25s

    index = bm25s.BM25.load(folder, mmap=True, load_vocab=False, show_progress=False)
    scores = index.scores
    if scores["num_docs"] != size or len(scores["indptr"]) != vocabulary + 1:
        raise ValueError(f"{scores['num_docs']} chunks, {len(scores['indptr']) - 1} terms")
    return Lexical(size, scores["data"], scores["indices"], scores["indptr"])


def empty(size: int) -> Lexical:
    """The index of chunks without any term."""
    return Lexical(size, np.empty(0, np.float32), np.empty(0, np.int32), np.zeros(1, np.int64))


class _Lists(Sequence[list[int]]):
    """Chunks as the lists bm25s walks over, made one at a time: all of them at once are gigabytes."""

    def __init__(self, chunks: Callable[[], Iterable[np.ndarray]], size: int, step: Callable[[int], None] | None):
        self._chunks, self._size, self._step = chunks, size, step

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[list[int]]:
        for row, terms in enumerate(self._chunks()):
            if self._step and row % 500 == 0:
                self._step(row)
            yield terms.tolist()

    def __getitem__(self, place: object) -> list[int]:  # type: ignore[override]
        raise TypeError("only walked over")
