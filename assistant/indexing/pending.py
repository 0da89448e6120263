"""Texts waiting for their vectors, and the vectors as they come: a folder inside a building one.

On disk, because the texts of a large corpus do not fit in memory, and because the embedding of one
may take hours: a builder that died leaves its finished blocks here, each with a checksum, and the
next one takes them over. Deleted before the generation is sealed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from .library import HASH_BYTES, pack, unpack

FOLDER = "pending"
_ORDER = "ORDER BY length DESC, number"  # longest first: what is too large for memory fails at once


def text_hash(text: str) -> bytes:
    """16 bytes: equal texts have equal vectors."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:HASH_BYTES]


class Finder:
    """Positions of hashes in a long list of them; `hashes` has dtype S16."""

    def __init__(self, hashes: np.ndarray) -> None:
        self._order = np.argsort(hashes, kind="stable")
        self._sorted = hashes[self._order]

    def find(self, hashes: Sequence[bytes]) -> np.ndarray:
        """int64, the first position of each; -1 where it is not there."""
        wanted = np.array(hashes, f"S{HASH_BYTES}")
        if not len(self._sorted):
            return np.full(len(wanted), -1, np.int64)
        places = np.searchsorted(self._sorted, wanted)
        places[places == len(self._sorted)] = 0
        return np.where(self._sorted[places] == wanted, self._order[places], -1)


class Pending:
    """Texts are added, then embedded block by block in order of length, then read back by number."""

    def __init__(self, building: Path, embedder: str, dimension: int, block: int) -> None:
        self.dimension = dimension
        self.block = block
        self.characters = 0
        self._folder = building / FOLDER
        self._folder.mkdir()
        (self._folder / "embedder.json").write_text(json.dumps([embedder, dimension]), encoding="ascii")
        self._db = sqlite3.connect(self._folder / "texts.db", isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16000;"
            "CREATE TABLE texts (number INTEGER PRIMARY KEY, hash BLOB UNIQUE, length, text); BEGIN"
        )
        self._size = 0
        self._places = np.empty(0, np.int64)

    def __len__(self) -> int:
        return self._size

    def add(self, hashed: bytes, text: str) -> int:
        """Number of the text; the same text has the same number."""
        row = (self._size, hashed, len(text), pack(text))
        if self._db.execute("INSERT OR IGNORE INTO texts VALUES (?, ?, ?, ?)", row).rowcount:
            self._size += 1
            self.characters += len(text)
            return self._size - 1
        return int(self._db.execute("SELECT number FROM texts WHERE hash = ?", (hashed,)).fetchone()[0])

    def complete(self) -> None:
        """No more texts; from here on a killed builder's work can be taken over."""
        self._db.execute("COMMIT")
        numbers = [row[0] for row in self._db.execute(f"SELECT number FROM texts {_ORDER}")]
        self._places = np.empty(self._size, np.int64)
        self._places[numbers] = np.arange(self._size)

    def blocks(self) -> Iterator[tuple[list[bytes], list[str]]]:
        """(hashes, texts) in the order in which `store` wants their vectors."""
        cursor = self._db.execute(f"SELECT hash, text FROM texts {_ORDER}")
        while rows := cursor.fetchmany(self.block):
            yield [row[0] for row in rows], [unpack(row[1]) for row in rows]

    def store(self, vectors: np.ndarray) -> None:
        """The vectors of the next block, float32 (n, dimension)."""
        data = np.ascontiguousarray(vectors, np.float32).tobytes()
        with open(self._folder / "vectors", "ab") as file:
            file.write(data)
        with open(self._folder / "blocks", "a", encoding="ascii") as file:
            file.write(f"{len(vectors)} {hashlib.sha256(data).hexdigest()}\n")

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """float32 (len(numbers), dimension), once every block is stored."""
        if not len(numbers):
            return np.empty((0, self.dimension), np.float32)
        stored = np.memmap(self._folder / "vectors", np.float32, "r", shape=(self._size, self.dimension))
        return np.asarray(stored[self._places[numbers]])

    def delete(self) -> None:
        """Texts and vectors are no longer needed."""
        self._db.close()
        shutil.rmtree(self._folder)

    def abandon(self) -> None:
        """Let the files go as they are."""
        self._db.close()


class Salvage:
    """Vectors that a dead builder finished; made by `salvage`."""

    def __init__(self, hashes: np.ndarray, vectors: np.ndarray) -> None:
        self._finder = Finder(hashes)
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._vectors)

    def find(self, hashes: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
        """(mask of those found, their vectors)."""
        places = self._finder.find(hashes)
        return places >= 0, np.asarray(self._vectors[places[places >= 0]])


def salvage(building: Path, embedder: str, dimension: int) -> Salvage | None:
    """What can be taken over from a dead builder's folder; None when nothing, or another embedder's."""
    folder = building / FOLDER
    try:
        if json.loads((folder / "embedder.json").read_bytes()) != [embedder, dimension]:
            return None
        done = _intact_rows(folder, dimension)
        if not done:
            return None
        with contextlib.closing(sqlite3.connect(folder / "texts.db")) as texts:
            rows = texts.execute(f"SELECT hash FROM texts {_ORDER} LIMIT ?", (done,)).fetchall()
        if len(rows) != done:
            return None
        vectors = np.memmap(folder / "vectors", np.float32, "r", shape=(done, dimension))
        return Salvage(np.array([row[0] for row in rows], f"S{HASH_BYTES}"), vectors)
    except (OSError, ValueError, sqlite3.Error):
        return None


def _intact_rows(folder: Path, dimension: int) -> int:
    """Rows of the leading blocks whose bytes are those that were written."""
    done = 0
    with open(folder / "vectors", "rb") as vectors, open(folder / "blocks", encoding="ascii") as blocks:
        for line in blocks:
            rows, _, checksum = line.strip().partition(" ")
            data = vectors.read(int(rows) * dimension * 4)
            if hashlib.sha256(data).hexdigest() != checksum:
                break
            done += int(rows)
    return done
