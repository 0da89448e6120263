"""Puts the web server together."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ... import config, service
from ...errors import AssistantError, StorageError
from ...service import Service
from . import api, modes, operation, public, refusals, roles, workshops
from .guard import Guard
from .running import Running
from .staff import mounting

ROUTERS = (api.router, modes.router, workshops.router, workshops.screens, operation.router, public.router)
SWITCH_SECONDS = 0.0005  # Python's own 0.005 keeps the event loop waiting behind every answer under way
LATER = 30.0  # seconds a worker that can answer waits before it looks at the corpus, so as not to slow its own start
COUNT = 5.0  # seconds between two writings of the numbers of questions
RETRY = 30.0  # seconds until a database that could not be reached is tried again
log = logging.getLogger(__name__)


def application(made: Service) -> FastAPI:
    """The ASGI application over one service. Everything slow happens after it has begun to serve."""
    running = Running(made)
    app = FastAPI(
        title=running.words("en").text("web.title"),
        version=version("social-economy-assistant"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_lifespan,
    )
    app.state.running = running
    for router in ROUTERS:
        app.include_router(router)
    for kind in (AssistantError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, refusals.refused)
    workspaces = mounting.mount(app, made, running.preparation)
    app.add_middleware(Guard, running=running)
    if nameless := [path for _, path, role in roles.table([*ROUTERS, workspaces.router]) if not role]:
        raise RuntimeError(f"routes without a role: {nameless}")
    return app


def from_environment() -> FastAPI:
    """The application of the settings; what each worker process makes."""
    return application(service.build(config.load()))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    running: Running = app.state.running
    sys.setswitchinterval(SWITCH_SECONDS)
    if running.settings.web.workers > 1:  # the others answer until this one, started anew, has its models
        await asyncio.to_thread(_warm, running)
    tasks = [asyncio.create_task(job) for job in (_prepare(running), _keep(running))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        running.quoting.stop()
        await asyncio.to_thread(running.preparation.stop)
        await asyncio.to_thread(running.admission.close)
        await asyncio.to_thread(_counted, running)


async def _prepare(running: Running) -> None:
    """Answer from the index that is there, bring it up to date, then answer from that."""
    if not running.ready.is_set():
        await asyncio.to_thread(_warm, running)
    if not running.settings.web.prepare:
        return
    await asyncio.to_thread(running.warm_offers)
    if running.ready.is_set() and running.settings.web.workers > 1:
        await asyncio.sleep(LATER)
    running.preparation.start()
    await asyncio.to_thread(running.preparation.join)
    if running.preparation.failed is not None:
        log.error("index: %s", running.preparation.failed)
    if not running.ready.is_set():
        await asyncio.to_thread(_warm, running)


def _warm(running: Running) -> None:
    """Load what the first question needs; without an index, or with one that does not open, later."""
    try:
        running.service.warm()
        running.ready.set()
        for lang in running.service.words:  # so that the first question need not wait for the modes' own
            running.service.guided.proposed("start", lang)
    except AssistantError as error:
        log.warning("not ready: %s", error)
    for broken in running.service.guided.definitions.broken:
        log.error("guided mode: %s", broken)


async def _keep(running: Running) -> None:
    """Open the database, then watch the switch and throw away what is older than it may be."""
    stores = running.service.stores
    while True:
        try:
            await asyncio.to_thread(stores.database.upgrade)
            break
        except StorageError as error:
            log.error("database: %s", error)
            await asyncio.sleep(RETRY)
    async with asyncio.TaskGroup() as group:
        group.create_task(running.switchboard.watch())
        group.create_task(_retain(running))
        group.create_task(_count(running))


async def _count(running: Running) -> None:
    while True:
        await asyncio.sleep(COUNT)
        await asyncio.to_thread(_counted, running)


def _counted(running: Running) -> None:
    """A number less is no reason to keep anybody waiting, nor to stop."""
    try:
        running.tally.write(running.service.stores.counts)
    except StorageError as error:
        log.warning("counts: %s", error)


async def _retain(running: Running) -> None:
    while True:
        try:
            await asyncio.to_thread(running.service.stores.retain)
        except StorageError as error:
            log.error("retention: %s", error)
        await asyncio.sleep(running.settings.retention.hours * 3600)
