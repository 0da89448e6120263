"""A conversation as Markdown with footnotes (`[^1]`, as GitHub and Pandoc read them).

Escaping follows CommonMark 0.31 (a backslash before ASCII punctuation makes it text) and covers what
GitHub and Pandoc add: tables, strikeout, bare links, mathematics, citations, attributes, emoji. One thing
cannot be escaped: GitHub links an e-mail address, visibly to itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ...domain.conversations import Conversation
from ...prompts import Words
from .blocks import Block, Listing, Paragraph, Text
from .outline import SIGN, Entry, Note, made_by, models, outline

# "!" only matters before a bracket, which is escaped, or before one of ours: at the end
_MARKS = re.compile(r"[\\`*_{}\[\]<>|~$^@&#]|:(?=//|[\w+-]+:)|-(?=-)|(?<=www)\.|!$", re.IGNORECASE)
_OPENING = re.compile(r"[-+=:%]")
_NUMBER = re.compile(r"(\(?(?:[0-9]{1,9}|[A-Za-z]|[ivxlcdmIVXLCDM]{1,9}))([.)])(?=\s|$)")


def as_markdown(conversation: Conversation, words: Words) -> bytes:
    """The conversation as a Markdown file in UTF-8; `words` give the language of what is not content."""
    laid = outline(conversation, words)
    mark = ", ".join(f"{key}={_comment(value)}" for key, value in made_by(models(conversation.messages)).items())
    lines = [f"# {escaped(laid.title)}", f"<!-- ai-assistant: {mark} -->", escaped(laid.date)]
    lines += [f"> {escaped(laid.statement)}"]
    lines += [escaped(laid.empty)] if laid.empty else []
    for entry in laid.entries:
        lines += _entry(entry, words)
    lines += [note_line(note, words) for note in laid.notes]
    return ("\n\n".join(lines) + "\n").encode()


def escaped(text: str) -> str:
    """A clean line that renders as these characters wherever it stands: in a paragraph, item, cell or heading."""
    text = _MARKS.sub(r"\\\g<0>", text)
    if _OPENING.match(text):
        return "\\" + text
    return _NUMBER.sub(r"\1\\\2", text, count=1) if _NUMBER.match(text) else text


def _entry(entry: Entry, words: Words) -> Iterator[str]:
    yield f"## {escaped(entry.heading)}"
    if entry.question:
        yield f"> {escaped(entry.question)}"
    yield f"*{escaped(entry.status)}*"
    yield from map(escaped, (*entry.remarks, *entry.opening))
    for block in entry.blocks:
        yield from _block(block, words)
    yield from map(escaped, entry.notices)
    if entry.suggestions_title:
        yield escaped(entry.suggestions_title)
    if entry.suggestions:
        yield "\n".join(f"- {escaped(item)}" for item in entry.suggestions)


def _block(block: Block, words: Words) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield _text(block.text)
    elif isinstance(block, Listing):
        start = block.start
        marks = ("-" if start is None else f"{start + place}{block.mark}" for place in range(len(block.items)))
        yield "\n".join(f"{mark} {_text(item)}" for mark, item in zip(marks, block.items, strict=True))
    else:
        yield "\n".join(_table(block.header, block.rows))
        if block.notes:
            yield escaped(words.text("export.table_source")) + _references(block.notes)


def _table(header: Sequence[Text], rows: Iterable[Sequence[Text]]) -> Iterator[str]:
    """GitHub's tables have a header; without one it is empty."""
    rows = list(rows)
    width = len(header or rows[0])
    yield "| " + " | ".join(map(_text, header) if header else [" "] * width) + " |"
    yield "|" + " --- |" * width
    for row in rows:
        yield "| " + " | ".join(map(_text, row)) + " |"


def _text(text: Text) -> str:
    return escaped(text.words) + (f" {SIGN}" if text.generated else "") + _references(text.notes)


def _references(notes: Iterable[int]) -> str:
    return "".join(f"[^{n}]" for n in notes)


def note_line(note: Note, words: Words) -> str:
    """A note at the end: document, place, quote."""
    where = f", {escaped(note.where)}" if note.where else ""
    quote = words.text("export.quote", quote="\0").split("\0")
    return f"[^{note.n}]: **{escaped(note.title)}**{where}. {quote[0]}{escaped(note.quote)}{quote[1]}"


def _comment(text: str) -> str:
    """Nothing in it ends an HTML comment."""
    return re.sub(r"[^\w .,:/-]|--", "", text)
