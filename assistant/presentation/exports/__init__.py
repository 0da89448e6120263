"""What people take away: a conversation as JSON, Markdown or Word, a table of the workspace as CSV.

Words of people and documents are shown as text and never obeyed: no links, images, HTML, fields or
formulas come of them. Every file says by which means it was made, to people and to programs.
"""

from __future__ import annotations

from typing import Any

from ...domain.conversations import Conversation
from .. import schemas
from .markdown import as_markdown
from .outline import NAMES, made_by, models, moment
from .sheet import as_csv
from .word import as_docx

__all__ = ["TYPES", "as_csv", "as_docx", "as_json", "as_markdown", "name"]

TYPES = {
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv; charset=utf-8",
}


def as_json(conversation: Conversation) -> bytes:
    """The API's conversation; it and each of its messages say whether a model wrote ("generated")."""
    shown: dict[str, Any] = schemas.conversation(conversation)
    for row, message in zip(shown["messages"], conversation.messages, strict=True):
        row["generated"] = made_by(models([message]))
    return (schemas.line({"generated": made_by(models(conversation.messages)), **shown}) + "\n").encode()


def name(conversation: Conversation, kind: str) -> str:
    """A file name in ASCII with the day the conversation began; `kind` is a key of TYPES."""
    if kind not in TYPES:
        raise KeyError(kind)
    stem = NAMES.get(conversation.lang, NAMES["pl"])
    return f"{stem}-{moment(conversation.created_at):%Y-%m-%d}.{kind}"
