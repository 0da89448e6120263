"""From a question to an Answer, in steps of which each may finish the job with a typed status.

guard → context → retrieve → bars → choose → cite and check → word.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ..config import AnsweringSettings
from ..domain.answers import Answer, Citation, Retrieval, Sentence, SentenceKind, Status, Suggestion, Support
from ..domain.documents import UnitKind
from ..domain.linear import Bars, LinearModel
from ..domain.ports import Library, Reader, Retriever
from ..prompts import Words
from .citations import Ledger
from .context import in_context
from .extractive import Chooser, Group, Ranked, UnitText
from .guard import has_words, is_latin, mask, tidy
from .memory import Memory
from .question import Cues

ENGINE = "extractive"


@dataclass(frozen=True)
class Answerer:
    """Answers questions over one retriever; `lemmas` gives a text's folded lemmas, `detect` its language.

    With a `memory`, `generation` names what the next search would look in.
    """

    retriever: Retriever
    library: Callable[[str], Library]
    words: Mapping[str, Words]
    cues: Cues
    lemmas: Callable[[str], Sequence[str]]
    detect: Callable[[str], str]
    bars: Bars
    units: LinearModel
    answerability: LinearModel
    settings: AnsweringSettings
    reader: Reader | None = None
    unit_text: UnitText = lambda chunk, unit, metadata: unit.text
    memory: Memory[Answer] | None = None
    topics: Memory[frozenset[str]] | None = None  # the documents that questions asked lately are about
    generation: Callable[[], str] = lambda: ""

    def ask(
        self,
        question: str,
        lang: str | None = None,
        earlier: Sequence[str] = (),
        *,
        read_units: int | None = None,
    ) -> Answer:
        """The answer to one question.

        `lang` is the language of fixed wording (default: the question's own); `earlier` holds the
        conversation's former questions, oldest first. `read_units` is how many sentences the reader looks at,
        at most the setting's number (None: that number; 0: without the reader), since fewer are quicker. Raises
        the errors of looking (index, embedder); everything about the question itself is a status.
        """
        started = time.perf_counter()
        limit = self.settings.max_question_chars
        asked = tidy(question[: 20 * limit])
        masked = mask(asked[:limit])
        lang = lang or self.detect(masked.text)
        answer = self._guarded(question, asked, masked.text, masked.kinds, lang)
        if answer is None:
            answer = self._remembered(masked.text, lang, tuple(earlier), read_units)
        return replace(answer, seconds=round(time.perf_counter() - started, 4))

    @property
    def chooser(self) -> Chooser:
        """The extractive engine with this answerer's parts."""
        read = self.reader.read if self.reader is not None else None
        return Chooser(self.units, self.cues, self.lemmas, self.settings, read, self.unit_text)

    @property
    def width(self) -> int:
        """Passages a search brings: enough for those in the question's language and some in others."""
        return 3 * self.settings.passages

    def search_for(self, question: str, earlier: Sequence[str]) -> str:
        """The question as it is looked up, read together with the conversation."""
        return in_context(question, earlier, self.cues, self.lemmas)

    # guard

    def _guarded(self, typed: str, asked: str, safe: str, kinds: Sequence[str], lang: str) -> Answer | None:
        words = self.words[lang]
        if kinds:
            named = ", ".join(words.text(f"kinds.{kind}") for kind in kinds)
            without = tidy(
                " ".join(part for part in safe.split() if part.strip(".,;:?!") not in {f"[{k}]" for k in kinds})
            )
            hint = (Suggestion(without),) if has_words(without) else ()
            return _plain(safe, lang, Status.BLOCKED, words.text("answers.blocked_personal", kinds=named), hint)
        if not has_words(asked):
            return _plain(safe, lang, Status.CLARIFY, words.text("answers.clarify_empty"))
        if not is_latin(safe):
            return _plain(safe, lang, Status.CLARIFY, words.text("answers.clarify_language"))
        if len(asked) > self.settings.max_question_chars:
            sizes = {"length": len(typed), "limit": self.settings.max_question_chars}
            return _plain(safe, lang, Status.CLARIFY, words.text("answers.clarify_long", **sizes))
        for group, status in GUARDED.items():
            if self.cues.says(group, safe):
                return _plain(safe, lang, status, words.text(f"answers.{WORDING[group]}"))
        return None

    # looking

    def _remembered(self, question: str, lang: str, earlier: tuple[str, ...], read_units: int | None) -> Answer:
        if self.memory is None:
            return self._looked_up(question, lang, earlier, read_units)
        asked = (question, lang, earlier)
        for units in {None, read_units}:  # one that the reader saw whole serves those in a hurry too
            if known := self.memory.get((self.generation(), asked, units)):
                return known
        answer = self._looked_up(question, lang, earlier, read_units)
        if answer.generation and not answer.notices:  # a notice may be of the moment
            self.memory.keep((answer.generation, asked, read_units), answer)
        return answer

    def _looked_up(self, question: str, lang: str, earlier: Sequence[str], read_units: int | None) -> Answer:
        search = self.search_for(question, earlier)
        if not self.lemmas(search):
            return _plain(question, lang, Status.CLARIFY, self.words[lang].text("answers.clarify_short_empty"))
        found = self.retriever.retrieve(search, self.width, lang)
        if self.topics is not None:
            self.topics.keep((found.generation, search, lang), self._about(found))
        library = self.library(found.generation)
        notices = tuple(self._notices(found, lang))
        ranked, _, chance = self._judged(question, found, lang, earlier, read_units)
        if chance < self.bars.answered and self.cues.says("out_of_scope", question):  # unless the documents know
            plain = _plain(question, lang, Status.OUT_OF_SCOPE, self.words[lang].text("answers.out_of_scope"))
            return replace(plain, generation=found.generation)
        if chance < self.bars.partial:
            return self._not_found(question, lang, found, notices)
        groups = self.chooser.choose(ranked, library)
        status = self._status(question, ranked.kind, chance, groups)
        if status is Status.NOT_FOUND:
            told_in = library.metadata_of(groups[0].picks[0].document_id)[0].language
            if told_in != lang:  # a gap of a document in another language is seldom about this question
                return self._not_found(question, lang, found, notices)
            groups = groups[:1]
        return self._worded(question, lang, status, groups, found, library, notices)

    def _judged(
        self, question: str, found: Retrieval, lang: str, earlier: Sequence[str], read_units: int | None = None
    ) -> tuple[Ranked, dict[str, float], float]:
        """The units that may answer, all signals of the search and of them, and the chance that they do answer."""
        chooser = self.chooser
        ranked = chooser.rank(question, found, lang, self._going_on(earlier, lang), read_units)
        signals = {**found.signals, **chooser.signals(ranked)}
        return ranked, signals, self.answerability.chance(signals) if ranked.units else 0.0

    def _going_on(self, earlier: Sequence[str], lang: str) -> frozenset[str]:
        """The documents that the conversation is about: those found best for the question before."""
        if not earlier or not self.settings.going_on:
            return frozenset()
        search = self.search_for(earlier[-1], earlier[:-1])
        known = self.topics.get((self.generation(), search, lang)) if self.topics is not None else None
        return known or self._about(self.retriever.retrieve(search, self.settings.going_on, lang))

    def _about(self, found: Retrieval) -> frozenset[str]:
        best = found.passages[: self.settings.going_on]
        return frozenset(passage.chunk.document_id for passage in best)

    def _status(self, question: str, kind: str, chance: float, groups: Sequence[Group]) -> Status:
        """How sure the answer is; when its best sentence says that the documents do not hold it, that is the answer."""
        if self._says_gap(groups):
            return Status.NOT_FOUND
        sure = chance >= self.bars.answered and self._may_answer(question, kind, groups)
        return Status.ANSWERED if sure else Status.PARTIAL

    def _may_answer(self, question: str, kind: str, groups: Sequence[Group]) -> bool:
        """No sentence without a number answers a question for one, and no invented example answers anything."""
        if not groups:
            return False
        first = groups[0].picks
        opening = [first[0].headings[-1:], [pick.unit.text for pick in first]]
        if self.cues.is_invented(question, [text for texts in opening for text in texts]):
            return False
        return self._holds_number(question, kind, groups)

    def _says_gap(self, groups: Sequence[Group]) -> bool:
        first = groups[0].picks[0] if groups else None
        return first is not None and self.cues.is_gap(first.unit.text, first.headings[-1:])

    def _holds_number(self, question: str, kind: str, groups: Sequence[Group]) -> bool:
        texts = [pick.unit.text for group in groups for pick in group.picks]
        real = (text for text in texts if not self.cues.is_invented(question, [text]))
        return kind not in NUMBERS or any(self.cues.evidence(kind, text) for text in real)

    def certainty(
        self, question: str, found: Retrieval, lang: str, earlier: Sequence[str] = ()
    ) -> tuple[dict[str, float], float]:
        """(signals, chance) that a search holds the answer; "capped" is 1 when nothing lets it pass as answered."""
        ranked, signals, chance = self._judged(question, found, lang, earlier)
        groups = self.chooser.choose(ranked, self.library(found.generation))
        capped = self._says_gap(groups) or not self._may_answer(question, ranked.kind, groups)
        return {**signals, "capped": float(capped)}, chance

    def best(self, question: str, lang: str, without: Collection[str] = ()) -> Citation | None:
        """The one sentence or list of the documents, without some of them, that answers best; None when none does."""
        found = self.retriever.retrieve(question, self.width, lang, without)
        ranked, _, chance = self._judged(question, found, lang, ())
        if chance < self.bars.partial:
            return None
        ledger = Ledger(self.library(found.generation))
        for group in self.chooser.choose(ranked, ledger.library):
            if _sentences(group, ledger):
                return ledger.citations[0]
        return None

    def _notices(self, found: Retrieval, lang: str) -> list[str]:
        words = self.words[lang]
        notices = [words.text(f"notices.{found.notice}")] if found.notice else []
        if found.repairs:
            notices.append(words.text("notices.repaired", words=", ".join(better for _, better in found.repairs)))
        return notices

    def _not_found(self, question: str, lang: str, found: Retrieval, notices: tuple[str, ...]) -> Answer:
        words = self.words[lang]
        answer = _plain(question, lang, Status.NOT_FOUND, words.text("answers.not_found"), self._nearest(found))
        return replace(answer, generation=found.generation, notices=notices)

    def _nearest(
        self, found: Retrieval, shown: frozenset[tuple[str, tuple[str, ...]]] = frozenset()
    ) -> tuple[Suggestion, ...]:
        """The nearest sections, one each, those already quoted left out."""
        sections = {(p.chunk.document_id, p.chunk.headings): p for p in reversed(found.passages)}
        ranked = sorted((p for key, p in sections.items() if key not in shown), key=lambda p: p.rank)
        return tuple(
            Suggestion(
                text=(p.chunk.headings or (p.metadata.title,))[-1],
                document_id=p.chunk.document_id,
                title=p.metadata.title,
                path=p.path,
                pages=p.chunk.pages,
                headings=p.chunk.headings,
                span=(p.chunk.start, p.chunk.end),
            )
            for p in ranked[: self.settings.suggestions]
        )

    # wording

    def _worded(
        self,
        question: str,
        lang: str,
        status: Status,
        groups: Sequence[Group],
        found: Retrieval,
        library: Library,
        notices: tuple[str, ...],
    ) -> Answer:
        words = self.words[lang]
        ledger = Ledger(library)
        sentences = [sentence for group in _by_document(groups) for sentence in _sentences(group, ledger)]
        if not sentences:
            return self._not_found(question, lang, found, notices)
        if any(group.cut for group in groups):
            notices += (words.text("answers.list_cut"),)
        if lang != "pl" and any(citation.language == "pl" for citation in ledger.citations):
            notices += (words.text("answers.source_language"),)
        opening = [words.text(f"answers.{OPENINGS[status]}")] if status in OPENINGS else []
        quoted = frozenset((c.document_id, c.headings) for c in ledger.citations)
        return Answer(
            question=question,
            lang=lang,
            status=status,
            text="\n".join(opening + [_line(sentence) for sentence in sentences]),
            sentences=tuple(sentences),
            citations=tuple(ledger.citations),
            suggestions=self._nearest(found, quoted),
            engine=ENGINE,
            generation=found.generation,
            seconds=0.0,
            notices=notices,
        )


NUMBERS = frozenset({"how_much", "how_many"})
OPENINGS = {Status.PARTIAL: "partial", Status.NOT_FOUND: "not_found_said"}
GUARDED = {
    "attack": Status.BLOCKED,
    "crisis": Status.REFER,
    "refer": Status.REFER,
}
WORDING = {"attack": "blocked_attack", "crisis": "crisis", "refer": "refer"}


def _plain(question: str, lang: str, status: Status, text: str, suggestions: tuple[Suggestion, ...] = ()) -> Answer:
    return Answer(question, lang, status, text, (), (), suggestions, ENGINE, "", 0.0)


def _by_document(groups: Sequence[Group]) -> list[Group]:
    """The first group first, then the others with documents kept together, in order of appearance."""
    order = {document: n for n, document in enumerate(dict.fromkeys(g.picks[0].document_id for g in groups))}
    return sorted(groups, key=lambda group: order[group.picks[0].document_id])


def _sentences(group: Group, ledger: Ledger) -> list[Sentence]:
    """The group's sentences with their citations; one whose words are not in the document is left out."""
    proven = [(pick, support) for pick in group.picks if (support := ledger.proven(pick)) is Support.SUPPORTED]
    together = ledger.cite([pick for pick, _ in proven]) if group.whole and proven else None
    return [
        Sentence(
            text=pick.unit.text,
            kind=SentenceKind.QUOTED,
            citations=((together or ledger.cite([pick])).n,),
            support=support,
            form=pick.unit.kind.value,
        )
        for pick, support in proven
    ]


def _line(sentence: Sentence) -> str:
    """One line of the answer's plain text: list marks, and the numbers of its citations."""
    marks = "".join(f" [{n}]" for n in sentence.citations)
    numbered = sentence.text[:1].isdigit()
    bullet = "- " if sentence.form == UnitKind.ITEM and not numbered else ""
    return f"{bullet}{sentence.text}{marks}"
