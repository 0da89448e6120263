"""An answer as server-sent events: where it stands, then sentence by sentence, each after the citations it needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from time import monotonic
from typing import Any

from fastapi.sse import format_sse_event

from ...domain.answers import Answer
from ...errors import Overloaded
from ...prompts import Words
from .. import schemas
from . import refusals

_LATER: set[asyncio.Task[None]] = set()  # a task nobody holds may be thrown away before its end
LOOK = 1.0  # seconds between two looks whether the reader is still there
KEEP_ALIVE = 10.0  # seconds of silence that proxies bear
MEDIA_TYPE = "text/event-stream"
HEADERS = {"X-Accel-Buffering": "no"}  # nginx would collect the events


async def events(
    future: Future[tuple[Answer, str]],
    words: Words,
    patience: float,
    gone: Callable[[], Awaitable[bool]],
    abandoned: Callable[[str], Awaitable[None]],
    beside: Callable[[Answer], Awaitable[dict[str, Any]]] | None = None,
) -> AsyncIterator[bytes]:
    """The bytes of a stream; `beside` gives what the last event says besides the answer.

    `gone` tells whether the reader has left: a question that still waits is then taken out of the queue, and one
    that was answered meanwhile is `abandoned`, by its message, for nobody has seen the answer.
    """
    task = asyncio.wrap_future(future)
    begun = silent = monotonic()
    try:
        yield _event("status", {"stage": "searching" if future.running() else "waiting"})
        while not task.done():
            await asyncio.wait({task}, timeout=min(LOOK, patience))
            if await gone() and future.cancel():
                return
            if not task.done() and monotonic() - begun >= patience:
                future.cancel()
                raise Overloaded(seconds=int(KEEP_ALIVE))
            if monotonic() - silent >= KEEP_ALIVE:
                silent = monotonic()
                yield format_sse_event(comment="…")
        answer, message = task.result()
        if await gone():
            await abandoned(message)
            return
    except asyncio.CancelledError:  # the server has noticed that the reader left
        if not future.cancel():
            later = asyncio.get_running_loop().create_task(_unseen(future, abandoned))
            _LATER.add(later)
            later.add_done_callback(_LATER.discard)
        raise
    except Exception as error:
        yield _event("error", schemas.error(refusals.named(error, words), words))
        return
    for name, data in told(answer, message):
        yield _event(name, {**data, **await beside(answer)} if beside and name == "done" else data)


async def _unseen(future: Future[tuple[Answer, str]], abandoned: Callable[[str], Awaitable[None]]) -> None:
    """Wait for an answer under way that nobody reads any more."""
    with suppress(Exception):
        _, message = await asyncio.wrap_future(future)
        await abandoned(message)


def told(answer: Answer, message: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event, data) of an answer in the order they are sent."""
    whole = complete(answer, message)
    opening = ("message", "question", "lang", "status", "opening", "notices", "engine", "generation")
    yield "opening", {name: whole[name] for name in opening}
    sent: set[int] = set()
    for index, sentence in enumerate(answer.sentences):
        for citation in answer.citations:
            if citation.n in sentence.citations and citation.n not in sent:
                sent.add(citation.n)
                yield "citation", schemas.citation(citation)
        yield "sentence", {"index": index, **schemas.sentence(sentence)}
    yield "done", whole


def complete(answer: Answer, message: str) -> dict[str, Any]:
    """The answer's JSON with its message, when it was stored."""
    return {"message": message or None, **schemas.answer(answer)}


def _event(name: str, data: dict[str, Any]) -> bytes:
    return format_sse_event(event=name, data_str=schemas.line(data))
