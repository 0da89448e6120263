"""„Zapytaj”: an answer as visitors get it, and why it is this one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import gradio as gr

from .....domain.answers import Answer, Sentence
from .....domain.conversations import Account
from .....domain.documents import UnitKind
from .. import markup
from ..desk import Desk
from ..markup import Html
from .passages import place, table

UNITS = 12  # of those that may answer, best first


def build(desk: Desk, tab: gr.Tab) -> None:
    """Question and answer above, the reasons below."""
    gr.Markdown(f"## {desk.said('asking.title')}\n\n{desk.said('asking.intro')}")
    with gr.Row():
        question = gr.Textbox(label=desk.said("asking.question"), lines=2, scale=4, elem_id="ask-question")
        button = gr.Button(desk.said("asking.ask"), variant="primary", scale=1, elem_id="ask-button")
    said, shown, why = desk.place(), desk.shown(), desk.shown()

    def ask(account: Account, asked: str) -> tuple[Any, ...]:
        answer = desk.service.ask(asked or "")
        return "", _answer(desk, answer), _why(desk, answer)

    for listen in (button.click, question.submit):
        desk.on(listen, ask, [question], [shown, why], place=said)


# the answer


def _answer(desk: Desk, answer: Answer) -> Html:
    words = desk.words
    facts = desk.said("asking.facts", engine=answer.engine or "–", generation=answer.generation or "–")
    parts: list[str] = [
        markup.block(
            "line",
            markup.block(f"chip status-{answer.status}", words.text(f"status.{answer.status}"), tag="strong"),
            markup.block("faint", f"{facts} {answer.seconds:.2f} s", tag="span"),
        )
    ]
    parts += [markup.paragraph(line) for line in answer.opening.split("\n") if line]
    parts += [markup.paragraph(notice, "faint") for notice in answer.notices]
    parts.append(markup.block("answer", *(_sentence(sentence) for sentence in answer.sentences)))
    if answer.citations:
        parts.append(markup.heading(words.text("cli.sources")))
        parts.append(markup.joined(_citation(desk, citation) for citation in answer.citations))
    if answer.suggestions:
        parts.append(markup.heading(desk.said("asking.suggestions")))
        parts.append(markup.items(place(desk, s.title, s.pages, s.headings) or s.text for s in answer.suggestions))
    return markup.block("card", *parts)


def _sentence(sentence: Sentence) -> Html:
    numbers = "".join(f"<sup>[{n}]</sup>" for n in sentence.citations)
    listed = "item" if sentence.form in (UnitKind.ITEM, UnitKind.ROW) else sentence.form
    return Html(f'<p class="form-{markup.text(listed)}">{markup.text(sentence.text)}{numbers}</p>')


def _citation(desk: Desk, citation: Any) -> Html:
    said = [
        desk.words.text("cli.edition", edition=citation.edition) if citation.edition else "",
        desk.words.text("cli.state_of_law", date=citation.state_of_law) if citation.state_of_law else "",
        citation.path,
    ]
    where = place(desk, citation.title, citation.pages, citation.headings)
    return markup.details(
        f"[{citation.n}] {where}",
        markup.joined(
            [
                markup.block("quote", citation.quote, tag="blockquote"),
                markup.paragraph(" · ".join(part for part in said if part), "faint"),
            ]
        ),
    )


# why


def _why(desk: Desk, answer: Answer) -> Html:
    if not answer.generation:  # the guard answered: nothing was looked up
        return markup.paragraph(desk.said("asking.not_searched"), "faint")
    found, units = desk.service.weighed(answer.question)
    signals, chance = desk.service.certainty(answer.question)
    return markup.block(
        "why",
        markup.heading(desk.said("asking.why")),
        _chance(desk, chance, bool(signals.get("capped"))),
        markup.paragraph(desk.said("asking.searched_as", text=found.searched_as), "faint"),
        _units(desk, units, {sentence.text for sentence in answer.sentences}),
        table(desk, found.passages),
    )


def _chance(desk: Desk, chance: float, capped: bool) -> Html:
    bars = desk.service.weights.bars
    partial, answered = desk.said("asking.bar_partial"), desk.said("asking.bar_answered")
    said = desk.said(
        "asking.chance", chance=f"{chance:.2f}", partial=f"{bars.partial:.2f}", answered=f"{bars.answered:.2f}"
    )
    parts: list[str] = [
        markup.paragraph(said),
        markup.meter(chance, [(bars.partial, partial), (bars.answered, answered)]),
    ]
    if capped:
        parts.append(markup.paragraph(desk.said("asking.capped"), "faint"))
    return markup.block("chance", *parts)


def _units(desk: Desk, units: Sequence[tuple[str, float, float | None]], said: Collection[str]) -> Html:
    """What the engine chose from, by its own score; `read` is what the reader thinks (log-odds)."""
    most, least = units[0][1] if units else 0.0, units[min(UNITS, len(units)) - 1][1] if units else 0.0
    rows = [
        (
            text,
            markup.scored((score - least) / (most - least or 1.0), f"{score:.1f}"),
            "–" if read is None else f"{read:+.1f}",
            desk.said("asking.chosen") if text in said else "–",
        )
        for text, score, read in units[:UNITS]
    ]
    columns = desk.columns("unit", "score", "read", "chosen")
    return markup.table(desk.said("asking.units"), columns, rows, desk.said("empty"))
