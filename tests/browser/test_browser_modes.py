"""Guided modes in a real browser: every kind of reply, edits, questions in between, coming back, the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import focus, offline, saved, shot
from tests.browser.conftest import CONTACT, MakeStage, Visit
from tests.browser.guided import HEADING, REPLIES, at, begin, choose, definition, on, prompts, until
from tests.browser.looks import everywhere, strained
from tests.browser.recorders import heard
from tests.browser.stage import Stage

pytestmark = pytest.mark.system("chromium")
MODE = "/tryby/trial"
RESULT = "Wynik i raport"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("words")


@pytest.fixture(scope="module")
def stage(make_stage: MakeStage, folder: Path) -> Stage:
    made = make_stage(web={"contact": CONTACT}, prompts=prompts(folder))
    made.ready()
    return made


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, int]]:
    made: dict[str, int] = {}
    yield made
    print(f"\naxe: {made.get('axe', 0)} runs")


def tool(page: Page, name: str) -> None:
    page.locator("#tools").get_by_role("button", name=name, exact=True).click()


def by_code(page: Page, code: str) -> None:
    page.locator("#code").fill(code)
    page.locator("#resume button").click()


# ---- the way through


def test_a_mode_is_found_begun_and_finished(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    page.get_by_role("link", name="Krok po kroku").click()
    expect(page.locator("h1")).to_have_text("Zrób to krok po kroku")
    page.get_by_role("link", name="Próba klastra").click()
    expect(page.locator("#start")).to_contain_text("180 dni")
    begin(page)
    until(page, "")
    expect(page.locator("#work")).to_contain_text("To wszystkie pytania.")
    expect(page.locator(".radar .dot")).to_have_count(3)
    expect(page.locator("#work tbody tr")).to_have_count(4)
    for format in ("docx", "html", "md", "json", "csv", "xlsx"):
        with page.expect_download() as taken:
            page.locator(f"[data-format={format}]").click()
        assert saved(taken.value, tmp_path).stat().st_size > 100
        assert taken.value.suggested_filename.endswith(f".{format}")
        expect(page.locator("[aria-busy]")).to_have_count(0)


def test_the_report_opens_as_a_page_and_no_address_holds_the_code(visit: Visit, record) -> None:
    page = visit(MODE)
    code = begin(page)
    tool(page, RESULT)
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Otwórz raport").click()
    report = opened.value
    expect(report.locator("h1").first).to_contain_text("Próba klastra")
    assert report.url.endswith("/tryby/raport")
    assert code not in report.content()
    report.close()
    assert not [url for url in record.requests if code in url or code.replace("-", "") in url]
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


@pytest.mark.parametrize("asked", [asked for asked, _ in REPLIES])
def test_a_kept_reply_is_shown_again(visit: Visit, stage: Stage, asked: str) -> None:
    page = visit(MODE)
    begin(page)
    until(page, asked)
    reply = dict(REPLIES)[asked]
    reply(page)
    before = page.locator("form.step").evaluate(VALUES)
    on(page)
    expect(page.locator("#work h1")).not_to_have_text(asked)
    if asked == REPLIES[-1][0]:
        page.go_back()
    else:
        page.get_by_role("button", name="Wstecz").click()
    at(page, asked)
    after = page.locator("form.step").evaluate(VALUES)
    written = {"15 marca 2027": "15.03.2027", "1.02.2027": "01.02.2027", "1 200,50": "1200,5", "120 000": "120000"}
    assert after == [written.get(one, one) for one in before]


VALUES = """(form) => [...form.querySelectorAll("input,textarea,select")].filter((one) => one.id !== "note")
  .map((one) => (["radio", "checkbox"].includes(one.type) ? one.checked : one.value))"""


def test_progress_is_honest_and_focus_goes_to_the_question(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    expect(page.locator(".how-far")).to_contain_text("0 z")
    expect(page.locator(".how-far")).to_contain_text("mogą dojść pytania")
    assert focus(page) == "#step-title"
    on(page)
    at(page, "Jak nazywa się organizacja?")
    assert focus(page) == "#step-title"
    expect(page.locator(".how-far")).to_contain_text("1 z")


def test_no_reply_needs_a_value_unless_it_is_required(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    on(page)
    at(page, "Jak nazywa się organizacja?")
    expect(page.get_by_role("button", name="Nie wiem")).to_have_count(0)
    page.locator("#reply").fill("Fala")
    on(page)
    at(page, "Na jakim etapie jest Fala?")
    page.get_by_role("button", name="Nie wiem").click()
    at(page, "Kiedy ma powstać?")
    page.get_by_role("button", name="Wstecz").click()
    expect(page.locator("form.step")).to_contain_text("nie wiem")


def test_a_refused_reply_says_so_at_its_field_and_keeps_what_was_typed(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    until(page, "Kiedy ma powstać?")
    page.locator("#reply").fill("kiedyś")
    on(page)
    expect(page.locator("#reply-problem")).to_contain_text("to nie data")
    assert focus(page) == "#reply"
    expect(page.locator("#reply")).to_have_value("kiedyś")
    expect(page.locator("#reply")).to_have_attribute("aria-invalid", "true")
    with offline(page):
        page.locator("#reply").fill("15.03.2027")
        on(page)
        expect(page.locator("#reply-problem")).to_contain_text("Brak połączenia")
        expect(page.locator("#reply")).to_have_value("15.03.2027")
    on(page)
    at(page, "Kiedy podpiszecie porozumienie?")


def test_the_cell_that_is_wrong_is_marked(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    until(page, "Kto wchodzi do klastra?")
    rows = page.locator("table.grid tbody tr")
    rows.nth(0).locator("[data-column=name]").fill("Fala")
    page.get_by_role("button", name="Dodaj wiersz").click()
    assert page.evaluate("document.activeElement.dataset.column") == "name"
    rows.nth(1).locator("[data-column=fee]").fill("dużo")
    on(page)
    expect(page.locator("#reply-problem")).to_contain_text("to nie liczba")
    expect(rows.nth(1).locator("[data-column=fee]")).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("document.activeElement.value") == "dużo"
    rows.nth(1).locator("[data-column=fee]").fill("10")
    on(page)
    expect(rows.nth(1).locator("[data-column=name]")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Usuń wiersz: Wiersz 2").click()
    expect(rows).to_have_count(1)
    on(page)
    at(page, "Kto prowadzi?")


# ---- editing


def test_an_edit_names_what_no_longer_holds(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    until(page, "")
    page.locator("#work").get_by_role("button", name="Przegląd odpowiedzi").click()
    expect(page.locator(".replies")).to_have_count(3)
    expect(page.locator("#work")).to_contain_text("120\N{NO-BREAK SPACE}000,00 zł")
    page.get_by_role("button", name="Zmień: Na jakim etapie").click()
    choose("Pomysł")(page)
    on(page)
    expect(page.locator(".found")).to_contain_text("Jaki budżet macie na rok?")
    expect(page.locator(".found")).to_contain_text("Skąd będą pieniądze?")
    expect(page.locator("#work h1")).to_have_text(RESULT)


def test_an_edit_from_the_review_leads_back_to_it(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    until(page, "Kiedy ma powstać?")
    tool(page, "Przegląd odpowiedzi")
    page.get_by_role("button", name="Zmień: Jak nazywa się").click()
    at(page, "Jak nazywa się organizacja?")
    page.locator("#reply").fill("Żagiel")
    on(page)
    expect(page.locator("#work h1")).to_have_text("Przegląd odpowiedzi")
    expect(page.locator("#work")).to_contain_text("Żagiel")


def test_parts_are_taken_in_any_order_and_nothing_typed_is_lost(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    on(page)
    at(page, "Jak nazywa się organizacja?")
    page.locator("#reply").fill("Jeszcze nie wysłane")
    page.locator("#tools summary", has_text="Części").click()
    page.locator(".parts").get_by_role("button", name="Ludzie").click()
    at(page, "Kto wchodzi do klastra?")
    page.go_back()
    at(page, "Jak nazywa się organizacja?")
    expect(page.locator("#reply")).to_have_value("Jeszcze nie wysłane")


def test_a_note_goes_with_the_reply(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    until(page, "Kiedy ma powstać?")
    page.locator(".noting summary").click()
    page.locator("#note").fill("Zapytać zarząd")
    page.locator("#reply").fill("15.03.2027")
    on(page)
    at(page, "Kiedy podpiszecie porozumienie?")
    page.get_by_role("button", name="Wstecz").click()
    expect(page.locator("#note")).to_have_value("Zapytać zarząd")


# ---- the documents


def test_the_reason_for_a_question_opens_its_place(visit: Visit) -> None:
    page = visit(MODE)
    begin(page)
    until(page, "Na jakim etapie jest Spółdzielnia Fala?")
    page.locator(".why summary", has_text="Dlaczego pytamy").click()
    page.get_by_role("button", name=f"Źródło: {HEADING}").click()
    expect(page.locator("#source")).to_be_visible()
    expect(page.locator("#source .segments")).to_contain_text("sieć dziewięciu spółdzielni")
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    assert focus(page) == f"Źródło: {HEADING}"


def test_a_question_in_between_leaves_the_step_as_it_is(visit: Visit, stage: Stage) -> None:
    page = visit(MODE)
    begin(page)
    until(page, "Kiedy ma powstać?")
    page.locator("#reply").fill("15 mar")
    page.locator("#question").fill(HEADING)
    page.keyboard.press("Enter")
    answer = page.locator("#aside article")
    expect(answer).to_have_attribute("data-status", "answered")
    at(page, "Kiedy ma powstać?")
    expect(page.locator("#reply")).to_have_value("15 mar")
    answer.locator(".cite").first.click()
    expect(page.locator("#source mark").first).to_be_visible()
    page.locator("#source-close").click()
    page.wait_for_timeout(900)
    assert any(text.startswith("Odpowiedź gotowa.") for _, text in heard(page))


def test_the_chat_offers_the_mode_quietly(visit: Visit) -> None:
    page = visit()
    page.locator("#question:enabled").fill("Czy jesteśmy gotowi na klaster Latarnia?")
    page.keyboard.press("Enter")
    link = page.locator("article .offer a")
    expect(link).to_have_text("Zrób to krok po kroku: Próba klastra")
    page.reload()
    expect(link).to_be_visible()
    link.click()
    expect(page.locator("h1")).to_have_text("Próba klastra")


# ---- leaving and coming back


def test_one_comes_back_by_the_code(visit: Visit) -> None:
    page = visit(MODE)
    code = begin(page)
    until(page, "Kiedy ma powstać?")
    page.reload()
    at(page, "Kiedy ma powstać?")
    other = visit("/tryby")
    by_code(other, f"  {code.lower().replace('-', ' ')} ")
    at(other, "Kiedy ma powstać?")
    assert code not in other.url
    other.locator("#tools summary", has_text="Twój kod").click()
    expect(other.locator("#tools .code-shown")).to_have_text(code)


def test_a_wrong_code_is_told_at_its_field(visit: Visit) -> None:
    page = visit(MODE)
    by_code(page, "AAAA-BBBB-CCCC-DDDD")
    expect(page.locator("#code-problem")).to_contain_text("Nie ma zapisanej pracy")
    assert focus(page) == "#code"
    expect(page.locator("#code")).to_have_value("AAAA-BBBB-CCCC-DDDD")
    by_code(page, "ł ż")
    expect(page.locator("#code-problem")).to_have_text("Wpisz kod.")
    assert page.evaluate("sessionStorage.length") == 0


def test_two_tabs_do_not_undo_each_other(visit: Visit) -> None:
    one = visit(MODE)
    code = begin(one)
    until(one, "Jaki budżet macie na rok?")
    two = visit(MODE)
    by_code(two, code)
    at(two, "Jaki budżet macie na rok?")
    tool(two, "Przegląd odpowiedzi")
    two.get_by_role("button", name="Zmień: Jak nazywa się").click()
    at(two, "Jak nazywa się organizacja?")
    two.locator("#reply").fill("Żagiel")
    on(two)
    two.get_by_role("button", name="Zmień: Na jakim etapie").click()
    at(two, "Na jakim etapie jest Żagiel?")
    choose("Pomysł")(two)
    on(two)
    expect(two.locator("#work h1")).to_have_text("Przegląd odpowiedzi")
    one.locator("#reply").fill("100")  # is asked no longer
    on(one)
    expect(one.locator("#work .found")).to_contain_text("zmieniły się w innej karcie")
    expect(one.locator("#work")).not_to_contain_text("Jaki budżet")


def test_work_is_deleted_for_good(visit: Visit) -> None:
    page = visit(MODE)
    code = begin(page)
    tool(page, "Usuń tę pracę")
    expect(page.locator(".confirm")).to_contain_text("Tego nie da się cofnąć.")
    page.get_by_role("button", name="Tak, usuń na stałe").click()
    expect(page.locator("#start")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    by_code(page, code)
    expect(page.locator("#code-problem")).to_contain_text("Nie ma zapisanej pracy")


def test_a_tab_can_forget_the_work_which_stays_kept(visit: Visit) -> None:
    page = visit(MODE)
    code = begin(page)
    on(page)
    at(page, "Jak nazywa się organizacja?")
    tool(page, "Zakończ w tej karcie")
    expect(page.locator("#begin")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    assert code not in page.content()
    page.reload()
    expect(page.locator("#begin")).to_be_enabled()
    by_code(page, code)
    at(page, "Jak nazywa się organizacja?")


def test_a_server_that_is_gone_for_a_while_costs_no_code(visit: Visit) -> None:
    page = visit(MODE)
    code = begin(page)
    page.route("**/api/v1/session?**", lambda route: route.abort())
    page.reload()
    expect(page.locator("#begin-problem")).to_contain_text("Serwer asystenta nie odpowiada")
    page.unroute("**/api/v1/session?**")
    page.locator("#begin").click()
    at(page, "Zapytamy o kilka rzeczy.")
    page.locator("#tools summary", has_text="Twój kod").click()
    expect(page.locator("#tools .code-shown")).to_have_text(code)


def test_without_storage_the_work_lives_as_long_as_the_page(visit: Visit, stage: Stage) -> None:
    page = visit(None)
    page.add_init_script("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no'); } })")
    page.goto(stage.url + MODE)
    begin(page)
    until(page, "Kiedy ma powstać?")


# ---- looks


def start(page: Page) -> None:
    expect(page.locator("#begin")).to_be_visible()


def told(page: Page) -> None:
    page.locator("#begin").click()
    expect(page.locator(".code-shown")).to_be_visible()


def info(page: Page) -> None:
    begin(page)


def reached(question: str):
    def act(page: Page) -> None:
        begin(page)
        until(page, question)

    return act


def refused(page: Page) -> None:
    reached("Kto wchodzi do klastra?")(page)
    page.locator("[data-column=fee]").fill("dużo")
    on(page)
    expect(page.locator("[aria-invalid]")).to_have_count(1)


def opened(page: Page) -> None:
    """Everything that folds, and an answer."""
    reached("Na jakim etapie jest Spółdzielnia Fala?")(page)
    choose("Sieć")(page)
    for summary in page.locator("summary").all():
        if not summary.evaluate("(node) => node.parentElement.open"):
            summary.click()
    tool(page, "Usuń tę pracę")
    page.locator("#question").fill(HEADING)
    page.keyboard.press("Enter")
    expect(page.locator("#aside article")).to_be_visible()


def panel(page: Page) -> None:
    reached("Kiedy ma powstać?")(page)
    page.locator(".why summary").first.click()
    page.locator(".why .link").click()
    expect(page.locator("#source .segments")).to_be_visible()


def forgotten(page: Page) -> None:
    reached("Skąd będą pieniądze?")(page)
    page.locator("#tools summary", has_text="Części").click()
    page.locator(".parts").get_by_role("button", name="Początek").click()
    at(page, "Zapytamy o kilka rzeczy.")
    tool(page, "Przegląd odpowiedzi")
    page.get_by_role("button", name="Zmień: Na jakim etapie").click()
    choose("Pomysł")(page)
    on(page)
    expect(page.locator(".found")).to_be_visible()


def review(page: Page) -> None:
    reached("Jaki budżet macie na rok?")(page)
    tool(page, "Przegląd odpowiedzi")
    expect(page.locator(".replies").first).to_be_visible()


def finished(page: Page) -> None:
    reached("")(page)
    page.locator("summary", has_text="Porównaj").click()


STATES = {
    "start": start,
    "code": told,
    "info": info,
    "text": reached("Jak nazywa się organizacja?"),
    "choice": reached("Na jakim etapie jest Spółdzielnia Fala?"),
    "date": reached("Kiedy ma powstać?"),
    "group": reached("Kto wchodzi do klastra?"),
    "scale": reached("Jak oceniacie: Rynek i sprzedaż wspólnych usług?"),
    "number": reached("Ile godzin tygodniowo ma koordynator?"),
    "multi": reached("Jakie usługi będziecie sprzedawać?"),
    "table": reached("Skąd będą pieniądze?"),
    "refused": refused,
    "opened": opened,
    "panel": panel,
    "forgotten": forgotten,
    "review": review,
    "finished": finished,
}


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(visit: Visit, counts: dict[str, int], name: str) -> None:
    page = visit(MODE)
    STATES[name](page)
    shot(page, f"80-mode-{name}", full_page=True)
    assert everywhere(page, counts, widths=(320, 1280)) == []
    if name in ("choice", "group", "opened", "finished"):
        assert strained(page, counts) == []
    page.set_viewport_size({"width": 320, "height": 700})
    shot(page, f"81-mode-{name}-320", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 768, "height": 900})
    shot(page, f"82-mode-{name}-dark", full_page=True)


@pytest.mark.parametrize("path", ["/tryby", "/tryby?lang=en", f"{MODE}?lang=en"])
def test_axe_finds_nothing_on_the_first_pages(visit: Visit, counts: dict[str, int], path: str) -> None:
    page = visit(path)
    expect(page.locator("h1").first).to_be_visible()
    shot(page, f"83-modes-{re.sub(r'[^a-z]+', '-', path)}", full_page=True)
    assert everywhere(page, counts, widths=(320, 1280)) == []
    assert strained(page, counts) == []


def test_everything_is_done_from_the_keyboard(visit: Visit) -> None:
    page = visit(MODE)
    page.locator("#begin").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".code-shown")).to_be_visible()
    for _ in range(5):
        page.keyboard.press("Tab")
        if focus(page) == "Przejdź do pytań":
            break
    page.keyboard.press("Enter")
    at(page, "Zapytamy o kilka rzeczy.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    at(page, "Jak nazywa się organizacja?")
    page.keyboard.press("Tab")
    page.keyboard.type("Fala")
    page.keyboard.press("Enter")
    at(page, "Na jakim etapie jest Fala?")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    at(page, "Kiedy ma powstać?")


# ---- another version


def test_a_newer_version_is_offered_and_taken(visit: Visit, make_stage: MakeStage, tmp_path: Path, record) -> None:
    place = prompts(tmp_path)
    first = make_stage(prompts=place)
    first.ready()
    record.own.add(first.url)
    page = visit(MODE, url=first.url)
    code = begin(page)
    on(page)
    at(page, "Jak nazywa się organizacja?")
    prompts(tmp_path, definition().replace("version = 1", "version = 2", 1).replace("2026-11-22", "2027-01-10", 1))
    first.service.guided.__dict__.pop("definitions")
    other = visit(MODE, url=first.url)
    by_code(other, code)
    other.locator("summary", has_text="nowszą wersję (2027-01-10)").click()
    other.get_by_role("button", name="Przejdź na nową wersję").click()
    expect(other.locator("summary", has_text="nowszą wersję")).to_have_count(0)
    at(other, "Jak nazywa się organizacja?")
