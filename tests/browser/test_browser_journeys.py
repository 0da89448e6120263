"""What people do with the page, in a real browser against the real server."""

from __future__ import annotations

import re
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assistant.domain.answers import SentenceKind, Support
from assistant.domain.conversations import Rating
from tests.browser.acts import ALL, LIST, PLAIN, TABLE, ask, focus, restored, saved, shot, skeleton, state, write
from tests.browser.conftest import Visit
from tests.browser.recorders import Record
from tests.browser.stage import Act, Stage, answer, citation, sentence

pytestmark = pytest.mark.system("chromium")
GENERATED = "Odpowiedz własnymi słowami"


@pytest.fixture(autouse=True)
def straight(stage: Stage) -> None:
    stage.line.pause, stage.line.ends_after = 0.0, None


@pytest.fixture(scope="module", autouse=True)
def composed(stage: Stage) -> None:
    """An answer of a language model, which the documents alone do not give."""
    document = stage.document()
    quotes = [
        citation(1, document, "Klaster Latarnia to sieć dziewięciu spółdzielni socjalnych z powiatu puckiego."),
        citation(2, document, "Membership costs 120 złoty a month.", language="en"),
    ]
    made = SentenceKind.GENERATED
    stage.service.script[GENERATED] = lambda question: answer(
        question,
        [
            sentence("Klaster ma **dziewięciu** członków.", 1, kind=made),
            sentence("Może przyjąć `dwóch` następnych.", 1, kind=made, support=Support.PARTLY),
            sentence("Podobno istnieje od dawna.", kind=made, support=Support.UNSUPPORTED),
            sentence("Membership costs 120 złoty a month.", 2),
            sentence("1. pierwszy krok,", 1, form="item"),
            sentence("2. drugi krok.", 1, form="item"),
        ],
        quotes,
        notices=["Jeden z dokumentów ma nowsze wydanie."],
    )


# ---- asking


def test_a_question_is_answered_with_sources_that_can_be_opened(visit: Visit) -> None:
    page = visit()
    shot(page, "01-start")
    found = ask(page, PLAIN)
    expect(found).to_have_attribute("data-status", "answered")
    expect(found.locator("q.sentence").first).to_have_text(re.compile("sieć dziewięciu spółdzielni"))
    expect(page.locator(".question").last).to_contain_text(PLAIN)
    assert focus(page) == "#question"
    expect(page.locator("#question")).to_have_value("")
    expect(page.locator("#starters")).to_be_hidden()
    expect(page.locator("#conversation-tools")).to_be_visible()
    shot(page, "02-answer")
    ask(page, LIST)
    ask(page, TABLE)
    expect(page.locator("article").nth(1).locator("ul.documents").first).to_be_visible()
    assert page.locator("article").nth(1).locator(".said li").all_inner_texts()[0].startswith("deklarację")
    assert page.locator("article").nth(2).locator("tbody tr").count() == 3
    shot(page, "03-list-and-table")


def test_nothing_is_stored_or_asked_before_the_first_question(visit: Visit, record: Record, stage: Stage) -> None:
    page = visit()
    expect(page.locator("#question")).to_be_enabled()
    expect(page.locator("#notice")).to_contain_text("asystent AI")  # said before the field opens
    assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""]
    assert page.context.cookies() == []
    asked = {url.removeprefix(stage.url).partition("?")[0] for url in record.requests}
    assert {path for path in asked if not path.startswith("/static/")} == {"/", "/api/v1/state"}
    ask(page, PLAIN)
    assert page.context.cookies() == []
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [1, 0]


def test_a_starter_question_is_asked_by_a_click(visit: Visit) -> None:
    page = visit()
    starter = page.locator("[data-ask]").nth(1)
    text = starter.inner_text()
    starter.click()
    expect(page.locator(".question")).to_contain_text(text)
    expect(page.locator("article .tools")).to_be_visible()
    assert focus(page) == "#question"


def test_shift_enter_begins_a_line_and_an_empty_field_asks_nothing(visit: Visit) -> None:
    page = visit()
    page.locator("#question:enabled").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#counter")).to_have_text("Wpisz pytanie.")
    page.keyboard.type("Co to jest")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("klaster Latarnia?")
    expect(page.locator("#question")).to_have_value("Co to jest\nklaster Latarnia?")
    expect(page.locator(".turn")).to_have_count(0)
    page.locator("#question").fill("ż" * 2001)
    page.keyboard.press("Enter")
    expect(page.locator("#counter")).to_contain_text("2000")
    expect(page.locator("#question")).to_have_value("ż" * 2001)  # what was written is not lost
    expect(page.locator(".turn")).to_have_count(0)


# ---- streamed and stored


def test_answers_are_the_same_nodes_after_a_reload(visit: Visit) -> None:
    page = visit()
    for question in (PLAIN, LIST, TABLE, GENERATED, "Kto prowadzi rejestr animatorów?", ALL["partial"], ALL["blocked"]):
        ask(page, question)
    streamed = skeleton(page.locator("article"))
    restored(page)
    expect(page.locator("article")).to_have_count(len(streamed))
    assert skeleton(page.locator("article")) == streamed
    assert focus(page) != "#transcript"
    ask(page, "Ile kosztuje członkostwo w klastrze?")  # and the conversation goes on
    expect(page.locator(".turn")).to_have_count(len(streamed) + 1)


def test_generated_and_quoted_sentences_are_told_apart(visit: Visit) -> None:
    page = visit()
    found = ask(page, GENERATED)
    made = found.locator("[data-ai-generated=true]")
    expect(made).to_have_count(3)
    assert found.locator("q.sentence[data-kind=quoted]").count() == 3
    expect(found.locator("q[lang=en]")).to_have_text("Membership costs 120 złoty a month.")
    expect(made.first.locator("strong")).to_have_text("dziewięciu")
    expect(found.locator(".remark")).to_have_text(
        ["źródło potwierdza to częściowo", "bez potwierdzenia w źródle", "cytat: angielski"]
    )
    expect(found.locator("ol li").first).to_have_attribute("value", "1")
    shot(page, "04-generated")


# ---- stopping


def test_a_stopped_answer_keeps_what_came_and_says_that_it_is_not_whole(visit: Visit, stage: Stage) -> None:
    page = visit()
    stage.line.pause = 0.5
    write(page, LIST)
    expect(page.locator(".said li").first).to_be_visible()
    shot(page, "05-streaming")
    page.locator("#stop").click()
    assert focus(page) == "#question"
    expect(page.locator(".interrupted")).to_contain_text("tylko jej część")
    shown = page.locator(".said li").count()
    assert 1 <= shown < 4
    expect(page.locator("#stop")).to_be_hidden()
    shot(page, "06-stopped")
    page.wait_for_timeout(600)
    assert page.locator(".said li").count() == shown  # nothing comes after
    restored(page)
    expect(page.locator(".interrupted")).to_contain_text("przerwana")


def test_stopped_before_the_answer_it_is_not_shown_later_as_whole(visit: Visit, stage: Stage) -> None:
    go_on = threading.Event()
    said: Act = lambda question: (go_on.wait(10), answer(question, opening="Gotowe."))[1]  # noqa: E731
    stage.service.script["Czekaj"] = said
    page = visit()
    ask(page, PLAIN)
    write(page, "Czekaj")
    expect(page.locator(".progress")).to_be_visible()
    page.locator("#stop").click()
    expect(page.locator(".turn").last).to_contain_text("Zatrzymano, zanim przyszła odpowiedź.")
    go_on.set()
    running = stage.app.state.running
    for _ in range(100):
        if not running.admission._inside:
            break
        page.wait_for_timeout(20)
    page.wait_for_timeout(500)  # the server marks it right after
    restored(page)
    turns = page.locator(".turn")
    assert turns.count() == 1 or turns.last.locator(".interrupted").count() == 1


# ---- citations


def test_a_citation_opens_its_place_with_the_quote_marked(visit: Visit) -> None:
    page = visit()
    found = ask(page, LIST)
    cite = found.locator(".cite").first
    cite.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#source")
    expect(panel).to_be_visible()
    expect(panel).to_have_attribute("role", "complementary")
    expect(panel.locator("h3")).to_have_text("Klaster Latarnia. Podręcznik")
    expect(panel.locator("mark").first).to_contain_text("Kandydat do klastra Latarnia składa cztery dokumenty:")
    assert focus(page) == "#source-title"
    link = panel.locator(".original a")
    assert link.get_attribute("rel") == "noopener noreferrer"
    shot(page, "07-source")
    with page.context.expect_page() as opened:
        link.click()
    expect(opened.value.locator("body")).to_contain_text("# Klaster Latarnia")
    opened.value.close()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "cite"


def test_next_and_previous_walk_through_the_sources(visit: Visit) -> None:
    page = visit()
    ask(page, PLAIN).locator(".cite").first.click()
    title, back, forward = (page.locator(f"#source-{part}") for part in ("title", "back", "forward"))
    expect(title).to_have_text("Źródło 1 z 2")
    expect(back).to_have_attribute("aria-disabled", "true")
    forward.click()
    expect(title).to_have_text("Źródło 2 z 2")
    expect(page.locator("#source mark").first).to_contain_text("wspólnie kupuje")
    expect(forward).to_have_attribute("aria-disabled", "true")
    forward.click(force=True)  # goes nowhere and breaks nothing
    back.click()
    expect(title).to_have_text("Źródło 1 z 2")
    page.locator("#source-close").click()
    assert page.evaluate("document.activeElement.className") == "cite"


def test_on_a_narrow_screen_the_source_is_a_dialog_over_the_conversation(visit: Visit) -> None:
    page = visit(viewport={"width": 390, "height": 780})
    ask(page, PLAIN).locator(".cite").first.click()
    panel = page.locator("#source")
    expect(panel).to_have_attribute("role", "dialog")
    expect(panel).to_have_attribute("aria-modal", "true")
    assert page.evaluate("document.querySelector('[data-behind]').inert") is True
    expect(panel.locator("mark").first).to_be_visible()
    shot(page, "08-source-narrow")
    page.locator("#source-close").click()
    assert page.evaluate("document.querySelector('[data-behind]').inert") is False
    assert page.evaluate("document.activeElement.className") == "cite"


def test_a_suggested_section_opens_without_a_quote(visit: Visit) -> None:
    page = visit()
    found = ask(page, ALL["not_found"])
    choice = found.locator(".next .choice").last
    choice.click()
    expect(page.locator("#source-title")).to_have_text("Fragment podręcznika")
    expect(page.locator("#source .segments")).to_be_visible()
    page.keyboard.press("Escape")
    expect(choice).to_be_focused()


# ---- what one may do with an answer


def test_the_answer_is_copied_with_its_sources(visit: Visit) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, LIST).get_by_role("button", name="Kopiuj ze źródłami").click()
    expect(page.locator(".tools")).to_contain_text("Skopiowano")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith(f"Pytanie: {LIST}")
    assert "- deklarację członkowską, [1]" in text
    assert "[1] Klaster Latarnia. Podręcznik, Jakie dokumenty składa kandydat do klastra?" in text
    assert "wydanie 2026-11" in text


def test_where_copying_is_forbidden_the_text_waits_selected(visit: Visit) -> None:
    page = visit()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    ask(page, PLAIN).get_by_role("button", name="Kopiuj ze źródłami").click()
    kept = page.locator(".by-hand textarea")
    expect(kept).to_be_focused()
    assert kept.evaluate("node => node.selectionEnd - node.selectionStart === node.value.length")


def test_feedback_reaches_the_staff_and_stays_after_a_reload(visit: Visit, stage: Stage) -> None:
    page = visit()
    found = ask(page, PLAIN)
    ask(page, LIST).get_by_role("button", name="Tak").click()
    expect(page.locator(".told").last).to_have_text("Dziękuję: odpowiedź pomogła.")
    found.get_by_role("button", name="Zgłoś uwagę").click()
    form = found.locator("form.comment")
    expect(form.locator("input").first).to_be_focused()
    form.get_by_role("button", name="Wyślij uwagę").click()
    expect(form.locator(".problem")).to_have_text("Zaznacz jedną z możliwości.")
    form.get_by_label("Czegoś brakuje").check()
    form.locator("textarea").fill("Brakuje stawki dla gmin.")
    shot(page, "09-feedback")
    form.get_by_role("button", name="Wyślij uwagę").click()
    expect(found.locator(".told")).to_be_focused()
    expect(form).to_be_hidden()
    given = stage.service.stores.feedback.entries(datetime.now(UTC) - timedelta(hours=1))
    assert {(one.feedback.rating, one.feedback.comment) for one in given} >= {
        (Rating.HELPFUL, ""),
        (Rating.MISSING, "Brakuje stawki dla gmin."),
    }
    restored(page)
    expect(page.locator(".told").first).to_have_text("Dziękuję za uwagę: czegoś brakuje.")


def test_the_conversation_can_be_taken_away(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    ask(page, PLAIN)
    for kind, begins in (("docx", b"PK"), ("md", b"# "), ("json", b"{")):
        with page.expect_download() as downloading:
            page.locator(f"[data-export={kind}]").click()
        file = saved(downloading.value, tmp_path)
        assert file.suffix == f".{kind}"
        assert file.read_bytes().startswith(begins)
        expect(page.locator("#status")).to_have_text(re.compile("Rozmowa pobrana."))
    with zipfile.ZipFile(next(tmp_path.glob("*.docx"))) as document:
        assert "dziewięciu spółdzielni" in document.read("word/document.xml").decode()


# ---- the conversation as a whole


def conversation_status(page: Page, kept: dict[str, str]) -> int:
    return page.request.get(
        f"{page.url.rstrip('/')}/api/v1/conversations/{kept['id']}",
        headers={"Authorization": f"Bearer {kept['token']}"},
    ).status


def test_an_erased_conversation_is_gone_from_page_and_server(visit: Visit) -> None:
    page = visit()
    ask(page, PLAIN)
    kept = state(page)
    assert conversation_status(page, kept) == 200
    page.locator("#erase").click()
    expect(page.locator("#confirm-text")).to_be_focused()
    shot(page, "10-erase")
    page.keyboard.press("Escape")
    expect(page.locator("#erase")).to_be_focused()
    assert conversation_status(page, kept) == 200
    page.locator("#erase").click()
    page.get_by_role("button", name="Tak, usuń na stałe").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("#starters")).to_be_visible()
    assert conversation_status(page, kept) == 404
    page.reload()
    expect(page.locator("#question")).to_be_enabled()
    expect(page.locator(".turn")).to_have_count(0)


def test_a_new_conversation_leaves_the_old_one_on_the_server_unless_told(visit: Visit) -> None:
    page = visit()
    ask(page, PLAIN)
    kept = state(page)
    page.locator("#renew").click()
    page.get_by_role("button", name="Zacznij nową", exact=True).click()
    expect(page.locator(".turn")).to_have_count(0)
    assert conversation_status(page, kept) == 200
    ask(page, LIST)
    other = state(page)
    assert other["id"] != kept["id"]
    page.locator("#renew").click()
    page.get_by_role("button", name="Usuń tę i zacznij nową").click()
    expect(page.locator(".turn")).to_have_count(0)
    assert conversation_status(page, other) == 404


def test_the_other_language_is_a_link_away(visit: Visit) -> None:
    page = visit()
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#send")).to_have_text("Ask")
    found = ask(page, "How much does membership cost?")
    expect(found.locator("q.sentence").first).to_have_attribute("lang", "pl")  # a Polish quote on an English page
    shot(page, "11-english")
    page.get_by_role("link", name="Polski").click()
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    expect(page.locator(".turn")).to_have_count(1)  # the conversation came along


def test_without_scripts_there_is_a_form(visit: Visit) -> None:
    page = visit("/", java_script_enabled=False)
    expect(page.locator("#composer")).to_be_hidden()
    page.get_by_role("link", name="Zapytaj w wersji bez skryptów").click()
    page.locator("#question").fill(LIST)
    page.locator("button[type=submit]").click()
    expect(page.locator("article .said li")).to_have_count(4)
    page.locator(".cite").first.click()
    assert page.url.endswith("#source-1")
    expect(page.locator("blockquote").first).to_contain_text("deklarację członkowską")
    shot(page, "12-no-script", full_page=True)
    page.locator("#question").fill(ALL["blocked"])
    page.locator("button[type=submit]").click()
    expect(page.locator("article")).to_have_attribute("data-status", "blocked")
    assert "44051401359" not in page.content()
    page.locator("#question").fill(ALL["out_of_scope"])
    page.locator("button[type=submit]").click()
    expect(page.locator("article h3").first).to_have_text("Poza tematem podręczników")


# ---- every status has its own look and next step


def test_each_status_says_what_it_is_and_where_to_go(visit: Visit, stage: Stage) -> None:
    page = visit()
    others = sorted((status for status in ALL if status != "answered"), key=lambda status: status != "clarify")
    for count, status in enumerate(others, 1):  # "and how much?" is only unclear while nothing was asked before
        found = ask(page, ALL[status])
        expect(found).to_have_attribute("data-status", status)
        expect(found.locator(".note h4")).to_have_text(stage.words["status"][status])
        expect(found.locator(".note svg.icon")).to_have_count(1)
        assert found.locator(".note").evaluate("node => getComputedStyle(node).borderLeftWidth") == "4px"
        if status in ("partial", "not_found"):
            expect(found.locator(".next .choice").first).to_be_visible()
        if status in ("partial", "not_found", "refer", "out_of_scope"):
            expect(found.locator(".next .contact a").first).to_have_attribute("href", "tel:+48580000000")
        if status == "blocked":
            found.locator(".next .choice").click()  # the masked question comes back to be looked at, not sent
            expect(page.locator("#question")).to_have_value(re.compile("^Mój PESEL to"))
        expect(page.locator(".turn")).to_have_count(count)
        shot(page, f"20-{status}")
