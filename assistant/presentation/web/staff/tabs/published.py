"""Documents in the corpus: list, preview, description, removal; part of „Dokumenty”."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from .....domain.conversations import Account
from .....errors import IndexError_, NotThere
from .... import schemas
from .. import markup, receiving
from ..desk import Desk
from ..markup import Html
from ..shelf import FIELDS, PREVIEWED, write_side
from . import pieces
from .building import Building, progress, rebuild

SHORT = 60  # characters of a statement that stays unfolded


@dataclass(frozen=True)
class Published:
    """Components of the documents in the corpus."""

    table: gr.Markdown
    choice: gr.Dropdown
    preview: gr.Markdown
    fields: list[gr.Textbox]
    save: gr.Button
    sure: gr.Checkbox
    remove: gr.Button


def lay_out(desk: Desk) -> Published:
    """Choice, description, removal, preview, list."""
    choice = gr.Dropdown([], label=desk.said("documents.choose"), elem_id="document-choice")
    with gr.Accordion(desk.said("documents.describe"), open=False):
        fields = pieces.fields(desk, "document")
        save = gr.Button(desk.said("documents.save"), elem_id="document-save")
    with gr.Accordion(desk.said("documents.take_out"), open=False):
        sure = gr.Checkbox(label=desk.said("documents.sure"), elem_id="document-sure")
        remove = gr.Button(desk.said("documents.remove"), variant="stop", elem_id="document-remove")
    preview, table = desk.shown(), desk.shown()
    return Published(table, choice, preview, fields, save, sure, remove)


def connect(desk: Desk, tab: gr.Tab, said: gr.Markdown, parts: Published, building: Building) -> None:
    """What its events do."""
    everything = [parts.table, parts.choice, building.shown, building.timer]

    def look(account: Account) -> tuple[Any, ...]:
        return "", *listed(desk), *progress(desk)

    def open_(account: Account, path: str) -> tuple[Any, ...]:
        if not path:
            return "", "", *[""] * len(FIELDS)
        shown, fields = _document(desk, path)
        return "", shown, *fields.values()

    def save(account: Account, path: str, *values: Any) -> tuple[Any, ...]:
        write_side(desk.shelf.file(path or ""), pieces.given(values))
        desk.note(account, "document_described", path)
        return markup.note(desk.said("documents.saved")), *rebuild(desk, account)

    def remove(account: Account, path: str, sure: bool) -> tuple[Any, ...]:
        if not path:
            return markup.note(desk.said("documents.none_chosen"), bad=True), *[gr.skip()] * 5
        if sure is not True:
            return markup.note(desk.said("documents.not_sure"), bad=True), *[gr.skip()] * 5
        desk.shelf.remove(path)
        desk.note(account, "document_removed", path)
        building_now = rebuild(desk, account)
        return markup.note(desk.said("documents.removed", path=path)), False, *listed(desk), *building_now

    desk.on(tab.select, look, [], everything, place=said, quiet=True)
    desk.on(parts.choice.input, open_, [parts.choice], [parts.preview, *parts.fields], place=said)
    desk.on(parts.save.click, save, [parts.choice, *parts.fields], [building.shown, building.timer], place=said)
    desk.on(parts.remove.click, remove, [parts.choice, parts.sure], [parts.sure, *everything], place=said)


def listed(desk: Desk) -> tuple[Any, Any]:
    """The table and the choice, with nothing chosen."""
    table, choices = _list(desk)
    return table, gr.Dropdown(choices=choices, value=None)


def refreshed(desk: Desk) -> tuple[Any, Any]:
    """The same; what was chosen stays chosen."""
    table, choices = _list(desk)
    return table, gr.Dropdown(choices=choices)


def _list(desk: Desk) -> tuple[Html, list[tuple[str, str]]]:
    """The table and the choices: what is indexed, then what was refused."""
    try:
        documents, verdicts = desk.service.documents(), desk.service.verdicts()
    except IndexError_ as error:
        return desk.said_of(error), []
    by_path = {verdict.path: schemas.verdict(verdict, desk.words) for verdict in verdicts}
    rows: list[tuple[str, ...]] = [
        (
            markup.joined([metadata.title, markup.block("faint", path)]),
            metadata.edition or "–",
            _short(metadata.state_of_law),
            markup.joined([metadata.publisher or "–", markup.block("faint", metadata.licence)]),
            metadata.language,
            str(pages),
            str(chunks),
            pieces.verdict(desk, by_path.get(path)),
        )
        for _, path, metadata, chunks, pages in documents
    ]
    known = {path for _, path, *_ in documents}
    others = [row for path, row in by_path.items() if path not in known]
    rows += [(markup.block("faint", row["path"]), *["–"] * 6, pieces.verdict(desk, row)) for row in others]
    names = ("document", "edition", "state_of_law", "publisher", "language", "pages", "chunks", "outcome")
    columns = desk.columns(*names)
    choices = [(f"{metadata.title} ({path})", path) for _, path, metadata, *_ in documents]
    choices += [
        (f"{row['path']} ({desk.words.text('outcome.refused')})", row["path"])
        for row in others
        if row["outcome"] == "refused"
    ]
    table = markup.table(desk.said("documents.table"), columns, rows, desk.said("documents.empty"))
    return table, choices


def _short(text: str) -> Html:
    """A long statement, folded."""
    if len(text) <= SHORT:
        return markup.text(text or "–")
    cut = text[:SHORT].rpartition(" ")[0]
    return markup.details(f"{cut} …", markup.text(text))


def _document(desk: Desk, path: str) -> tuple[Html, dict[str, str]]:
    """A document's chunks and fields. Raises NotThere."""
    for identity, known, metadata, chunks, pages in desk.service.documents():
        if known == path:
            library = desk.service.library(desk.service.generation)
            first = [receiving.piece(chunk) for chunk in library.chunks_of(identity)[:PREVIEWED]]
            title = desk.said("documents.preview", title=metadata.title, pages=pages, chunks=chunks)
            return pieces.chunks(desk, title, first, chunks), receiving.fields(metadata)
    if path in {verdict.path for verdict in desk.service.verdicts()}:
        return Html(""), dict.fromkeys(FIELDS, "")
    raise NotThere()
