"""Building a generation: next to the live one, verified, then switched to, or nothing at all.

Read (what changed is parsed and analysed, the rest is copied row by row from the parent) → embed
(only texts without a vector, longest first, in one stream) → vectors → BM25 → Chroma → manifest →
verification → rename → pointer. Whatever fails before the pointer is switched leaves the old
generation as it was and its own folder deleted; a killed builder's folder is deleted by the next.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import sqlite3
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ..domain.documents import Outcome, Verdict, Warning_
from ..domain.ports import Embedder
from ..errors import (
    DocumentError,
    EmbedderUnavailable,
    IndexDamaged,
    IndexError_,
    IndexStorage,
    UnreadableDocument,
)
from . import dense as dense_leg
from . import faults, locking, pointer
from . import lexical as lexical_leg
from . import manifest as manifests
from .dense import DenseError
from .generations import LIBRARY, UNIT_VECTORS, VECTORS
from .library import Library, LibraryWriter
from .manifest import Manifest
from .pending import Finder, Pending, Salvage, salvage, text_hash
from .records import (
    Analyzer,
    BuildReport,
    Check,
    Counts,
    Entry,
    Limits,
    Prepare,
    PreparedDocument,
    Progress,
    Recipe,
)
from .vectors import RowFile, blocks, open_rows
from .verification import verify_folder

DUPLICATE = "duplicate_file"  # warning: the same bytes as file {of}; kept once
SAME_TEXT = "duplicate_text"  # warning: other bytes, but the same text as file {of}
_DISK_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOLCK),
    *(errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST),
}


def build(
    indexes: Path,
    entries: Sequence[Entry],
    prepare: Prepare,
    embedder: Embedder,
    analyzer: Analyzer,
    recipe: Recipe,
    *,
    keep: int = 2,
    full: bool = False,
    progress: Progress = lambda stage, done, total: None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> BuildReport:
    """Make the live generation hold exactly `entries`; a no-op when it already does.

    Only files whose fingerprint is new under their path go through `prepare`. `full` takes nothing over from the
    live generation, vectors included. `keep` generations stay, the live one included.
    Raises IndexBusy, IndexStorage, IndexDamaged (the new generation did not pass its verification) and whatever
    the embedder raises; the live generation is untouched then.
    """
    with _storage_errors(indexes):
        indexes.mkdir(parents=True, exist_ok=True)
        with locking.hold(indexes):
            faults.point("locked")
            return _Build(indexes, entries, prepare, embedder, analyzer, recipe, full, progress, limits).run(keep)


@dataclass(frozen=True)
class _Parent:
    """The live generation as a source: everything here was compared with its checksums."""

    manifest: Manifest
    folder: Path
    library: Library
    vectors: np.ndarray
    unit_vectors: np.ndarray
    files: dict[str, tuple[str, Verdict]]
    dense_intact: bool
    lexical_intact: bool


@dataclass
class _Origins:
    """Where each row's vector comes from: a row of the parent (>= 0) or a pending text (-1 - number)."""

    chunks: array[int] = field(default_factory=lambda: array("q"))
    units: array[int] = field(default_factory=lambda: array("q"))


class _Build:
    """One build, step by step; `run` is the story."""

    def __init__(
        self,
        indexes: Path,
        entries: Sequence[Entry],
        prepare: Prepare,
        embedder: Embedder,
        analyzer: Analyzer,
        recipe: Recipe,
        full: bool,
        progress: Progress,
        limits: Limits,
    ) -> None:
        self.indexes = indexes
        self.entries = sorted({entry.path: entry for entry in entries}.values(), key=lambda entry: entry.path)
        self.prepare, self.embedder, self.analyzer, self.recipe = prepare, embedder, analyzer, recipe
        self.progress, self.limits = progress, limits
        self.seconds: dict[str, float] = {}
        self.parent = None if full else _open_parent(indexes, recipe)
        self.copies = self.parent is not None and self.parent.manifest.recipe.same_texts(recipe)
        self.name = pointer.new_name(self.parent.manifest.id if self.parent else _newest(indexes))
        self.folder = indexes / f"{pointer.BUILDING}{self.name}"
        self.origins = _Origins()
        self.verdicts: list[Verdict] = []
        self.claimed: dict[str, str] = {}
        self.text_owners: dict[bytes, str] = {}
        self.read = self.kept = self.embedded = 0
        self._finders: tuple[Finder, Finder] | None = None

    def run(self, keep: int) -> BuildReport:
        try:
            faults.point("opened")
            if self._up_to_date():
                pointer.sweep(self.indexes, keep)
                return self._report(self.parent.manifest.id, self.parent.manifest.counts, up_to_date=True)  # type: ignore[union-attr]
            saved = self._salvage()
            _require_space(self.indexes, self.limits.least_free)
            try:
                manifest, copied = self._make(saved)
                os.replace(self.folder, self.indexes / self.name)
                pointer.sync_folder(self.indexes)
                faults.point("moved")
                pointer.switch(self.indexes, self.name)
            except (KeyboardInterrupt, EmbedderUnavailable):
                if not self.embedded:
                    self._clear()
                raise  # what was embedded so far is left for the next build, as a killed one leaves it
            except BaseException:
                self._clear()
                raise
            faults.point("switched")
            with contextlib.suppress(OSError):
                pointer.sweep(self.indexes, 1 if self._removed() else keep)  # what was removed must be gone
            faults.point("swept")
            return self._report(self.name, manifest.counts, up_to_date=False, copied=copied)
        finally:
            if self.parent:
                self.parent.library.close()

    def _clear(self) -> None:
        """Delete everything unfinished, dead builders' remains too: a full disk needs the room."""
        with contextlib.suppress(IndexError_):
            if pointer.current(self.indexes) == self.name:
                return  # only syncing the folder failed after the switch
        pointer.remove(self.indexes / self.name)
        for name in pointer.leftovers(self.indexes):
            pointer.remove(self.indexes / name)

    def _make(self, saved: Salvage | None) -> tuple[Manifest, bool]:
        """Everything up to a verified folder: (its manifest, whether Chroma's graph was extended)."""
        self.folder.mkdir()
        pending = Pending(self.folder, self.recipe.embedder, self.recipe.dimension, self.limits.block)
        try:
            with self._timed("read"):
                counts = self._read(pending)
            faults.point("read")
            self._require_room(counts, pending)
            with self._timed("embed"):
                self._embed(pending, saved)
            faults.point("embedded")
            with self._timed("vectors"):
                self._write_vectors(pending, counts)
            faults.point("vectors")
            pending.delete()
        finally:
            pending.abandon()
        library = Library(self.folder / LIBRARY)
        try:
            with self._timed("lexical"):
                self._write_lexical(library, counts)
            faults.point("lexical")
            with self._timed("dense"):
                ghosts, added = self._write_dense(library, counts)
            faults.point("dense")
            manifest = self._seal(counts, ghosts or 0)
            with self._timed("verify"):
                failed = self._verify(manifest, added)
            if ghosts is not None and failed and all(check.name in _DENSE_CHECKS for check in failed):
                with self._timed("dense"):
                    shutil.rmtree(self.folder / dense_leg.FOLDER)
                    self._rebuild_dense(library, counts)
                    manifest = self._seal(counts, 0)
                ghosts = None
                failed = self._verify(manifest, added)
        finally:
            library.close()
        if failed:
            self._refuse(failed)
        pointer.sync_tree(self.folder)  # Chroma's tables were opened once more
        faults.point("verified")
        return manifest, ghosts is not None

    # -- read ------------------------------------------------------------------------------------

    def _up_to_date(self) -> bool:
        parent = self.parent
        return (
            parent is not None
            and parent.manifest.recipe == self.recipe
            and parent.dense_intact
            and parent.lexical_intact
            and [(entry.path, entry.sha256) for entry in self.entries]
            == [(path, fingerprint) for path, (fingerprint, _) in parent.files.items()]
        )

    def _read(self, pending: Pending) -> Counts:
        writer = LibraryWriter(self.folder / LIBRARY)
        try:
            with _Ahead(self._prepared, [entry for entry in self.entries if not self._unchanged(entry)]) as ahead:
                for position, entry in enumerate(self.entries):
                    self.progress("read", position, len(self.entries))
                    verdict = self._keep(entry, writer) or self._take_in(entry, ahead.get(entry), writer, pending)
                    self.verdicts.append(verdict)
                    writer.add_verdict(verdict, entry.sha256)
                    faults.point("document")
            self.progress("read", len(self.entries), len(self.entries))
            sizes = writer.finish()
        finally:
            writer.abandon()
        pending.complete()
        return Counts(writer.documents, writer.refused, writer.chunks, writer.units, **sizes)

    def _unchanged(self, entry: Entry) -> bool:
        if not self.copies or self.parent is None:
            return False
        fingerprint, _ = self.parent.files.get(entry.path, ("", None))
        return fingerprint == entry.sha256

    def _keep(self, entry: Entry, writer: LibraryWriter) -> Verdict | None:
        """The verdict on a file taken over from the parent; None when it has to be read."""
        if self.parent is None or not self._unchanged(entry):
            return None
        _, verdict = self.parent.files[entry.path]
        if verdict.outcome is Outcome.REFUSED:
            self.kept += 1
            return verdict
        if verdict.document_id in self.claimed:
            self.kept += 1
            return self._duplicate(entry, verdict.document_id)
        rows = self.parent.library.rows_of(verdict.document_id)
        if self.parent.library.metadata_of(verdict.document_id)[1] != entry.path:
            return None  # was a duplicate of a file that is gone
        writer.copy_document(self.parent.library, verdict.document_id)
        self.origins.chunks.extend(rows)
        offsets = self.parent.library.unit_offsets
        if rows:
            self.origins.units.extend(range(int(offsets[rows[0]]), int(offsets[rows[-1] + 1])))
        self.kept += 1
        text = self.parent.library.document_text(verdict.document_id)
        own = tuple(warning for warning in verdict.warnings if warning.code != SAME_TEXT)
        return self._accepted(entry, verdict.document_id, text, own)

    def _take_in(
        self, entry: Entry, prepared: PreparedDocument | Verdict, writer: LibraryWriter, pending: Pending
    ) -> Verdict:
        self.read += 1
        if isinstance(prepared, Verdict):
            return prepared if prepared.path == entry.path else replace(prepared, path=entry.path)
        document = prepared.document
        if document.id in self.claimed:
            return self._duplicate(entry, document.id)
        writer.add_document(replace(document, path=entry.path), self._words(prepared))
        seen = set()
        for chunk, search_text, unit_texts in (
            (item.chunk, item.search_text, item.unit_texts) for item in prepared.chunks
        ):
            if chunk.id in seen:  # the same span and text twice: once is enough
                continue
            seen.add(chunk.id)
            hashes = [text_hash(search_text), *map(text_hash, unit_texts)]
            lemmas = [self.analyzer.lemmas(unit.text) for unit in chunk.units]
            writer.add_chunk(chunk, self.analyzer.terms(search_text), lemmas, hashes)
            self._locate(hashes, [search_text, *unit_texts], pending)
        return self._accepted(entry, document.id, document.text, prepared.warnings)

    def _words(self, prepared: PreparedDocument) -> Counter[str]:
        """Surface words of what can be quoted, of each heading once, of the title."""
        texts = [unit.text for item in prepared.chunks for unit in item.chunk.units]
        texts += sorted({heading for item in prepared.chunks for heading in item.chunk.headings})
        texts.append(prepared.document.metadata.title)
        return Counter(word for text in texts for word in self.analyzer.words(text))

    def _locate(self, hashes: list[bytes], texts: list[str], pending: Pending) -> None:
        """Find each text's vector in the parent, or put it on the list."""
        found = [-1] * len(hashes)
        if self.parent is not None:
            if self._finders is None:
                hashed_chunks, hashed_units = self.parent.library.text_hashes()
                self._finders = Finder(hashed_chunks), Finder(hashed_units)
            chunks, units = self._finders
            found = [*chunks.find(hashes[:1]).tolist(), *units.find(hashes[1:]).tolist()]
        places = [
            place if place >= 0 else -1 - pending.add(hashed, text)
            for place, hashed, text in zip(found, hashes, texts, strict=True)
        ]
        self.origins.chunks.append(places[0])
        self.origins.units.extend(places[1:])

    def _accepted(self, entry: Entry, document_id: str, text: str, warnings: tuple[Warning_, ...]) -> Verdict:
        self.claimed[document_id] = entry.path
        hashed = hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).digest()
        owner = self.text_owners.setdefault(hashed, entry.path)
        if owner != entry.path and text.strip():
            warnings = (*warnings, Warning_(SAME_TEXT, {"of": owner}))
        outcome = Outcome.WARNED if warnings else Outcome.INDEXED
        return Verdict(entry.path, outcome, document_id, warnings)

    def _duplicate(self, entry: Entry, document_id: str) -> Verdict:
        warning = Warning_(DUPLICATE, {"of": self.claimed[document_id]})
        return Verdict(entry.path, Outcome.WARNED, document_id, (warning,))

    def _prepared(self, entry: Entry) -> PreparedDocument | Verdict:
        """What went wrong with one file is that file's verdict; a full disk is everybody's."""
        try:
            return self.prepare(entry)
        except DocumentError as error:
            return Verdict(entry.path, Outcome.REFUSED, error=error.code, details=_plain(error.details))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            details: dict[str, str | int] = {"path": entry.path, "reason": error.strerror or type(error).__name__}
            return Verdict(entry.path, Outcome.REFUSED, error=UnreadableDocument.code, details=details)

    # -- embed -----------------------------------------------------------------------------------

    def _salvage(self) -> Salvage | None:
        """The best of what dead builders left; the rest of it is deleted now, that one after the build."""
        found: list[tuple[int, Path, Salvage]] = []
        for name in pointer.leftovers(self.indexes):
            saved = salvage(self.indexes / name, self.recipe.embedder, self.recipe.dimension)
            if saved is not None:
                found.append((len(saved), self.indexes / name, saved))
        best = max(found, key=lambda item: item[0], default=None)
        for name in pointer.leftovers(self.indexes):
            if best is None or self.indexes / name != best[1]:
                pointer.remove(self.indexes / name)
        return best[2] if best else None

    def _embed(self, pending: Pending, saved: Salvage | None) -> None:
        done = 0
        for hashes, texts in pending.blocks():
            vectors = np.empty((len(texts), self.recipe.dimension), np.float32)
            there = np.zeros(len(texts), bool)
            if saved is not None:
                there, known = saved.find(hashes)
                vectors[there] = known
            missing = np.flatnonzero(~there)
            if len(missing):
                todo = [texts[place] for place in missing]
                vectors[missing] = self._vectors_of(todo, self._counter(todo, done, pending.characters))
                self.embedded += len(todo)
            pending.store(vectors)
            done += sum(map(len, texts))
            self.progress("embed", done, pending.characters)
            faults.point("embedding")

    def _counter(self, texts: list[str], before: int, total: int) -> Callable[[int], None]:
        """Turns the embedder's count of texts into characters, which is what takes the time."""
        lengths = iter([len(text) for text in texts])
        done = before

        def count(number: int) -> None:
            nonlocal done
            done += sum(next(lengths, 0) for _ in range(number))
            self.progress("embed", done, total)

        return count

    def _vectors_of(self, texts: list[str], count: Callable[[int], None]) -> np.ndarray:
        vectors = np.asarray(self.embedder.embed_passages(texts, count), np.float32)
        wanted = (len(texts), self.recipe.dimension)
        if vectors.shape != wanted:
            raise EmbedderUnavailable(setting="embedder.model", reason=f"shape {vectors.shape}, not {wanted}")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.all(np.isfinite(lengths)) or not np.all(lengths > 1e-6):
            raise EmbedderUnavailable(setting="embedder.model", reason="vectors without a direction")
        return vectors / lengths

    # -- write -----------------------------------------------------------------------------------

    def _require_room(self, counts: Counts, pending: Pending) -> None:
        """The rest of the build in bytes, from what is now known."""
        dimension, chunks, units = self.recipe.dimension, counts.chunks, counts.units
        rows = 4 * dimension * (chunks + len(pending)) + 2 * dimension * units
        graph = chunks * (2 * 4 * dimension + 1500)
        _require_space(self.indexes, rows + graph + chunks * 1500 + (1 << 20))

    def _write_vectors(self, pending: Pending, counts: Counts) -> None:
        parent = self.parent
        for name, origins, rows, kind, source in (
            (VECTORS, self.origins.chunks, counts.chunks, np.float32, parent.vectors if parent else None),
            (UNIT_VECTORS, self.origins.units, counts.units, np.float16, parent.unit_vectors if parent else None),
        ):
            places = np.frombuffer(origins, np.int64) if origins else np.empty(0, np.int64)
            file = RowFile(self.folder / name, rows, self.recipe.dimension, kind)
            try:
                for part in blocks(rows):
                    chosen = places[part]
                    values = np.empty((len(chosen), self.recipe.dimension), kind)
                    if source is not None:
                        values[chosen >= 0] = source[chosen[chosen >= 0]]
                    values[chosen < 0] = pending.vectors(-1 - chosen[chosen < 0])
                    file.write(part.start, values)
            finally:
                file.close()

    def _write_lexical(self, library: Library, counts: Counts) -> None:
        recipe, folder = self.recipe, self.folder / lexical_leg.FOLDER
        folder.mkdir()
        self.progress("lexical", 0, counts.chunks)

        def step(done: int) -> None:
            self.progress("lexical", done, counts.chunks)

        lexical_leg.build(library.term_ids, counts.chunks, counts.terms, recipe.k1, recipe.b, folder, step)
        self.progress("lexical", counts.chunks, counts.chunks)

    def _write_dense(self, library: Library, counts: Counts) -> tuple[int | None, list[int]]:
        """(deleted vectors still in a graph that was extended, None when it was built; rows added to it)."""
        change = self._small_change(library, counts)
        if change is None:
            self._rebuild_dense(library, counts)
            return None, []
        removed, rows, ghosts = change
        folder = self.folder / dense_leg.FOLDER
        try:
            _copy_dense(self.parent.folder / dense_leg.FOLDER, folder)  # type: ignore[union-attr]
            vectors = open_rows(self.folder / VECTORS, counts.chunks, self.recipe.dimension, np.float32)
            dense_leg.extend(folder, counts.chunks, removed, [library.ids[row] for row in rows], vectors[rows])
            return ghosts, rows
        except DenseError:
            shutil.rmtree(folder)
            self._rebuild_dense(library, counts)
            return None, []

    def _small_change(self, library: Library, counts: Counts) -> tuple[list[str], list[int], int] | None:
        """(ids to delete, rows to add, deleted vectors then in the graph) when extending the parent's graph is right.

        A file taken away, or replaced throughout, is a reason to build anew: its vectors shall not stay behind.
        """
        parent = self.parent
        if parent is None or counts.chunks <= self.limits.rebuilt_graph or not (self.copies and parent.dense_intact):
            return None
        if set(parent.files) - {entry.path for entry in self.entries}:
            return None
        before = dict(zip(parent.library.ids, parent.library.text_hashes()[0].tolist(), strict=True))
        after = dict(zip(library.ids, library.text_hashes()[0].tolist(), strict=True))
        removed = [chunk_id for chunk_id, hashed in before.items() if after.get(chunk_id) != hashed]
        added = [row for row, (chunk_id, hashed) in enumerate(after.items()) if before.get(chunk_id) != hashed]
        ghosts = parent.manifest.ghosts + len(removed)
        if ghosts > self.limits.most_ghosts * counts.chunks or len(added) > counts.chunks // 2:
            return None
        return removed, added, ghosts

    def _rebuild_dense(self, library: Library, counts: Counts) -> None:
        self.progress("dense", 0, counts.chunks)
        vectors = open_rows(self.folder / VECTORS, counts.chunks, self.recipe.dimension, np.float32)
        dense_leg.build(
            self.folder / dense_leg.FOLDER,
            library.ids,
            vectors,
            lambda done: self.progress("dense", done, counts.chunks),
        )

    def _seal(self, counts: Counts, ghosts: int) -> Manifest:
        """Everything to the disk, and the manifest over it."""
        chroma = self.folder / dense_leg.FOLDER
        pointer.sync_tree(self.folder)
        files = [self.folder / name for name in (LIBRARY, VECTORS, UNIT_VECTORS)]
        files += (self.folder / lexical_leg.FOLDER).iterdir()
        manifest = Manifest(
            id=self.name,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            parent=self.parent.manifest.id if self.parent else "",
            recipe=self.recipe,
            counts=counts,
            files=manifests.record(self.folder, [*files, *dense_leg.graph_files(chroma)]),
            dense_digest=dense_leg.digest(chroma) if counts.chunks else "",
            ghosts=ghosts,
            seconds={stage: round(seconds, 3) for stage, seconds in self.seconds.items()},
        )
        manifests.write(self.folder, manifest)
        pointer.sync_tree(self.folder)
        faults.point("sealed")
        return manifest

    def _verify(self, manifest: Manifest, added: list[int]) -> list[Check]:
        """The checks that failed."""
        self.progress("verify", 0, 1)
        checks = verify_folder(self.folder, manifest, whole=False, also=added)
        self.progress("verify", 1, 1)
        return [check for check in checks if not check.ok]

    def _refuse(self, failed: list[Check]) -> None:
        reason = "; ".join(f"{check.name} {check.details}" for check in failed)[:500]
        if _free(self.indexes) < 1 << 20:  # a full disk, noticed by its consequences
            raise IndexStorage(path=str(self.indexes), reason=f"disk_full: {reason}")
        raise IndexDamaged(generation=self.name, reason=reason)

    # -- bookkeeping -----------------------------------------------------------------------------

    def _removed(self) -> set[str]:
        """Paths of the parent that are no longer wanted."""
        return set(self.parent.files if self.parent else ()) - {entry.path for entry in self.entries}

    def _report(self, name: str, counts: Counts, up_to_date: bool, copied: bool = False) -> BuildReport:
        kept = self.parent.files.values() if self.parent and up_to_date else ()
        verdicts = [verdict for _, verdict in kept] if up_to_date else self.verdicts
        return BuildReport(
            generation=name,
            up_to_date=up_to_date,
            counts=counts,
            verdicts=tuple(verdicts),
            read=self.read,
            kept=len(self.entries) if up_to_date else self.kept,
            removed=len(self._removed()),
            embedded=self.embedded,
            reused=0
            if up_to_date
            else sum(place >= 0 for places in (self.origins.chunks, self.origins.units) for place in places),
            dense_copied=copied,
            seconds={stage: round(seconds, 3) for stage, seconds in self.seconds.items()},
        )

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started


_DENSE_CHECKS = {"dense_tables", "dense_vectors", "self_recall"}


class _Ahead:
    """Reads the next file while the last one is analysed: parsing waits for a process of its own."""

    def __init__(self, prepare: Callable[[Entry], PreparedDocument | Verdict], entries: list[Entry]) -> None:
        self._prepare = prepare
        self._waiting = iter(entries)
        self._pool = ThreadPoolExecutor(1)
        self._next: tuple[Entry, Future[PreparedDocument | Verdict]] | None = None

    def __enter__(self) -> _Ahead:
        self._submit()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def get(self, entry: Entry) -> PreparedDocument | Verdict:
        """One that was not foreseen (a duplicate whose original is gone) is read in the same thread, after the next."""
        if self._next is None or self._next[0] != entry:
            return self._pool.submit(self._prepare, entry).result()
        result = self._next[1].result()
        self._submit()
        return result

    def _submit(self) -> None:
        entry = next(self._waiting, None)
        self._next = (entry, self._pool.submit(self._prepare, entry)) if entry is not None else None


def _open_parent(indexes: Path, recipe: Recipe) -> _Parent | None:
    """The live generation if its texts or vectors can be taken over; None when missing, damaged or foreign."""
    try:
        folder = indexes / pointer.current(indexes)
        manifest = manifests.read(folder)
        if not manifest.recipe.same_vectors(recipe):
            return None
        damaged = manifests.damage(folder, manifest.files)
        if {LIBRARY, VECTORS, UNIT_VECTORS} & set(damaged):
            return None
        library = Library(folder / LIBRARY)
    except (IndexError_, sqlite3.Error, ValueError, OSError):
        return None
    try:
        counts, dimension = manifest.counts, manifest.recipe.dimension
        return _Parent(
            manifest=manifest,
            folder=folder,
            library=library,
            vectors=open_rows(folder / VECTORS, counts.chunks, dimension, np.float32),
            unit_vectors=open_rows(folder / UNIT_VECTORS, counts.units, dimension, np.float16),
            files={verdict.path: (fingerprint, verdict) for fingerprint, verdict in library.files()},
            dense_intact=_dense_intact(folder, manifest, damaged),
            lexical_intact=not any(path.startswith(lexical_leg.FOLDER + "/") for path in damaged),
        )
    except (sqlite3.Error, ValueError, OSError):
        library.close()
        return None


def _dense_intact(folder: Path, manifest: Manifest, damaged: list[str]) -> bool:
    if any(path.startswith(dense_leg.FOLDER + "/") for path in damaged):
        return False
    try:
        return manifest.counts.chunks == 0 or dense_leg.digest(folder / dense_leg.FOLDER) == manifest.dense_digest
    except DenseError:
        return False


def _copy_dense(source: Path, target: Path) -> None:
    """A reader may be writing to Chroma's tables just now: SQLite's own copy of them is whole, a file's may not be."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{dense_leg.TABLES}*"))
    with (
        contextlib.closing(sqlite3.connect(source / dense_leg.TABLES)) as old,
        contextlib.closing(sqlite3.connect(target / dense_leg.TABLES)) as new,
    ):
        old.backup(new)


def _newest(indexes: Path) -> str | None:
    return (pointer.names(indexes) or [None])[-1]  # type: ignore[list-item]


def _free(indexes: Path) -> int:
    try:
        disk = os.statvfs(indexes)
    except OSError:
        return 1 << 60
    return disk.f_bavail * disk.f_frsize


def _require_space(indexes: Path, needed: int) -> None:
    free = _free(indexes)
    if free < needed:
        megabytes = {"needed_mb": -(-needed >> 20), "free_mb": free >> 20}
        raise IndexStorage(path=str(indexes), reason="disk_full", **megabytes)


def _plain(details: dict[str, object]) -> dict[str, str | int]:
    return {name: value if isinstance(value, int) else str(value) for name, value in details.items()}


@contextlib.contextmanager
def _storage_errors(indexes: Path) -> Iterator[None]:
    """What the disk has against it, in whichever library it shows, is IndexStorage."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "disk_full" if full else os.strerror(error.errno or 0)
        raise IndexStorage(path=str(error.filename or indexes), reason=reason) from error
    except sqlite3.OperationalError as error:
        full = "full" in str(error) or _free(indexes) < 1 << 20
        raise IndexStorage(path=str(indexes), reason="disk_full" if full else str(error)) from error
    except DenseError as error:
        if _is_full(str(error)) or _free(indexes) < 1 << 20:
            raise IndexStorage(path=str(indexes), reason="disk_full") from error
        raise IndexDamaged(generation="new", reason=str(error)) from error


def _is_full(message: str) -> bool:
    return any(mark in message for mark in ("disk is full", "os error 28", "No space left", "disk I/O error"))
