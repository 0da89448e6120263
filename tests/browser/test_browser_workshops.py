"""A workshop as people hold it: a facilitator at the screen, four people with telephones, agreement, minutes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import focus, saved, shot
from tests.browser.conftest import Visit
from tests.browser.looks import everywhere, strained, violations
from tests.browser.stage import Stage

pytestmark = pytest.mark.system("chromium")
TITLE = "Samoocena Inkubatora Kładka, marzec 2027"
STEPS = ("s1_1", "s1_2", "s1_3")
LEVELS = ((1, 3, 4), (2, 3, 4), (5, 3, 4), (5, 3, 5))
PHONE = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def counts() -> dict[str, int]:
    return {}


def begin(page: Page, title: str = TITLE) -> str:
    """Set a workshop up; the code to join by."""
    page.get_by_label("Nazwa warsztatu").fill(title)
    page.get_by_role("button", name="Załóż warsztat").click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_focused()
    return page.locator(".invitation .code-shown.big").inner_text()


def join(page: Page, code: str) -> str:
    """Join by typing the code; the respondent's own code."""
    page.get_by_label("Kod dołączania").fill(code.lower())
    page.get_by_role("button", name="Dołącz").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    return page.locator(".code-shown").inner_text()


def reply(page: Page, code: str, levels: tuple[int, ...]) -> None:
    """Reply as the page of the mode would, in the respondent's own browser."""
    for step, level in zip(STEPS, levels, strict=True):
        status = page.evaluate(
            """async ([code, step, value]) => (await fetch("/api/v1/session/replies", {
              method: "POST", body: JSON.stringify({step, value}),
              headers: {Authorization: `Bearer ${code}`, "Content-Type": "application/json"}
            })).status""",
            [code, step, level],
        )
        assert status == 200


def gathered(visit: Visit, code: str, levels: tuple[tuple[int, ...], ...] = LEVELS) -> None:
    for one in levels:
        phone = visit("/dolacz")
        reply(phone, join(phone, code), one)


def statement(page: Page, number: int) -> object:
    return page.locator(".statement").nth(number)


def test_four_people_and_a_facilitator(visit: Visit, counts: dict[str, int], tmp_path: Path) -> None:
    page = visit("/warsztat")
    code = begin(page)
    expect(page.locator("svg.qr")).to_be_visible()
    expect(page.get_by_text("Dołączyło osób: 0")).to_be_visible()
    assert violations(page) == []
    gathered(visit, code)
    expect(page.get_by_text("Dołączyło osób: 4")).to_be_visible()
    first = page.locator(".statement").first
    expect(first).to_contain_text("Odpowiedzi: 4, czeka na pokazanie: 4")
    expect(page.locator("svg.dots")).to_have_count(0)  # nobody is shown before all are in
    page.get_by_role("button", name="Zamknij i pokaż wyniki").click()
    expect(page.locator("svg.dots")).to_have_count(3)
    expect(first.locator("svg.dots")).to_have_attribute(
        "aria-label", "Rozkład odpowiedzi. poziom 1: 1, poziom 2: 1, poziom 5: 2. Mediana 3,5."
    )
    expect(page.locator(".first li")).to_have_count(1)
    page.locator(".first button").click()
    assert "1.1." in focus(page)
    first.get_by_text("Liczby w tabeli").click()
    assert first.locator("tbody td.count").all_inner_texts() == ["1", "1", "0", "0", "2"]

    first.get_by_text("Wspólna ocena").click()
    first.get_by_label("Ustalony poziom").select_option("3")
    first.get_by_label("Notatka do protokołu").fill("Definicja jest, nie wszyscy ją znają.")
    first.get_by_role("button", name="Zapisz ustalenie").click()
    expect(first.locator("summary").last).to_contain_text("ustalono: 3, jest notatka")
    expect(page.get_by_role("heading", name="Wyniki wspólnej oceny")).to_be_visible()

    page.get_by_label("Co zrobimy").fill("Spisać definicję")
    page.get_by_label("Kto odpowiada").fill("Ala")
    page.get_by_label("Do kiedy").fill("2027-04-15")
    page.get_by_role("button", name="Dodaj działanie").click()
    expect(page.locator(".actions li")).to_contain_text("Ala, do 15 kwietnia 2027")
    page.get_by_role("button", name="Zmień: Spisać definicję").click()
    page.locator(".actions").get_by_label("Co zrobimy").fill("Spisać definicję z przykładami")
    page.get_by_role("button", name="Zapisz zmianę").click()
    expect(page.locator(".actions li p").first).to_have_text("Spisać definicję z przykładami")
    assert focus(page).startswith("Zmień")

    assert everywhere(page, counts, widths=(320, 1280)) == []
    assert strained(page, counts) == []
    for name, size, scheme in (("wide", (1280, 900), "light"), ("phone", (320, 800), "dark")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        shot(page, f"workshop-{name}", full_page=True)
    page.emulate_media(color_scheme="light")

    with page.expect_download() as found:
        page.get_by_role("button", name="Pobierz protokół: Markdown").click()
    text = saved(found.value, tmp_path).read_text(encoding="utf-8")
    assert TITLE in text
    assert "Spisać definicję z przykładami" in text
    with page.expect_download() as found:
        page.get_by_role("button", name="Pobierz protokół: DOCX").click()
    assert saved(found.value, tmp_path).stat().st_size > 5000


def test_a_link_brings_the_code_and_leaves_none_in_the_address(visit: Visit, counts: dict[str, int]) -> None:
    page = visit("/warsztat")
    begin(page)
    link = page.locator(".link-shown").inner_text()
    phone = visit(f"/{link.split('/', 3)[3]}", viewport=PHONE)
    expect(phone.get_by_label("Kod dołączania")).to_have_value(link.split("#")[1])
    assert "#" not in phone.url
    assert everywhere(phone, counts, widths=(320, 1280)) == []
    phone.set_viewport_size(PHONE)
    shot(phone, "workshop-join", full_page=True)
    phone.get_by_role("button", name="Dołącz").click()
    own = phone.locator(".code-shown").inner_text()
    assert violations(phone) == []
    shot(phone, "workshop-joined", full_page=True)
    phone.get_by_role("link", name="Przejdź do pytań").click()
    phone.wait_for_url("**/tryby/self_assessment?lang=pl")
    expect(phone.locator("#work h1, #work legend").first).to_be_visible()  # a question, not the start
    assert phone.evaluate("sessionStorage.getItem('assistant-mode:self_assessment')") == own
    phone.go_back()
    phone.get_by_label("Kod dołączania").fill(link.split("#")[1])
    phone.get_by_role("button", name="Dołącz").click()
    expect(phone.locator(".code-shown")).to_have_text(own)  # the same person, not one more
    expect(page.get_by_text("Dołączyło osób: 1")).to_be_visible()


def test_a_facilitator_comes_back_by_the_code_and_invites_anew(visit: Visit) -> None:
    page = visit("/warsztat")
    code = begin(page)
    own = page.locator("details .code-shown").first.inner_text()
    page.reload()
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    assert page.locator(".invitation .code-shown.big").inner_text() == code  # this tab remembers
    other = visit("/warsztat")
    other.get_by_label("Kod prowadzącego").fill(own)
    other.get_by_role("button", name="Otwórz").click()
    expect(other.get_by_role("heading", level=1, name=TITLE)).to_be_focused()
    expect(other.get_by_text("Kod dołączania znamy tylko wtedy")).to_be_visible()
    other.get_by_role("button", name="Nowy kod dołączania").click()
    expect(other.locator("svg.qr")).to_be_visible()
    assert other.locator(".invitation .code-shown.big").inner_text() != code
    phone = visit("/dolacz")
    phone.get_by_label("Kod dołączania").fill(code)
    phone.get_by_role("button", name="Dołącz").click()
    expect(phone.locator("#code-problem")).to_contain_text("Nie ma warsztatu z tym kodem.")
    assert focus(phone) == "#code"


def test_what_somebody_types_stays_while_results_come_in(visit: Visit) -> None:
    page = visit("/warsztat")
    code = begin(page)
    first = page.locator(".statement").first
    first.get_by_text("Wspólna ocena").click()
    note = first.get_by_label("Notatka do protokołu")
    note.fill("w połowie zda")
    gathered(visit, code, LEVELS + LEVELS)  # eight: four are shown while it is open
    expect(page.locator("svg.dots")).to_have_count(3)
    expect(first).to_contain_text("pokazanych: 4")
    expect(note).to_have_value("w połowie zda")


def test_deleting_asks_first_and_forgets(visit: Visit) -> None:
    page = visit("/warsztat")
    begin(page)
    page.get_by_role("button", name="Usuń warsztat").click()
    page.keyboard.press("Escape")
    assert focus(page) == "Usuń warsztat"
    page.get_by_role("button", name="Usuń warsztat").click()
    page.get_by_role("button", name="Tak, usuń na stałe").click()
    expect(page.get_by_label("Nazwa warsztatu")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_the_whole_way_by_keyboard(visit: Visit) -> None:
    page = visit("/warsztat")
    page.get_by_label("Nazwa warsztatu").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#begin-problem")).to_have_text("Wpisz nazwę warsztatu.")
    assert focus(page) == "#name"
    page.keyboard.type("Z klawiatury")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator("#begin-problem")).to_have_text(re.compile("od 4 do 1000"))
    page.keyboard.press("Control+A")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Z klawiatury")).to_be_focused()
    page.get_by_role("button", name="Zamknij i pokaż wyniki").press("Enter")
    expect(page.get_by_text("Zbieranie odpowiedzi jest zamknięte")).to_be_visible()
    assert focus(page) == "Otwórz ponownie"


def test_in_english(visit: Visit, stage: Stage, counts: dict[str, int]) -> None:
    page = visit("/warsztat?lang=en")
    assert everywhere(page, counts, widths=(320, 1280)) == []
    page.get_by_label("Name of the workshop").fill("Trial")
    page.get_by_role("button", name="Start the workshop").click()
    expect(page.locator(".statement").first).to_contain_text("1.1. The team")
    assert violations(page) == []
    assert violations(visit("/dolacz?lang=en")) == []
