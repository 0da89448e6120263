"""Which files of the corpus are documents, and what each of them really is.

A file's kind is decided by its name *and* its bytes; a disagreement is a refusal, so nothing reaches
a parser that was not written for it. Every file seen ends as a SourceFile or a Verdict.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
import struct
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..config import IngestionSettings
from ..domain.documents import Outcome, Verdict, Warning_
from ..errors import CorpusMissing, DangerousDocument, DocumentError, EncryptedDocument, UnreadableDocument
from .parsers.plain import unmarked_utf16

GLOSSARY = "glossary.toml"
SUFFIXES = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".pptx": "pptx",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
}
MACRO_SUFFIXES = {".docm", ".dotm", ".pptm", ".potm", ".ppsm", ".xlsm", ".xltm", ".xlam"}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may be read. `path` is relative to the corpus with "/", `sha256` the hex digest of its bytes.

    `side` is the file with its metadata, when there is one beside it.
    """

    path: str
    absolute: Path
    sha256: str
    size: int
    kind: str
    side: Path | None = None


Digest = Callable[[Path], str]


def digest(file: Path) -> str:
    """sha256 of a file's bytes, hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def find(corpus: Path, settings: IngestionSettings, digest: Digest = digest) -> Iterator[SourceFile | Verdict]:
    """Every file under `corpus` in the order of names; folders are walked, links to folders are not.

    Hidden files, the glossary and side files (`name.pdf.toml` or `name.toml` beside a document) are
    passed over in silence. The second of two files with the same bytes gets a Verdict with the
    warning `duplicate_of` (path). Raises CorpusMissing.
    """
    root = _root(corpus)
    first_with: dict[str, str] = {}
    for file in _walk(root):
        shown = _shown(root, file)
        try:
            source = _source(root, file, shown, settings, digest)
        except DocumentError as error:
            yield refusal(error)
            continue
        earlier = first_with.setdefault(source.sha256, source.path)
        if earlier == source.path:
            yield source
        else:
            warning = Warning_("duplicate_of", {"path": earlier})
            yield Verdict(source.path, Outcome.WARNED, source.sha256, (warning,))


def refusal(error: DocumentError) -> Verdict:
    """A file's error as its verdict; `details` keep the reason and whatever else the error tells."""
    details = {name: value for name, value in error.details.items() if isinstance(value, str | int)}
    return Verdict(str(error.details["path"]), Outcome.REFUSED, error=error.code, details=details)


# ---- walking -----------------------------------------------------------------------------------


def _root(corpus: Path) -> Path:
    try:
        root = Path(os.path.realpath(corpus, strict=True))
        with os.scandir(root):
            return root
    except FileNotFoundError:
        raise CorpusMissing(path=str(corpus), reason="missing") from None
    except NotADirectoryError:
        raise CorpusMissing(path=str(corpus), reason="not_a_folder") from None
    except OSError as error:
        reason = "permission" if isinstance(error, PermissionError) else "unreadable"
        raise CorpusMissing(path=str(corpus), reason=reason) from None


def _walk(root: Path) -> Iterator[Path]:
    """Files, links to files, links that lead out of the corpus and folders that cannot be opened."""
    waiting = [root]
    while waiting:
        place = waiting.pop()
        link, folder = os.path.islink(place), os.path.isdir(place)
        if link or not folder:
            if not (link and folder and _inside(root, place)):
                yield place
            continue
        try:
            names = sorted(os.listdir(place), reverse=True)
        except OSError:
            yield place
            continue
        waiting += [place / name for name in names if not _passed_over(place, name)]


def _passed_over(folder: Path, name: str) -> bool:
    return name.startswith((".", "~$")) or name == GLOSSARY or (name.endswith(".toml") and _is_side(folder / name))


def _is_side(file: Path) -> bool:
    stem = file.with_suffix("")
    if stem.suffix.lower() in SUFFIXES and os.path.isfile(stem):
        return True
    return any(os.path.isfile(f"{stem}{suffix}") for suffix in SUFFIXES)


def _side_of(file: Path) -> Path | None:
    sides = (file.with_name(file.name + ".toml"), file.with_suffix(".toml"))
    return next((side for side in sides if side.name != GLOSSARY and os.path.isfile(side)), None)


def _inside(root: Path, place: Path) -> bool:
    return Path(os.path.realpath(place)).is_relative_to(root)


def _shown(root: Path, file: Path) -> str:
    """The path a person sees; names that are no Unicode are spelled with escapes."""
    return os.fsencode(file.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")


# ---- one file ----------------------------------------------------------------------------------


def _source(root: Path, file: Path, shown: str, settings: IngestionSettings, digest: Digest) -> SourceFile:
    if not _inside(root, file):
        raise DangerousDocument(path=shown, reason="outside_corpus")
    try:
        return _examined(file, shown, settings, digest)
    except PermissionError:
        raise UnreadableDocument(path=shown, reason="permission") from None
    except FileNotFoundError:
        reason = "broken_link" if os.path.islink(file) else "changed"
        raise UnreadableDocument(path=shown, reason=reason) from None
    except OSError as error:
        reason = "broken_link" if os.path.islink(file) else "io"
        raise UnreadableDocument(path=shown, reason=reason, detail=error.strerror or "") from None


def _examined(file: Path, shown: str, settings: IngestionSettings, digest: Digest) -> SourceFile:
    suffix = file.suffix.lower()
    if suffix in MACRO_SUFFIXES:
        raise DangerousDocument(path=shown, reason="macro")
    for _ in range(2):
        before = _state(file, shown, settings)
        kind = _kind(file, suffix, shown) if suffix in SUFFIXES else ""
        if not kind:
            raise UnreadableDocument(path=shown, reason="unsupported_type", suffix=suffix)
        sha256 = digest(file)
        if _state(file, shown, settings) == before:
            return SourceFile(shown, file, sha256, before[0], kind, _side_of(file))
    raise UnreadableDocument(path=shown, reason="changed")


def _state(file: Path, shown: str, settings: IngestionSettings) -> tuple[int, int, int]:
    """Size, time of change and identity; raises for what is no ordinary file of an allowed size."""
    state = file.stat()
    if stat.S_ISDIR(state.st_mode):  # a folder that could not be listed
        raise UnreadableDocument(path=shown, reason="permission")
    if not stat.S_ISREG(state.st_mode):
        raise UnreadableDocument(path=shown, reason="not_a_file")
    if state.st_size == 0:
        raise UnreadableDocument(path=shown, reason="empty")
    if state.st_size > settings.max_file_mb * 1_000_000:
        megabytes = -(-state.st_size // 1_000_000)
        raise UnreadableDocument(path=shown, reason="too_large", megabytes=megabytes, limit=settings.max_file_mb)
    return state.st_size, state.st_mtime_ns, state.st_ino


# ---- what the bytes say ------------------------------------------------------------------------

_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"MZ", "exe"),
    (b"\x7fELF", "exe"),
    (b"\xcf\xfa\xed\xfe", "exe"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"RIFF", "media"),
    (b"%!PS", "postscript"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"SQLite format 3\0", "database"),
)
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_OTHER_XML = re.compile(rb"\s*(?:<\?xml\b|<svg\b|<!doctype\s+(?!html))", re.I)
_PDF = re.compile(rb"(?:^|[\r\n])%PDF-")  # readers allow junk before it
_CONTROLS = bytes(range(9)) + bytes(range(14, 32)) + b"\x7f"
_HEAD = 65536
_DIRECTORY_BYTES = 4_000_000


def _kind(file: Path, suffix: str, shown: str) -> str:
    """The kind that name and bytes agree on."""
    named = SUFFIXES[suffix]
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
        found = _sniffed(head)
        if found == "zip":
            found = _zip_kind(stream, shown)
        elif found == "ole" and named in ("docx", "pptx") and _mentions(stream, "EncryptedPackage".encode("utf-16-le")):
            raise EncryptedDocument(path=shown, reason="password")
    if named in ("markdown", "text") and found == "prose":
        return named
    if named == "html" and (found == "prose" or (found == "xml" and re.search(rb"<html\b", head, re.I))):
        return named
    if found != named:
        raise UnreadableDocument(path=shown, reason="type_mismatch", suffix=suffix, found=found)
    return named


def _sniffed(head: bytes) -> str:
    """What the first bytes are: a kind of ours, "zip", "prose", or a word for what is refused."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            # "MZ" also begins words; a program's header is not text
            if name == "exe" and magic == b"MZ" and _is_prose(head):
                continue
            return name
    if _PDF.search(head[:1024]):
        return "pdf"
    if not _is_prose(head):
        return "binary"
    start = head.removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(start):
        return "html"
    return "xml" if _OTHER_XML.match(start) else "prose"


def _is_prose(head: bytes) -> bool:
    """Whether decoding gives text: few characters that are none."""
    wide = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else unmarked_utf16(head)
    if wide:
        text = head.decode(wide, "replace")
        odd = sum(unicodedata.category(char) in ("Cc", "Cn", "Co") and char not in "\r\n\t\f" for char in text)
        return odd <= max(2, len(text) // 20)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls <= max(2, len(head) // 100)


def _zip_kind(stream: BinaryIO, shown: str) -> str:
    """docx or pptx by the names in the archive's directory; nothing is unpacked."""
    names = _zip_names(stream)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise DangerousDocument(path=shown, reason="macro")
    if "[Content_Types].xml" not in names:
        return "zip"
    for folder, kind in (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx")):
        if any(name.startswith(folder) for name in names):
            return kind
    return "zip"


def _zip_names(stream: BinaryIO) -> set[str]:
    """Entry names of the central directory, read up to a bound; empty when it is damaged."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - 66_000)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return set()
    length, _ = struct.unpack_from("<II", tail, at + 12)
    # the directory ends where its end record begins, also when bytes were put before the archive
    stream.seek(max(0, start + at - length))
    directory = stream.read(min(length, _DIRECTORY_BYTES))
    names, place = set(), 0
    while directory[place : place + 4] == b"PK\x01\x02" and place + 46 <= len(directory):
        name, extra, comment = struct.unpack_from("<HHH", directory, place + 28)
        names.add(directory[place + 46 : place + 46 + name].decode("utf-8", "replace").replace("\\", "/"))
        place += 46 + name + extra + comment
    return names


def _mentions(stream: BinaryIO, words: bytes) -> bool:
    stream.seek(0)
    kept = b""
    while part := stream.read(1 << 20):
        if words in kept + part:
            return True
        kept = part[-len(words) :]
    return False
