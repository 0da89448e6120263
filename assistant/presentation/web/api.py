"""/api/v1: each route converts its input, makes one service call, gives back what came."""

from __future__ import annotations

import mimetypes
import time
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ...domain.conversations import Rating, Visit
from ...errors import BadRequest, NotThere
from .. import exports, schemas
from . import asking, policies, refusals, streaming
from .roles import ANYONE, VISITOR, role
from .running import Running


class Problem(BaseModel):
    """The one error shape, in the reader's language."""

    code: str = Field(examples=["overloaded"])
    message: str = Field(examples=["Teraz pyta naraz wiele osób i nie nadążam z odpowiedziami."])
    hint: str = Field(examples=["Twoje pytanie nie przepadło: wyślij je ponownie za 3 s."])


ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No visit, or it has ended"},
    403: {"model": Problem, "description": "Another web site asks in a person's name"},
    404: {"model": Problem, "description": "Not there, or not this person's"},
    413: {"model": Problem, "description": "The body is too large"},
    415: {"model": Problem, "description": "The body is not application/json"},
    422: {"model": Problem, "description": "Not JSON in UTF-8, or a field does not fit"},
    429: {"model": Problem, "description": "Too often; Retry-After says when again"},
    503: {"model": Problem, "description": "Queue full, index being built, database gone or switched off; Retry-After"},
}
router = APIRouter(prefix="/api/v1", responses=ERRORS)
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$", examples=["kZ3v1h1YpJ0v8m0x3mUoT1m5b7m9dQ0s2tq4r6u8w0A"])]
DocumentId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
SiteKey = Annotated[
    str, Field(pattern=r"^[a-z0-9-]{0,40}$", description="key of the widget that asks; empty elsewhere")
]
Lang = Literal["pl", "en"]
PIECE = 20_000  # characters of a text field at most; the answerer has its own, smaller, limit with a sentence
# shown in the browser at the page asked for; everything else is saved
INLINE = {".pdf": "application/pdf", ".md": "text/plain", ".txt": "text/plain"}
QUESTION = "Co to jest klauzula społeczna?"
SENTENCE = {
    "text": "Klauzula społeczna to zapis, dzięki któremu zakup publiczny daje też efekt społeczny.",
    "kind": "quoted",
    "citations": [1],
    "support": "supported",
    "form": "sentence",
}
CITATION = {
    "n": 1,
    "document_id": "3f" * 32,
    "title": "Klauzule społeczne w zamówieniach publicznych",
    "path": "pl/klauzule-spoleczne.md",
    "edition": "2026-11",
    "state_of_law": "2026-11-01",
    "language": "pl",
    "pages": [1, 1],
    "headings": ["Klauzule społeczne", "Co to jest klauzula społeczna?"],
    "quote": SENTENCE["text"],
    "span": [412, 497],
}
ANSWER = {
    "message": None,
    "question": QUESTION,
    "lang": "pl",
    "status": "answered",
    "opening": "",
    "text": f"{SENTENCE['text']} [1]",
    "sentences": [SENTENCE],
    "citations": [CITATION],
    "suggestions": [],
    "notices": [],
    "engine": "extractive",
    "generation": "20261122T051704000000-0a1b2c3d",
    "seconds": 0.09,
    "mode": {"id": "tender_readiness", "title": "Gotowość do przetargu"},
}
EVENTS = {
    "description": "Events: status, opening, then citation and sentence by turns, done; or error",
    "content": {
        "text/event-stream": {
            "example": 'event: status\ndata: {"stage": "searching"}\n\nevent: citation\ndata: {"n": 1}\n\n'
        }
    },
}
FILE = {"description": "The file", "content": {"application/pdf": {}, "text/plain": {}, "application/octet-stream": {}}}
TAKEN = {"description": "The file", "content": {media: {} for kind, media in exports.TYPES.items() if kind != "csv"}}


class Body(BaseModel):
    """What a request may carry; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Question(Body):
    """A question; with `conversation` (and its token in Authorization) it is read together with the ones before."""

    question: str = Field(max_length=PIECE, examples=[QUESTION])
    lang: Lang | None = Field(None, description="language of the answer; told from the question when absent")
    conversation: Id | None = None
    site: SiteKey = ""


class SearchQuery(Body):
    """Words to search for."""

    query: str = Field(max_length=PIECE, examples=["zamówienia zastrzeżone art. 94"])
    k: int = Field(10, ge=1, le=50)


class Quote(Body):
    """Words of a citation; `path` finds a newer edition of the document, `near` the place when there are several."""

    quote: str = Field(min_length=1, max_length=PIECE)
    path: str = Field("", max_length=1000)
    page: int | None = Field(None, ge=1, le=100_000)
    near: int = Field(0, ge=0, le=1_000_000_000, description="start of the citation's span")


class Beginning(Body):
    """Where a conversation begins."""

    site: SiteKey = ""
    lang: Lang = "pl"


class Opinion(Body):
    """What a person says about an answer of theirs."""

    message: Id
    rating: Rating
    comment: str = Field("", max_length=PIECE)


class Nothing(Body):
    """An empty object."""


async def _running(request: Request) -> Running:
    running: Running = request.app.state.running
    return running


Run = Annotated[Running, Depends(_running)]
Owner = Annotated[Visit, Depends(asking.visit)]
FormerOwner = Annotated[Visit, Depends(asking.ended_visit)]


# asking


@router.post("/ask", responses={200: {"content": {"application/json": {"example": ANSWER}}}}, **role(ANYONE))
async def ask(request: Request, body: Question, running: Run) -> Response:
    """Answer one question with quotes from the documents."""
    answer, message = await asking.answered(request, running, body.question, body.lang, body.conversation, body.site)
    return JSONResponse({**streaming.complete(answer, message), **await asking.offered(running, answer)})


@router.post("/ask/stream", response_class=StreamingResponse, responses={200: EVENTS}, **role(ANYONE))
async def ask_stream(request: Request, body: Question, running: Run) -> Response:
    """The same as events: status, opening, then citation and sentence by turns, done; or error."""
    future = await asking.submitted(request, running, body.question, body.lang, body.conversation, body.site)
    words = running.words(body.lang or _lang(request, running))
    left = partial(asking.abandoned, request)
    patience = running.settings.web.question_seconds
    beside = partial(asking.offered, running)
    stream = streaming.events(future, words, patience, request.is_disconnected, left, beside)
    return StreamingResponse(stream, media_type=streaming.MEDIA_TYPE, headers=streaming.HEADERS)


@router.post("/search", **role(ANYONE))
async def search(request: Request, body: SearchQuery, running: Run) -> dict[str, Any]:
    """Passages for some words, best first, with what ranked them."""
    asking.limited(request, running)
    started = time.perf_counter()
    found = await run_in_threadpool(running.searched, body.query, body.k)
    return schemas.search(found, time.perf_counter() - started)


# documents


@router.get("/documents", **role(ANYONE))
def documents(running: Run) -> dict[str, Any]:
    """What the answers are taken from."""
    with running.patient():
        return {"documents": list(_documents(running).values()), "generation": running.service.generation}


@router.get("/documents/{document_id}", **role(ANYONE))
def document(document_id: DocumentId, running: Run) -> dict[str, Any]:
    """One of them, with its headings in reading order."""
    with running.patient():
        shown = _documents(running).get(document_id)
        if shown is None:
            raise NotThere()
        return {**shown, "headings": running.service.headings(document_id)}


@router.get("/documents/{document_id}/file", response_class=FileResponse, responses={200: FILE}, **role(ANYONE))
def original(document_id: DocumentId, running: Run) -> Response:
    """The document as it was received. PDF and text are shown, others saved."""
    with running.patient():
        shown = _documents(running).get(document_id)
        if shown is None:
            raise NotThere()
        file = running.service.original(shown["path"])
    kind = INLINE.get(file.suffix.lower())
    media = f"{kind}; charset=utf-8" if kind == "text/plain" else kind or "application/octet-stream"
    response = FileResponse(
        file, media_type=media, filename=file.name, content_disposition_type="inline" if kind else "attachment"
    )
    if file.suffix.lower() == ".pdf":
        response.headers["Content-Security-Policy"] = policies.PDF
    return response


@router.post("/documents/{document_id}/source", **role(ANYONE))
def source(document_id: DocumentId, body: Quote, running: Run) -> dict[str, Any]:
    """A citation opened: the section around it with its words marked, found by the words."""
    with running.patient():
        view = running.service.source(document_id, body.quote, body.path, body.near)
        shown = _documents(running).get(view.document_id)
    page = view.pages[0] if view.pages else body.page
    opened = schemas.source(view, shown)
    return {**opened, "file": {**shown["file"], "page": page} if shown and shown["file"] else None}


def _documents(running: Running) -> dict[str, dict[str, Any]]:
    """Every indexed document by its id."""
    shown = {}
    for name, path, metadata, chunks, pages in running.service.documents():
        file = running.settings.corpus / path
        known = None
        if file.is_file():
            known = {
                "url": f"/api/v1/documents/{name}/file",
                "type": mimetypes.guess_type(path)[0] or "application/octet-stream",
                "bytes": file.stat().st_size,
            }
        shown[name] = schemas.document(name, path, metadata, chunks, pages, known)
    return shown


# conversations


@router.post("/conversations", status_code=201, **role(ANYONE))
def begin(request: Request, body: Beginning, running: Run) -> dict[str, Any]:
    """A new conversation; without a token also a new visit, whose token is told this once."""
    running.known_site(body.site)
    asking.limited(request, running, body.site)
    token = ""
    if "authorization" in request.headers:
        visit = asking.visit(request)
    else:
        token = running.service.stores.visits.begin(body.site)
        visit = running.service.stores.visits.of(token)
    made = running.service.stores.conversations.create(visit, body.lang)
    shown = schemas.conversation(made)
    del shown["messages"]
    return {**shown, "token": token} if token else shown


@router.get("/conversations/{conversation_id}", **role(VISITOR))
def conversation(conversation_id: Id, visit: Owner, running: Run) -> dict[str, Any]:
    """A conversation with its answers and citations as they were shown."""
    read = running.service.stores.conversations.read(visit, conversation_id)
    shown = schemas.conversation(read)
    for told, message in zip(shown["messages"], read.messages, strict=True):
        told["answer"]["mode"] = running.proposed(message.answer)
    return shown


@router.delete("/conversations/{conversation_id}", status_code=204, **role(VISITOR))
def erase(conversation_id: Id, visit: FormerOwner, running: Run) -> Response:
    """Erase a conversation with its answers and feedback, at once; also when the visit has ended."""
    running.service.stores.conversations.erase(visit, conversation_id)
    return Response(status_code=204)


@router.get("/conversations/{conversation_id}/export", response_class=Response, responses={200: TAKEN}, **role(VISITOR))
def export(
    conversation_id: Id,
    visit: Owner,
    running: Run,
    kind: Annotated[Literal["json", "md", "docx"], Query(alias="format")] = "docx",
    lang: Lang | None = None,
) -> Response:
    """A conversation to take away: JSON, Markdown, or a Word document with its sources as footnotes."""
    read = running.service.stores.conversations.read(visit, conversation_id)
    words = running.words(lang or read.lang)
    if kind == "json":
        content = exports.as_json(read)
    else:
        content = exports.as_markdown(read, words) if kind == "md" else exports.as_docx(read, words)
    saved = f'attachment; filename="{exports.name(read, kind)}"'
    return Response(content, media_type=exports.TYPES[kind], headers={"Content-Disposition": saved})


@router.post("/messages/{message_id}/stopped", status_code=204, **role(VISITOR))
def stopped(message_id: Id, body: Nothing, visit: Owner, running: Run) -> Response:
    """The person did not see the whole answer."""
    running.service.stores.conversations.stopped(visit, message_id)
    return Response(status_code=204)


@router.post("/feedback", status_code=201, **role(VISITOR))
def feedback(body: Opinion, visit: Owner, running: Run) -> dict[str, Any]:
    """Say what an answer was like; a second word replaces the first."""
    if len(body.comment) > running.settings.web.comment_chars:
        raise BadRequest(reason=running.words("pl").text("api.string_too_long", field="comment"))
    given = running.service.stores.feedback.give(visit, body.message, body.rating, body.comment)
    return {"message": given.message_id, "rating": given.rating.value}


# the state of the server


@router.get("/state", **role(ANYONE))
def state(request: Request, running: Run) -> dict[str, Any]:
    """Whether questions are answered; while the index is built how far it is; when that failed or we closed, why."""
    stage, done, total = running.preparation.progress if running.preparation.running else ("", 0, 0)
    switch, failed, ready = running.switchboard.known, running.preparation.failed, running.ready.is_set()
    return {
        "ready": ready,
        "stage": stage,
        "done": done,
        "total": total,
        "open": switch.open,
        "reason": "" if switch.open else switch.reason,
        "error": schemas.error(failed, running.words(_lang(request, running))) if failed and not ready else None,
    }


def _lang(request: Request, running: Running) -> str:
    return refusals.language(request.headers, request.query_params, running.settings.lang)
