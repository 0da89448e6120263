"""The pipeline a user would build in an afternoon, over the same texts and questions as ours.

LangChain's recursive splitter (1,000 characters, 200 of them shared), the same embedder, Chroma as
LangChain sets it up, the nearest chunks by similarity. The peer gets "title. text" and is asked for as
many chunks as ours, so that ten documents can be told from each.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.evaluation import metrics
from assistant.evaluation.datasets import Beir
from assistant.evaluation.variants import VARIANTS

from .figures import Section, Table, milliseconds, ratio
from .material import Place, say

CHUNK, OVERLAP = 1000, 200  # characters
ASKED = 30  # chunks; figures are over the first ten documents among them
MEASURES = ("nDCG@10", "R@1", "R@5", "R@10")

Find = Callable[[str], list[str]]  # question -> ids of documents, best first, a document may come again


def run(place: Place, data: Beir) -> Section:
    """Both pipelines, built and asked in this run."""
    find_ours, our_seconds, our_chunks = _ours(place, data)
    find_peers, peer_seconds, peer_chunks = _peer(place, data)
    rows = []
    for variant in VARIANTS:
        say(f"{len(data.queries)} questions twice, {variant}")
        ours, peers = judged(find_ours, data, variant), judged(find_peers, data, variant)
        rows += [(variant, "ours", *ours.values()), (variant, "LangChain + Chroma", *peers.values())]
        rows.append((variant, "ours / peer", *(ratio(ours[name], peers[name], 3) for name in ours)))
    ranking = Table(
        "Retrieval",
        ("questions", "pipeline", *MEASURES, "p50 (ms)", "p95 (ms)"),
        tuple(rows),
        f"{len(data.queries)} questions, {len(data.corpus)} texts; {_fitted(place)}",
    )
    building = Table(
        "Indexing the same texts",
        ("pipeline", "chunks", "seconds"),
        (
            ("ours", our_chunks, round(our_seconds, 1)),
            ("LangChain + Chroma", peer_chunks, round(peer_seconds, 1)),
            ("ours / peer", ratio(our_chunks, peer_chunks), ratio(our_seconds, peer_seconds)),
        ),
        "Ours embeds every sentence too (the second stage ranks by them), analyses words and verifies what it built.",
    )
    return Section("Peer", (ranking, building))


def judged(find: Find, data: Beir, variant: str) -> dict[str, float]:
    """Ranking figures and milliseconds of one variant of the questions."""
    change, found, seconds = VARIANTS[variant], {}, []
    for query, text in data.queries.items():
        question = change(text, query)
        started = time.perf_counter()
        documents = find(question)
        seconds.append(time.perf_counter() - started)
        found[query] = {name: 1.0 / rank for rank, name in enumerate(dict.fromkeys(documents), 1)}
    figures = metrics.retrieval(data.qrels, found)
    p50, p95 = milliseconds(seconds)
    return {**{name: round(figures[name], 4) for name in MEASURES}, "p50": p50, "p95": p95}


def _ours(place: Place, data: Beir) -> tuple[Find, float, int]:
    say(f"ours: indexing {len(data.corpus)} texts")
    home = place.service("peer/ours", fresh=True)
    home.embedder.embed_passages(["Ekonomia społeczna."])  # opened before the clock starts, for both
    home.analyzer.terms("Ekonomia społeczna.")
    started = time.perf_counter()
    over = home.over_texts(data.corpus)
    seconds = time.perf_counter() - started
    over.warm()
    return (
        lambda question: [passage.path for passage in over.retrieve(question, ASKED).passages],
        seconds,
        sum(chunks for *_, chunks, _ in over.documents()),
    )


def _peer(place: Place, data: Beir) -> tuple[Find, float, int]:
    from langchain_chroma import Chroma

    say(f"LangChain + Chroma: indexing {len(data.corpus)} texts")
    folder = place.folder / "peer" / "langchain"
    shutil.rmtree(folder, ignore_errors=True)
    embeddings = _embeddings(place.service("peer/ours").embedder)
    embeddings.embed_query("Ekonomia społeczna.")
    started = time.perf_counter()
    chunks = _split(data.corpus)
    store = Chroma.from_documents(chunks, embeddings, persist_directory=str(folder))
    seconds = time.perf_counter() - started
    store.similarity_search("Ekonomia społeczna", k=ASKED)
    return (
        lambda question: [document.metadata["id"] for document in store.similarity_search(question, k=ASKED)],
        seconds,
        len(chunks),
    )


def _split(corpus: Mapping[str, tuple[str, str]]) -> list[Any]:
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)
    documents = [
        Document(page_content=f"{title}. {text}", metadata={"id": name}) for name, (title, text) in corpus.items()
    ]
    return splitter.split_documents(documents)


def _embeddings(embedder: Any) -> Any:
    """Our embedder as LangChain knows embedders."""
    from langchain_core.embeddings import Embeddings

    class Ours(Embeddings):
        def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
            return embedder.embed_passages(list(texts)).tolist()

        def embed_query(self, text: str) -> list[float]:
            return embedder.embed_query(text).tolist()

    return Ours()


def _fitted(place: Place) -> str:
    weights: Any = place.service("peer/ours").weights.provenance
    return f"where our ranker's weights come from: {weights or 'not noted'}."[:400]
