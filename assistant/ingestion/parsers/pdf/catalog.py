"""What a PDF says of itself: title, outline, printed page numbers, scripts and launched programs.

The only home of pypdf. It touches the file's catalogue only, never the pages, under a clock:
pypdf needed over 20 s for two of 1,002 PDFs that pdfium read in 1.2 s (SECURITY). When it fails,
pages are still read by pdfium and nothing but these extras is missing.
"""

from __future__ import annotations

import io
import logging
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .. import drafts

SECONDS = 10.0
MAX_OUTLINE = 5_000

_ACTIVE = {
    "JavaScript": re.compile(rb"/(?:JavaScript|JS)[\s/(<\[]"),
    "Launch": re.compile(rb"/Launch\b"),
    "EmbeddedFile": re.compile(rb"/EmbeddedFiles?\b"),
}
_OFFICE = re.compile(r"(?i)^(?:microsoft\s+(?:word|powerpoint|excel)\s*[-–]\s*)")
_FILE_NAME = re.compile(r"(?i)\.(?:docx?|odt|rtf|pptx?|odp|xlsx?|indd|qxd|tex|dvi|pdf|pub|cdr|html?|txt|md)$")


@dataclass(frozen=True, slots=True)
class Catalog:
    """`outline` is (title, depth from 1) in order; `labels` one a page; `problem` a code when pypdf gave up."""

    title: str = ""
    outline: tuple[tuple[str, int], ...] = ()
    labels: tuple[str, ...] | None = None
    active: frozenset[str] = field(default_factory=frozenset)
    problem: str = ""


class _TooSlow(Exception):
    """The clock ran out."""


class _NeedsCryptography(Exception):
    """pypdf decrypts AES only with a further library; pdfium has its own."""


def read_catalog(data: bytes, pages: int, seconds: float = SECONDS) -> Catalog:
    """Everything but pages; never raises. `pages` is pdfium's count."""
    active = frozenset(kind for kind, pattern in _ACTIVE.items() if pattern.search(data))
    try:
        with _clock(seconds):
            return _read(data, pages, active)
    except _TooSlow:
        return Catalog(active=active, problem="too_slow")
    except _NeedsCryptography:
        return Catalog(active=active, problem="encrypted")
    except RecursionError:
        return Catalog(active=active, problem="nested_too_deep")
    except MemoryError:
        return Catalog(active=active, problem="too_large")
    except Exception:  # pypdf raises whatever a broken file leads it to: KeyError, AttributeError, ...
        return Catalog(active=active, problem="damaged")


def extract_page(data: bytes, number: int, seconds: float = SECONDS) -> str:
    """pypdf's text of one page, "" when it cannot: the second opinion where pdfium's looks bad."""
    try:
        with _clock(seconds):
            return str(_reader(data).pages[number - 1].extract_text())
    except (Exception, RecursionError, MemoryError):
        return ""


def sensible_title(title: str) -> str:
    """The title without an office program's name, "" when it is a file's name or says nothing."""
    title = _OFFICE.sub("", re.sub(r"[\s\x00-\x1f\x7f]+", " ", title).strip())
    letters = sum(char.isalpha() for char in title)
    if letters < 3 or letters < 0.4 * len(title) or _FILE_NAME.search(title) or "\ufffd" in title:
        return ""
    if " " not in title and ("_" in title or "/" in title or (title.islower() and "-" in title)):
        return ""
    return drafts.sensible_title(title)


def _reader(data: bytes) -> Any:
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            reader.decrypt("")
    except pypdf.errors.DependencyError:
        raise _NeedsCryptography from None
    return reader


def _read(data: bytes, pages: int, active: frozenset[str]) -> Catalog:
    reader = _reader(data)
    root = reader.trailer["/Root"]
    problem, title, labels = "", "", None
    outline: tuple[tuple[str, int], ...] = ()
    try:
        title = sensible_title(str((reader.metadata or {}).get("/Title") or ""))
        outline = tuple(_walk(reader.outline, 1, [MAX_OUTLINE])) if "/Outlines" in root else ()
        labels = _labels(reader, pages) if "/PageLabels" in root else None
    except (_TooSlow, _NeedsCryptography):
        raise
    except Exception:
        problem = "encrypted" if reader.is_encrypted else "damaged"
    return Catalog(title, outline, labels, active | _declared(root), problem)


def _walk(entries: Any, depth: int, left: list[int]) -> Iterator[tuple[str, int]]:
    """pypdf nests an entry's children in a list after it."""
    for entry in entries:
        if left[0] <= 0:
            return
        if isinstance(entry, list):
            yield from _walk(entry, depth + 1, left)
        else:
            left[0] -= 1
            yield str(entry.title or ""), depth


def _labels(reader: Any, pages: int) -> tuple[str, ...] | None:
    labels = tuple(str(label) for label in reader.page_labels)
    return labels if len(labels) == pages else None


def _declared(root: Any) -> set[str]:
    """Active content the catalogue names, also where it lies in compressed objects."""
    found: set[str] = set()
    try:
        names = root.get("/Names", {}).get_object()
        found |= {
            kind for kind, key in (("JavaScript", "/JavaScript"), ("EmbeddedFile", "/EmbeddedFiles")) if key in names
        }
        action = root.get("/OpenAction", {}).get_object()
        kind = action.get("/S") if hasattr(action, "get") else None
        found |= {"JavaScript"} if kind == "/JavaScript" else {"Launch"} if kind == "/Launch" else set()
    except (_TooSlow, _NeedsCryptography):
        raise
    except Exception:
        return found
    return found


@contextmanager
def _clock(seconds: float) -> Iterator[None]:
    """Raise _TooSlow in here after `seconds`. Without timers (Windows, not the main thread) no limit."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
