"""From `prompts/dialogues/*.toml` to Dialogue values. A broken file is an error of its own; the others still run.

Home of the closed vocabulary: a key that is not a field of a class of domain/dialogues.py is refused. Two things
are written shorter than they are kept: conditions, {of = "step", equals = "a"} or {all = [...]}, and expressions,
a number, a name or {sum = [...]}.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ..domain.dialogues import Dialogue
from ..errors import DialogueError

COMPARED = ("equals", "in", "below", "above", "answered")
JOINED = ("all", "any")
NUMBERS = ("sum", "mean", "min", "max", "count", "days", "minus", "times", "ratio")
CONDITIONS, EXPRESSIONS = "when", {("computed", "value"), ("items", "minutes")}
SYNTAX = re.compile(r"at line (\d+)")


@dataclass(frozen=True)
class Definitions:
    """Every mode by its id, and the files that could not be read."""

    dialogues: Mapping[str, Dialogue]
    broken: tuple[DialogueError, ...] = ()


class _File(BaseModel):
    """Wraps the dataclasses, which take "no other keys" from here."""

    model_config = ConfigDict(extra="forbid", strict=False)
    dialogue: Dialogue


class _Malformed(Exception):
    """At (keys and places) something is not of the vocabulary."""

    def __init__(self, at: Sequence[str | int], reason: str) -> None:
        self.at, self.reason = tuple(at), reason


def load(folder: Path) -> Definitions:
    """Every file of a folder; each is named by its mode's id."""
    dialogues: dict[str, Dialogue] = {}
    broken: list[DialogueError] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            made = read(file)
            if made.id != file.stem:
                raise DialogueError(path=file.name, line=1, at="id", reason=f"{made.id}.toml")
        except DialogueError as error:
            broken.append(error)
        else:
            dialogues[made.id] = made
    return Definitions(dialogues, tuple(broken))


def read(file: Path) -> Dialogue:
    """One definition, of the right form; whether it makes sense is checking's. Raises DialogueError."""
    return parse(text_of(file), file.name)


def text_of(file: Path) -> str:
    """A definition as it is written. Raises DialogueError."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DialogueError(path=file.name, line=0, at="-", reason=str(error)) from None


@lru_cache(maxsize=128)
def parse(text: str, name: str) -> Dialogue:
    """The same from its text; `name` is told in errors."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = SYNTAX.search(str(error))
        raise DialogueError(path=name, line=int(found[1]) if found else 0, at="-", reason=str(error)) from None
    lines = _Lines(text)
    try:
        made = _File.model_validate({"dialogue": _normal(raw, ())}).dialogue
    except _Malformed as error:
        raise DialogueError(path=name, line=lines.of(error.at), at=_dotted(error.at), reason=error.reason) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = tuple(first["loc"][1:])
        raise DialogueError(path=name, line=lines.of(at), at=_dotted(at), reason=first["msg"]) from None
    return replace(made, digest=hashlib.sha256(text.encode()).hexdigest())


# ---- the short forms ---------------------------------------------------------------------------


def _normal(value: Any, at: tuple[str | int, ...]) -> Any:
    names = [part for part in at if isinstance(part, str)]
    if names and names[-1] == CONDITIONS:
        return _condition(value, at)
    if tuple(names[-2:]) in EXPRESSIONS:
        return _expression(value, at)
    if isinstance(value, dict):
        return {key: _normal(inner, (*at, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_normal(inner, (*at, place)) for place, inner in enumerate(value)]
    return value


def _condition(raw: Any, at: tuple[str | int, ...]) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise _Malformed(at, "a condition is a table such as {of = …, equals = …}")
    ops = [key for key in raw if key != "of"]
    if len(ops) != 1 or ops[0] not in (*COMPARED, *JOINED, "not"):
        raise _Malformed(at, f"one of {', '.join((*COMPARED, *JOINED, 'not'))} is needed, not {', '.join(ops) or '-'}")
    op = ops[0]
    if (op in COMPARED) != ("of" in raw):
        raise _Malformed(at, f"`of` goes with {', '.join(COMPARED)}")
    if op == "not":
        return {"op": op, "parts": [_condition(raw[op], (*at, op))]}
    if op in JOINED:
        if not isinstance(raw[op], list) or not raw[op]:
            raise _Malformed((*at, op), "a list of conditions is needed")
        return {"op": op, "parts": [_condition(part, (*at, op, place)) for place, part in enumerate(raw[op])]}
    return {"op": op, "of": raw["of"], "value": _compared(raw[op])}


def _compared(value: Any) -> Any:
    """Numbers as Decimal: pydantic would take 0 and 1 for false and true."""
    if isinstance(value, list):
        return tuple(map(_compared, value))
    return Decimal(str(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _expression(raw: Any, at: tuple[str | int, ...]) -> dict[str, Any]:
    if isinstance(raw, bool):
        raise _Malformed(at, "a number, a name or an expression is needed")
    if isinstance(raw, (int, float)):
        return {"op": "number", "number": str(raw)}
    if isinstance(raw, str):
        return {"op": "name", "name": raw}
    if not isinstance(raw, dict) or len(raw) != 1 or next(iter(raw)) not in NUMBERS:
        raise _Malformed(at, f"a number, a name or one of {', '.join(NUMBERS)} is needed")
    ((op, parts),) = raw.items()
    given = parts if isinstance(parts, list) else [parts]
    if op in ("days", "minus", "times", "ratio") and len(given) != 2:
        raise _Malformed((*at, op), f"{op} is of two")
    return {"op": op, "parts": [_expression(part, (*at, op, place)) for place, part in enumerate(given)]}


# ---- where in the file -------------------------------------------------------------------------


def _dotted(at: Sequence[str | int]) -> str:
    """steps[3].options[0].text.pl"""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at).lstrip(".") or "-"


class _Lines:
    """Finds the line of a key: tomllib tells none."""

    HEADER = re.compile(r"^\s*\[\[?\s*([\w.\"-]+)\s*\]?\]")

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    @cached_property
    def _headers(self) -> list[tuple[int, str]]:
        return [(n, found[1]) for n, line in enumerate(self._lines, 1) if (found := self.HEADER.match(line))]

    def of(self, at: Sequence[str | int]) -> int:
        """The best guess at the line of a key: that of the innermost table or key that is written out."""
        line, path, rest = 1, "", list(at)
        counted = 0
        while rest and isinstance(rest[0], str):
            wanted = f"{path}.{rest[0]}".lstrip(".")
            heads = [n for n, name in self._headers if name == wanted and n >= line]
            if not heads:
                break
            path, rest = wanted, rest[1:]
            counted = int(rest.pop(0)) if rest and isinstance(rest[0], int) else 0
            line = heads[min(counted, len(heads) - 1)]
        names = [part for part in rest if isinstance(part, str)]
        end = next(
            (n for n, name in self._headers if n > line and not name.startswith(f"{path}.")), len(self._lines) + 1
        )
        for wanted in (".".join(names), *(names[:1])):
            pattern = re.compile(rf"^\s*{re.escape(wanted)}(\.[\w-]+)*\s*=")
            for n in range(line, end):
                if wanted and pattern.match(self._lines[n - 1]):
                    return n
        return line
