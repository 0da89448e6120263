"""Reading the index: an open generation, and the one that is live now.

A generation is opened once, checked, and read by any number of threads. When Chroma or the vectors
are damaged the lexical leg goes on alone (`dense` is None, `notice` says so); damaged BM25 files are
replaced in memory from library.db; without library.db there is nothing to read.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..domain.documents import Chunk, Metadata, Page, Verdict
from ..errors import AssistantError, IndexDamaged, IndexMissing
from . import dense as dense_leg
from . import lexical as lexical_leg
from . import manifest as manifests
from . import pointer
from .dense import Dense, DenseError
from .lexical import Lexical
from .library import Library
from .manifest import Manifest
from .records import Recipe
from .vectors import blocks, open_rows, top

LIBRARY = "library.db"
VECTORS = "vectors.npy"
UNIT_VECTORS = "unit_vectors.npy"
DENSE_UNAVAILABLE = "dense_unavailable"
LEXICAL_UNAVAILABLE = "lexical_unavailable"
CHECKED_BYTES = 256 << 20  # larger files are judged by their size on opening (sha256: 1.1 GB/s); verify reads all
REBUILT_ROWS = 50_000  # BM25 is rebuilt in memory up to here: 0.12 s per 1,000 chunks


class Generation:
    """An open generation. Rows are chunk numbers 0..size-1 in document order.

    `notice` is a code of [notices] or "": it may appear while open, when a leg fails. `damage` lists what
    was found wrong on opening, for the operator. Closed when it is no longer referenced.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        library: Library,
        vectors: np.ndarray | None,
        unit_vectors: np.ndarray | None,
        dense: Dense | None,
        lexical: Lexical | None,
        damage: tuple[str, ...] = (),
    ) -> None:
        self.id = manifest.id
        self.folder = folder
        self.manifest = manifest
        self.size = manifest.counts.chunks
        self.dimension = manifest.recipe.dimension
        self.dense = dense
        self.lexical = lexical
        self.damage = damage
        self._library = library
        self._vectors = vectors
        self._unit_vectors = unit_vectors
        self._close = weakref.finalize(self, _close, library, dense)

    def close(self) -> None:
        """Let the files go now instead of when the last reference goes."""
        self._close()

    @property
    def notice(self) -> str:
        """Which leg is out of use."""
        if self.dense is None:
            return DENSE_UNAVAILABLE
        return LEXICAL_UNAVAILABLE if self.lexical is None else ""

    @property
    def has_vectors(self) -> bool:
        """Whether meanings can be compared at all: by Chroma, or one by one when only Chroma is damaged."""
        return self._vectors is not None and self._unit_vectors is not None

    # -- the two legs ----------------------------------------------------------------------------

    def lexical_scores(self, terms: Sequence[str], weights: Sequence[float] | None = None) -> np.ndarray | None:
        """float32 (size,): for each chunk the weighted sum of its terms' BM25; unknown terms add 0.

        None when the lexical leg is out of use.
        """
        if self.lexical is None:
            return None
        numbers, _ = self._library.lookup("terms", terms)
        factors = np.ones(len(terms), np.float32) if weights is None else np.asarray(weights, np.float32)
        return self.lexical.scores(numbers, factors)

    def idf(self, terms: Sequence[str]) -> np.ndarray:
        """float32, one per term; unknown ones get the highest: ln(1 + (N + 0.5) / 0.5)."""
        return lexical_leg.idf(self._library.lookup("terms", terms)[1], self.size)

    def nearest(self, vector: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray] | None:
        """(rows int64, cosines float32) of about the k nearest chunks by Chroma, best first.

        The cosines are computed from the vectors, not taken from Chroma. A damaged Chroma is replaced by
        comparing with every vector; None when the vectors are damaged.
        """
        dense = self.dense
        if dense is None:
            return self.exact(vector, k) if self.has_vectors else None
        try:
            ids = dense.nearest(np.asarray(vector, np.float32), k)
        except DenseError as error:
            self.dense = None
            self.damage = (*self.damage, f"{dense_leg.FOLDER}: {error}")
            return self.exact(vector, k)
        known = self._library.rows
        rows = np.array([known[chunk_id] for chunk_id in ids if chunk_id in known], np.int64)
        cosines = self.cosines(vector, rows)
        order = np.lexsort((rows, -cosines))
        return rows[order], cosines[order]

    def exact(self, vector: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The same by comparing with every vector: the reference. Empty when the vectors are damaged."""
        if self._vectors is None:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = np.asarray(vector, np.float32)
        cosines = np.empty(self.size, np.float32)
        for part in blocks(self.size):
            cosines[part] = self._vectors[part] @ query
        rows = top(cosines, k)
        return rows.astype(np.int64), cosines[rows]

    def cosines(self, vector: np.ndarray, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """float32, one per row; zeros when the vectors are damaged (then `dense` is None)."""
        chosen = np.asarray(rows, np.int64)
        if self._vectors is None:
            return np.zeros(len(chosen), np.float32)
        return np.asarray(self._vectors[chosen] @ np.asarray(vector, np.float32), np.float32)

    # -- chunks ----------------------------------------------------------------------------------

    def chunk(self, row: int) -> Chunk:
        """Raises IndexError for a row that is not there."""
        return self._library.chunk(row)

    def chunks(self, rows: Sequence[int] | np.ndarray) -> list[Chunk]:
        """In the order asked for."""
        return self._library.chunks(rows)

    def unit_vectors(self, row: int) -> np.ndarray:
        """float32 (units of the chunk, dimension); zeros when the unit vectors are damaged."""
        start, end = self._library.unit_offsets[row : row + 2]
        if self._unit_vectors is None:
            return np.zeros((end - start, self.dimension), np.float32)
        return np.asarray(self._unit_vectors[start:end], np.float32)

    def unit_lemma_ids(self, row: int) -> list[np.ndarray]:
        """For each unit of the chunk: sorted distinct lemma numbers, int32."""
        return self._library.unit_lemma_ids(row)

    def lemma_ids(self, lemmas: Sequence[str]) -> np.ndarray:
        """int32; -1 for a lemma that stands nowhere."""
        return self._library.lookup("lemmas", lemmas)[0]

    def lemma_idf(self, lemmas: Sequence[str]) -> np.ndarray:
        """float32, over the chunks whose units hold the lemma; the highest for unknown ones."""
        return lexical_leg.idf(self._library.lookup("lemmas", lemmas)[1], self.size)

    def vocabulary(self) -> dict[str, int]:
        """Surface word, lower case -> how often it stands in the documents."""
        return self._library.vocabulary()

    # -- documents -------------------------------------------------------------------------------

    def documents(self) -> list[tuple[str, str, Metadata, int, int]]:
        """(id, path, metadata, number of chunks, number of pages), in the order of the files."""
        return self._library.documents()

    def verdicts(self) -> list[Verdict]:
        """One for every file that was offered to the builder."""
        return self._library.verdicts()

    def rows_of(self, document_id: str) -> list[int]:
        """In reading order; empty when the document is unknown."""
        return self._library.rows_of(document_id)

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """In reading order; empty when the document is unknown."""
        return self._library.chunks(self._library.rows_of(document_id))

    def chunks_with(self, chunk: Chunk, block: int) -> list[Chunk]:
        """The chunks, in reading order, that hold units of a block of which `chunk` holds some."""
        row = self._library.rows.get(chunk.id)
        if row is None:
            return [chunk]
        first = last = row
        while first > 0 and self._continues(first - 1, chunk.document_id, block):
            first -= 1
        while last + 1 < self.size and self._continues(last + 1, chunk.document_id, block):
            last += 1
        return self._library.chunks(range(first, last + 1))

    def _continues(self, row: int, document_id: str, block: int) -> bool:
        chunk = self._library.chunk(row)
        return chunk.document_id == document_id and any(unit.block == block for unit in chunk.units)

    def metadata_of(self, document_id: str) -> tuple[Metadata, str]:
        """Metadata and path. Raises KeyError for an unknown document."""
        return self._library.metadata_of(document_id)

    def document_text(self, document_id: str) -> str:
        """The whole text. Raises KeyError for an unknown document."""
        return self._library.document_text(document_id)

    def pages_of(self, document_id: str) -> tuple[Page, ...]:
        """Raises KeyError for an unknown document."""
        return self._library.pages_of(document_id)


class CurrentGeneration:
    """The live generation, reopened when the pointer is switched.

    `get` returns the same object until then; a caller keeps the one it got for as long as it likes, and it is
    closed when nobody holds it. A new one that cannot be opened is noted in `problem`, and the old one stays.
    """

    def __init__(self, indexes: Path, recipe: Recipe | None = None, interval: float = 0.5) -> None:
        self.problem: AssistantError | None = None
        self._indexes, self._recipe, self._interval = indexes, recipe, interval
        self._lock = threading.Lock()
        self._generation: Generation | None = None
        self._signature: tuple[int, ...] | None = None
        self._looked = -np.inf

    def get(self) -> Generation:
        """The pointer is looked at once an interval (seconds). Raises as open_generation does, while none is open."""
        generation = self._generation
        if generation is not None and time.monotonic() - self._looked < self._interval:
            return generation
        if not self._lock.acquire(blocking=generation is None):
            return generation if generation is not None else self.get()
        try:
            return self._look()
        finally:
            self._lock.release()

    def close(self) -> None:
        """Forget the generation; the next `get` opens one again."""
        with self._lock:
            self._generation, self._signature, self._looked = None, None, -np.inf

    def _look(self) -> Generation:
        if self._generation is not None and time.monotonic() - self._looked < self._interval:
            return self._generation
        signature = pointer.signature(self._indexes)
        if self._generation is None or (signature is not None and signature != self._signature):
            try:
                self._generation, self.problem = open_generation(self._indexes, self._recipe), None
            except AssistantError as error:
                if self._generation is None:
                    raise
                self.problem = error
            self._signature = signature
        self._looked = time.monotonic()
        return self._generation


def open_generation(indexes: Path, recipe: Recipe | None = None) -> Generation:
    """The live generation. Without `recipe` any is taken (to look at, not to search).

    Raises IndexMissing, IndexMismatch(what, built, wanted), IndexDamaged(generation, reason).
    """
    while True:
        name = pointer.current(indexes)
        try:
            generation = open_folder(indexes / name, recipe)
        except IndexDamaged:
            if not _switched(indexes, name):
                raise
        else:
            if not generation.damage or not _switched(indexes, name):
                return generation
            generation.close()
        # What looked like damage was a writer deleting an old generation while it was being opened.


def open_folder(folder: Path, recipe: Recipe | None = None, check: bool = True) -> Generation:
    """A generation by its folder; `check` compares its files with the manifest first (all but the very large)."""
    manifest = manifests.read(folder)
    if manifest.id != folder.name and not folder.name.startswith("."):
        raise IndexDamaged(generation=folder.name, reason="id")
    if recipe is not None:
        manifest.recipe.require(recipe)
    graph = (dense_leg.FOLDER + "/",)  # never handed to Chroma unread: its code trusts the file
    damaged = manifests.damage(folder, manifest.files, CHECKED_BYTES, always=graph) if check else []
    library = _open_library(folder, manifest, damaged)
    try:
        vectors, unit_vectors = _open_vectors(folder, manifest, library, damaged)
        dense = _open_dense(folder, manifest, vectors, unit_vectors, damaged, check)
        lexical = _open_lexical(folder, manifest, library, damaged)
        if dense is None and lexical is None:
            raise IndexDamaged(generation=folder.name, reason=", ".join(damaged))
    except BaseException:
        library.close()
        raise
    return Generation(folder, manifest, library, vectors, unit_vectors, dense, lexical, tuple(damaged))


def _switched(indexes: Path, name: str) -> bool:
    try:
        return pointer.current(indexes) != name
    except (IndexMissing, IndexDamaged):
        return False


def _open_library(folder: Path, manifest: Manifest, damaged: list[str]) -> Library:
    if LIBRARY in damaged:
        raise IndexDamaged(generation=folder.name, reason=LIBRARY)
    try:
        library = Library(folder / LIBRARY)
        if len(library.ids) != manifest.counts.chunks or library.unit_offsets[-1] != manifest.counts.units:
            library.close()
            raise ValueError("counts")
    except (sqlite3.Error, ValueError, OSError, TypeError) as error:
        raise IndexDamaged(generation=folder.name, reason=f"{LIBRARY}: {error}") from error
    return library


def _open_vectors(
    folder: Path, manifest: Manifest, library: Library, damaged: list[str]
) -> tuple[np.ndarray | None, np.ndarray | None]:
    arrays: list[np.ndarray | None] = []
    for name, rows, kind in (
        (VECTORS, manifest.counts.chunks, np.float32),
        (UNIT_VECTORS, manifest.counts.units, np.float16),
    ):
        array = None
        if name not in damaged:
            try:
                array = open_rows(folder / name, rows, manifest.recipe.dimension, kind)
            except (OSError, ValueError) as error:
                damaged.append(f"{name}: {error}")
        arrays.append(array)
    return arrays[0], arrays[1]


def _open_dense(
    folder: Path,
    manifest: Manifest,
    vectors: np.ndarray | None,
    unit_vectors: np.ndarray | None,
    damaged: list[str],
    check: bool,
) -> Dense | None:
    chroma = folder / dense_leg.FOLDER
    if vectors is None or unit_vectors is None or any(path.startswith(dense_leg.FOLDER + "/") for path in damaged):
        return None
    try:
        if check and manifest.counts.chunks and dense_leg.digest(chroma) != manifest.dense_digest:
            raise DenseError("digest")
        dense = Dense(chroma, manifest.counts.chunks)
        if manifest.counts.chunks:
            dense.nearest(np.asarray(vectors[0]), 1)  # loads the graph now: later the folder may be gone
        return dense
    except DenseError as error:
        damaged.append(f"{dense_leg.FOLDER}: {error}")
        return None


def _open_lexical(folder: Path, manifest: Manifest, library: Library, damaged: list[str]) -> Lexical | None:
    counts, recipe = manifest.counts, manifest.recipe
    if not any(path.startswith(lexical_leg.FOLDER + "/") for path in damaged):
        try:
            return lexical_leg.load(folder / lexical_leg.FOLDER, counts.chunks, counts.terms)
        except Exception as error:  # whatever bm25s makes of damaged files
            damaged.append(f"{lexical_leg.FOLDER}: {error}")
    if counts.chunks > REBUILT_ROWS:
        return None
    return lexical_leg.build(library.term_ids, counts.chunks, counts.terms, recipe.k1, recipe.b)


def _close(library: Library, dense: Dense | None) -> None:
    library.close()
    if dense is not None:
        dense.close()
