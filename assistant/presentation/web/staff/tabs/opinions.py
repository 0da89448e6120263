"""„Opinie”: what people say about answers, with the answer it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from .....domain.conversations import Account, FeedbackEntry, Rating
from .. import downloads, markup
from ..desk import Desk
from ..gate import ROOT
from ..markup import Html
from .periods import choice, days_of, page_of

PAGE = 25


def build(desk: Desk, tab: gr.Tab) -> None:
    """Filters, numbers, entries."""
    gr.Markdown(f"## {desk.said('opinions.title')}\n\n{desk.said('opinions.intro')}")
    with gr.Row():
        period = choice(desk)
        ratings = [(desk.said("all"), ""), *((desk.said(f"rating.{rating}"), rating.value) for rating in Rating)]
        rating = gr.Dropdown(ratings, value="", label=desk.said("column.rating"))
        page = gr.Number(1, label=desk.said("page"), minimum=1, precision=0)
        button = gr.Button(desk.said("show"), variant="primary", scale=0, min_width=160)
    said, chart, entries = desk.place(), desk.shown(), desk.shown()

    def show(account: Account, days: Any, rating: str, page: Any) -> tuple[Any, ...]:
        since = downloads.since_days(days_of(days))
        box = desk.service.stores.feedback
        found = box.entries(since, downloads.wanted(rating or ""), PAGE + 1, PAGE * page_of(page))
        return "", _numbers(desk, box.counts(since), days_of(days), rating or ""), _entries(desk, found)

    inputs = [period, rating, page]
    for listen in (button.click, period.input, rating.input, page.submit):
        desk.on(listen, show, inputs, [chart, entries], place=said)
    desk.on(tab.select, show, inputs, [chart, entries], place=said, quiet=True)


def _numbers(desk: Desk, counts: Mapping[Rating, int], days: int, rating: str) -> Html:
    rows = [(desk.said(f"rating.{rating}"), float(n), str(n)) for rating, n in counts.items()]
    columns = (desk.said("column.rating"), desk.said("column.count"))
    address = f"{ROOT}/export/feedback.csv?days={days}&rating={rating}&lang={desk.words.lang}"
    return markup.block(
        "card",
        markup.bars(desk.said("opinions.chart"), columns, rows, desk.said("empty")),
        markup.link(address, desk.said("csv"), download=True),
    )


def _entries(desk: Desk, entries: list[FeedbackEntry]) -> Html:
    columns = desk.columns("given", "rating", "comment", "question", "status", "answer")
    rows = [
        (
            desk.when(entry.feedback.given_at),
            desk.said(f"rating.{entry.feedback.rating}"),
            entry.feedback.comment or "–",
            entry.answer.question,
            desk.words.text(f"status.{entry.answer.status}"),
            _about(desk, entry),
        )
        for entry in entries[:PAGE]
    ]
    table = markup.table(desk.said("opinions.table"), columns, rows, desk.said("opinions.none"))
    return markup.joined([table, markup.paragraph(desk.said("more"), "faint") if len(entries) > PAGE else Html("")])


def _about(desk: Desk, entry: FeedbackEntry) -> Html:
    answer = entry.answer
    sources = [
        f"[{c.n}] {desk.words.text('cli.pages', pages=str(c.pages[0]))} {c.title}: „{c.quote}”"
        for c in answer.citations
    ]
    return markup.details(
        desk.said("opinions.answer"), markup.joined([markup.paragraph(answer.text), markup.items(sources)])
    )
