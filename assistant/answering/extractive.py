"""Chooses the words that answer: the best sentence first, then its support, or a list given whole.

Everything chosen is a unit of the index (sentence, list item, table row), so it can be quoted as it
stands. Which unit leads depends on the question's kind: a definition opens with its subject, a
"how much" holds a number, a list asked for comes whole with its lead-in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..config import AnsweringSettings
from ..domain.answers import Retrieval
from ..domain.documents import Chunk, Metadata, Unit, UnitKind
from ..domain.linear import LinearModel
from ..domain.ports import Library
from .citations import Pick
from .question import OTHER, Cues

LISTED = (UnitKind.ITEM, UnitKind.ROW)
OPENERS = (UnitKind.LEAD, UnitKind.HEADER)
BLOCK_KINDS = frozenset({"list", "steps", "start", "comparison"})
TABLE_KINDS = frozenset({"list", "comparison"})

Read = Callable[[str, Sequence[str]], "list[float] | None"]  # see domain.ports.Reader
UnitText = Callable[[Chunk, Unit, Metadata], str]  # a unit with what it needs to be understood


@dataclass(frozen=True)
class Group:
    """Picks that are shown together and cited by one citation when `whole` (a list or table)."""

    picks: tuple[Pick, ...]
    whole: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Scored:
    """A unit with its worth as an answer."""

    pick: Pick
    score: float
    lemmas: frozenset[str]
    read: float | None = None  # the reader's log-odds that it answers; None: not read

    @property
    def section(self) -> tuple[str, tuple[str, ...]]:
        """Under which headings of which document."""
        return self.pick.document_id, self.pick.headings

    @property
    def block(self) -> tuple[str, int]:
        """Which list, table or paragraph of which document."""
        return self.pick.document_id, self.pick.unit.block


@dataclass(frozen=True)
class Ranked:
    """The units that may answer a question of a kind, best first; `wanted` are the question's lemmas."""

    kind: str
    wanted: frozenset[str]
    units: tuple[Scored, ...]


@dataclass(frozen=True)
class Chooser:
    """The extractive engine. `lemmas` gives the folded lemmas of a text, stopwords out; `model` scores units.

    `read` gives the most promising units a second look; without it, or when it fails, the model decides alone.
    """

    model: LinearModel
    cues: Cues
    lemmas: Callable[[str], Sequence[str]]
    settings: AnsweringSettings
    read: Read | None = None
    unit_text: UnitText = lambda chunk, unit, metadata: unit.text

    def rank(
        self,
        question: str,
        found: Retrieval,
        lang: str = "pl",
        going_on: frozenset[str] = frozenset(),
        read_units: int | None = None,
    ) -> Ranked:
        """Every unit that may answer, best first. `question` as typed tells the kind, the search the words.

        `lang` is the reader's language: what is said in it comes before the same in another. `going_on` are ids of
        the documents that the conversation is about. `read_units` limits the second look below the setting.
        """
        kind = self.cues.kind(question)
        kind = kind if kind != OTHER else self.cues.kind(found.question)
        candidates = sorted(self.candidates(kind, found, lang, going_on), key=lambda one: -one[0].score)
        most = self.settings.read_units if read_units is None else min(read_units, self.settings.read_units)
        scored = self._read(found, candidates, most)
        return Ranked(kind, frozenset(found.words), tuple(sorted(scored, key=lambda unit: -unit.score)))

    def choose(self, ranked: Ranked, library: Library) -> list[Group]:
        """Groups in the order they are shown; empty when there is nothing to choose from."""
        if not ranked.units:
            return []
        best = ranked.units[0]
        if ranked.kind in BLOCK_KINDS and (block := self._best_block(ranked.kind, ranked.units)) is not None:
            best = block
        first = self._opening(ranked.kind, best, ranked.units, library)
        return [first, *self._support(ranked.wanted, best, first, ranked.units, library)]

    def signals(self, ranked: Ranked) -> dict[str, float]:
        """What the units tell of the chance that they answer: the best one's worth, lead and evidence."""
        if not ranked.units:
            return {"unit": 0.0, "unit_lead": 0.0, "evidence": 0.0, "no_evidence": 1.0}
        best = ranked.units[0]
        opinions = sorted((unit.read for unit in ranked.units if unit.read is not None), reverse=True)
        rival = next((unit for unit in ranked.units if unit.block != best.block), ranked.units[-1])
        asked = self.cues.asks_evidence(ranked.kind)
        held = self.cues.evidence(ranked.kind, best.pick.unit.text)
        return {
            "unit": best.score,
            "unit_lead": best.score - rival.score,
            "evidence": float(asked and held),
            "no_evidence": float(asked and not held),
            **(
                {"reader": opinions[0], "reader_best": _of(best, opinions), "reader_top": _mean(opinions[:3])}
                if opinions
                else {}
            ),
        }

    # scoring

    def _read(self, found: Retrieval, scored: Sequence[tuple[Scored, Mapping[str, float]]], most: int) -> list[Scored]:
        """The units, at most so many of the first scored with the reader's opinion, the others with its lowest."""
        first = scored[:most]
        metadata = {passage.chunk.document_id: passage.metadata for passage in found.passages}
        texts = [self.unit_text(u.pick.chunk, u.pick.unit, metadata[u.pick.document_id]) for u, _ in first]
        opinions = self.read(found.searched_as, texts) if self.read is not None and texts else None
        if not opinions:
            return [unit for unit, _ in scored]
        lowest = min(opinions)
        given = [*opinions, *(lowest for _ in scored[len(opinions) :])]
        return [
            replace(
                unit,
                score=self.model.score({**signals, "reader": opinion}),
                read=opinion if place < len(opinions) else None,
            )
            for place, ((unit, signals), opinion) in enumerate(zip(scored, given, strict=True))
        ]

    def candidates(
        self, kind: str, found: Retrieval, lang: str = "pl", going_on: frozenset[str] = frozenset()
    ) -> Iterator[tuple[Scored, dict[str, float]]]:
        """Every unit that may answer, with its worth and the signals that make it up."""
        subject = frozenset(found.words)
        passages = sorted(found.passages, key=lambda passage: passage.chunk.document_id not in going_on)
        own = [passage for passage in passages if passage.metadata.language == lang]
        foreign = [passage for passage in passages if passage.metadata.language != lang]
        room = self.settings.passages
        for passage in (*own[:room], *foreign[: max(room - len(own), self.settings.foreign_passages)]):
            for unit, given in zip(passage.chunk.units, passage.unit_signals, strict=True):
                if unit.is_heading:
                    continue
                cues = self._own_signals(kind, subject, unit)
                same = float(given.get("heading", 0.0) >= self.settings.same_heading)
                signals = {**given, **cues, "same_heading": same, "passage": passage.score}
                signals["foreign"] = float(passage.metadata.language != lang)
                signals["going_on"] = float(passage.chunk.document_id in going_on)
                scored = Scored(Pick(passage.chunk, unit), self.model.score(signals), frozenset(self.lemmas(unit.text)))
                yield scored, signals

    def _own_signals(self, kind: str, subject: frozenset[str], unit: Unit) -> dict[str, float]:
        listed = unit.kind is not UnitKind.SENTENCE
        asked = kind != "definition" and self.cues.asks_evidence(kind)
        return {
            "evidence": float(asked and self.cues.evidence(kind, unit.text)),
            "defines": float(kind == "definition" and self._defines(subject, unit)),
            "list_wanted": float(listed and kind in BLOCK_KINDS),
            "list_unwanted": float(listed and kind not in BLOCK_KINDS),
            "question": float(unit.text.endswith("?")),
        }

    def _defines(self, subject: frozenset[str], unit: Unit) -> bool:
        """Whether the unit opens with the subject and says what it is."""
        opening = self.lemmas(" ".join(unit.text.split()[: len(subject) + 5]))
        return bool(subject) and subject <= set(opening) and self.cues.evidence("definition", unit.text)

    # the opening

    def _best_block(self, kind: str, units: Sequence[Scored]) -> Scored | None:
        """The best unit of a list or table when one is nearly as good as the best of all. Steps stand in lists only."""
        wanted = (*LISTED, *OPENERS) if kind in TABLE_KINDS else (UnitKind.ITEM, UnitKind.LEAD)
        leading = next((unit for unit in units if unit.pick.unit.kind in wanted), None)
        if leading is None or leading.score + self.settings.block_margin < units[0].score:
            return None
        return leading

    def _opening(self, kind: str, best: Scored, units: Sequence[Scored], library: Library) -> Group:
        if best.pick.unit.kind is UnitKind.SENTENCE:
            return Group((best.pick,))
        block = _block(best.pick, library)
        if kind in BLOCK_KINDS or best.pick.unit.kind in OPENERS or _words(block) <= self.settings.max_words:
            return self._whole(block)
        return self._part(best, units, block)

    def _whole(self, block: Sequence[Pick]) -> Group:
        kept = list(_within(block, self.settings.max_list_words))
        return Group(tuple(kept), whole=True, cut=len(kept) < len(block))

    def _part(self, best: Scored, units: Sequence[Scored], block: Sequence[Pick]) -> Group:
        """The opener of a long list or table and its best entries, in reading order."""
        near = [s for s in units if s.block == best.block and s.score >= best.score - self.settings.support_margin / 2]
        near.sort(key=lambda scored: -scored.score)
        chosen = {s.pick.unit.start for s in near[: self.settings.max_sentences]} | {best.pick.unit.start}
        picks = tuple(p for p in block if p.unit.kind in OPENERS or p.unit.start in chosen)
        return Group(picks, cut=len(picks) < len(block))

    # support

    def _support(
        self, wanted: frozenset[str], best: Scored, first: Group, units: Sequence[Scored], library: Library
    ) -> Iterator[Group]:
        """Groups that add to the opening, best first, until the answer is long enough. A list comes whole or not."""
        said = [frozenset(self.lemmas(pick.unit.text)) for pick in first.picks]
        shown = {_place(pick) for pick in first.picks}
        room, words = self.settings.max_sentences - 1, self.settings.max_words - _words(first.picks)
        rest = [s for s in units if _place(s.pick) not in shown and self._adds(s, best)]
        while room > 0 and words > 0 and rest:
            covered = frozenset().union(*said)
            following = max(rest, key=lambda s: self._value(s, best, wanted, covered))
            if self._value(following, best, wanted, covered) < best.score - self.settings.support_margin:
                return
            rest.remove(following)
            group = self._group(following, library)
            if self._repeats(following, said) or _words(group.picks) > words:
                continue
            rest = [s for s in rest if _place(s.pick) not in {_place(pick) for pick in group.picks}]
            said += [frozenset(self.lemmas(pick.unit.text)) for pick in group.picks]
            room, words = room - 1, words - _words(group.picks)
            yield group

    def _adds(self, scored: Scored, best: Scored) -> bool:
        """Whether the reader finds that a sentence answers too; without its opinion the score decides."""
        if best.read is None:
            return True
        return scored.read is not None and scored.read >= min(self.settings.support_read, best.read)

    def _group(self, scored: Scored, library: Library) -> Group:
        if scored.pick.unit.kind is UnitKind.SENTENCE:
            return Group((scored.pick,))
        return Group(tuple(_block(scored.pick, library)), whole=True)

    def _value(self, scored: Scored, best: Scored, wanted: frozenset[str], covered: frozenset[str]) -> float:
        """The worth of one more sentence: its own, what it covers that nothing has yet, and standing by the first."""
        new = len((wanted & scored.lemmas) - covered) / (len(wanted) or 1)
        near = self.settings.section_gain if scored.section == best.section else 0.0
        same = self.settings.document_gain if scored.pick.document_id == best.pick.document_id else 0.0
        return scored.score + self.settings.coverage_gain * new + near + same

    def _repeats(self, scored: Scored, said: Iterable[frozenset[str]]) -> bool:
        if not scored.lemmas:
            return True
        return any(len(scored.lemmas & other) / len(scored.lemmas) >= self.settings.redundancy for other in said)


def _block(pick: Pick, library: Library) -> list[Pick]:
    """Every unit of the pick's list or table, in reading order, across chunks."""
    block = pick.unit.block
    chunks = library.chunks_with(pick.chunk, block)
    return [Pick(chunk, unit) for chunk in chunks for unit in chunk.units if unit.block == block]


def _of(best: Scored, opinions: Sequence[float]) -> float:
    return best.read if best.read is not None else min(opinions)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _place(pick: Pick) -> tuple[str, int]:
    return pick.document_id, pick.unit.start


def _within(picks: Sequence[Pick], limit: int) -> Iterator[Pick]:
    words = 0
    for pick in picks:
        words += len(pick.unit.text.split())
        if words > limit:
            return
        yield pick


def _words(picks: Iterable[Pick]) -> int:
    return sum(len(pick.unit.text.split()) for pick in picks)
