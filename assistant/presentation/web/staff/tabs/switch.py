"""„Wyłącznik”: closing the public surfaces with a reason, and opening them again."""

from __future__ import annotations

from typing import Any

import gradio as gr

from .....domain.conversations import Account, Role, SwitchState
from .... import exports
from .. import markup
from ..desk import Desk
from ..markup import Html
from ..shelf import one_line
from . import journal

REASON_CHARS = 300
HISTORY = 20


def build(desk: Desk, tab: gr.Tab) -> None:
    """The state, the reason, two buttons, what was done before."""
    gr.Markdown(f"## {desk.said('switch.title')}\n\n{desk.said('switch.intro')}")
    said, state = desk.place(), desk.shown()
    reason = gr.Textbox(
        label=desk.said("switch.reason"),
        info=desk.said("switch.reason_info"),
        max_length=REASON_CHARS,
        elem_id="switch-reason",
    )
    with gr.Row():
        close = gr.Button(desk.said("switch.close"), variant="stop", elem_id="switch-close")
        reopen = gr.Button(desk.said("switch.open"), variant="primary", elem_id="switch-open")
    history = desk.shown()
    switch = desk.service.stores.switch

    def look(account: Account) -> tuple[Any, ...]:
        return "", _state(desk, switch.state()), _history(desk)

    def shut(account: Account, why: str) -> tuple[Any, ...]:
        why = one_line(why or "")[:REASON_CHARS]
        if not why:
            return markup.note(desk.said("switch.reason_missing"), bad=True), *look(account)[1:]
        switch.close(why, account.name)
        return markup.note(desk.said("switch.closed_now")), *look(account)[1:]

    def unshut(account: Account) -> tuple[Any, ...]:
        switch.open(account.name)
        return markup.note(desk.said("switch.opened_now")), *look(account)[1:]

    outputs = [state, history]
    desk.on(tab.select, look, [], outputs, place=said, role=Role.ADMIN, quiet=True)
    desk.on(close.click, shut, [reason], outputs, place=said, role=Role.ADMIN)
    desk.on(reopen.click, unshut, [], outputs, place=said, role=Role.ADMIN)


def _state(desk: Desk, state: SwitchState) -> Html:
    chip = markup.block(
        "chip status-answered" if state.open else "chip status-blocked",
        desk.said(f"switch.{_name(state)}"),
        tag="strong",
    )
    since = exports.moment(state.since).strftime("%Y-%m-%d %H:%M") if state.since else ""
    parts: list[str] = [markup.block("line", chip)]
    if since:
        parts.append(markup.paragraph(desk.said("switch.since", since=since, actor=state.actor), "faint"))
    if state.reason:
        parts.append(markup.block("quote", state.reason, tag="blockquote"))
    return markup.block("card", *parts)


def _name(state: SwitchState) -> str:
    return "is_open" if state.open else "is_closed"


def _history(desk: Desk) -> Html:
    audit = desk.service.stores.audit
    both = [entry for action in ("switch_closed", "switch_opened") for entry in audit.entries(HISTORY, 0, action)]
    newest = sorted(both, key=lambda entry: entry.at, reverse=True)[:HISTORY]
    return journal.entries(desk, newest, desk.said("switch.history"), desk.said("switch.never"))
