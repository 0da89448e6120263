"""What the lists of „Dokumenty” share: fields of a description, a verdict, chunks to look through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from .. import markup
from ..desk import Desk
from ..markup import Html
from ..shelf import FIELDS, Piece
from .index import outcome, said_of
from .passages import place


def fields(desk: Desk, prefix: str) -> list[gr.Textbox]:
    """A box for each of FIELDS; their ids begin with `prefix`."""
    boxes = []
    with gr.Row():
        for name in FIELDS[:3]:
            boxes.append(
                gr.Textbox(
                    label=desk.said(f"column.{name}"), elem_id=f"{prefix}-{name}", scale=3 if name == "title" else 1
                )
            )
    with gr.Row():
        for name in FIELDS[3:]:
            boxes.append(gr.Textbox(label=desk.said(f"column.{name}"), elem_id=f"{prefix}-{name}"))
    return boxes


def given(values: Sequence[Any]) -> dict[str, str]:
    """What stands in the boxes."""
    return {name: str(value or "") for name, value in zip(FIELDS, values, strict=True)}


def verdict(desk: Desk, row: Mapping[str, Any] | None) -> Html:
    """A verdict (see schemas.verdict) and what to know about it."""
    if row is None:
        return Html("–")
    note = said_of(desk, row)
    chip = outcome(desk, row)
    return chip if note == "–" else markup.joined([chip, markup.block("faint", note)])


def chunks(desk: Desk, title: str, pieces: Sequence[Piece], all_: int) -> Html:
    """The first chunks of `all_` in reading order, each with where it stands."""
    rows = [
        (
            str(number),
            markup.details(
                place(desk, "", piece.pages, ("", *piece.headings)) or "–",
                markup.block("quote", piece.text, tag="blockquote"),
            ),
            str(piece.tokens),
        )
        for number, piece in enumerate(pieces, 1)
    ]
    table = markup.table(title, desk.columns("rank", "chunk", "tokens"), rows, desk.said("documents.no_chunks"))
    more = all_ - len(pieces)
    return markup.joined(
        [table, markup.paragraph(desk.said("documents.more_chunks", more=more), "faint") if more > 0 else Html("")]
    )
