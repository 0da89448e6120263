"""What every test may use: models built once a run, services over small corpora, and honest skips.

A test that needs a Debian package says so: `@pytest.mark.system("tesseract", "qpdf")`. Without the
programs it is skipped with the reason printed; when TESTS_REQUIRE_SYSTEM=1 (see .ci/run) such a skip
is a failure, however it came about.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import config, service
from assistant.service import Service
from tests.fakes import HANDBOOK, NOTES

REQUIRED = "TESTS_REQUIRE_SYSTEM"
MakeService = Callable[..., Service]


# ---- Debian packages -----------------------------------------------------------------------------


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("system"):
        missing = [name for name in marker.args if shutil.which(name) is None]
        if missing:
            pytest.skip(f"needs {', '.join(missing)}: make system")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    report = yield
    if report.skipped and os.environ.get(REQUIRED) == "1" and item.get_closest_marker("system"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{reason}\n{REQUIRED}=1: a skipped system test is a failure"
    return report


# ---- services over small corpora -----------------------------------------------------------------


@pytest.fixture(scope="session")
def loaded() -> Service:
    """A service that lends its embedder and analyzer to others, so that a run loads them once."""
    return service.build(config.load({}))


@pytest.fixture(scope="session")
def make_service(loaded: Service) -> MakeService:
    """A real service over a corpus and an index folder; settings as keywords. The model is loaded once."""

    def make(corpus: Path, indexes: Path, **given: Any) -> Service:
        made = service.build(config.load({}, corpus.parent, corpus=corpus, indexes=indexes, **given))
        made.__dict__.update(embedder=loaded.embedder, analyzer=loaded.analyzer)
        return made

    return make


@pytest.fixture(scope="session")
def small(make_service: MakeService, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """An indexed service over two short documents, one of which tries to steer a terminal. Not to be changed."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "latarnia.md").write_text(HANDBOOK, encoding="utf-8")
    (folder / "corpus" / "notatka.txt").write_text(NOTES, encoding="utf-8")
    made = make_service(folder / "corpus", folder / "indexes")
    made.index()
    return made
