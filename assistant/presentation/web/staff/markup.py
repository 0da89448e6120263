"""Tables, bars and other pieces of HTML for the workspace. Whatever comes from documents and people is escaped here.

Everything is one line: Gradio shows it as Markdown, where an HTML block goes up to the first empty line,
and cleans it once more in the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ...render import safe


class Html(str):
    """HTML of ours; any other str is text."""

    __slots__ = ()


def text(value: object) -> Html:
    """Text as HTML. What would steer the reader's eye (direction, zero width, control) becomes "·"."""
    shown = escape(safe(str(value).replace("\r\n", "\n").replace("\t", " ")))
    return Html(shown.replace("\n", "&#10;").replace("`", "&#96;").replace("$", "&#36;"))


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Pieces one after another."""
    return Html(text(between).join(_html(part) for part in parts))


def block(kind: str, *parts: str, tag: str = "div") -> Html:
    """A block of a CSS class."""
    return Html(f'<{tag} class="{kind}">{joined(parts)}</{tag}>')


def heading(words: str, level: int = 3) -> Html:
    """A heading."""
    return Html(f"<h{level}>{text(words)}</h{level}>")


def paragraph(words: str, kind: str = "") -> Html:
    """A paragraph."""
    return block(kind or "plain", words, tag="p")


def unbroken(words: str) -> Html:
    """Text that stays in one line: a date, a number with its unit."""
    return block("unbroken", words, tag="span")


def note(words: str, bad: bool = False) -> Html:
    """What came of an action; "" when there is nothing to say."""
    return block("said bad" if bad else "said", words) if words else Html("")


def items(parts: Iterable[str]) -> Html:
    """A list."""
    return Html(f"<ul>{''.join(f'<li>{_html(part)}</li>' for part in parts)}</ul>")


def details(summary: str, body: str) -> Html:
    """Something to open."""
    return Html(f"<details><summary>{_html(summary)}</summary>{_html(body)}</details>")


def link(address: str, words: str, download: bool = False) -> Html:
    """A link to a place of ours."""
    return Html(f'<a class="button" href="{text(address)}"{" download" if download else ""}>{text(words)}</a>')


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str, kind: str = "") -> Html:
    """A table whose first column heads its rows; `empty` is said when there are no rows."""
    body = "".join(_row(row) for row in rows)
    if not body:
        return paragraph(empty, "empty")
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in columns)
    shown = f"<caption>{text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return Html(f'<div class="scroll"><table class="{kind or "rows"}">{shown}</table></div>')


def bars(caption: str, columns: tuple[str, str], rows: Sequence[tuple[str, float, str]], empty: str) -> Html:
    """A bar chart that is a table too: rows of (label, value >= 0, value in words); the longest bar is full."""
    most = max((value for _, value, _ in rows), default=0.0) or 1.0
    shown = [(label, _run(_bar(value / most), said)) for label, value, said in rows]
    return table(caption, columns, shown, empty, "bars")


def stacked(
    caption: str, columns: tuple[str, str], rows: Sequence[tuple[str, Sequence[tuple[str, int]]]], empty: str
) -> Html:
    """Bars of several parts: rows of (label, parts as (CSS class, count)); a part's colour is its class's."""
    most = max((sum(count for _, count in parts) for _, parts in rows), default=0) or 1
    shown = []
    for label, parts in rows:
        pieces = "".join(_bar(count / most, kind) for kind, count in parts if count)
        shown.append((label, _run(pieces, str(sum(count for _, count in parts)))))
    return table(caption, columns, shown, empty, "bars")


def scored(share: float, said: str) -> Html:
    """A score in a table's cell: the number with its bar."""
    return Html(f'<span class="scored">{_run(_bar(0.04 + 0.96 * share), said)}</span>')


def meter(value: float, marks: Sequence[tuple[float, str]]) -> Html:
    """A share between 0 and 1 as a bar with marks at some shares."""
    ticks = "".join(f'<i class="mark" style="left:{_percent(at)}" title="{text(said)}"></i>' for at, said in marks)
    return Html(f'<span class="meter">{_bar(value)}{ticks}</span>')


def _run(pieces: str, said: str) -> Html:
    """Bars with what they say after them."""
    return Html(f'<span class="run"><span class="track">{pieces}</span><span>{text(said)}</span></span>')


def _bar(share: float, kind: str = "") -> str:
    return f'<i class="bar {kind}" style="width:{_percent(share)}"></i>'


def _percent(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.1f}%"


def _row(cells: Sequence[str]) -> str:
    first, *rest = cells
    return f'<tr><th scope="row">{_html(first)}</th>{"".join(f"<td>{_html(cell)}</td>" for cell in rest)}</tr>'


def _html(part: str) -> str:
    return part if isinstance(part, Html) else text(part)
