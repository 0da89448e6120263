"""Errors as HTTP: one JSON shape, the status of the error tree, when to come back."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...errors import AssistantError, BadRequest, NotThere, TooLarge, WrongMethod, WrongType
from ...prompts import LANGUAGES, Words
from .. import schemas

CLOSED_SECONDS = 60  # Retry-After of the switch: nobody knows when it opens again
log = logging.getLogger(__name__)


def language(headers: Mapping[str, str], query: Mapping[str, str], default: str) -> str:
    """The language to speak: asked for by `?lang=`, else the first of ours in Accept-Language."""
    if query.get("lang") in LANGUAGES:
        return query["lang"]
    wanted = (part.partition(";")[0].strip()[:2].lower() for part in headers.get("accept-language", "").split(","))
    return next((lang for lang in wanted if lang in LANGUAGES), default)


def response(error: AssistantError, words: Words) -> Response:
    """The one error shape with its status."""
    headers = {"Cache-Control": "no-store"}
    if "seconds" in error.details or error.code == "switched_off":
        headers["Retry-After"] = str(error.details.get("seconds", CLOSED_SECONDS))
    if isinstance(error, WrongMethod):
        headers["Allow"] = str(error.details["allowed"])
    return JSONResponse(schemas.error(error, words), error.http_status, headers)


def named(error: Exception, words: Words) -> AssistantError:
    """What went wrong in a request, as one of ours. What nobody foresaw gets a number that is in the log."""
    if isinstance(error, AssistantError):
        return error
    if isinstance(error, RequestValidationError):
        return BadRequest(reason=_field(error, words))
    if isinstance(error, HTTPException):
        return _status(error, words)
    number = secrets.token_hex(4)
    log.error("error %s", number, exc_info=error)
    return AssistantError(reason=f"nr {number}")


async def refused(request: Request, error: Exception) -> Response:
    """An exception handler for all of them."""
    running = request.app.state.running
    words = running.words(language(request.headers, request.query_params, running.settings.lang))
    return response(named(error, words), words)


def _status(error: HTTPException, words: Words) -> AssistantError:
    if error.status_code == 405:
        return WrongMethod(allowed=(error.headers or {}).get("Allow", "?"))
    known = {404: NotThere(), 413: TooLarge(limit="?"), 415: WrongType()}
    return known.get(error.status_code) or BadRequest(reason=words.text("api.status_400"))


def _field(error: RequestValidationError, words: Words) -> str:
    """The first field that does not fit and why, in words of ours."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:] if not isinstance(part, int)) or "JSON"
    kind = str(first["type"])
    key = f"api.{kind}" if words.has(f"api.{kind}") else "api.wrong"
    return words.text(key, field=field[:60])
