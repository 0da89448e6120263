"""A browser and a real server for each module; every page is watched for what it asks of others."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, expect, sync_playwright

from assistant.service import Service
from tests.browser.recorders import EARS, Record, trap
from tests.browser.stage import Stage, serving

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# whom Chromium itself calls (updates, autofill); no page can put a name there
MAKERS = re.compile(r"^\w+ (http://)?[\w.-]+\.(google|googleapis|gvt1|gstatic)\.com[:/]")
PATIENCE = 15_000  # milliseconds, for machines that do something else meanwhile
DESK: ViewportSize = {"width": 1280, "height": 800}
CONTACT = {
    "name": "Ośrodek Wsparcia Ekonomii Społecznej w Pucku",
    "url": "https://owes.example",
    "email": "owes@owes.example",
    "phone": "+48 (58) 000 00 00",
}

MakeStage = Callable[..., Stage]
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Ends with the module, because a thread with its loop in it lets no other test run one."""
    with sync_playwright() as made:
        expect.set_options(timeout=PATIENCE)
        yield made


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium. What it asks of any other machine ends in a trap, and fails the module."""
    with trap() as (proxy, caught):
        made = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*ARGUMENTS, f"--proxy-server={proxy}"]
        )
        yield made
        made.close()
        assert [line for line in caught if not MAKERS.search(line)] == []


@pytest.fixture(scope="module")
def make_stage(small: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeStage]:
    """Servers over the small corpus; settings as keywords."""
    with ExitStack() as opened:

        def make(lent: Service = small, **given: Any) -> Stage:
            return opened.enter_context(serving(lent, tmp_path_factory.mktemp("data"), **given))

        yield make


@pytest.fixture(scope="module")
def stage(make_stage: MakeStage) -> Stage:
    """The module's server."""
    made = make_stage(web={"contact": CONTACT})
    made.ready()
    return made


@pytest.fixture
def record(stage: Stage) -> Record:
    """What the pages of this test do."""
    return Record({stage.url})


@pytest.fixture(scope="module")
def room(browser: Browser) -> Iterator[BrowserContext]:
    """Where most pages open: each tab is somebody new, for all we keep is kept by tab; files are fetched once."""
    made = browser.new_context(locale="pl-PL", viewport=DESK)
    made.set_default_timeout(PATIENCE)
    made.add_init_script(EARS)
    yield made
    made.close()


@pytest.fixture
def visit(browser: Browser, room: BrowserContext, stage: Stage, record: Record) -> Iterator[Visit]:
    """Opens a page (None: an empty one) as somebody new; what all pages did is checked at the end.

    Given settings of Chromium's, it opens in a room of its own.
    """
    with ExitStack() as opened:
        opened.enter_context(record.watching(room))

        def make(path: str | None = "/", url: str = "", **given: Any) -> Page:
            context = room
            if given:
                context = browser.new_context(**{"locale": "pl-PL", "viewport": DESK, **given})
                opened.callback(context.close)
                context.set_default_timeout(PATIENCE)
                context.add_init_script(EARS)
                opened.enter_context(record.watching(context))
            page = context.new_page()
            if context is room:
                opened.callback(page.close)
            if path is not None:
                page.goto((url or stage.url) + path)
            return page

        yield make
        record.check()
