"""An answer as server-sent events: where it stands, then sentence by sentence, each after the citations it needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from typing import Any

from fastapi.sse import format_sse_event

from ...domain.answers import Answer
from ...errors import Overloaded
from ...prompts import Words
from .. import schemas
from . import refusals

KEEP_ALIVE = 10.0  # seconds of silence that proxies bear
MEDIA_TYPE = "text/event-stream"
HEADERS = {"X-Accel-Buffering": "no"}  # nginx would collect the events


async def events(future: Future[tuple[Answer, str]], words: Words, patience: float) -> AsyncIterator[bytes]:
    """The bytes of a stream. Whoever stops reading takes a question that still waits out of the queue."""
    task = asyncio.wrap_future(future)
    try:
        yield _event("status", {"stage": "searching" if future.running() else "waiting"})
        async for _ in _waiting(task, patience):
            yield format_sse_event(comment="…")
        answer, message = task.result()
    except asyncio.CancelledError:
        future.cancel()
        raise
    except Exception as error:
        yield _event("error", schemas.error(refusals.named(error, words), words))
        return
    for name, data in told(answer, message):
        yield _event(name, data)


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


async def _waiting(task: asyncio.Future[tuple[Answer, str]], patience: float) -> AsyncIterator[None]:
    """One item for each stretch of silence until the task is done. Raises Overloaded when patience ends."""
    left = patience
    while not task.done():
        step = min(KEEP_ALIVE, left)
        await asyncio.wait({task}, timeout=step)
        left -= step
        if task.done():
            return
        if left <= 0:
            task.cancel()
            raise Overloaded(seconds=int(KEEP_ALIVE))
        yield None


def _event(name: str, data: dict[str, Any]) -> bytes:
    return format_sse_event(event=name, data_str=schemas.line(data))
