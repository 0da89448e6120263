"""„Dokumenty”: what is in the corpus, what waits to get in, and building the index anew.

A file is judged before anybody can publish it. What a person called it is shown and never used as a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import gradio as gr

from .....domain.conversations import Account
from .....errors import IndexError_, NotThere
from .... import schemas
from .. import markup, receiving
from ..desk import Desk
from ..markup import Html
from ..shelf import FIELDS, PREVIEWED, Piece, Upload, write_side
from .index import outcome, said_of
from .passages import place

SHORT = 60  # characters of a statement that stays unfolded
TICK = 1.5  # seconds between two looks at a build under way


def build(desk: Desk, tab: gr.Tab) -> None:
    """The index's state, what waits, what is published."""
    gr.Markdown(f"## {desk.said('documents.title')}\n\n{desk.said('documents.intro')}")
    said = desk.place()
    building = _building(desk)
    with gr.Tabs():
        with gr.Tab(desk.said("documents.published"), elem_id="documents-published"):
            published = _published(desk)
        with gr.Tab(desk.said("documents.waiting"), elem_id="documents-waiting") as waiting_tab:
            waiting = _waiting(desk)
    _building_events(desk, said, building, published)
    _published_events(desk, tab, said, published, building)
    _waiting_events(desk, waiting_tab, said, waiting, published, building)


# ---- building the index ------------------------------------------------------------------------


@dataclass(frozen=True)
class Building:
    """Components that tell how far the index is."""

    shown: gr.Markdown
    timer: gr.Timer
    button: gr.Button


def _building(desk: Desk) -> Building:
    with gr.Row():
        with gr.Column(scale=4, min_width=260):
            shown = desk.shown("progress")
        button = gr.Button(desk.said("documents.rebuild"), scale=0, min_width=220, elem_id="documents-rebuild")
    return Building(shown, gr.Timer(TICK, active=False), button)


def _building_events(desk: Desk, said: gr.Markdown, parts: Building, published: Published) -> None:
    def start(account: Account) -> tuple[Any, ...]:
        begun = desk.preparation.start()
        if begun:
            desk.note(account, "index_started")
        note = markup.note(desk.said("documents.rebuilding" if begun else "documents.rebuilding_already"))
        return note, *_progress(desk)

    def tick(account: Account) -> tuple[Any, ...]:
        if desk.preparation.running:
            return gr.skip(), *_progress(desk), gr.skip(), gr.skip()
        table, choices = _table(desk)
        return gr.skip(), *_progress(desk), table, gr.Dropdown(choices=choices)  # what was chosen stays chosen

    progress = [parts.shown, parts.timer]
    desk.on(parts.button.click, start, [], progress, place=said)
    desk.on(parts.timer.tick, tick, [], [*progress, published.table, published.choice], place=said, quiet=True)


def _progress(desk: Desk) -> tuple[Any, Any]:
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


# ---- fields ------------------------------------------------------------------------------------


def _fields(desk: Desk, prefix: str) -> list[gr.Textbox]:
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


def _given(values: Sequence[Any]) -> dict[str, str]:
    return {name: str(value or "") for name, value in zip(FIELDS, values, strict=True)}


# ---- published ---------------------------------------------------------------------------------


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


def _published(desk: Desk) -> Published:
    choice = gr.Dropdown([], label=desk.said("documents.choose"), elem_id="document-choice")
    with gr.Accordion(desk.said("documents.describe"), open=False):
        fields = _fields(desk, "document")
        save = gr.Button(desk.said("documents.save"), elem_id="document-save")
    with gr.Accordion(desk.said("documents.take_out"), open=False):
        sure = gr.Checkbox(label=desk.said("documents.sure"), elem_id="document-sure")
        remove = gr.Button(desk.said("documents.remove"), variant="stop", elem_id="document-remove")
    preview, table = desk.shown(), desk.shown()
    return Published(table, choice, preview, fields, save, sure, remove)


def _published_events(desk: Desk, tab: gr.Tab, said: Any, parts: Published, building: Building) -> None:
    everything = [parts.table, parts.choice, building.shown, building.timer]

    def look(account: Account) -> tuple[Any, ...]:
        return "", *_listed(desk), *_progress(desk)

    def open_(account: Account, path: str) -> tuple[Any, ...]:
        if not path:
            return "", "", *[""] * len(FIELDS)
        shown, fields = _document(desk, path)
        return "", shown, *fields.values()

    def save(account: Account, path: str, *values: Any) -> tuple[Any, ...]:
        write_side(desk.shelf.file(path or ""), _given(values))
        desk.note(account, "document_described", path)
        return markup.note(desk.said("documents.saved")), *_rebuilt(desk, account)

    def remove(account: Account, path: str, sure: bool) -> tuple[Any, ...]:
        if not path:
            return markup.note(desk.said("documents.none_chosen"), bad=True), *[gr.skip()] * 5
        if sure is not True:
            return markup.note(desk.said("documents.not_sure"), bad=True), *[gr.skip()] * 5
        desk.shelf.remove(path)
        desk.note(account, "document_removed", path)
        progress = _rebuilt(desk, account)
        return markup.note(desk.said("documents.removed", path=path)), False, *_listed(desk), *progress

    desk.on(tab.select, look, [], everything, place=said, quiet=True)
    desk.on(parts.choice.input, open_, [parts.choice], [parts.preview, *parts.fields], place=said)
    desk.on(parts.save.click, save, [parts.choice, *parts.fields], [building.shown, building.timer], place=said)
    desk.on(parts.remove.click, remove, [parts.choice, parts.sure], [parts.sure, *everything], place=said)


def _rebuilt(desk: Desk, account: Account) -> tuple[Any, Any]:
    """Have the index built after a change of the corpus."""
    if desk.preparation.start():
        desk.note(account, "index_started")
    return _progress(desk)


def _listed(desk: Desk) -> tuple[Any, Any]:
    """The table and the choice, with nothing chosen."""
    table, choices = _table(desk)
    return table, gr.Dropdown(choices=choices, value=None)


def _table(desk: Desk) -> tuple[Html, list[tuple[str, str]]]:
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
            _verdict(desk, by_path.get(path)),
        )
        for _, path, metadata, chunks, pages in documents
    ]
    known = {path for _, path, *_ in documents}
    others = [row for path, row in by_path.items() if path not in known]
    rows += [(markup.block("faint", row["path"]), *["–"] * 6, _verdict(desk, row)) for row in others]
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


def _verdict(desk: Desk, row: Mapping[str, Any] | None) -> Html:
    if row is None:
        return Html("–")
    note = said_of(desk, row)
    chip = outcome(desk, row)
    return chip if note == "–" else markup.joined([chip, markup.block("faint", note)])


def _document(desk: Desk, path: str) -> tuple[Html, dict[str, str]]:
    """A document's chunks and fields. Raises NotThere."""
    for identity, known, metadata, chunks, pages in desk.service.documents():
        if known == path:
            library = desk.service.library(desk.service.generation)
            pieces = [receiving.piece(chunk) for chunk in library.chunks_of(identity)[:PREVIEWED]]
            title = desk.said("documents.preview", title=metadata.title, pages=pages, chunks=chunks)
            return _pieces(desk, title, pieces, chunks), receiving.fields(metadata)
    if path in {verdict.path for verdict in desk.service.verdicts()}:
        return Html(""), dict.fromkeys(FIELDS, "")
    raise NotThere()


def _pieces(desk: Desk, title: str, pieces: Sequence[Piece], chunks: int) -> Html:
    """Chunks in reading order, each with where it stands."""
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
    more = chunks - len(pieces)
    return markup.joined(
        [table, markup.paragraph(desk.said("documents.more_chunks", more=more), "faint") if more > 0 else Html("")]
    )


# ---- waiting -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """Components of what was uploaded."""

    look: gr.Button
    table: gr.Markdown
    choice: gr.Dropdown
    preview: gr.Markdown
    fields: list[gr.Textbox]
    name: gr.Textbox
    over: gr.Checkbox
    save: gr.Button
    publish: gr.Button
    discard: gr.Button


def _waiting(desk: Desk) -> Waiting:
    megabytes = desk.service.settings.staff.upload_mb
    gr.Markdown(desk.said("documents.upload_intro", megabytes=megabytes))
    gr.Markdown(_drop(desk), elem_classes=["shown"], latex_delimiters=[], container=False)
    look = gr.Button(desk.said("refresh"), elem_id="upload-look", size="sm", scale=0)  # staff.js presses it, too
    table = desk.shown()
    choice = gr.Dropdown([], label=desk.said("documents.choose_upload"), elem_id="upload-choice")
    fields = _fields(desk, "upload")
    with gr.Row():
        name = gr.Textbox(
            label=desk.said("documents.name"), info=desk.said("documents.name_info"), scale=2, elem_id="upload-name"
        )
        over = gr.Checkbox(label=desk.said("documents.over"), scale=1, elem_id="upload-over")
    with gr.Row():
        save = gr.Button(desk.said("documents.save_upload"))
        publish = gr.Button(desk.said("documents.publish"), variant="primary", elem_id="upload-publish")
        discard = gr.Button(desk.said("documents.discard"), variant="stop", elem_id="upload-discard")
    return Waiting(look, table, choice, desk.shown(), fields, name, over, save, publish, discard)


def _drop(desk: Desk) -> Html:
    """Where staff.js puts the field for files, with the words it needs; it takes its limits from here."""
    words = ("choose", "sending", "taken", "failed")
    said = (markup.block(f"drop-{name}", desk.said(f"documents.drop_{name}"), tag="span") for name in words)
    return markup.block("drop", *said)


def _waiting_events(
    desk: Desk, tab: gr.Tab, said: Any, parts: Waiting, published: Published, building: Building
) -> None:
    form = [parts.preview, *parts.fields, parts.name, parts.over]
    lists = [parts.table, parts.choice]
    corpus = [published.table, published.choice, building.shown, building.timer]

    def look(account: Account) -> tuple[Any, ...]:
        return "", *_waiting_list(desk), *_no_form()

    def newest(account: Account) -> tuple[Any, ...]:
        uploads = desk.shelf.uploads()
        if not uploads:
            return look(account)
        return "", *_waiting_list(desk, uploads[0].id), *_form(desk, uploads[0])

    def open_(account: Account, identity: str) -> tuple[Any, ...]:
        return "", *(_form(desk, desk.shelf.upload(identity)) if identity else _no_form())

    def save(account: Account, identity: str, *values: Any) -> tuple[Any, ...]:
        upload = desk.shelf.upload(identity)
        desk.shelf.describe(upload, _given(values))
        upload = receiving.judged(desk.service, upload)
        desk.note(account, "document_described", upload.name, upload=upload.id)
        return markup.note(desk.said("documents.saved_upload")), *_waiting_list(desk, identity), *_form(desk, upload)

    def publish(account: Account, identity: str, name: str, over: bool, *values: Any) -> tuple[Any, ...]:
        upload, fields = desk.shelf.upload(identity), _given(values)
        path = desk.shelf.path_for(name or fields["title"], fields["language"], upload.suffix)
        examined = upload.examined
        taken = desk.shelf.is_taken(path)
        publishable = examined is not None and examined.publishable
        if not publishable or (taken and over is not True):
            note = (
                desk.said("documents.not_publishable") if not publishable else desk.said("documents.taken", path=path)
            )
            return markup.note(note, bad=True), *_waiting_list(desk, identity), *_kept_form(), *[gr.skip()] * 4
        desk.shelf.describe(upload, fields)
        try:
            desk.shelf.publish(upload, path, over is True)
        except FileExistsError:
            note = markup.note(desk.said("documents.taken", path=path), bad=True)
            return note, *_waiting_list(desk, identity), *_kept_form(), *[gr.skip()] * 4
        desk.note(account, "document_replaced" if taken else "document_published", path, upload=upload.id)
        progress = _rebuilt(desk, account)
        note = markup.note(desk.said("documents.published_now", path=path))
        return note, *_waiting_list(desk), *_no_form(), *_listed(desk), *progress

    def discard(account: Account, identity: str) -> tuple[Any, ...]:
        upload = desk.shelf.upload(identity)
        desk.shelf.discard(identity)
        desk.note(account, "document_discarded", upload.name)
        return markup.note(desk.said("documents.discarded", name=upload.name)), *_waiting_list(desk), *_no_form()

    desk.on(tab.select, look, [], [*lists, *form], place=said, quiet=True)
    desk.on(parts.look.click, newest, [], [*lists, *form], place=said, quiet=True)
    desk.on(parts.choice.input, open_, [parts.choice], form, place=said)
    desk.on(parts.save.click, save, [parts.choice, *parts.fields], [*lists, *form], place=said)
    inputs = [parts.choice, parts.name, parts.over, *parts.fields]
    desk.on(parts.publish.click, publish, inputs, [*lists, *form, *corpus], place=said)
    desk.on(parts.discard.click, discard, [parts.choice], [*lists, *form], place=said)


def _waiting_list(desk: Desk, chosen: str | None = None) -> tuple[Any, Any]:
    uploads = desk.shelf.uploads()
    rows = [
        (
            upload.name,
            _size(upload.bytes),
            upload.by,
            desk.when(datetime.fromisoformat(upload.at)),
            str(upload.examined.pages) if upload.examined else "–",
            str(upload.examined.chunks) if upload.examined else "–",
            _verdict(desk, schemas.verdict(upload.examined.verdict, desk.words) if upload.examined else None),
        )
        for upload in uploads
    ]
    columns = desk.columns("file", "size", "by", "at", "pages", "chunks", "outcome")
    choices = [(upload.name, upload.id) for upload in uploads]
    table = markup.table(desk.said("documents.waiting_table"), columns, rows, desk.said("documents.nothing_waits"))
    return table, gr.Dropdown(choices=choices, value=chosen)


def _size(size: int) -> Html:
    kilobytes = size / 1000
    return markup.unbroken(
        f"{kilobytes:.0f} kB" if kilobytes < 1000 else f"{kilobytes / 1000:.1f} MB".replace(".", ",")
    )


def _form(desk: Desk, upload: Upload) -> tuple[Any, ...]:
    """Preview, fields, name and „zastąp” of an upload."""
    examined = upload.examined
    if examined is None or not examined.publishable:
        return _no_form()
    fields = {**dict.fromkeys(FIELDS, ""), **examined.fields}
    name = desk.shelf.path_for(fields["title"], "", "")
    title = desk.said("documents.preview", title=fields["title"], pages=examined.pages, chunks=examined.chunks)
    shown = _pieces(desk, title, examined.pieces, examined.chunks)
    return shown, *(fields[field] for field in FIELDS), name, False


def _no_form() -> tuple[Any, ...]:
    return "", *[""] * len(FIELDS), "", False


def _kept_form() -> tuple[Any, ...]:
    return tuple([gr.skip()] * (len(FIELDS) + 3))
