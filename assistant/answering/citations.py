"""Citations: numbered, verbatim, each checked against the document before anyone sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..domain.answers import Citation, Support
from ..domain.documents import Chunk, Unit
from ..domain.ports import Library
from .support import of_quote


@dataclass(frozen=True)
class Pick:
    """A unit chosen for the answer with the chunk it stands in."""

    chunk: Chunk
    unit: Unit

    @property
    def document_id(self) -> str:
        """The document the unit stands in."""
        return self.chunk.document_id

    @property
    def headings(self) -> tuple[str, ...]:
        """The heading path above the unit; a chunk of small sections holds its own heading lines."""
        above = [other for other in self.chunk.units if other.is_heading and other.start < self.unit.start]
        return (*self.chunk.headings, above[-1].text) if above else self.chunk.headings


@dataclass
class Ledger:
    """Numbers citations in order of use; the same words get the same number."""

    library: Library
    citations: list[Citation] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)

    def proven(self, pick: Pick) -> Support:
        """Whether the unit's text stands in the document at its span, word for word."""
        quote = self._text(pick.document_id)[pick.unit.start : pick.unit.end]
        inside = pick.chunk.start <= pick.unit.start and pick.unit.end <= pick.chunk.end
        if not quote or (inside and quote != pick.chunk.quote(pick.unit)):
            return Support.UNSUPPORTED
        return of_quote(pick.unit.text, quote)

    def cite(self, picks: Sequence[Pick]) -> Citation:
        """One citation over proven picks of one document, from the first's start to the last's end."""
        document_id = picks[0].document_id
        start, end = min(p.unit.start for p in picks), max(p.unit.end for p in picks)
        same = (c for c in self.citations if c.document_id == document_id and c.span == (start, end))
        if (known := next(same, None)) is not None:
            return known
        metadata, path = self.library.metadata_of(document_id)
        pages = [pick.unit.page for pick in picks]
        citation = Citation(
            n=len(self.citations) + 1,
            document_id=document_id,
            title=metadata.title,
            path=path,
            edition=metadata.edition,
            pages=(min(pages), max(pages)),
            headings=picks[0].headings,
            quote=self._text(document_id)[start:end],
            span=(start, end),
            language=metadata.language,
            state_of_law=metadata.state_of_law,
        )
        self.citations.append(citation)
        return citation

    def _text(self, document_id: str) -> str:
        if document_id not in self._texts:
            self._texts[document_id] = self.library.document_text(document_id)
        return self._texts[document_id]
