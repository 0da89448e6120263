"""The bundled reader: how likely a passage answers a question, by the bundled model adapted to reading both at once.

The adapter (`data/reader.npz`, LoRA factors and a head, trained by `evals/training/train.py`) is laid over
the same packed weights that the embedder uses, so nothing is downloaded; the graph is built once.
A reader is an extra opinion: whoever cannot open it goes on without.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TypeVar

import numpy as np

from .embedders import graph, onnx_engine, store, tokenizer, weights

ADAPTER = Path(__file__).parent / "data" / "reader.npz"
TOKENS = 128  # of question and passage together, as in training; the passage is cut
QUESTION_TOKENS = 60

log = logging.getLogger(__name__)
Made = TypeVar("Made")


class BundledReader:
    """Reads passages with the bundled model. Opens nothing before the first question."""

    def __init__(self, models_dir: Path, threads: int) -> None:
        self._models_dir, self._threads = models_dir, threads
        self._opening = Lock()
        self._session: onnx_engine.Session | None = None
        self._failed = False

    def prepare(self) -> None:
        """Have the model built (3 s, once) before somebody waits for an answer; it is not opened."""
        with self._opening:
            self._tried(lambda: build(self._models_dir))

    def read(self, question: str, passages: Sequence[str]) -> list[float] | None:
        """The score of each passage, a log-odds; None when the reader cannot be used here."""
        session = self._open()
        if session is None or not passages:
            return None if session is None else []
        pairs = self._pairs(session, question, passages)
        return list(self._pool.map(session.score, pairs))

    def _open(self) -> onnx_engine.Session | None:
        with self._opening:
            if self._session is None:
                self._session = self._tried(lambda: onnx_engine.Session(build(self._models_dir)))
            return self._session

    def _tried(self, make: Callable[[], Made]) -> Made | None:
        """What `make` makes; None after its first failure, which is logged once and not tried again."""
        if self._failed:
            return None
        try:
            return make()
        except Exception as error:  # whatever a library or disk comes up with: an opinion less
            self._failed = True
            log.warning("No reader (%s: %s); answers are chosen without it.", type(error).__name__, error)
            return None

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, "read")

    def _pairs(self, session: onnx_engine.Session, question: str, passages: Sequence[str]) -> list[list[int]]:
        asked, *read = session.encode(
            [weights.QUERY_PREFIX + question, *(weights.PASSAGE_PREFIX + passage for passage in passages)]
        )
        asked = asked[:QUESTION_TOKENS]
        begin, end = onnx_engine.BEGIN, onnx_engine.END
        return [[begin, *asked, end, end, *ids[: TOKENS - len(asked) - 4], end] for ids in read]


def build(models_dir: Path) -> Path:
    """The folder with the reader's model.onnx and tokenizer.json, built when missing or damaged (about 3 s)."""
    packed = weights.locate()

    def write(folder: Path) -> None:
        opened = weights.read(packed)
        graph.save(opened, folder / "model.onnx", load(ADAPTER))
        tokenizer.save(opened, folder / "tokenizer.json")

    adapted = hashlib.sha256(ADAPTER.read_bytes()).hexdigest()[:12]
    return store.ensure(models_dir / f"reader-{weights.checksum(packed)[:12]}-{adapted}-onnx{graph.RECIPE}", write)


def load(file: Path) -> graph.Adapter:
    """The adapter of a file: "l0.q.a", "l0.q.b", …, "head.0.w", "head.0.b", "head.2.w", "head.2.b" in fp16."""
    with np.load(file) as parts:
        named = {name: parts[name].astype(np.float32) for name in parts.files}
    names = {name.rsplit(".", 1)[0] for name in named if name.startswith("l")}
    head = tuple(named[name] for name in ("head.0.w", "head.0.b", "head.2.w", "head.2.b"))
    return graph.Adapter({name: (named[name + ".a"], named[name + ".b"]) for name in names}, head)
