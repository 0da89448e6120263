"""Workshops: many people reply to one mode without names, a facilitator sees how far apart they are.

What the facilitator may see. Counts of replies to a statement are shown by **rounds**. A round takes in at least
`least` people whom no round has taken in; when it is due depends on how many replied and never on what. While the
workshop is open a round leaves `least` more waiting, so that closing never has too few to show. Whoever was taken in
stays as counted: a reply changed, taken back or deleted later changes no count. So all that can be learned from any
sequence of looks are the counts of groups of at least `least` people that do not overlap, and no look can be
subtracted from another to leave one person. What is left over when it closes (fewer than `least`) waits for good, or
for others after reopening. Counts with fewer than `least` levels among them are not shown.

Compared are the scales that everybody is asked: of others the mere number of replies would tell what somebody replied
before. Words, notes and all other kinds of replies never come here at all.

The rule does not help against a facilitator who joins many times with made-up replies: respondents have no accounts.
And where all of a group gave one level, the counts tell what each replied; no rule on sizes prevents that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..config import DialogueSettings
from ..domain.dialogues import (
    Action,
    Assessment,
    Dialogue,
    Outcome,
    Reply,
    Respondent,
    Session,
    Statement,
    Step,
    StepKind,
    Tally,
    Workshop,
    WorkshopResult,
)
from ..domain.ports import WorkshopKeeper
from ..errors import DialogueMissing, Overloaded, ReplyError, WorkshopClosed, WorkshopFull
from . import definitions, engine, scoring
from .guided import Guided, Opened

TRIES = 5  # of keeping a round while another look takes one
TITLE, WORDS, NAME = 200, 2000, 200  # characters of a title; of a note or an action; of an owner
ACTIONS = 200


@dataclass(frozen=True)
class Workshops:
    """Workshops of all modes that allow them."""

    guided: Guided
    kept: Callable[[], WorkshopKeeper]
    settings: DialogueSettings

    def begin(self, name: str, title: str, lang: str, least: int | None = None) -> tuple[str, str, Workshop]:
        """(the facilitator's code, the code to join by, the workshop) of a mode.

        `least` may only be more than the setting. Raises DialogueMissing, also for a mode that is not for many.
        """
        dialogue = self.guided.dialogue(name)
        if not dialogue.workshop:
            raise DialogueMissing(name=name[:60])
        lowest = self.settings.least_respondents
        if least is not None and least < lowest:
            raise ReplyError(step="least", reason="too_low", given=least, limit=lowest)
        text = definitions.text_of(self.guided.folder / f"{dialogue.id}.toml")
        session = engine.begin(dialogue, "", lang)
        return self.kept().begin(session, text, _written("title", title, TITLE), least or lowest)

    def open(self, code: str) -> Workshop:
        """By the facilitator's code. Raises WorkshopMissing."""
        return self.kept().open(code)

    def dialogue(self, workshop: Workshop) -> Dialogue:
        """The mode as it was when the workshop began."""
        present = self.guided.definitions.dialogues.get(workshop.dialogue)
        if present is not None and present.digest == workshop.digest:
            return present
        return definitions.parse(self.guided.runs().definition(workshop.digest), f"{workshop.dialogue}.toml")

    def join(self, code: str, lang: str | None = None) -> tuple[str, Opened]:
        """One more respondent: a run of their own and the code that opens it.

        Raises WorkshopMissing, WorkshopClosed, WorkshopFull.
        """
        workshop = self.kept().joined_by(code)
        if not workshop.open:
            raise WorkshopClosed()
        if self.kept().size(workshop) >= self.settings.most_respondents:
            raise WorkshopFull(limit=self.settings.most_respondents)
        dialogue = self.dialogue(workshop)
        session = engine.begin(dialogue, "", lang or workshop.lang)
        text = self.guided.runs().definition(workshop.digest)
        own, run = self.guided.runs().begin(session, text, workshop.id)
        return own, Opened(run, dialogue)

    def rename(self, code: str, title: str) -> Workshop:
        """With another title."""
        return self.kept().rename(self.open(code), _written("title", title, TITLE))

    def invite(self, code: str) -> str:
        """A new code to join by, instead of the one before."""
        return self.kept().invite(self.open(code))

    def close(self, code: str) -> Workshop:
        """Nobody may join, and a last round shows what waits; nothing when it is closed."""
        workshop = self.open(code)
        return self._round(workshop, opened=False)[0] if workshop.open else workshop

    def reopen(self, code: str) -> Workshop:
        """People may join and replies count again."""
        workshop = self.open(code)
        return workshop if workshop.open else self._round(workshop, opened=True)[0]

    def remove(self, code: str) -> None:
        """For good, with all replies."""
        self.kept().remove(self.open(code))

    # what the facilitator sees

    def results(self, code: str) -> WorkshopResult:
        """What may be shown now; looking takes a round where one is due, while the workshop is open."""
        workshop = self.open(code)
        if workshop.open:
            workshop, respondents = self._round(workshop, opened=True)
        else:
            respondents = self.kept().respondents(workshop)
        return result(self.dialogue(workshop), workshop, respondents)

    def record(self, code: str, step: str, level: int | None, note: str = "") -> Workshop:
        """What the group agreed on a statement; neither level nor note takes it back. Raises ReplyError."""
        workshop = self.open(code)
        asked = next((one for one in statements(self.dialogue(workshop)) if one.id == step), None)
        if asked is None:
            raise ReplyError(step=step[:60], reason="not_asked")
        if level is not None and not 1 <= level <= asked.levels:
            raise ReplyError(step=step, reason="not_level", limit=asked.levels)
        return self.kept().record(workshop, Outcome(step, level, _limited("note", note, WORDS)))

    def plan(self, code: str, text: str, owner: str = "", due: str = "") -> Workshop:
        """Add an action. Raises ReplyError."""
        workshop = self.open(code)
        if len(workshop.actions) >= ACTIONS:
            raise ReplyError(step="actions", reason="too_many_rows", given=ACTIONS + 1, limit=ACTIONS)
        return self.kept().plan(workshop, _action("", text, owner, due))

    def replan(self, code: str, id: str, text: str, owner: str = "", due: str = "") -> Workshop:
        """Change an action. Raises NotThere, ReplyError."""
        return self.kept().replan(self.open(code), _action(id, text, owner, due))

    def drop(self, code: str, id: str) -> Workshop:
        """Remove an action. Raises NotThere."""
        return self.kept().drop(self.open(code), id)

    def _round(self, workshop: Workshop, opened: bool) -> tuple[Workshop, tuple[Respondent, ...]]:
        """Take the round that is due, and open or close."""
        for _ in range(TRIES):
            respondents = self.kept().respondents(workshop)
            closing = workshop.open and not opened
            shown, counted = round_(self.dialogue(workshop), workshop, respondents, closing) if workshop.open else NONE
            if not counted and opened == workshop.open:
                return workshop, respondents
            if self.kept().count(workshop, shown or workshop.shown, counted, opened=opened):
                kept = self.kept().read(workshop.id)
                return kept, tuple(replace(one, counted=counted.get(one.run, one.counted)) for one in respondents)
            workshop = self.kept().read(workshop.id)
            if workshop.open == opened:
                return workshop, self.kept().respondents(workshop)
        raise Overloaded(seconds=2)


NONE: tuple[tuple[Tally, ...], dict[str, frozenset[str]]] = ((), {})


# ---- the rule ----------------------------------------------------------------------------------


def statements(dialogue: Dialogue) -> tuple[Step, ...]:
    """What a group compares: the scales that everybody is asked."""
    partial = {section.id for section in dialogue.sections if section.when is not None}
    scales = (step for step in dialogue.steps if step.kind is StepKind.SCALE)
    return tuple(step for step in scales if step.when is None and step.section not in partial)


def taken(step: str, respondents: Iterable[Respondent], least: int, closing: bool) -> list[Respondent]:
    """Whose replies to a statement a round takes in now: nobody's, or those of at least `least`."""
    waiting = [one for one in respondents if step in one.levels and step not in one.counted]
    spare = 0 if closing else least
    return waiting[: len(waiting) - spare] if len(waiting) >= least + spare else []


def round_(
    dialogue: Dialogue, workshop: Workshop, respondents: Sequence[Respondent], closing: bool
) -> tuple[tuple[Tally, ...], dict[str, frozenset[str]]]:
    """(what is counted after a round, the statements counted of each run that it took in)."""
    shown = {tally.step: tally for tally in workshop.shown}
    counted: dict[str, set[str]] = {}
    for step in statements(dialogue):
        group = taken(step.id, respondents, workshop.least, closing)
        if not group:
            continue
        before = shown.get(step.id) or Tally(step.id, (0,) * step.levels)
        levels = [one.levels[step.id] for one in group]
        added = (count + levels.count(at) for at, count in enumerate(before.levels, 1))
        shown[step.id] = Tally(step.id, tuple(added), before.absent + levels.count(None))
        for one in group:
            counted.setdefault(one.run, set(one.counted)).add(step.id)
    return tuple(shown.values()), {run: frozenset(steps) for run, steps in counted.items()}


def result(dialogue: Dialogue, workshop: Workshop, respondents: Sequence[Respondent]) -> WorkshopResult:
    """What may be shown of what was counted, and how many replied."""
    compared = statements(dialogue)
    names = {step.id for step in compared}
    found = [(step, _spread(step, workshop.tally(step.id), workshop.least)) for step in compared]
    ranked = scoring.to_discuss(spread for _, spread in found if spread is not None)
    return WorkshopResult(
        workshop=workshop,
        joined=len(respondents),
        finished=sum(names <= one.levels.keys() for one in respondents),
        statements=tuple(_statement(step, spread, workshop, respondents) for step, spread in found),
        discuss=tuple(spread.step for spread in ranked),
        agreed=_agreed(dialogue, workshop),
    )


def _spread(step: Step, tally: Tally | None, least: int) -> scoring.Spread | None:
    """None: nothing to show."""
    if tally is None or sum(tally.levels) < least:
        return None
    replies = [Reply(step.id, level) for level, count in enumerate(tally.levels, 1) for _ in range(count)]
    return replace(scoring.spread(step, replies), absent=tally.absent)


def _statement(
    step: Step, spread: scoring.Spread | None, workshop: Workshop, people: Sequence[Respondent]
) -> Statement:
    tally = workshop.tally(step.id)
    told = Statement(
        step=step.id,
        replied=sum(step.id in one.levels for one in people),
        waiting=sum(step.id in one.levels and step.id not in one.counted for one in people),
        counted=sum(tally.levels) + tally.absent if tally else 0,
    )
    if spread is None:
        return told
    return replace(
        told,
        levels=spread.levels,
        absent=spread.absent,
        middle=spread.middle,
        apart=spread.apart,
        disagreement=spread.disagreement,
        discuss=spread.to_discuss,
    )


def _agreed(dialogue: Dialogue, workshop: Workshop) -> Assessment | None:
    replies = tuple(Reply(one.step, one.level) for one in workshop.outcomes if one.level is not None)
    if not replies:
        return None
    session = Session("", dialogue.id, dialogue.version, dialogue.digest, workshop.lang, replies)
    return scoring.assess(dialogue, session)


def _action(id: str, text: str, owner: str, due: str) -> Action:
    try:
        due = date.fromisoformat(due).isoformat() if due else ""
    except ValueError:
        raise ReplyError(step="due", reason="not_date", given=due[:40]) from None
    return Action(id, _written("text", text, WORDS), _limited("owner", owner, NAME), due)


def _written(name: str, text: str, limit: int) -> str:
    if not text.strip():
        raise ReplyError(step=name, reason="empty")
    return _limited(name, text, limit)


def _limited(name: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise ReplyError(step=name, reason="too_long", given=len(text), limit=limit)
    return text.strip()
