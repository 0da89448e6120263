"""Choosing a period and a page: what tabs with lists over time share."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ..desk import Desk

DAYS = (7, 30, 90, 365)
USUAL = 30


def choice(desk: Desk, usual: int = USUAL) -> gr.Dropdown:
    """The last so many days."""
    choices = [(desk.said("days", days=days), str(days)) for days in DAYS]
    return gr.Dropdown(choices, value=str(usual), label=desk.said("period"))


def days_of(value: Any) -> int:
    """The period chosen, the usual one for nonsense."""
    return int(value) if str(value) in {str(days) for days in DAYS} else USUAL


def page_of(value: Any) -> int:
    """The page chosen, from 0."""
    return min(max(int(value), 1), 10_000) - 1 if isinstance(value, int | float) else 0
