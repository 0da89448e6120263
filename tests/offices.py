"""The staff workspace as a browser of the staff sees it, and a preparation that builds at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from assistant.domain.conversations import Role
from assistant.errors import AssistantError
from assistant.presentation.web.staff.mounting import Workspaces
from assistant.service import Service

HOME = "https://testserver"
PASSWORD = "zielony-rower-77"
EDITOR, ADMIN = "jan@urzad.pl", "ola@urzad.pl"


class Inline:
    """Builds the index at once, in the process that asks."""

    running = False
    progress = ("", 0, 0)
    failed: AssistantError | None = None

    def __init__(self, made: Service) -> None:
        self.made = made
        self.started = 0

    def start(self, full: bool = False) -> bool:
        self.started += 1
        self.made.index(full=full)
        time.sleep(0.6)  # until the service looks for a new generation again
        return True


@dataclass
class Office:
    """The server as a browser of the staff sees it, and what is behind it."""

    client: TestClient
    service: Service
    workspaces: Workspaces
    preparation: Inline

    def get(self, path: str, **given: Any) -> Response:
        return self.client.get(path, follow_redirects=False, **given)

    def post(self, path: str, origin: str | None = HOME, **given: Any) -> Response:
        headers = {"Origin": origin} if origin is not None else {}
        return self.client.post(path, follow_redirects=False, headers=headers | given.pop("headers", {}), **given)

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD, **given: Any) -> Response:
        return self.post("/staff/sign-in", data={"name": name, "password": password}, **given)

    def blocks(self, role: Role = Role.ADMIN, lang: str = "pl") -> Any:
        """The Blocks of a role; somebody must have looked at the workspace."""
        made = self.workspaces._made[lang, role]
        (mounted,) = (route.app for route in made.routes if hasattr(route, "app") and hasattr(route.app, "blocks"))
        return mounted.blocks

    def event(self, elem_id: str, *values: Any, name: str = "click", role: Role = Role.ADMIN, lang: str = "pl") -> Any:
        """What a component's event answers: the place's words, then the outputs."""
        response = self.raw_event(self.fn_index(elem_id, name, role, lang), list(values), lang)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def fn_index(self, elem_id: str, name: str = "click", role: Role = Role.ADMIN, lang: str = "pl") -> int:
        blocks = self.blocks(role, lang)
        ids = {number for number, block in blocks.blocks.items() if block.elem_id == elem_id}
        return next(number for number, fn in blocks.fns.items() if any(t in ids and e == name for t, e in fn.targets))

    def raw_event(self, fn_index: int, values: list[Any], lang: str = "pl") -> Response:
        body = {"fn_index": fn_index, "data": values, "session_hash": "test"}
        return self.post(f"/staff/{lang}/gradio_api/run/predict", json=body)

    def upload(self, file: Path, name: str, lang: str = "pl") -> tuple[Any, Any]:
        """A file as staff.js sends it: its verdict, and what the tab shows of it then."""
        sent = self.post("/staff/upload", params={"name": name, "lang": lang}, content=file.read_bytes())
        assert sent.status_code == 201, sent.text
        return sent.json(), self.event("upload-look", lang=lang)


MakeOffice = Callable[..., Office]
