"""The staff workspace over a small corpus that may be changed, with two accounts and a database of its own."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant import config, service
from assistant.domain.conversations import Role
from assistant.presentation.web.staff.gate import COOKIE
from assistant.presentation.web.staff.mounting import mount
from assistant.service import Service
from tests.offices import ADMIN, EDITOR, HOME, PASSWORD, Inline, MakeOffice, Office


def opened_office(stack: ExitStack, small: Service, folder: Path, base_url: str = HOME, **given: Any) -> Office:
    for name in ("corpus", "indexes"):
        shutil.copytree(getattr(small.settings, name), folder / name)
    here = {name: folder / name for name in ("corpus", "indexes", "data")} | {"models": small.settings.models}
    made = service.build(config.load({}, folder, **(here | given)))
    made.__dict__.update(embedder=small.embedder, analyzer=small.analyzer, reader=small.reader)
    made.stores.database.upgrade()
    made.stores.accounts.create(EDITOR, PASSWORD, Role.EDITOR)
    made.stores.accounts.create(ADMIN, PASSWORD, Role.ADMIN)
    app, preparation = FastAPI(), Inline(made)
    workspaces = mount(app, made, preparation)  # type: ignore[arg-type]
    client = stack.enter_context(TestClient(app, base_url, raise_server_exceptions=False))
    return Office(client, made, workspaces, preparation)


def at_work(office: Office) -> Office:
    """The administrator has a session and has opened the workspace."""
    office.client.cookies.clear()
    office.client.cookies.set(COOKIE, office.service.stores.accounts.trust(ADMIN))
    assert office.get("/staff/pl/", headers={"Accept": "text/html"}).status_code == 200
    return office


@pytest.fixture(autouse=True)
def settled() -> Iterator[None]:
    """Gradio, which the sign-in page begins to import in a thread, is there before the next test looks at modules."""
    yield
    for thread in threading.enumerate():
        if thread.name == "staff":
            thread.join()


@pytest.fixture
def make_office(small: Service, tmp_path: Path) -> Iterator[MakeOffice]:
    """A running workspace; settings as keywords."""
    with ExitStack() as stack:
        yield lambda base_url=HOME, **given: opened_office(stack, small, tmp_path, base_url, **given)


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """The same with default settings; nobody has signed in."""
    return make_office()


@pytest.fixture
def fresh(office: Office) -> Office:
    """The same with the administrator at work; may be changed."""
    return at_work(office)


@pytest.fixture(scope="module")
def shared_office(small: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with ExitStack() as stack:
        yield opened_office(stack, small, tmp_path_factory.mktemp("office"))


@pytest.fixture
def workspace(shared_office: Office) -> Office:
    """The administrator at work in an office that a module's tests share: leave it as it was."""
    return at_work(shared_office)


@pytest.fixture
def visited(shared_office: Office) -> Office:
    """The shared office for somebody without a session."""
    shared_office.client.cookies.clear()
    return shared_office
