"""Guided modes as surfaces use them: which there are, what to show, what a reply does, what comes of it.

Knows nothing of databases and screens; what it needs of the documents and of what is kept comes as ports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..config import DialogueSettings
from ..domain.answers import Citation
from ..domain.dialogues import (
    Absent,
    Advice,
    Dialogue,
    GivenAdvice,
    Option,
    Progress,
    Reply,
    Report,
    Run,
    Session,
    Source,
    Step,
    StepKind,
)
from ..domain.ports import Embedder, RunKeeper
from ..errors import DialogueError, DialogueMissing, Overloaded, ReplyError
from ..prompts import Words
from . import advice, checking, definitions, engine, scoring
from .checking import Problem
from .conditions import Facts
from .definitions import Definitions
from .replies import Vocabulary, matched, read
from .wording import Wording, absent

Cite = Callable[[str, str, str], Citation | None]  # question, language, path of the document or ""
Headings = Callable[[str], Iterable[str]]  # of a document by its path; KeyError when there is none
TRIES = 5  # of keeping a reply while other tabs keep theirs
CHOOSING = (StepKind.CHOICE, StepKind.MULTI)
QUESTION = re.compile(
    r"^\W*(co (to )?(znaczy|jest|oznacza)|co to|czym jest|what (does|is|are)|why|dlaczego)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A run with the definition it began with; `newer` is the mode's present version when that is another."""

    run: Run
    dialogue: Dialogue
    newer: Dialogue | None = None
    forgotten: tuple[str, ...] = ()

    @property
    def session(self) -> Session:
        """The replies."""
        return self.run.session


@dataclass(frozen=True, slots=True)
class View:
    """What a surface shows: a step (None: nothing is left to ask) with its options, and where one is."""

    opened: Opened
    step: Step | None
    options: tuple[Option, ...]
    columns: Mapping[str, tuple[Option, ...]]
    reply: Reply | None
    source: Source | None
    progress: Progress
    number: int  # of the step among those asked, from 1
    previous: str  # the step before, ""
    wording: Wording


@dataclass(frozen=True)
class Guided:
    """Every mode of a folder."""

    folder: Path
    words: Mapping[str, Words]
    vocabulary: Vocabulary
    cite: Cite
    headings: Headings
    embedder: Callable[[], Embedder]
    runs: Callable[[], RunKeeper]
    generation: Callable[[], str]
    settings: DialogueSettings
    software: str

    # definitions

    @cached_property
    def definitions(self) -> Definitions:
        """As they stand in the files now; those with problems are broken and do not run."""
        found = definitions.load(self.folder)
        sound: dict[str, Dialogue] = {}
        broken = list(found.broken)
        for id, dialogue in found.dialogues.items():
            problems = _problems(self._text(dialogue), dialogue.id)
            broken += [
                DialogueError(path=f"{id}.toml", line=0, at=one.at, reason=f"{one.code} {one.detail}".strip())
                for one in problems
            ]
            if not problems:
                sound[id] = dialogue
        return Definitions(sound, tuple(broken))

    def dialogue(self, id: str) -> Dialogue:
        """By its id. Raises DialogueMissing."""
        try:
            return self.definitions.dialogues[id]
        except KeyError:
            raise DialogueMissing(name=id[:60]) from None

    def check(self, names: Iterable[str] = (), deep: bool = False) -> tuple[list[DialogueError], list[Problem]]:
        """What the linter says: files that cannot be read, and problems of the others; `deep` asks the index too."""
        found = definitions.load(self.folder)
        wanted = set(names) or set(found.dialogues)
        problems: list[Problem] = []
        for id, dialogue in found.dialogues.items():
            if id not in wanted:
                continue
            own = checking.problems(dialogue)
            problems += own or checking.unreached(dialogue)
            if deep:
                problems += checking.unproved(dialogue, lambda *query: self.cite(*query) is not None, self._headed)
        return list(found.broken), problems

    def _headed(self, path: str, heading: str) -> bool:
        try:
            return heading in self.headings(path)
        except KeyError:
            return False

    # runs

    def begin(self, id: str, lang: str, workshop: str = "") -> tuple[str, Opened]:
        """A new run, and the code that opens it again."""
        dialogue = self.dialogue(id)
        session = engine.begin(dialogue, "", lang)
        code, run = self.runs().begin(session, self._text(dialogue), workshop)
        return code, Opened(run, dialogue)

    def open(self, code: str) -> Opened:
        """A run by its code. Raises RunMissing."""
        return self._opened(self.runs().open(code))

    def say(self, code: str, step: str, raw: Any = None, absent: Absent | None = None, note: str = "") -> Opened:
        """Reply to a step, or change a reply. Raises ReplyError; nothing is lost then."""

        def change(opened: Opened) -> engine.Applied:
            reply = Reply(step, None if absent else self.value(opened, step, raw), absent, note)
            return engine.apply(opened.dialogue, opened.session, reply)

        return self._changed(code, change)

    def forget(self, code: str, step: str) -> Opened:
        """Take a reply back."""
        return self._changed(code, lambda opened: engine.forget(opened.dialogue, opened.session, step))

    def migrate(self, code: str) -> Opened:
        """Move a run to the mode's present version; `forgotten` names the replies that it cannot take."""
        opened = self.open(code)
        if opened.newer is None:
            return opened
        newer = opened.newer
        return self._changed(code, lambda it: engine.migrated(newer, it.session), self._text(newer))

    def remove(self, code: str) -> None:
        """Delete a run for good."""
        self.runs().remove(self.open(code).run)

    def value(self, opened: Opened, step: str, raw: Any) -> Any:
        """What a person's words mean as the value of a step. Raises ReplyError."""
        asked = next((one for one in opened.dialogue.steps if one.id == step), None)
        if asked is None:
            raise ReplyError(step=step[:60], reason="not_asked")
        session = opened.session
        choices = {"": engine.options(opened.dialogue, session, asked)}
        choices |= {column.id: engine.options(opened.dialogue, session, column) for column in asked.fields}
        return read(asked, raw, choices, self.vocabulary, session.lang, date.today())

    def view(self, opened: Opened, step: str = "", after: str = "") -> View:
        """A step that is asked (else the next without a reply behind `after`) as a surface shows it."""
        dialogue, session = opened.dialogue, opened.session
        asked = engine.asked(dialogue, session)
        shown = next((one for one in asked if one.id == step), None) or engine.next_step(dialogue, session, after)
        before = engine.previous(dialogue, session, shown.id if shown else "")
        return View(
            opened=opened,
            step=shown,
            options=engine.options(dialogue, session, shown) if shown else (),
            columns={c.id: engine.options(dialogue, session, c) for c in shown.fields} if shown else {},
            reply=session.reply(shown.id) if shown else None,
            source=source(dialogue, shown, session.lang) if shown else None,
            progress=engine.progress(dialogue, session),
            number=asked.index(shown) + 1 if shown else len(asked),
            previous=before.id if before else "",
            wording=self.wording(opened),
        )

    def wording(self, opened: Opened) -> Wording:
        """The run's replies in words."""
        return Wording(opened.dialogue, opened.session, self.words[opened.session.lang])

    def _opened(self, run: Run) -> Opened:
        present = self.definitions.dialogues.get(run.session.dialogue)
        if present is not None and present.digest == run.session.digest:
            return Opened(run, present)
        name = f"{run.session.dialogue}.toml"
        return Opened(run, definitions.parse(self.runs().definition(run.session.digest), name), present)

    def _changed(self, code: str, change: Callable[[Opened], engine.Applied], definition: str = "") -> Opened:
        """Keep what `change` makes of the run as it is now; anew when another tab was quicker."""
        for _ in range(TRIES):
            opened = self.open(code)
            applied = change(opened)
            run = self.runs().change(opened.run, applied.session, definition)
            if run is not None:
                made = self._opened(run)
                return Opened(run, made.dialogue, made.newer, applied.forgotten)
        raise Overloaded(seconds=2)

    def _text(self, dialogue: Dialogue) -> str:
        return definitions.text_of(self.folder / f"{dialogue.id}.toml")

    # in conversation

    def asks(self, step: Step, text: str) -> bool:
        """Whether what somebody typed at a step is a question of theirs rather than a reply."""
        if text.lstrip().startswith("?"):
            return True
        if step.kind is StepKind.TEXT:  # a reply in words may well be a question
            return bool(QUESTION.match(text)) and text.rstrip().endswith("?")
        return text.rstrip().endswith("?") or bool(QUESTION.match(text))

    def meant(self, opened: Opened, step: Step, text: str) -> tuple[Option | None, bool]:
        """(the option that a text most likely means, whether that is sure enough not to ask)."""
        offered = engine.options(opened.dialogue, opened.session, step)
        exact = matched(text, offered)
        if exact is not None or not offered or not text.strip():
            return exact, exact is not None
        lang = opened.session.lang
        near = self._cosines(text, [f"{one.text.get(lang, '')} {(one.help or {}).get(lang, '')}" for one in offered])
        order = np.argsort(-near)
        lead = float(near[order[0]] - near[order[1]]) if len(order) > 1 else 1.0
        return offered[int(order[0])], lead >= self.settings.sure_option

    def proposed(self, question: str, lang: str) -> Dialogue | None:
        """The mode that fits a question, when one does and leads before the others."""
        modes = list(self.definitions.dialogues.values())
        if not modes or not question.strip():
            return None
        asked = self.embedder().embed_query(question)
        near = sorted(((_fit(own @ asked), place) for place, own in enumerate(self._told(lang))), reverse=True)
        lead = near[0][0] - near[1][0] if len(near) > 1 else 1.0
        fits = near[0][0] >= self.settings.proposes and lead >= self.settings.proposes_lead
        return modes[near[0][1]] if fits else None

    def _told(self, lang: str) -> list[np.ndarray]:
        """For each mode the vectors of its title with summary, and of the questions after which it is proposed."""
        modes = self.definitions.dialogues.values()
        told = ((f"{one.title[lang]}. {one.summary[lang]}", *one.proposed_for[lang]) for one in modes)
        return [_vectors(cast(Hashable, self.embedder()), texts) for texts in told]

    def _cosines(self, text: str, others: Sequence[str]) -> np.ndarray:
        made = self.embedder().embed_query(text)
        return np.stack([self.embedder().embed_query(other) for other in others]) @ made

    # what comes of it

    def report(self, opened: Opened, now: datetime, before: Opened | None = None) -> Report:
        """Everything of a report; a place in the documents that cannot be looked up now raises what the search does."""
        dialogue, session = opened.dialogue, opened.session
        facts = Facts(dialogue, {reply.step: reply for reply in session.replies})
        assessment = scoring.assess(dialogue, session)
        given = [
            GivenAdvice(one, self.quoted(one, session.lang), points)
            for one, points in advice.chosen(dialogue, facts, assessment)
        ]
        steps = engine.asked(dialogue, session)
        unanswered = [(one.id, why) for one in steps if (why := _why(session, one)) is not None]
        return Report(
            dialogue=dialogue,
            session=session,
            assessment=assessment,
            advice=tuple(given),
            created_at=now,
            generation=self.generation(),
            software=self.software,
            before=scoring.assess(before.dialogue, before.session) if before else None,
            before_at=before.run.created_at if before else None,
            skipped=tuple(unanswered),
            numbers=facts.numbers(),
        )

    def quoted(self, given: Advice, lang: str) -> Citation | None:
        """What stands behind a piece of advice, in a language where that document has it, else in Polish."""
        paths = given.document or {}
        found = self.cite(given.query[lang], lang, paths.get(lang) or paths.get("pl", ""))
        if found is None and lang != "pl":
            found = self.cite(given.query["pl"], "pl", paths.get("pl", ""))
        return found


def _fit(cosines: np.ndarray) -> float:
    """How near a question is to a mode: half its nearest question, a quarter the two nearest, a quarter its title."""
    title, nearest = cosines[0], np.sort(cosines[1:])[::-1]
    return float(0.5 * nearest[0] + 0.25 * nearest[:2].mean() + 0.25 * title)


def source(dialogue: Dialogue, step: Step, lang: str) -> Source | None:
    """Where a step's „why do we ask” stands."""
    section = next(one for one in dialogue.sections if one.id == step.section)
    told = step.source or section.source
    if not told:
        return None
    path, _, heading = (told.get(lang) or told["pl"]).partition("#")
    return Source(path, heading)


@lru_cache(maxsize=128)
def _problems(text: str, id: str) -> tuple[Problem, ...]:
    return tuple(checking.problems(definitions.parse(text, f"{id}.toml")))


@lru_cache(maxsize=256)
def _vectors(embedder: Any, texts: tuple[str, ...]) -> np.ndarray:
    return np.stack([embedder.embed_query(text) for text in texts])


def _why(session: Session, step: Step) -> Absent | None:
    reply = session.reply(step.id)
    return absent(reply) if reply is None or reply.value is None else None
