"""Question sets as files: the BEIR layout and JSONL of questions. Bad lines are named, never skipped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
    """One question with what is expected of its answer.

    `expected` is the status wanted; `gold` are verbatim words of the source, any of which answers;
    `documents` the paths that hold the answer, `headings` their sections; `conversation` is the id of the
    conversation it is a turn of, empty for a question of its own, and `earlier` the questions asked before it
    there; `traits` say by name what kind of question it is (style, audience, topic, …).
    """

    id: str
    lang: str | None
    question: str
    expected: str
    key_facts: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    conversation: str = ""
    traits: Mapping[str, str] = field(default_factory=dict)


HELD_OUT = 11
TRAITS = ("style", "audience", "topic", "kind")


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


def held_out(query: str) -> bool:
    """Whether the reader's training left a BEIR question out (one of HELD_OUT): for fitting what judges the reader."""
    return int(hashlib.md5(query.encode(), usedforsecurity=False).hexdigest(), 16) % HELD_OUT == 0


def read_cases(file: Path) -> list[Case]:
    """The questions of a JSONL file; a line with `turns` is a conversation, one case a turn ("C7.1", "C7.2", …)."""
    cases: list[Case] = []
    for row in _rows(file, "id"):
        if not row.get("turns"):
            cases.append(_case(file, row, str(row["id"])))
            continue
        earlier: tuple[str, ...] = ()
        for n, turn in enumerate(row["turns"], 1):
            traits = {name: row[name] for name in ("lang", *TRAITS) if name in row}
            cases.append(_case(file, {**traits, **turn}, f"{row['id']}.{n}", earlier, str(row["id"])))
            earlier = (*earlier, cases[-1].question)
    return cases


def _case(file: Path, row: Mapping[str, Any], name: str, earlier: tuple[str, ...] = (), conversation: str = "") -> Case:
    if not isinstance(row.get("question"), str):
        raise DatasetError(path=str(file), reason=f"{name}: question is missing")
    return Case(
        id=name,
        lang=row.get("lang"),
        question=row["question"],
        expected=row.get("expected_status") or ("not_found" if row.get("answerable") is False else "answered"),
        key_facts=_texts(row, "key_facts"),
        gold=_texts(row, "gold"),
        documents=_texts(row, "documents", "document"),
        headings=_texts(row, "headings", "heading"),
        earlier=earlier,
        conversation=conversation,
        traits={trait: str(row[trait]) for trait in TRAITS if row.get(trait)},
    )


def _texts(row: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """A field that holds one text or a list of them, under any of its names; empty when absent."""
    value = next((row[name] for name in names if row.get(name)), ())
    return (value,) if isinstance(value, str) else tuple(str(one) for one in value)


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
