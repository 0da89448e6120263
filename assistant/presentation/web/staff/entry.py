"""How the staff come in and go out: by name and password, or through the office's OpenID Connect provider.

Pages of ours without any script. Also the tables to take away as files.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ....errors import AssistantError, NotThere, RequestError, SignInRefused, StorageError
from ....prompts import LANGUAGES, Words
from ....service import Service
from ... import schemas
from .. import refusals
from ..oidc import Provider, Transaction
from ..pages import static_url
from ..roles import ANYONE, STAFF, role
from . import downloads, receiving
from .gate import COOKIE, ROOT, SIGN_IN, account_of, token_of

TEMPLATES = Path(__file__).parent / "templates"
FIELD_CHARS = 256  # of a name or password; argon2 is not fed more
FLOW = "__Host-oidc"  # the cookie between the two halves of a sign-in at the provider
FLOW_SECONDS = 600
Field = Annotated[str, Form(max_length=FIELD_CHARS)]


class Entry:
    """The routes below /staff that are not Gradio's. `awaited` is told when somebody is about to sign in."""

    def __init__(self, service: Service, awaited: Callable[[], None] = lambda: None) -> None:
        self._service, self._awaited = service, awaited
        self.router = APIRouter(prefix=ROOT)
        for path, method, work, who in (
            ("/sign-in", "GET", self.form, ANYONE),
            ("/sign-in", "POST", self.sign_in, ANYONE),
            ("/sign-out", "POST", self.sign_out, ANYONE),
            ("/oidc/start", "GET", self.oidc_start, ANYONE),
            ("/oidc/callback", "GET", self.oidc_callback, ANYONE),
            ("/upload", "POST", self.upload, STAFF),
            ("/export/{table}.csv", "GET", self.export, STAFF),
            ("/", "GET", self.home, STAFF),
            ("", "GET", self.home, STAFF),
        ):
            self.router.add_api_route(path, work, methods=[method], response_model=None, **role(who))

    # in and out

    def form(self, request: Request) -> Response:
        """The page where one signs in."""
        self._awaited()
        said = next((f"staff.entry.{key}_{value}" for key, value in request.query_params.items() if key in SAID), "")
        words = self._words(request)
        return self._form(request, words.text(said) if words.has(said) else "")

    def sign_in(self, request: Request, name: Field = "", password: Field = "") -> Response:
        """Name and password for a session."""
        try:
            token = self._service.stores.accounts.sign_in(name.strip(), password, self._address(request))
        except (RequestError, StorageError) as error:
            return self._refused(request, error, name)
        if earlier := token_of(request.headers):
            self._service.stores.accounts.sign_out(earlier)
        self._note(token, "signed_in")
        return _let_in(token, RedirectResponse(f"{ROOT}/?signed-in&lang={self._lang(request)}", 303))

    def sign_out(self, request: Request) -> Response:
        """The session ends on the server, the cookie in the browser."""
        if token := token_of(request.headers):
            self._note(token, "signed_out")
            self._service.stores.accounts.sign_out(token)
        response = RedirectResponse(f"{SIGN_IN}?session=left", 303)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def home(self, request: Request) -> Response:
        """To the workspace in one's language."""
        return RedirectResponse(f"{ROOT}/{self._lang(request)}/", 303)

    # OpenID Connect

    def oidc_start(self, request: Request) -> Response:
        """To the provider."""
        try:
            address, transaction = self._provider(request).authorize_url()
        except AssistantError as error:
            return self._refused(request, error)
        response = RedirectResponse(address, 303)
        # Lax, because the way back begins at the provider's site
        kept = ".".join((transaction.state, transaction.nonce, transaction.verifier, str(transaction.at)))
        response.set_cookie(FLOW, kept, FLOW_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
        return response

    def oidc_callback(self, request: Request) -> Response:
        """Back from the provider.

        Ends with a page and not with a redirect: a browser sends a strict cookie only where one of our pages leads.
        """
        try:
            name = self._provider(request).name(request.query_params, _transaction(request.cookies.get(FLOW, "")))
            response = self._trusted(request, name)
        except AssistantError as error:
            response = self._refused(request, error)
        response.delete_cookie(FLOW, path="/", secure=True, httponly=True, samesite="lax")
        return response

    def _trusted(self, request: Request, name: str) -> Response:
        """In, when the name the provider vouches for has an account."""
        try:
            token = self._service.stores.accounts.trust(name)
        except SignInRefused as error:
            return self._form(request, self._words(request).text("staff.entry.session_unknown"), "", error.http_status)
        self._note(token, "signed_in", by="oidc")
        return _let_in(token, self._page("staff-signed-in.html", request))

    def _provider(self, request: Request) -> Provider:
        settings = self._service.settings
        if not settings.staff.oidc_issuer:
            raise NotThere()
        ours = settings.web.public_url or f"{request.url.scheme}://{request.url.netloc}"
        return Provider(settings.staff, f"{ours}{ROOT}/oidc/callback")

    def _note(self, token: str, action: str, **details: str) -> None:
        account = self._service.stores.accounts.of(token)
        if account is not None:
            self._service.stores.audit.note(account.name, action, **details)

    # what is brought and taken away

    async def upload(self, request: Request, name: str = "") -> Response:
        """A file as the body, what its owner calls it as `name`; answers with its verdict."""
        account = account_of(request.scope)
        assert account is not None  # the gate lets nobody else through
        size = int(request.headers["content-length"])
        try:
            taken = await receiving.receive(self._service, account, name, size, request.stream())
        except OSError as error:
            said = self._words(request).text("staff.disk", reason=error.strerror or type(error).__name__)
            return JSONResponse({"code": "disk", "message": said, "hint": ""}, 507)
        assert taken.examined is not None
        return JSONResponse({"id": taken.id, **schemas.verdict(taken.examined.verdict, self._words(request))}, 201)

    def export(self, request: Request, table: str, days: int = 90, rating: str = "") -> Response:
        """A table of the workspace as CSV."""
        account = account_of(request.scope)
        assert account is not None  # the gate lets nobody else through
        body = downloads.table(self._service, self._words(request), table, days, rating)
        self._service.stores.audit.note(account.name, f"{table}_exported", days=days)
        headers = {"Content-Disposition": f'attachment; filename="{table}.csv"', "Cache-Control": "no-store"}
        return Response(body, media_type="text/csv; charset=utf-8", headers=headers)

    # the pages

    def _refused(self, request: Request, error: AssistantError, name: str = "") -> Response:
        shown = schemas.error(error, self._words(request))
        page = self._form(request, f"{shown['message']} {shown['hint']}", name, error.http_status)
        if "seconds" in error.details:
            page.headers["Retry-After"] = str(error.details["seconds"])
        return page

    def _form(self, request: Request, said: str, name: str = "", status: int = 200) -> Response:
        lang, settings = self._lang(request), self._service.settings.staff
        others = [(other, self._words(request).text(f"staff.language_{other}")) for other in LANGUAGES if other != lang]
        return self._page(
            "staff-sign-in.html",
            request,
            status,
            languages=others,
            said=said,
            name=name,
            insecure=not _keeps_cookies(request),
            oidc=bool(settings.oidc_issuer),
            minutes=settings.idle_minutes,
        )

    def _page(self, template: str, request: Request, status: int = 200, **given: Any) -> Response:
        words = self._words(request)
        text = self._pages.get_template(template).render(words=words.table["staff"]["entry"], lang=words.lang, **given)
        return HTMLResponse(text, status, {"Cache-Control": "no-store"})

    @cached_property
    def _pages(self) -> Environment:
        made = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True)
        made.globals["static"] = static_url
        return made

    def _words(self, request: Request) -> Words:
        return self._service.words[self._lang(request)]

    def _lang(self, request: Request) -> str:
        return refusals.language(request.headers, request.query_params, self._service.settings.lang)

    def _address(self, request: Request) -> str:
        return self._service.stores.addresses.hash(request.client.host if request.client else "")


SAID = ("cookie", "session")  # query fields that name a sentence of [staff.entry]


def _let_in(token: str, response: Response) -> Response:
    """The response with the session's cookie."""
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")
    return response


def _transaction(cookie: str) -> Transaction:
    """What the first half kept. Raises SignInRefused."""
    parts = cookie.split(".")
    if len(parts) != 4 or not parts[3].isdecimal():
        raise SignInRefused()
    return Transaction(parts[0], parts[1], parts[2], int(parts[3]))


def _keeps_cookies(request: Request) -> bool:
    """Whether the browser keeps a Secure cookie here: over https, and from this machine."""
    if request.url.scheme == "https" or request.url.hostname in ("localhost", None):
        return True
    try:
        return ipaddress.ip_address(request.url.hostname).is_loopback
    except ValueError:
        return False
