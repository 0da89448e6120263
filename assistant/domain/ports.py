"""What a stage needs from another, as protocols; `service.build` passes the real parts in.

Vectors are numpy float32 arrays; the domain names them by their shape only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from .answers import Retrieval
from .dialogues import Action, Outcome, Respondent, Run, Session, Tally, Workshop
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


class WorkshopKeeper(Protocol):
    """Keeps workshops; see storage.workshops. Each act on one returns it as it is afterwards."""

    def begin(self, session: Session, definition: str, title: str, least: int) -> tuple[str, str, Workshop]:
        """(the facilitator's code, the code to join by, a new workshop)."""
        ...

    def open(self, code: str) -> Workshop:
        """By the facilitator's code. Raises WorkshopMissing."""
        ...

    def joined_by(self, code: str) -> Workshop:
        """By the code to join by. Raises WorkshopMissing."""
        ...

    def read(self, identity: str) -> Workshop:
        """By its id. Raises NotThere."""
        ...

    def rename(self, workshop: Workshop, title: str) -> Workshop:
        """With another title."""
        ...

    def invite(self, workshop: Workshop) -> str:
        """A new code to join by."""
        ...

    def size(self, workshop: Workshop) -> int:
        """How many have joined."""
        ...

    def respondents(self, workshop: Workshop) -> tuple[Respondent, ...]:
        """Everybody who joined, in an order that says nothing about when."""
        ...

    def count(
        self, workshop: Workshop, shown: Iterable[Tally], counted: Mapping[str, Iterable[str]], *, opened: bool
    ) -> bool:
        """Keep what is shown, which statements of which runs are counted, and whether it is open.

        False when it was changed meanwhile.
        """
        ...

    def record(self, workshop: Workshop, outcome: Outcome) -> Workshop:
        """Keep what was agreed on a statement."""
        ...

    def plan(self, workshop: Workshop, action: Action) -> Workshop:
        """Add an action."""
        ...

    def replan(self, workshop: Workshop, action: Action) -> Workshop:
        """Change an action. Raises NotThere."""
        ...

    def drop(self, workshop: Workshop, action: str) -> Workshop:
        """Remove an action. Raises NotThere."""
        ...

    def remove(self, workshop: Workshop) -> None:
        """For good, with all respondents' runs."""
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
