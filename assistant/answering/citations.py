"""Citations: numbered, verbatim, each checked against the document before anyone sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..domain.answers import Citation
from ..domain.documents import Chunk, Unit
from ..domain.ports import Library


@dataclass(frozen=True)
class Pick:
    """A unit chosen for the answer with the chunk it stands in."""

    chunk: Chunk
    unit: Unit

    @property
    def document_id(self) -> str:
        """The document the unit stands in."""
        return self.chunk.document_id


@dataclass
class Ledger:
    """Numbers citations in order of use; the same words get the same number."""

    library: Library
    citations: list[Citation] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)

    def cite(self, picks: Sequence[Pick]) -> Citation | None:
        """One citation over picks of one document, from the first's start to the last's end.

        None when the words do not stand in the document at that span: then there is no citation.
        """
        document_id = picks[0].document_id
        start, end = min(p.unit.start for p in picks), max(p.unit.end for p in picks)
        same = (c for c in self.citations if c.document_id == document_id and c.span == (start, end))
        if (known := next(same, None)) is not None:
            return known
        quote = self._text(document_id)[start:end]
        if not all(_stands(pick, quote, start) for pick in picks):
            return None
        metadata, path = self.library.metadata_of(document_id)
        pages = [pick.unit.page for pick in picks]
        citation = Citation(
            n=len(self.citations) + 1,
            document_id=document_id,
            title=metadata.title,
            path=path,
            edition=metadata.edition,
            pages=(min(pages), max(pages)),
            headings=picks[0].chunk.headings,
            quote=quote,
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


def _stands(pick: Pick, quote: str, start: int) -> bool:
    """Whether the chunk's words of the unit are the document's words at the same place."""
    inside = pick.chunk.start <= pick.unit.start and pick.unit.end <= pick.chunk.end
    here = quote[pick.unit.start - start : pick.unit.end - start]
    return here != "" and (not inside or here == pick.chunk.quote(pick.unit))
