"""Documents that wait to be published: upload, verdict, preview, description; part of „Dokumenty”.

A file is judged before anybody can publish it. What a person called it is shown and never used as a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import gradio as gr

from .....domain.conversations import Account
from .... import schemas
from .. import markup, receiving
from ..desk import Desk
from ..markup import Html
from ..shelf import FIELDS, Upload
from . import pieces
from .building import Building, rebuild
from .published import Published, listed


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


def lay_out(desk: Desk) -> Waiting:
    """Field for files, list, form, buttons."""
    megabytes = desk.service.settings.staff.upload_mb
    gr.Markdown(desk.said("documents.upload_intro", megabytes=megabytes))
    gr.Markdown(_drop(desk), elem_classes=["shown"], latex_delimiters=[], container=False)
    look = gr.Button(desk.said("refresh"), elem_id="upload-look", size="sm", scale=0)  # staff.js presses it, too
    table = desk.shown()
    choice = gr.Dropdown([], label=desk.said("documents.choose_upload"), elem_id="upload-choice")
    fields = pieces.fields(desk, "upload")
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


def connect(
    desk: Desk, tab: gr.Tab, said: gr.Markdown, parts: Waiting, published: Published, building: Building
) -> None:
    """What its events do."""
    form = [parts.preview, *parts.fields, parts.name, parts.over]
    lists = [parts.table, parts.choice]
    corpus = [published.table, published.choice, building.shown, building.timer]

    def look(account: Account) -> tuple[Any, ...]:
        return "", *_list(desk), *_no_form()

    def newest(account: Account) -> tuple[Any, ...]:
        uploads = desk.shelf.uploads()
        if not uploads:
            return look(account)
        return "", *_list(desk, uploads[0].id), *_form(desk, uploads[0])

    def open_(account: Account, identity: str) -> tuple[Any, ...]:
        return "", *(_form(desk, desk.shelf.upload(identity)) if identity else _no_form())

    def save(account: Account, identity: str, *values: Any) -> tuple[Any, ...]:
        upload = desk.shelf.upload(identity)
        desk.shelf.describe(upload, pieces.given(values))
        upload = receiving.judged(desk.service, upload)
        desk.note(account, "document_described", upload.name, upload=upload.id)
        return markup.note(desk.said("documents.saved_upload")), *_list(desk, identity), *_form(desk, upload)

    def publish(account: Account, identity: str, name: str, over: bool, *values: Any) -> tuple[Any, ...]:
        upload, fields = desk.shelf.upload(identity), pieces.given(values)
        path = desk.shelf.path_for(name or fields["title"], fields["language"], upload.suffix)
        taken = desk.shelf.is_taken(path)
        if upload.examined is None or not upload.examined.publishable:
            return _refused(desk.said("documents.not_publishable"))
        desk.shelf.describe(upload, fields)
        try:
            desk.shelf.publish(upload, path, over is True)
        except FileExistsError:
            return _refused(desk.said("documents.taken", path=path))
        desk.note(account, "document_replaced" if taken else "document_published", path, upload=upload.id)
        building_now = rebuild(desk, account)
        note = markup.note(desk.said("documents.published_now", path=path))
        return note, *_list(desk), *_no_form(), *listed(desk), *building_now

    def discard(account: Account, identity: str) -> tuple[Any, ...]:
        upload = desk.shelf.upload(identity)
        desk.shelf.discard(identity)
        desk.note(account, "document_discarded", upload.name)
        return markup.note(desk.said("documents.discarded", name=upload.name)), *_list(desk), *_no_form()

    desk.on(tab.select, look, [], [*lists, *form], place=said, quiet=True)
    desk.on(parts.look.click, newest, [], [*lists, *form], place=said, quiet=True)
    desk.on(parts.choice.input, open_, [parts.choice], form, place=said)
    desk.on(parts.save.click, save, [parts.choice, *parts.fields], [*lists, *form], place=said, slow=True)
    inputs = [parts.choice, parts.name, parts.over, *parts.fields]
    desk.on(parts.publish.click, publish, inputs, [*lists, *form, *corpus], place=said)
    desk.on(parts.discard.click, discard, [parts.choice], [*lists, *form], place=said)


def _drop(desk: Desk) -> Html:
    """Where staff.js puts the field for files, with the words it needs; it takes its limits from here."""
    words = ("choose", "sending", "taken", "failed")
    said = (markup.block(f"drop-{name}", desk.said(f"documents.drop_{name}"), tag="span") for name in words)
    return markup.block("drop", *said)


def _list(desk: Desk, chosen: str | None = None) -> tuple[Any, Any]:
    uploads = desk.shelf.uploads()
    rows = [
        (
            upload.name,
            _size(upload.bytes),
            upload.by,
            desk.when(datetime.fromisoformat(upload.at)),
            str(upload.examined.pages) if upload.examined else "–",
            str(upload.examined.chunks) if upload.examined else "–",
            pieces.verdict(desk, schemas.verdict(upload.examined.verdict, desk.words) if upload.examined else None),
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
    shown = pieces.chunks(desk, title, examined.pieces, examined.chunks)
    return shown, *(fields[field] for field in FIELDS), name, False


def _no_form() -> tuple[Any, ...]:
    return "", *[""] * len(FIELDS), "", False


def _refused(why: str) -> tuple[Any, ...]:
    """Nothing was published, and everything stays as it is."""
    return markup.note(why, bad=True), *[gr.skip()] * (2 + len(FIELDS) + 3 + 4)
