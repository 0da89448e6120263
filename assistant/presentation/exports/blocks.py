"""Sentences of an answer as paragraphs, lists and tables, each with the notes it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...domain.answers import Answer, Sentence, SentenceKind
from ...domain.documents import UnitKind
from ...domain.text import clean

MAX_COLUMNS = 12  # a wider "table" cannot be read on paper
LETTER, PADDING = 120, 216  # twentieths of a point: a wide letter at 10 points, the space around a cell's words
LONG_WORD = 30  # letters; a longer word (an address) may break

_NUMBERED = re.compile(r"(\d{1,3})([.)])\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence, item or cell: `notes` are numbers in the whole document, `lang` the words' own language."""

    words: str
    lang: str
    notes: tuple[int, ...] = ()
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence on its own."""

    text: Text


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `start` is its first number, None when it has bullets; `mark` follows a number: "." or ")"."""

    items: tuple[Text, ...]
    start: int | None = None
    mark: str = "."


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of equally many cells; no header is (). `notes` are about the whole table.

    `named`: the first cell of a row names it. `numbers` are the columns, from 0, that hold amounts. `shares` of the
    width stand for what the words would take. A `quiet` caption is only for those who do not see the page.
    """

    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    notes: tuple[int, ...] = ()
    caption: str = ""
    named: bool = False
    numbers: tuple[int, ...] = ()
    shares: tuple[int, ...] = ()
    quiet: bool = False


Block = Paragraph | Listing | Table


def blocks(answer: Answer, numbers: Mapping[int, int]) -> Iterator[Block]:
    """The answer's sentences as blocks; `numbers` are the document's numbers of the answer's citations.

    A source that a whole list or table shares is named once: by the lead before it, else at its end.
    """
    languages = {citation.n: citation.language for citation in answer.citations}

    def text(sentence: Sentence) -> Text:
        own = {languages.get(n, "") for n in sentence.citations} - {""}
        notes = tuple(dict.fromkeys(numbers[n] for n in sentence.citations if n in numbers))
        generated = sentence.kind is SentenceKind.GENERATED
        lang = own.pop() if len(own) == 1 and not generated else answer.lang
        return Text(plain(sentence.text), lang, notes, generated)

    for run in _runs(answer.sentences):
        texts, shared = _shared([text(sentence) for sentence in run])
        if run[0].form == UnitKind.LEAD:
            yield Paragraph(_noted(texts[0], shared))
            run, texts, shared = run[1:], texts[1:], ()
        if texts:
            yield from _laid(run[0].form, texts, shared)


def _shared(texts: list[Text]) -> tuple[list[Text], tuple[int, ...]]:
    """The notes that all of several texts have are taken off them."""
    if len(texts) == 1 or len({text.notes for text in texts}) > 1:
        return texts, ()
    return [replace(text, notes=()) for text in texts], texts[0].notes


def _noted(text: Text, notes: tuple[int, ...]) -> Text:
    return replace(text, notes=text.notes + notes)


def _laid(form: str, texts: Sequence[Text], notes: tuple[int, ...]) -> Iterator[Block]:
    if form == UnitKind.ITEM:
        yield _listing([*texts[:-1], _noted(texts[-1], notes)])
    elif form in (UnitKind.HEADER, UnitKind.ROW):
        yield from _table(texts, form == UnitKind.HEADER, notes)
    else:
        yield Paragraph(texts[0])


def _runs(sentences: Sequence[Sentence]) -> Iterator[list[Sentence]]:
    """Neighbours that make one list or table: a lead and what follows it from the same source, items, rows."""
    run: list[Sentence] = []
    for sentence in sentences:
        if run and not _goes_on(run[-1], sentence):
            yield run
            run = []
        run.append(sentence)
    if run:
        yield run


def _goes_on(before: Sentence, now: Sentence) -> bool:
    if before.form == UnitKind.LEAD:
        return now.form in (UnitKind.ITEM, UnitKind.HEADER, UnitKind.ROW) and now.citations == before.citations
    if now.form == UnitKind.ITEM:
        return before.form == UnitKind.ITEM
    same = now.citations == before.citations
    return now.form == UnitKind.ROW and before.form in (UnitKind.ROW, UnitKind.HEADER) and same


def _listing(items: Sequence[Text]) -> Listing:
    """Numbers that count up by one become the list's own; any others stay in the words."""
    found = [match for item in items if (match := _NUMBERED.match(item.words))]
    start, mark = (int(found[0][1]), found[0][2]) if found else (0, "")
    if [(int(match[1]), match[2]) for match in found] != [(start + place, mark) for place in range(len(items))]:
        return Listing(tuple(items))
    bare = (replace(item, words=item.words[match.end() :]) for item, match in zip(items, found, strict=True))
    return Listing(tuple(bare), start, mark)


def _table(texts: Sequence[Text], headed: bool, notes: tuple[int, ...]) -> Iterator[Block]:
    """Cells of rows written "a | b"; a single row, or one too wide for paper, stays a line of text."""
    cells = [text.words.split(" | ") for text in texts]
    width = max(map(len, cells))
    if width > MAX_COLUMNS or len(texts) == 1:
        yield from map(Paragraph, (*texts[:-1], _noted(texts[-1], notes)))
        return
    rows = [_row(text, row + [""] * (width - len(row))) for text, row in zip(texts, cells, strict=True)]
    yield Table(rows[0] if headed else (), tuple(rows[1:] if headed else rows), notes)


def _row(text: Text, cells: Sequence[str]) -> tuple[Text, ...]:
    """A row's notes stand in its last cell."""
    bare = [replace(text, words=cell.strip(), notes=()) for cell in cells]
    return (*bare[:-1], replace(bare[-1], notes=text.notes))


def widths(table: Table, width: int) -> list[int]:
    """Columns of a table in twentieths of a point: room for each longest word, the rest by how much text there is."""
    if table.shares:
        return [round(width * share / sum(table.shares)) for share in table.shares]
    columns = [
        [cell.words for cell in column] for column in zip(*filter(None, (table.header, *table.rows)), strict=True)
    ]
    longest = [max((len(word) for cell in column for word in cell.split()), default=0) for column in columns]
    least = [min(length, LONG_WORD) * LETTER + PADDING for length in longest]
    amounts = [1 + sum(map(len, column)) for column in columns]
    spare = max(0, width - sum(least))
    wanted = [room + spare * amount / sum(amounts) for room, amount in zip(least, amounts, strict=True)]
    return [round(width * one / sum(wanted)) for one in wanted]


def plain(text: str) -> str:
    """One clean line."""
    return clean(text).text
