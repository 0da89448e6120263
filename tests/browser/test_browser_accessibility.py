"""WCAG 2.2 AA where a program can tell: axe in every state, the keyboard, what is announced, sizes, spacing, motion."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assistant.domain.answers import Answer
from tests.browser.acts import ALL, LIST, PLAIN, TABLE, ask, focus, offline, shot, write
from tests.browser.conftest import CONTACT, MakeStage, Visit
from tests.browser.looks import MOVING, everywhere, strained, violations
from tests.browser.recorders import Record, heard
from tests.browser.stage import Stage, answer

pytestmark = pytest.mark.system("chromium")
WAIT = "Czekaj, aż powiem"
MOST = 3  # announcements about one answer
APART = 500  # milliseconds between two


@pytest.fixture(autouse=True)
def straight(stage: Stage) -> Iterator[None]:
    yield
    stage.line.pause, stage.line.ends_after = 0.0, None


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, int]]:
    made: dict[str, int] = {}
    yield made
    print(f"\naxe: {made.get('axe', 0)} runs")


@pytest.fixture
def held(stage: Stage) -> Iterator[threading.Event]:
    """A question whose answer waits for the event."""
    go_on = threading.Event()

    def act(question: str) -> Answer:
        go_on.wait(20)
        return answer(question, opening="Gotowe.")

    stage.service.script[WAIT] = act
    yield go_on
    go_on.set()


# ---- axe: every state, every width, light and dark


def start(page: Page, stage: Stage) -> None:
    expect(page.locator("#question")).to_be_enabled()


def typing(page: Page, stage: Stage) -> None:
    page.locator("#question:enabled").fill("ż" * 1990)
    expect(page.locator("#counter")).not_to_be_empty()


def too_long(page: Page, stage: Stage) -> None:
    page.locator("#question:enabled").fill("ż" * 2010)
    page.keyboard.press("Enter")


def searching(page: Page, stage: Stage) -> None:
    write(page, WAIT)
    expect(page.locator(".progress")).to_be_visible()


def streaming(page: Page, stage: Stage) -> None:
    stage.line.pause = 0.3
    write(page, LIST)
    expect(page.locator(".said li").first).to_be_visible()
    stage.line.pause = 30.0  # the next piece comes after the test


def answered(page: Page, stage: Stage) -> None:
    for question in (PLAIN, LIST, TABLE):
        ask(page, question)


def source(page: Page, stage: Stage) -> None:
    ask(page, TABLE).locator(".cite").first.click()
    expect(page.locator("#source mark").first).to_be_visible()


def refusals(page: Page, stage: Stage) -> None:
    """All the other statuses, one below the other."""
    for status, question in ALL.items():
        if status != "answered":
            ask(page, question)


def asked_back(page: Page, stage: Stage) -> None:
    """The two forms in the conversation: what is wrong with an answer, and whether to erase."""
    found = ask(page, PLAIN)
    found.get_by_role("button", name="Zgłoś uwagę").click()
    found.get_by_role("button", name="Wyślij uwagę").click()
    page.locator("#erase").click()


def troubles(page: Page, stage: Stage) -> None:
    """Offline, broken off, refused for a while."""
    with offline(page):
        write(page, PLAIN)
        expect(page.locator(".failure")).to_be_visible()
    stage.line.pause, stage.line.ends_after = 0.1, 1300
    write(page, LIST)
    expect(page.locator(".interrupted")).to_be_visible()
    late = {"code": "overloaded", "message": "Teraz pyta naraz wiele osób.", "hint": "Wyślij ponownie za 60 s."}
    page.route("**/ask/stream", lambda route: route.fulfill(status=503, headers={"Retry-After": "60"}, json=late))
    write(page, PLAIN)
    expect(page.locator(".failure")).to_have_count(2)


STATES: tuple[Callable[[Page, Stage], None], ...] = (
    *(start, typing, too_long, searching, streaming, answered, source, refusals, asked_back, troubles),
)


@pytest.mark.parametrize("reach", STATES, ids=lambda reach: reach.__name__)
def test_axe_finds_nothing(
    visit: Visit,
    stage: Stage,
    held: threading.Event,
    counts: dict[str, int],
    reach: Callable[[Page, Stage], None],
) -> None:
    page = visit()
    reach(page, stage)
    assert everywhere(page, counts) == []
    if reach in (start, answered, source, refusals, troubles):
        assert strained(page, counts) == []
        page.set_viewport_size({"width": 320, "height": 256})
        shot(page, f"41-zoomed-{reach.__name__}")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(forced_colors="active")
    shot(page, f"42-forced-{reach.__name__}")
    page.emulate_media(forced_colors="none")
    page.emulate_media(color_scheme="dark")
    shot(page, f"40-narrow-dark-{reach.__name__}")


def test_axe_finds_nothing_while_the_handbooks_are_prepared_or_the_switch_is_off(
    visit: Visit, stage: Stage, counts: dict[str, int]
) -> None:
    page = visit(None)
    state = {"ready": False, "stage": "embed", "done": 40, "total": 120, "open": True, "reason": "", "error": None}
    page.route("**/api/v1/state", lambda route: route.fulfill(json=state))
    page.goto(stage.url)
    expect(page.locator("#state progress")).to_be_visible()
    assert everywhere(page, counts) == []
    state.update(open=False, reason="Poprawiamy rozdział o klauzulach.")
    page.reload()
    expect(page.locator("#state")).to_contain_text("Poprawiamy")
    assert everywhere(page, counts) == []
    state.update(open=True, error={"code": "corpus_missing", "message": "Nie mogę czytać katalogu.", "hint": "Popraw."})
    page.reload()
    expect(page.locator("#state")).to_contain_text("Nie mogę czytać katalogu.")
    assert everywhere(page, counts) == []


def test_axe_finds_nothing_on_the_page_of_a_server_that_is_switched_off(
    visit: Visit, make_stage: MakeStage, record: Record, counts: dict[str, int]
) -> None:
    other = make_stage(web={"contact": CONTACT})
    other.ready()
    record.own.add(other.url)
    other.service.stores.switch.close("Przerwa do poniedziałku.", "test")
    other.app.state.running.switchboard.refresh()
    page = visit(url=other.url)
    expect(page.locator("body")).to_contain_text("Przerwa do poniedziałku.")
    assert everywhere(page, counts) == []
    assert strained(page, counts) == []


@pytest.mark.parametrize("question", ["", TABLE, ALL["blocked"]])
def test_axe_finds_nothing_on_the_page_without_scripts(visit: Visit, counts: dict[str, int], question: str) -> None:
    page = visit("/rozmowa")
    if question:
        page.locator("#question").fill(question)
        page.locator("button[type=submit]").click()
        expect(page.locator("article")).to_be_visible()
    assert everywhere(page, counts) == []
    assert strained(page, counts) == []


def test_axe_would_find_something(visit: Visit) -> None:
    page = visit()
    page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    assert any(fault.startswith("button-name") for fault in violations(page))


# ---- by keyboard alone

PATH: tuple[tuple[str, str], ...] = (
    ("Tab", "Przejdź do pola pytania"),
    ("Tab", "Asystent ekonomii społecznej"),
    ("Tab", "Krok po kroku"),
    ("Tab", "Polski"),
    ("Tab", "English"),
    ("Tab", "Zanim zapytasz: to asystent AI, nie człowiek"),
    ("Enter", "Zanim zapytasz: to asystent AI, nie człowiek"),  # folds the notice
    ("Tab", "Co to jest klauzula społeczna?"),
    ("Shift+Tab", "Zanim zapytasz: to asystent AI, nie człowiek"),
    ("F6", "#question"),
    (f"type {LIST}", "#question"),
    ("Enter", "#question"),
    ("answer", "#question"),
    ("F6", "Odpowiedź asystenta AI, "),
    ("Tab", "Źródło 1: Klaster Latarnia. Podręcznik, Jakie dokumenty składa kandydat do klastra?"),
    ("Enter", "#source-title"),
    ("source", "#source-title"),
    ("Tab", "#source-close"),
    ("Tab", "Tabela"),
    ("Tab", "Oryginał: Klaster Latarnia. Podręcznik (MD, 1 kB, otwiera się w nowej karcie)"),
    ("F6", "#question"),
    ("F6", "Odpowiedź asystenta AI, "),
    ("F6", "#source-title"),
    ("Escape", "Źródło 1: Klaster Latarnia. Podręcznik, Jakie dokumenty składa kandydat do klastra?"),
    ("Space", "#source-title"),
    ("Shift+Tab", "#send"),
    ("Escape", "Źródło 1: Klaster Latarnia. Podręcznik, Jakie dokumenty składa kandydat do klastra?"),
    ("until Zgłoś uwagę", "Zgłoś uwagę"),
    ("Enter", "wrong_citation"),
    ("ArrowDown", "missing"),
    ("Tab", "Komentarz (nieobowiązkowy)"),
    ("type Dużo.", "Komentarz (nieobowiązkowy)"),
    ("Tab", "Wyślij uwagę"),
    ("Enter", "Dziękuję za uwagę: czegoś brakuje."),
    ("Tab", "#renew"),
    ("until #erase", "#erase"),
    ("Enter", "#confirm-text"),
    ("Escape", "#erase"),
    ("Enter", "#confirm-text"),
    ("Tab", "Tak, usuń na stałe"),
    ("Enter", "#question"),
)


def name(page: Page) -> str:
    """What has focus; fields by their value or label."""
    told: str = page.evaluate(
        """() => {
          const at = document.activeElement;
          if (at.type === "radio") return at.value;
          return at.labels?.length && !/^(question)$/.test(at.id) ? at.labels[0].textContent : "";
        }"""
    )
    return told or focus(page)


def test_everything_is_done_from_the_keyboard(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#question")).to_be_enabled()
    taken = []
    for step, expected in PATH:
        action, _, rest = step.partition(" ")
        if action == "type":
            page.keyboard.type(rest)
        elif action == "answer":
            expect(page.locator("article .tools")).to_be_visible()
        elif action == "source":
            expect(page.locator("#source mark").first).to_be_visible()
        elif action == "until":
            for _ in range(20):
                page.keyboard.press("Tab")
                if name(page) == rest:
                    break
        else:
            page.keyboard.press(step)
        settle(page, expected)
        taken.append((step, name(page)))
        assert taken[-1][1].startswith(expected), taken
        ring(page, step)
    expect(page.locator(".turn")).to_have_count(0)
    print(f"\nkeyboard: {len(PATH)} steps")


def settle(page: Page, expected: str) -> None:
    """Give what the server has to say first a moment."""
    for _ in range(100):
        if name(page).startswith(expected):
            return
        page.wait_for_timeout(20)


def ring(page: Page, step: str) -> None:
    """Controls show that they have focus: an outline of at least two pixels."""
    told = page.evaluate(
        """() => {
          const at = document.activeElement, style = getComputedStyle(at);
          return [at.matches("a,button,textarea,input,summary"), style.outlineStyle, parseFloat(style.outlineWidth)];
        }"""
    )
    assert not told[0] or (told[1] != "none" and told[2] >= 2), (step, told)


# ---- what is announced


def announced(page: Page) -> list[tuple[float, str]]:
    """What was said, once nothing more comes; never two things at once."""
    page.wait_for_timeout(900)
    said = heard(page)
    gaps = [after[0] - before[0] for before, after in pairwise(said)]
    assert all(gap >= APART for gap in gaps), said
    return said


@pytest.mark.parametrize("question", [TABLE, ALL["not_found"]])
def test_an_answer_is_announced_in_at_most_three_sentences(visit: Visit, question: str) -> None:
    page = visit()
    ask(page, question)
    said = announced(page)
    assert 1 <= len(said) <= MOST, said
    assert said[-1][1].startswith("Odpowiedź gotowa.")
    print(f"\nannouncements: {len(said)} for {question}")


def test_a_slow_stream_is_not_read_token_by_token(visit: Visit, stage: Stage) -> None:
    page = visit()
    stage.line.pause = 0.3
    ask(page, LIST)
    said = announced(page)
    assert len(said) <= MOST, said
    assert said[0][1] == "Asystent przygotowuje odpowiedź."
    print(f"\nannouncements: {len(said)} for a slow list")


def test_a_long_wait_is_announced_once(visit: Visit, stage: Stage, held: threading.Event) -> None:
    page = visit(None)
    page.clock.install()
    page.goto(stage.url)
    write(page, WAIT)
    expect(page.locator(".progress")).to_be_visible()
    for _ in range(6):
        page.clock.run_for(5_000)
    held.set()
    expect(page.locator("article .tools")).to_be_visible()
    page.clock.run_for(5_000)
    said = [text for _, text in heard(page)]
    assert said[:2] == ["Asystent przygotowuje odpowiedź.", "Przygotowanie odpowiedzi trwa."]
    assert len(said) == MOST
    assert said[-1].startswith("Odpowiedź gotowa.")


def test_stopping_is_announced(visit: Visit, stage: Stage) -> None:
    page = visit()
    stage.line.pause = 0.5
    write(page, LIST)
    expect(page.locator(".said li").first).to_be_visible()
    page.locator("#stop").click()
    said = announced(page)
    assert [text for _, text in said][-1] == "Zatrzymano."
    assert len(said) <= MOST


def test_a_failure_is_announced_and_not_in_the_same_breath(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#question")).to_be_enabled()
    with offline(page):
        write(page, PLAIN)
        expect(page.locator(".failure")).to_be_visible()
    said = announced(page)
    assert len(said) <= MOST, said
    assert "Brak połączenia" in said[-1][1]


def test_a_conversation_that_comes_back_is_not_read_out(visit: Visit) -> None:
    page = visit()
    for question in (PLAIN, ALL["not_found"]):
        ask(page, question)
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    assert announced(page) == []


# ---- motion, print, first words


def test_nothing_moves_for_those_who_asked_for_that(visit: Visit, held: threading.Event) -> None:
    page = visit(reduced_motion="no-preference")
    write(page, WAIT)
    expect(page.locator(".progress")).to_be_visible()
    assert page.evaluate(MOVING) == 1
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0


def test_on_paper_there_are_the_words_and_their_sources_and_no_buttons(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    ask(page, LIST)
    page.emulate_media(media="print", color_scheme="light")
    expect(page.locator("#composer")).to_be_hidden()
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator("article .paper").last).to_be_visible()
    shot(page, "50-print", full_page=True)
    page.pdf(path=tmp_path / "rozmowa.pdf")


def test_who_answers_is_said_before_the_field_opens(visit: Visit, stage: Stage) -> None:
    page = visit(None)
    page.add_init_script(
        """new MutationObserver(() => {
          const field = document.getElementById("question");
          if (field && !field.disabled && window.__told === undefined)
            window.__told = document.getElementById("notice").checkVisibility() &&
              document.getElementById("notice").textContent.includes("asystent AI");
        }).observe(document, { subtree: true, attributes: true, childList: true });"""
    )
    page.goto(stage.url)
    expect(page.locator("#question")).to_be_enabled()
    assert page.evaluate("window.__told") is True
