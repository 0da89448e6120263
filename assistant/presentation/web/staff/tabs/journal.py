"""„Dziennik”: who of the staff did what."""

from __future__ import annotations

from typing import Any

import gradio as gr

from .....domain.conversations import Account, AuditEntry, Role
from .. import markup
from ..desk import Desk
from ..markup import Html
from .periods import page_of

PAGE = 50
ACTIONS = (
    "signed_in",
    "signed_out",
    "document_uploaded",
    "document_described",
    "document_published",
    "document_replaced",
    "document_discarded",
    "document_removed",
    "index_started",
    "index_verified",
    "feedback_exported",
    "gaps_exported",
    "switch_closed",
    "switch_opened",
)


def build(desk: Desk, tab: gr.Tab) -> None:
    """A filter and the entries."""
    days = desk.service.settings.retention.audit_days
    gr.Markdown(f"## {desk.said('journal.title')}\n\n{desk.said('journal.intro', days=days)}")
    with gr.Row():
        actions = [(desk.said("all"), ""), *((desk.said(f"action.{name}"), name) for name in ACTIONS)]
        action = gr.Dropdown(actions, value="", label=desk.said("column.action"))
        page = gr.Number(1, label=desk.said("page"), minimum=1, precision=0)
        button = gr.Button(desk.said("show"), variant="primary", scale=0, min_width=160)
    said, shown = desk.place(), desk.shown()

    def show(account: Account, action: str, page: Any) -> tuple[Any, ...]:
        found = desk.service.stores.audit.entries(PAGE + 1, PAGE * page_of(page), action or None)
        return "", entries(desk, found)

    for listen in (button.click, action.input, page.submit):
        desk.on(listen, show, [action, page], [shown], place=said, role=Role.ADMIN)
    desk.on(tab.select, show, [action, page], [shown], place=said, role=Role.ADMIN, quiet=True)


def entries(desk: Desk, found: list[AuditEntry], caption: str = "", empty: str = "") -> Html:
    """Audit entries as a table; one more than a page says that there are more."""
    columns = desk.columns("at", "actor", "action", "subject", "details")
    rows = [
        (
            desk.when(entry.at, "%Y-%m-%d %H:%M:%S"),
            entry.actor,
            desk.known(f"action.{entry.action}", entry.action),
            entry.subject or "–",
            ", ".join(f"{name}: {value}" for name, value in entry.details.items() if value) or "–",
        )
        for entry in found[:PAGE]
    ]
    table = markup.table(caption or desk.said("journal.table"), columns, rows, empty or desk.said("empty"))
    return markup.joined([table, markup.paragraph(desk.said("more"), "faint") if len(found) > PAGE else Html("")])
