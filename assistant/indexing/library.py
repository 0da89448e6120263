"""library.db: the truth of a generation, one SQLite file.

Documents with their full text, chunks with their units, the verdict on every file, and the outcome
of the language analysis (terms for BM25, lemmas of each unit, surface words), stored as numbers so
that neither BM25 nor a later generation has to analyse a text twice. `LibraryWriter` writes it once
from empty; `Library` reads it and never writes.

Blobs are little-endian int32 unless said otherwise. `hashes` are 16 bytes for the chunk's search
text and 16 for each unit's: vectors of equal texts are taken over by them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..domain.documents import Chunk, Document, Metadata, Outcome, Page, Unit, UnitKind, Verdict, Warning_

HASH_BYTES = 16
INT = np.dtype("<i4")

_SCHEMA = """
CREATE TABLE files (position INTEGER PRIMARY KEY, path UNIQUE, fingerprint, outcome, document_id, warnings, error,
                    details);
CREATE TABLE documents (number INTEGER PRIMARY KEY, id UNIQUE, path UNIQUE, metadata, pages, text, first_row, chunks,
                        words BLOB);
CREATE TABLE chunks (row INTEGER PRIMARY KEY, id UNIQUE, document, first_unit, units, body, lemmas BLOB);
CREATE TABLE analysis (row INTEGER PRIMARY KEY, terms BLOB, hashes BLOB);
CREATE TABLE terms (id INTEGER PRIMARY KEY, text UNIQUE, frequency);
CREATE TABLE lemmas (id INTEGER PRIMARY KEY, text UNIQUE, frequency);
CREATE TABLE words (id INTEGER PRIMARY KEY, text UNIQUE, frequency);
"""


class _Numbers:
    """Strings numbered in order of first use, with a count each."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.counts = np.zeros(1024, np.int64)

    def of(self, texts: Sequence[str]) -> np.ndarray:
        ids = self.ids
        found = np.fromiter((ids.setdefault(text, len(ids)) for text in texts), INT, len(texts))
        if len(ids) > len(self.counts):
            self.counts = np.concatenate([self.counts, np.zeros(len(ids), np.int64)])
        return found

    def count(self, distinct: np.ndarray, by: np.ndarray | int = 1) -> None:
        self.counts[distinct] += by

    def rows(self) -> Iterator[tuple[int, str, int]]:
        return ((number, text, int(self.counts[number])) for text, number in self.ids.items())


class _Translation:
    """Numbers of another library in the numbers of this one; only those that are used get one."""

    def __init__(self, source: Library, table: str, target: _Numbers) -> None:
        self._texts = source.strings(table)
        self._numbers = np.full(len(self._texts), -1, INT)
        self._target = target

    def __call__(self, blob: bytes) -> np.ndarray:
        given = np.frombuffer(blob, INT)
        missing = np.unique(given[self._numbers[given] < 0])
        if len(missing):
            self._numbers[missing] = self._target.of([self._texts[number] for number in missing.tolist()])
        return self._numbers[given]


class LibraryWriter:
    """Fills a new library.db, document after document. Raises sqlite3.Error; a failed file is to be thrown away."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # Nobody reads the file before it is complete and synced, so neither a journal nor syncs are needed.
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000;" + _SCHEMA)
        self._db.execute("BEGIN")
        self._terms, self._lemmas, self._words = _Numbers(), _Numbers(), _Numbers()
        self._translations: dict[str, _Translation] = {}
        self._chunks_of: list[int] = []
        self.documents = self.chunks = self.units = self.refused = 0

    def add_verdict(self, verdict: Verdict, fingerprint: str) -> None:
        """One for every file, in the order of the files."""
        self.refused += verdict.outcome is Outcome.REFUSED
        row = (
            pack(verdict.path),
            fingerprint,
            verdict.outcome.value,
            verdict.document_id,
            _json([asdict(warning) for warning in verdict.warnings]),
            verdict.error,
            _json(verdict.details),
        )
        self._db.execute("INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)

    def add_document(self, document: Document, words: Counter[str]) -> None:
        """A document; its chunks follow. `words` are its surface words with their counts."""
        ids = self._words.of(list(words))
        counts = np.fromiter(words.values(), INT, len(words))
        self._words.count(ids, counts)
        self._insert_document(
            document.id,
            pack(document.path),
            _json(asdict(document.metadata)),
            _json([[page.number, page.start, page.end, page.label] for page in document.pages]),
            pack(document.text),
            np.stack([ids, counts]).astype(INT).tobytes(),
        )

    def add_chunk(
        self, chunk: Chunk, terms: Sequence[str], unit_lemmas: Sequence[Sequence[str]], hashes: Sequence[bytes]
    ) -> None:
        """The next chunk of the last document; `hashes` of its search text and of each unit's."""
        numbers = self._terms.of(terms)
        self._terms.count(np.unique(numbers))
        units = [np.unique(self._lemmas.of(lemmas)) for lemmas in unit_lemmas]
        self._count_lemmas(units)
        body = pack(json.dumps(_body(chunk), ensure_ascii=False, separators=(",", ":")))
        self._insert_chunk(chunk.id, len(units), body, _join(units), numbers.tobytes(), b"".join(hashes))

    def copy_document(self, source: Library, document_id: str) -> None:
        """A document of another library with all its chunks, not analysed again."""
        if not self._translations:
            for table, strings in (("terms", self._terms), ("lemmas", self._lemmas), ("words", self._words)):
                self._translations[table] = _Translation(source, table, strings)
        *values, words = source.document_row(document_id)
        ids, counts = np.frombuffer(words, INT).reshape(2, -1)
        ids = self._translations["words"](ids.tobytes())
        self._words.count(ids, counts)
        self._insert_document(*values, np.stack([ids, counts]).astype(INT).tobytes())
        for chunk_id, body, lemmas, terms, hashes in source.chunk_rows(document_id):
            numbers = self._translations["terms"](terms)
            self._terms.count(np.unique(numbers))
            units = [np.sort(self._translations["lemmas"](unit.tobytes())) for unit in _split(lemmas)]
            self._count_lemmas(units)
            self._insert_chunk(chunk_id, len(units), body, _join(units), numbers.tobytes(), hashes)

    def finish(self) -> dict[str, int]:
        """Write the vocabularies and close; returns the numbers of terms, lemmas and words."""
        tables = {"terms": self._terms, "lemmas": self._lemmas, "words": self._words}
        for table, strings in tables.items():
            self._db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", strings.rows())
        sizes = ((count, number) for number, count in enumerate(self._chunks_of))
        self._db.executemany("UPDATE documents SET chunks = ? WHERE number = ?", sizes)
        self._db.execute("COMMIT")
        self._db.close()
        return {table: len(strings.ids) for table, strings in tables.items()}

    def abandon(self) -> None:
        """Let the file go as it is."""
        self._db.close()

    def _count_lemmas(self, units: Sequence[np.ndarray]) -> None:
        if units:
            self._lemmas.count(np.unique(np.concatenate(units)))

    def _insert_document(self, *values: Any) -> None:
        row = (self.documents, *values[:-1], self.chunks, values[-1])
        self._db.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)", row)
        self.documents += 1
        self._chunks_of.append(0)

    def _insert_chunk(self, chunk_id: str, units: int, body: Any, lemmas: bytes, terms: bytes, hashes: bytes) -> None:
        number = self.documents - 1
        row = (self.chunks, chunk_id, number, self.units, units, body, lemmas)
        self._db.execute("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self._db.execute("INSERT INTO analysis VALUES (?, ?, ?)", (self.chunks, terms, hashes))
        self._chunks_of[number] += 1
        self.chunks += 1
        self.units += units


class Library:
    """Reads a library.db. One connection under a lock: it stays good when the file is deleted, and threads share it.

    Opening raises sqlite3.Error or ValueError when the file is no library.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ValueError(f"{path.name}: missing")
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._db = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        try:
            self._documents = [(str(row[0]), row[1], row[2]) for row in self._all(_DOCUMENT_PLACES)]
            self._numbers = {document[0]: number for number, document in enumerate(self._documents)}
            places = self._all("SELECT id, first_unit FROM chunks ORDER BY row")
        except BaseException:
            self._db.close()
            raise
        self.ids: list[str] = [row[0] for row in places]
        self.rows: dict[str, int] = {chunk_id: row for row, chunk_id in enumerate(self.ids)}
        last = self._all("SELECT first_unit + units FROM chunks ORDER BY row DESC LIMIT 1")
        self.unit_offsets = np.fromiter((row[1] for row in places), np.int64, len(places))
        self.unit_offsets = np.append(self.unit_offsets, last[0][0] if last else 0)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    # -- chunks ----------------------------------------------------------------------------------

    def chunk(self, row: int) -> Chunk:
        """Raises IndexError for a row that is not there."""
        return self.chunks([row])[0]

    def chunks(self, rows: Sequence[int] | np.ndarray) -> list[Chunk]:
        """In the order asked for."""
        found = {}
        for part in _parts([int(row) for row in rows]):
            marks = ",".join("?" * len(part))
            for row, *values in self._all(f"SELECT row, id, document, body FROM chunks WHERE row IN ({marks})", part):
                found[row] = self._chunk(*values)
        try:
            return [found[int(row)] for row in rows]
        except KeyError as error:
            raise IndexError(f"row {error}") from None

    def unit_lemma_ids(self, row: int) -> list[np.ndarray]:
        """For each unit of the chunk: sorted distinct lemma numbers, int32."""
        found = self._all("SELECT lemmas FROM chunks WHERE row = ?", (int(row),))
        if not found:
            raise IndexError(f"row {row}")
        return _split(found[0][0])

    # -- documents -------------------------------------------------------------------------------

    def rows_of(self, document_id: str) -> list[int]:
        """Rows of a document's chunks in reading order; empty when it is unknown."""
        number = self._numbers.get(document_id)
        if number is None:
            return []
        _, first, count = self._documents[number]
        return list(range(first, first + count))

    def metadata_of(self, document_id: str) -> tuple[Metadata, str]:
        """Metadata and path. Raises KeyError for an unknown document."""
        found = self._all("SELECT metadata, path FROM documents WHERE id = ?", (document_id,))
        if not found:
            raise KeyError(document_id)
        return Metadata(**json.loads(found[0][0])), unpack(found[0][1])

    def document_text(self, document_id: str) -> str:
        """The whole text. Raises KeyError for an unknown document."""
        found = self._all("SELECT text FROM documents WHERE id = ?", (document_id,))
        if not found:
            raise KeyError(document_id)
        return unpack(found[0][0])

    def pages_of(self, document_id: str) -> tuple[Page, ...]:
        """Raises KeyError for an unknown document."""
        found = self._all("SELECT pages FROM documents WHERE id = ?", (document_id,))
        if not found:
            raise KeyError(document_id)
        return tuple(Page(*page) for page in json.loads(found[0][0]))

    def documents(self) -> list[tuple[str, str, Metadata, int, int]]:
        """(id, path, metadata, number of chunks, number of pages), in the order of the files."""
        rows = self._all("SELECT id, path, metadata, chunks, json_array_length(pages) FROM documents ORDER BY number")
        return [(row[0], unpack(row[1]), Metadata(**json.loads(row[2])), row[3], row[4]) for row in rows]

    def verdicts(self) -> list[Verdict]:
        """One for every file that was offered, in the order of the files."""
        return [verdict for _, verdict in self.files()]

    def files(self) -> list[tuple[str, Verdict]]:
        """(fingerprint, verdict) of every file that was offered, in the order of the files."""
        columns = "fingerprint, path, outcome, document_id, warnings, error, details"
        return [
            (
                row[0],
                Verdict(
                    unpack(row[1]),
                    Outcome(row[2]),
                    row[3],
                    tuple(Warning_(**warning) for warning in json.loads(row[4])),
                    row[5],
                    json.loads(row[6]),
                ),
            )
            for row in self._all(f"SELECT {columns} FROM files ORDER BY position")
        ]

    # -- words -----------------------------------------------------------------------------------

    def lookup(self, table: str, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(numbers int32, frequencies int64) of terms, lemmas or words; -1 and 0 for unknown ones."""
        numbers, frequencies = np.full(len(texts), -1, np.int32), np.zeros(len(texts), np.int64)
        statement = f"SELECT id, frequency FROM {table} WHERE text = ?"
        with self._lock:
            for place, text in enumerate(texts):
                found = self._db.execute(statement, (_clean(text),)).fetchone()
                if found:
                    numbers[place], frequencies[place] = found
        return numbers, frequencies

    def strings(self, table: str) -> list[str]:
        """All terms, lemmas or words; position = number."""
        return [row[0] for row in self._all(f"SELECT text FROM {table} ORDER BY id")]

    def frequencies(self, table: str) -> np.ndarray:
        """Frequency by number, int64."""
        return np.array([row[0] for row in self._all(f"SELECT frequency FROM {table} ORDER BY id")], np.int64)

    def vocabulary(self) -> dict[str, int]:
        """Surface word -> how often it stands in the documents."""
        return dict(self._all("SELECT text, frequency FROM words"))

    # -- for builders and checks -----------------------------------------------------------------

    def term_ids(self) -> Iterator[np.ndarray]:
        """Term numbers of each chunk, duplicates kept, in row order; only a page of rows is held."""
        for (blob,) in self._stream("SELECT terms FROM analysis WHERE row >= ? AND row < ? ORDER BY row"):
            yield np.frombuffer(blob, INT)

    def text_hashes(self) -> tuple[np.ndarray, np.ndarray]:
        """(hash of each chunk's search text, hash of each unit's text), dtype S16, in row order."""
        chunks, units = bytearray(), bytearray()
        for (blob,) in self._stream("SELECT hashes FROM analysis WHERE row >= ? AND row < ? ORDER BY row"):
            chunks += blob[:HASH_BYTES]
            units += blob[HASH_BYTES:]
        kind = np.dtype(f"S{HASH_BYTES}")
        return np.frombuffer(bytes(chunks), kind), np.frombuffer(bytes(units), kind)

    def document_row(self, document_id: str) -> tuple[Any, ...]:
        """id, path, metadata, pages, text, words as stored."""
        return tuple(
            self._all("SELECT id, path, metadata, pages, text, words FROM documents WHERE id = ?", (document_id,))[0]
        )

    def chunk_rows(self, document_id: str) -> list[tuple[Any, ...]]:
        """id, body, lemmas, terms, hashes of a document's chunks as stored."""
        return self._all(
            "SELECT id, body, lemmas, terms, hashes FROM chunks JOIN analysis USING (row) WHERE document = ?"
            " ORDER BY row",
            (self._numbers[document_id],),
        )

    def misplaced(self, whole: bool) -> list[str]:
        """Chunks that do not belong: their text is not the document's, their rows are not contiguous.

        Returns chunk ids; with `whole` every chunk is read, else only the bookkeeping is looked at.
        """
        wrong = []
        expected = 0
        for document_id, first, count in self._documents:
            if first != expected:
                wrong.append(document_id)
            expected = first + count
            if whole:
                text = self.document_text(document_id)
                wrong += [
                    chunk.id
                    for chunk in self.chunks(self.rows_of(document_id))
                    if chunk.document_id != document_id or text[chunk.start : chunk.end] != chunk.text
                ]
        return wrong if expected == len(self.ids) else [*wrong, "chunks"]

    def intact(self) -> bool:
        """SQLite's own check of the file's structure."""
        return self._all("PRAGMA quick_check(1)") == [("ok",)]

    def _chunk(self, chunk_id: str, document: int, body: Any) -> Chunk:
        value = json.loads(unpack(body))
        start, text = value["s"], value["t"]
        return Chunk(
            id=chunk_id,
            document_id=self._documents[document][0],
            start=start,
            end=value["e"],
            text=text,
            pages=(value["p"][0], value["p"][1]),
            headings=tuple(value["h"]),
            tokens=value["k"],
            units=tuple(_unit(unit, start, text) for unit in value["u"]),
            lead=tuple(_unit(unit, start, text) for unit in value["l"]),
        )

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def _stream(self, statement: str, size: int = 2000) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(self.ids), size):
            yield from self._all(statement, (start, start + size))


_DOCUMENT_PLACES = "SELECT id, first_row, chunks FROM documents ORDER BY number"
_KINDS = {kind.value: kind for kind in UnitKind}


def pack(text: str) -> str | bytes:
    """Text as SQLite takes it: names of files may hold bytes that are no UTF-8 (lone surrogates here)."""
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def unpack(value: str | bytes) -> str:
    """The inverse of pack."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _body(chunk: Chunk) -> dict[str, Any]:
    return {
        "s": chunk.start,
        "e": chunk.end,
        "t": chunk.text,
        "p": chunk.pages,
        "h": chunk.headings,
        "k": chunk.tokens,
        "u": [_unit_row(unit, chunk) for unit in chunk.units],
        "l": [_unit_row(unit, chunk) for unit in chunk.lead],
    }


def _unit_row(unit: Unit, chunk: Chunk) -> list[Any]:
    """A unit whose readable form is its verbatim text, as most are, is stored without it."""
    inside = chunk.start <= unit.start and unit.end <= chunk.end
    verbatim = inside and chunk.quote(unit) == unit.text
    text = None if verbatim else unit.text
    return [unit.kind.value, unit.start, unit.end, text, unit.block, unit.page, unit.level]


def _unit(row: list[Any], start: int, chunk_text: str) -> Unit:
    kind, first, end, text, block, page, level = row
    return Unit(
        _KINDS[kind], first, end, chunk_text[first - start : end - start] if text is None else text, block, page, level
    )


def _join(units: Sequence[np.ndarray]) -> bytes:
    """Number of units, their sizes, their numbers."""
    sizes = np.array([len(units), *(len(unit) for unit in units)], INT)
    return sizes.tobytes() + b"".join(unit.astype(INT).tobytes() for unit in units)


def _split(blob: bytes) -> list[np.ndarray]:
    values = np.frombuffer(blob, INT)
    count = int(values[0])
    return np.split(values[1 + count :], np.cumsum(values[1 : 1 + count])[:-1]) if count else []


def _parts(values: list[int], size: int = 500) -> Iterator[list[int]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
