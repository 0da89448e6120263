"""The gate before any Office Open XML file: is this zip safe to open, and is it what its name says?

Separate from the parsers because everything here runs before the first XML parser sees a byte, costs
no more than one pass over the file, and believes nothing the archive says of itself.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote
from xml.parsers import expat

from ...config import IngestionSettings
from ...domain.documents import Warning_
from ...errors import DangerousDocument, EncryptedDocument, ParserLimit, UnreadableDocument

CHUNK = 1 << 20
# Below this a high ratio is only repetitive markup (5,000 empty rows pack 150:1), never a bomb.
RATIO_FLOOR = 10 << 20
MAX_TAGS = 200_000  # of one relations or content types part
MAX_TAGS_BYTES = 32 << 20
DIRECTORY_BYTES_PER_ENTRY = 1024  # a central directory record is 46 bytes and a name

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_FORMATS = ("WordDocument", "PowerPoint Document", "Workbook")
CONTENT_TYPES = "[Content_Types].xml"

# The encodings in which a `<!DOCTYPE` looks like itself: OPC allows UTF-8 and UTF-16 only.
_READABLE = re.compile(r"(utf-?8|utf-?16(le|be)?|(us-)?ascii|iso-8859-\d+|windows-125\d)$", re.IGNORECASE)
_DECLARED = re.compile(r"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']")
_DECLARATIONS = tuple(
    mark.encode(encoding) for mark in ("<!DOCTYPE", "<!ENTITY") for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)
_OVERLAP = max(len(mark) for mark in _DECLARATIONS) - 1

_LOCAL = re.compile(
    r"(file:/{1,3}(localhost/)?)?[A-Za-z]:[\\/]|file:///(?![\\/])|(?![\\/]{2})(?![A-Za-z][A-Za-z0-9+.-]*:)"
)
_LINKS = {"hyperlink"}
_MEDIA = {"image", "audio", "video", "media"}
_EMBEDDED = {"oleObject", "package", "aFChunk", "control"}


class Kind(StrEnum):
    """What the file has to be, as its main part's content type says."""

    WORD = "wordprocessingml"
    SLIDES = "presentationml"


@dataclass(frozen=True, slots=True)
class Package:
    """A checked archive. `relations` maps a part's name to its (relation type, target part) pairs, in order.

    Part names have no leading "/"; types are the last word of their address ("styles"), the same in
    strict and transitional files. External targets are not in it.
    """

    path: Path
    main: str
    relations: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    warnings: tuple[Warning_, ...] = ()

    def related(self, part: str, type_: str) -> str | None:
        """The first part that `part` points to by a relation of this type; None when there is none."""
        return next((target for kind, target in self.relations.get(part, ()) if kind == type_), None)


def check(path: Path, limits: IngestionSettings, kind: Kind) -> Package:
    """Look the whole archive over in one streaming pass.

    Raises EncryptedDocument, UnreadableDocument, DangerousDocument or ParserLimit; the reasons are
    empty_file, wrong_type, old_format, damaged_archive, damaged_xml, xml_encoding (unreadable),
    password (encrypted), too_many_entries, unpacked_size, unpacked_ratio, entry_names,
    overlapping_entries, nested_archive, xml_dtd, macro, remote_template (dangerous).
    """
    _check_magic(path)
    _check_directory_size(path, limits)
    with opened(path) as archive:
        entries = archive.infolist()
        _check_entries(path, entries, limits)
        types = _content_types(path, archive)
        _check_macros(path, entries, types)
        _stream(path, archive, types, limits)
        relations, external = _relations(path, archive)
        main = _main_part(path, relations, types, kind)
        warnings = _external_warnings(path, external) + _embedded_warnings(relations)
    return Package(path, main, relations, warnings)


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive for reading; what goes wrong inside the block is ours: UnreadableDocument(damaged_archive)."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, KeyError) as error:
        raise UnreadableDocument(path=str(path), reason="damaged_archive") from error
    except (RuntimeError, ValueError, OverflowError, OSError) as error:  # zipfile on damaged names, sizes, seeks
        raise UnreadableDocument(path=str(path), reason="damaged_archive") from error


def _check_magic(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise UnreadableDocument(path=str(path), reason="empty_file")
    if head == OLE2:
        body = path.read_bytes()
        if any(name.encode("utf-16-le") in body for name in OLD_FORMATS):
            raise UnreadableDocument(path=str(path), reason="old_format")
        raise EncryptedDocument(path=str(path), reason="password")
    if not head.startswith(b"PK\x03\x04"):  # also refuses a program with a zip at its end
        raise UnreadableDocument(path=str(path), reason="wrong_type")


def _check_directory_size(path: Path, limits: IngestionSettings) -> None:
    """Refuse millions of entries before zipfile makes an object of each."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_557))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise UnreadableDocument(path=str(path), reason="damaged_archive")
    count, directory = struct.unpack_from("<HL", tail, at + 10)
    if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07") and at >= 76:  # zip64: zipfile believes this record
        count, directory = struct.unpack_from("<QQ", tail, at - 76 + 32)
    if count > limits.archive_entries or directory > limits.archive_entries * DIRECTORY_BYTES_PER_ENTRY:
        raise DangerousDocument(path=str(path), reason="too_many_entries")


def _check_entries(path: Path, entries: list[zipfile.ZipInfo], limits: IngestionSettings) -> None:
    if len(entries) > limits.archive_entries:
        raise DangerousDocument(path=str(path), reason="too_many_entries")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise EncryptedDocument(path=str(path), reason="password")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise UnreadableDocument(path=str(path), reason="damaged_archive")
    names = [entry.filename.replace("\\", "/") for entry in entries]
    if len({name.casefold() for name in names}) < len(names) or any(_leaves(name) for name in names):
        raise DangerousDocument(path=str(path), reason="entry_names")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < 0:
            raise UnreadableDocument(path=str(path), reason="damaged_archive")
        if entry.header_offset < end:
            raise DangerousDocument(path=str(path), reason="overlapping_entries")
        end = entry.header_offset + 30 + len(entry.orig_filename) + entry.compress_size


def _leaves(name: str) -> bool:
    return name.startswith("/") or re.match(r"[A-Za-z]:", name) is not None or ".." in name.split("/")


@dataclass(frozen=True, slots=True)
class _Types:
    """[Content_Types].xml: by extension and by part name, both in lower case."""

    extensions: dict[str, str]
    parts: dict[str, str]

    def of(self, name: str) -> str:
        name = name.lower()
        return self.parts.get(name) or self.extensions.get(name.rpartition(".")[2], "")

    def is_xml(self, name: str) -> bool:
        type_ = self.of(name)
        if name.lower().endswith((".xml", ".rels")):
            return True
        return type_.endswith(("+xml", "/xml")) and not type_.startswith("image/")


def _content_types(path: Path, archive: zipfile.ZipFile) -> _Types:
    if CONTENT_TYPES not in archive.namelist():
        raise UnreadableDocument(path=str(path), reason="wrong_type")
    extensions: dict[str, str] = {}
    parts: dict[str, str] = {}
    for tag, attributes in _tags(path, archive, CONTENT_TYPES):
        type_ = attributes.get("ContentType", "").strip().lower()
        if tag == "Default":
            extensions[attributes.get("Extension", "").lower()] = type_
        elif tag == "Override":
            parts[attributes.get("PartName", "").lstrip("/").lower()] = type_
    return _Types(extensions, parts)


def _check_macros(path: Path, entries: list[zipfile.ZipInfo], types: _Types) -> None:
    declared = list(types.parts.values()) + list(types.extensions.values())
    # A Default for .bin as vbaProject without any such part is still a file that meant to have one.
    if any("macroenabled" in type_ or "vbaproject" in type_ for type_ in declared) or any(
        posixpath.basename(entry.filename.lower()) in ("vbaproject.bin", "vbadata.xml") for entry in entries
    ):
        raise DangerousDocument(path=str(path), reason="macro")


def _stream(path: Path, archive: zipfile.ZipFile, types: _Types, limits: IngestionSettings) -> None:
    """Unpack every entry into nothing, counting: declared sizes may lie."""
    allowed = limits.unpacked_mb << 20
    by_ratio = max(RATIO_FLOOR, path.stat().st_size * limits.unpacked_ratio)
    total = 0
    for entry in archive.infolist():
        xml = types.is_xml(entry.filename)
        tail = b""
        with archive.open(entry) as stream:
            first = True
            while chunk := stream.read(CHUNK):
                total += len(chunk)
                if total > allowed:
                    raise DangerousDocument(path=str(path), reason="unpacked_size")
                if total > by_ratio:
                    raise DangerousDocument(path=str(path), reason="unpacked_ratio")
                if first:
                    _check_start(path, entry.filename, chunk, xml)
                    first = False
                if xml:
                    _refuse_declarations(path, tail + chunk)
                    tail = chunk[-_OVERLAP:]


def _check_start(path: Path, name: str, head: bytes, xml: bool) -> None:
    if head.startswith(b"PK\x03\x04") and "embeddings/" not in name.lower():  # a chart's sheet is at home there
        raise DangerousDocument(path=str(path), reason="nested_archive")
    if xml and not _readable_encoding(head[:1024]):
        raise UnreadableDocument(path=str(path), reason="xml_encoding")


def _readable_encoding(head: bytes) -> bool:
    """Whether a document type declaration could not hide behind this part's encoding."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00", b"<\x00\x00\x00", b"\x4c\x6f\xa7\x94", b"+A", b"+/")):
        return False
    if head.startswith((b"\xff\xfe", b"<\x00")):
        text = head.decode("utf-16-le", "ignore")
    elif head.startswith((b"\xfe\xff", b"\x00<")):
        text = head.decode("utf-16-be", "ignore")
    else:
        text = head.decode("utf-8-sig", "ignore")
    declared = _DECLARED.match(text.lstrip("\ufeff"))
    return declared is None or _READABLE.match(declared[1]) is not None


def _refuse_declarations(path: Path, data: bytes) -> None:
    if any(mark in data for mark in _DECLARATIONS):
        raise DangerousDocument(path=str(path), reason="xml_dtd")


Relations = dict[str, tuple[tuple[str, str], ...]]


def _relations(path: Path, archive: zipfile.ZipFile) -> tuple[Relations, list[tuple[str, str]]]:
    """Inner relations by source part, and the external ones as (type, target)."""
    inner: Relations = {}
    external: list[tuple[str, str]] = []
    for name in archive.namelist():
        folder, _, file = name.rpartition("_rels/")
        if not file.endswith(".rels") or (not folder and file != ".rels"):
            continue
        found: list[tuple[str, str]] = []
        for tag, attributes in _tags(path, archive, name):
            if tag != "Relationship":
                continue
            type_ = attributes.get("Type", "").rstrip("/").rpartition("/")[2]
            target = attributes.get("Target", "")
            if attributes.get("TargetMode", "").lower() == "external":
                external.append((type_, target))
            else:
                found.append((type_, _resolve(folder, target)))
        inner[folder + file.removesuffix(".rels")] = tuple(found)
    return inner, external


def _resolve(folder: str, target: str) -> str:
    target = target.partition("#")[0]
    return posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")


def _main_part(path: Path, relations: Relations, types: _Types, kind: Kind) -> str:
    main = next((target for type_, target in relations.get("", ()) if type_ == "officeDocument"), "")
    if f"{kind.value}." not in types.of(main) or "main+xml" not in types.of(main):
        raise UnreadableDocument(path=str(path), reason="wrong_type")
    return main


def _external_warnings(path: Path, external: list[tuple[str, str]]) -> tuple[Warning_, ...]:
    """Refuse what would pull in foreign content; linked pictures and films are never fetched, only reported."""
    remote = 0
    for type_, target in external:
        if type_ in _LINKS:
            continue
        if type_ in _MEDIA:
            remote += 1
        elif not _LOCAL.match(unquote(target.strip())):
            raise DangerousDocument(path=str(path), reason="remote_template")
    return (Warning_("linked_media", {"count": remote}),) if remote else ()


def _embedded_warnings(relations: Relations) -> tuple[Warning_, ...]:
    """Objects of other programs inside the text; the sheet behind a chart is not one."""
    count = sum(
        type_ in _EMBEDDED
        for source, found in relations.items()
        if "/charts/" not in f"/{source}"
        for type_, _ in found
    )
    return (Warning_("embedded_object", {"count": count}),) if count else ()


def _tags(path: Path, archive: zipfile.ZipFile, name: str) -> list[tuple[str, dict[str, str]]]:
    """The tags of a flat XML part as (local name, attributes without prefixes), in order."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(found) >= MAX_TAGS:
            raise ParserLimit(path=str(path), reason="too_many_relations")
        found.append((tag.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in attributes.items()}))

    with archive.open(name) as stream:
        _feed(path, stream, start)
    return found


def _feed(path: Path, stream: IO[bytes], start: Callable[[str, dict[str, str]], Any]) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start

    def refuse(*_: object) -> None:
        raise DangerousDocument(path=str(path), reason="xml_dtd")

    parser.StartDoctypeDeclHandler = refuse
    size = 0
    try:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > MAX_TAGS_BYTES:
                raise ParserLimit(path=str(path), reason="too_many_relations")
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise UnreadableDocument(path=str(path), reason="damaged_xml") from error
