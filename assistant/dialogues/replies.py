"""From what people write to the value a step takes: „1 200,50 zł”, „15 marca”, the words of an option.

`read` takes what a form or a line of text holds; `checked` takes a value that is already of its type. Both raise
ReplyError, whose `reason` is a key of [reply_problems] in prompts/ui.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from ..domain.dialogues import Absent, Cell, Field, Option, Reply, Row, Step, StepKind, Value
from ..domain.folding import fold
from ..errors import ReplyError

Choices = Mapping[str, Sequence[Option]]  # of the step itself under "", and of each column
GROSZ = Decimal("0.01")
LARGEST = Decimal(10) ** 12  # what a person means by a number is below
MAX_CELL = 500  # characters of a cell's text
NOTE = 2000  # characters of a note
GROUPED = re.compile(r"^\d{1,3}(?:[ .,’']\d{3})+$")
NUMBER = re.compile(r"^(?P<sign>[-−–]?)\s*(?P<digits>\d[\d .,’']*)\s*(?P<rest>.*)$", re.DOTALL)
ISO = re.compile(r"^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$")
NUMERIC = re.compile(r"^(\d{1,2})[-./ ](\d{1,2})(?:[-./ ](\d{4}))?(?:\s*r\.?)?$")
NAMED = re.compile(r"^(\d{1,2})(?:st|nd|rd|th|\.)?\s+([a-z]+)\.?,?\s*(\d{4})?(?:\s*r\.?)?$")
NAMED_FIRST = re.compile(r"^([a-z]+)\s+(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})?$")


@dataclass(frozen=True)
class Vocabulary:
    """The words of `prompts/replies.toml`."""

    table: Mapping[str, Any]

    def says(self, group: str, text: str) -> bool:
        """Whether a whole reply is one of a group's words."""
        return _plain(text).strip(" .!") in self.table[group]

    def absent(self, text: str) -> Absent | None:
        """„nie dotyczy”, „nie wiem”, „pomiń”."""
        for group, absent in _ABSENT.items():
            if self.says(group, text):
                return absent
        return None


_ABSENT = {
    "not_applicable": Absent.NOT_APPLICABLE,
    "unknown": Absent.UNKNOWN,
    "skip": Absent.SKIPPED,
}


def read(step: Step, raw: Any, choices: Choices, words: Vocabulary, lang: str, today: date) -> Value:
    """The value that was meant: `raw` is text, a list of texts (multi), or a list of tables (table, group)."""
    if step.kind is StepKind.INFO:
        return True
    if step.kind in (StepKind.TABLE, StepKind.GROUP):
        return _rows(step, raw, choices, words, lang, today)
    if step.kind in (StepKind.NUMBER, StepKind.MONEY) and isinstance(raw, float):  # a program's number has a dot
        return Decimal(str(raw))
    if step.kind is StepKind.MULTI:
        return _several(step, raw, choices.get("", ()))
    text = _text(step.id, raw)
    if not text.strip():
        raise ReplyError(step=step.id, reason="empty")
    if step.kind is StepKind.CHOICE:
        return _one(step.id, text, choices.get("", ()))
    if step.kind is StepKind.SCALE:
        return int(number(step.id, text.split("–")[0], words, lang))
    if step.kind in (StepKind.NUMBER, StepKind.MONEY):
        return number(step.id, text, words, lang)
    if step.kind is StepKind.DATE:
        return day(step.id, text, words, today)
    return text


def checked(step: Step | None, reply: Reply, choices: Choices) -> Reply:
    """The reply as it is kept: a value of the step's type within its limits, or why there is none."""
    if step is None:
        raise ReplyError(step=reply.step, reason="not_asked")
    note = _kept(reply.note)
    if len(note) > NOTE:
        raise ReplyError(step=step.id, reason="note_too_long", limit=NOTE, given=len(note))
    if reply.value is None:
        if step.required:
            raise ReplyError(step=step.id, reason="required")
        return replace(reply, note=note, absent=reply.absent or Absent.SKIPPED)
    return replace(reply, value=_value(step, reply.value, choices), absent=None, note=note)


def matched(text: str, options: Sequence[Option]) -> Option | None:
    """The option that a text names: by id, number, letter, or its words; None when unclear."""
    wanted = _plain(text).strip(' .)!"„”')
    if not wanted:
        return None
    for option in options:
        if option.id == wanted or wanted in {_plain(words).strip(" .") for words in option.text.values()}:
            return option
    if wanted.isdigit() and 1 <= int(wanted) <= len(options):
        return options[int(wanted) - 1]
    if len(wanted) == 1 and "a" <= wanted <= "z" and ord(wanted) - ord("a") < len(options):
        return options[ord(wanted) - ord("a")]
    found = [o for o in options if any(_starts(_plain(words), wanted) for words in o.text.values())]
    return found[0] if len(found) == 1 and len(wanted) > 2 else None


def number(step: str, text: str, words: Vocabulary, lang: str) -> Decimal:
    """„1 200,50 zł”, „ok. 30 osób”, „1,5 tys.” → Decimal."""
    told = _plain(text).strip()
    for word in words.table["about"]:
        told = re.sub(rf"^{re.escape(word)}\.?\s+", "", told)
    found = NUMBER.match(told)
    if not found:
        raise ReplyError(step=step, reason="not_number", given=text[:40])
    rest = found["rest"].strip(" .")
    value = _digits(found["digits"].strip(), lang)
    first, _, after = rest.partition(" ")
    for group, factor in (("thousands", 1000), ("millions", 1_000_000)):
        if first.strip(".") in words.table[group] and value is not None:
            value, rest = value * factor, after.strip(" .")
    unit = not rest or any(rest.startswith(stem) for stem in words.table["units"])
    if value is None or not unit or any(letter.isdigit() for letter in rest.replace("m2", "")):
        raise ReplyError(step=step, reason="not_number", given=text[:40])
    return -value if found["sign"] else value


def day(step: str, text: str, words: Vocabulary, today: date) -> str:
    """„15 marca”, „15.03.2027”, „2027-03-15” → YYYY-MM-DD; without a year the next such day."""
    told = _plain(text).strip(" .")
    if told in words.table["today"]:
        return today.isoformat()
    if told in words.table["tomorrow"]:
        return (today + timedelta(days=1)).isoformat()
    try:
        return _day(told, words, today).isoformat()
    except ValueError:
        raise ReplyError(step=step, reason="not_date", given=text[:40]) from None


# ---- numbers and days --------------------------------------------------------------------------


def _digits(text: str, lang: str) -> Decimal | None:
    """A comma is the decimal sign in Polish, a dot in English; three digits behind the other are a thousand."""
    decimal, other = (",", ".") if lang == "pl" else (".", ",")
    text = text.strip(" .,").replace("’", " ").replace("'", " ")
    if decimal in text and other in text:
        decimal, other = (decimal, other) if text.rindex(decimal) > text.rindex(other) else (other, decimal)
    elif (other in text and not GROUPED.match(text)) or (text.count(decimal) > 1 and GROUPED.match(text)):
        decimal, other = other, decimal
    whole, _, part = text.partition(decimal)
    if re.search(r"\d \d(?!\d\d(?!\d))", whole):  # "12 34" is no number
        return None
    try:
        return Decimal(re.sub(rf"[ {re.escape(other)}]", "", whole) + (f".{part}" if part else ""))
    except InvalidOperation:
        return None


def _day(told: str, words: Vocabulary, today: date) -> date:
    if found := ISO.match(told):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := NUMERIC.match(told):
        return _coming(int(found[1]), int(found[2]), found[3], today)
    if found := NAMED.match(told):
        return _coming(int(found[1]), _month(found[2], words), found[3], today)
    if found := NAMED_FIRST.match(told):
        return _coming(int(found[2]), _month(found[1], words), found[3], today)
    raise ValueError(told)


def _month(word: str, words: Vocabulary) -> int:
    if word in words.table["roman"]:
        return int(words.table["roman"].index(word)) + 1
    for place, stems in enumerate(words.table["months"], 1):
        if any(word.startswith(stem) for stem in stems):
            return place
    raise ValueError(word)


def _coming(day_: int, month: int, year: str | None, today: date) -> date:
    if year:
        return date(int(year), month, day_)
    this = date(today.year, month, day_)
    return this if this >= today else date(today.year + 1, month, day_)


# ---- choices and rows --------------------------------------------------------------------------


def _one(step: str, text: str, options: Sequence[Option]) -> str:
    found = matched(text, options)
    if found is None:
        raise ReplyError(step=step, reason="not_option", given=text[:60])
    return found.id


def _several(step: Step, raw: Any, options: Sequence[Option]) -> tuple[str, ...]:
    if isinstance(raw, str):
        whole = matched(raw, options)
        raw = [whole.id] if whole else [part for part in re.split(r"[,;\n]|\s+(?:i|oraz|and)\s+", raw) if part.strip()]
    if not isinstance(raw, Sequence):
        raise ReplyError(step=step.id, reason="wrong_kind")
    chosen = {_one(step.id, _text(step.id, part), options) for part in raw}
    return tuple(option.id for option in options if option.id in chosen)


def _rows(step: Step, raw: Any, choices: Choices, words: Vocabulary, lang: str, today: date) -> tuple[Row, ...]:
    if isinstance(raw, str) or not isinstance(raw, Sequence):
        raise ReplyError(step=step.id, reason="wrong_kind")
    rows: list[Row] = []
    for given in raw:
        if not isinstance(given, Mapping) or not set(given) <= {"row", *(column.id for column in step.fields)}:
            raise ReplyError(step=step.id, reason="wrong_kind")
        cells = {
            column.id: _cell(step, column, given.get(column.id), choices, words, lang, today) for column in step.fields
        }
        if step.kind is StepKind.TABLE:
            rows.append({"row": _text(step.id, given.get("row", "")), **cells})
        elif any(cell not in ("", None) for cell in cells.values()):  # an empty line of a form is none
            rows.append(cells)
    return tuple(rows)


def _cell(step: Step, column: Field, raw: Any, choices: Choices, words: Vocabulary, lang: str, today: date) -> Cell:
    if column.kind in ("number", "money") and isinstance(raw, float):
        return Decimal(str(raw))
    text = _text(step.id, "" if raw is None else raw).strip()
    if not text:
        return "" if column.kind in ("text", "choice", "date") else None
    try:
        if column.kind == "choice":
            return _one(step.id, text, choices.get(column.id, ()))
        if column.kind in ("number", "money"):
            return number(step.id, text, words, lang)
        if column.kind == "scale":
            return int(number(step.id, text, words, lang))
        if column.kind == "date":
            return day(step.id, text, words, today)
    except ReplyError as error:
        raise ReplyError(**{**error.details, "column": column.id}) from None
    return text


# ---- what is kept ------------------------------------------------------------------------------


def _value(step: Step, value: Value, choices: Choices) -> Value:
    offered = {option.id for option in choices.get("", ())}
    if step.kind is StepKind.INFO:
        return True
    if step.kind is StepKind.CHOICE and isinstance(value, str) and not isinstance(value, bool):
        return _offered(step.id, value, offered)
    if step.kind is StepKind.MULTI and isinstance(value, tuple):
        chosen = {_offered(step.id, part, offered) for part in value}
        if not chosen:
            raise ReplyError(step=step.id, reason="empty")
        return tuple(option.id for option in choices[""] if option.id in chosen)
    if step.kind is StepKind.SCALE and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return _level(step.id, value, step.levels)
    if step.kind in (StepKind.NUMBER, StepKind.MONEY) and isinstance(value, (int, Decimal)):
        return _number(step.id, Decimal(value), step, step.kind == StepKind.MONEY)
    if step.kind is StepKind.DATE and isinstance(value, str):
        return _date(step.id, value)
    if step.kind is StepKind.TEXT and isinstance(value, str):
        return _words(step.id, value, step.max_chars)
    if step.kind in (StepKind.TABLE, StepKind.GROUP) and isinstance(value, tuple):
        return _records(step, value, choices)
    raise ReplyError(step=step.id, reason="wrong_kind")


def _records(step: Step, value: tuple[Any, ...], choices: Choices) -> tuple[Row, ...]:
    if len(value) > step.max_rows and step.kind is StepKind.GROUP:
        raise ReplyError(step=step.id, reason="too_many_rows", limit=step.max_rows, given=len(value))
    if len(value) < max(step.min_rows, 1) and step.kind is StepKind.GROUP:
        raise ReplyError(step=step.id, reason="too_few_rows", limit=max(step.min_rows, 1), given=len(value))
    rows = [_record(step, row, choices) for row in value]
    if step.kind is StepKind.GROUP:
        return tuple(rows)
    by_id = {str(row["row"]): row for row in rows}
    if not by_id.keys() <= {row.id for row in step.rows}:
        raise ReplyError(step=step.id, reason="wrong_kind")
    if not any(cell not in ("", None) for row in rows for name, cell in row.items() if name != "row"):
        raise ReplyError(step=step.id, reason="empty")
    blank: Row = {column.id: "" if column.kind in ("text", "choice", "date") else None for column in step.fields}
    return tuple({"row": row.id, **by_id.get(row.id, blank)} for row in step.rows)


def _record(step: Step, row: Any, choices: Choices) -> Row:
    names = {column.id for column in step.fields} | ({"row"} if step.kind is StepKind.TABLE else set())
    if not isinstance(row, Mapping) or not set(row) <= names or (step.kind is StepKind.TABLE and "row" not in row):
        raise ReplyError(step=step.id, reason="wrong_kind")
    made: dict[str, Cell] = {"row": str(row["row"])} if step.kind is StepKind.TABLE else {}
    for column in step.fields:
        try:
            made[column.id] = _kept_cell(step, column, row.get(column.id), choices)
        except ReplyError as error:
            raise ReplyError(**{**error.details, "column": column.id}) from None
    return made


def _kept_cell(step: Step, column: Field, cell: Any, choices: Choices) -> Cell:
    if cell in ("", None):
        if column.required:
            raise ReplyError(step=step.id, reason="cell_required")
        return "" if column.kind in ("text", "choice", "date") else None
    if column.kind == "choice" and isinstance(cell, str):
        return _offered(step.id, cell, {option.id for option in choices.get(column.id, ())})
    if column.kind in ("number", "money") and isinstance(cell, (int, Decimal)) and not isinstance(cell, bool):
        return _number(step.id, Decimal(cell), column, column.kind == "money")
    if column.kind == "scale" and isinstance(cell, (int, Decimal)) and not isinstance(cell, bool):
        return _level(step.id, cell, column.levels)
    if column.kind == "date" and isinstance(cell, str):
        return _date(step.id, cell)
    if column.kind == "text" and isinstance(cell, str):
        return _words(step.id, cell, MAX_CELL)
    raise ReplyError(step=step.id, reason="wrong_kind")


def _offered(step: str, value: Any, offered: set[str]) -> str:
    if not isinstance(value, str) or value not in offered:
        raise ReplyError(step=step, reason="not_option", given=str(value)[:60])
    return value


def _level(step: str, value: int | Decimal, levels: int) -> int:
    if value != int(value) or not 1 <= value <= levels:
        raise ReplyError(step=step, reason="not_level", limit=levels, given=str(value)[:20])
    return int(value)


def _number(step: str, value: Decimal, limits: Step | Field, money: bool) -> Decimal:
    if not value.is_finite() or abs(value) >= LARGEST:
        raise ReplyError(step=step, reason="not_number", given=str(value)[:40])
    if limits.integer and value != value.to_integral_value():
        raise ReplyError(step=step, reason="not_whole", given=str(value)[:40])
    low = limits.min if limits.min is not None or not money else Decimal(0)
    if low is not None and value < low:
        raise ReplyError(step=step, reason="too_low", limit=low, given=str(value)[:40])
    if limits.max is not None and value > limits.max:
        raise ReplyError(step=step, reason="too_high", limit=limits.max, given=str(value)[:40])
    kept = value.quantize(GROSZ, ROUND_HALF_UP) if money else value.normalize()
    return kept.quantize(Decimal(1)) if kept == kept.to_integral_value() and not money else kept


def _date(step: str, value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ReplyError(step=step, reason="not_date", given=value[:40]) from None


def _words(step: str, value: str, most: int) -> str:
    kept = _kept(value)
    if not kept:
        raise ReplyError(step=step, reason="empty")
    if len(kept) > most:
        raise ReplyError(step=step, reason="too_long", limit=most, given=len(kept))
    return kept


def _kept(text: str) -> str:
    """Lines without invisible, control and direction characters, spaces at their ends and empty lines at the ends."""
    shown = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs"))
    return unicodedata.normalize("NFC", "\n".join(line.rstrip() for line in shown.split("\n")).strip())


def _text(step: str, raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        raise ReplyError(step=step, reason="wrong_kind")
    return str(raw)


def _plain(text: str) -> str:
    return " ".join(fold(unicodedata.normalize("NFKC", text)).split())


def _starts(words: str, wanted: str) -> bool:
    return words.startswith(wanted)
