"""A web server over the small corpus, with a database of its own for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant import config, service
from assistant.presentation.web.app import application
from assistant.service import Service

MakeServer = Callable[..., TestClient]


@pytest.fixture
def make_server(small: Service, tmp_path: Path) -> Iterator[MakeServer]:
    """A running application in this process; settings as keywords. Ready when it is returned."""
    with ExitStack() as opened:

        def make(base_url: str = "http://testserver", **given: Any) -> TestClient:
            here = {"corpus": small.settings.corpus, "indexes": small.settings.indexes, "data": tmp_path / "data"}
            web = {"prepare": False, **given.pop("web", {})}
            made = service.build(config.load({}, tmp_path, **(here | given), web=web))
            made.__dict__.update(embedder=small.embedder, analyzer=small.analyzer, reader=small.reader)
            client = opened.enter_context(TestClient(application(made), base_url, raise_server_exceptions=False))
            running = client.app.state.running  # type: ignore[attr-defined]
            if "indexes" not in given:
                assert running.ready.wait(20)
            made.stores.database.upgrade()  # waits for the server's own
            return client

        yield make


@pytest.fixture
def server(make_server: MakeServer) -> TestClient:
    """The same with default settings."""
    return make_server()
