"""What a stage needs from another, as protocols; `service.build` passes the real parts in.

Vectors are numpy float32 arrays; the domain names them by their shape only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from .answers import Retrieval
from .dialogues import Run, Session
from .documents import Chunk, Metadata

Vector = Any  # numpy array, shape (dimension,), float32, L2 norm 1
Vectors = Any  # numpy array, shape (n, dimension), float32, rows of L2 norm 1


class Embedder(Protocol):
    """Texts to vectors. `identity` names model and weights: a generation opens only with its own."""

    @property
    def identity(self) -> str:
        """Model and weights by name and checksum."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed_query(self, text: str) -> Vector:
        """One question; the model's own query prefix is added here."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Texts in order; `progress` gets the number done since its last call."""
        ...


class Reader(Protocol):
    """A second look at a question together with a text that may answer it."""

    def read(self, question: str, passages: Sequence[str]) -> list[float] | None:
        """Log-odds that each passage answers, same order; None when there is no reader here."""
        ...


class TokenCounter(Protocol):
    """Counts a text's tokens."""

    def count(self, text: str) -> int:
        """Number of tokens, 0 for an empty text."""
        ...


class Retriever(Protocol):
    """Questions to passages."""

    def retrieve(self, question: str, k: int, lang: str = "pl", without: Collection[str] = ()) -> Retrieval:
        """At most `k` passages in rank order, none of the documents whose ids are in `without`."""
        ...


class RunKeeper(Protocol):
    """Keeps runs of guided modes; see storage.runs."""

    def begin(self, session: Session, definition: str, workshop: str = "") -> tuple[str, Run]:
        """A new run and the code that opens it."""
        ...

    def open(self, code: str) -> Run:
        """The run of a code. Raises RunMissing."""
        ...

    def definition(self, digest: str) -> str:
        """A mode's file as it was when a run began. Raises NotThere."""
        ...

    def change(self, run: Run, session: Session, definition: str = "") -> Run | None:
        """Keep a changed session; None when it was changed meanwhile."""
        ...

    def remove(self, run: Run) -> None:
        """For good."""
        ...


class Library(Protocol):
    """The open generation as answering sees it."""

    def chunks_with(self, chunk: Chunk, block: int) -> Sequence[Chunk]:
        """The chunks, in reading order, that hold units of a block of which `chunk` holds some."""
        ...

    def document_text(self, document_id: str) -> str:
        """A document's whole text; "" when it is unknown."""
        ...

    def metadata_of(self, document_id: str) -> tuple[Metadata, str]:
        """A document's metadata and path."""
        ...
