"""What goes into a build of the index and what comes out: plain values.

Separate, so that the builder, the reader and whoever wires them share one vocabulary without
importing each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from ..domain.documents import Chunk, Document, Verdict, Warning_
from ..errors import IndexMismatch

FORMAT = 1  # layout of a generation's files; a reader refuses any other


class Analyzer(Protocol):
    """Words of a text, for the lexical leg. `version` changes whenever its output does."""

    @property
    def version(self) -> str:
        """Name of the analysis."""
        ...

    def words(self, text: str) -> Sequence[str]:
        """Surface words, lower case, as typed."""
        ...

    def terms(self, text: str) -> Sequence[str]:
        """Both token families for BM25, stopwords out, duplicates kept."""
        ...

    def lemmas(self, text: str) -> Sequence[str]:
        """Folded lemmas, stopwords out."""
        ...


Progress = Callable[[str, int, int], None]
"""`progress(stage, done, total)`; stages in order: read (files), embed (characters), lexical (chunks),
dense (vectors), verify (checks)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a generation's content besides the documents.

    `chunking` names parsers and chunking with their versions and sizes, `analyzer` the analyzer's
    version, `embedder` the embedder's identity; `k1` and `b` are BM25's.
    """

    chunking: str
    analyzer: str
    embedder: str
    dimension: int
    k1: float
    b: float

    def require(self, wanted: Recipe) -> None:
        """Raises IndexMismatch naming the first part in which this (built) recipe is not the wanted one."""
        for name, built in asdict(self).items():
            if built != getattr(wanted, name):
                raise IndexMismatch(what=name, built=str(built), wanted=str(getattr(wanted, name)))

    def same_texts(self, other: Recipe) -> bool:
        """Whether chunks, terms and vectors of one can be taken over by the other; k1 and b are cheap to change."""
        return self.same_vectors(other) and (self.chunking, self.analyzer) == (other.chunking, other.analyzer)

    def same_vectors(self, other: Recipe) -> bool:
        """Whether equal texts have equal vectors in both."""
        return (self.embedder, self.dimension) == (other.embedder, other.dimension)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that should be in the new generation.

    `sha256` is the fingerprint of everything its reading depends on (its bytes, its side file): an
    equal fingerprint under the same path means that it need not be read again.
    """

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PreparedChunk:
    """A chunk with the texts to embed: one for the chunk, one for each of its units, in order."""

    chunk: Chunk
    search_text: str
    unit_texts: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.unit_texts) != len(self.chunk.units):
            raise ValueError(f"{len(self.unit_texts)} unit texts for {len(self.chunk.units)} units")


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A read file: its document, its chunks in reading order, and what its owner should know."""

    document: Document
    chunks: tuple[PreparedChunk, ...]
    warnings: tuple[Warning_, ...] = ()


Prepare = Callable[[Entry], PreparedDocument | Verdict]
"""Reads one file; a Verdict says that it was refused. May be called from another thread, one call at a time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a build changes its ways.

    Up to `rebuilt_graph` chunks Chroma's graph is built anew each time (at most 5 s, and nothing deleted stays in
    it); beyond, it is extended until `most_ghosts` of its vectors are deleted ones. `least_free` bytes must be free
    to begin. `block` texts are embedded in one call: at most so many are lost with a killed builder.
    """

    rebuilt_graph: int = 5000
    most_ghosts: float = 0.1
    least_free: int = 8 << 20
    block: int = 512


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a generation holds."""

    documents: int = 0
    refused: int = 0
    chunks: int = 0
    units: int = 0
    terms: int = 0
    lemmas: int = 0
    words: int = 0


@dataclass(frozen=True, slots=True)
class BuildReport:
    """How a build ended. `up_to_date`: nothing had changed and `generation` is the one already there.

    `read` files were parsed, `kept` ones taken over from the parent; `embedded` texts went through the
    embedder, `reused` vectors did not; `dense_copied` tells that Chroma's graph was extended, not rebuilt.
    """

    generation: str
    up_to_date: bool
    counts: Counts
    verdicts: tuple[Verdict, ...]
    read: int = 0
    kept: int = 0
    removed: int = 0
    embedded: int = 0
    reused: int = 0
    dense_copied: bool = False
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: a name (a code), whether it held, and the numbers behind that."""

    name: str
    ok: bool
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was checked of one generation; `ok` when every check held."""

    generation: str
    strict: bool
    checks: tuple[Check, ...]
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """All checks held."""
        return all(check.ok for check in self.checks)
