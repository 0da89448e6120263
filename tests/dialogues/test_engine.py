"""Whatever is replied, edited, jumped over or taken back: a session stays valid, and every path has an end."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dialogues import definitions, engine
from assistant.dialogues.conditions import Facts
from assistant.dialogues.respondents import reply, respond
from assistant.domain.dialogues import Absent, Dialogue, Reply, Session, StepKind, Value
from assistant.errors import ReplyError
from tests.dialogues.conftest import TRIAL

MODE = definitions.read(TRIAL)


def begun(**values: Value | Absent) -> Session:
    session = engine.begin(MODE, "s", "pl")
    for step, value in values.items():
        made = Reply(step, absent=value) if isinstance(value, Absent) else Reply(step, value)
        session = engine.apply(MODE, session, made).session
    return session


def ids(steps: Sequence[object]) -> list[str]:
    return [step.id for step in steps]  # type: ignore[attr-defined]


def valid(dialogue: Dialogue, session: Session) -> None:
    """What must hold of every session."""
    asked = {step.id for step in engine.asked(dialogue, session)}
    assert {one.step for one in session.replies} <= asked
    assert len({one.step for one in session.replies}) == len(session.replies)
    again = engine.begin(dialogue, session.id, session.lang)
    for one in session.replies:
        again = engine.apply(dialogue, again, one).session
    assert again == session  # replaying the replies gives the same session


# ---- the order of asking -------------------------------------------------------------------------


def test_steps_come_in_the_definitions_order() -> None:
    session = begun()
    first = engine.next_step(MODE, session)
    assert first is not None
    assert first.id == "welcome"
    assert engine.next_step(MODE, begun(welcome=True)).id == "organisation"  # type: ignore[union-attr]


def test_after_a_jump_the_section_is_finished_first_and_then_what_was_left_out() -> None:
    session = begun(trust=3)
    assert engine.next_step(MODE, session, "trust").id == "hours"  # type: ignore[union-attr]
    session = begun(trust=3, hours=10, services=("audits",))
    assert engine.next_step(MODE, session, "services").id == "members"  # type: ignore[union-attr]


def test_a_step_whose_condition_does_not_hold_is_not_asked() -> None:
    assert "signed" not in ids(engine.asked(MODE, begun()))
    assert "signed" in ids(engine.asked(MODE, begun(founded="2027-03-15")))
    assert "budget" not in ids(engine.asked(MODE, begun(stage="idea")))


def test_a_choice_among_records_waits_for_the_records() -> None:
    assert "leader" not in ids(engine.asked(MODE, begun()))
    session = begun(members=({"name": "Fala", "kind": "core", "fee": None},))
    leader = MODE.step("leader")
    assert [option.id for option in engine.options(MODE, session, leader)] == ["Fala"]


def test_going_back_passes_over_what_is_not_asked() -> None:
    session = begun(stage="idea", organisation="Fala")
    assert engine.previous(MODE, session, "members").id == "founded"  # type: ignore[union-attr]
    assert engine.previous(MODE, session, "welcome") is None


def test_progress_counts_only_what_is_asked_now() -> None:
    assert engine.progress(MODE, begun()).asked == 10
    told = engine.progress(MODE, begun(welcome=True, stage="idea"))
    assert (told.answered, told.asked) == (2, 8)
    assert told.sections == (("start", 2, 4), ("people", 0, 4))


# ---- changing one's mind -------------------------------------------------------------------------


def test_what_is_no_longer_asked_is_forgotten_and_named() -> None:
    session = begun(stage="network", budget=Decimal(5000), founded="2027-03-15", signed="2027-01-10")
    applied = engine.apply(MODE, session, Reply("stage", "idea"))
    assert applied.forgotten == ("budget",)
    assert applied.session.reply("signed") is not None


def test_what_depends_on_a_changed_reply_is_forgotten_also_when_it_is_still_asked() -> None:
    session = begun(stage="network", budget=Decimal(5000))
    assert engine.apply(MODE, session, Reply("stage", "association")).forgotten == ("budget",)
    assert engine.apply(MODE, session, Reply("stage", "network")).forgotten == ()


def test_a_record_that_goes_takes_the_choices_of_it_along() -> None:
    both = ({"name": "Fala", "kind": "core", "fee": None}, {"name": "Gmina", "kind": "", "fee": None})
    session = begun(members=both, leader="Gmina")
    applied = engine.apply(MODE, session, Reply("members", both[:1]))
    assert applied.forgotten == ("leader",)


def test_taking_a_reply_back_forgets_what_hung_on_it() -> None:
    session = begun(founded="2027-03-15", signed="2027-01-10")
    assert engine.forget(MODE, session, "founded").forgotten == ("signed",)
    assert engine.forget(MODE, session, "members").session == session


def test_another_version_takes_over_what_it_can_and_names_the_rest() -> None:
    steps = tuple(replace(s, max=Decimal(5)) if s.id == "hours" else s for s in MODE.steps if s.id != "founded")
    newer = replace(MODE, version=2, digest="other", steps=steps)
    moved = engine.migrated(newer, begun(organisation="Fala", founded="2027-03-15", hours=Decimal(20)))
    assert moved.forgotten == ("founded", "hours")
    assert [one.step for one in moved.session.replies] == ["organisation"]
    assert (moved.session.version, moved.session.digest) == (2, "other")


# ---- replies that do not fit ---------------------------------------------------------------------

REFUSED = [
    (Reply("signed", "2027-01-01"), "not_asked"),
    (Reply("nothing", "x"), "not_asked"),
    (Reply("organisation"), "required"),
    (Reply("organisation", absent=Absent.UNKNOWN), "required"),
    (Reply("organisation", "\u200b \n"), "empty"),
    (Reply("organisation", "a" * 10_000), "too_long"),
    (Reply("organisation", Decimal(3)), "wrong_kind"),
    (Reply("stage", "other"), "not_option"),
    (Reply("stage", ("idea",)), "wrong_kind"),
    (Reply("services", ()), "empty"),
    (Reply("services", ("idea",)), "not_option"),
    (Reply("trust", 0), "not_level"),
    (Reply("trust", 6), "not_level"),
    (Reply("trust", True), "wrong_kind"),
    (Reply("hours", Decimal(61)), "too_high"),
    (Reply("hours", Decimal(-1)), "too_low"),
    (Reply("hours", Decimal("NaN")), "not_number"),
    (Reply("hours", Decimal("1e30")), "not_number"),
    (Reply("founded", "2027-02-30"), "not_date"),
    (Reply("members", ({"name": "", "kind": "", "fee": None},)), "cell_required"),
    (Reply("members", ({"name": "x", "kind": "boss", "fee": None},)), "not_option"),
    (Reply("members", ({"name": "x", "other": "y"},)), "wrong_kind"),
    (Reply("members", tuple({"name": "x", "kind": "", "fee": None} for _ in range(31))), "too_many_rows"),
    (Reply("sources", ({"row": "lottery", "amount": Decimal(1), "sure": 1},)), "wrong_kind"),
    (Reply("sources", ({"row": "grants", "amount": None, "sure": None},)), "empty"),
    (Reply("stage", "idea", note="n" * 2001), "note_too_long"),
]


@pytest.mark.parametrize(("made", "reason"), REFUSED, ids=lambda value: getattr(value, "step", value))
def test_a_reply_that_does_not_fit_is_refused_and_nothing_is_lost(made: Reply, reason: str) -> None:
    session = begun(trust=3)
    with pytest.raises(ReplyError) as refused:
        engine.apply(MODE, session, made)
    assert refused.value.details["reason"] == reason
    assert session == begun(trust=3)


def test_html_and_formulas_are_kept_as_words() -> None:
    words = '=cmd|"/c calc"!A1 <img src=x onerror=alert(1)> \u202eabc'
    assert begun(organisation=words).reply("organisation").value == words.replace("\u202e", "")  # type: ignore[union-attr]


# ---- properties ----------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_every_respondent_gets_to_the_end(seed: int) -> None:
    session = respond(MODE, random.Random(seed))
    assert engine.finished(MODE, session)
    valid(MODE, session)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.tuples(st.integers(0, 99), st.booleans()), max_size=25))
def test_any_replies_edits_jumps_and_second_thoughts_leave_a_valid_session(
    seed: int, moves: list[tuple[int, bool]]
) -> None:
    dice = random.Random(seed)
    session = engine.begin(MODE, "s", "pl")
    for place, back in moves:
        asked = engine.asked(MODE, session)
        step = asked[place % len(asked)]
        if back:
            applied = engine.forget(MODE, session, step.id)
        else:
            applied = engine.apply(MODE, session, reply(MODE, session, step, dice))
        lost = {one.step for one in session.replies} - {one.step for one in applied.session.replies} - {step.id}
        assert lost <= set(applied.forgotten)  # nothing goes unsaid
        session = applied.session
        valid(MODE, session)
    steps = 0
    while (step_ := engine.next_step(MODE, session)) is not None:  # no path is a trap
        session = engine.apply(MODE, session, reply(MODE, session, step_, dice)).session
        steps += 1
        assert steps <= len(MODE.steps)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_numbers_follow_from_the_replies_alone(seed: int) -> None:
    session = respond(MODE, random.Random(seed))
    facts = Facts(MODE, {one.step: one for one in session.replies})
    fees = facts.numbers()["fees"]
    rows = session.reply("members")
    told = [row["fee"] for row in rows.value] if rows and isinstance(rows.value, tuple) else []  # type: ignore[call-overload,index]
    known = [fee for fee in told if fee is not None]
    assert fees == (sum(known) if known else None)
    assert {step.kind for step in MODE.steps} == set(StepKind)
