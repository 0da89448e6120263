"""Question to ranked passages: repair, expand, two legs, fusion, signals, ranker, answerability."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..config import RetrievalSettings
from ..domain.answers import FoundBy, Passage, Retrieval
from ..domain.documents import Chunk, Metadata
from ..domain.ports import Embedder, Vector
from ..errors import EmbedderUnavailable
from ..indexing.generations import Generation
from ..indexing.language import Analyzer, Speller, repaired_text, term_families
from .fusion import fuse, normalised_bm25
from .glossary import Glossary
from .ranking import PASSAGE_SIGNALS, TextTerms, Weights

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

NOTHING: frozenset[str] = frozenset()
NEED_VECTOR = frozenset({"dense", "sentence", "focus", "cosine"})
NEED_WORDS = frozenset({"bm25", "coverage", "sentence_coverage", "title", "heading", "own"})
REMEMBERED = 50_000  # titles and headings whose words are kept a generation; about 20 MB


@dataclass(frozen=True)
class Query:
    """A question made ready: `text` repaired, its terms with weights, its vector (None: no embedder)."""

    text: str
    repairs: tuple[tuple[str, str], ...]
    terms: tuple[str, ...]
    weights: tuple[float, ...]
    lemmas: TextTerms
    words: tuple[str, ...]
    lang: str
    vector: Vector | None


@dataclass(frozen=True)
class Candidates:
    """Rows of the index with their first-stage parts, best first; `lexical`/`dense` say which leg ranked them."""

    rows: np.ndarray
    cosines: np.ndarray
    bm25: np.ndarray
    lexical: frozenset[int]
    dense: frozenset[int]


class Memory:
    """What searches of one generation need again and again: its speller, and the words of titles and headings."""

    def __init__(self, generation: Generation, analyzer: Analyzer) -> None:
        self.speller = Speller(generation.vocabulary(), analyzer.dictionary)
        self._analyzer = analyzer
        self._known: dict[str, TextTerms] = {}

    def terms(self, text: str, generation: Generation) -> TextTerms:
        """The text's words as numbers of the index."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[text] = text_terms(self._analyzer.lemmas(text), generation)
        return known


def text_terms(lemmas: Sequence[str], generation: Generation) -> TextTerms:
    """Distinct lemmas as numbers of the index, with their idf."""
    distinct = list(dict.fromkeys(lemmas))
    return TextTerms(generation.lemma_ids(distinct), generation.lemma_idf(distinct))


@dataclass(frozen=True)
class HybridRetriever:
    """Searches the current generation. `current` returns the open one; a search keeps the one it got."""

    current: Callable[[], Generation]
    embedder: Embedder
    analyzer: Analyzer
    glossary: Glossary
    weights: Weights
    settings: RetrievalSettings
    _memories: WeakKeyDictionary[Generation, Memory] = field(default_factory=WeakKeyDictionary, init=False, repr=False)

    def retrieve(self, question: str, k: int, lang: str = "pl", without: Collection[str] = ()) -> Retrieval:
        """At most `k` passages in rank order, with the signals of the whole search.

        Documents whose ids are in `without` are passed over, as if they had never been indexed.
        Raises IndexMissing, IndexMismatch, IndexDamaged; EmbedderUnavailable only when the lexical
        leg is out of use too.
        """
        generation = self.current()
        notice = generation.notice
        query = self._query(question, generation, lang)
        if query.vector is None and not notice:
            notice = "embedder_unavailable"
        hidden = [row for document_id in without for row in generation.rows_of(document_id)]
        candidates = self._candidates(query, generation, lang, hidden)
        ranked = self._ranked(query, candidates, generation)
        signals = search_signals(query, ranked, generation) if ranked else {}
        return Retrieval(
            question=question,
            searched_as=query.text,
            repairs=query.repairs,
            passages=tuple(ranked[:k]),
            generation=generation.id,
            notice=notice,
            signals=signals,
            words=query.words,
        )

    # the query

    def _query(self, question: str, generation: Generation, lang: str) -> Query:
        repairs = tuple(self._memory(generation).speller.repair(self.analyzer.words(question)))
        text = repaired_text(question.lower() if question.isupper() else question, repairs)
        words = self.analyzer.families(text) if lang == "pl" else self.glossary.in_polish(text)
        typed = list(dict.fromkeys(term for word in words for term in term_families(word)))
        lent = [term for form in self.glossary.expansions(text) for term in self.analyzer.terms(form)]
        lent = [term for term in dict.fromkeys(lent) if term not in set(typed)]
        return Query(
            text=text,
            repairs=repairs,
            terms=(*typed, *lent),
            weights=(*(1.0 for _ in typed), *(self.settings.expansion_weight for _ in lent)),
            lemmas=text_terms([lemma for lemma, _ in words], generation),
            words=tuple(dict.fromkeys(lemma for lemma, _ in words)),
            lang=lang,
            vector=self._vector(text, generation),
        )

    def _memory(self, generation: Generation) -> Memory:
        memory = self._memories.get(generation)
        if memory is None:
            memory = self._memories[generation] = Memory(generation, self.analyzer)
        return memory

    def _vector(self, text: str, generation: Generation) -> Vector | None:
        if not generation.has_vectors:
            return None
        spelled = self.glossary.spelled_out(text)
        try:
            return self.embedder.embed_query(f"{text} ({'; '.join(spelled)})" if spelled else text)
        except EmbedderUnavailable as error:
            if generation.notice == "lexical_unavailable":
                raise
            log.warning("dense leg skipped: %s", error)
            return None

    # the first stage

    def _candidates(self, query: Query, generation: Generation, lang: str, hidden: Sequence[int]) -> Candidates:
        import numpy as np

        lexical = self._lexical(query, generation)
        lexical[hidden] = 0.0
        by_words = _best(lexical, self.settings.candidates)
        by_words = by_words[lexical[by_words] > 0]
        near = self._near(query, generation, hidden)
        by_meaning = near[: self.settings.candidates]
        rows = np.union1d(by_words, near).astype(np.int64)
        cosines = (
            generation.cosines(query.vector, rows) if query.vector is not None else np.zeros(len(rows), np.float32)
        )
        fused = fuse(cosines, lexical[rows], self._dense_weight(lang))
        order = np.argsort(-fused, kind="stable")[: self.settings.candidates]
        return Candidates(
            rows[order],
            cosines[order],
            lexical[rows][order],
            frozenset(by_words.tolist()),
            frozenset(by_meaning.tolist()),
        )

    def _near(self, query: Query, generation: Generation, hidden: Sequence[int]) -> np.ndarray:
        """Rows of the nearest chunks, nearest first; none when the dense leg is out of use."""
        import numpy as np

        wanted = self.settings.dense_candidates + len(hidden)
        found = generation.nearest(query.vector, min(wanted, generation.size)) if query.vector is not None else None
        return found[0][~np.isin(found[0], hidden)] if found is not None else np.empty(0, np.int64)

    def _lexical(self, query: Query, generation: Generation) -> np.ndarray:
        """BM25 over the score of a passage with every typed term at saturation, shape (chunks,)."""
        import numpy as np

        scores = generation.lexical_scores(query.terms, query.weights) if query.terms else None
        if scores is None:
            return np.zeros(generation.size, np.float32)
        typed = [term for term, weight in zip(query.terms, query.weights, strict=True) if weight == 1.0]
        return normalised_bm25(scores, generation.idf(typed))

    def _dense_weight(self, lang: str) -> float:
        return self.settings.dense_weight if lang == "pl" else self.settings.foreign_dense_weight

    # the second stage

    def _ranked(self, query: Query, candidates: Candidates, generation: Generation) -> list[Passage]:
        rows = candidates.rows.tolist()
        scored = []
        for place, (row, chunk) in enumerate(zip(rows, generation.chunks(rows), strict=True)):
            metadata, path = generation.metadata_of(chunk.document_id)
            signals, units = self._signals(query, row, chunk, metadata, generation)
            signals |= {"dense": float(candidates.cosines[place]), "bm25": float(candidates.bm25[place])}
            left_out = self._untold(query, metadata, signals)
            if left_out >= NEED_WORDS:
                signals |= {name: signals[name] + self.settings.foreign_shift for name in ("dense", "sentence")}
            signals = {name: value for name, value in signals.items() if name not in left_out}
            units = tuple({name: value for name, value in unit.items() if name not in left_out} for unit in units)
            score = self.weights.ranker.score(signals)
            scored.append((score, row, chunk, metadata, path, signals, units))
        scored.sort(key=lambda item: -item[0])
        return [
            Passage(chunk, row, metadata, path, score, rank, _found_by(row, candidates), signals, units)
            for rank, (score, row, chunk, metadata, path, signals, units) in enumerate(scored, 1)
        ]

    def _signals(
        self, query: Query, row: int, chunk: Chunk, metadata: Metadata, generation: Generation
    ) -> tuple[dict[str, float], tuple[dict[str, float], ...]]:
        """The passage's signals and those of each of its units."""
        words, memory = query.lemmas, self._memory(generation)
        held = [words.hits(ids) for ids in generation.unit_lemma_ids(row)]
        title = words.hits(memory.terms(metadata.title, generation).ids)
        around = title | words.hits(memory.terms(" ".join(chunk.headings), generation).ids)
        cosines = self._unit_cosines(query, row, len(held), generation)
        covers = [words.share(hits | around) for hits in held]
        sections = self._sections(query, chunk, generation)
        best = sorted(cosines, reverse=True)[:3]
        signals = {
            "sentence": best[0] if best else 0.0,
            "coverage": words.share(around.union(*held)),
            "sentence_coverage": max(covers, default=0.0),
            "title": words.share(title),
            "heading": max(sections, default=0.0),
            "focus": best[0] - sum(best) / len(best) if best else 0.0,
        }
        own = [words.share(hits) for hits in held]
        columns = {"cosine": cosines, "coverage": covers, "own": own, "heading": sections}
        units = tuple(dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        return signals, units

    def _untold(self, query: Query, metadata: Metadata, signals: Mapping[str, float]) -> frozenset[str]:
        """Signals that say nothing here: vectors that are not there, shared words across two languages.

        A passage in another language that shares few words with the question is judged by meaning alone.
        """
        foreign = query.lang != metadata.language and signals["bm25"] < self.settings.foreign_words
        return (NEED_VECTOR if query.vector is None else NOTHING) | (NEED_WORDS if foreign else NOTHING)

    def _sections(self, query: Query, chunk: Chunk, generation: Generation) -> list[float]:
        """For each unit, how much the question says the same as the heading it stands under, in [0, 1]."""
        heading = chunk.headings[-1] if chunk.headings else ""
        overlaps: dict[str, float] = {}
        found = []
        for unit in chunk.units:
            heading = unit.text if unit.is_heading else heading
            if heading not in overlaps:
                overlaps[heading] = query.lemmas.overlap(self._memory(generation).terms(heading, generation))
            found.append(overlaps[heading])
        return found

    def _unit_cosines(self, query: Query, row: int, count: int, generation: Generation) -> list[float]:
        if query.vector is None:
            return [0.0] * count
        cosines: Any = generation.unit_vectors(row) @ query.vector
        return [float(value) for value in cosines]


def search_signals(query: Query, ranked: Sequence[Passage], generation: Generation) -> dict[str, float]:
    """Signals of the whole result: the first passage's own, its margins, what it does not hold.

    The margin is measured against the next passage of a *different* document (RETRIEVAL), the lead over
    the field against ranks 6 to 15.
    """
    first = ranked[0]
    others = [p for p in ranked[1:] if p.chunk.document_id != first.chunk.document_id]
    rival = others[0].score if others else ranked[-1].score
    field = [p.score for p in ranked[5:15]]
    best = {name: max(p.signals.get(name, 0.0) for p in ranked) for name in ("dense", "bm25")}
    terms = query.lemmas
    held = frozenset().union(*(terms.hits(ids) for ids in generation.unit_lemma_ids(first.row)))
    lacking = [idf for number, idf in zip(terms.ids.tolist(), terms.idf.tolist(), strict=True) if number not in held]
    shared = {
        "unknown": 1.0 - terms.share(terms.weights),
        "missing_peak": max(lacking, default=0.0) / max(terms.idf.tolist(), default=1.0),
    }
    return {
        "score": first.score,
        "margin": first.score - rival,
        "field": first.score - sum(field) / len(field) if field else 0.0,
        **{name: first.signals[name] for name in PASSAGE_SIGNALS if name in first.signals},
        "agreement": float(sum(first.signals.get(name, 0.0) >= best[name] for name in best)),
        "terms": float(len(terms.ids)),
        **(shared if "bm25" in first.signals else {}),
    }


def _best(scores: np.ndarray, k: int) -> np.ndarray:
    """Rows of the k best scores, best first."""
    import numpy as np

    k = min(k, len(scores))
    rows = np.argpartition(-scores, k - 1)[:k] if k else np.empty(0, np.int64)
    return rows[np.argsort(-scores[rows], kind="stable")]


def _found_by(row: int, candidates: Candidates) -> FoundBy:
    if row in candidates.lexical:
        return FoundBy.BOTH if row in candidates.dense else FoundBy.LEXICAL
    return FoundBy.DENSE
