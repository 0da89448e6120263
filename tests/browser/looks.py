"""What a page looks like to a checker: axe, sizes of targets, what is cut off, what moves."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Frame, Page

WIDTHS = (320, 768, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MIN_TARGET = 24  # CSS pixels (WCAG 2.2, 2.5.8)

RUN = """(only) => axe.run(document, {
  runOnly: only, resultTypes: ["violations"], iframes: false, preload: false
}).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
  nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`)))"""
EVERYTHING = {"type": "tag", "values": TAGS}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # the rules that look at colours

# what can be clicked, is on the screen and is no link inside a sentence
TARGETS = """() => [...document.querySelectorAll("a[href],button,summary,input:not([type=hidden]),textarea,select")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest(".sr-only,.skip"))
  .map((node) => {
    const box = (node.closest("label") ?? node).getBoundingClientRect();
    return [node.id || node.className || node.textContent.trim().slice(0, 40), box.width, box.height];
  })"""

# text spacing of WCAG 1.4.12, as a reader's own style sheet sets it
SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""

# elements with words of their own whose box hides a part of them, or that leave the page on the right
CUT_OFF = """() => [...document.querySelectorAll("body *")].filter((node) => {
  if (node.closest(".sr-only,.skip,svg,[hidden]") || !node.checkVisibility()) return false;
  const style = getComputedStyle(node);
  if (style.clipPath !== "none" || node.closest("#question-hint")) return false;
  const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  const hides = (over) => ["hidden", "clip"].includes(over);
  const cut = (hides(style.overflowX) && node.scrollWidth > node.clientWidth + 1)
    || (hides(style.overflowY) && node.scrollHeight > node.clientHeight + 1);
  const box = node.getBoundingClientRect();
  const inside = node.closest(".scroll");
  return cut || (own && !inside && (box.right > innerWidth + 1 || box.left < -1));
}).map((node) => `${node.localName}.${node.className} ${node.textContent.trim().slice(0, 60)}`)"""

MOVING = "() => document.getAnimations().filter((one) => one.playState === 'running').length"


@lru_cache(maxsize=1)
def axe() -> str:
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page | Frame, only: dict[str, Any] = EVERYTHING) -> list[str]:
    """What axe finds in the page as it is now; the page's own policy stays in force."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe())
    found: list[str] = page.evaluate(RUN, only)
    return found


def sideways(page: Page | Frame) -> int:
    """Pixels the page can be scrolled to the right."""
    over: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return over


def small_targets(page: Page | Frame) -> list[Any]:
    return [one for one in page.evaluate(TARGETS) if min(one[1:]) < MIN_TARGET]


def everywhere(
    page: Page, counts: dict[str, int], frame: Frame | None = None, widths: tuple[int, ...] = WIDTHS
) -> list[str]:
    """Faults of the page (or a frame in it) at every width in light and dark; `counts` learns how often was looked.

    What does not depend on colours is looked at in light only.
    """
    found = []
    at = frame or page
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            only = EVERYTHING if scheme == SCHEMES[0] else COLOURS
            found += [f"{width} {scheme} {fault}" for fault in violations(at, only)]
            counts["axe"] = counts.get("axe", 0) + 1
        if over := sideways(at):
            found.append(f"{width}: {over} px to the right")
        found += [f"{width} small: {one}" for one in small_targets(at)]
    page.emulate_media(color_scheme="light")
    return found


def strained(page: Page, counts: dict[str, int]) -> list[str]:
    """Faults in forced colours, at 400 % zoom (1280 by 1024 seen through 320 by 256), with wide text spacing."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(forced_colors="active")
    found = [f"forced {fault}" for fault in violations(page)]
    page.emulate_media(forced_colors="none")
    page.set_viewport_size({"width": 320, "height": 256})
    found += [f"400 % {fault}" for fault in violations(page)]
    if over := sideways(page):
        found.append(f"400 %: {over} px to the right")
    page.evaluate(SPACING)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"spacing {width}: {one}" for one in page.evaluate(CUT_OFF)]
        if over := sideways(page):
            found.append(f"spacing {width}: {over} px to the right")
    page.evaluate("() => { document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1); }")
    counts["axe"] = counts.get("axe", 0) + 2
    return found
