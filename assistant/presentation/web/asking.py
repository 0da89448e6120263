"""From a request to a question in the queue: whose it is, whether they have asked too often, what comes back."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ...domain.answers import Answer
from ...domain.conversations import Visit
from ...errors import AssistantError, DatabaseUnavailable, Overloaded, VisitMissing
from .running import Running

TOKEN = 43  # characters of a visit's token
AGAIN = 10  # seconds after which a question that took too long may be asked again


def visit(request: Request) -> Visit:
    """Whose token the request carries. Raises VisitMissing; waits for the database."""
    running: Running = request.app.state.running
    return running.service.stores.visits.of(_token(request))


def ended_visit(request: Request) -> Visit:
    """The same, also when the visit has ended: enough to erase."""
    running: Running = request.app.state.running
    return running.service.stores.visits.once(_token(request))


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or len(token) != TOKEN:
        raise VisitMissing()
    return token


async def abandoned(request: Request, message: str) -> None:
    """Note that nobody saw the answer of a message ("" for one that was not stored)."""
    if message:
        running: Running = request.app.state.running
        with suppress(AssistantError):
            owner = await run_in_threadpool(visit, request)
            await run_in_threadpool(running.service.stores.conversations.stopped, owner, message)


def limited(request: Request, running: Running, site: str = "") -> None:
    """Count a request against its address and site. Raises TooManyTries, NotThere for an unknown site."""
    settings = running.settings.web
    running.known_site(site)
    address = running.limits.address(request.client.host if request.client else "")
    if address is not None:
        running.limits.count("address", address, settings.address_per_minute)
    if site:
        running.limits.count("site", site, settings.widgets[site].requests_per_minute)


async def submitted(
    request: Request, running: Running, question: str, lang: str | None, conversation: str | None = None, site: str = ""
) -> Future[tuple[Answer, str]]:
    """The question in the queue. Raises what keeps it out: a limit, an unknown site, no visit, a full queue."""
    limited(request, running, site)
    with ExitStack() as entered:
        owner: Visit | None = None
        if conversation is not None:
            try:
                owner = await run_in_threadpool(visit, request)
            except DatabaseUnavailable:
                owner = None  # an answer that is not saved is better than none
            else:
                running.limits.count("session", owner.id, running.settings.web.session_per_minute)
                entered.enter_context(running.limits.under_way(owner.id, running.settings.web.streams_per_session))
        surface = "widget" if site else "page"
        ask = partial(running.service.converse, question, lang, owner, conversation or "")
        future = running.admission.submit(
            lambda waiting: running.answer(partial(ask, read_units=running.read_units(waiting)), surface, site)
        )
        under_way = entered.pop_all()
    future.add_done_callback(lambda _: under_way.close())
    return future


async def answered(
    request: Request, running: Running, question: str, lang: str | None, conversation: str | None = None, site: str = ""
) -> tuple[Answer, str]:
    """The same, waited for. Raises Overloaded when it takes too long."""
    future = await submitted(request, running, question, lang, conversation, site)
    try:
        async with asyncio.timeout(running.settings.web.question_seconds):
            return await asyncio.wrap_future(future)
    except TimeoutError:
        raise Overloaded(seconds=AGAIN) from None


async def offered(running: Running, answer: Answer) -> dict[str, Any]:
    """What an answer's JSON says besides the answer: `mode`, the guided mode that fits the question, or None."""
    return {"mode": await run_in_threadpool(running.proposed, answer)}
