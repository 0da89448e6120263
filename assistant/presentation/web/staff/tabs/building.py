"""Building the index anew: how far it is, and the button; part of „Dokumenty”."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .....domain.conversations import Account
from .....errors import IndexError_
from .. import markup
from ..desk import Desk

TICK = 1.5  # seconds between two looks at a build under way


@dataclass(frozen=True)
class Building:
    """Components that tell how far the index is."""

    shown: gr.Markdown
    timer: gr.Timer
    button: gr.Button


def lay_out(desk: Desk) -> Building:
    """State and button in a row."""
    with gr.Row():
        with gr.Column(scale=4, min_width=260):
            shown = desk.shown("progress")
        button = gr.Button(desk.said("documents.rebuild"), scale=0, min_width=220, elem_id="documents-rebuild")
    return Building(shown, gr.Timer(TICK, active=False), button)


def connect(
    desk: Desk, said: gr.Markdown, parts: Building, outputs: list[Any], fresh: Callable[[], tuple[Any, ...]]
) -> None:
    """What button and clock do; `fresh` gives the values of `outputs` when a build has ended."""

    def start(account: Account) -> tuple[Any, ...]:
        begun = desk.preparation.start()
        if begun:
            desk.note(account, "index_started")
        note = markup.note(desk.said("documents.rebuilding" if begun else "documents.rebuilding_already"))
        return note, *progress(desk)

    def tick(account: Account) -> tuple[Any, ...]:
        ended = not desk.preparation.running
        return gr.skip(), *progress(desk), *(fresh() if ended else [gr.skip()] * len(outputs))

    shown = [parts.shown, parts.timer]
    desk.on(parts.button.click, start, [], shown, place=said)
    desk.on(parts.timer.tick, tick, [], [*shown, *outputs], place=said, quiet=True)


def rebuild(desk: Desk, account: Account) -> tuple[Any, Any]:
    """Have the index built after a change of the corpus."""
    if desk.preparation.start():
        desk.note(account, "index_started")
    return progress(desk)


def progress(desk: Desk) -> tuple[Any, Any]:
    """What to show of the build, and whether to look again."""
    preparation = desk.preparation
    if preparation.running:
        stage, done, total = preparation.progress
        name = (
            desk.words.text(f"cli.stage_{stage}")
            if desk.words.has(f"cli.stage_{stage}")
            else desk.said("documents.stage_start")
        )
        share = done / total if total else 0.0
        return markup.block("line", f"{name} {100 * share:.0f}%", markup.meter(share, [])), gr.Timer(TICK, active=True)
    if preparation.failed is not None:
        return desk.said_of(preparation.failed), gr.Timer(TICK, active=False)
    return markup.paragraph(_state(desk), "faint"), gr.Timer(TICK, active=False)


def _state(desk: Desk) -> str:
    try:
        rows = desk.service.documents()
        return desk.said(
            "documents.state",
            documents=len(rows),
            chunks=sum(row[3] for row in rows),
            generation=desk.service.generation,
        )
    except IndexError_:
        return desk.said("documents.no_index")
