"""Before everything below /staff: a session, our own origin, and nothing of Gradio that we do not use.

Deny by default: what is not in a table here is not there. Gradio's own checks stay as they are, behind this.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ....domain.conversations import Account
from ....errors import AssistantError, BadRequest, ForeignOrigin, NotThere, SignInRefused, TooLarge
from ....prompts import LANGUAGES
from ....service import Service
from .. import refusals
from . import page

ROOT = "/staff"
SIGN_IN = f"{ROOT}/sign-in"
COOKIE = "__Host-staff"
SAFE = frozenset({"GET", "HEAD"})
# without a session: how one gets a session, and how it ends
OPEN = frozenset(
    {
        ("GET", SIGN_IN),
        ("HEAD", SIGN_IN),
        ("POST", SIGN_IN),
        ("POST", f"{ROOT}/sign-out"),
        ("GET", f"{ROOT}/oidc/start"),
        ("GET", f"{ROOT}/oidc/callback"),
    }
)
# what the browser calls of Gradio below /staff/<lang>, with a session; the rest (its API, proxy, recorder,
# monitor, files of others) is not there
GRADIO = (
    ("GET", re.compile(r"/?")),
    ("GET", re.compile(r"/theme\.css")),
    ("GET", re.compile(r"/(?:assets|static)/[\w./@-]+")),
    ("POST", re.compile(r"/gradio_api/run/predict")),
)
UPLOAD = f"{ROOT}/upload"
SESSION_CHARS = 40  # of Gradio's name for an open page
BODY_BYTES = 1 << 20  # of an event: texts a person typed
POLICY = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'"
)
KEPT = "private, max-age=31536000, immutable"  # Gradio names its assets by their content

Find = Callable[[str, Account], Awaitable[ASGIApp]]
"""The workspace for a language and an account."""


def token_of(headers: Headers) -> str:
    """The session's token from the cookie; "" without one."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def same_origin(scope: Scope, headers: Headers, public_url: str) -> bool:
    """A page of ours sent this. Stricter than on the public surfaces: saying nothing is not enough."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    ours = {public_url, f"{scope['scheme']}://{headers.get('host', '')}"} - {""}
    return headers.get("origin", "") in ours


class Gate:
    """Wraps the routes of `entry` and the workspaces that `find` gives."""

    def __init__(self, routes: ASGIApp, service: Service, find: Find) -> None:
        self._routes, self._service, self._find = routes, service, find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection; only HTTP is served."""
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        headers, query = Headers(scope=scope), QueryParams(scope.get("query_string", b""))
        lang = refusals.language(headers, query, self._service.settings.lang)
        try:
            account = await self._admitted(scope, headers)
            if account is None and (scope["method"], scope["path"]) not in OPEN:
                answer: ASGIApp = self._turned_away(scope, headers, query, lang)
            elif account is not None and (below := _workspace(scope["path"])):
                return await self._work(scope, receive, send, account, *below)
            else:
                answer = self._routes
        except AssistantError as error:
            answer = refusals.response(error, self._service.words[lang])
        await answer(scope, receive, _headed(send, nonce=""))

    async def _admitted(self, scope: Scope, headers: Headers) -> Account | None:
        """Who asks. Raises ForeignOrigin, TooLarge, and what the database raises."""
        if scope["method"] not in SAFE:
            if not same_origin(scope, headers, self._service.settings.web.public_url):
                raise ForeignOrigin()
            limit = BODY_BYTES
            if scope["path"] == UPLOAD:
                limit = self._service.settings.staff.upload_mb << 20
            length = headers.get("content-length", "")
            if not length.isdecimal() or int(length) > limit:  # a body of unknown length is not taken
                raise TooLarge(limit=limit >> 10)
        token = token_of(headers)
        account = await run_in_threadpool(self._service.stores.accounts.of, token) if token else None
        scope.setdefault("state", {})["account"] = account
        return account

    def _turned_away(self, scope: Scope, headers: Headers, query: QueryParams, lang: str) -> Response:
        """Sign-in for a person, the error for a script."""
        reading = scope["method"] in SAFE and "text/html" in headers.get("accept", "")
        if not reading:
            return refusals.response(SignInRefused(), self._service.words[lang])
        lost = "?cookie=refused" if "signed-in" in query else "?session=ended" if token_of(headers) else ""
        return RedirectResponse(SIGN_IN + lost, 303, {"Cache-Control": "no-store"})

    async def _work(self, scope: Scope, receive: Receive, send: Send, account: Account, lang: str, path: str) -> None:
        words = self._service.words[lang]
        allowed = any(scope["method"] in (method, "HEAD") and known.fullmatch(path) for method, known in GRADIO)
        if not allowed or ".." in path:
            return await refusals.response(NotThere(), words)(scope, receive, _headed(send, nonce=""))
        app = await self._find(lang, account)
        if scope["method"] == "POST":
            try:
                event = await _event(receive)
            except AssistantError as error:
                return await refusals.response(error, words)(scope, receive, _headed(send, nonce=""))
            return await app(_passed_on(scope, b"content-length"), _once(event), _headed(send, nonce=""))
        if path != "/":
            sender = _headed(send, "", KEPT if path.startswith("/assets/") else "")
            return await app(_passed_on(scope), receive, sender)
        nonce = secrets.token_urlsafe(16)
        page_sender = page.Rewritten(_headed(send, nonce), lambda text: page.ours(text, nonce, lang, account, words))
        await app(_passed_on(scope, b"accept-encoding"), receive, page_sender)


def account_of(scope: Scope) -> Account | None:
    """Who the gate let in."""
    account: Account | None = scope.get("state", {}).get("account")
    return account


def _workspace(path: str) -> tuple[str, str] | None:
    """(language, rest) of a path below a workspace."""
    first, _, rest = path.removeprefix(f"{ROOT}/").partition("/")
    return (first, f"/{rest}") if path.startswith(f"{ROOT}/") and first in LANGUAGES else None


def _passed_on(scope: Scope, without: bytes = b"x-forwarded-host") -> Scope:
    """As Gradio gets it: the whole path, and no header that lets a client choose the address in its page."""
    kept = [(name, value) for name, value in scope["headers"] if not name.startswith((b"x-forwarded-", without))]
    return {**scope, "root_path": "", "headers": kept}


async def _event(receive: Receive) -> bytes:
    """The event a browser sends, as far as we have a use for it: a number and plain values. Raises BadRequest.

    Gradio takes an object that looks like a file for one wherever it stands: it fetches it from the address or,
    in a mounted application, from any place on the server (6.31, processing_utils.async_move_files_to_cache).
    """
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    try:
        sent = json.loads(body)
        values, number = sent["data"], sent["fn_index"]
        plain = all(value is None or isinstance(value, str | int | float) for value in values)
        if not plain or not isinstance(values, list) or not isinstance(number, int):
            raise BadRequest(reason="event")
        session = str(sent.get("session_hash", ""))[:SESSION_CHARS]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadRequest(reason="event") from None
    return json.dumps({"data": values, "fn_index": number, "session_hash": session}).encode()


def _once(body: bytes) -> Receive:
    """A request whose body is this."""
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive


def _headed(send: Send, nonce: str, cache: str = "") -> Send:
    """Our policy; no cross-origin permissions, which Gradio gives to whoever asks."""

    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in [name for name in headers if name.startswith("access-control-")]:
                del headers[name]
            headers["Content-Security-Policy"] = POLICY.format(nonce=f" 'nonce-{nonce}'" if nonce else "")
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "same-origin"
            headers["Cache-Control"] = cache if cache and message["status"] == 200 else "no-store"
        await send(message)

    return headed
