"""The real server on a port of its own, answers by arrangement, and a line between it and the browser that may fail."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import config
from assistant.domain.answers import Answer, Citation, Sentence, SentenceKind, Status, Suggestion, Support
from assistant.presentation.web.app import application
from assistant.service import Service

Act = Callable[[str], Answer]
STREAM = "/api/v1/ask/stream"


@dataclass(frozen=True)
class Scripted(Service):
    """The whole service; some questions are answered as a test arranged, all others by the documents."""

    script: dict[str, Act] = field(default_factory=dict, compare=False)

    def ask(
        self, question: str, lang: str | None = None, earlier: Sequence[str] = (), *, read_units: int | None = None
    ) -> Answer:
        act = self.script.get(question)
        return act(question) if act else super().ask(question, lang, earlier, read_units=read_units)


class Line:
    """Between server and browser: streams may be slow (seconds before each piece) or end after some bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.pause = 0.0
        self.ends_after: int | None = None
        self.piece: int | None = None  # bytes at a time

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != STREAM:
            return await self._app(scope, receive, send)
        left = self.ends_after
        ended = asyncio.Event()

        async def slow(message: Message) -> None:
            nonlocal left
            body = message.get("body", b"")
            if ended.is_set():
                return
            if message["type"] != "http.response.body" or not body:
                return await send(message)
            await asyncio.sleep(self.pause)
            if left is not None:
                body, left = body[:left], left - len(body)
            for piece in cut(body, self.piece or len(body) or 1):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                if self.piece:
                    await asyncio.sleep(0)
            if left is not None and left <= 0:
                ended.set()  # nothing more, not even an end: the server closes the connection

        async def hang_up() -> Message:
            tasks = given, _ = asyncio.ensure_future(receive()), asyncio.ensure_future(ended.wait())
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                return given.result() if given.done() else {"type": "http.disconnect"}
            finally:
                for task in tasks:
                    task.cancel()

        await self._app(scope, hang_up, slow)


@dataclass(frozen=True)
class Stage:
    """What a test has in hand: the address, the service behind it, the line before it."""

    url: str
    app: FastAPI
    service: Scripted
    line: Line

    @property
    def words(self) -> dict[str, Any]:
        """Polish screen texts."""
        return self.service.words["pl"].table["web"]

    def ready(self, seconds: float = 20.0) -> None:
        assert self.app.state.running.ready.wait(seconds)

    def document(self, name: str = "latarnia.md") -> str:
        """The id of a document by its path."""
        return next(identity for identity, path, *_ in self.service.documents() if path == name)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(lent: Service, data: Path, port: int | None = None, **given: Any) -> Iterator[Stage]:
    """A server over the lent service's models (and its index, unless another is given) until the block ends."""
    port = port or free_port()
    here = {"corpus": lent.settings.corpus, "indexes": lent.settings.indexes, "data": data}
    web = {"prepare": False, "port": port, **given.pop("web", {})}
    made = Scripted(config.load({}, data, **(here | given), web=web))
    made.__dict__.update(embedder=lent.embedder, analyzer=lent.analyzer, reader=lent.reader)
    app = application(made)
    line = Line(app)
    server = uvicorn.Server(
        uvicorn.Config(line, "127.0.0.1", port, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, name="server", daemon=True)
    thread.start()
    try:
        began = time.monotonic()
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() - began < 20
            time.sleep(0.01)
        made.stores.database.upgrade()  # waits for the server's own
        yield Stage(f"http://127.0.0.1:{port}", app, made, line)
    finally:
        server.should_exit = True
        thread.join(20)
        made.stores.database.close()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def answer(
    question: str,
    sentences: Sequence[Sentence] = (),
    citations: Sequence[Citation] = (),
    *,
    status: Status = Status.ANSWERED,
    opening: str = "",
    lang: str = "pl",
    suggestions: Sequence[Suggestion] = (),
    notices: Sequence[str] = (),
) -> Answer:
    """An answer as the answerer would make it."""
    text = "\n".join([*([opening] if opening else []), *(one.text for one in sentences)])
    rest = (tuple(suggestions), "extractive-1", "g", 0.01, tuple(notices))
    return Answer(question, lang, status, text, tuple(sentences), tuple(citations), *rest)


def sentence(
    text: str,
    *citations: int,
    kind: SentenceKind = SentenceKind.QUOTED,
    support: Support = Support.SUPPORTED,
    form: str = "sentence",
) -> Sentence:
    return Sentence(text, kind, citations, support, form)


def citation(n: int, document_id: str, quote: str, **given: Any) -> Citation:
    values: dict[str, Any] = {
        "title": "Klaster Latarnia. Podręcznik",
        "path": "latarnia.md",
        "edition": "2026-11",
        "pages": (1, 1),
        "headings": ("Klaster Latarnia", "Co to jest klaster Latarnia?"),
        "span": (0, len(quote)),
        "language": "pl",
    }
    return Citation(n=n, document_id=document_id, quote=quote, **(values | given))
