"""Proof of a generation: the checks made before a switch and by `assistant verify`.

Every check recomputes its claim from the files; none believes what the builder remembers. A check
that cannot be made has failed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import IndexDamaged, IndexError_, IndexMissing
from . import dense as dense_leg
from . import lexical as lexical_leg
from . import locking, pointer
from . import manifest as manifests
from .dense import Dense, DenseError
from .generations import LIBRARY, UNIT_VECTORS, VECTORS, open_folder
from .library import Library
from .manifest import Manifest
from .records import Check, Recipe, VerifyReport
from .vectors import norms_are_one, open_rows

SAMPLE = 200  # chunks looked up by their own vector before a switch
STRICT_SAMPLE = 2000  # the same in a strict verification
COMPARED = 20_000  # up to here every vector in Chroma is compared before a switch, beyond it a sample
UNREACHABLE = 0.01  # share of a sample a graph may miss; HNSW is approximate
SAME = 1e-5  # cosines closer than this are a tie (float32 in Chroma, float32 here)

Result = tuple[bool, dict[str, Any]]


def verify(indexes: Path, recipe: Recipe | None = None, strict: bool = False) -> VerifyReport:
    """Check the live generation. Not strict: what opening checks. Raises IndexMissing only."""
    started = time.perf_counter()
    try:
        name = pointer.current(indexes)
    except IndexDamaged as error:
        checks = [Check("pointer", False, {"reason": error.details["generation"]})]
        return VerifyReport("", strict, tuple(checks), time.perf_counter() - started)
    checks = [Check("pointer", True, {"generation": name})]
    folder = indexes / name
    try:
        manifest = manifests.read(folder)
    except IndexError_ as error:
        checks.append(Check("manifest", False, {"reason": str(error)}))
        return VerifyReport(name, strict, tuple(checks), time.perf_counter() - started)
    checks.append(
        Check("manifest", manifest.id == name, {"format": manifest.format, "created_at": manifest.created_at})
    )
    if recipe is not None:
        checks.append(_run("recipe", lambda: _recipe(manifest, recipe)))
    if strict:
        checks += verify_folder(folder, manifest, whole=True, sample=STRICT_SAMPLE)
    else:
        checks.append(_run("opens", lambda: _opens(folder)))
    checks.append(_leftovers(indexes))
    return VerifyReport(name, strict, tuple(checks), time.perf_counter() - started)


def verify_folder(
    folder: Path, manifest: Manifest, whole: bool, sample: int = SAMPLE, also: Sequence[int] = ()
) -> list[Check]:
    """All checks of a generation's content. `whole` reads every chunk and vector; rows of `also` join the samples."""
    counts = manifest.counts
    checks = [_run("files", lambda: _files(folder, manifest))]
    library: Library | None = None
    try:
        library = Library(folder / LIBRARY)
        checks.append(_run("library", lambda: _library(library, manifest, whole)))
        vectors = open_rows(folder / VECTORS, counts.chunks, manifest.recipe.dimension, np.float32)
        unit_vectors = open_rows(folder / UNIT_VECTORS, counts.units, manifest.recipe.dimension, np.float16)
        checks.append(_run("vectors", lambda: _norms(vectors, 1e-3)))
        checks.append(_run("unit_vectors", lambda: _norms(unit_vectors, 3e-3)))  # float16
        checks += _dense(folder, manifest, library, vectors, whole, sample, also)
        checks.append(_run("lexical", lambda: _lexical(folder, manifest, library, min(sample, SAMPLE))))
    except (sqlite3.Error, OSError, ValueError) as error:
        checks.append(Check("readable", False, {"reason": str(error)}))
    finally:
        if library is not None:
            library.close()
    return checks


def _run(name: str, check: Callable[[], Result]) -> Check:
    try:
        ok, details = check()
    except Exception as error:  # damaged files fail in every way there is
        ok, details = False, {"reason": f"{type(error).__name__}: {error}"[:300]}
    return Check(name, ok, details)


def _recipe(manifest: Manifest, recipe: Recipe) -> Result:
    manifest.recipe.require(recipe)
    return True, {}


def _opens(folder: Path) -> Result:
    generation = open_folder(folder)
    try:
        return not generation.damage, {"damaged": list(generation.damage), "notice": generation.notice}
    finally:
        generation.close()


def _files(folder: Path, manifest: Manifest) -> Result:
    damaged = manifests.damage(folder, manifest.files)
    known = {*manifest.files, manifests.FILE}
    strangers = [
        path
        for path in (file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*")) if file.is_file())
        if path not in known and not path.startswith(f"{dense_leg.FOLDER}/{dense_leg.TABLES}")
    ]
    total = sum(record.bytes for record in manifest.files.values())
    details = {"files": len(manifest.files), "bytes": total, "damaged": damaged, "unknown": strangers}
    return not damaged and not strangers, details


def _library(library: Library, manifest: Manifest, whole: bool) -> Result:
    counts = manifest.counts
    documents = library.documents()
    indexed = {verdict.document_id for verdict in library.verdicts() if verdict.document_id}
    found = {
        "documents": len(documents),
        "chunks": len(library.ids),
        "units": int(library.unit_offsets[-1]),
        "terms": len(library.frequencies("terms")),
        "lemmas": len(library.frequencies("lemmas")),
        "words": len(library.frequencies("words")),
    }
    misplaced = library.misplaced(whole)
    right = all(getattr(counts, name) == number for name, number in found.items())
    orphans = sorted({document[0] for document in documents} ^ indexed)
    ok = library.intact() and right and not misplaced and not orphans
    return ok, {**found, "misplaced": misplaced[:10], "orphans": orphans[:10]}


def _norms(vectors: np.ndarray, tolerance: float) -> Result:
    ok, worst = norms_are_one(vectors, tolerance)
    return ok, {"rows": len(vectors), "worst": round(worst, 6)}


def _dense(
    folder: Path,
    manifest: Manifest,
    library: Library,
    vectors: np.ndarray,
    whole: bool,
    sample: int,
    also: Sequence[int],
) -> list[Check]:
    """Only when the graph's bytes are the known ones is Chroma let at them."""
    size = manifest.counts.chunks
    chroma = folder / dense_leg.FOLDER
    if size == 0:
        return []
    tables = _run("dense_tables", lambda: _tables(chroma, manifest, library))
    graph = {path: record for path, record in manifest.files.items() if path.startswith(dense_leg.FOLDER + "/")}
    if not tables.ok or manifests.damage(folder, graph):
        return [tables, Check("dense_vectors", False, {"reason": "files"})]
    try:
        dense = Dense(chroma, size)
    except DenseError as error:
        return [tables, Check("dense_vectors", False, {"reason": str(error)})]
    try:
        everything = whole or size <= COMPARED
        compared = np.arange(size) if everything else _sample(size, STRICT_SAMPLE, also)
        return [
            tables,
            _run("dense_vectors", lambda: _stored(dense, library, vectors, compared)),
            _run("self_recall", lambda: _self_recall(dense, library, vectors, _sample(size, sample, also))),
        ]
    finally:
        dense.close()


def _tables(chroma: Path, manifest: Manifest, library: Library) -> Result:
    ids = dense_leg.ids(chroma)
    same = ids == sorted(library.ids)
    return same and dense_leg.digest(chroma) == manifest.dense_digest, {"ids": len(ids), "ghosts": manifest.ghosts}


def _stored(dense: Dense, library: Library, vectors: np.ndarray, rows: np.ndarray) -> Result:
    missing, worst = 0, 0.0
    for start in range(0, len(rows), dense_leg.BATCH):
        part = rows[start : start + dense_leg.BATCH]
        found = dense.stored([library.ids[row] for row in part])
        for row in part:
            vector = found.get(library.ids[row])
            if vector is None:
                missing += 1
            else:
                worst = max(worst, float(np.max(np.abs(vector - vectors[row]))))
    return missing == 0 and worst <= 1e-3, {"compared": len(rows), "missing": missing, "worst": round(worst, 7)}


def _self_recall(dense: Dense, library: Library, vectors: np.ndarray, rows: np.ndarray) -> Result:
    """A chunk's own vector finds the chunk, or one whose vector is as near."""
    missed = []
    for row in rows.tolist():
        ids = dense.nearest(np.asarray(vectors[row]), 1)
        found = library.rows.get(ids[0]) if ids else None
        own = float(vectors[row] @ vectors[row])
        if found is None or (found != row and float(vectors[found] @ vectors[row]) < own - SAME):
            missed.append(row)
    return len(missed) <= UNREACHABLE * len(rows), {"asked": len(rows), "missed": missed[:20]}


def _lexical(folder: Path, manifest: Manifest, library: Library, sample: int) -> Result:
    """Frequencies recounted, and sampled chunks scored by the formula from their own terms."""
    counts, recipe = manifest.counts, manifest.recipe
    index = lexical_leg.load(folder / lexical_leg.FOLDER, counts.chunks, counts.terms)
    lengths = np.zeros(counts.chunks, np.int64)
    frequencies = np.zeros(counts.terms, np.int64)
    chosen = set(_sample(counts.chunks, sample).tolist())
    kept: dict[int, np.ndarray] = {}
    for row, terms in enumerate(library.term_ids()):
        lengths[row] = len(terms)
        frequencies[np.unique(terms)] += 1
        if row in chosen:
            kept[row] = terms
    same = bool(np.array_equal(frequencies, library.frequencies("terms"))) and index.sound
    mean = float(lengths.mean()) if counts.chunks else 1.0
    wrong = []
    for row, terms in kept.items() if same else ():
        distinct, tf = np.unique(terms, return_counts=True)
        length = recipe.k1 * (1 - recipe.b + recipe.b * len(terms) / mean) if mean else 1.0
        wanted = float((lexical_leg.idf(frequencies[distinct], counts.chunks) * tf / (tf + length)).sum())
        got = float(index.scores(distinct, np.ones(len(distinct), np.float32))[row])
        if not np.isclose(wanted, got, rtol=1e-3, atol=1e-4):
            wrong.append(row)
    return same and not wrong, {"terms": counts.terms, "scored": len(kept), "wrong": wrong[:20]}


def _leftovers(indexes: Path) -> Check:
    """Told, not blamed: a dead builder's remains cost space only, and the next build removes them."""
    try:
        left = [] if locking.holder(indexes) else pointer.leftovers(indexes)
        return Check("leftovers", True, {"found": left, "generations": len(pointer.names(indexes))})
    except (OSError, IndexMissing) as error:
        return Check("leftovers", False, {"reason": str(error)})


def _sample(size: int, wanted: int, also: Sequence[int] = ()) -> np.ndarray:
    """Rows spread evenly over everything, first and last included, and `also`."""
    spread = np.linspace(0, size - 1, min(size, wanted)).round().astype(np.int64) if size else np.empty(0, np.int64)
    return np.unique(np.concatenate([spread, np.asarray(also[:SAMPLE], np.int64)]))
