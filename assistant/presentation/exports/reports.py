"""The report of a guided mode in the formats people take away."""

from __future__ import annotations

from ...domain.dialogues import Report
from ...prompts import Words
from .. import schemas
from . import TYPES as RECORDS
from .outline import moment
from .report_data import as_data
from .report_html import as_html
from .report_markdown import as_markdown
from .report_outline import outline
from .report_pdf import as_pdf
from .report_sheet import answers_csv, workbook
from .report_word import as_docx

NAMES = {"pl": "raport", "en": "report"}
TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": RECORDS["docx"],
    "md": RECORDS["md"],
    "json": RECORDS["json"],
    "csv": RECORDS["csv"],
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def write(report: Report, words: Words, kind: str) -> bytes:
    """The file; `kind` is a key of TYPES, `words` are those of the session's language.

    CSV and XLSX hold the replies. Raises MissingLibrary for a PDF on a system without Pango.
    """
    if kind == "csv":
        return answers_csv(report, words)
    if kind == "xlsx":
        return workbook(report, words)
    laid = outline(report, words)
    if kind == "docx":
        return as_docx(laid, words, report.created_at)
    if kind == "json":
        return (schemas.line(as_data(report, laid, words)) + "\n").encode()
    if kind == "md":
        return as_markdown(laid, words).encode()
    page = as_html(laid, words)
    return page.encode() if kind == "html" else as_pdf(page)


def name(report: Report, kind: str) -> str:
    """A file name in ASCII: what it is, of which mode, of which day; `kind` is a key of TYPES."""
    if kind not in TYPES:
        raise KeyError(kind)
    stem = NAMES.get(report.session.lang, NAMES["pl"])
    return f"{stem}-{report.dialogue.id.replace('_', '-')}-{moment(report.created_at):%Y-%m-%d}.{kind}"
