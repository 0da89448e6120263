"""The trial mode as browsers see it: resting on the small corpus, with enough dimensions for a chart."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from assistant.config import ROOT

TRIAL = ROOT / "tests" / "data" / "modes" / "trial.toml"
HEADING = "Co to jest klaster Latarnia?"
MORE = {"market": "Rynek i sprzedaż wspólnych usług", "people": "Kadry i koordynacja"}

STEP = """
[[steps]]
id = "{id}_level"
section = "people"
kind = "scale"
text.pl = "Jak oceniacie: {title}?"
text.en = "How do you rate: {title}?"
why.pl = "To jeden z obszarów gotowości."
why.en = "This is one of the areas."
help.pl = "Wybierz opis najbliższy temu, co robicie teraz."
help.en = "Choose what is nearest to what you do now."
example.pl = "mamy jedną wspólną ofertę, więc 2"
example.en = "we have one joint offer, so 2"
feeds = "{id}"
anchors = [
    {{level = 1, text = {{pl = "jeszcze nic", en = "nothing yet"}}}},
    {{level = 5, text = {{pl = "stale i z planem", en = "steadily and with a plan"}}}},
]

[[dimensions]]
id = "{id}"
title.pl = "{title}"
title.en = "{title}"
"""
ADVICE = """
[[advice]]
id = "{id}_{band}"
group = "next"
dimension = "{id}"
bands = ["{band}"]
title.pl = "Ustalcie następny krok"
title.en = "Settle the next step"
text.pl = "Spotkajcie się i zapiszcie, kto co robi."
text.en = "Meet and write down who does what."
query.pl = "Co to jest klaster?"
query.en = "What is a cluster?"
"""


def definition() -> str:
    """The file of the mode."""
    text = TRIAL.read_text(encoding="utf-8").replace("klaster.md#Klaster", f"latarnia.md#{HEADING}")
    before, budget, after = text.partition('[[steps]]\nid = "budget"')
    made = "".join(STEP.format(id=id, title=title) for id, title in MORE.items())
    advice = "".join(ADVICE.format(id=id, band=band) for id in MORE for band in ("low", "high"))
    return before + made + budget + after + advice


def prompts(folder: Path, text: str = "") -> Path:
    """The words of the screens with this mode only."""
    place = folder / "prompts"
    shutil.copytree(ROOT / "prompts", place, ignore=shutil.ignore_patterns("dialogues"), dirs_exist_ok=True)
    (place / "dialogues").mkdir(exist_ok=True)
    (place / "dialogues" / "trial.toml").write_text(text or definition(), encoding="utf-8")
    return place


def begin(page: Page) -> str:
    """From the first page to the first question; the code."""
    page.locator("#begin").click()
    code = page.locator("#work .code-shown")
    expect(code).to_be_visible()
    told = code.inner_text()
    page.get_by_role("button", name="Przejdź do pytań").click()
    at(page, "Zapytamy o kilka rzeczy.")
    return told


def at(page: Page, question: str) -> None:
    """Wait for a question."""
    expect(page.locator("#work h1")).to_have_text(question)


def on(page: Page) -> None:
    page.get_by_role("button", name="Dalej", exact=True).click()


def until(page: Page, question: str) -> None:
    """Reply to what comes before a question, as `REPLIES` has it."""
    for asked, reply in REPLIES:
        at(page, asked)
        if asked == question:
            return
        reply(page)
        on(page)
    expect(page.locator("#work h1")).to_have_text("Wynik i raport")


def choose(*names: str):
    def act(page: Page) -> None:
        for name in names:
            page.locator(".option", has_text=name).locator("input").check()

    return act


def write(text: str):
    return lambda page: page.locator("#reply").fill(text)


def members(page: Page) -> None:
    row = page.locator("table.grid tbody tr")
    row.nth(0).locator("[data-column=name]").fill("Fala")
    row.nth(0).locator("[data-column=kind]").select_option("core")
    row.nth(0).locator("[data-column=fee]").fill("1 200,50")
    page.get_by_role("button", name="Dodaj wiersz").click()
    expect(row).to_have_count(2)
    row.nth(1).locator("[data-column=name]").fill("Żagiel")


def sources(page: Page) -> None:
    row = page.locator("table.grid tbody tr")
    row.nth(0).locator("[data-column=amount]").fill("1000")
    row.nth(0).locator("[data-column=sure]").select_option("3")


REPLIES = (
    ("Zapytamy o kilka rzeczy.", lambda page: None),
    ("Jak nazywa się organizacja?", write("Spółdzielnia Fala")),
    ("Na jakim etapie jest Spółdzielnia Fala?", choose("Sieć bez osobowości")),
    ("Kiedy ma powstać?", write("15 marca 2027")),
    ("Kiedy podpiszecie porozumienie?", write("1.02.2027")),
    ("Kto wchodzi do klastra?", members),
    ("Kto prowadzi?", choose("Fala")),
    ("Partnerzy sobie ufają.", choose("dzielimy zyski")),
    ("Ile godzin tygodniowo ma koordynator?", write("20")),
    ("Jakie usługi będziecie sprzedawać?", choose("Szkolenia", "Audyty")),
    ("Jak oceniacie: Rynek i sprzedaż wspólnych usług?", choose("jeszcze nic")),
    ("Jak oceniacie: Kadry i koordynacja?", choose("stale i z planem")),
    ("Jaki budżet macie na rok?", write("120 000")),
    ("Skąd będą pieniądze?", sources),
)
