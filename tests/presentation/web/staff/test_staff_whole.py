"""The workspace as a part of the whole server: the switch it closes, the headers it keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.domain.conversations import Role
from tests.offices import ADMIN, HOME, PASSWORD, Office

PAGE = {"Accept": "text/html"}


@pytest.fixture
def office(make_server: Callable[..., TestClient]) -> Office:
    client = make_server(HOME)
    state: Any = client.app.state  # type: ignore[attr-defined]
    state.running.service.stores.accounts.create(ADMIN, PASSWORD, Role.ADMIN)
    return Office(client, state.running.service, state.workspaces, state.running.preparation)


def test_the_switch_closes_the_public_surfaces_within_two_seconds_and_not_the_workspace(office: Office) -> None:
    office.sign_in()
    assert office.get("/staff/pl/", headers=PAGE).status_code == 200
    assert office.get("/").status_code == 200
    office.event("switch-close", "Poprawiamy rozdział.")
    closed, until = office.get("/"), time.monotonic() + 2
    while closed.status_code == 200 and time.monotonic() < until:
        time.sleep(0.1)
        closed = office.get("/")
    assert closed.status_code == 503
    assert "Poprawiamy rozdział." in closed.text
    assert office.post("/api/v1/ask", json={"question": "Kto?"}).status_code == 503
    assert office.get("/staff/pl/", headers=PAGE).status_code == 200
    office.event("switch-open")
    until = time.monotonic() + 2
    while office.get("/").status_code != 200 and time.monotonic() < until:
        time.sleep(0.1)
    assert office.get("/").status_code == 200


def test_the_whole_server_keeps_the_workspaces_own_headers(office: Office) -> None:
    office.sign_in()
    page = office.get("/staff/pl/", headers=PAGE)
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["strict-transport-security"]
    assert page.headers["cache-control"] == "no-store"
    for link in ("staff.css", "staff.js"):
        address = page.text.partition(link)[0].rpartition('"')[2] + link
        assert office.get(address).status_code == 200


def test_asking_does_not_wait_for_gradio(office: Office) -> None:
    """Nobody has looked at the sign-in, so nothing of the workspace was made."""
    assert office.get("/").status_code == 200
    assert office.workspaces._made == {}
