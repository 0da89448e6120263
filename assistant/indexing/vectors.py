"""Rows of vectors in .npy files: written row by row, read through the page cache.

Written with plain writes into space reserved beforehand: a full disk is then an error of the
write, where a memory map would kill the process.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

BLOCK = 4096  # rows moved at a time


class RowFile:
    """A new .npy file of shape (rows, dimension); space is reserved at once. Raises OSError."""

    def __init__(self, path: Path, rows: int, dimension: int, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self.dimension = dimension
        header = _header((rows, dimension), self.dtype)
        self._offset = len(header)
        self._row_bytes = dimension * self.dtype.itemsize
        self._file = open(path, "wb")  # noqa: SIM115 - closed by close
        try:
            self._file.write(header)
            self._file.flush()
            if rows:
                os.posix_fallocate(self._file.fileno(), 0, self._offset + rows * self._row_bytes)
        except BaseException:
            self._file.close()
            raise

    def write(self, row: int, values: np.ndarray) -> None:
        """Rows from `row` on; `values` has shape (n, dimension)."""
        data = memoryview(np.ascontiguousarray(values, dtype=self.dtype).tobytes())
        position = self._offset + row * self._row_bytes
        while data:
            written = os.pwrite(self._file.fileno(), data, position)
            position, data = position + written, data[written:]

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def open_rows(path: Path, rows: int, dimension: int, dtype: DTypeLike) -> np.ndarray:
    """The file as a read-only array (memory-mapped). Raises ValueError when it is not what the caller expects."""
    if (
        path.stat().st_size
        != len(_header((rows, dimension), np.dtype(dtype))) + rows * dimension * np.dtype(dtype).itemsize
    ):
        raise ValueError(f"{path.name}: size")
    if rows == 0:
        return np.empty((0, dimension), dtype)
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.shape != (rows, dimension) or array.dtype != np.dtype(dtype):
        raise ValueError(f"{path.name}: shape {array.shape}, {array.dtype}")
    return array


def blocks(rows: int, size: int = BLOCK) -> Iterator[slice]:
    """[0, rows) in pieces."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def norms_are_one(array: np.ndarray, tolerance: float) -> tuple[bool, float]:
    """(every row finite and of length 1 within tolerance, the largest deviation); reads all of it, in blocks."""
    worst = 0.0
    for part in blocks(len(array)):
        lengths = np.linalg.norm(np.asarray(array[part], dtype=np.float32), axis=1)
        deviation = np.abs(lengths - 1)
        worst = max(worst, float(np.max(np.where(np.isfinite(deviation), deviation, np.inf))))
    return worst <= tolerance, worst


def top(scores: np.ndarray, k: int) -> np.ndarray:
    """Positions of the k highest scores, best first; equal ones in order of position."""
    if k < len(scores):
        chosen = np.argpartition(-scores, k - 1)[:k]
        edge = scores[chosen].min()
        chosen = np.flatnonzero(scores >= edge)
    else:
        chosen = np.arange(len(scores))
    return chosen[np.lexsort((chosen, -scores[chosen]))][:k]


def _header(shape: tuple[int, int], dtype: np.dtype) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    return buffer.getvalue()
