"""Tables of the staff workspace as CSV that opens right in Polish Excel: UTF-8 with a mark, semicolons.

Text that a spreadsheet would take for a formula is given an apostrophe (OWASP, "CSV Injection"), also
when the sign hides behind spaces or zero-width characters. Every field is quoted, so that a program
which splits at commas finds no cell beginning in the middle of a field.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from .outline import moment

BOM = "\ufeff"
FORMULA = frozenset("=+-@\t\r\n＝＋－＠")  # with the full-width signs that some spreadsheets accept
UNSEEN = ("Cc", "Cf", "Cs")  # controls, zero-width and direction marks, halves of surrogate pairs


def as_csv(rows: Iterable[Sequence[object]], columns: Sequence[str]) -> bytes:
    """A header of `columns`, then the rows. None is an empty cell; times are told as `moment` does, to the minute."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(column) for column in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return (BOM + file.getvalue()).encode()


def cell(value: object) -> str:
    """What stands in the cell: numbers with a decimal comma, text that no spreadsheet computes."""
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".").replace(".", ",")
    if isinstance(value, datetime):
        return f"{moment(value):%Y-%m-%d %H:%M}"
    text = "".join(c for c in str(value) if c in "\t\r\n" or unicodedata.category(c) not in UNSEEN)
    return f"'{text}" if text[:1] in FORMULA or text.lstrip()[:1] in FORMULA else text
