"""What a facilitator may see: no sequence of looks tells one person's reply from those of at least `least` others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.dialogues import definitions, workshops
from assistant.domain.dialogues import Condition, Outcome, Respondent, Workshop
from tests.dialogues.conftest import TRIAL

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MODE = definitions.read(TRIAL)
TRUST = MODE.step("trust")
TWO = replace(MODE, steps=(*MODE.steps, replace(TRUST, id="plan")))
PEOPLE, LEAST = 14, 4
Level = int | None
Told = tuple[Any, ...]

# what people and the facilitator do: (act, person, level)
ACTS = ("reply", "reply", "reply", "reply", "take back", "leave", "look", "close", "reopen")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(ACTS), st.integers(0, PEOPLE - 1), st.sampled_from([None, 1, 2, 3, 4, 5]),
        st.sampled_from(["trust", "plan"]),
    ),
    max_size=120,
)  # fmt: skip


@dataclass
class Hall:
    """A workshop without a database. `lie` replaces what a person replied, for the world that might have been."""

    least: int = LEAST
    lie: Callable[[int, str, Level], Level] = lambda person, step, level: level
    people: dict[int, Respondent] = field(default_factory=dict)
    seen: list[Told] = field(default_factory=list)
    groups: list[tuple[str, dict[int, Level]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        day = (NOON, NOON, NOON)
        self.workshop = Workshop("w", "trial", "d", "pl", "Tytuł", True, self.least, 0, *day)

    def act(self, name: str, person: int = 0, level: Level = None, step: str = "trust") -> None:
        if name == "reply":
            one = self.people.setdefault(person, Respondent(str(person), {}, frozenset()))
            self.people[person] = replace(one, levels={**one.levels, step: self.lie(person, step, level)})
        elif name == "take back" and person in self.people:
            one = self.people[person]
            self.people[person] = replace(one, levels={k: v for k, v in one.levels.items() if k != step})
        elif name == "leave":
            self.people.pop(person, None)
        elif name == "close" and self.workshop.open:
            self._round(closing=True)
            self.workshop = replace(self.workshop, open=False)
        elif name == "reopen":
            self.workshop = replace(self.workshop, open=True)
        if name in ("look", "close"):
            self.look()

    def look(self) -> Told:
        if self.workshop.open:
            self._round(closing=False)
        found = workshops.result(TWO, self.workshop, tuple(self.people.values()))
        self.seen.append((found.joined, found.finished, found.statements, found.discuss))
        return self.seen[-1]

    def _round(self, closing: bool) -> None:
        shown, counted = workshops.round_(TWO, self.workshop, tuple(self.people.values()), closing)
        for step in ("trust", "plan"):
            new = {
                n: one.levels[step]
                for n, one in self.people.items()
                if step in counted.get(one.run, ()) and step not in one.counted
            }
            if new:
                self.groups.append((step, new))
        self.workshop = replace(self.workshop, shown=shown)
        self.people = {n: replace(p, counted=counted.get(p.run, p.counted)) for n, p in self.people.items()}

    def all(self, events: Sequence[tuple[str, int, Level, str]]) -> Hall:
        for event in events:
            self.act(*event)
        return self

    def trust(self) -> Any:
        return self.look()[2][0]


def replied(*levels: Level, least: int = LEAST) -> Hall:
    hall = Hall(least)
    for person, level in enumerate(levels):
        hall.act("reply", person, level)
    return hall


@pytest.mark.parametrize("people", range(LEAST))
def test_with_too_few_there_is_nothing_but_the_count(people: int) -> None:
    hall = replied(*[5] * people)
    for act in ("look", "close", "look", "reopen", "look", "close"):
        hall.act(act)
        one = hall.trust()
        assert (one.replied, one.waiting, one.counted, one.levels, one.middle) == (people, people, 0, (), None)
        assert (one.absent, one.apart, one.disagreement, one.discuss) == (0, 0, 0.0, False)


def test_enough_are_shown_when_it_closes() -> None:
    hall = replied(1, 2, 5, 5)
    assert hall.trust().levels == ()  # so few are shown only when nobody follows
    hall.act("close")
    one = hall.trust()
    assert (one.levels, one.middle, one.apart, one.waiting) == ((1, 1, 0, 0, 2), 3.5, 4, 0)
    assert hall.look()[3] == ("trust",)


def test_while_it_is_open_as_many_as_are_needed_wait_behind_those_shown() -> None:
    hall = replied(*[3] * 7)
    assert hall.trust().counted == 0
    hall.act("reply", 7, 3)
    assert (hall.trust().counted, hall.trust().waiting) == (4, 4)
    for person in (8, 9, 10):
        hall.act("reply", person, 3)
        assert hall.trust().counted == 4
    hall.act("close")
    assert (hall.trust().counted, hall.trust().waiting) == (11, 0)  # nobody's voice is lost


def test_who_comes_late_waits_for_others() -> None:
    hall = replied(1, 2, 3, 4)
    hall.act("close")
    hall.act("reopen")
    hall.act("reply", 4, 5)
    hall.act("close")
    assert (hall.trust().levels, hall.trust().waiting) == ((1, 1, 1, 1, 0), 1)


def test_what_was_shown_stays_whatever_people_change_afterwards() -> None:
    hall = replied(1, 2, 3, 4)
    hall.act("close")
    before = hall.trust().levels
    hall.act("reply", 0, 5)
    hall.act("take back", 1)
    hall.act("leave", 2)
    for act in ("look", "reopen", "look", "close"):
        hall.act(act)
        assert hall.trust().levels == before


def test_a_level_among_people_without_one_is_not_shown() -> None:
    hall = replied(None, None, None, 5)
    hall.act("close")
    one = hall.trust()
    assert (one.counted, one.levels, one.absent) == (4, (), 0)


def test_of_a_statement_that_some_are_asked_not_even_the_number_is_told() -> None:
    some = replace(TRUST, id="some", when=Condition("answered", "stage", True))
    sections = tuple(replace(one, when=some.when) if one.id == "money" else one for one in MODE.sections)
    elsewhere = replace(TRUST, id="elsewhere", section="money")
    mode = replace(MODE, sections=sections, steps=(*MODE.steps, some, elsewhere))
    assert [step.id for step in workshops.statements(mode)] == ["trust"]


def test_a_group_may_want_more_people() -> None:
    hall = replied(*[3] * 9, least=10)
    hall.act("close")
    assert hall.trust().levels == ()


def test_what_was_agreed_makes_the_score() -> None:
    hall = replied()
    hall.workshop = replace(hall.workshop, outcomes=(Outcome("trust", 5, "zgoda"), Outcome("plan", None, "spór")))
    agreed = workshops.result(TWO, hall.workshop, ()).agreed
    assert agreed is not None
    assert agreed.overall == 1.0


# ---- whatever happens ----------------------------------------------------------------------------


@given(EVENTS)
def test_every_difference_of_two_looks_is_about_enough_people(events: list[tuple[str, int, Level, str]]) -> None:
    hall = Hall().all(events)
    for at in range(2):
        counted = [told[2][at].counted for told in hall.seen]
        assert all(now == before or now - before >= LEAST for before, now in pairwise([0, *counted]))
        for told in hall.seen:
            one = told[2][at]
            assert one.levels == () or sum(one.levels) >= LEAST
            assert bool(one.levels) or (one.absent, one.middle, one.disagreement) == (0, None, 0.0)


@given(EVENTS)
def test_nobody_is_counted_twice_or_in_a_small_group(events: list[tuple[str, int, Level, str]]) -> None:
    hall = Hall().all([event for event in events if event[0] != "leave"])
    for step in ("trust", "plan"):
        taken = [person for name, group in hall.groups for person in group if name == step]
        assert len(taken) == len(set(taken))
    assert all(len(group) >= LEAST for _, group in hall.groups)


@given(EVENTS, st.data())
def test_if_two_of_a_group_had_replied_as_the_other_every_look_were_the_same(
    events: list[tuple[str, int, Level, str]], data: st.DataObject
) -> None:
    events = [event for event in events if event[0] != "leave"]  # who left and came back is two people
    hall = Hall().all(events)
    if not hall.groups:
        return
    step, group = data.draw(st.sampled_from(hall.groups))
    one, other = data.draw(st.permutations(sorted(group)))[:2]
    swapped = {one: group[other], other: group[one]}

    def lie(person: int, of: str, level: Level) -> Level:
        return swapped.get(person, level) if of == step else level

    assert Hall(lie=lie).all(events).seen == hall.seen


@given(EVENTS, st.data())
def test_whatever_somebody_not_counted_had_replied_every_look_were_the_same(
    events: list[tuple[str, int, Level, str]], data: st.DataObject
) -> None:
    hall = Hall().all(events)
    person, level = data.draw(st.integers(0, PEOPLE - 1)), data.draw(st.sampled_from([None, 1, 5]))
    counted = {step for step, group in hall.groups if person in group}
    other = Hall(lie=lambda who, step, said: level if who == person and step not in counted else said).all(events)
    assert other.seen == hall.seen
