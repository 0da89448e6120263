"""Passages with what ranked them: shared by „Zapytaj” and „Szukanie”."""

from __future__ import annotations

from collections.abc import Sequence

from .....domain.answers import Passage
from .... import render
from .. import markup
from ..desk import Desk
from ..markup import Html

SHOWN = 600  # characters of a passage before it is cut


def place(desk: Desk, title: str, pages: tuple[int, int] | None, headings: Sequence[str]) -> str:
    """Where something stands."""
    return render.place(title, pages, headings, desk.words)


def table(desk: Desk, passages: Sequence[Passage], caption: str = "") -> Html:
    """One row a passage: rank, score, which leg found it, where, its signals and words."""
    columns = desk.columns("rank", "score", "found_by", "where", "signals")
    scores = [passage.score for passage in passages]
    most, least = max(scores, default=0.0), min(scores, default=0.0)
    rows = [
        (
            str(passage.rank),
            markup.scored((passage.score - least) / (most - least or 1.0), f"{passage.score:.2f}"),
            desk.words.text(f"cli.{passage.found_by}"),
            markup.details(
                place(desk, passage.metadata.title, passage.chunk.pages, passage.chunk.headings), _text(passage)
            ),
            _signals(desk, passage),
        )
        for passage in passages
    ]
    return markup.table(caption or desk.said("passages.table"), columns, rows, desk.said("empty"))


def _text(passage: Passage) -> Html:
    text = passage.chunk.text
    return markup.block("quote", text if len(text) <= SHOWN else text[:SHOWN] + " …", tag="blockquote")


def _signals(desk: Desk, passage: Passage) -> Html:
    shown = (f"{desk.known(f'signal.{name}', name)} {value:.2f}" for name, value in passage.signals.items())
    return markup.block("faint", ", ".join(shown), tag="span")
