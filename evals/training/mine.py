"""Candidates for training the reader: what the search brings for each question, answers marked.

    python -m evals.training.mine POQUAD_FOLDER OUTPUT_FOLDER [--limit N]

Writes `poquad.jsonl` and `own.jsonl`: {question, gold: [text], hard: [text], mined: [text], same: [bool]}, texts as the
reader sees them; `same` tells which mined texts stand in the document that the question was written from. `--limit`
is for a first look: at most so many rows a file.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from assistant import config
from assistant.domain.answers import Retrieval
from assistant.evaluation.datasets import Beir, held_out, read_beir, read_questions
from assistant.ingestion.chunking import unit_text
from assistant.service import Service

HERE = Path(__file__).parent
CANDIDATES = 14  # units kept of a search


def main(poquad: Path, folder: Path, limit: int | None = None) -> None:
    """Both files, of at most `limit` rows each."""
    folder.mkdir(parents=True, exist_ok=True)
    service = Service(config.load())
    data = read_beir(poquad)
    impossible = read_questions(poquad / "impossible.jsonl")
    _write(folder / "own.jsonl", islice(own(service), limit))
    _write(folder / "poquad.jsonl", islice(foreign(service.over_texts(data.corpus), data, impossible), limit))


def foreign(over: Service, data: Beir, impossible: dict[str, str]) -> Iterator[dict[str, Any]]:
    """PoQuAD: sentences of the right passage against those of others, and of all when it is taken away."""
    ids = {path: name for name, path, *_ in over.documents()}
    for query, text in data.queries.items():
        if held_out(query):
            continue
        there = ranked(over, over.retrieve(text, 10))
        right = [told for path, told in there if path in data.qrels[query]]
        wrong = [told for path, told in there if path not in data.qrels[query]]
        gone = ranked(over, over.retrieve(text, 10, [ids[path] for path in data.qrels[query]]))
        yield _row(text, right[:2], [], [*wrong[:2], *(told for _, told in gone[:2])])
    for text in impossible.values():
        yield _row(text, [], [], [told for _, told in ranked(over, over.retrieve(text, 10))[:4]])


def own(service: Service) -> Iterator[dict[str, Any]]:
    """The questions written for training, over the handbooks."""
    places = Places(service)
    for row in _questions():
        gold = [place for words in row["gold"] if (place := places.find(words, row["document"]))]
        hard = [place for words in row["hard"] if (place := places.find(words, row["document"]))]
        if row["gold"] and not gold:
            print(f"not in the handbooks any more: {row['gold'][0][:80]}", file=sys.stderr)
            continue
        mined = ranked(service, service.retrieve(row["question"], 10))
        right = [*gold, *(told for _, told in mined if any(_same(words, told) for words in row["gold"]))]
        right = list(dict.fromkeys(right))
        rest = [(path, told) for path, told in mined if told not in right]
        found = _row(row["question"], right, [told for told in hard if told not in right], [told for _, told in rest])
        yield {**found, "same": [path == row["document"] for path, _ in rest]}


def ranked(service: Service, found: Retrieval) -> list[tuple[str, str]]:
    """(path, text as the reader sees it) of the best units, without the reader's opinion."""
    chooser = service._answerer.chooser
    scored = sorted(chooser.candidates(chooser.cues.kind(found.question), found), key=lambda one: -one[0].score)
    told = {passage.chunk.document_id: (passage.metadata, passage.path) for passage in found.passages}
    picks = [unit.pick for unit, _ in scored[:CANDIDATES]]
    return [(told[p.document_id][1], unit_text(p.chunk, p.unit, told[p.document_id][0])) for p in picks]


class Places:
    """Verbatim words to the unit that holds them."""

    def __init__(self, service: Service) -> None:
        self._units: dict[str, list[tuple[str, str]]] = {}
        library = service.library(service.generation)
        for name, path, metadata, *_ in service.documents():
            for row in library.rows_of(name):
                (chunk,) = library.chunks([row])
                for unit in chunk.units:
                    if not unit.is_heading:
                        place = (path, unit_text(chunk, unit, metadata))
                        self._units.setdefault(_bare(unit.text), []).append(place)

    def find(self, words: str, path: str) -> str | None:
        """The unit's text as the reader sees it, of the named document if it stands there."""
        bare = _bare(words)
        found = self._units.get(bare) or [
            place for unit, places in self._units.items() if bare and (bare in unit or unit in bare) for place in places
        ]
        found = sorted(found, key=lambda place: place[0] != path)
        return found[0][1] if found else None


def _questions() -> Iterator[dict[str, Any]]:
    for file in sorted((HERE / "questions").glob("*.jsonl")):
        yield from _rows(file)
    for name in ("handbooks-tune", "handbooks-check"):
        for row in _rows(HERE / f"{name}.jsonl"):
            if row.get("expected_status") in ("answered", "not_found"):
                yield {**row, "document": row.get("document") or "", "hard": []}


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, filter(str.strip, file.read_text(encoding="utf-8").splitlines()))


def _row(question: str, gold: list[str], hard: list[str], mined: list[str]) -> dict[str, Any]:
    return {"question": question, "gold": gold, "hard": hard, "mined": mined, "same": [True] * len(mined)}


def _same(words: str, told: str) -> bool:
    return _bare(words) in _bare(told)


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _write(file: Path, rows: Iterator[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("poquad", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int)
    given = parser.parse_args()
    main(given.poquad, given.folder, given.limit)
