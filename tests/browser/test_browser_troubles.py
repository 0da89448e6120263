"""What goes wrong, and what people read when it does."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from assistant.domain.answers import Answer
from assistant.errors import IndexDamaged
from tests.browser.acts import LIST, PLAIN, ask, offline, restored, shot, state, write
from tests.browser.conftest import ARGUMENTS, CONTACT, MakeStage, Visit
from tests.browser.recorders import Record
from tests.browser.stage import Stage, answer

pytestmark = pytest.mark.system("chromium")
WAIT = "Czekaj, aż powiem"
ONCE = "Raz się nie uda"
HEADING = "Nie udało się odpowiedzieć"


@pytest.fixture(scope="module")
def stage(make_stage: MakeStage) -> Stage:
    made = make_stage(web={"contact": CONTACT})
    made.ready()
    return made


@pytest.fixture(autouse=True)
def straight(stage: Stage) -> Iterator[None]:
    yield
    stage.line.pause, stage.line.ends_after = 0.0, None


def failed(page: Page, code: str) -> None:
    expect(page.locator(".failure")).to_have_attribute("data-code", code)
    expect(page.locator(".failure [role=alert] h3")).to_have_text(HEADING)


def retry(page: Page) -> None:
    page.locator(".failure, .interrupted").get_by_role("button", name="Spróbuj ponownie").click()


# ---- an answer that does not come


def test_an_error_says_what_happened_and_the_same_question_is_a_click_away(visit: Visit, stage: Stage) -> None:
    tries: list[str] = []

    def act(question: str) -> Answer:
        tries.append(question)
        if len(tries) == 1:
            raise IndexDamaged(generation="g1", reason="vectors.npy")
        return answer(question, opening="Teraz się udało.")

    stage.service.script[ONCE] = act
    page = visit()
    write(page, ONCE)
    failed(page, "index_damaged")
    expect(page.locator(".failure")).to_contain_text("uszkodzony")
    expect(page.locator("#question")).to_be_focused()
    shot(page, "30-error")
    retry(page)
    expect(page.locator("article")).to_contain_text("Teraz się udało.")
    expect(page.locator(".failure")).to_have_count(0)
    expect(page.locator(".turn")).to_have_count(1)


def test_without_a_connection_the_page_says_so_and_keeps_the_question(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#question")).to_be_enabled()
    with offline(page):
        write(page, PLAIN)
        failed(page, "offline")
    expect(page.locator(".failure")).to_contain_text("Brak połączenia z internetem.")
    expect(page.locator(".question")).to_contain_text(PLAIN)
    shot(page, "31-offline")
    retry(page)
    expect(page.locator("article .tools")).to_be_visible()


def test_a_broken_stream_keeps_what_came_and_offers_another_try(visit: Visit, stage: Stage) -> None:
    page = visit()
    stage.line.pause, stage.line.ends_after = 0.1, 1300  # inside the sentences
    write(page, LIST)
    expect(page.locator(".interrupted [role=alert]")).to_contain_text(
        "Odpowiedź została przerwana; to tylko jej część."
    )
    assert 1 <= page.locator(".said li, .said p").count() < 5
    expect(page.locator(".progress")).to_have_count(0)
    shot(page, "32-interrupted")
    stage.line.pause, stage.line.ends_after = 0.0, None
    restored(page)
    expect(page.locator(".interrupted")).to_have_count(1)
    retry(page)
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator("article").last.locator(".tools")).to_be_visible()


def test_a_stream_without_a_byte_of_the_answer_is_an_error(visit: Visit, stage: Stage) -> None:
    page = visit()
    stage.line.ends_after = 10
    write(page, LIST)
    failed(page, "broken")
    stage.line.ends_after = None
    retry(page)
    expect(page.locator("article .tools")).to_be_visible()


# ---- too many


def test_who_asks_too_often_is_told_when_to_come_back(visit: Visit) -> None:
    page = visit()
    ask(page, PLAIN)
    kept = state(page)
    headers = {"Authorization": f"Bearer {kept['token']}", "Content-Type": "application/json"}
    for _ in range(25):
        body = {"question": "A ile?", "conversation": kept["id"]}
        if page.request.post(f"{page.url}api/v1/ask", headers=headers, data=body).status == 429:
            break
    write(page, LIST)
    failed(page, "too_many_tries")
    button = page.locator(".failure .secondary")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_text(re.compile(r"Spróbuj ponownie \(za \d+ s\)"))
    expect(page.locator(".failure")).to_contain_text("Za dużo prób w krótkim czasie.")
    shot(page, "33-too-many")
    button.click(force=True)  # not yet: nothing happens
    expect(page.locator(".failure")).to_have_count(1)


def test_an_overloaded_server_answers_politely(visit: Visit, make_stage: MakeStage, record: Record) -> None:
    small = make_stage(web={"contact": CONTACT, "slots": 1, "queue": 0})
    small.ready()
    record.own.add(small.url)
    go_on = threading.Event()
    small.service.script[WAIT] = lambda question: answer(question, opening=f"Gotowe: {go_on.wait(60)}")
    first, second = visit(url=small.url), visit(url=small.url)
    write(first, WAIT)
    expect(first.locator(".progress")).to_be_visible()
    write(second, PLAIN)
    failed(second, "overloaded")
    expect(second.locator(".failure")).to_contain_text("nie nadążam")
    shot(second, "34-overloaded")
    go_on.set()
    expect(first.locator("article")).to_contain_text("Gotowe")
    expect(second.locator(".failure .secondary")).to_have_attribute("aria-disabled", "false")
    retry(second)
    expect(second.locator("article .tools")).to_be_visible()


# ---- the server is not there for everybody


def test_while_the_index_is_built_the_page_waits_with_the_person(
    browser: object, make_stage: MakeStage, tmp_path: Path, record: Record, visit: Visit
) -> None:
    """A server that starts with an empty index folder, as the first `make run` does."""
    preparing = make_stage(indexes=tmp_path / "indexes", web={"prepare": True, "contact": CONTACT})
    record.own.add(preparing.url)
    page = visit(url=preparing.url)
    expect(page.locator("#state h2")).to_have_text("Przygotowuję podręczniki")
    expect(page.locator("#state progress")).to_be_visible()
    shot(page, "35-preparing")
    write(page, PLAIN)  # one need not wait to ask
    expect(page.locator(".progress")).to_contain_text("Odpowiem na to pytanie, gdy skończę")
    expect(page.locator("article .tools")).to_be_visible(timeout=60_000)
    expect(page.locator("article")).to_have_attribute("data-status", "answered")
    expect(page.locator("#state")).to_be_empty()
    expect(page.locator(".turn")).to_have_count(1)


def seen_closed(stage: Stage, is_open: bool) -> None:
    """Wait until the server has seen the switch: two seconds at most."""
    stage.app.state.running.switchboard.refresh()
    assert stage.app.state.running.switchboard.known.open is is_open


def test_when_it_is_switched_off_everybody_reads_why_and_whom_to_ask(visit: Visit, stage: Stage) -> None:
    page = visit()
    ask(page, PLAIN)
    stage.service.stores.switch.close("Poprawiamy rozdział o klauzulach; wracamy w poniedziałek.", "test")
    try:
        seen_closed(stage, False)
        write(page, LIST)
        failed(page, "switched_off")
        expect(page.locator(".failure")).to_contain_text("wracamy w poniedziałek")
        expect(page.locator(".failure .contact a").first).to_be_visible()
        expect(page.locator("#state h2")).to_have_text("Asystent jest teraz wyłączony")
        expect(page.locator("article")).to_have_count(1)  # what was said stays to be read
        shot(page, "36-switched-off")
        other = visit(None)
        response = other.goto(stage.url)
        assert response is not None
        assert response.status == 503
        assert int(response.headers["retry-after"]) > 0
        expect(other.locator("body")).to_contain_text("wracamy w poniedziałek")
        expect(other.locator(".contact")).to_be_visible()
        shot(other, "37-closed-page")
    finally:
        stage.service.stores.switch.open("test")
        seen_closed(stage, True)
    ask(page, PLAIN)  # the same page goes on
    expect(page.locator("article")).to_have_count(2)


# ---- visits that ended, browsers that keep nothing


def forget_token(page: Page) -> None:
    """The server knows this visit no more, as after half an hour."""
    page.evaluate(
        """() => {
          const kept = JSON.parse(sessionStorage.getItem("assistant:"));
          sessionStorage.setItem("assistant:", JSON.stringify({ ...kept, token: "A".repeat(43) }));
        }"""
    )


def test_a_visit_that_ended_goes_on_as_a_new_conversation(visit: Visit) -> None:
    page = visit()
    ask(page, PLAIN)
    forget_token(page)
    ask(page, LIST)
    expect(page.locator(".divider")).to_have_text("Poprzednia rozmowa wygasła. Tu zaczyna się nowa.")
    first = page.locator(".turn").first
    expect(first.locator("article")).to_be_visible()
    expect(first.locator(".asked")).to_have_count(0)  # it can be rated no more
    shot(page, "38-renewed")
    restored(page)
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator(".question")).to_contain_text(LIST)


def test_a_reload_after_the_visit_ended_begins_empty(visit: Visit) -> None:
    page = visit()
    ask(page, PLAIN)
    forget_token(page)
    page.reload()
    expect(page.locator("#question")).to_be_enabled()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#starters")).to_be_visible()


def test_a_history_that_cannot_be_read_offers_to_try_again(visit: Visit, stage: Stage) -> None:
    page = visit()
    ask(page, PLAIN)
    page.route("**/api/v1/conversations/*", lambda route: route.abort())
    page.reload()
    expect(page.locator(".failure")).to_contain_text("Nie udało się wczytać wcześniejszej rozmowy")
    page.unroute("**/api/v1/conversations/*")
    retry(page)
    expect(page.locator("article .tools")).to_be_visible()


def test_without_tab_storage_the_conversation_lasts_until_the_page_is_left(visit: Visit, stage: Stage) -> None:
    page = visit(None)
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page.goto(stage.url)
    ask(page, PLAIN)
    ask(page, LIST)  # in the same conversation, though nothing is stored
    expect(page.locator(".divider")).to_have_count(0)
    page.locator("#erase").click()
    page.get_by_role("button", name="Tak, usuń na stałe").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.reload()
    expect(page.locator("#question")).to_be_enabled()


def test_with_cookies_and_site_data_blocked_everything_works(
    playwright: Playwright, stage: Stage, tmp_path: Path, record: Record
) -> None:
    """Chromium's own setting "block all cookies", under which every kind of storage throws."""
    (tmp_path / "Default").mkdir()
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(settings), encoding="utf-8")
    context = playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=shutil.which("chromium"), args=list(ARGUMENTS), locale="pl-PL"
    )
    with record.watching(context), closing(context):
        page = context.pages[0]
        page.goto(stage.url)
        thrown = page.evaluate(
            "() => { try { sessionStorage.length; return ''; } catch (error) { return error.name; } }"
        )
        assert thrown == "SecurityError"
        ask(page, PLAIN)
        ask(page, LIST).locator(".cite").first.click()
        expect(page.locator("#source mark").first).to_be_visible()
    record.check()


def test_with_the_database_gone_answers_come_and_say_that_they_are_not_kept(visit: Visit) -> None:
    page = visit()
    gone = {"code": "database_unavailable", "message": "Nie mogę teraz zapisać rozmowy.", "hint": ""}
    page.route("**/api/v1/conversations", lambda route: route.fulfill(status=503, json=gone))
    ask(page, PLAIN)
    expect(page.locator(".turn")).to_contain_text("Ta rozmowa nie jest teraz zapisywana")
    expect(page.locator("article .asked")).to_have_count(0)
    expect(page.locator("#erase")).to_be_hidden()
