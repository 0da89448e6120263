"""A source file becomes a Document: parsed in the sandbox, cut into blocks, its metadata merged."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from ..config import IngestionSettings
from ..domain.documents import Block, BlockKind, Document, Metadata, Warning_
from ..domain.text import Known, clean
from ..errors import DocumentError, UnreadableDocument
from .layout import Parsed
from .parsers import field
from .sources import SourceFile, digest
from .structure import blocks

_SAMPLE = 4000  # characters shown to the language detector
_PROGRAM_TITLES = re.compile(
    r"microsoft (?:word|powerpoint|excel) - .*|untitled.*|bez tytułu.*|bez nazwy.*|dokument ?\d*|document ?\d*|"
    r"powerpoint presentation|presentation ?\d*|prezentacja(?: programu powerpoint)? ?\d*|slajd \d+|slide \d+|"
    r".*\.(?:docx?|pptx?|pdf|indd|odt|rtf|html?|txt|md)",
    re.IGNORECASE,
)


class FileParser(Protocol):
    """What reading needs of the sandbox."""

    def parse(self, path: Path, kind: str, settings: IngestionSettings) -> Parsed:
        """A file as its parser sees it; raises DocumentError."""
        ...


def read(
    source: SourceFile,
    sandbox: FileParser,
    settings: IngestionSettings,
    detect: Callable[[str], str],
    known: Known | None = None,
) -> tuple[Document, tuple[Warning_, ...]]:
    """The document and what the person who added it should know.

    Metadata: the side file before what the file says of itself; then, for the title, the first
    heading and the file's name, and for the language `detect(sample of the text) -> "pl"`.
    Raises DocumentError under the source's path: what the parser found, `changed` when the bytes
    are no longer those that were hashed, `no_text`, or `empty`.
    """
    try:
        parsed = sandbox.parse(source.absolute, source.kind, settings)
    except DocumentError as error:
        raise type(error)(**{**error.details, "path": source.path}) from None
    if not _unchanged(source):
        raise UnreadableDocument(path=source.path, reason="changed")
    found = blocks(parsed, known)
    _require_words(source, parsed, found)
    side, warnings = _side_file(source.side)
    metadata = _metadata(source, {**parsed.properties, **side}, found, detect)
    document = Document(source.sha256, source.path, parsed.text, parsed.pages, found, metadata)
    return document, (*parsed.warnings, *warnings)


def _unchanged(source: SourceFile) -> bool:
    try:
        return digest(source.absolute) == source.sha256
    except OSError:
        return False


def _require_words(source: SourceFile, parsed: Parsed, found: Sequence[Block]) -> None:
    if any(char.isalnum() for block in found for unit in block.units for char in unit.text):
        return
    reason = "empty" if not parsed.text.strip() and source.kind in ("markdown", "text", "html") else "no_text"
    raise UnreadableDocument(path=source.path, reason=reason)


def _side_file(side: Path | None) -> tuple[dict[str, str], tuple[Warning_, ...]]:
    """Fields of the TOML file beside the document; one that cannot be read is a warning, not a refusal."""
    if side is None:
        return {}, ()
    try:
        table = tomllib.loads(side.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        return {}, (Warning_("side_file_unreadable", {"file": side.name, "detail": str(error)[:200]}),)
    values = {name: str(value) for key, value in table.items() if (name := field(key)) and _is_plain(value)}
    return {name: value for name, value in values.items() if value}, ()


def _is_plain(value: object) -> bool:
    return not isinstance(value, dict | list)


def _metadata(
    source: SourceFile, given: dict[str, str], found: Sequence[Block], detect: Callable[[str], str]
) -> Metadata:
    said = {name: words for name, value in given.items() if (words := clean(value).text)}
    return Metadata(
        title=_title(source, said.get("title", ""), found),
        language=_language(said.get("language", "")) or detect(_sample(found)),
        edition=said.get("edition", ""),
        state_of_law=said.get("state_of_law", ""),
        publisher=said.get("publisher", ""),
        licence=said.get("licence", ""),
    )


def _title(source: SourceFile, said: str, found: Sequence[Block]) -> str:
    """The title given, unless a program made it up; else the first heading; else the file's name."""
    if said and not _PROGRAM_TITLES.fullmatch(said):
        return said
    heading = next((block.units[0].text for block in found if block.kind is BlockKind.HEADING), "")
    name = PurePosixPath(source.path).stem
    return heading or clean(name.replace("_", " ")).text or name


def _language(said: str) -> str:
    """ "pl" of "pl-PL"; "" of anything that is no language code."""
    code = re.match(r"([a-z]{2,3})(?:[-_]|$)", said.lower())
    return code[1] if code else ""


def _sample(found: Sequence[Block]) -> str:
    words: list[str] = []
    size = 0
    for block in found:
        if size > _SAMPLE:
            break
        words += [unit.text[:_SAMPLE] for unit in block.units[:20]]
        size += sum(len(unit.text) for unit in block.units[:20])
    return " ".join(words)[:_SAMPLE]
