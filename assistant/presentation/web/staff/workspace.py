"""The Blocks of one language and role, as an ASGI application.

Built the same in every server process: events are numbered in the order in which the tabs are made.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from fastapi import FastAPI

from ....domain.conversations import Role
from .desk import Desk
from .gate import ROOT
from .tabs import asking, documents, gaps, index, journal, opinions, searching, settings, switch, traffic

TABS: tuple[tuple[str, Any, Role], ...] = (
    ("asking", asking, Role.EDITOR),
    ("documents", documents, Role.EDITOR),
    ("opinions", opinions, Role.EDITOR),
    ("gaps", gaps, Role.EDITOR),
    ("searching", searching, Role.EDITOR),
    ("index", index, Role.EDITOR),
    ("traffic", traffic, Role.EDITOR),
    ("switch", switch, Role.ADMIN),
    ("settings", settings, Role.ADMIN),
    ("journal", journal, Role.ADMIN),
)
FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif")
ACCENT = gr.themes.Color(
    *("#eef4fb", "#dce8f6", "#bcd3ee", "#8fb4e0", "#5f91cf", "#1d4f91"),
    *("#1a4884", "#163d70", "#12325c", "#0e2748", "#0a1b33"),
    name="accent",
)
INK, FAINT, GROUND = ("#1a1f26", "#e8ebef"), ("#4b5563", "#b3bcc8"), ("#ffffff", "#16191d")
COLOURS = {  # (light, dark)
    "body_text_color": INK,
    "body_text_color_subdued": FAINT,
    "body_background_fill": GROUND,
    "block_label_text_color": INK,
    "block_title_text_color": INK,
    "block_info_text_color": FAINT,
    "input_border_color": ("#7b8794", "#7b8794"),
    "input_background_fill": GROUND,
    "input_placeholder_color": FAINT,
    "button_primary_background_fill": ("#1d4f91", "#9cc4f5"),
    "button_primary_background_fill_hover": ("#163d70", "#bcd8fa"),
    "button_primary_text_color": ("#ffffff", "#16191d"),
    "button_cancel_background_fill": ("#a01d1d", "#ff9c9c"),
    "button_cancel_background_fill_hover": ("#7d1515", "#ffb8b8"),
    "button_cancel_text_color": ("#ffffff", "#16191d"),
}
MONO = ("ui-monospace", "Liberation Mono", "monospace")


def build(desk: Desk, role: Role) -> gr.Blocks:
    """The tabs a role may see; each handler asks for the role again."""
    with gr.Blocks(title=desk.said("title"), analytics_enabled=False, fill_width=True) as blocks, gr.Tabs():
        for name, module, wanted in TABS:
            if wanted is Role.ADMIN and role is not Role.ADMIN:
                continue
            with gr.Tab(desk.said(f"tab.{name}"), id=name, elem_id=f"tab-{name}") as tab:
                module.build(desk, tab)
    return blocks


def application(desk: Desk, role: Role) -> FastAPI:
    """The workspace as it is mounted at /staff/<lang>; its lifespan has to be entered before the first request."""
    return gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        build(desk, role),
        f"{ROOT}/{desk.words.lang}",
        theme=_theme(),
        footer_links=[],
        run_history=False,
        show_error=False,
        allowed_paths=[],
        max_file_size=1,  # files come through /staff/upload
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
    )


def _theme() -> gr.Theme:
    """The machine's own fonts, nothing from elsewhere; text has a contrast of at least 4.5:1, edges of 3:1."""
    colours = {f"{name}{mode}": pair[n] for name, pair in COLOURS.items() for n, mode in enumerate(("", "_dark"))}
    base = gr.themes.Base(
        primary_hue=ACCENT,
        neutral_hue="slate",
        text_size="sm",
        spacing_size="sm",
        radius_size="sm",
        font=FONT,
        font_mono=MONO,
    )
    return base.set(
        **colours,
        input_border_width="1px",
        button_large_text_size="*text_md",
        button_large_text_weight="600",
        button_large_padding="8px 16px",
    )
