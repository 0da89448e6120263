"""The retriever as LangChain knows retrievers, so that others can plug it into their chains.

The only home of langchain-core; made by `as_langchain`, so that nobody else pays for its import.
"""

from __future__ import annotations

from typing import Any

from ..domain.answers import Passage
from ..domain.ports import Retriever


def as_langchain(retriever: Retriever, k: int = 5, lang: str = "pl") -> Any:
    """A `langchain_core.retrievers.BaseRetriever` that returns `k` Documents, best first.

    `page_content` is the passage's text; metadata holds where it stands and what ranked it.
    """
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    class AssistantRetriever(BaseRetriever):
        """Hybrid Polish retrieval over the open generation."""

        k: int
        lang: str

        def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
            found = retriever.retrieve(query, self.k, self.lang)
            return [
                Document(id=p.chunk.id, page_content=p.chunk.text, metadata=_metadata(p, found.generation))
                for p in found.passages
            ]

    return AssistantRetriever(k=k, lang=lang)


def _metadata(passage: Passage, generation: str) -> dict[str, Any]:
    chunk = passage.chunk
    return {
        "source": passage.path,
        "title": passage.metadata.title,
        "edition": passage.metadata.edition,
        "document_id": chunk.document_id,
        "pages": list(chunk.pages),
        "headings": list(chunk.headings),
        "span": [chunk.start, chunk.end],
        "score": passage.score,
        "rank": passage.rank,
        "found_by": passage.found_by.value,
        "generation": generation,
    }
