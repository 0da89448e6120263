"""„Szukanie”: what the search brings, for one query or two side by side."""

from __future__ import annotations

from typing import Any

import gradio as gr

from .....domain.answers import FoundBy, Passage
from .....domain.conversations import Account
from .. import markup
from ..desk import Desk
from ..markup import Html
from .passages import table

MOST = 50


def build(desk: Desk, tab: gr.Tab) -> None:
    """Two queries, filters, two results."""
    gr.Markdown(f"## {desk.said('searching.title')}\n\n{desk.said('searching.intro')}")
    with gr.Row():
        one = gr.Textbox(label=desk.said("searching.one"), elem_id="search-one")
        other = gr.Textbox(label=desk.said("searching.other"))
    with gr.Row():
        many = gr.Slider(1, MOST, value=10, step=1, label=desk.said("searching.many"))
        lang = gr.Dropdown(
            [(desk.said("all"), ""), ("pl", "pl"), ("en", "en")], value="", label=desk.said("column.language")
        )
        legs = [(desk.said("all"), ""), *((desk.words.text(f"cli.{leg}"), leg.value) for leg in FoundBy)]
        leg = gr.Dropdown(legs, value="", label=desk.said("column.found_by"))
        title = gr.Textbox(label=desk.said("searching.document"))
        button = gr.Button(desk.said("searching.search"), variant="primary")
    said = desk.place()
    with gr.Row():
        left, right = desk.shown(), desk.shown()

    def search(account: Account, first: str, second: str, k: float, lang: str, leg: str, part: str) -> tuple[Any, ...]:
        def wanted(passage: Passage) -> bool:
            named = f"{passage.metadata.title} {passage.path}".lower()
            return (
                lang in ("", None, passage.metadata.language)
                and leg in ("", None, passage.found_by.value)
                and (part or "").lower() in named
            )

        size = min(max(int(k or 1), 1), MOST)
        return "", *(_result(desk, query or "", size, wanted) for query in (first, second))

    inputs = [one, other, many, lang, leg, title]
    for listen in (button.click, one.submit, other.submit):
        desk.on(listen, search, inputs, [left, right], place=said)


def _result(desk: Desk, query: str, k: int, wanted: Any) -> Html:
    if not query.strip():
        return Html("")
    found = desk.service.search(query, MOST)
    passages = [passage for passage in found.passages if wanted(passage)][:k]
    parts: list[str] = [
        markup.heading(query),
        markup.paragraph(desk.said("asking.searched_as", text=found.searched_as), "faint"),
    ]
    if found.notice:
        parts.append(markup.note(desk.words.text(f"notices.{found.notice}"), bad=True))
    return markup.block("card", *parts, table(desk, passages))
