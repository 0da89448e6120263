"""The widget on other people's pages: allowed sites, refused ones, messages between windows (SECURITY rows 5, 6)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stdout
from functools import partial
from http.server import ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from assistant.presentation.administration import widget_snippet
from tests.browser import hostile
from tests.browser.acts import LIST, PLAIN, shot
from tests.browser.conftest import CONTACT, MakeStage, Visit
from tests.browser.hosts import STRICT, Host, host
from tests.browser.looks import everywhere, violations
from tests.browser.recorders import Record, heard
from tests.browser.stage import Stage, free_port
from tests.presentation.web.test_demo import serve

pytestmark = pytest.mark.system("chromium")
FALLBACK = "Otwórz asystenta w nowej karcie"
REFUSED = re.compile(r"frame-ancestors|frame-src|Framing")


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[str, Host]]:
    """An office that may embed us, somebody who may not, and a stranger inside the office's page."""
    with ExitStack() as opened:
        yield {name: opened.enter_context(host()) for name in ("office", "other", "stranger")}


@pytest.fixture(scope="module")
def demo_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stage(make_stage: MakeStage, sites: dict[str, Host], demo_port: int) -> Stage:
    office = {"origins": [sites["office"].origin], "title": "Asystent klastra", "accent": "#7a1f5c"}
    widgets: dict[str, Any] = {
        "office": office,
        "nobody": {"origins": []},
        "demo": {"origins": [f"http://127.0.0.1:{demo_port}"]},
    }
    made = make_stage(web={"contact": CONTACT, "widgets": widgets})
    made.ready()
    return made


@pytest.fixture
def record(stage: Stage, sites: dict[str, Host]) -> Record:
    return Record({stage.url, *(site.origin for site in sites.values())})


@pytest.fixture(scope="module")
def snippet(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `assistant widget snippet office` prints."""
    file = tmp_path_factory.mktemp("config") / "assistant.toml"
    origin = next(iter(stage.service.settings.web.widgets["office"].origins))
    file.write_text(
        f'[web]\npublic_url = "{stage.url}"\n[web.widgets.office]\norigins = ["{origin}"]\naccent = "#7a1f5c"\n'
        'title = "Asystent klastra"\n',
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as environment, redirect_stdout(io.StringIO()) as printed:
        environment.setenv("ASSISTANT_CONFIG", str(file))
        widget_snippet("office")
    return printed.getvalue()


@pytest.fixture
def policy(stage: Stage) -> str:
    return STRICT.format(assistant=stage.url)


@pytest.fixture
def office(visit: Visit, sites: dict[str, Host], snippet: str, policy: str) -> Page:
    """The office's page with the snippet, not opened yet."""
    page = visit(None)
    page.goto(sites["office"].show("/", snippet, policy))
    return page


def button(page: Page) -> Any:
    return page.locator("[data-assistant-widget=button]")


def panel(page: Page) -> Any:
    return page.locator("[data-assistant-widget=panel]")


def opened(page: Page) -> Frame:
    """Open the widget and wait until it says it is ready."""
    button(page).click()
    frame = panel(page).element_handle().content_frame()
    assert frame is not None
    expect(frame.locator("#question")).to_be_enabled()
    expect(frame.locator("#title")).to_be_focused()
    return frame


def answered(frame: Frame, question: str) -> None:
    count = frame.locator(".turn").count()
    frame.locator("#question").fill(question)
    frame.locator("#question").press("Enter")
    expect(frame.locator(".turn")).to_have_count(count + 1)
    expect(frame.locator("article").nth(count).locator(".tools")).to_be_visible()


# ---- on a site that may


def test_a_visitor_of_the_office_asks_closes_and_comes_back(office: Page, record: Record, stage: Stage) -> None:
    page = office
    assert not any(url.startswith(f"{stage.url}/widget/frame") for url in record.requests)  # nothing before the click
    expect(button(page)).to_have_attribute("aria-expanded", "false")
    shot(page, "70-widget-closed")
    frame = opened(page)
    expect(button(page)).to_have_attribute("aria-expanded", "true")
    expect(frame.locator("h1")).to_contain_text("Asystent klastra")
    expect(frame.locator("#notice")).to_contain_text("asystent AI")
    answered(frame, LIST)
    shot(page, "71-widget-answer")
    frame.locator("#question").press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(button(page)).to_be_focused()
    expect(button(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_visible()
    expect(frame.locator("article")).to_have_count(1)  # still there
    expect(frame.locator("#title")).to_be_focused()
    frame.locator("#close").click()
    expect(panel(page)).to_be_hidden()
    expect(button(page)).to_be_focused()
    # Playwright's Chromium gives frames of other sites no storage at all, so the conversation was kept in memory
    assert frame.evaluate("() => { try { return sessionStorage.length; } catch (error) { return error.name; } }") in (
        *("SecurityError", 1),
    )


def test_escape_closes_the_source_first_and_then_the_frame(office: Page) -> None:
    page = office
    frame = opened(page)
    answered(frame, PLAIN)
    frame.locator(".cite").first.click()
    expect(frame.locator("#source")).to_have_attribute("role", "dialog")
    expect(frame.locator("#source mark").first).to_be_visible()
    shot(page, "72-widget-source")
    page.keyboard.press("Escape")
    expect(frame.locator("#source")).to_be_hidden()
    expect(panel(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()


def test_the_host_gets_one_button_and_one_frame_and_nothing_else(
    visit: Visit, sites: dict[str, Host], snippet: str, policy: str, record: Record, stage: Stage
) -> None:
    before, page = visit(None), visit(None)
    before.goto(sites["office"].show("/without", "", policy))
    page.goto(sites["office"].show("/with", snippet, policy))
    opened(page)
    look = """() => {
      const copy = document.documentElement.cloneNode(true);
      const ours = copy.querySelectorAll("[data-assistant-widget]");
      const names = [...ours].map((node) => node.localName);
      for (const node of [...ours, ...copy.querySelectorAll("script")]) node.remove();
      return { names, html: copy.outerHTML.replace(/\\s+/g, " "), cookies: document.cookie,
        globals: Object.getOwnPropertyNames(window).sort().filter((name) => !/^\\d+$/.test(name)),
        stored: localStorage.length + sessionStorage.length, lang: document.documentElement.lang };
    }"""
    was, now = before.evaluate(look), page.evaluate(look)
    assert now.pop("names") == ["button", "iframe"]
    was.pop("names")
    assert now == was
    theirs = {url for url in record.requests if url.startswith(stage.url)}
    assert {url.removeprefix(stage.url).partition("?")[0].partition("/static")[0] for url in theirs} == {
        *("/widget/loader.js", "/widget/frame", "", "/api/v1/state"),
    }


def test_the_frame_is_named_and_covers_nothing_that_has_focus(office: Page) -> None:
    page = office
    opened(page)
    expect(page.locator("iframe")).to_have_attribute("title", "Asystent klastra")
    box = button(page).bounding_box()
    assert box["height"] >= 44
    page.locator("#first").focus()
    assert panel(page).is_visible()


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, int]]:
    made: dict[str, int] = {}
    yield made
    print(f"\naxe: {made.get('axe', 0)} runs in the widget")


def test_axe_finds_nothing_in_the_frame_or_about_its_button(office: Page, counts: dict[str, int]) -> None:
    page = office
    assert [fault for fault in violations(page) if "assistant-widget" in fault] == []
    frame = opened(page)
    assert everywhere(page, counts, frame) == []
    answered(frame, LIST)
    assert everywhere(page, counts, frame) == []
    page.emulate_media(forced_colors="active")
    assert violations(frame) == []
    page.emulate_media(forced_colors="none")
    page.set_viewport_size({"width": 390, "height": 780})
    shot(page, "73-widget-narrow")
    frame.locator(".cite").first.click()
    expect(frame.locator("#source mark").first).to_be_visible()
    assert everywhere(page, counts, frame) == []


def test_announcements_in_the_frame_keep_to_the_same_rules(office: Page) -> None:
    frame = opened(office)
    answered(frame, PLAIN)
    office.wait_for_timeout(900)
    said = frame.evaluate("window.__heard")
    assert len(said) <= 3, said
    assert all(after["at"] - before["at"] >= 500 for before, after in pairwise(said))
    assert heard(office) == []  # and nothing in the host's page


def test_hostile_words_stay_inside_the_frame(office: Page, stage: Stage) -> None:
    document = stage.document()
    stage.service.script[hostile.QUESTION] = lambda question: hostile.bad(question, document)
    frame = opened(office)
    answered(frame, hostile.QUESTION)
    assert frame.evaluate("window.__pwned") is None
    assert office.evaluate("window.__pwned") is None
    assert office.url.endswith("/")


def test_on_a_page_of_its_own_the_frame_has_nothing_to_close(visit: Visit) -> None:
    page = visit("/widget/frame?site=office")
    expect(page.locator("#question")).to_be_enabled()
    expect(page.locator("#close")).to_be_hidden()


# ---- integrity


def test_the_hash_is_checked_by_the_browser(visit: Visit, sites: dict[str, Host], snippet: str, policy: str) -> None:
    page = visit(None)
    page.goto(sites["office"].show("/hash", snippet, policy))
    assert 'integrity="sha384-' in snippet
    expect(button(page)).to_be_visible()


def test_another_loader_than_the_one_that_was_hashed_does_not_run(
    visit: Visit, sites: dict[str, Host], snippet: str, policy: str, record: Record
) -> None:
    page = visit(None)
    wrong = re.sub(r"sha384-.{10}", "sha384-AAAAAAAAAA", snippet)
    page.goto(sites["office"].show("/wrong", wrong, policy))
    expect(page.locator("main + a")).to_be_visible()  # the link for people without scripts stays
    expect(button(page)).to_have_count(0)
    assert len(record.errors) == 1
    assert "integrity" in record.errors.pop()


# ---- on sites that may not


def fallen_back(page: Page, stage: Stage, record: Record) -> None:
    """The browser refused the frame; after a while there is a link instead."""
    button(page).click()
    expect(page.locator("iframe")).to_be_visible()
    for _ in range(100):
        if record.errors:
            break
        page.wait_for_timeout(50)
    page.clock.run_for(11_000)
    expect(panel(page)).to_have_text(FALLBACK)
    expect(panel(page)).to_have_attribute("href", re.compile(f"^{stage.url}/"))
    assert len([frame for frame in page.frames if frame.url.startswith(stage.url) and frame.locator("h1").count()]) == 0
    assert record.errors
    assert all(REFUSED.search(error) for error in record.errors), record.errors
    record.errors.clear()


@pytest.mark.parametrize("key", ["office", "nobody", "unknown"])
def test_a_site_that_is_not_on_the_list_gets_a_link_instead(
    visit: Visit, sites: dict[str, Host], snippet: str, policy: str, stage: Stage, record: Record, key: str
) -> None:
    page = visit(None)
    page.clock.install()
    tag = snippet.replace('data-site="office"', f'data-site="{key}"')
    page.goto(sites["other"].show(f"/{key}", tag, policy))
    fallen_back(page, stage, record)
    if key == "office":
        shot(page, "74-widget-refused")


def test_an_allowed_site_uses_only_its_own_key(
    visit: Visit, sites: dict[str, Host], snippet: str, policy: str, stage: Stage, record: Record
) -> None:
    page = visit(None)
    page.clock.install()
    tag = snippet.replace('data-site="office"', 'data-site="nobody"')
    page.goto(sites["office"].show("/nobody", tag, policy))
    fallen_back(page, stage, record)


def test_a_host_whose_own_policy_forbids_frames_gets_a_link_too(
    visit: Visit, sites: dict[str, Host], snippet: str, stage: Stage, record: Record
) -> None:
    page = visit(None)
    page.clock.install()
    page.goto(sites["office"].show("/no-frames", snippet, f"default-src 'none'; script-src {stage.url}"))
    fallen_back(page, stage, record)


def test_no_page_of_ours_but_the_widget_can_be_framed(
    visit: Visit, sites: dict[str, Host], stage: Stage, record: Record
) -> None:
    page = visit(None)
    paths = ("/", "/rozmowa", "/staff/sign-in", "/api/v1/state", "/widget/frame?site=nobody")
    frames = "".join(f'<iframe src="{stage.url}{path}"></iframe>' for path in paths)
    page.goto(sites["office"].show("/framed", frames, f"frame-src {stage.url}"))
    page.wait_for_timeout(300)
    for frame in page.frames[1:]:
        assert not frame.url.startswith(stage.url), frame.url
    assert len([error for error in record.errors if REFUSED.search(error)]) == len(paths)
    record.errors.clear()


# ---- between the windows

SHAPES = """[
  {}, null, 1, "open", [], ["assistant-widget", "open"],
  { name: "assistant-widget" }, { type: "open" }, { name: "assistant-widget", type: "open", more: 1 },
  { name: "assistant-widget", type: "constructor" }, { name: "assistant-widget", type: ["open"] },
  { name: "other", type: "open" }, { name: "assistant-widget", type: "__proto__" },
]"""


def test_the_frame_hears_its_host_only_and_only_what_it_knows(office: Page) -> None:
    page = office
    frame = opened(page)
    frame.locator("#send").focus()
    at = "document.activeElement.id"
    page.evaluate(f"for (const shape of {SHAPES}) frames[0].postMessage(shape, '*')")
    page.wait_for_timeout(100)
    assert frame.evaluate(at) == "send"
    page.evaluate("frames[0].postMessage({ name: 'assistant-widget', type: 'open' }, '*')")
    expect(frame.locator("#title")).to_be_focused()


def test_strangers_in_the_host_page_reach_neither_frame_nor_loader(
    visit: Visit, sites: dict[str, Host], snippet: str, stage: Stage
) -> None:
    page = visit(None)
    stranger = sites["stranger"]
    policy = f"script-src {stage.url}; frame-src {stage.url} {stranger.origin}"
    inner = stranger.show("/", "", "")
    page.goto(sites["office"].show("/stranger", f'{snippet}<iframe id="stranger" src="{inner}"></iframe>', policy))
    frame = opened(page)
    frame.locator("#send").focus()
    handle = page.locator("#stranger").element_handle().content_frame()
    assert handle is not None
    handle.evaluate(
        """() => {
          for (const type of ["close", "ready", "open"])
            for (const target of [parent, ...[...Array(parent.length).keys()].map((n) => parent.frames[n])])
              target.postMessage({ name: "assistant-widget", type }, "*");
        }"""
    )
    page.wait_for_timeout(100)
    expect(panel(page)).to_be_visible()
    assert frame.evaluate("document.activeElement.id") == "send"


def test_the_host_cannot_close_or_confuse_itself(office: Page) -> None:
    page = office
    opened(page)
    page.evaluate("for (const type of ['close', 'ready']) postMessage({ name: 'assistant-widget', type }, '*')")
    page.wait_for_timeout(100)
    expect(panel(page)).to_be_visible()  # the message came from the right page but not from our frame


# ---- the demo site


def test_the_made_up_regional_site_shows_the_widget(
    visit: Visit, stage: Stage, demo_port: int, record: Record, tmp_path: Path
) -> None:
    handler = partial(serve.Handler, stage.url, "demo")
    with ThreadingHTTPServer(("127.0.0.1", demo_port), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        record.own.add(f"http://127.0.0.1:{demo_port}")
        page = visit(None)
        page.goto(f"http://127.0.0.1:{demo_port}/")
        frame = opened(page)
        answered(frame, PLAIN)
        shot(page, "75-widget-demo")
        page.reload()
        frame = opened(page)
        expect(frame.locator("article")).to_have_count(1)  # it came back with the host's page
        assert violations(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        shot(page, "76-widget-demo-narrow")
        server.shutdown()
        thread.join()
