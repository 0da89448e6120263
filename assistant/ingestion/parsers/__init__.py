"""One parser a format, found by kind and imported only when a file of that kind comes.

A parser is `parse(path, limits) -> Parsed`; it raises the tree of DocumentError and nothing else on purpose.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path

from ...config import IngestionSettings
from ..layout import Parsed

VERSION = 2  # raise it when any parser reads files differently: every file is then read again

Parser = Callable[[Path, IngestionSettings], Parsed]

TABLE: Mapping[str, tuple[str, str]] = {
    "pdf": ("assistant.ingestion.parsers.pdf", "parse"),
    "docx": ("assistant.ingestion.parsers.docx", "parse"),
    "pptx": ("assistant.ingestion.parsers.pptx", "parse"),
    "html": ("assistant.ingestion.parsers.html", "parse"),
    "markdown": ("assistant.ingestion.parsers.markdown", "parse"),
    "text": ("assistant.ingestion.parsers.plain", "parse"),
}

# names a person may write in front matter or a side file -> domain Metadata
FIELDS: Mapping[str, str] = {
    "title": "title",
    "tytuł": "title",
    "tytul": "title",
    "language": "language",
    "lang": "language",
    "język": "language",
    "jezyk": "language",
    "edition": "edition",
    "version": "edition",
    "wydanie": "edition",
    "wersja": "edition",
    "state_of_law": "state_of_law",
    "stan_prawny": "state_of_law",
    "publisher": "publisher",
    "wydawca": "publisher",
    "licence": "licence",
    "license": "licence",
    "licencja": "licence",
}


def load(module: str, function: str) -> Parser:
    """The parser a row of the table names."""
    found: Parser = getattr(importlib.import_module(module), function)
    return found


def field(name: str) -> str | None:
    """The Metadata field that a written name means, None for any other name."""
    return FIELDS.get(name.strip().lower().replace("-", "_").replace(" ", "_"))
