"""Workshops over HTTP. The facilitator's code in `Authorization: Bearer CODE` opens one; another code lets people join.

A respondent who joined has a run of their own and uses /api/v1/session with its code (modes).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...domain.dialogues import Workshop
from ...errors import WorkshopMissing
from .. import schemas
from .. import workshops as shapes
from . import asking, policies, qr, refusals
from .api import ERRORS, Body, Lang, Run
from .modes import CODE_CHARS, ModeId, StepId
from .roles import ANYONE, VISITOR, role
from .running import Running

router = APIRouter(prefix="/api/v1", responses=ERRORS)
screens = APIRouter(include_in_schema=False)
ROOM = 20  # times as many wrong codes to join by: a whole room types them behind one address
Kind = Literal["docx", "pdf", "md", "json", "csv"]
Words = Annotated[str, Field(max_length=12_000)]  # each has its own, smaller, limit with a sentence
ActionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
MADE = {"description": "The minutes", "content": {"application/pdf": {}, "application/octet-stream": {}}}
JOINING = "A8F2-K3M9-7QWX-2T4R"
T = TypeVar("T")


class Opening(Body):
    """What a workshop is about. `least`: respondents without whom nothing is shown, at least as many as set here."""

    dialogue: ModeId
    title: Words = Field(examples=["Samoocena Inkubatora Kładka"])
    lang: Lang = "pl"
    least: int | None = Field(None, ge=1, le=1000)


class Joining(Body):
    """The code to join by, and the language to be asked in (else the workshop's)."""

    join_code: str = Field(max_length=CODE_CHARS, examples=[JOINING])
    lang: Lang | None = None


class Changing(Body):
    """What is to be otherwise. `invite`: a new code to join by, instead of the one before."""

    title: Words | None = None
    open: bool | None = None
    invite: Literal[True] | None = None


class Agreeing(Body):
    """What the group agreed on; neither level nor note takes it back."""

    level: int | None = Field(None, ge=-1000, le=1000)
    note: Words = ""


class Doing(Body):
    """Something the group will do; `due` is YYYY-MM-DD or empty."""

    text: Words
    owner: Words = ""
    due: str = Field("", max_length=40, examples=["2027-03-15"])


def code_of(request: Request) -> str:
    """The facilitator's code, of a workshop that is there; it is no longer looked up than that.

    Raises WorkshopMissing; after some wrong codes in a minute from one address, TooManyTries.
    """
    running: Running = request.app.state.running
    kind, _, code = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not code.strip():
        raise WorkshopMissing()
    code = code.strip()[:CODE_CHARS]
    _guarded(request, running, "code", 1, lambda: running.service.workshops.open(code))
    return code


Code = Annotated[str, Depends(code_of)]


# setting up


@router.post("/workshops", status_code=201, **role(ANYONE))
def begin(body: Opening, request: Request, running: Run) -> dict[str, Any]:
    """Open a workshop of a guided mode. Both codes are told this once."""
    asking.limited(request, running)
    made = running.service.workshops.begin(body.dialogue, body.title, body.lang, body.least)
    code, joining, opened = made
    return {"code": code, **_invitation(request, running, joining, opened.lang), "workshop": _told(running, opened)}


@router.get("/workshop", **role(VISITOR))
def workshop(code: Code, running: Run) -> dict[str, Any]:
    """The workshop of a facilitator's code, with the statements that are compared."""
    return _told(running, running.service.workshops.open(code))


@router.patch("/workshop", **role(VISITOR))
def change(body: Changing, code: Code, request: Request, running: Run) -> dict[str, Any]:
    """Another title, closing or reopening, a new code to join by."""
    kept = running.service.workshops
    if body.title is not None:
        kept.rename(code, body.title)
    if body.open is not None:
        (kept.reopen if body.open else kept.close)(code)
    joining = kept.invite(code) if body.invite else ""
    made = kept.open(code)
    return {**_told(running, made), **(_invitation(request, running, joining, made.lang) if joining else {})}


@router.delete("/workshop", status_code=204, **role(VISITOR))
def erase(code: Code, running: Run) -> Response:
    """Delete a workshop with every respondent's replies, for good."""
    running.service.workshops.remove(code)
    return Response(status_code=204)


@router.post("/workshop/join", status_code=201, **role(ANYONE))
def join(body: Joining, request: Request, running: Run) -> dict[str, Any]:
    """One more respondent, without a name: a run of their own, and the code that opens it."""
    kept = running.service.workshops
    code, opened = _guarded(request, running, "join", ROOM, lambda: kept.join(body.join_code, body.lang))
    return {"code": code, "mode": schemas.mode(opened.dialogue, opened.session.lang), "lang": opened.session.lang}


# what came of it


@router.get("/workshop/results", **role(VISITOR))
def results(code: Code, running: Run) -> dict[str, Any]:
    """How many replied, and what may be shown of it now (see assistant.dialogues.workshops for the rule)."""
    found = running.service.workshops.results(code)
    return shapes.results(found, running.service.workshops.dialogue(found.workshop))


@router.put("/workshop/outcomes/{step}", **role(VISITOR))
def agree(step: StepId, body: Agreeing, code: Code, running: Run) -> dict[str, Any]:
    """Record what the group agreed on a statement."""
    return _told(running, running.service.workshops.record(code, step, body.level, body.note))


@router.post("/workshop/actions", status_code=201, **role(VISITOR))
def plan(body: Doing, code: Code, running: Run) -> dict[str, Any]:
    """Add an action."""
    return _told(running, running.service.workshops.plan(code, body.text, body.owner, body.due))


@router.put("/workshop/actions/{id}", **role(VISITOR))
def replan(id: ActionId, body: Doing, code: Code, running: Run) -> dict[str, Any]:
    """Change an action."""
    return _told(running, running.service.workshops.replan(code, id, body.text, body.owner, body.due))


@router.delete("/workshop/actions/{id}", **role(VISITOR))
def drop(id: ActionId, code: Code, running: Run) -> dict[str, Any]:
    """Remove an action."""
    return _told(running, running.service.workshops.drop(code, id))


@router.get("/workshop/minutes", response_class=Response, responses={200: MADE}, **role(VISITOR))
async def minutes(code: Code, running: Run, kind: Annotated[Kind, Query(alias="format")] = "docx") -> Response:
    """The minutes to take away: spreads, agreed levels, actions."""
    async with running.reporting():
        return await run_in_threadpool(_minutes, code, running, kind)


def _minutes(code: str, running: Running, kind: str) -> Response:
    from ..exports import minutes  # it draws charts and writes PDF: nobody waits for that before the first minutes

    found = running.service.workshops.results(code)
    dialogue = running.service.workshops.dialogue(found.workshop)
    made = minutes.Minutes(found, dialogue, datetime.now(UTC), version("social-economy-assistant"))
    content = minutes.write(made, running.words(found.workshop.lang), kind)
    saved = f'attachment; filename="{minutes.name(made, kind)}"'
    return Response(content, media_type=minutes.TYPES[kind], headers={"Content-Disposition": saved})


# pages


@screens.get("/warsztat", **role(ANYONE))
def desk(request: Request) -> Response:
    """The facilitator's page."""
    return _page(request, "workshop")


@screens.get("/dolacz", **role(ANYONE))
def door(request: Request) -> Response:
    """Where respondents come in. The code of a link stands behind "#", which no browser sends."""
    return _page(request, "join")


# ---- inside ------------------------------------------------------------------------------------


def _page(request: Request, which: str) -> Response:
    running: Running = request.app.state.running
    lang = refusals.language({}, request.query_params, running.settings.lang)
    return HTMLResponse(
        running.pages.workshop(lang, which), headers={"Content-Security-Policy": policies.page(policies.NOBODY)}
    )


def _guarded(request: Request, running: Running, kind: str, times: int, act: Callable[[], T]) -> T:
    """`act`, unless too many wrong codes came from the address lately."""
    address = running.limits.address(request.client.host if request.client else "")
    tries = times * running.settings.web.wrong_codes
    if address is not None:
        running.limits.check(kind, address, tries)
    try:
        return act()
    except WorkshopMissing:
        if address is not None:
            running.limits.count(kind, address, tries)
        raise


def _told(running: Running, made: Workshop) -> dict[str, Any]:
    return shapes.workshop(made, running.service.workshops.dialogue(made), running.words(made.lang))


def _invitation(request: Request, running: Running, joining: str, lang: str) -> dict[str, Any]:
    """The code to join by, as an address for people's browsers, and that as a QR code."""
    here = running.settings.web.public_url or str(request.base_url).rstrip("/")
    spoken = "" if lang == running.settings.lang else f"?lang={lang}"
    link = f"{here}/dolacz{spoken}#{joining}"
    return {"join_code": joining, "link": link, "qr": qr.squares(link)}
