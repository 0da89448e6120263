"""„Ustawienia”: all settings with their source, and the accounts; both only to read."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import gradio as gr

from .....domain.conversations import Account, Role
from .. import explained, markup
from ..desk import Desk
from ..markup import Html


def build(desk: Desk, tab: gr.Tab) -> None:
    """Accounts, then settings."""
    gr.Markdown(f"## {desk.said('settings.title')}\n\n{desk.said('settings.intro')}")
    said, shown = desk.place(), desk.shown()

    def look(account: Account) -> tuple[Any, ...]:
        return "", markup.joined([_accounts(desk), _settings(desk)])

    desk.on(tab.select, look, [], [shown], place=said, role=Role.ADMIN, quiet=True)


def _accounts(desk: Desk) -> Html:
    rows = [
        (account.name, desk.said(f"role.{account.role}"), desk.when(account.created_at, "%Y-%m-%d"))
        for account in desk.service.stores.accounts.list()
    ]
    columns = desk.columns("name", "role", "created")
    command = markup.joined(
        [desk.said("settings.add"), markup.block("", desk.said("settings.command"), tag="code")], " "
    )
    return markup.joined(
        [
            markup.table(desk.said("settings.accounts"), columns, rows, desk.said("empty")),
            markup.paragraph(command, "faint"),
        ]
    )


def _settings(desk: Desk) -> Html:
    """A table for each section."""
    descriptions = explained.descriptions(desk.service.settings.prompts, desk.words.lang)
    columns = desk.columns("setting", "value", "origin", "description")
    rows = explained.rows(desk.service.settings)
    tables = []
    for section, members in groupby(rows, lambda row: row.name.partition(".")[0] if "." in row.name else ""):
        caption = desk.known(f"section.{section or 'general'}", section)
        shown = [_row(desk, row, descriptions.get(explained.general(row.name), row.description)) for row in members]
        tables.append(markup.table(caption, columns, shown, "", "rows settings"))
    return markup.joined(tables)


def _row(desk: Desk, row: explained.Row, description: str) -> tuple[str, ...]:
    origin = markup.block(f"chip origin-{row.origin}", desk.said(f"origin.{row.origin}"), tag="span")
    return markup.block("", row.name, tag="code"), _value(desk, row), origin, description


def _value(desk: Desk, row: explained.Row) -> str:
    if row.secret:
        return desk.said("settings.unset" if row.value is None else "settings.set")
    named = {"True": desk.said("settings.true"), "False": desk.said("settings.false"), "": "–", None: "–"}
    return named.get(row.value, row.value or "–")
