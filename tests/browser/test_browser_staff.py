"""The staff workspace in a real browser: in and out, documents, the switch, what visitors said; axe on every tab."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from assistant.domain.conversations import Role
from assistant.service import Service
from tests.browser import hostile
from tests.browser.acts import NOT_FOUND, PLAIN, ask, shot
from tests.browser.conftest import CONTACT, MakeStage, Visit
from tests.browser.looks import violations
from tests.browser.recorders import Record, refused
from tests.browser.stage import Stage
from tests.conftest import MakeService

pytestmark = pytest.mark.system("chromium")
ADMIN, EDITOR, PASSWORD = "ola@urzad.pl", "jan@urzad.pl", "zielony-rower-77"
TABS = ("Zapytaj", "Dokumenty", "Opinie", "Luki", "Szukanie", "Indeks", "Ruch", "Wyłącznik", "Ustawienia", "Dziennik")
ADMINS = ("Wyłącznik", "Ustawienia", "Dziennik")
GAP = NOT_FOUND
NEW = """# Regulamin Złotego Żurawia

## Ile wynosi składka w Złotym Żurawiu?

Składka członkowska w stowarzyszeniu Złoty Żuraw wynosi 17 złotych miesięcznie.

## Uwagi <img src=x onerror=window.__pwned=1>

<script>window.__pwned=1</script> ![x](http://evil.example/x.png) Żuraw lata.
"""
NAME = "Regulamin <img src=x onerror=window.__pwned=1>.md"


@pytest.fixture(scope="module")
def stage(
    make_stage: MakeStage, make_service: MakeService, small: Service, tmp_path_factory: pytest.TempPathFactory
) -> Stage:
    """A corpus that may be changed, and two accounts."""
    folder = tmp_path_factory.mktemp("staff")
    for name in ("corpus", "indexes"):
        shutil.copytree(getattr(small.settings, name), folder / name)
    lent = make_service(folder / "corpus", folder / "indexes")
    lent.__dict__.update(reader=small.reader)
    made = make_stage(lent, web={"contact": CONTACT})
    made.ready()
    made.service.stores.accounts.create(ADMIN, PASSWORD, Role.ADMIN)
    made.service.stores.accounts.create(EDITOR, PASSWORD, Role.EDITOR)
    return made


@pytest.fixture(scope="module")
def session(browser: Browser, stage: Stage) -> Any:
    """The administrator's cookie; the workspace has been loaded once."""
    context = browser.new_context(locale="pl-PL")
    page = context.new_page()
    page.goto(f"{stage.url}/staff")
    signed_in(page, ADMIN)
    kept = context.storage_state()
    context.close()
    return kept


def signed_in(page: Page, name: str) -> None:
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.get_by_role("tab").first).to_be_visible(timeout=30_000)


@pytest.fixture
def workspace(visit: Visit, session: Any) -> Page:
    page = visit("/staff/pl/", storage_state=session)
    expect(page.get_by_role("tab").first).to_be_visible(timeout=30_000)
    return page


def turn_to(page: Page, name: str) -> Locator:
    """Open a tab and give its panel."""
    page.get_by_role("tab", name=name, exact=True).click()
    panel = page.locator("[role=tabpanel]:visible").first
    expect(panel.locator("h2").first).to_be_visible()
    return panel


# ---- in and out


@pytest.mark.usefixtures("session")
def test_only_the_right_password_opens_the_workspace(visit: Visit, stage: Stage) -> None:
    page = visit("/staff", locale="pl-PL")
    assert page.url.startswith(f"{stage.url}/staff/sign-in")
    assert violations(page) == []
    shot(page, "80-staff-sign-in")
    page.fill("#name", EDITOR)
    page.fill("#password", "nie-to-haslo-wcale")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_contain_text("Nazwa lub hasło się nie zgadza")
    expect(page.locator("#name")).to_have_value(EDITOR)
    expect(page.locator("#password")).to_have_value("")
    assert violations(page) == []
    assert page.context.cookies() == []
    signed_in(page, EDITOR)
    (cookie,) = page.context.cookies()
    assert cookie["name"] == "__Host-staff"
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    assert page.evaluate("document.cookie") == ""
    names = page.get_by_role("tablist").first.get_by_role("tab").all_inner_texts()
    assert names == [name for name in TABS if name not in ADMINS]  # an editor sees no switch
    page.get_by_role("button", name="Wyloguj").click()
    expect(page.locator("[role=alert]")).to_have_text("Wylogowano.")
    page.goto(f"{stage.url}/staff/pl/")
    assert page.url.startswith(f"{stage.url}/staff/sign-in")


@pytest.mark.usefixtures("session")
def test_a_session_that_ended_leads_back_to_sign_in(visit: Visit, stage: Stage, record: Record) -> None:
    page = visit("/staff", locale="pl-PL")
    signed_in(page, EDITOR)
    expect(page.locator("#ask-question textarea, #ask-question input").first).to_be_editable()
    page.wait_for_timeout(500)  # Gradio fetches the rest of itself
    stage.service.stores.accounts.sign_out(page.context.cookies()[0]["value"])
    page.get_by_role("tab", name="Opinie").click()
    expect(page.locator("[role=alert]")).to_have_text("Sesja się skończyła. Zaloguj się jeszcze raz.")
    # Gradio fetches the parts of a tab when it is first opened, which needs a session too
    record.errors[:] = [error for error in record.errors if "/staff/pl/assets/" not in error]


# ---- every tab


def test_axe_finds_nothing_on_any_tab(workspace: Page) -> None:
    page = workspace
    for number, name in enumerate(TABS):
        turn_to(page, name)
        page.wait_for_timeout(500)
        assert violations(page) == [], name
        shot(page, f"81-staff-{number:02}", full_page=True)
    assert refused(page) == []


def test_the_answer_is_shown_with_what_it_was_chosen_from(workspace: Page) -> None:
    page = workspace
    page.locator("#ask-question textarea, #ask-question input").first.fill(PLAIN)
    page.click("#ask-button")
    panel = page.locator("[role=tabpanel]:visible").first
    expect(panel).to_contain_text("sieć dziewięciu spółdzielni", timeout=20_000)
    expect(panel).to_contain_text("Dlaczego ta odpowiedź")
    assert violations(page) == []
    shot(page, "82-staff-why", full_page=True)


# ---- documents


def test_a_document_is_uploaded_judged_published_and_found_by_the_public_page(
    workspace: Page, visit: Visit, stage: Stage, tmp_path: Path
) -> None:
    page = workspace
    turn_to(page, "Dokumenty")
    page.get_by_role("tab", name="Dodaj i opublikuj").click()
    good, fake = tmp_path / NAME, tmp_path / "udawany.pdf"
    good.write_text(NEW, encoding="utf-8")
    fake.write_bytes(b"<html><script>window.__pwned=1</script></html>")
    page.set_input_files("#upload-field", [str(good), str(fake)])
    told = page.locator(".told li")
    expect(told).to_have_count(2)
    expect(told.nth(1)).to_contain_text("udawany.pdf – ", timeout=30_000)
    table = page.locator(".shown table:visible").first
    expect(table).to_contain_text("udawany.pdf", timeout=20_000)
    choose(page, "#upload-choice", "Regulamin")
    title = page.locator("#upload-title textarea, #upload-title input").first
    expect(title).to_have_value("Regulamin Złotego Żurawia")
    expect(page.locator("[role=tabpanel]:visible").last).to_contain_text("Ile wynosi składka w Złotym Żurawiu?")
    assert violations(page) == []
    assert page.evaluate("window.__pwned") is None
    shot(page, "83-staff-upload", full_page=True)
    before = stage.service.generation
    page.click("#upload-publish")
    expect(page.locator(".place .said").first).to_contain_text("Opublikowano jako", timeout=15_000)
    (published,) = stage.service.settings.corpus.rglob("regulamin*.md")
    assert published.read_text(encoding="utf-8") == NEW
    for _ in range(300):
        if stage.service.generation != before:
            break
        page.wait_for_timeout(100)
    public = visit()
    found = ask(public, "Ile wynosi składka w Złotym Żurawiu?")
    expect(found).to_contain_text("17 złotych miesięcznie")
    found.locator(".cite").first.click()
    expect(public.locator("#source mark").first).to_contain_text("17 złotych")
    expect(page.locator(".progress").first).to_contain_text("3 dokument", timeout=10_000)
    assert refused(page) == []
    shot(page, "84-staff-published", full_page=True)


def choose(page: Page, field: str, words: str) -> None:
    """Take an entry of a list by its words."""
    page.locator(f"{field} input").click()
    page.get_by_role("option").filter(has_text=words).first.click()


# ---- the switch


def test_the_switch_closes_the_public_page_within_two_seconds_and_opens_it_again(
    workspace: Page, visit: Visit, stage: Stage
) -> None:
    page, public = workspace, visit()
    ask(public, PLAIN)
    turn_to(page, "Wyłącznik")
    page.click("#switch-close")
    expect(page.locator(".place.block:visible")).to_contain_text("Napisz powód")
    reason = "Poprawiamy rozdział o klauzulach <b>do</b> poniedziałku."
    page.locator("#switch-reason textarea, #switch-reason input").first.fill(reason)
    page.click("#switch-close")
    expect(page.locator(".place.block:visible")).to_contain_text("Asystent jest wyłączony.")
    shot(page, "85-staff-switch", full_page=True)
    public.wait_for_timeout(2000)
    answer = public.goto(stage.url)
    assert answer is not None
    assert answer.status == 503
    expect(public.locator("body")).to_contain_text(reason)
    expect(public.locator(".contact").first).to_be_visible()
    page.click("#switch-open")
    expect(page.locator(".place.block:visible")).to_contain_text("Asystent znów odpowiada.")
    public.wait_for_timeout(2000)
    answer = public.goto(stage.url)
    assert answer is not None
    assert answer.status == 200
    expect(public.locator("article")).to_have_count(1)
    entries = stage.service.stores.audit.entries()
    assert [(entry.actor, entry.action) for entry in entries[:2]] == [
        (ADMIN, "switch_opened"),
        (ADMIN, "switch_closed"),
    ]


# ---- what visitors left


@pytest.fixture
def left(visit: Visit, stage: Stage) -> None:
    """Four people ask for what is not there; one says something hostile."""
    for number in range(4):
        page = visit()
        found = ask(page, GAP)
        expect(found).to_have_attribute("data-status", "not_found")
        if number == 0:
            found.get_by_role("button", name="Zgłoś uwagę").click()
            found.get_by_label("Inna uwaga").check()
            found.locator("form textarea").fill(hostile.ALL[:1000])
            found.get_by_role("button", name="Wyślij uwagę").click()
            expect(found.locator(".told")).to_be_visible()


@pytest.mark.usefixtures("left")
def test_opinions_and_gaps_are_shown_as_words(workspace: Page) -> None:
    page = workspace
    opinions = turn_to(page, "Opinie")
    expect(opinions.locator("table").last).to_contain_text(GAP)
    assert page.evaluate("window.__pwned") is None
    assert violations(page) == []
    assert page.locator(".shown script, .shown img, .shown iframe, .shown svg, .shown a[href*=evil]").count() == 0
    shot(page, "86-staff-opinions", full_page=True)
    gaps = turn_to(page, "Luki")
    expect(gaps.locator("table").last).to_contain_text(GAP)
    assert violations(page) == []
    shot(page, "87-staff-gaps", full_page=True)
    with page.expect_download() as downloading:
        gaps.get_by_role("link", name=re.compile("CSV")).click()
    text = Path(downloading.value.path()).read_text(encoding="utf-8-sig")
    assert GAP in text
    turn_to(page, "Ruch")
    page.wait_for_timeout(500)
    shot(page, "88-staff-traffic", full_page=True)
    assert refused(page) == []


def test_a_narrow_workspace_can_be_used(workspace: Page) -> None:
    page = workspace
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#ask-button")).to_be_visible()
    assert violations(page) == []
    shot(page, "89-staff-narrow")
