"""Puts the staff workspace below /staff of the web application.

Gradio takes seconds to import, so it is, in a thread, when somebody opens the sign-in page or `warm` is called;
nobody who only asks a question waits for it.
"""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ....domain.conversations import Account, Role
from ....errors import AssistantError
from ....service import Service
from .. import refusals
from ..preparing import Preparation
from .entry import Entry
from .gate import ROOT, Gate

_making = threading.Lock()  # Gradio has one place in a process where Blocks are put together


class Workspaces:
    """The workspaces, one a language and role, each made when first needed."""

    def __init__(self, service: Service, preparation: Preparation) -> None:
        self._service, self._preparation = service, preparation
        self.router = Entry(service, self.warm).router  # for the table of roles
        self._made: dict[tuple[str, Role], FastAPI] = {}
        self._living: dict[tuple[str, Role], asyncio.Task[None]] = {}
        self._end = asyncio.Event()

    def warm(self) -> None:
        """Begin to load what a workspace needs, in a thread; returns at once."""
        if not self._made:
            lang = self._service.settings.lang
            threading.Thread(target=self._make, args=(lang, Role.EDITOR), name="staff", daemon=True).start()

    async def find(self, lang: str, account: Account) -> ASGIApp:
        """The workspace of a language and an account's role."""
        key = (lang, account.role)
        if key not in self._made:
            await asyncio.to_thread(self._make, *key)
        if key not in self._living:
            begun = asyncio.Event()
            self._living[key] = asyncio.create_task(self._live(self._made[key], begun))
            await begun.wait()
        return self._made[key]

    async def close(self) -> None:
        """End the tasks of the workspaces."""
        self._end.set()
        await asyncio.gather(*self._living.values(), return_exceptions=True)

    def _make(self, lang: str, role: Role) -> None:
        with _making:
            if (lang, role) in self._made:
                return
            # read when Gradio is imported, and the folder when it would have something to put there
            os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
            os.environ.setdefault("GRADIO_TEMP_DIR", str(self._service.settings.data / "gradio"))
            with warnings.catch_warnings(action="ignore"):  # of Gradio, about what we do not use
                from . import workspace
                from .desk import Desk

                desk = Desk(self._service, self._preparation, self._service.words[lang])
                self._made[lang, role] = workspace.application(desk, role)

    async def _live(self, app: FastAPI, begun: asyncio.Event) -> None:
        try:
            async with app.router.lifespan_context(app):
                begun.set()
                await self._end.wait()
        finally:
            begun.set()


def mount(app: FastAPI, service: Service, preparation: Preparation | None = None) -> Workspaces:
    """Serve the workspace below /staff; call it before the application starts.

    `preparation` is the one that builds the index for the whole server.
    """
    workspaces = Workspaces(service, preparation or Preparation(service.settings))
    gate = Gate(_routes(workspaces.router, service), service, workspaces.find)
    app.router.routes.append(Route(ROOT, gate, include_in_schema=False))  # Starlette's redirect would not pass the gate
    app.mount(ROOT, _Whole(gate))
    outer = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with outer(app) as state:
            try:
                yield state
            finally:
                await workspaces.close()

    app.router.lifespan_context = lifespan
    app.state.workspaces = workspaces
    return workspaces


def _routes(router: APIRouter, service: Service) -> FastAPI:
    """Everything below /staff that is not Gradio's."""
    inner = FastAPI(openapi_url=None)
    inner.include_router(router)

    def refused(request: Request, error: Exception) -> Response:
        words = service.words[refusals.language(request.headers, request.query_params, service.settings.lang)]
        return refusals.response(refusals.named(error, words), words)

    for kind in (AssistantError, RequestValidationError, HTTPException, Exception):
        inner.add_exception_handler(kind, refused)
    return inner


class _Whole:
    """Gives an application that is mounted the whole path, as its own routes have it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "root_path": ""}, receive, send)
