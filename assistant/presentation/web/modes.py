"""Guided modes over HTTP. A run is opened by its code in `Authorization: Bearer CODE` and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...dialogues import engine
from ...dialogues.guided import Opened, View
from ...domain.answers import Suggestion
from ...domain.dialogues import Absent
from ...errors import AssistantError, BadRequest, ReplyError, RunMissing
from .. import schemas, steps
from . import asking, refusals
from .api import ERRORS, Body, Lang, Run
from .roles import ANYONE, VISITOR, role
from .running import Running

router = APIRouter(prefix="/api/v1", responses=ERRORS)
CODE_CHARS = 60  # of a code as people write it, with spaces and dashes
ModeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["self_assessment"])]
StepId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["organisation"])]
Words = Annotated[str, Field(max_length=12_000)]  # a step has its own, smaller, limit with a sentence
Number = Annotated[int, Field(ge=-(10**15), le=10**15)] | float
Cells = Annotated[dict[str, Words | Number | None], Field(max_length=40)]
Several = Annotated[list[Words], Field(max_length=200)] | Annotated[list[Cells], Field(max_length=200)]
Kind = Literal["html", "docx", "pdf", "md", "json", "csv", "xlsx"]
MADE = {
    "description": "The report",
    "content": {"text/html": {}, "application/pdf": {}, "application/octet-stream": {}},
}


class Starting(Body):
    """How a run begins."""

    lang: Lang = "pl"


class Said(Body):
    """A reply: a value as a form or a person gives it, or why there is none."""

    step: StepId
    value: Words | bool | Number | Several | None = None
    absent: Absent | None = None
    note: Words = ""


class Typed(Body):
    """Words typed at a step with options."""

    step: StepId
    text: Words


@dataclass(frozen=True, slots=True)
class File:
    """Something to take away."""

    name: str
    media: str
    content: bytes


def code_of(request: Request) -> str:
    """What the request carries as a code. RunMissing when nothing."""
    kind, _, code = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not code.strip():
        raise RunMissing()
    return code.strip()[:CODE_CHARS]


Code = Annotated[str, Depends(code_of)]


def opened_by(request: Request, running: Running, code: str) -> Opened:
    """A run by its code. Raises RunMissing; after some wrong codes in a minute from one address, TooManyTries."""
    address = running.limits.address(request.client.host if request.client else "")
    tries = running.settings.web.wrong_codes
    if address is not None:
        running.limits.check("code", address, tries)
    try:
        return running.service.guided.open(code)
    except RunMissing:
        if address is not None:
            running.limits.count("code", address, tries)
        raise


def _opened(request: Request, running: Run, code: Code) -> Opened:
    return opened_by(request, running, code)


Owned = Annotated[Opened, Depends(_opened)]


# which there are


@router.get("/dialogues", **role(ANYONE))
def dialogues(request: Request, running: Run) -> dict[str, Any]:
    """The guided modes, in the reader's language."""
    lang = _lang(request, running)
    return {"dialogues": [schemas.mode(one, lang) for one in running.service.guided.definitions.dialogues.values()]}


@router.get("/dialogues/{id}", **role(ANYONE))
def dialogue(id: ModeId, request: Request, running: Run) -> dict[str, Any]:
    """One of them."""
    return schemas.mode(running.service.guided.dialogue(id), _lang(request, running))


# a run


@router.post("/dialogues/{id}/sessions", status_code=201, **role(ANYONE))
def begin(id: ModeId, body: Starting, request: Request, running: Run) -> dict[str, Any]:
    """Begin a run. The code that opens it is told this once."""
    asking.limited(request, running)
    code, opened = running.service.guided.begin(id, body.lang)
    running.quoting.begin(opened.dialogue, body.lang)
    return {"code": code, "view": _view(running, opened)}


@router.get("/session", **role(VISITOR))
def session(
    opened: Owned,
    running: Run,
    step: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=60)] = "",
) -> dict[str, Any]:
    """A step that is asked, else the next without a reply (behind `after`), with where one is."""
    return _view(running, opened, step, after)


@router.delete("/session", status_code=204, **role(VISITOR))
def erase(opened: Owned, code: Code, running: Run) -> Response:
    """Delete a run with every reply, for good."""
    running.service.guided.remove(code)
    return Response(status_code=204)


@router.post("/session/replies", **role(VISITOR))
def say(body: Said, opened: Owned, code: Code, request: Request, running: Run) -> Any:
    """Reply to a step, or change a reply; shows the next step and names the replies that no longer hold."""
    try:
        changed = running.service.guided.say(code, body.step, body.value, body.absent, body.note)
    except ReplyError as error:
        return _refused(error, opened, request, running)
    return _view(running, changed, after=body.step)


@router.delete("/session/replies/{step}", **role(VISITOR))
def forget(step: StepId, opened: Owned, code: Code, running: Run) -> dict[str, Any]:
    """Take a reply back."""
    return _view(running, running.service.guided.forget(code, step), step)


@router.post("/session/meant", **role(VISITOR))
def meant(body: Typed, opened: Owned, request: Request, running: Run) -> Any:
    """The option that somebody's words most likely mean, and whether that is sure enough not to ask."""
    asking.limited(request, running)
    guided = running.service.guided
    shown = guided.view(opened, body.step)
    if shown.step is None or shown.step.id != body.step:
        return _refused(ReplyError(step=body.step, reason="not_asked"), opened, request, running)
    found, sure = guided.meant(opened, shown.step, body.text)
    return {"option": steps.option(found, shown.wording) if found else None, "sure": sure}


@router.get("/session/review", **role(VISITOR))
def review(opened: Owned, running: Run) -> dict[str, Any]:
    """Every step that is asked with its reply in words, and the scores so far."""
    return steps.review(opened, running.service.guided.wording(opened))


@router.post("/session/migrate", **role(VISITOR))
def migrate(opened: Owned, code: Code, running: Run) -> dict[str, Any]:
    """Move a run to the mode's present version; names the replies it cannot take."""
    return _view(running, running.service.guided.migrate(code))


@router.get("/session/report", response_class=Response, responses={200: MADE}, **role(VISITOR))
async def report(
    request: Request,
    code: Code,
    running: Run,
    kind: Annotated[Kind, Query(alias="format")] = "html",
    earlier: Annotated[str, Header(alias="X-Earlier-Code", max_length=CODE_CHARS)] = "",
) -> Response:
    """The report to take away; with the code of an earlier run of the same mode also what has changed since."""
    file = await reported(request, running, code, kind, earlier)
    saved = f'attachment; filename="{file.name}"'
    return Response(file.content, media_type=file.media, headers={"Content-Disposition": saved})


async def reported(request: Request, running: Running, code: str, kind: str, earlier: str = "") -> File:
    """A report. Raises RunMissing, BadRequest for an earlier run of another mode, Overloaded."""
    asking.limited(request, running)
    async with running.reporting():
        return await run_in_threadpool(_reported, request, running, code, kind, earlier)


def _reported(request: Request, running: Running, code: str, kind: str, earlier: str) -> File:
    from ..exports import reports  # it draws charts and writes PDF: nobody waits for that before the first report

    opened = opened_by(request, running, code)
    before = opened_by(request, running, earlier) if earlier.strip() else None
    if before is not None and before.dialogue.id != opened.dialogue.id:
        raise BadRequest(reason="other_mode")
    with running.patient():
        made = running.service.guided.report(opened, datetime.now(UTC), before)
    content = reports.write(made, running.words(opened.session.lang), kind)
    return File(reports.name(made, kind), reports.TYPES[kind], content)


# ---- inside ------------------------------------------------------------------------------------


def _view(running: Running, opened: Opened, step: str = "", after: str = "") -> dict[str, Any]:
    shown = running.service.guided.view(opened, step, after)
    return steps.view(shown, _place(running, shown))


def _place(running: Running, shown: View) -> Suggestion | None:
    """Where a step's source stands; a mode goes on without its documents."""
    if shown.source is None:
        return None
    try:
        return running.service.section(shown.source.path, shown.source.heading)
    except AssistantError:
        return None


def _refused(error: ReplyError, opened: Opened, request: Request, running: Running) -> Response:
    """The one error shape, with the question in its words, and for a form which cells it is about.

    A step that another tab's reply has taken away is told as that, whatever else its reply would lack.
    """
    if error.details["step"] not in {one.id for one in engine.asked(opened.dialogue, opened.session)}:
        error = ReplyError(step=error.details["step"], reason="not_asked")
    words = running.words(_lang(request, running))
    wording = running.service.guided.wording(opened)
    asked = next((one for one in opened.dialogue.steps if one.id == error.details["step"]), None)
    named = ReplyError(**{**error.details, "step": wording.text(asked.text) if asked else error.details["step"]})
    shown = schemas.error(named, words)
    details = {name: str(detail) for name, detail in error.details.items()}
    about = {name: details.get(name, "") for name in ("step", "reason", "column", "given")}
    problem = words.text(f"reply_problems.{details['reason']}", **details)
    return JSONResponse({**shown, **about, "problem": problem}, error.http_status, {"Cache-Control": "no-store"})


def _lang(request: Request, running: Running) -> str:
    return refusals.language(request.headers, request.query_params, running.settings.lang)
