"""Stand-ins for the slow parts: an embedder, an analyzer, a token counter, and a reader of toy documents.

They are deterministic and real enough to search with: texts that share words have near vectors.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from assistant.domain.documents import (
    Block,
    BlockKind,
    Chunk,
    Document,
    Metadata,
    Outcome,
    Page,
    Unit,
    UnitKind,
    Verdict,
    chunk_id,
)
from assistant.indexing.records import Entry, PreparedChunk, PreparedDocument, Recipe

DIMENSION = 32


class FakeEmbedder:
    """Bag of words: each word has a random direction, a text is the sum of its words' directions."""

    def __init__(self, identity: str = "fake-1", dimension: int = DIMENSION) -> None:
        self.identity = identity
        self.dimension = dimension
        self.embedded: list[str] = []

    def embed_query(self, text: str) -> np.ndarray:
        return self._vector(text)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        self.embedded += texts
        vectors = np.array([self._vector(text) for text in texts], np.float32).reshape(len(texts), self.dimension)
        if progress:
            progress(len(texts))
        return vectors

    def _vector(self, text: str) -> np.ndarray:
        total = np.zeros(self.dimension)
        for word in words(text) or [text]:
            seed = int.from_bytes(hashlib.sha256(f"{self.identity} {word}".encode()).digest()[:8], "big")
            total += np.random.default_rng(seed).normal(size=self.dimension)
        return (total / np.linalg.norm(total)).astype(np.float32)


class FakeTokenCounter:
    """A word is a token."""

    def count(self, text: str) -> int:
        return len(text.split())


class FakeAnalyzer:
    """The lemma of a word is its first six letters without diacritics."""

    version = "fake-1"

    def words(self, text: str) -> list[str]:
        return words(text)

    def terms(self, text: str) -> list[str]:
        folded = [fold(word) for word in words(text)]
        return [f"l:{word[:6]}" for word in folded] + [f"p:{word[:5]}" for word in folded]

    def lemmas(self, text: str) -> list[str]:
        return [fold(word)[:6] for word in words(text)]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def fold(word: str) -> str:
    plain = unicodedata.normalize("NFD", word.replace("ł", "l"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def recipe(**changes: object) -> Recipe:
    """The recipe of the fakes."""
    values: dict[str, object] = {
        "chunking": "toy-1",
        "analyzer": FakeAnalyzer.version,
        "embedder": "fake-1",
        "dimension": DIMENSION,
        "k1": 0.9,
        "b": 0.8,
    }
    return Recipe(**{**values, **changes})  # type: ignore[arg-type]


def entries(corpus: Path) -> list[Entry]:
    """Every .txt below a folder."""
    return [
        Entry(path.relative_to(corpus).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(corpus.rglob("*.txt"))
    ]


class ToyReader:
    """Reads toy documents: a paragraph is a chunk, a sentence a unit. Files that begin with "!" are refused.

    `read` tells which were read, in order.
    """

    def __init__(self, corpus: Path) -> None:
        self.corpus = corpus
        self.read: list[str] = []

    def __call__(self, entry: Entry) -> PreparedDocument | Verdict:
        self.read.append(entry.path)
        data = (self.corpus / entry.path).read_bytes()
        if data.startswith(b"!"):
            return Verdict(entry.path, Outcome.REFUSED, error="document_unreadable", details={"reason": "toy"})
        return toy_document(entry.path, data.decode())


def toy_document(path: str, text: str) -> PreparedDocument:
    """One page, one block and one chunk a paragraph, one unit a sentence."""
    identity = hashlib.sha256(text.encode()).hexdigest()
    title = path.rpartition("/")[2].removesuffix(".txt")
    blocks, chunks = [], []
    for number, match in enumerate(re.finditer(r"[^\n]+(\n[^\n]+)*", text)):
        start, end = match.span()
        units = tuple(
            Unit(UnitKind.SENTENCE, start + found.start(), start + found.end(), " ".join(found[0].split()), number)
            for found in re.finditer(r"\S[^.]*\.?", match[0])
        )
        blocks.append(Block(BlockKind.PARAGRAPH, start, end, 1, (title,), units))
        identifier = chunk_id(identity, start, end, match[0])
        chunk = Chunk(identifier, identity, start, end, match[0], (1, 1), (title,), len(match[0].split()), units)
        prepared = PreparedChunk(chunk, f"{title}. {match[0]}", tuple(f"{title}. {unit.text}" for unit in units))
        chunks.append(prepared)
    document = Document(identity, path, text, (Page(1, 0, len(text)),), tuple(blocks), Metadata(title, "pl"))
    return PreparedDocument(document, tuple(chunks))


_WORDS = re.findall(
    r"\w+",
    "spółdzielnia socjalna zatrudnia osoby zagrożone wykluczeniem klauzula społeczna zamówienie publiczne gmina umowa "
    "wsparcie doradca ośrodek klaster podmiot ekonomia fundusz dotacja wniosek termin sąd rejestr statut zarząd "
    "członek majątek zysk reintegracja usługa lokalna partnerstwo animator inkubacja wskaźnik pomiar wpływ strategia",
)


def toy_text(seed: int, paragraphs: int = 4) -> str:
    """Polish-looking paragraphs, different for every seed."""
    random = np.random.default_rng(seed)
    return "\n\n".join(
        " ".join(
            " ".join(random.choice(_WORDS, 7)).capitalize() + f" {seed}{paragraph}{sentence}." for sentence in range(3)
        )
        for paragraph in range(paragraphs)
    )


def toy_corpus(folder: Path, files: int = 6, paragraphs: int = 4) -> Path:
    """A folder of toy documents doc00.txt, doc01.txt, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        (folder / f"doc{number:02}.txt").write_text(toy_text(number, paragraphs), encoding="utf-8")
    return folder
