"""A report as Markdown with footnotes; a chart is its text alternative."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...prompts import Words
from .blocks import Listing, Paragraph, Table, Text
from .markdown import escaped, note_line
from .report_outline import Block, Draft, Heading, Outline, Remark

LINES = " / "  # between the lines of a cell, which has but one


def as_markdown(laid: Outline, words: Words) -> str:
    """The report; `words` are those of its language."""
    parts = [f"# {escaped(laid.title)}"]
    parts += [f"**{escaped(laid.organisation)}**"] if laid.organisation else []
    parts += ["\n".join(f"- {escaped(name)}: {escaped(told)}" for name, told in laid.facts)]
    parts += [f"> {escaped(laid.statement)}"]
    for part in laid.parts:
        parts.append(f"## {escaped(part.title)}")
        for block in part.blocks:
            parts += _block(block)
    parts += [note_line(note, words) for note in laid.notes]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"### {escaped(block.words)}"
    elif isinstance(block, Paragraph):
        yield _text(block.text)
    elif isinstance(block, Remark):
        yield (f"**{escaped(block.lead)}** " if block.lead else "") + _text(block.text)
    elif isinstance(block, Listing):
        yield "\n".join(f"- {_text(item)}" for item in block.items)
    elif isinstance(block, Draft):
        yield f"*{escaped(block.label)}*"
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", "\n".join(block.lines))), default=0))
        yield "\n".join([f"{fence}text", *block.lines, fence])
    elif isinstance(block, Table):
        if not block.quiet:
            yield f"**{escaped(block.caption)}**"
        yield "\n".join(_table(block))
    else:
        yield f"*{escaped(block.alternative)}*"


def _table(table: Table) -> Iterator[str]:
    yield _row(table.header)
    yield "|" + "|".join(" ---: " if n in table.numbers else " --- " for n in range(len(table.header))) + "|"
    for row in table.rows:
        yield _row(row)


def _row(cells: Iterable[Text]) -> str:
    return "| " + " | ".join(map(_text, cells)) + " |"


def _text(text: Text) -> str:
    told = LINES.join(filter(None, map(escaped, text.words.split("\n"))))
    return told + "".join(f"[^{n}]" for n in text.notes)
