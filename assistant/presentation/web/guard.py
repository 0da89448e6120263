"""What every request passes before it reaches a route, and every response on its way out.

In: the switch, the origin, the type, size and speed of the body. Out: the security headers of its surface.
A plain ASGI middleware, because Starlette's own would hold back streams.
"""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...errors import AssistantError, BadRequest, ForeignOrigin, Overloaded, SwitchedOff, TooLarge, WrongType
from . import policies, refusals
from .running import Running

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
access = logging.getLogger("assistant.access")
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
BODY_SECONDS = 20.0  # for the whole body of a request that has one
# what stays when the operator closes the public surfaces: what people need to get their data out or erased
STAYS = ("/healthz", "/readyz", "/metrics", "/staff", "/static", "/widget/loader.js", "/api/v1/state")
QUEUED = ("/api/v1/ask", "/rozmowa")
STAYS_OWN = ("/api/v1/conversations/", "/api/v1/session/report", "/api/v1/workshop/minutes")
OWN = ("/api/v1/session", "/api/v1/workshop")  # a guided run or a workshop, to be read or erased


class Guard:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, running: Running) -> None:
        self._app, self._running = app, running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection; only HTTP and the lifespan are served."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        headed = self._logged(scope, _with_headers(scope, send))
        try:
            self._allowed(scope)
            if scope["method"] not in SAFE and not scope["path"].startswith("/staff"):
                receive = await self._body(scope, receive)
        except AssistantError as error:
            headers, query = Headers(scope=scope), QueryParams(scope.get("query_string", b""))
            if isinstance(error, (SwitchedOff, Overloaded)) and not scope["path"].startswith("/api/"):
                answer = self._running.pages.closed(query, error)
            else:
                words = self._running.words(refusals.language(headers, query, self._running.settings.lang))
                answer = refusals.response(error, words)
            return await answer(scope, receive, headed)
        await self._app(scope, receive, headed)

    def _logged(self, scope: Scope, send: Send) -> Send:
        """The system log: when, what and how it ended; no address, id or word of a person (SECURITY L11)."""
        started = time.perf_counter()

        async def logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "") or ("/staff" if _staff(scope) else "-")
                fields = {"method": scope["method"], "route": route, "status": message["status"]}
                fields["ms"] = round(1000 * (time.perf_counter() - started), 1)
                access.info("request", extra={"fields": fields})
            await send(message)

        return logged

    def _allowed(self, scope: Scope) -> None:
        """Raises SwitchedOff, ForeignOrigin, WrongType, TooLarge from the request's head alone."""
        path, headers = scope["path"], Headers(scope=scope)
        state = self._running.switchboard.known
        if not state.open and not path.startswith(STAYS) and not _own_data(path):
            raise SwitchedOff(reason=state.reason)
        if scope["method"] in SAFE:
            return
        if not self._same_origin(scope, headers):
            raise ForeignOrigin()
        if path.startswith(QUEUED):  # before anything is read or looked up: hammering must not cost the others
            self._running.admission.check()
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if path.startswith("/api/") and scope["method"] in WITH_BODY and kind != "application/json":
            raise WrongType()

    def _same_origin(self, scope: Scope, headers: Headers) -> bool:
        """No other web site sent this. Programs, which send neither header, carry no one's cookies."""
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = headers.get("origin")
        if origin is None:
            return True
        public = self._running.settings.web.public_url
        return origin in {public, f"{scope['scheme']}://{headers.get('host', '')}"} - {""}

    async def _body(self, scope: Scope, receive: Receive) -> Receive:
        """The request with its body read, at most so large and so slow. Raises TooLarge."""
        limit = self._running.settings.web.body_kb
        if _announced(Headers(scope=scope)) > limit * 1024:
            raise TooLarge(limit=limit)
        parts: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        break
                    parts.append(message.get("body", b""))
                    size, more = size + len(parts[-1]), message.get("more_body", False)
                    if size > limit * 1024:
                        raise TooLarge(limit=limit)
        except TimeoutError:
            raise BadRequest(reason="slow_body") from None
        whole: Message | None = {"type": "http.request", "body": b"".join(parts), "more_body": False}

        async def replay() -> Message:
            nonlocal whole
            given, whole = whole, None
            return given or await receive()

        return replay


def _with_headers(scope: Scope, send: Send) -> Send:
    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in policies.FIXED.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", policies.DATA)
            if scope["scheme"] == "https":
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        await send(message)

    return headed


def _staff(scope: Scope) -> bool:
    return str(scope["path"]).startswith("/staff")


def _own_data(path: str) -> bool:
    return path.startswith(STAYS_OWN) or path in OWN


def _announced(headers: Headers) -> int:
    """Bytes of the body as announced; what is no number is left to the server, which counts."""
    text = headers.get("content-length", "0")
    return int(text[:12]) if text.isascii() and text.isdigit() else 0
