"""„Luki”: what was asked and the documents did not answer, in groups large enough to name nobody."""

from __future__ import annotations

from typing import Any

import gradio as gr

from .....domain.conversations import Account, GapGroup
from .. import downloads, markup
from ..desk import Desk
from ..gate import ROOT
from ..markup import Html
from .periods import choice, days_of

BARS = 15


def build(desk: Desk, tab: gr.Tab) -> None:
    """The period, what is kept, the groups."""
    settings = desk.service.settings
    kept = desk.said("gaps.kept", least=settings.staff.least_group, days=settings.retention.conversations_days)
    gr.Markdown(f"## {desk.said('gaps.title')}\n\n{desk.said('gaps.intro')} {kept}")
    with gr.Row():
        period = choice(desk)
        button = gr.Button(desk.said("show"), variant="primary", scale=0, min_width=160)
    said, shown = desk.place(), desk.shown()

    def show(account: Account, days: Any) -> tuple[Any, ...]:
        groups = downloads.gap_groups(desk.service, downloads.since_days(days_of(days)))
        return "", _groups(desk, groups, days_of(days))

    for listen in (button.click, period.input):
        desk.on(listen, show, [period], [shown], place=said)
    desk.on(tab.select, show, [period], [shown], place=said, quiet=True)


def _groups(desk: Desk, groups: list[GapGroup], days: int) -> Html:
    if not groups:
        return markup.paragraph(desk.said("gaps.none"), "empty")
    columns = (desk.said("column.words"), desk.said("column.people"))
    bars = [(downloads.subject(desk.service, group), float(group.people), str(group.people)) for group in groups[:BARS]]
    rows = [
        (
            downloads.subject(desk.service, group),
            markup.items(group.examples),
            str(group.questions),
            str(group.people),
            ", ".join(f"{desk.words.text(f'status.{status}')}: {n}" for status, n in group.statuses.items()),
            desk.when(group.first, "%Y-%m-%d"),
            desk.when(group.last, "%Y-%m-%d"),
        )
        for group in groups
    ]
    names = desk.columns("words", "examples", "questions", "people", "status", "first", "last")
    address = f"{ROOT}/export/gaps.csv?days={days}&lang={desk.words.lang}"
    return markup.joined(
        [
            markup.block(
                "card",
                markup.bars(desk.said("gaps.chart"), columns, bars, ""),
                markup.link(address, desk.said("csv"), download=True),
            ),
            markup.table(desk.said("gaps.table"), names, rows, desk.said("gaps.none")),
        ]
    )
