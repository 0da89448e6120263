"""Stand-ins for the slow parts: an embedder, an analyzer, a token counter, and a reader of toy documents.

They are deterministic and real enough to search with: texts that share words have near vectors.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np

from assistant.domain.answers import FoundBy, Passage, Retrieval
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


class FakeReader:
    """Believes in texts that hold a word; has no opinion when the word is None. `seen` keeps what it was given."""

    def __init__(self, word: str | None) -> None:
        self.word = word
        self.seen: list[list[str]] = []

    def read(self, question: str, passages: Sequence[str]) -> list[float] | None:
        self.seen.append(list(passages))
        return None if self.word is None else [4.0 if self.word in text else -4.0 for text in passages]


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


# A short handbook, and notes that try to steer a terminal: real files for real indexes.

HANDBOOK = """---
title: "Klaster Latarnia. Podręcznik"
edition: "2026-11"
state_of_law: "2026-01-01"
---
# Klaster Latarnia

## Co to jest klaster Latarnia?

Klaster Latarnia to sieć dziewięciu spółdzielni socjalnych z powiatu puckiego. Klaster Latarnia wspólnie kupuje
materiały i sprzedaje usługi porządkowe.

## Ile kosztuje członkostwo w klastrze?

Składka członkowska w klastrze Latarnia wynosi 120 zł miesięcznie. Nowy członek przez pierwsze pół roku nie płaci.

## Jakie dokumenty składa kandydat do klastra?

Kandydat do klastra Latarnia składa cztery dokumenty:

- deklarację członkowską,
- odpis z rejestru,
- uchwałę zarządu o przystąpieniu,
- oświadczenie o niezaleganiu z podatkami.

## Czy gmina może być członkiem klastra?

Gmina może być członkiem wspierającym klastra Latarnia, ale nie ma prawa głosu na zebraniu.

## Jak podzielono pracę w klastrze?

| Zespół klastra | Liczba osób | Zadanie |
| --- | --- | --- |
| biuro | 3 | księgowość i kadry |
| sprzedaż | 5 | oferty i przetargi |
| magazyn | 2 | zakupy i wydawanie |
"""
NOTES = (
    "Notatka z zebrania\n\n"
    "Ośrodek wsparcia w Pucku szkoli animatorów dwa razy w roku, w marcu i we wrześniu.\n\n"
    "Rejestr animatorów prowadzi \x1b[31mstarosta\x1b[0m pucki\u202e i \u009b2Jnikt inny.\n"
)


# ---- answering: a library and a retriever without an index ---------------------------------------

CUT = "\0cut"  # in a block: what follows stands in the next chunk
STOPWORDS = frozenset(
    re.findall(
        r"\w+", "a an and by co czy do for i ile in is jak jakie jest kiedy kto na o of od sie the to w what z za"
    )
)
WrittenBlock = str | list[str] | list[tuple[str, ...]]


def lemmas(text: str) -> list[str]:
    """FakeAnalyzer's lemmas without stopwords."""
    return [fold(word)[:6] for word in words(text) if fold(word) not in STOPWORDS]


class FakeLibrary:
    """Documents written in place. A str is a paragraph (one sentence a unit), a list of str a list whose first
    entry is its lead-in when it ends with a colon, a list of tuples a table with its header row."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.chunks: dict[str, list[Chunk]] = {}
        self.metadata: dict[str, tuple[Metadata, str]] = {}

    def write(
        self, path: str, *sections: tuple[str, list[WrittenBlock]], language: str = "pl", pages: bool = False
    ) -> str:
        """A document of (heading, blocks) sections, a chunk each; with `pages` each section begins a page."""
        document_id = hashlib.sha256(path.encode()).hexdigest()
        text, made, block = "", [], 0
        for number, (heading, blocks) in enumerate(sections, 1):
            page = number if pages else 1
            start, units = len(text), []
            for written in blocks:
                for kind, raw, shown in _entries(written):
                    if raw == CUT:
                        made.append(_chunk(document_id, text, start, heading, page, units))
                        start, units = len(text), []
                        continue
                    units.append(Unit(kind, len(text), len(text) + len(raw), shown, block, page))
                    text += raw + ("\n" if kind is not UnitKind.SENTENCE else " ")
                block, text = block + 1, text + "\n"
            made.append(_chunk(document_id, text, start, heading, page, units))
        self.texts[document_id], self.chunks[document_id] = text, made
        self.metadata[document_id] = (Metadata(path.partition(".")[0], language), path)
        return document_id

    def chunks_with(self, chunk: Chunk, block: int) -> Sequence[Chunk]:
        """Chunks that share a block with this one, in reading order."""
        return [c for c in self.chunks[chunk.document_id] if any(unit.block == block for unit in c.units)]

    def chunks_of(self, document_id: str) -> Sequence[Chunk]:
        return self.chunks.get(document_id, [])

    def document_text(self, document_id: str) -> str:
        return self.texts.get(document_id, "")

    def metadata_of(self, document_id: str) -> tuple[Metadata, str]:
        return self.metadata[document_id]


def _entries(written: WrittenBlock) -> list[tuple[UnitKind, str, str]]:
    """(kind, raw words, readable words) of a block's units."""
    if isinstance(written, str):
        return [(UnitKind.SENTENCE, found[0], found[0]) for found in re.finditer(r"\S[^.?!]*[.?!]?", written)]
    entries: list[tuple[UnitKind, str, str]] = []
    for place, entry in enumerate(written):
        if isinstance(entry, tuple):
            kind = UnitKind.ROW if place else UnitKind.HEADER
            entries.append((kind, f"| {' | '.join(entry)} |", " | ".join(entry)))
        elif entry == CUT:
            entries.append((UnitKind.ITEM, CUT, CUT))
        elif place == 0 and entry.endswith(":"):
            entries.append((UnitKind.LEAD, entry, entry))
        else:
            entries.append((UnitKind.ITEM, f"- {entry}", entry))
    return entries


def _chunk(document_id: str, text: str, start: int, heading: str, page: int, units: list[Unit]) -> Chunk:
    body = text[start:]
    identity = chunk_id(document_id, start, len(text), body)
    headings = (heading,) if heading else ()
    return Chunk(identity, document_id, start, len(text), body, (page, page), headings, len(body.split()), tuple(units))


class FakeRetriever:
    """All chunks of a library, by shared words. `chance` becomes the one signal of answerability; `asked` remembers."""

    def __init__(self, library: FakeLibrary, chance: float = 1.0, **given: object) -> None:
        self.library = library
        self.chance = chance
        self.given = given
        self.asked: list[str] = []
        self.generation = "g1"

    def retrieve(self, question: str, k: int, lang: str = "pl", without: Collection[str] = ()) -> Retrieval:
        self.asked.append(question)
        wanted = set(lemmas(question))
        chunks = [chunk for name, chunks in self.library.chunks.items() if name not in without for chunk in chunks]
        scored = sorted(((_share(wanted, chunk.text), chunk) for chunk in chunks), key=lambda pair: -pair[0])
        values: dict[str, object] = {
            "question": question,
            "searched_as": question,
            "repairs": (),
            "passages": tuple(self._passage(c, wanted, s, rank) for rank, (s, c) in enumerate(scored[:k], 1)),
            "generation": self.generation,
            "signals": {"chance": self.chance},
            "words": tuple(dict.fromkeys(lemmas(question))),
        }
        return Retrieval(**{**values, **self.given})  # type: ignore[arg-type]

    def _passage(self, chunk: Chunk, wanted: set[str], score: float, rank: int) -> Passage:
        metadata, path = self.library.metadata_of(chunk.document_id)
        heading = _share(wanted, " ".join(chunk.headings))
        units = tuple(
            {"cosine": share, "coverage": share, "own": share, "heading": heading}
            for share in (_share(wanted, unit.text) for unit in chunk.units)
        )
        return Passage(chunk, rank - 1, metadata, path, score, rank, FoundBy.BOTH, {}, units)


def _share(wanted: set[str], text: str) -> float:
    return len(wanted & set(lemmas(text))) / (len(wanted) or 1)
