"""Who may call a route. A route that says nothing keeps the server from starting (SECURITY T-13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

ANYONE = "anyone"  # without any proof of who they are
VISITOR = "visitor"  # the person a conversation belongs to, by the token they were given
STAFF = "staff"  # signed in
OPERATOR = "operator"  # from an address of the operator's
_KEY = "x-role"


def role(name: str, **extra: Any) -> dict[str, Any]:
    """Keywords for a route's decorator."""
    return {"openapi_extra": {_KEY: name, **extra}}


def table(routers: Iterable[APIRouter]) -> Iterator[tuple[str, str, str]]:
    """(methods, path, role) of every route; "" where a route names none."""
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            methods = ", ".join(sorted((route.methods or set()) - {"HEAD"}))
            yield methods, route.path, (route.openapi_extra or {}).get(_KEY, "")
