"""The manifest of a generation: what it is made of and the checksum of every file.

It carries its own checksum, so a changed manifest is noticed too. Chroma's SQLite file is the one
file without a checksum of its bytes, because Chroma writes to it on opening; `dense.digest` stands for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..errors import IndexDamaged, IndexMismatch
from .records import FORMAT, Counts, Recipe

FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size in bytes and sha256 (hex) of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` by path inside the generation; `dense_digest` of Chroma's tables; `ghosts` are vectors
    deleted from Chroma's graph that still lie in its file, 0 after a rebuild."""

    id: str
    created_at: str
    parent: str
    recipe: Recipe
    counts: Counts
    files: dict[str, FileRecord]
    dense_digest: str
    ghosts: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    format: int = FORMAT


def write(folder: Path, manifest: Manifest) -> None:
    """Into the generation's folder; raises OSError."""
    content = asdict(manifest)
    content["checksum"] = _checksum(content)
    (folder / FILE).write_text(json.dumps(content, indent=1, ensure_ascii=True), encoding="ascii")


def read(folder: Path) -> Manifest:
    """Raises IndexDamaged, or IndexMismatch(what="format") for a generation of another version of this program."""
    try:
        content = json.loads((folder / FILE).read_bytes())
        intact = content.pop("checksum") == _checksum(content)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise IndexDamaged(generation=folder.name, reason=FILE) from None
    if not intact:
        raise IndexDamaged(generation=folder.name, reason=FILE)
    if content.get("format") != FORMAT:
        raise IndexMismatch(what="format", built=str(content.get("format")), wanted=str(FORMAT))
    content["recipe"] = Recipe(**content["recipe"])
    content["counts"] = Counts(**content["counts"])
    content["files"] = {path: FileRecord(**record) for path, record in content["files"].items()}
    return Manifest(**content)


def record(folder: Path, paths: Iterable[Path]) -> dict[str, FileRecord]:
    """Size and checksum of each file, by path inside the folder, sorted."""
    return {
        path.relative_to(folder).as_posix(): FileRecord(path.stat().st_size, sha256(path)) for path in sorted(paths)
    }


def damage(
    folder: Path, files: dict[str, FileRecord], largest: int | None = None, always: tuple[str, ...] = ()
) -> list[str]:
    """Paths whose file is gone or changed.

    Files over `largest` bytes are judged by their size only, except below the folders of `always`.
    """
    return [
        path
        for path, wanted in files.items()
        if not _intact(folder / path, wanted, None if path.startswith(always) else largest)
    ]


def sha256(path: Path) -> str:
    """Checksum of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _intact(path: Path, wanted: FileRecord, largest: int | None) -> bool:
    try:
        if path.stat().st_size != wanted.bytes:
            return False
        return (largest is not None and wanted.bytes > largest) or sha256(path) == wanted.sha256
    except OSError:
        return False


def _checksum(content: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
