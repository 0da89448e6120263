"""„Ruch”: numbers of questions by day and status; no content."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import gradio as gr

from .....domain.answers import Status
from .....domain.conversations import Account
from .. import downloads, markup
from ..desk import Desk
from ..markup import Html
from .periods import choice, days_of


def build(desk: Desk, tab: gr.Tab) -> None:
    """The period, the days."""
    days_kept = desk.service.settings.retention.counts_days
    gr.Markdown(f"## {desk.said('traffic.title')}\n\n{desk.said('traffic.intro', days=days_kept)}")
    with gr.Row():
        period = choice(desk)
        button = gr.Button(desk.said("show"), variant="primary", scale=0, min_width=160)
    said, shown = desk.place(), desk.shown()

    def show(account: Account, days: Any) -> tuple[Any, ...]:
        since = downloads.since_days(days_of(days)).date()
        return "", _days(desk, desk.service.stores.counts.series(since), since)

    for listen in (button.click, period.input):
        desk.on(listen, show, [period], [shown], place=said)
    desk.on(tab.select, show, [period], [shown], place=said, quiet=True)


def _days(desk: Desk, rows: list[Any], since: date) -> Html:
    if not rows:
        return markup.paragraph(desk.said("traffic.none"), "empty")
    by_day: dict[date, Counter[str]] = {}
    sums: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        by_day.setdefault(row.day, Counter())[row.status] += row.questions
        sums[row.surface, row.site, row.lang] += row.questions
    statuses = Counter[str]()
    for counted in by_day.values():
        statuses += counted
    last = max(by_day)
    days = [min(by_day) + timedelta(days=n) for n in range((last - min(by_day)).days + 1)]
    chart = [
        (f"{day:%Y-%m-%d}", [(f"status-{status}", by_day.get(day, Counter())[status]) for status in Status])
        for day in days
    ]
    said = [(desk.words.text(f"status.{status}"), float(statuses[status]), str(statuses[status])) for status in Status]
    sources = [
        (desk.known(f"surface.{surface}", surface), site or "–", lang, str(n))
        for (surface, site, lang), n in sums.most_common()
    ]
    return markup.joined(
        [
            markup.block(
                "side",
                markup.bars(
                    desk.said("traffic.statuses"), (desk.said("column.status"), desk.said("column.questions")), said, ""
                ),
                markup.table(
                    desk.said("traffic.sources"), desk.columns("surface", "site", "language", "questions"), sources, ""
                ),
            ),
            _legend(desk),
            markup.stacked(
                desk.said("traffic.days"), (desk.said("column.day"), desk.said("column.questions")), chart, ""
            ),
        ]
    )


def _legend(desk: Desk) -> Html:
    chips = [(status, markup.text(desk.words.text(f"status.{status}"))) for status in Status]
    return markup.block(
        "legends",
        *(Html(f'<span class="legend"><i class="bar status-{status}"></i>{said}</span>') for status, said in chips),
    )
