"""„Dokumenty”: what is in the corpus, what waits to get in, and building the index anew."""

from __future__ import annotations

import gradio as gr

from ..desk import Desk
from . import building, published, waiting


def build(desk: Desk, tab: gr.Tab) -> None:
    """The index's state above, the two lists below."""
    gr.Markdown(f"## {desk.said('documents.title')}\n\n{desk.said('documents.intro')}")
    said = desk.place()
    index = building.lay_out(desk)
    with gr.Tabs():
        with gr.Tab(desk.said("documents.published"), elem_id="documents-published"):
            corpus = published.lay_out(desk)
        with gr.Tab(desk.said("documents.waiting"), elem_id="documents-waiting") as waiting_tab:
            uploads = waiting.lay_out(desk)
    building.connect(desk, said, index, [corpus.table, corpus.choice], lambda: published.refreshed(desk))
    published.connect(desk, tab, said, corpus, index)
    waiting.connect(desk, waiting_tab, said, uploads, corpus, index)
