"""Documents on their way into the corpus and out of it: files only.

    <data>/uploads/<id>/dokument.pdf        as it came, under a name of ours
    <data>/uploads/<id>/dokument.pdf.toml   what the staff say of it
    <data>/uploads/<id>/.upload.json        what it was called, who brought it, how it was judged
    <data>/removed/<when>-<random>/<path>   what was taken out of the corpus

A name a person gave is shown and never used. Nothing outside the corpus and these two folders is touched:
names are made by us or looked up, and every place is checked again before it is used.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ....domain.documents import Outcome, Verdict, Warning_
from ....domain.folding import fold
from ....errors import NotThere
from ....ingestion.sources import SUFFIXES

FIELDS = ("title", "language", "edition", "state_of_law", "publisher", "licence")
FIELD_CHARS = 600  # the longest of our own is 480
NAME_CHARS = 80
NAME = "dokument"
NOTE = ".upload.json"
PREVIEWED = 200  # chunks
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # what Windows takes for devices


@dataclass(frozen=True)
class Piece:
    """A chunk as it is previewed."""

    pages: tuple[int, int]
    headings: tuple[str, ...]
    tokens: int
    text: str


@dataclass(frozen=True)
class Examined:
    """How a file would be taken in, what it says of itself, its chunks: at most PREVIEWED of them in `pieces`."""

    verdict: Verdict
    fields: Mapping[str, str] = field(default_factory=dict)
    pages: int = 0
    chunks: int = 0
    pieces: tuple[Piece, ...] = ()

    @property
    def publishable(self) -> bool:
        """Whether it was not refused."""
        return self.verdict.outcome is not Outcome.REFUSED


@dataclass(frozen=True)
class Upload:
    """A file that waits; `name` is what its owner called it."""

    id: str
    name: str
    suffix: str
    bytes: int
    by: str
    at: str
    examined: Examined | None = None


@dataclass(frozen=True)
class Shelf:
    """The three folders."""

    corpus: Path
    data: Path

    # waiting

    @contextmanager
    def arriving(self) -> Iterator[Path]:
        """A place for a file while it comes; what is left there is deleted."""
        folder = self._uploads / ".arriving"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / secrets.token_hex(16)
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)

    def receive(self, file: Path, name: str, by: str) -> Upload:
        """Take a file over; `file` is moved. Raises OSError."""
        identity = secrets.token_urlsafe(16)
        suffix = Path(name).suffix.lower()
        suffix = suffix if _SUFFIX.fullmatch(suffix) else ""
        folder = self._uploads / identity
        folder.mkdir(mode=0o700, parents=True)
        shutil.move(file, folder / f"{NAME}{suffix}")
        size = (folder / f"{NAME}{suffix}").stat().st_size
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        upload = Upload(identity, one_line(name)[:200], suffix, size, by, now)
        self._write(upload)
        return upload

    def uploads(self) -> list[Upload]:
        """What waits, newest first. A folder that cannot be read is passed over."""
        found = list(self._readable())
        return sorted(found, key=lambda upload: upload.at, reverse=True)

    def upload(self, identity: str) -> Upload:
        """Raises NotThere."""
        try:
            return self._read(self.folder(identity) / NOTE)
        except (OSError, ValueError, KeyError, TypeError):
            raise NotThere() from None

    def folder(self, identity: str) -> Path:
        """Where an upload lies. Raises NotThere for what is no id."""
        if not _ID.fullmatch(identity or ""):
            raise NotThere()
        return self._uploads / identity

    def judge(self, upload: Upload, examined: Examined) -> Upload:
        """Keep what was found out."""
        judged = replace(upload, examined=examined)
        self._write(judged)
        return judged

    def describe(self, upload: Upload, fields: Mapping[str, str]) -> None:
        """What the staff say of it, beside the file."""
        write_side(self._file(upload), fields)

    def discard(self, identity: str) -> None:
        """Delete it."""
        shutil.rmtree(self._folder_of(self.upload(identity)))

    # into the corpus

    def path_for(self, name: str, language: str, suffix: str) -> str:
        """Where a document of that name and language would lie in the corpus."""
        stem = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:NAME_CHARS].strip("-") or NAME
        stem = f"{stem}-1" if _RESERVED.fullmatch(stem) else stem
        folder = f"{language}/" if re.fullmatch(r"[a-z]{2,3}", language) else ""
        return f"{folder}{stem}{suffix}"

    def is_taken(self, path: str) -> bool:
        """Whether the corpus has a file there."""
        return os.path.lexists(self.corpus / path)

    def publish(self, upload: Upload, path: str, over: bool = False) -> None:
        """Move an upload with its side file to a `path_for`.

        FileExistsError when there is one already, unless it is to be replaced: then the old one is moved away.
        OSError when the disk refuses.
        """
        target = self._inside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self._file(upload)
        fresh = target.with_name(f".{secrets.token_hex(8)}{upload.suffix}")
        try:
            shutil.copyfile(source, fresh)
            fresh.chmod(0o644)
            if over and self.is_taken(path):
                self.remove(path)
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))  # a rename alone would overwrite
            self._fill(fresh, source, target)
        finally:
            fresh.unlink(missing_ok=True)
        self.discard(upload.id)

    def _fill(self, fresh: Path, source: Path, target: Path) -> None:
        """Put the file into the place taken for it, after what is said of it."""
        try:
            if side_of(source).exists():
                shutil.copyfile(side_of(source), side_of(target))
            os.replace(fresh, target)
        except OSError:
            target.unlink(missing_ok=True)
            raise

    # in the corpus, and out of it

    def file(self, path: str) -> Path:
        """A file of the corpus by its path. Raises NotThere."""
        target = self._inside(path)
        if not target.is_file():
            raise NotThere()
        return target

    def remove(self, path: str) -> None:
        """Move a document and its side file out of the corpus. Raises NotThere, OSError."""
        target = self.file(path)
        place = self.data / "removed" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        for file in (side_of(target), target):
            if os.path.lexists(file):
                kept = place / file.relative_to(self.corpus)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(file, kept)

    # inside

    @property
    def _uploads(self) -> Path:
        return self.data / "uploads"

    def _inside(self, path: str) -> Path:
        """A place in the corpus that is not hidden and not behind a link out of it. Raises NotThere."""
        parts = path.split("/")
        if not path or any(part in ("", ".", "..") or part[0] == "." or "\0" in part or "\\" in part for part in parts):
            raise NotThere()
        if Path(path).suffix.lower() not in SUFFIXES:
            raise NotThere()
        target = self.corpus.joinpath(*parts)
        if not target.parent.resolve().is_relative_to(self.corpus.resolve()):
            raise NotThere()
        return target

    def _folder_of(self, upload: Upload) -> Path:
        return self.folder(upload.id)

    def _file(self, upload: Upload) -> Path:
        return self._folder_of(upload) / f"{NAME}{upload.suffix}"

    def _readable(self) -> Iterator[Upload]:
        if not self._uploads.is_dir():
            return
        for note in self._uploads.glob(f"*/{NOTE}"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                yield self._read(note)

    def _read(self, note: Path) -> Upload:
        content = json.loads(note.read_bytes())
        examined = content.pop("examined")
        if examined is not None:
            examined = _examined(**examined)
        return Upload(**content, examined=examined)

    def _write(self, upload: Upload) -> None:
        _replace(self._folder_of(upload) / NOTE, json.dumps(asdict(upload)))


def _examined(verdict: Any, pieces: Any, **plain: Any) -> Examined:
    outcome = Outcome(verdict.pop("outcome"))
    warnings = tuple(Warning_(**warning) for warning in verdict.pop("warnings"))
    previewed = tuple(Piece(**{**p, "pages": tuple(p["pages"]), "headings": tuple(p["headings"])}) for p in pieces)
    return Examined(Verdict(outcome=outcome, warnings=warnings, **verdict), pieces=previewed, **plain)


def one_line(text: str) -> str:
    """What a person typed as one line of visible characters."""
    visible = (c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(visible).split())


# ---- what the staff say of a document ----------------------------------------------------------


def side_of(file: Path) -> Path:
    """The file beside a document that describes it (see ingestion.sources)."""
    return file.with_name(f"{file.name}.toml")


def write_side(file: Path, fields: Mapping[str, str]) -> None:
    """Write a document's side file: our fields anew, plain values under other names as they were."""
    side = side_of(file)
    kept = {name: value for name, value in _table(side).items() if name not in FIELDS}
    said = {name: one_line(fields.get(name, ""))[:FIELD_CHARS] for name in FIELDS}
    said = {name: text for name, text in said.items() if text}
    _replace(side, "".join(f"{_key(name)} = {_value(value)}\n" for name, value in {**said, **kept}.items()))


def _table(side: Path) -> dict[str, Any]:
    """Plain values of a side file; nothing of one that is broken."""
    try:
        table = tomllib.loads(side.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: value for name, value in table.items() if isinstance(value, str | int | float)}


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: object) -> str:
    """TOML and JSON write text and numbers alike, but for DEL."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f").encode("utf-8", "replace").decode()


def _replace(file: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one."""
    fresh = file.with_name(f".{secrets.token_hex(8)}")
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, file)
    finally:
        fresh.unlink(missing_ok=True)
