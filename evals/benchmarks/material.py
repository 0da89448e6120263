"""What the benchmark works on: texts with questions, filler up to any size, and a place to build in.

Filler texts are made of sentences of the real ones. Their vectors are not computed by the model (an
hour for 100,000 texts) but mixed from vectors of real texts with some noise, so that they lie where
real vectors lie and compete with them.
"""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant import service
from assistant.config import Settings
from assistant.evaluation import metrics
from assistant.evaluation.datasets import Beir, read_beir, read_cases
from assistant.service import Service

FILLED = "Wypełnienie:"  # begins the title, and so every embedded text, of a filler document
SENTENCES = 6  # of a filler passage: about 900 characters, as in PoQuAD
PASSAGES = 20  # of a filler document
POOL = 256  # real vectors that filler vectors are mixed from
NOISE = 0.3  # length of the noise beside the mixture's 1

Texts = dict[str, tuple[str, str]]  # id -> (title, text)


def dataset(folder: Path, limit: int | None) -> Beir:
    """A BEIR dataset: its first `limit` passages, and the questions that these answer."""
    return _limited(read_beir(folder), limit)


def handbooks(corpus: Path, sets: Path, limit: int | None) -> Beir:
    """The handbooks cut at their headings, with the questions of `sets` whose gold words stand in a section."""
    texts: Texts = {}
    for file in sorted(corpus.rglob("*.md")):
        body = re.sub(r"\A---\n.*?\n---\n", "", file.read_text(encoding="utf-8"), flags=re.S)
        parts = [part.strip() for part in re.split(r"^#+ ", body, flags=re.M)]
        texts |= {f"{file.stem}-{n}": (file.stem, part) for n, part in enumerate(parts) if len(part) > 200}
    cases = [case for file in sorted(sets.glob("*.jsonl")) for case in read_cases(file) if case.gold]
    found = {case.id: _holding(case.gold, texts) for case in cases}
    questions = {case.id: case.question for case in cases if found[case.id]}
    return _limited(Beir(texts, questions, {name: found[name] for name in questions}), limit)


def filler(texts: Mapping[str, tuple[str, str]], passages: int, in_each: int = PASSAGES, seed: int = 1) -> Texts:
    """Documents of `in_each` passages, `passages` in all, made of the texts' sentences; paragraphs are passages."""
    dice = random.Random(seed)
    pool = [s for _, text in texts.values() for s in re.split(r"(?<=[.!?])\s+", text) if 40 <= len(s) <= 300]
    titles = [title for title, _ in texts.values()]
    made: Texts = {}
    for n in range(0, passages, in_each):
        count = min(in_each, passages - n)
        paragraphs = [" ".join(dice.sample(pool, min(SENTENCES, len(pool)))) for _ in range(count)]
        made[f"filler-{seed}-{n:06}"] = (f"{FILLED} {dice.choice(titles)} {n}", "\n\n".join(paragraphs))
    return made


@dataclass
class Blended:
    """An embedder that computes real texts with the real one and mixes the vectors of filler texts.

    Has the real one's identity, so that what it built opens with the real one.
    """

    real: Any
    samples: Sequence[str]  # texts that the mixtures are made of
    _known: dict[str, np.ndarray] = field(default_factory=dict)
    _pool: np.ndarray | None = None

    @property
    def identity(self) -> str:
        return self.real.identity

    @property
    def dimension(self) -> int:
        return self.real.dimension

    def embed_query(self, text: str) -> np.ndarray:
        return self.real.embed_query(text)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if not text.startswith(FILLED) and text not in self._known]
        if new:
            self._known.update(zip(new, self.real.embed_passages(new), strict=True))
        vectors = [self._mixed(text) if text.startswith(FILLED) else self._known[text] for text in texts]
        if progress:
            progress(len(texts))
        return np.asarray(vectors, np.float32).reshape(len(texts), self.dimension)

    def _mixed(self, text: str) -> np.ndarray:
        if self._pool is None:
            self._pool = np.asarray(self.real.embed_passages(list(self.samples)[:POOL]), np.float32)
        dice = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
        one, other = self._pool[dice.integers(len(self._pool), size=2)]
        noise = dice.normal(size=self.dimension)
        vector = one + dice.uniform(0.2, 1.0) * other
        return _unit(_unit(vector) + NOISE * _unit(noise))


@dataclass
class Place:
    """A folder to build in, with the models that `settings` has built already."""

    settings: Settings
    folder: Path
    parts: dict[str, Any] = field(default_factory=dict)  # in place of a service's own (a fake embedder)
    kept: dict[str, Any] = field(default_factory=dict)  # what sections of one run share

    def service(self, name: str, corpus: Path | None = None, fresh: bool = False) -> Service:
        """A service with its own index folder `name`; `fresh` empties it."""
        indexes = self.folder / name
        if fresh:
            shutil.rmtree(indexes, ignore_errors=True)
        changes: dict[str, Any] = {"indexes": indexes, "corpus": corpus or self.settings.corpus}
        answering = self.settings.answering.model_copy(update={"remembered": 0})  # every question is looked up
        changes |= {"glossary": self.settings.glossary_file, "answering": answering}
        made = service.build(self.settings.model_copy(update=changes))
        made.__dict__.update(self.parts)
        return made


def say(text: str) -> None:
    """What is going on, for whoever waits."""
    print(f"· {text}", file=sys.stderr, flush=True)


def _limited(data: Beir, limit: int | None) -> Beir:
    corpus = dict(list(data.corpus.items())[:limit])
    queries = {name: text for name, text in data.queries.items() if set(data.qrels[name]) <= set(corpus)}
    queries = dict(list(queries.items())[:limit])
    return Beir(corpus, queries, {name: data.qrels[name] for name in queries})


def _holding(gold: Sequence[str], texts: Texts) -> dict[str, int]:
    return {name: 1 for name, (_, text) in texts.items() if any(metrics.says(words, text) for words in gold)}


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
