"""What people do on the page, and what they look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from assistant.config import ROOT

SHOTS = ROOT / "reports" / "screenshots"
PLAIN = "Co to jest klaster Latarnia?"
LIST = "Jakie dokumenty składa kandydat do klastra?"
TABLE = "Jak podzielono pracę w klastrze?"
PARTIAL = "Czy mogę pozwać klaster Latarnia o odszkodowanie?"
NOT_FOUND = "Jaka jest stolica Francji?"
CLARIFY = "A ile?"
OUT_OF_SCOPE = "Jak upiec chleb?"
BLOCKED = "Mój PESEL to 44051401359, ile płacę?"
REFER = "Chcę się zabić"
ALL = {
    "answered": PLAIN,
    "partial": PARTIAL,
    "not_found": NOT_FOUND,
    "clarify": CLARIFY,
    "refer": REFER,
    "out_of_scope": OUT_OF_SCOPE,
    "blocked": BLOCKED,
}


def write(page: Page, question: str) -> None:
    """Type a question and send it."""
    page.locator("#question:enabled").fill(question)
    page.keyboard.press("Enter")


def ask(page: Page, question: str) -> Locator:
    """The same, and wait for the whole answer."""
    turns = page.locator(".turn")
    before = turns.count()
    write(page, question)
    expect(turns).to_have_count(before + 1)
    answer = turns.nth(before).locator("article")
    expect(answer.locator(".tools")).to_be_visible()
    return answer


def restored(page: Page) -> None:
    """Load the page again and wait until the conversation is back."""
    page.reload()
    expect(page.locator(".turn").first).to_be_visible()
    expect(page.locator("#question")).to_be_enabled()


def skeleton(articles: Locator) -> list[str]:
    """Answers as nodes, without the hour, ids and what refers to them, and what taking a picture leaves behind."""
    found: list[str] = articles.evaluate_all(
        """(articles) => articles.map((article) => {
          const copy = article.cloneNode(true);
          for (const node of copy.querySelectorAll("*"))
            for (const name of ["id", "for", "name", "aria-describedby", "style"]) node.removeAttribute(name);
          return copy.outerHTML;
        })"""
    )
    return [re.sub(r"\b\d\d:\d\d\b", "", one) for one in found]


def focus(page: Page) -> str:
    """What has focus, in short: its id, else its name in words."""
    told: str = page.evaluate(
        """() => {
          const at = document.activeElement;
          return at.id ? `#${at.id}` : at.getAttribute("aria-label") ?? at.textContent.trim().replace(/\\s+/g, " ");
        }"""
    )
    return told


def shot(page: Page, name: str, **given: Any) -> None:
    """Keep a picture for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", **given)


@contextmanager
def offline(page: Page) -> Iterator[None]:
    """Without a network."""
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)


def state(page: Page) -> dict[str, str]:
    """What the tab remembers of the visit: {token, id}."""
    kept: dict[str, str] = page.evaluate("JSON.parse(sessionStorage.getItem('assistant:') ?? '{}')")
    return kept


def saved(download: Any, folder: Path) -> Path:
    """Where a download lies."""
    place = folder / download.suggested_filename
    download.save_as(place)
    return place
