"""For the operator and the machine that watches over the server: /healthz, /readyz, /metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.responses import Response

from ...errors import NotThere
from .roles import ANYONE, OPERATOR, role
from .running import Running

router = APIRouter()


@router.get("/healthz", **role(ANYONE))
async def healthz() -> dict[str, bool]:
    """The process is alive."""
    return {"ok": True}


@router.get("/readyz", **role(ANYONE))
async def readyz(request: Request) -> Response:
    """A verified generation is open and the models are loaded: 200, else 503."""
    running: Running = request.app.state.running
    ready = running.ready.is_set()
    return JSONResponse({"ready": ready}, 200 if ready else 503)


@router.get("/metrics", response_class=PlainTextResponse, **role(OPERATOR))
async def metrics(request: Request) -> Response:
    """Prometheus text, for the addresses of `web.metrics_from`; nobody else learns that it is here."""
    running: Running = request.app.state.running
    if request.client is None or request.client.host not in running.settings.web.metrics_from:
        raise NotThere()
    return PlainTextResponse(running.metrics.text(running.ready.is_set()), media_type="text/plain; version=0.0.4")
