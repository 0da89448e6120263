"""A report as one HTML file that needs nothing else: no scripts, no addresses outside it, charts as SVG inside.

A page for screens and, by its print style, for paper; the PDF is made of it. Whatever people wrote is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import count
from pathlib import Path

from ...prompts import Words
from .. import charts
from .blocks import Listing, Paragraph, Table, Text, widths
from .outline import Note
from .report_outline import Block, Draft, Figure, Heading, Outline, Part, Remark

STYLE = Path(__file__).with_name("report.css")
WIDTH, BROAD = 9640, 14570  # twentieths of a point between the margins, upright and across
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_LONG_WORD = re.compile(r"\S{40}(?=\S)")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "\0": "<wbr>"})


def as_html(laid: Outline, words: Words) -> str:
    """The page; `words` are those of the report's language."""
    return "".join(_Page(laid, words).written())


class _Page:
    """Writes one page; remembers which notes it has met, for the way back, and counts charts."""

    def __init__(self, laid: Outline, words: Words) -> None:
        self.laid = laid
        self.words = words
        self.charts = count(1)
        self.met: set[int] = set()
        self.broad = False

    def written(self) -> Iterator[str]:
        laid, product = self.laid, self.words.text("export.product")
        style = STYLE.read_text(encoding="utf-8") + self._footer()
        yield (
            f'<!DOCTYPE html>\n<html lang="{escape(laid.lang)}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{escape(laid.title)}, {escape(laid.date)}</title><meta name="author" content="{escape(product)}">'
            f'<meta name="generator" content="{escape(product)}"><style>{style}</style></head><body>\n'
        )
        yield from self._cover()
        yield "<main>\n"
        for part in laid.parts:
            yield from self._part(part)
        if laid.notes:
            yield from self._notes()
        yield "</main>\n</body></html>\n"

    def _footer(self) -> str:
        """Margin boxes of the printed page: title and date, page and pages."""
        told = self.words.text("run_report.footer", title=self.laid.title, date=self.laid.date)
        page = self.words.text("run_report.page", page="\0", pages="\1")
        said = _css(page).replace("\0", '" counter(page) "').replace("\1", '" counter(pages) "')
        look = "font-size: 8.5pt; color: #4a4f57;"
        return (
            f'@page {{ @bottom-left {{ content: "{_css(told[:90])}"; width: 75%; {look} }} '
            f'@bottom-right {{ content: "{said}"; {look} }} }}\n'
        )

    def _cover(self) -> Iterator[str]:
        laid = self.laid
        yield f'<header><p class="kind">{escape(laid.kind)}</p><h1>{escape(laid.title)}</h1>\n'
        if laid.organisation:
            yield f'<p class="organisation">{_breaking(laid.organisation)}</p>\n'
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{_breaking(told)}</td></tr>' for name, told in laid.facts
        )
        caption = escape(self.words.text("run_report.cover"))
        yield f'<table class="facts"><caption class="quiet">{caption}</caption><tbody>{rows}</tbody></table>\n'
        yield f'<p class="statement">{escape(laid.statement)}</p></header>\n'
        places = [(part.id, part.title) for part in laid.parts]
        places += [("sources", self.words.text("run_report.sources"))] if laid.notes else []
        items = "".join(f'<li><a href="#part-{escape(id)}">{escape(title)}</a></li>' for id, title in places)
        contents = escape(self.words.text("run_report.contents"))
        yield f'<nav aria-labelledby="contents"><h2 id="contents">{contents}</h2><ol>{items}</ol></nav>\n'

    def _part(self, part: Part) -> Iterator[str]:
        self.broad = part.wide
        wide = ' class="wide"' if part.wide else ""
        yield f'<section{wide} id="part-{escape(part.id)}"><h2>{escape(part.title)}</h2>\n'
        for block in part.blocks:
            yield from self._block(block)
        yield "</section>\n"

    def _notes(self) -> Iterator[str]:
        title = escape(self.words.text("run_report.sources"))
        yield f'<section id="part-sources"><h2>{title}</h2>\n<ol class="notes">'
        for note in self.laid.notes:
            yield self._note(note)
        yield "</ol></section>\n"

    def _note(self, note: Note) -> str:
        where = f", {escape(note.where)}" if note.where else ""
        quote = escape(self.words.text("export.quote", quote=note.quote))
        back = escape(self.words.text("run_report.back", n=note.n))
        lang = self._lang(note.lang)
        link = f' <a class="back" href="#mark-{note.n}" aria-label="{back}">↩</a>' if note.n in self.met else ""
        return (
            f'<li id="note-{note.n}" value="{note.n}"><strong{lang}>{escape(note.title)}</strong>{where}. '
            f"<span{lang}>{quote}</span>{link}</li>\n"
        )

    def _lang(self, lang: str) -> str:
        return f' lang="{escape(lang)}"' if lang and lang != self.laid.lang else ""

    # blocks

    def _block(self, block: Block) -> Iterator[str]:
        if isinstance(block, Heading):
            yield f"<h3>{escape(block.words)}</h3>\n"
        elif isinstance(block, Paragraph):
            yield f"<p{self._lang(block.text.lang)}>{self._text(block.text)}</p>\n"
        elif isinstance(block, Remark):
            lead = f"<strong>{escape(block.lead)}</strong> " if block.lead else ""
            looks = "remark caution" if block.lead else "remark"
            yield f'<p class="{looks}">{lead}{self._text(block.text)}</p>\n'
        elif isinstance(block, Listing):
            items = "".join(f"<li>{self._text(item)}</li>" for item in block.items)
            yield f"<ul>{items}</ul>\n"
        elif isinstance(block, Draft):
            copy = _breaking("\n".join(block.lines))
            yield f'<div class="draft"><p class="label">{escape(block.label)}</p><p class="copy">{copy}</p></div>\n'
        elif isinstance(block, Table):
            yield from self._table(block)
        else:
            yield f"<figure>{self._figure(block)}</figure>\n"

    def _figure(self, block: Figure) -> str:
        return charts.svg(block.chart, block.alternative, f"chart{next(self.charts)}")

    def _table(self, table: Table) -> Iterator[str]:
        quiet = ' class="quiet"' if table.quiet else ""
        yield f"<table><caption{quiet}>{escape(table.caption)}</caption><colgroup>"
        columns = widths(table, BROAD if self.broad else WIDTH)
        yield "".join(f'<col style="width: {100 * one / sum(columns):.1f}%">' for one in columns) + "</colgroup>"
        if table.header:
            cells = "".join(
                f'<th scope="col"{_number(table, n)}>{self._text(cell)}</th>' for n, cell in enumerate(table.header)
            )
            yield f"<thead><tr>{cells}</tr></thead>"
        yield "<tbody>"
        for row in table.rows:
            yield "<tr>" + "".join(self._cell(table, n, cell) for n, cell in enumerate(row)) + "</tr>"
        yield "</tbody></table>\n"

    def _cell(self, table: Table, n: int, cell: Text) -> str:
        if table.named and n == 0:
            return f'<th scope="row">{self._text(cell)}</th>'
        return f"<td{_number(table, n)}>{self._text(cell)}</td>"

    def _text(self, text: Text) -> str:
        return _breaking(text.words).replace("\n", "<br>") + self._references(text.notes)

    def _references(self, notes: Iterable[int]) -> str:
        made = []
        for n in notes:
            first = f' id="mark-{n}"' if n not in self.met else ""
            self.met.add(n)
            made.append(f'<a href="#note-{n}"{first}>{n}</a>')
        return f"<sup>{', '.join(made)}</sup>" if made else ""


def _number(table: Table, n: int) -> str:
    return ' class="number"' if n in table.numbers else ""


def _breaking(text: str) -> str:
    """Escaped, with places to break in words longer than a line: without them WeasyPrint needs minutes."""
    return _LONG_WORD.sub("\\g<0>\0", text).translate(_ENTITIES)


def _css(text: str) -> str:
    """Inside a string of CSS, inside a <style>: nothing in it ends either."""
    return "".join(c if c.isalnum() or c in " ,.-–()\0\1" else f"\\{ord(c):x} " for c in text)
