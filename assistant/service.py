"""Wires the parts into one Service. The only place that does; surfaces call nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .answering import places
from .answering.answerer import Answerer
from .answering.guard import has_words, mask, tidy
from .answering.memory import Memory
from .answering.question import Cues
from .config import Settings
from .dialogues.guided import Guided
from .dialogues.replies import Vocabulary
from .dialogues.workshops import Workshops
from .domain.answers import Answer, Citation, Found, Retrieval, SourceView, Suggestion
from .domain.conversations import Visit
from .domain.documents import BlockKind, Document, Metadata, Outcome, Page, Span, Verdict
from .errors import AssistantError, DatabaseUnavailable, DocumentError, NotThere
from .indexing import building, pointer, verification
from .indexing.generations import CurrentGeneration, Generation, open_generation
from .indexing.language import Analyzer, Dictionary
from .indexing.records import (
    BuildReport,
    Check,
    Entry,
    PreparedChunk,
    PreparedDocument,
    Progress,
    Recipe,
    VerifyReport,
)
from .ingestion import chunking, parsers, reading, sources, structure
from .ingestion.layout import Parsed, Part, PartKind, Piece
from .ingestion.parsers.pdf import ocr
from .ingestion.sandbox import Sandbox
from .ingestion.sources import SourceFile
from .prompts import Words, load_words, read_table
from .providers import embedders
from .providers.reader import BundledReader
from .providers.tokens import TiktokenCounter
from .retrieval import glossary
from .retrieval.ranking import WEIGHTS_FILE, Weights, load_weights
from .retrieval.retriever import HybridRetriever

if TYPE_CHECKING:
    from .storage.stores import Stores

EARLIER = 6  # questions of a conversation that a new one may lean on


def _silent(stage: str, done: int, total: int) -> None:
    """Progress nobody looks at."""


@dataclass(frozen=True)
class Service:
    """Everything the surfaces can ask for. Parts are made at their first use."""

    settings: Settings

    # asking

    def ask(
        self, question: str, lang: str | None = None, earlier: Sequence[str] = (), *, read_units: int | None = None
    ) -> Answer:
        """The answer to one question; see Answerer.ask."""
        pointer.current(self.settings.indexes)  # without an index nothing is loaded
        return self._answerer.ask(question, lang, earlier, read_units=read_units)

    def search(self, query: str, k: int | None = None) -> Retrieval:
        """Passages for what a person typed, best first, at most `k`; identifiers masked, length limited."""
        pointer.current(self.settings.indexes)
        safe = mask(tidy(query)[: self.settings.answering.max_question_chars]).text
        found = self.retrieve(safe, k)
        return found if has_words(safe) else replace(found, passages=())

    def retrieve(self, query: str, k: int | None = None, without: Collection[str] = ()) -> Retrieval:
        """Passages for a query as it stands; documents whose ids are in `without` are passed over."""
        return self._retriever.retrieve(query, k or self.settings.retrieval.top_k, self.analyzer.detect(query), without)

    def context(self, citation: Citation, generation: str, chars: int) -> tuple[str, str, bool]:
        """What stands before and after a quote, at most `chars` characters each; whether the source has pages."""
        library = self.library(generation)
        text = library.document_text(citation.document_id)
        start, end = citation.span
        paged = len(library.pages_of(citation.document_id)) > 1
        return text[max(0, start - chars) : start], text[end : end + chars], paged

    def source(self, document_id: str, quote: str, path: str = "", near: int = 0) -> SourceView:
        """A citation opened in the documents as they are now; `path` finds a new edition, `near` the place of several.

        Raises IndexMissing.
        """
        library = self._current.get()
        known = {name: shown for name, shown, *_ in library.documents()}
        same = document_id in known
        name = document_id if same else next((name for name, shown in known.items() if shown == path), "")
        if not name:
            return SourceView(Found.GONE)
        span = places.find(library.document_text(name), quote, near)
        if span is None and same and quote == library.metadata_of(name)[0].title:
            span = Span(near, near)  # a section without a heading is offered by its document's title
        if span is None:
            return SourceView(Found.CHANGED, name)
        chunks = places.section(library.chunks_of(name), span)
        quoted = [chunk for chunk in chunks if chunk.start < span.end and chunk.end > span.start] or chunks[:1]
        pages = (quoted[0].pages[0], quoted[-1].pages[1]) if quoted else None
        headings = quoted[0].headings if quoted else ()
        found = Found.EXACT if same else Found.MOVED
        return SourceView(found, name, pages, headings, tuple(places.segments(chunks, span)))

    def original(self, path: str) -> Path:
        """The file of an indexed document, by its path in the corpus. Raises NotThere."""
        root = self.settings.corpus.resolve()
        file = (root / path).resolve()
        if path not in {shown for _, shown, *_ in self.documents()} or not file.is_relative_to(root):
            raise NotThere()
        if not file.is_file():
            raise NotThere()
        return file

    def headings(self, document_id: str) -> list[dict[str, object]]:
        """The heading paths of a document in reading order, each once, with the page of the first words under it."""
        found: dict[tuple[str, ...], int] = {}
        for chunk in self._current.get().chunks_of(document_id):
            found.setdefault(chunk.headings, chunk.pages[0])
        return [{"headings": list(path), "page": page} for path, page in found.items() if path]

    def converse(
        self,
        question: str,
        lang: str | None = None,
        visit: Visit | None = None,
        conversation: str = "",
        read_units: int | None = None,
    ) -> tuple[Answer, str]:
        """The answer to a question of a conversation, read together with what was asked before, and its message's id.

        Without a visit nothing is stored; a conversation named all the same is told of that.
        When the database cannot be reached the answer comes all the same, says
        that it was not saved and has no id. Raises NotThere for a conversation that is not this visit's.
        """
        try:
            earlier = self.stores.conversations.earlier(visit, conversation, EARLIER) if visit else []
        except DatabaseUnavailable:
            return self._unsaved(self.ask(question, lang, read_units=read_units)), ""
        answer = self.ask(question, lang, earlier, read_units=read_units)
        if visit is None:
            return self._unsaved(answer) if conversation else answer, ""
        try:
            return answer, self.stores.conversations.add(visit, conversation, answer).id
        except DatabaseUnavailable:
            return self._unsaved(answer), ""

    def _unsaved(self, answer: Answer) -> Answer:
        said = self.words.get(answer.lang, self.words[self.settings.lang]).text("notices.not_saved")
        return replace(answer, notices=(*answer.notices, said))

    def warm(self) -> None:
        """Load what the first question needs. Raises IndexMissing before anything is loaded."""
        pointer.current(self.settings.indexes)
        self.retrieve("start", 1)
        if self.settings.answering.read_units:
            self.reader.read("", [])

    @cached_property
    def stores(self) -> Stores:
        """Conversations, feedback, accounts and the rest of what is kept in the database."""
        from .storage.stores import open_stores  # SQLAlchemy takes half a second that a single question need not wait

        return open_stores(self.settings, mask=_masked)

    @cached_property
    def words(self) -> dict[str, Words]:
        """Screen texts by language."""
        return load_words(self.settings.prompts)

    # indexing

    def index(self, progress: Progress = _silent, full: bool = False) -> BuildReport:
        """Bring the index up to date with the corpus; see indexing.building.build."""
        found = {item.path: item for item in self._sources()}
        if self.settings.answering.read_units:
            self.reader.prepare()
        with Sandbox() as sandbox:
            return building.build(
                self.settings.indexes,
                [Entry(path, _fingerprint(item)) for path, item in found.items()],
                lambda entry: self._prepared(found[entry.path], sandbox),
                self.embedder,
                self.analyzer,
                self.recipe,
                keep=self.settings.keep_generations,
                full=full,
                progress=progress,
            )

    def verify(self, strict: bool = False) -> VerifyReport:
        """Prove the live generation; see indexing.verification.verify."""
        return verification.verify(self.settings.indexes, self.recipe, strict)

    def documents(self) -> list[tuple[str, str, Metadata, int, int]]:
        """(id, path, metadata, chunks, pages) of each indexed document."""
        return self._current.get().documents()

    def verdicts(self) -> list[Verdict]:
        """How each file of the last build ended."""
        return self._current.get().verdicts()

    def doctor(self) -> Iterator[Check]:
        """What works and what does not, one part at a time, cheapest first."""
        yield _check("settings", lambda: {"file": str(self.settings.corpus)})
        yield _check("words", lambda: {"languages": ", ".join(self.words)})
        yield _check("corpus", lambda: {"files": len(list(self._sources()))})
        yield _check("glossary", lambda: {"terms": len(self._glossary.terms)})
        yield _check("tokens", lambda: {"tokens": TiktokenCounter().count("Ekonomia społeczna")})
        yield _check("dictionary", lambda: {"lemma": self.analyzer.dictionary.lemma("spółdzielniami")})
        yield _check(
            "embedder", lambda: {"dimension": len(self.embedder.embed_query("próba")), "model": self.embedder.identity}
        )
        yield _check("ocr", lambda: {"polish": ocr.can_read()})
        yield _check("dialogues", self._modes)
        yield _check("index", lambda: {"generation": self._current.get().id, "notice": self._current.get().notice})

    def _modes(self) -> dict[str, Any]:
        found = self.guided.definitions
        if found.broken:
            raise found.broken[0]
        return {"modes": len(found.dialogues)}

    # for the staff

    def weighed(self, question: str) -> tuple[Retrieval, list[tuple[str, float, float | None]]]:
        """How an answer is chosen: what the search brought, and each unit's words and worth, best first.

        The third is the reader's log-odds that it answers; None for units the reader did not look at.
        """
        found = self.retrieve(question, self._answerer.width)
        ranked = self._answerer.chooser.rank(question, found, self.analyzer.detect(question))
        return found, [(scored.pick.unit.text, scored.score, scored.read) for scored in ranked.units]

    def examine(self, folder: Path) -> list[tuple[Verdict, PreparedDocument | None]]:
        """What each file of a folder would become: its verdict and, unless refused, what would be searched.

        Nothing is kept.
        """
        with Sandbox() as sandbox:
            found = sources.find(folder, self.settings.ingestion)
            return [self._examined(self._prepared(item, sandbox)) for item in found]

    def _examined(self, made: PreparedDocument | Verdict) -> tuple[Verdict, PreparedDocument | None]:
        if isinstance(made, Verdict):
            return made, None
        outcome = Outcome.WARNED if made.warnings else Outcome.INDEXED
        return Verdict(made.document.path, outcome, made.document.id, made.warnings), made

    # guided modes

    @cached_property
    def guided(self) -> Guided:
        """The guided modes of `prompts/dialogues`."""
        return Guided(
            folder=self.settings.prompts / "dialogues",
            words=self.words,
            vocabulary=Vocabulary(read_table(self.settings.prompts / "replies.toml")),
            cite=self.cited,
            headings=self._headed,
            embedder=lambda: self.embedder,
            runs=lambda: self.stores.runs,
            generation=lambda: self.generation,
            settings=self.settings.dialogues,
            software=version("social-economy-assistant"),
        )

    @cached_property
    def workshops(self) -> Workshops:
        """Workshops of the guided modes that are for many."""
        return Workshops(self.guided, lambda: self.stores.workshops, self.settings.dialogues)

    def cited(self, question: str, lang: str, path: str = "") -> Citation | None:
        """The words of the documents (of the one at `path`, when named) that answer best; None when none do.

        Raises IndexMissing.
        """
        key = (self.generation, question, lang, path)
        known = self._citations.get(key)
        if known is None:
            paths = {name: shown for name, shown, *_ in self.documents()}
            without = [name for name, shown in paths.items() if shown != path] if path else []
            known = (self._answerer.best(question, lang, without),)
            self._citations.keep(key, known)
        return known[0]

    @cached_property
    def _citations(self) -> Memory[tuple[Citation | None]]:
        return Memory(self.settings.dialogues.remembered)

    def section(self, path: str, heading: str) -> Suggestion | None:
        """A heading of the document at `path` as something to open; None when there is none. Raises IndexMissing."""
        library = self._current.get()
        for name, shown, metadata, *_ in library.documents():
            if shown != path:
                continue
            for chunk in library.chunks_of(name):
                if heading in chunk.headings:
                    above = chunk.headings[: chunk.headings.index(heading) + 1]
                    span = (chunk.start, chunk.end)
                    return Suggestion(heading, name, metadata.title, path, chunk.pages, above, span)
        return None

    def _headed(self, path: str) -> list[str]:
        """The headings of a document by its path. KeyError when there is none."""
        ids = {shown: name for name, shown, *_ in self.documents()}
        return [part for entry in self.headings(ids[path]) for part in cast(list[str], entry["headings"])]

    # evaluation

    def over_texts(self, corpus: Mapping[str, tuple[str, str]], progress: Progress = _silent) -> Service:
        """A service over texts instead of files (id -> title, text), indexed below `indexes/eval/`."""
        name = hashlib.sha256(json.dumps(sorted(corpus.items())).encode()).hexdigest()[:16]
        other = Service(self.settings.model_copy(update={"indexes": self.settings.indexes / "eval" / name}))
        other.__dict__.update(
            embedder=self.embedder, analyzer=self.analyzer, reader=self.reader, _glossary=self._glossary
        )
        building.build(
            other.settings.indexes,
            [Entry(path, hashlib.sha256("\0".join(text).encode()).hexdigest()) for path, text in corpus.items()],
            lambda entry: other._prepared_text(entry.path, *corpus[entry.path]),
            other.embedder,
            other.analyzer,
            other.recipe,
            keep=1,
            progress=progress,
        )
        return other

    def certainty(
        self, question: str, without: Collection[str] = (), earlier: Sequence[str] = ()
    ) -> tuple[dict[str, float], float]:
        """(signals, chance) that the documents, without some of them, hold the answer; see Answerer.certainty."""
        search = self._answerer.search_for(question, earlier)
        found = self.retrieve(search, self._answerer.width, without)
        return self._answerer.certainty(question, found, self.analyzer.detect(question), earlier)

    def lemmas(self, text: str) -> list[str]:
        """Folded lemmas of a text, with those of the glossary's other forms of the terms in it."""
        forms = self._glossary.expansions(text)
        return [lemma for part in (text, *forms) for lemma in self.analyzer.lemmas(part)]

    @property
    def generation(self) -> str:
        """The name of the live generation. Raises IndexMissing."""
        return self._current.get().id

    def units(self, question: str) -> list[tuple[str, dict[str, float]]]:
        """Every unit that may answer a question: (its words, its signals)."""
        chooser = self._answerer.chooser
        scored = chooser.candidates(
            chooser.cues.kind(question), self.retrieve(question), self.analyzer.detect(question)
        )
        return [(unit.pick.unit.text, given) for unit, given in scored]

    def reweighted(self, file: Path) -> Service:
        """The same service with the weights of a file (while fitting)."""
        other = Service(self.settings)
        other.__dict__.update(
            {name: value for name, value in self.__dict__.items() if name not in ("_retriever", "_answerer")}
        )
        other.__dict__["weights"] = load_weights(file)
        return other

    def library(self, generation: str) -> Generation:
        """The open generation by name."""
        current = self._current.get()
        return current if current.id == generation else open_generation(self.settings.indexes, self.recipe)

    # parts

    @cached_property
    def embedder(self) -> Any:
        """The embedder the settings choose."""
        return embedders.choose(self.settings.embedder, self.settings.models)

    @cached_property
    def reader(self) -> BundledReader:
        """The second look at what may answer."""
        return BundledReader(self.settings.models, embedders.threads(self.settings.embedder))

    @cached_property
    def analyzer(self) -> Analyzer:
        """The words of the lexical leg."""
        return Analyzer(Dictionary(self.settings.models))

    @cached_property
    def weights(self) -> Weights:
        """The fitted weights."""
        return load_weights(WEIGHTS_FILE)

    @cached_property
    def recipe(self) -> Recipe:
        """What a generation must have been built with to be opened."""
        return Recipe(
            chunking=json.dumps(chunking.recipe(self.settings.chunking), sort_keys=True),
            analyzer=self.analyzer.version,
            embedder=self.embedder.identity,
            dimension=self.embedder.dimension,
            k1=self.settings.retrieval.k1,
            b=self.settings.retrieval.b,
        )

    @cached_property
    def _current(self) -> CurrentGeneration:
        return CurrentGeneration(self.settings.indexes, self.recipe)

    @cached_property
    def _glossary(self) -> glossary.Glossary:
        return glossary.load(self.settings.glossary_file, self.analyzer.families)

    @cached_property
    def _retriever(self) -> HybridRetriever:
        return HybridRetriever(
            self._current.get, self.embedder, self.analyzer, self._glossary, self.weights, self.settings.retrieval
        )

    @cached_property
    def _answerer(self) -> Answerer:
        return Answerer(
            retriever=self._retriever,
            library=self.library,
            words=self.words,
            cues=Cues(read_table(self.settings.prompts / "cues.toml")),
            lemmas=self.analyzer.lemmas,
            detect=self.analyzer.detect,
            bars=self.weights.bars,
            units=self.weights.units,
            answerability=self.weights.answerability,
            settings=self.settings.answering,
            reader=self.reader if self.settings.answering.read_units else None,
            unit_text=chunking.unit_text,
            memory=Memory(self.settings.answering.remembered),
            topics=Memory(self.settings.answering.remembered),
            generation=lambda: self._current.get().id,
        )

    # from files to what the index takes

    def _sources(self) -> Iterator[SourceFile | Verdict]:
        return sources.find(self.settings.corpus, self.settings.ingestion)

    def _prepared(self, item: SourceFile | Verdict, sandbox: Sandbox) -> PreparedDocument | Verdict:
        if isinstance(item, Verdict):
            return item
        try:
            document, warnings = reading.read(item, sandbox, self.settings.ingestion, self.analyzer.detect)
        except DocumentError as error:
            return sources.refusal(error)
        return PreparedDocument(document, self._chunked(document), warnings)

    def _prepared_text(self, path: str, title: str, text: str) -> PreparedDocument:
        page = Page(1, 0, len(text))
        pieces = tuple(
            Piece(BlockKind.PARAGRAPH, (Part(PartKind.TEXT, start, end),)) for start, end in _paragraphs(text)
        )
        blocks = structure.blocks(Parsed(text, (page,), pieces))
        identity = hashlib.sha256(f"{path}\0{text}".encode()).hexdigest()
        document = Document(identity, path, text, (page,), blocks, Metadata(title, self.analyzer.detect(text)))
        return PreparedDocument(document, self._chunked(document))

    def _chunked(self, document: Document) -> tuple[PreparedChunk, ...]:
        metadata = document.metadata
        return tuple(
            PreparedChunk(
                chunk,
                chunking.search_text(chunk, metadata),
                tuple(chunking.unit_text(chunk, unit, metadata) for unit in chunk.units),
            )
            for chunk in chunking.chunk(document, self.settings.chunking, self._tokens)
        )

    @cached_property
    def _tokens(self) -> TiktokenCounter:
        return TiktokenCounter()


def _masked(text: str) -> str:
    """A text of a person's as it may be stored."""
    return mask(tidy(text)).text


def build(settings: Settings) -> Service:
    """The service for these settings; cheap, parts load at their first use."""
    return Service(settings)


def _fingerprint(item: SourceFile | Verdict) -> str:
    """Everything a file's reading depends on: its bytes, its side file, the readers, and OCR for a PDF."""
    if isinstance(item, Verdict):
        return json.dumps([item.error, item.details, [warning.details for warning in item.warnings]], sort_keys=True)
    side = sources.digest(item.side) if item.side else ""
    return json.dumps([item.sha256, side, parsers.VERSION, item.kind == "pdf" and ocr.can_read()])


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for part in text.split("\n\n"):
        if part.strip():
            yield start, start + len(part)
        start += len(part) + 2


def _check(name: str, look: Callable[[], Mapping[str, Any]]) -> Check:
    try:
        return Check(name, True, dict(look()))
    except AssistantError as error:
        return Check(name, False, {"error": error.code, **{key: str(value) for key, value in error.details.items()}})
