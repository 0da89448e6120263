"""Question sets as files: the BEIR layout and JSONL of questions. Bad lines are named, never skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DatasetError


@dataclass(frozen=True)
class Beir:
    """`corpus.jsonl` {_id, title, text}, `queries.jsonl` {_id, text}, `qrels/test.tsv` (query, document, grade)."""

    corpus: Mapping[str, tuple[str, str]]  # id -> (title, text)
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]  # query -> document -> grade > 0


@dataclass(frozen=True)
class Case:
    """One line of an answers file.

    `expected` is the status wanted; `gold` are verbatim words of the source, any of which answers;
    `raw` keeps the other fields.
    """

    id: str
    lang: str | None
    question: str
    expected: str
    key_facts: tuple[str, ...]
    gold: tuple[str, ...]
    raw: Mapping[str, Any]


def read_beir(folder: Path) -> Beir:
    """The dataset of a folder. DatasetError names the file and line that does not fit."""
    corpus = {
        str(row["_id"]): (str(row.get("title", "")), str(row["text"]))
        for row in _rows(folder / "corpus.jsonl", "_id", "text")
    }
    queries = read_questions(folder / "queries.jsonl")
    qrels: dict[str, dict[str, int]] = {}
    file = folder / "qrels" / "test.tsv"
    for n, line in enumerate(_lines(file), 1):
        fields = line.rstrip("\r").split("\t")
        if fields == [""]:
            continue
        if n == 1 and fields[-1].strip() == "score":
            continue
        if len(fields) != 3 or not fields[2].strip().lstrip("-").isdigit():
            raise DatasetError(path=str(file), reason=f"line {n}: three tab-separated fields wanted")
        if int(fields[2]) > 0:
            qrels.setdefault(fields[0], {})[fields[1]] = int(fields[2])
    return Beir(corpus, {key: text for key, text in queries.items() if key in qrels}, qrels)


def read_cases(file: Path) -> list[Case]:
    """Questions with what is expected of their answers."""
    return [
        Case(
            id=str(row["id"]),
            lang=row.get("lang"),
            question=str(row["question"]),
            expected=row.get("expected_status") or ("not_found" if row.get("answerable") is False else "answered"),
            key_facts=tuple(row.get("key_facts") or ()),
            gold=tuple(row.get("gold") or ()),
            raw=row,
        )
        for row in _rows(file, "id", "question")
    ]


def read_questions(file: Path) -> dict[str, str]:
    """id -> question of a JSONL file {_id, text}."""
    return {str(row["_id"]): str(row["text"]) for row in _rows(file, "_id", "text")}


def _rows(file: Path, *required: str) -> Iterator[dict[str, Any]]:
    for n, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DatasetError(path=str(file), reason=f"line {n}: {error.msg}") from None
        missing = [name for name in required if not isinstance(row, dict) or name not in row]
        if missing:
            raise DatasetError(path=str(file), reason=f"line {n}: {missing[0]} is missing")
        yield row


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").split("\n")  # not splitlines: U+2028 may stand in a string
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(path=str(file), reason=str(error)) from None
