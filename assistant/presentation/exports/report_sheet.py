"""Replies of a run as tables: one long table as CSV, and an Excel workbook with a sheet for each group of records.

Home of openpyxl. Amounts are numbers; everything that people or documents wrote is text and is never computed.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ...dialogues import engine
from ...dialogues.wording import Wording
from ...domain.dialogues import Absent, Reply, Report, Step, StepKind
from ...prompts import Words
from .blocks import plain
from .outline import note
from .report_outline import lines
from .sheet import as_csv

Value = str | int | float | None
LONGEST = 32_000  # characters of a cell; Excel takes 32,767
NAME = 31  # characters of a sheet's name
WIDEST = 60  # characters of a column's width


def answers_csv(report: Report, words: Words) -> bytes:
    """Every reply, a row for each; of records a row for each cell."""
    return as_csv(_answers(report, words), _header(words))


def workbook(report: Report, words: Words) -> bytes:
    """The same as .xlsx, with scores, advice and a sheet for each table and group."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    used: set[str] = set()
    for title, header, rows in _sheets(report, words):
        _fill(book.create_sheet(_named(title, used)), header, rows)
    book.properties.title = plain(Wording(report.dialogue, report.session, words).text(report.dialogue.title))
    book.properties.creator = words.text("export.product")
    book.properties.language = report.session.lang
    book.properties.created = report.created_at.replace(tzinfo=None)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# ---- rows --------------------------------------------------------------------------------------

Sheet = tuple[str, Sequence[str], Iterable[Sequence[Value]]]


def _header(words: Words) -> list[str]:
    keys = ("column.section", "column.step", "question", "column.row", "column.column", "reply", "why", "note")
    return [words.text(f"run_report.{key}") for key in keys]


def _answers(report: Report, words: Words) -> Iterator[list[Value]]:
    wording = Wording(report.dialogue, report.session, words)
    sections = {one.id: plain(wording.text(one.title)) for one in report.dialogue.sections}
    for step in engine.asked(report.dialogue, report.session):
        if step.kind is StepKind.INFO:
            continue
        reply = report.session.reply(step.id)
        first: list[Value] = [sections[step.section], step.id, plain(wording.text(step.text))]
        last: list[Value] = [_why(reply, words), _joined(lines(reply.note)) if reply else ""]
        if reply is None or reply.value is None:
            yield [*first, None, "", "", *last]
        elif step.kind in (StepKind.TABLE, StepKind.GROUP):
            header = _columns(step, wording)
            for n, row in enumerate(_records(step, reply, wording), start=1):
                for name, value in zip(header, row, strict=True):
                    yield [*first, n, name, value, *last]
        else:
            yield [*first, None, "", _value(step, reply, wording), *last]


def _sheets(report: Report, words: Words) -> Iterator[Sheet]:
    wording = Wording(report.dialogue, report.session, words)
    yield words.text("run_report.sheet.replies"), _header(words), _answers(report, words)
    for step in report.dialogue.steps:
        reply = report.session.reply(step.id)
        if step.kind in (StepKind.TABLE, StepKind.GROUP) and reply is not None and reply.value is not None:
            header = [column or words.text("run_report.record") for column in _columns(step, wording)]
            yield plain(wording.text(step.text)), header, _records(step, reply, wording)
    if report.assessment is not None:
        yield words.text("run_report.sheet.scores"), *_scores(report, wording, words)
    if report.advice:
        yield words.text("run_report.sheet.advice"), *_advice(report, wording, words)


def _scores(report: Report, wording: Wording, words: Words) -> tuple[list[str], list[list[Value]]]:
    assert report.assessment is not None
    keys = ("dimension", "score", "band", "answered")
    names = {one.id: plain(wording.text(one.title)) for one in report.dialogue.dimensions}
    bands = {one.id: plain(wording.text(one.title)) for one in report.dialogue.bands}
    rows: list[list[Value]] = [
        [names.get(s.dimension, s.dimension), s.score, bands.get(s.band, ""), s.answered]
        for s in report.assessment.scores
    ]
    overall = report.assessment
    total = sum(s.answered for s in overall.scores)
    rows.append([words.text("run_report.overall"), overall.overall, bands.get(overall.band, ""), total])
    return [words.text(f"run_report.{key}") for key in keys], rows


def _advice(report: Report, wording: Wording, words: Words) -> tuple[list[str], list[list[Value]]]:
    header = [words.text(f"run_report.column.{key}") for key in ("advice", "text", "source", "quote")]
    rows: list[list[Value]] = []
    for n, given in enumerate(report.advice, start=1):
        told = note(given.citation, n, {}, words) if given.citation else None
        source = f"{told.title}, {told.where}" if told else words.text("run_report.own")
        text = _joined(lines(wording.text(given.advice.text)))
        rows.append([plain(wording.text(given.advice.title)), text, source, told.quote if told else ""])
    return header, rows


def _columns(step: Step, wording: Wording) -> list[str]:
    fixed = [""] if step.kind is StepKind.TABLE else []
    return [*fixed, *(plain(wording.text(column.text)) for column in step.fields)]


def _records(step: Step, reply: Reply, wording: Wording) -> Iterator[list[Value]]:
    raw = reply.value if isinstance(reply.value, tuple) else ()
    fixed = int(step.kind is StepKind.TABLE)
    for row, said in zip(raw, wording.cells(step, reply), strict=True):
        assert isinstance(row, Mapping)
        cells: list[Value] = [_joined(lines(cell)) for cell in said]
        for n, column in enumerate(step.fields, start=fixed):
            value = row.get(column.id)
            if isinstance(value, (int, Decimal)):
                cells[n] = _amount(value)
        yield cells


def _value(step: Step, reply: Reply, wording: Wording) -> Value:
    if isinstance(reply.value, (int, Decimal)) and not isinstance(reply.value, bool):
        return _amount(reply.value)
    return _joined(line for told in wording.value(step, reply) for line in lines(told))


def _amount(value: int | Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def _joined(told: Iterable[str]) -> str:
    return "\n".join(told)


def _why(reply: Reply | None, words: Words) -> str:
    if reply is not None and reply.value is not None:
        return ""
    return words.text(f"run_report.absent.{(reply.absent if reply and reply.absent else Absent.SKIPPED).value}")


# ---- a workbook's sheet ------------------------------------------------------------------------


def _named(title: str, used: set[str]) -> str:
    """A name Excel takes: none of []:*?/\\', short, unlike the others."""
    bare = "".join(c for c in title if c not in "[]:*?/\\'").strip() or "-"
    for n in range(1, 1000):
        ending = f" {n}" if n > 1 else ""
        name = bare[: NAME - len(ending)].strip() + ending
        if name.lower() not in used:
            break
    used.add(name.lower())
    return name


def _fill(sheet: Any, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    longest = [len(name) for name in header]
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for y, row in enumerate([header, *rows], start=1):
        for x, value in enumerate(row, start=1):
            if value in (None, ""):
                continue
            cell = sheet.cell(y, x)
            cell.alignment = wrapped
            if isinstance(value, str):
                cell.value = value[:LONGEST]
                cell.data_type = "s"  # text, whatever it begins with
                cell.quotePrefix = value[:1] in "=+-@"  # and it stays text when somebody edits it
            else:
                cell.value = value
            if y == 1:
                cell.font = bold
            longest[x - 1] = max(longest[x - 1], max(map(len, str(value).split("\n"))))
    for x, length in enumerate(longest, start=1):
        sheet.column_dimensions[get_column_letter(x)].width = min(length, WIDEST) + 2
    sheet.freeze_panes = "A2"
