"""Routes for people's browsers: the public page, the widget, the page without JavaScript, static files."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.responses import Response

from ...errors import AssistantError, DialogueMissing, NotThere
from ...prompts import LANGUAGES
from .. import schemas
from . import asking, modes, policies, refusals, streaming
from .pages import LOADER, ancestors, static_files, static_version
from .roles import ANYONE, role

TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
FOR_EVER = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600"
router = APIRouter()


def _html(html: str, allowed: tuple[str, ...] = (), status: int = 200) -> Response:
    response = HTMLResponse(html, status, {"Content-Security-Policy": policies.page(allowed or policies.NOBODY)})
    if allowed:  # a page of another origin opens the frame: an isolated one could not be talked to
        response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _lang(request: Request) -> str:
    """Polish first: a browser's own language does not choose a page's, the link on it does."""
    return refusals.language({}, request.query_params, request.app.state.running.settings.lang)


@router.get("/", include_in_schema=False, **role(ANYONE))
def home(request: Request) -> Response:
    """The public page."""
    return _html(request.app.state.running.pages.page(_lang(request), "page"))


@router.get("/widget/frame", include_in_schema=False, **role(ANYONE))
def frame(request: Request, site: str = "") -> Response:
    """The widget's inside, for the sites of its allow-list; for everybody else a page that says so.

    The referrer, which the loader sets, tells which of the sites it is: the frame speaks to that one only.
    """
    running = request.app.state.running
    allowed = ancestors(running.settings, site)
    lang = request.query_params.get("lang")
    if not allowed:
        return _html(running.pages.message(_lang(request), NotThere()), status=404)
    spoken = lang if lang in LANGUAGES else running.settings.web.widgets[site].lang
    host = request.headers.get("referer", "").rstrip("/")
    embedding = host if host in allowed else allowed[0] if len(allowed) == 1 else ""
    return _html(running.pages.page(spoken, "frame", site, embedding), allowed)


@router.get("/widget/loader.js", include_in_schema=False, **role(ANYONE))
def loader() -> Response:
    """The script a site includes; readable from everywhere, so that browsers can check its integrity hash."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": FOR_AN_HOUR,
    }
    return FileResponse(LOADER, media_type="text/javascript", headers=headers)


@router.get("/static/{name:path}", include_in_schema=False, **role(ANYONE))
def static(name: str) -> Response:
    """A file of ours; below the version of all of them it may be kept for ever."""
    version, _, rest = name.partition("/")
    versioned = version == static_version()
    file = static_files().get(rest if versioned else name)
    media = TYPES.get(file.suffix) if file else None
    if file is None or media is None:
        raise NotThere()
    return FileResponse(file, media_type=media, headers={"Cache-Control": FOR_EVER if versioned else "no-cache"})


@router.get("/rozmowa", include_in_schema=False, **role(ANYONE))
def plain(request: Request) -> Response:
    """One question at a time, without JavaScript."""
    return _html(request.app.state.running.pages.plain(_lang(request)))


@router.post("/rozmowa", include_in_schema=False, **role(ANYONE))
async def plain_ask(request: Request) -> Response:
    """The same with an answer. Nothing is stored."""
    running = request.app.state.running
    form = await request.form()
    question, lang = str(form.get("question", "")), str(form.get("lang", ""))
    lang = lang if lang in LANGUAGES else _lang(request)
    try:
        answer, _ = await asking.answered(request, running, question, lang)
    except AssistantError as error:
        shown = schemas.error(error, running.words(lang))
        html = running.pages.plain(lang, error=shown, question=question)
        retry = {"Retry-After": str(error.details["seconds"])} if "seconds" in error.details else {}
        response = _html(html, status=error.http_status)
        response.headers.update(retry)
        return response
    return _html(running.pages.plain(lang, answer=streaming.complete(answer, ""), question=question))


@router.get("/tryby", include_in_schema=False, **role(ANYONE))
def guided(request: Request) -> Response:
    """The guided modes to choose from."""
    return _html(request.app.state.running.pages.modes(_lang(request)))


@router.get("/tryby/{id}", include_in_schema=False, **role(ANYONE))
def guided_mode(request: Request, id: str) -> Response:
    """One guided mode."""
    pages = request.app.state.running.pages
    try:
        return _html(pages.mode(_lang(request), id))
    except DialogueMissing:
        return _html(pages.message(_lang(request), NotThere()), status=404)


@router.post("/tryby/raport", include_in_schema=False, **role(ANYONE))
async def guided_report(request: Request) -> Response:
    """A report as a page to read: whose run it is comes in a form's body, so that no address holds the code."""
    running = request.app.state.running
    form = await request.form()
    code, earlier = (str(form.get(name, ""))[: modes.CODE_CHARS] for name in ("code", "earlier"))
    try:
        file = await modes.reported(request, running, code, "html", earlier)
    except AssistantError as error:
        return _html(running.pages.message(_lang(request), error), status=error.http_status)
    return HTMLResponse(file.content, headers={"Content-Security-Policy": policies.REPORT})
