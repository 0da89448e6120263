"""The dense leg: nearest neighbours by cosine in Chroma's HNSW graph. The only home of chromadb.

A collection holds ids and vectors, never words, so nothing readable stays behind when a chunk is
deleted. Measured with chromadb 1.5.9:

- Chroma keeps what was added since its last sync in a queue and replays it at every opening (1 ms a
  vector); the sync threshold is therefore set so that the last batch of a build ends in a sync.
- Opening writes a row into chroma.sqlite3 and leaves the graph's files alone: those have checksums,
  the tables have `digest`. The graph's code trusts its files, so both are compared before it sees them.
- Deleting leaves the vector in the graph's file and can make live ones unreachable (chroma issues
  7662, 7758): `extend` is for small changes only, and what it made is verified like everything else.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import faults

FOLDER = "chroma"
TABLES = "chroma.sqlite3"
BATCH = 2000  # vectors an insertion; measured: larger ones are no faster
SYNCS = 8  # at most so often is the whole graph written during a build
_NAME = "chunks"
_GRAPH = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32}


class DenseError(Exception):
    """Chroma could not do what it was asked; the text is its own."""


class Dense:
    """An open collection; `close` lets its files go. Raises DenseError."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        self._client: Any = None
        self._collection: Any = None
        if size == 0:
            return
        if not (folder / TABLES).is_file():
            raise DenseError(f"{TABLES}: missing")  # Chroma would make a new one
        self._client = _client(folder)
        try:
            with _chroma():
                self._collection = self._client.get_collection(_NAME, embedding_function=None)
                count = self._collection.count()
            if count != size:
                raise DenseError(f"{count} of {size} vectors")
        except BaseException:
            self.close()
            raise

    def nearest(self, vector: np.ndarray, k: int) -> list[str]:
        """Ids of about the k nearest, best first."""
        if self.size == 0 or k < 1:
            return []
        with _chroma():
            found = self._collection.query(query_embeddings=[vector], n_results=min(k, self.size), include=[])
        return list(found["ids"][0])

    def stored(self, ids: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors under these ids; those Chroma does not have are missing."""
        found: dict[str, np.ndarray] = {}
        for start in range(0, len(ids), BATCH):
            with _chroma():
                part = self._collection.get(ids=list(ids[start : start + BATCH]), include=["embeddings"])
            found.update(zip(part["ids"], part["embeddings"], strict=True))
        return found

    def close(self) -> None:
        """Let the files go; safe to call twice."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close()


def build(folder: Path, ids: Sequence[str], vectors: np.ndarray, step: Callable[[int], None]) -> None:
    """A new collection. `vectors` has shape (len(ids), dimension); `step` is told how many are in."""
    if not ids:
        return
    folder.mkdir()
    batches = math.ceil(len(ids) / BATCH)
    syncs = min(batches, SYNCS)
    batches = math.ceil(batches / syncs) * syncs
    smallest = len(ids) // batches
    graph = {
        **_GRAPH,
        "ef_search": _ef_search(len(ids)),
        "batch_size": max(2, min(100, smallest)),
        "sync_threshold": max(2, batches // syncs * smallest),
    }
    client = _client(folder)
    try:
        with _chroma():
            collection = client.create_collection(_NAME, embedding_function=None, configuration={"hnsw": graph})
        for part in np.array_split(np.arange(len(ids)), batches):
            chosen = slice(int(part[0]), int(part[-1]) + 1)
            with _chroma():
                collection.add(ids=list(ids[chosen]), embeddings=np.asarray(vectors[chosen]))
            faults.point("dense_batch")
            step(chosen.stop)
        if len(ids) == 1:  # a sync needs two operations
            with _chroma():
                collection.update(ids=list(ids), embeddings=np.asarray(vectors))
    finally:
        with contextlib.suppress(Exception):
            client.close()


def extend(folder: Path, size: int, removed: Sequence[str], added: Sequence[str], vectors: np.ndarray) -> None:
    """Change a copied collection, `size` vectors large afterwards; `vectors` belong to `added`."""
    with contextlib.closing(_client(folder)) as client, _chroma(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Chroma's, about its own configuration
        collection = client.get_collection(_NAME, embedding_function=None)
        # A changed threshold holds from the next opening.
        collection.modify(configuration={"hnsw": {"sync_threshold": 2, "ef_search": _ef_search(size)}})
    with contextlib.closing(_client(folder)) as client:
        with _chroma():
            collection = client.get_collection(_NAME, embedding_function=None)
        for start in range(0, len(removed), BATCH):
            with _chroma():
                collection.delete(ids=list(removed[start : start + BATCH]))
            faults.point("dense_batch")
        parts = np.array_split(np.arange(len(added)), max(1, math.ceil(len(added) / BATCH)))
        for part in parts if len(added) else []:
            chosen = slice(int(part[0]), int(part[-1]) + 1)
            with _chroma():
                collection.add(ids=list(added[chosen]), embeddings=np.asarray(vectors[chosen]))
                if len(part) == 1:
                    collection.update(ids=list(added[chosen]), embeddings=np.asarray(vectors[chosen]))
            faults.point("dense_batch")


def graph_files(folder: Path) -> list[Path]:
    """The files of the graph: all but the tables."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(TABLES)]


def digest(folder: Path) -> str:
    """sha256 over everything Chroma's tables mean; equal before and after an opening. Raises DenseError.

    Left out: `acquire_write`, which gets a row at each opening.
    """
    if not (folder / TABLES).is_file():
        raise DenseError(f"{TABLES}: missing")
    state = hashlib.sha256()
    try:
        with contextlib.closing(sqlite3.connect(f"{(folder / TABLES).resolve().as_uri()}?mode=ro", uri=True)) as tables:
            if tables.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
                raise DenseError(f"{TABLES}: quick_check")
            for statement in _MEANING:
                for row in tables.execute(statement):
                    state.update(repr(row).encode("utf-8", "backslashreplace"))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise DenseError(f"{TABLES}: {error}") from error
    return state.hexdigest()


def ids(folder: Path) -> list[str]:
    """The ids in Chroma's tables, sorted. Raises DenseError."""
    try:
        with contextlib.closing(sqlite3.connect(f"{(folder / TABLES).resolve().as_uri()}?mode=ro", uri=True)) as tables:
            return [row[0] for row in tables.execute("SELECT embedding_id FROM embeddings ORDER BY embedding_id")]
    except sqlite3.Error as error:
        raise DenseError(f"{TABLES}: {error}") from error


_MEANING = (
    "SELECT type, name, sql FROM sqlite_master ORDER BY name",
    "SELECT dir, version, hash FROM migrations ORDER BY dir, version",
    "SELECT * FROM tenants",
    "SELECT * FROM databases",
    "SELECT * FROM collections",
    "SELECT * FROM collection_metadata",
    "SELECT * FROM segments ORDER BY id",
    "SELECT * FROM max_seq_id ORDER BY segment_id",
    "SELECT * FROM embeddings_queue ORDER BY seq_id",
    "SELECT * FROM embeddings_queue_config",
    "SELECT id, segment_id, embedding_id, seq_id FROM embeddings ORDER BY id",
    "SELECT COUNT(*) FROM embedding_metadata",
)


def _ef_search(size: int) -> int:
    """200 finds all exact neighbours at 20,000 vectors (measured); more are visited in a larger graph."""
    return max(200, min(800, size // 250))


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    with _chroma():
        return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


@contextlib.contextmanager
def _chroma() -> Iterator[None]:
    """Chroma's errors, and the panics of its Rust part (no Exceptions), as ours."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise DenseError(f"{type(error).__name__}: {error}"[:300]) from error
