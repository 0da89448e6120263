"""Parsers run in a process of their own: a bad file costs one worker, never the service.

A worker (`python -m assistant.ingestion.sandbox`) reads many files, one after another, under limits
of memory and processor time set for each; the parent keeps the clock. The two talk by JSON with its
length before it, over pipes. JSON and not pickle, because the side that touched the file is the side
that must not be trusted: whatever it sends can only become a checked Parsed or an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from .. import errors
from ..config import IngestionSettings
from ..domain.documents import BlockKind, Page, Warning_
from ..errors import DocumentError, ParserLimit, UnreadableDocument
from . import parsers
from .layout import Parsed, Part, PartKind, Piece

FILES_A_WORKER = 100  # then a fresh one: parsers leak
REPLY_BYTES = 1 << 29
_ROOT = Path(__file__).resolve().parents[2]
# a parser needs no keys or tokens, so it gets none
_ENVIRONMENT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "TEMP",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "TESSDATA_PREFIX",
)


class Sandbox:
    """Up to `workers` parser processes, started when needed, safe to use from several threads.

    `warnings` tells what could not be limited on this platform (code `parser_without_limits`).
    `table` names the parsers; tests pass their own.
    """

    def __init__(
        self,
        workers: int = 1,
        table: Mapping[str, tuple[str, str]] = parsers.TABLE,
        files_a_worker: int = FILES_A_WORKER,
    ) -> None:
        self._table = table
        self._files_a_worker = files_a_worker
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._workers = workers
        self.warnings = () if _has_limits() else (Warning_("parser_without_limits"),)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(self, path: Path, kind: str, settings: IngestionSettings) -> Parsed:
        """Read one file. Raises what its parser raises (DocumentError), and besides

        UnreadableDocument `crashed` when the parser died or failed in a way it does not know, and
        ParserLimit `time`, `cpu` or `memory`.
        """
        if kind not in self._table:
            raise UnreadableDocument(path=path.name, reason="unsupported_type", suffix=path.suffix.lower())
        worker = self._idle.get()
        try:
            if worker is None or not worker.usable():
                worker = _Worker()
            return worker.parse(path, self._table[kind], settings)
        finally:
            if worker is not None and (not worker.usable() or worker.files >= self._files_a_worker):
                worker.close()
                worker = None
            self._idle.put(worker)

    def close(self) -> None:
        """End the idle workers; a later `parse` starts new ones."""
        for _ in range(self._workers):
            try:
                worker = self._idle.get_nowait()
            except queue.Empty:
                return
            if worker is not None:
                worker.close()
        for _ in range(self._workers):
            self._idle.put(None)


class _Worker:
    """One parser process as the parent sees it."""

    def __init__(self) -> None:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "OMP_THREAD_LIMIT": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        self.files = 0
        self._unfit = False

    def usable(self) -> bool:
        """Whether another file may be sent."""
        return not self._unfit and self._process.poll() is None

    def parse(self, path: Path, parser: tuple[str, str], settings: IngestionSettings) -> Parsed:
        """Send one file and wait for its reply at most `wall_seconds`."""
        self.files += 1
        late = threading.Event()
        clock = threading.Timer(settings.wall_seconds, self._kill, kwargs={"late": late})
        clock.daemon = True
        clock.start()
        try:
            reply = self._ask({"path": os.fsencode(path).hex(), "parser": parser, "settings": settings.model_dump()})
        finally:
            clock.cancel()
        self._unfit = not isinstance(reply, dict) or bool(reply.get("unfit"))
        if reply is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)  # its own end tells more than ours
            self._kill()
            raise self._cause_of_death(path.name, late.is_set())
        try:
            return _answer(reply, path.name)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise UnreadableDocument(path=path.name, reason="crashed", detail=f"reply: {error}") from None

    def close(self) -> None:
        """Ask it to end by closing its input, then insist."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._kill()

    def _ask(self, request: dict[str, Any]) -> Any | None:
        """The reply, None when the worker died or babbled."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            _send(self._process.stdin, request)
            return _receive(self._process.stdout)
        except (OSError, ValueError, RecursionError):
            return None

    def _kill(self, late: threading.Event | None = None) -> None:
        """End the worker and whatever it started (OCR)."""
        if late is not None:
            late.set()
        try:
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        except ProcessLookupError:
            pass
        self._process.wait()

    def _cause_of_death(self, name: str, late: bool) -> DocumentError:
        code = self._process.returncode
        if late:
            return ParserLimit(path=name, reason="time")
        if code == -getattr(signal, "SIGXCPU", -1):
            return ParserLimit(path=name, reason="cpu")
        return UnreadableDocument(path=name, reason="crashed", detail=f"exit {code}")


# ---- messages ----------------------------------------------------------------------------------

_LONE = re.compile("[\ud800-\udfff]")


def _send(stream: IO[bytes], message: Any) -> None:
    raw = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    stream.write(len(raw).to_bytes(8, "big") + raw)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any | None:
    """One message, None at the end of the stream. ValueError when it is none."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "big")
    if size > REPLY_BYTES:
        raise ValueError("message too long")
    raw = stream.read(size)
    return json.loads(raw) if len(raw) == size else None


def _packed(parsed: Parsed) -> dict[str, Any]:
    return {
        "text": _LONE.sub("\ufffd", parsed.text),
        "pages": [[page.number, page.start, page.end, page.label] for page in parsed.pages],
        "pieces": [
            [piece.kind, piece.level, [[p.kind, p.start, p.end, p.level, p.cells] for p in piece.parts]]
            for piece in parsed.pieces
        ],
        "properties": {name: _LONE.sub("\ufffd", value) for name, value in parsed.properties.items()},
        "warnings": [asdict(warning) for warning in parsed.warnings],
        "markup": parsed.markup,
    }


def _answer(reply: dict[str, Any], name: str) -> Parsed:
    """The Parsed a reply holds, or its error raised."""
    if "error" in reply:
        kinds = {kind.__name__: kind for kind in errors.tree(DocumentError)}
        details = {str(key): value for key, value in reply["details"].items() if isinstance(value, str | int)}
        raise kinds.get(str(reply["error"]), UnreadableDocument)(**{"reason": "crashed", **details, "path": name})
    parsed = Parsed(
        text=str(reply["text"]),
        pages=tuple(Page(int(n), int(start), int(end), label) for n, start, end, label in reply["pages"]),
        pieces=tuple(_piece(kind, level, parts) for kind, level, parts in reply["pieces"]),
        properties={str(key): str(value) for key, value in reply["properties"].items()},
        warnings=tuple(Warning_(str(w["code"]), dict(w["details"])) for w in reply["warnings"]),
        markup=bool(reply["markup"]),
    )
    check(parsed)
    return parsed


def _piece(kind: str, level: int, parts: list[Any]) -> Piece:
    return Piece(
        BlockKind(kind),
        tuple(
            Part(PartKind(part), int(start), int(end), int(depth), tuple((int(a), int(b)) for a, b in cells))
            for part, start, end, depth, cells in parts
        ),
        int(level),
    )


def check(parsed: Parsed) -> None:
    """Raise ValueError unless pages make up the text and parts are in order, inside it and apart."""
    place = 0
    for page in parsed.pages:
        if page.start != place or page.end < page.start:
            raise ValueError(f"page {page.number} begins at {page.start}, not {place}")
        place = page.end
    if place != len(parsed.text):
        raise ValueError(f"pages end at {place}, text at {len(parsed.text)}")
    place = 0
    for piece in parsed.pieces:
        if not piece.parts:
            raise ValueError("a piece without parts")
        for part in piece.parts:
            if not place <= part.start <= part.end <= len(parsed.text):
                raise ValueError(f"part {part.start}-{part.end} after {place}")
            if any(start < end and not part.start <= start < end <= part.end for start, end in part.cells):
                raise ValueError(f"a cell outside its row {part.start}-{part.end}")
            place = part.end


# ---- the worker's side -------------------------------------------------------------------------

_OUT_OF_MEMORY = {"error": "ParserLimit", "details": {"reason": "memory"}, "unfit": True}


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until the input ends or a limit made this process unfit."""
    if hasattr(os, "nice"):
        os.nice(10)
    while (request := _receive(requests)) is not None:
        reply = _reply(request)
        try:
            _send(replies, reply)
        except MemoryError:
            _send(replies, _OUT_OF_MEMORY)
            return
        if reply.get("unfit"):
            return


def _reply(request: dict[str, Any]) -> dict[str, Any]:
    path = Path(os.fsdecode(bytes.fromhex(request["path"])))
    settings = IngestionSettings.model_validate(request["settings"])
    try:
        parse = parsers.load(*request["parser"])
        _limit(settings)
        return _packed(parse(path, settings))
    except DocumentError as error:
        return {"error": type(error).__name__, "details": error.details}
    except MemoryError:
        return _OUT_OF_MEMORY
    except PermissionError:
        return {"error": "UnreadableDocument", "details": {"reason": "permission"}}
    except FileNotFoundError:
        return {"error": "UnreadableDocument", "details": {"reason": "changed"}}
    except Exception as error:
        details = {"reason": "crashed", "detail": type(error).__name__}
        return {"error": "UnreadableDocument", "details": details, "unfit": True}


def _has_limits() -> bool:
    try:
        import resource  # noqa: F401
    except ImportError:
        return False
    return True


def _limit(settings: IngestionSettings) -> None:
    """Memory for the process, processor time for this file, no core dumps."""
    if not _has_limits():
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + settings.cpu_seconds
    wanted = ((resource.RLIMIT_AS, settings.memory_mb << 20), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0))
    for limit, value in wanted:
        hard = resource.getrlimit(limit)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(limit, (soft, hard))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS
            continue


def _main() -> None:
    """Keep the pipes for messages only: what a library prints goes nowhere."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    serve(requests, replies)


if __name__ == "__main__":
    _main()
