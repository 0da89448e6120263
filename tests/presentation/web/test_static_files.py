"""The front: what its files may hold and weigh, how its modules read a stream, that one answer has one look."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page, Route, sync_playwright

from assistant.config import ROOT
from assistant.presentation.web.policies import page as policy
from assistant.prompts import load_words

WEB = ROOT / "assistant" / "presentation" / "web"
STATIC = WEB / "static"
TEMPLATES = WEB / "templates"
FILES = sorted(file for file in (*STATIC.rglob("*"), *TEMPLATES.rglob("*")) if file.is_file())
MODULES = Path(__file__).with_name("static_modules.test.mjs")
# whatever turns a text into markup or code, outlives the tab, or leaves our origin
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\(|new Function"
    r"|localStorage|document\.cookie|indexedDB|https?://(?!www\.w3\.org/2000/svg)",
    re.IGNORECASE,
)
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*(?:\ssrc=|type=\"application/json\"))")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(WEB).as_posix())
def test_no_file_makes_markup_of_text_or_leaves_our_origin(file: Path) -> None:
    assert FORBIDDEN.findall(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html")), ids=lambda file: file.name)
def test_templates_hold_no_code_and_no_style(file: Path) -> None:
    assert INLINE.findall(file.read_text(encoding="utf-8")) == []


def test_the_loader_is_small_and_needs_nothing() -> None:
    loader = (STATIC / "widget" / "loader.js").read_bytes()
    assert len(loader) <= 10_000
    assert not re.search(rb"\bimport\b|\brequire\(|window\.\w+ *=|globalThis", loader)


@pytest.mark.parametrize("address", ["/", "/rozmowa"])
def test_a_page_with_all_it_loads_is_at_most_50_kb(server: TestClient, address: str) -> None:
    loaded: dict[str, int] = {}
    waiting = [address]
    while waiting:
        at = waiting.pop()
        response = server.get(at)
        assert response.status_code == 200, at
        loaded[at] = len(gzip.compress(response.content, 6))
        found = re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"]+)"', response.text)
        if urlsplit(at).path.endswith(".js"):
            folder = urlsplit(at).path.rpartition("/")[0]
            found = [f"{folder}/{name}" for name in re.findall(r'from "\./([^"]+)"', response.text)]
        waiting += [name for name in found if name not in loaded and name not in waiting]
    assert sum(loaded.values()) <= 50_000, loaded


def test_the_notice_stands_in_the_page_before_the_field_that_scripts_open(server: TestClient) -> None:
    html = server.get("/?lang=pl").text
    notice, field = html.index('id="notice"'), html.index('<textarea id="question"')
    assert notice < field
    assert re.search(r'<textarea id="question"[^>]*\sdisabled>', html)
    assert "AI" in html[notice:field]
    assert "przechowywane 30 dni" in html[notice:field]
    assert 'href="/rozmowa?lang=pl"' in html[html.index("<noscript>") :]


def test_the_form_without_scripts_names_its_origin(server: TestClient) -> None:
    """Under the header's no-referrer browsers send `Origin: null` with a form, which the server refuses."""
    assert '<meta name="referrer" content="same-origin">' in server.get("/rozmowa").text


@pytest.mark.system("node")
def test_modules_that_need_no_page(tmp_path: Path) -> None:
    for file in STATIC.glob("*.js"):
        shutil.copy(file, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    ran = subprocess.run(
        ["node", "--test", str(MODULES)], env={"FOLDER": str(tmp_path)}, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


# ---- one renderer --------------------------------------------------------------------------------

HOSTILE = (
    "<img src=x onerror=globalThis.hit=1><script>globalThis.hit=1</script><svg/onload=globalThis.hit=1>"
    "[x](javascript:globalThis.hit=1) ![i](https://evil.test/x.png) <a href=https://evil.test>a</a> https://evil.test/"
    ' "><iframe srcdoc=x> \u202egnp.exe\u202c \u200b\x1b[31m *em* **strong** `<b>` {{7*7}} \ud83d\ude42'
)
# elements an answer may hold, whatever its texts are
ALLOWED = {
    *("article", "div", "p", "span", "h3", "h4", "ul", "ol", "li", "q", "blockquote", "bdi", "strong", "em", "code"),
    *("table", "thead", "tbody", "tr", "th", "td", "button", "svg", "path"),
}
HARNESS = """
import { AnswerView } from "./render.js";
const actions = {cite() {}, section() {}, ask() {}, fill() {}};
const title = "Odpowiedź asystenta AI, 14:05";
globalThis.stored = (screen, answer) => AnswerView.stored(screen, actions, title, answer).element.outerHTML;
globalThis.streamed = (screen, events) => {
  const view = new AnswerView(screen, actions, title);
  document.body.append(view.element);
  for (const [name, data] of events) view[name](data);
  return view.element.outerHTML;
};
"""


def sentence(text: str, form: str = "sentence", kind: str = "quoted", support: str = "supported", n: int = 1) -> dict:
    return {"text": text, "kind": kind, "citations": [n], "support": support, "form": form}


def citation(n: int, **given: Any) -> dict:
    known = {"document_id": "d" * 64, "title": "Podręcznik", "path": "pl/a.pdf", "edition": "2026", "pages": [2, 2]}
    more = {
        "state_of_law": "",
        "language": "pl",
        "headings": ["Podręcznik", "Rozdział"],
        "quote": "Zdanie.",
        "span": [0, 7],
    }
    return {"n": n} | known | more | given


def answer(sentences: list[dict], **given: Any) -> dict:
    cited = sorted({n for one in sentences for n in one["citations"] if n < 8})
    plain = {"message": "m" * 43, "question": "Co?", "lang": "pl", "status": "answered", "opening": "", "text": ""}
    more = {"citations": [citation(n) for n in cited], "suggestions": [], "notices": [], "engine": "extractive"}
    return plain | {"sentences": sentences, "generation": "g", "seconds": 0.1} | more | given


SECTION = {
    "text": "Rozdział",
    "document_id": "d",
    "title": "Podręcznik",
    "path": "a.pdf",
    "pages": [1, 2],
    "headings": [],
}
READING = {"text": "Co to jest klauzula?", "document_id": "", "title": "", "path": "", "pages": None, "headings": []}
ANSWERS = {
    "sentences": answer([sentence("Jedno."), sentence("Drugie **ważne**.", n=2), sentence("Nieznane źródło.", n=9)]),
    "lists": answer(
        [
            sentence("Są to:", "lead"),
            sentence("jedno", "item"),
            sentence("drugie", "item"),
            sentence("1. krok", "item", n=2),
            sentence("3. krok", "item", n=2),
            sentence("Koniec."),
            sentence("bez wstępu", "item"),
        ]
    ),
    "tables": answer(
        [
            sentence("Progi:", "lead"),
            sentence("próg | kwota | ", "header"),
            sentence("Pzp | 170 000 zł", "row"),
            sentence("unijny | | od 2026 | i więcej", "row", support="partly"),
            sentence("inna | tabela", "header", n=2),
            sentence("a | b", "row", n=2),
            sentence("wiersz | bez nagłówka", "row", n=3),
            sentence("zdanie", n=3),
            sentence("sam | wiersz", "row", n=3),
        ]
    ),
    "generated": answer(
        [
            sentence("Model.", kind="generated", support="partly"),
            sentence("x", kind="generated", support="unsupported"),
        ],
        engine="bielik",
    ),
    "foreign": answer([sentence("Zdanie po polsku.")], lang="en", notices=["The quotes are in Polish."]),
    "refusal": answer([], status="not_found", opening="Nie znalazłem.\nZajrzyj:", suggestions=[SECTION]),
    "clarify": answer([], status="clarify", opening="Może chodzi o:", suggestions=[READING]),
    "unknown status": answer([], status="constructor", opening="Status, którego strona nie zna."),
    "hostile": answer(
        [
            *(sentence(HOSTILE, form) for form in ("sentence", "lead", "item", "header", "row")),
            sentence(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        ],
        citations=[
            citation(
                1, title=HOSTILE, path=HOSTILE, edition=HOSTILE, state_of_law=HOSTILE, quote=HOSTILE, language=HOSTILE
            )
            | {"headings": [HOSTILE], "document_id": HOSTILE}
        ],
        question=HOSTILE,
        opening=HOSTILE,
        notices=[HOSTILE],
        engine=HOSTILE,
        lang="pl",
        suggestions=[SECTION | {"text": HOSTILE, "title": HOSTILE, "path": HOSTILE}, READING | {"text": HOSTILE}],
    ),
}
SCREEN = {"lang": "pl", "model": None, "contact": None, "modes": [{"title": "Krok", "url": "javascript:alert(1)"}]}


@pytest.fixture(scope="module")
def module_page() -> Iterator[Page]:
    """A page of our policy that can make answers; everything it asks for is served from the files."""

    def serve(route: Route) -> None:
        name = urlsplit(route.request.url).path.removeprefix("/")
        html = '<!doctype html><html lang="pl"><title>t</title><script type="module" src="/harness.js"></script>'
        made = {"": ("text/html", html), "harness.js": ("text/javascript", HARNESS)}
        if name in made:
            kind, body = made[name]
            headers = {"Content-Security-Policy": policy()}
            route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", headers=headers)
        elif (STATIC / name).is_file():
            route.fulfill(path=STATIC / name, content_type="text/javascript; charset=utf-8")
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        page.route("**/*", serve)
        page.goto("https://front.test/")
        yield page
        browser.close()


def events(told: dict) -> list[tuple[str, dict]]:
    """An answer as its stream says it."""
    found: list[tuple[str, dict]] = [("opening", told)]
    sent: set[int] = set()
    for index, one in enumerate(told["sentences"]):
        new = [cited for cited in told["citations"] if cited["n"] in one["citations"] and cited["n"] not in sent]
        found += [("citation", cited) for cited in new]
        sent |= {cited["n"] for cited in new}
        found.append(("sentence", {"index": index, **one}))
    return [*found, ("done", told)]


def screen() -> dict:
    return SCREEN | {"words": load_words(ROOT / "prompts")["pl"].table["web"]}


@pytest.mark.system("chromium")
@pytest.mark.parametrize("name", ANSWERS)
def test_a_streamed_answer_ends_as_the_same_nodes_as_a_stored_one(module_page: Page, name: str) -> None:
    told = json.loads(json.dumps(ANSWERS[name]))
    whole = module_page.evaluate("([screen, answer]) => stored(screen, answer)", [screen(), told])
    sent = events(told)
    others = {
        "as sent": sent,
        "one event lost": [*sent[:1], *sent[2:-1], sent[-1]],
        "every event twice": [event for event in sent for _ in range(2)],
        "another opening": [("opening", told | {"status": "partial", "opening": "Inaczej"}), *sent[1:]],
        "only the end": sent[-1:],
    }
    for how, given in others.items():
        assert module_page.evaluate("([screen, events]) => streamed(screen, events)", [screen(), given]) == whole, how


@pytest.mark.system("chromium")
@pytest.mark.parametrize("cut", [1, 7, 64])
def test_hostile_words_stay_words(module_page: Page, cut: int) -> None:
    asked: list[str] = []
    module_page.on("request", lambda request: asked.append(request.url))
    whole = ANSWERS["hostile"]
    pieces = [HOSTILE[at : at + cut] for at in range(0, len(HOSTILE), cut)]
    for told in (whole, whole | {"sentences": [sentence(piece) for piece in pieces]}):
        module_page.evaluate("([screen, events]) => streamed(screen, events)", [screen(), events(told)])
    module_page.wait_for_timeout(100)
    nodes = module_page.evaluate(
        """() => [...document.querySelectorAll("article, article *")].map((node) =>
            [node.localName, node.getAttributeNames().filter((name) => /^on|^href$|^src|^style$/.test(name))])"""
    )
    assert {name for name, _ in nodes} <= ALLOWED
    assert [attributes for _, attributes in nodes if attributes] == []
    assert module_page.evaluate("globalThis.hit") is None
    assert asked == []
    shown = module_page.evaluate("document.body.textContent")
    assert "<img src=x onerror" in shown
    assert not re.search("[\u202a-\u202e\u200b\x1b]", shown)
