"""Answers, passages and verdicts on a terminal. Text of documents and people is shown, never obeyed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..domain.answers import Answer, Citation, Retrieval, Sentence, Status, Suggestion
from ..domain.documents import UnitKind
from ..domain.text import clean
from ..prompts import Words

CONTEXT_CHARS = 120  # characters of the source shown on each side of a quote
LONG_QUOTE = 400  # a longer quote (a list given whole) is shown by its first words
RULER = re.compile(r"\|?(?:\s*:?-{3,}:?\s*\|)+")  # the line under a Markdown table's header
OPENINGS = {Status.PARTIAL: "answers.partial", Status.NOT_FOUND: "answers.not_found_said"}
COLOURS = {Status.ANSWERED: "green", Status.PARTIAL: "yellow"}


@dataclass(frozen=True)
class Context:
    """What stands around a quote in its source; `paged` when the source has more than one page."""

    before: str
    after: str
    paged: bool


def safe(text: str) -> str:
    """Text that cannot steer a terminal: control, direction, unassigned and line-ending characters become "·"."""
    return "".join("·" if c not in "\n\t" and _unseen(c) else c for c in text)


def _unseen(c: str) -> bool:
    category = unicodedata.category(c)
    return category[0] == "C" or category in ("Zl", "Zp")


def answer(value: Answer, contexts: Sequence[Context], words: Words) -> RenderableType:
    """The answer, its notices, its numbered sources with the quote in context, and where else to look.

    `contexts` belong to the citations, same order.
    """
    colour = COLOURS.get(value.status, "cyan")
    fixed = value.text if not value.sentences else ""
    opening = [Text(words.text(OPENINGS[value.status]))] if value.status in OPENINGS and value.sentences else []
    body: list[RenderableType] = [Text(safe(fixed))] if fixed else [*opening, *_sentences(value.sentences)]
    body += [Text(safe(notice), style="dim italic") for notice in value.notices]
    parts: list[RenderableType] = [
        Panel(Group(*body), title=words.text(f"status.{value.status.value}"), title_align="left", border_style=colour)
    ]
    if value.citations:
        parts += [Text(words.text("cli.sources"), style="bold"), *_sources(value.citations, contexts, words)]
    if value.suggestions:
        parts += _suggestions(value.status, value.suggestions, words)
    return Group(*parts)


def passages(found: Retrieval, words: Words) -> RenderableType:
    """Search results: place, score, which leg, where it stands, its beginning."""
    table = Table(show_lines=True, expand=True)
    for heading in ("rank", "score", "found_by", "where", "text"):
        table.add_column(words.text(f"cli.column_{heading}"), ratio=None if heading != "text" else 1)
    for item in found.passages:
        where = place(item.metadata.title, item.chunk.pages, item.chunk.headings, words)
        text = " ".join(item.chunk.text.split())
        table.add_row(
            str(item.rank),
            f"{item.score:.2f}",
            words.text(f"cli.{item.found_by.value}"),
            Text(safe(where)),
            Text(safe(text[: 2 * CONTEXT_CHARS])),
        )
    return table


def place(title: str, pages: tuple[int, int] | None, headings: Sequence[str], words: Words) -> str:
    """Where something stands: title, page, the last two headings of its path."""
    path = [heading for heading in headings[1:] or headings if heading != title][-2:]
    return " › ".join(part for part in (title, _pages(pages, words), *path) if part)


def _pages(pages: tuple[int, int] | None, words: Words) -> str:
    if pages is None:
        return ""
    return words.text("cli.pages", pages=str(pages[0]) if pages[0] == pages[1] else f"{pages[0]}–{pages[1]}")


def verdicts(rows: Iterable[dict[str, object]], words: Words) -> Table:
    """One line a file: path, outcome, what to know."""
    table = Table(expand=True)
    for heading in ("file", "outcome", "note"):
        table.add_column(words.text(f"cli.column_{heading}"))
    for row in rows:
        warnings = [str(w["message"]) for w in row["warnings"]]  # type: ignore[attr-defined]
        note = "\n".join([*warnings, str(row["message"]), str(row["hint"])]).strip()
        outcome = str(row["outcome"])
        style = {"refused": "red", "indexed_with_warnings": "yellow"}.get(outcome, "green")
        table.add_row(
            Text(safe(str(row["path"]).replace("\n", "⏎"))),
            Text(words.text(f"outcome.{outcome}"), style),
            Text(safe(note)),
        )
    return table


def checks(rows: Iterable[dict[str, Any]]) -> RenderableType:
    """What was looked at: a line each, and for what failed what to do."""
    lines = []
    for row in rows:
        details = ", ".join(f"{name}: {value}" for name, value in row["details"].items() if value not in ("", [], ()))
        said = "".join(f"\n  {row[part]}" for part in ("message", "hint") if row[part])
        lines.append(Text(safe(f"{'✔' if row['ok'] else '✘'} {row['name']}  {details}{said}")))
    return Group(*lines)


def console(stderr: bool = False) -> Console:
    """The terminal; plain text when it is a pipe."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def _sentences(sentences: Sequence[Sentence]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for sentence in sentences:
        text = Text(safe(sentence.text))
        text.append("".join(f" [{n}]" for n in sentence.citations), style="bold cyan")
        listed = sentence.form in (UnitKind.ITEM, UnitKind.ROW)
        bullet = Text("• ") if listed and not sentence.text[:1].isdigit() else Text("")
        lines.append(Padding(bullet + text, (0, 0, 0, 2 if listed else 0)))
    return lines


def _sources(citations: Sequence[Citation], contexts: Sequence[Context], words: Words) -> list[RenderableType]:
    """Citations under the title of their document, which is named once."""
    lines: list[RenderableType] = []
    named = ""
    for citation, context in zip(citations, contexts, strict=True):
        if citation.document_id != named:
            named = citation.document_id
            lines.append(_document(citation, words))
        lines.append(_citation(citation, context, words))
    return lines


def _document(value: Citation, words: Words) -> Text:
    title = Text(safe(value.title), style="bold underline")
    dates = [words.text("cli.edition", edition=value.edition)] if value.edition else []
    dates += [words.text("cli.state_of_law", date=value.state_of_law)] if value.state_of_law else []
    return title.append(safe("".join(f", {date}" for date in dates)), style="not bold not underline dim")


def _citation(value: Citation, context: Context, words: Words) -> RenderableType:
    head = Text(f"[{value.n}] ", style="bold cyan")
    where = place("", value.pages if context.paged else None, value.headings, words)
    head.append(safe(where), style="bold")
    quote = " ".join(RULER.sub(" ", value.quote).split())
    shown = quote if len(quote) <= LONG_QUOTE else quote[:LONG_QUOTE].rpartition(" ")[0] + " …"
    before, after = _before(context.before), _after(context.after)
    around = Text(f"… {safe(before)} " if before else "", style="dim")
    around.append(safe(shown), style="not dim reverse")
    around.append(f" {safe(after)} …" if after else "", style="dim")
    return Padding(Group(head, around), (0, 0, 1, 2))


def _before(text: str) -> str:
    """The end of the quote's own paragraph before it, in whole words, without Markdown's marks."""
    paragraph = text.rpartition("\n\n")[2]
    cut = len(paragraph) >= CONTEXT_CHARS and not paragraph[:1].isspace()
    return _readable(paragraph.partition(" ")[2] if cut else paragraph)


def _after(text: str) -> str:
    paragraph = text.partition("\n\n")[0]
    cut = len(paragraph) >= CONTEXT_CHARS and not paragraph[-1:].isspace()
    return _readable(paragraph.rpartition(" ")[0] if cut else paragraph)


def _readable(text: str) -> str:
    return " ".join(clean(RULER.sub(" ", text), markup=True).text.split())


def _suggestions(status: Status, items: Sequence[Suggestion], words: Words) -> list[RenderableType]:
    title = words.text("cli.try") if status is Status.BLOCKED else words.text("answers.nearest")
    lines = [Text(f"  → {safe(place(s.title, None, s.headings, words) if s.title else s.text)}") for s in items]
    return [Text(title, style="bold"), *lines]
