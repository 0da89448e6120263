"""„Indeks”: the live generation, what is kept, its proof, and what works of the rest."""

from __future__ import annotations

from collections import Counter
from typing import Any

import gradio as gr

from .....domain.conversations import Account
from .....errors import AssistantError
from .....indexing import manifest, pointer
from .....indexing.manifest import Manifest
from .....indexing.records import Check
from .... import schemas
from .. import apart, markup
from ..desk import Desk
from ..markup import Html


def build(desk: Desk, tab: gr.Tab) -> None:
    """Generations, buttons, reports."""
    gr.Markdown(f"## {desk.said('index.title')}\n\n{desk.said('index.intro')}")
    said = desk.place()
    with gr.Row():
        look_again = gr.Button(desk.said("refresh"))
        verify = gr.Button(desk.said("index.verify"), elem_id="index-verify")
        strict = gr.Button(desk.said("index.verify_strict"))
        doctor = gr.Button(desk.said("index.doctor"))
    report, generations = desk.shown(), desk.shown()

    def look(account: Account) -> tuple[Any, ...]:
        return "", _generations(desk)

    def prove(account: Account, strictly: bool) -> tuple[Any, ...]:
        made = apart.run(apart.verify, desk.service.settings, strictly)
        desk.note(account, "index_verified", made.generation, strict=strictly, ok=made.ok)
        title = desk.said("index.report", generation=made.generation, seconds=f"{made.seconds:.1f}")
        return markup.note(desk.said("index.sound" if made.ok else "index.unsound"), bad=not made.ok), _checks(
            desk, title, made.checks
        )

    def examine(account: Account) -> tuple[Any, ...]:
        return "", _checks(desk, desk.said("index.doctor_report"), list(desk.service.doctor()))

    desk.on(tab.select, look, [], [generations], place=said, quiet=True)
    desk.on(look_again.click, look, [], [generations], place=said)
    desk.on(verify.click, lambda account: prove(account, False), [], [report], place=said, slow=True)
    desk.on(strict.click, lambda account: prove(account, True), [], [report], place=said, slow=True)
    desk.on(doctor.click, examine, [], [report], place=said)


def _generations(desk: Desk) -> Html:
    indexes = desk.service.settings.indexes
    live = pointer.current(indexes)
    columns = desk.columns("generation", "state", "created", "documents", "refused", "chunks", "units", "embedder")
    rows = [_row(desk, indexes / name, live) for name in reversed(pointer.names(indexes))]
    return markup.joined(
        [
            markup.table(desk.said("index.generations"), columns, rows, desk.said("empty")),
            _verdicts(desk),
        ]
    )


def _row(desk: Desk, folder: Any, live: str) -> tuple[str, ...]:
    state = desk.said("index.live" if folder.name == live else "index.kept")
    try:
        made: Manifest = manifest.read(folder)
    except AssistantError as error:
        return (folder.name, desk.said_of(error), *[""] * 6)
    counts = made.counts
    numbers = (counts.documents, counts.refused, counts.chunks, counts.units)
    return (folder.name, state, made.created_at[:19], *(str(n) for n in numbers), made.recipe.embedder)


def _verdicts(desk: Desk) -> Html:
    """How each file of the last build ended; first those with something to know."""
    rows = [schemas.verdict(verdict, desk.words) for verdict in desk.service.verdicts()]
    order = {"refused": 0, "indexed_with_warnings": 1, "indexed": 2}
    shown = [
        (row["path"], outcome(desk, row), said_of(desk, row))
        for row in sorted(rows, key=lambda row: order[row["outcome"]])
    ]
    table = markup.table(
        desk.said("index.verdicts"), desk.columns("path", "outcome", "note"), shown, desk.said("empty")
    )
    counts = Counter(row["outcome"] for row in rows)
    summary = ", ".join(f"{desk.words.text(f'outcome.{name}')}: {counts[name]}" for name in order if counts[name])
    return markup.details(f"{desk.said('index.verdicts')} ({summary})", table)


def outcome(desk: Desk, row: Any) -> Html:
    """A verdict's outcome (see schemas.verdict) as a chip."""
    return markup.block(f"chip outcome-{row['outcome']}", desk.words.text(f"outcome.{row['outcome']}"), tag="strong")


def said_of(desk: Desk, row: Any) -> str:
    """What the person who added the file should know."""
    warnings = [warning["message"] for warning in row["warnings"]]
    hint = desk.known(f"hint.{row['error']}", row["hint"]) if row["error"] else ""
    return "\n".join(part for part in (*warnings, row["message"], hint) if part) or "–"


def _checks(desk: Desk, caption: str, checks: Any) -> Html:
    rows = [_check(desk, schemas.check(check, desk.words), check) for check in checks]
    return markup.table(caption, desk.columns("check", "outcome", "details"), rows, desk.said("empty"))


def _check(desk: Desk, row: Any, check: Check) -> tuple[str, ...]:
    details = ", ".join(f"{name}: {value}" for name, value in check.details.items() if value not in ("", [], ()))
    said = "\n".join(part for part in (details, row["message"], row["hint"]) if part)
    chip = markup.block(
        "chip outcome-indexed" if check.ok else "chip outcome-refused",
        desk.said("index.ok" if check.ok else "index.bad"),
        tag="strong",
    )
    return desk.known(f"check.{check.name}", check.name), chip, said or "–"
