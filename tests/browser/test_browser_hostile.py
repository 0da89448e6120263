"""Whatever words say, they stay words: nothing runs, nothing is fetched, nobody is led away (SECURITY T-01 to T-04)."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from assistant.domain.answers import Status
from assistant.domain.conversations import Rating
from tests.browser import hostile
from tests.browser.acts import PLAIN, ask, restored, shot, skeleton, write
from tests.browser.conftest import CONTACT, MakeStage, Visit
from tests.browser.recorders import Record, refused
from tests.browser.stage import STREAM, Stage, answer, sentence
from tests.conftest import MakeService

pytestmark = pytest.mark.system("chromium")
SHORT = "Krótko, proszę"
STATUSES = (Status.ANSWERED, Status.PARTIAL, Status.BLOCKED, Status.REFER)
FORBIDDEN = "script,img,iframe,frame,object,embed,form:not(.comment),link,meta,base,style,video,audio,a:not([href]),use"

# Everything below the node that could act: elements that load or run, handlers, addresses, styles of their own.
ACTIVE = """(root, forbidden) => {
  const found = [...root.querySelectorAll(forbidden)].map((node) => node.outerHTML.slice(0, 200));
  for (const node of root.querySelectorAll("*")) {
    for (const { name, value } of node.attributes) {
      if (name.startsWith("on") || (name === "style" && value) || name === "srcdoc") found.push(`${name}=${value}`);
      if (["src", "action", "formaction", "xlink:href", "data", "poster", "background"].includes(name))
        found.push(`${name}=${value}`);
    }
    if (node.localName === "svg" && !node.classList.contains("icon")) found.push(node.outerHTML.slice(0, 200));
  }
  return found;
}"""
ADDRESSES = "(root) => [...root.querySelectorAll('a[href]')].map((node) => node.href)"


@pytest.fixture(scope="module")
def stage(make_stage: MakeStage, make_service: MakeService, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A corpus with one hostile document, and answers that are hostile in every field."""
    folder = tmp_path_factory.mktemp("hostile")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / hostile.FILE).write_text(hostile.DOCUMENT, encoding="utf-8")
    lent = make_service(corpus, folder / "indexes")
    lent.index()
    made = make_stage(lent, web={"contact": CONTACT})
    made.ready()
    document = made.document(hostile.FILE)
    for status in STATUSES:
        made.service.script[f"{hostile.QUESTION} {status}"] = lambda question, status=status: hostile.bad(
            question, document, status=status
        )
    made.service.script[SHORT] = lambda question: answer(
        question, [sentence("Żółw: <b onclick=1>„źdźbło”</b> \u202e🐢 e\u0301.")], opening="Oto 🐢:", notices=["ąę"]
    )
    return made


@pytest.fixture(autouse=True)
def straight(stage: Stage) -> Iterator[None]:
    yield
    stage.line.pause, stage.line.ends_after, stage.line.piece = 0.0, None, None


def harmless(page: Page, stage: Stage, *roots: Locator) -> None:
    """Nothing ran, nothing can, and every address is ours or the adviser's."""
    assert page.evaluate("window.__pwned") is None
    assert refused(page) == []  # our own policy had nothing to stop: there was nothing
    for root in roots:
        assert root.evaluate(ACTIVE, FORBIDDEN) == []
        for address in root.evaluate(ADDRESSES):
            ours = address.startswith(f"{stage.url}/api/v1/documents/") and "evil" not in address
            ours = ours or re.fullmatch(r"#source-\d+", address.removeprefix(f"{stage.url}/rozmowa"))
            assert ours or address in ("tel:+48580000000", "mailto:owes@owes.example", f"{CONTACT['url']}/"), address


def invisible(page: Page, selector: str) -> list[str]:
    """Characters in the node's words that steer or hide."""
    text = page.locator(selector).inner_text()
    bad = "\x1b\x9b\x07\x08\x00\x7f\u202e\u202c\u2066\u2069\u061c\u200b\u200d\u2060\ufeff\u2028\u2029\U000e0041"
    return [sign for sign in bad if sign in text]


# ---- in every field, streamed and stored


def test_a_hostile_answer_is_words_when_it_comes_and_when_it_comes_back(visit: Visit, stage: Stage) -> None:
    page = visit()
    talk = page.locator("#transcript")
    for count, status in enumerate(STATUSES, 1):
        found = ask(page, f"{hostile.QUESTION} {status}")
        expect(found).to_have_attribute("data-status", status)
        expect(found).to_contain_text("<script>window.__pwned=1</script>")
        harmless(page, stage, talk)
        if count == 1:
            shot(page, "60-hostile")
    assert invisible(page, "#transcript") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    streamed = skeleton(page.locator("article"))
    restored(page)
    harmless(page, stage, talk)
    assert skeleton(page.locator("article")) == streamed


def test_every_hostile_source_opens_as_words(visit: Visit, stage: Stage) -> None:
    page = visit()
    found = ask(page, f"{hostile.QUESTION} {Status.PARTIAL}")
    panel = page.locator("#source")
    for opener in (*found.locator(".documents button").all(), *found.locator(".next ul:last-of-type button").all()):
        opener.click()
        expect(panel.locator(".progress")).to_have_count(0)
        harmless(page, stage, panel)
        assert invisible(page, "#source") == []
        page.keyboard.press("Escape")


def test_a_hostile_document_is_found_quoted_and_opened_as_words(visit: Visit, stage: Stage) -> None:
    page = visit()
    found = ask(page, hostile.ASKED)
    expect(found).to_contain_text("przyrząd")
    harmless(page, stage, page.locator("#transcript"))
    found.locator(".cite").first.click()
    panel = page.locator("#source")
    expect(panel.locator("mark").first).to_be_visible()
    expect(panel).to_contain_text("onerror=window.__pwned=1")
    harmless(page, stage, panel)
    shot(page, "61-hostile-source")
    with page.context.expect_page() as opened:
        panel.locator(".original a").click()
    opened.value.wait_for_load_state()
    assert opened.value.evaluate("document.contentType") == "text/plain"
    assert opened.value.evaluate("window.__pwned") is None


def test_hostile_questions_are_words(visit: Visit, stage: Stage) -> None:
    typed = [*hostile.PAYLOADS, hostile.ALL[:1900]]
    for some in (typed[:12], typed[12:]):  # a person may ask twenty a minute
        page = visit()
        turns = page.locator(".turn")
        for number, words in enumerate(some):
            write(page, words)
            expect(turns).to_have_count(number + 1)
            expect(turns.nth(number).locator(".tools, .failure")).to_be_visible()
        harmless(page, stage, page.locator("#transcript"))
        assert invisible(page, "#transcript") == []
        restored(page)
        harmless(page, stage, page.locator("#transcript"))


# ---- without scripts, and in what people say about answers


@pytest.mark.parametrize("question", [f"{hostile.QUESTION} {Status.ANSWERED}", hostile.ASKED])
def test_the_page_without_scripts_shows_words(visit: Visit, stage: Stage, question: str) -> None:
    page = visit("/rozmowa")
    page.locator("#question").fill(question)
    page.locator("button[type=submit]").click()
    expect(page.locator("article")).to_contain_text("window.__pwned")
    assert invisible(page, "article") == []
    harmless(page, stage, page.locator("article"))


def test_a_hostile_comment_is_kept_as_words(visit: Visit, stage: Stage) -> None:
    page = visit()
    found = ask(page, PLAIN)
    found.get_by_role("button", name="Zgłoś uwagę").click()
    found.get_by_label("Inna uwaga").check()
    found.locator("form textarea").fill(hostile.ALL[:1000])
    found.get_by_role("button", name="Wyślij uwagę").click()
    expect(found.locator(".told")).to_be_visible()
    restored(page)
    harmless(page, stage, page.locator("#transcript"))
    assert stage.service.stores.feedback.counts(stage.service.stores.clock().replace(year=2020))[Rating.OTHER] == 1


# ---- streams cut where it hurts


def stream_of(stage: Stage, question: str) -> bytes:
    """The bytes the server sends for a question."""
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(stage.url + STREAM, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        data: bytes = response.read()
    return data


def test_events_are_the_same_wherever_the_bytes_were_cut(visit: Visit, stage: Stage) -> None:
    """Through our parser and renderer: in two at every byte, in pieces of every size, and ended at every byte."""
    data = stream_of(stage, SHORT)
    page = visit()
    found: dict[str, Any] = page.evaluate(
        """async (bytes) => {
          const { events } = await import("/static/sse.js");
          const { AnswerView } = await import("/static/render.js");
          const { page, words } = JSON.parse(document.getElementById("page-data").textContent);
          const screen = { words, lang: page.lang, model: null, contact: page.contact, modes: [] };
          const all = new Uint8Array(bytes);
          const stream = (pieces) => new ReadableStream({
            start(control) { for (const piece of pieces) control.enqueue(piece); control.close(); } });
          const shown = async (pieces) => {
            const view = new AnswerView(screen, {}, "x");
            const names = [];
            for await (const { event, data } of events(stream(pieces), 60_000)) {
              names.push(event);
              if (event === "opening") view.opening(data);
              if (event === "citation") view.citation(data);
              if (event === "sentence") view.sentence(data);
              if (event === "done") view.done(data);
            }
            return { names: names.join(), html: view.element.outerHTML };
          };
          const whole = await shown([all]);
          const done = JSON.parse(new TextDecoder().decode(all).split("event: done\\ndata: ")[1]);
          const stored = AnswerView.stored(screen, {}, "x", done).element.outerHTML;
          const differ = [];
          for (let at = 1; at < all.length; at += 1) {
            const two = await shown([all.slice(0, at), all.slice(at)]);
            if (two.names !== whole.names || two.html !== whole.html) differ.push(`cut ${at}`);
            const short = await shown([all.slice(0, at)]);
            if (!whole.names.startsWith(short.names) || short.html.includes("\\ufffd")) differ.push(`end ${at}`);
          }
          for (let size = 1; size <= 16; size += 1) {
            const pieces = [];
            for (let at = 0; at < all.length; at += size) pieces.push(all.slice(at, at + size));
            const many = await shown(pieces);
            if (many.names !== whole.names || many.html !== whole.html) differ.push(`size ${size}`);
          }
          return { differ, names: whole.names, same: whole.html === stored, bytes: all.length };
        }""",
        list(data),
    )
    assert found["names"] == "status,opening,sentence,done"
    assert found["same"]
    assert found["differ"] == []
    print(f"\nstream: {found['bytes']} bytes, cut and ended at each")


def test_a_stream_of_single_bytes_is_read_as_a_whole(visit: Visit, stage: Stage) -> None:
    page = visit()
    found = ask(page, SHORT)
    whole = skeleton(found)
    stage.line.piece = 1
    assert skeleton(ask(page, SHORT)) == whole
    expect(found).to_contain_text("🐢")
    harmless(page, stage, page.locator("#transcript"))


def events(*given: tuple[str, Any]) -> bytes:
    return b"".join(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode() for name, data in given)


WORDS = hostile.ALL
STRANGE: dict[str, bytes] = {
    "nothing at all": b"",
    "no events": b"<html><script>window.__pwned=1</script>",
    "not JSON": b"event: opening\ndata: {<script>\n\n",
    "another type": b"event: done\ndata: [1, 2]\n\n",
    "an empty answer": events(("done", {})),
    "unknown events": events(("pwn", {"html": WORDS}), ("error", {"code": "x", "message": WORDS})),
    "an error of markup": events(("error", {"code": WORDS, "message": WORDS, "hint": WORDS})),
    "invalid UTF-8": b'event: error\ndata: {"code": "x", "message": "\xff\xfe\xc3(", "hint": ""}\n\n',
    "an endless line": b"data: " + b"a" * 300_000,
}


def streaming(body: bytes) -> Callable[[Route], None]:
    return lambda route: route.fulfill(content_type="text/event-stream", body=body)


def test_a_strange_stream_ends_in_words_and_another_try(visit: Visit, stage: Stage) -> None:
    page = visit()
    for count, (kind, body) in enumerate(STRANGE.items(), 1):
        page.route(f"**{STREAM}", streaming(body))
        write(page, PLAIN)
        turn = page.locator(".turn").nth(count - 1)
        expect(turn.locator(".failure"), kind).to_be_visible()
        expect(turn.locator(".progress"), kind).to_have_count(0)
        expect(turn.locator(".failure"), kind).not_to_contain_text("Cannot read")  # our words, not the engine's
        harmless(page, stage, page.locator("#transcript"))
        page.unroute(f"**{STREAM}")
        turn.locator(".failure").get_by_role("button").click()
        expect(turn.locator("article .tools"), kind).to_be_visible()


ELSEWHERE = (
    "javascript:window.__pwned=1",
    "//evil.example/x",
    "http://evil.example/",
    "data:text/html,x",
    r"\\evil.x/",
)


def leading_to(address: str) -> Callable[[Route], None]:
    """The source as the server says it, with another address of the original."""

    def falsify(route: Route) -> None:
        real = route.fetch()
        route.fulfill(response=real, json={**real.json(), "file": {"url": address, "type": "x", "bytes": 1}})

    return falsify


def test_the_original_is_linked_only_on_our_own_server(visit: Visit, stage: Stage) -> None:
    page = visit()
    cite = ask(page, hostile.ASKED).locator(".cite").first
    for address in ELSEWHERE:
        page.route("**/source", leading_to(address))
        cite.click()
        expect(page.locator("#source mark").first, address).to_be_visible()
        harmless(page, stage, page.locator("#source"))
        expect(page.locator("#source .original a"), address).to_have_count(0)
        page.keyboard.press("Escape")
        page.unroute("**/source")


def test_the_policy_stops_what_the_renderer_would_have_let_through(visit: Visit, record: Record) -> None:
    """The second wall, tried by hand: no inline code, no foreign image, no markup from text."""
    record.own.add(hostile.EVIL)  # Chromium tells of the request it then does not make; the trap tells if it did
    page = visit()
    tried = page.evaluate(
        """() => {
          const image = document.createElement("img");
          image.src = "http://evil.example/leak.png";
          document.body.append(image);
          const script = document.createElement("script");
          try { script.textContent = "window.__pwned = 1"; document.body.append(script); } catch {}
          const node = document.createElement("div");
          try { node.innerHTML = "<b>x</b>"; return "markup"; } catch (error) { return error.name; }
        }"""
    )
    assert tried == "TypeError"
    page.wait_for_timeout(200)
    assert page.evaluate("window.__pwned") is None
    told = " ".join(refused(page))
    assert "img-src" in told
    assert "require-trusted-types-for" in told
    record.errors.clear()


def test_the_whole_journey_asks_nobody_else(visit: Visit, stage: Stage, record: Record, tmp_path: Path) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    found = ask(page, f"{hostile.QUESTION} {Status.ANSWERED}")
    found.get_by_role("button", name="Kopiuj ze źródłami").click()
    page.locator("[data-export=md]").click()
    page.reload()
    expect(page.locator("article")).to_be_visible()
    page.emulate_media(media="print")
    page.pdf(path=tmp_path / "x.pdf")
    assert record.foreign == []
    print(f"\nrequests: {len(record.requests)}, to others: {len(record.foreign)}")
