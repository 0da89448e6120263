"""What is not answered counts nowhere; bands meet without gaps; disagreement is a number anyone can check."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.dialogues import definitions, engine, scoring
from assistant.dialogues.advice import chosen
from assistant.dialogues.agendas import slots
from assistant.dialogues.conditions import Facts
from assistant.domain.dialogues import Absent, Reply, Session, Value
from tests.dialogues.conftest import TRIAL

MODE = definitions.read(TRIAL)


def session(**values: Value | Absent) -> Session:
    made = engine.begin(MODE, "s", "pl")
    for step, value in values.items():
        one = Reply(step, absent=value) if isinstance(value, Absent) else Reply(step, value)
        made = engine.apply(MODE, made, one).session
    return made


def facts(of: Session) -> Facts:
    return Facts(MODE, {reply.step: reply for reply in of.replies})


def test_a_dimension_is_the_weighted_mean_of_what_was_answered() -> None:
    assessment = scoring.assess(MODE, session(stage="network", trust=5))
    assert assessment is not None
    (score,) = assessment.scores
    assert score.score == pytest.approx((2 * 0.5 + 1 * 1.0) / 3)
    assert (score.answered, score.asked, score.band) == (2, 2, "high")
    assert assessment.overall == score.score


@pytest.mark.parametrize("absent", list(Absent))
def test_no_reply_is_left_out_and_is_not_zero(absent: Absent) -> None:
    assessment = scoring.assess(MODE, session(stage=absent, trust=5))
    assert assessment is not None
    assert assessment.scores[0].score == 1.0
    assert (assessment.scores[0].answered, assessment.scores[0].asked) == (1, 2)


def test_a_dimension_without_replies_has_no_score() -> None:
    assessment = scoring.assess(MODE, session())
    assert assessment is not None
    assert (assessment.scores[0].score, assessment.scores[0].band, assessment.overall) == (None, "", None)
    assert scoring.assess(replace(MODE, dimensions=()), session()) is None


@given(st.floats(0, 1))
def test_every_score_lies_in_one_band(value: float) -> None:
    assert scoring.band(MODE.bands, value) == ("low" if value < 0.5 else "high")


def test_the_highest_band_is_a_strength_and_the_others_are_gaps() -> None:
    low, high = (scoring.assess(MODE, session(trust=level)) for level in (2, 5))
    assert low is not None
    assert high is not None
    assert (low.strengths, low.gaps) == ((), ("ready",))
    assert (high.strengths, high.gaps) == (("ready",), ())
    (change,) = scoring.compare(low, high)
    assert (change.before, change.now) == (0.25, 1.0)


@given(st.lists(st.integers(1, 5), max_size=12), st.integers(0, 4))
def test_spread_is_the_mean_distance_of_two_people(levels: list[int], absent: int) -> None:
    replies = [Reply("trust", level) for level in levels] + [Reply("trust", absent=Absent.UNKNOWN)] * absent
    found = scoring.spread(MODE.step("trust"), replies)
    pairs = [abs(a - b) for n, a in enumerate(levels) for b in levels[n + 1 :]]
    assert found.disagreement == pytest.approx(sum(pairs) / len(pairs) if pairs else 0)
    assert (sum(found.levels), found.absent) == (len(levels), absent)
    assert found.to_discuss is (bool(levels) and max(levels) - min(levels) >= 2)


def test_advice_follows_the_band_and_the_points() -> None:
    def given_to(of: Session) -> list[tuple[str, float]]:
        return [(one.id, points) for one, points in chosen(MODE, facts(of), scoring.assess(MODE, of))]

    assert given_to(session(trust=2)) == [("talk", 0.0)]
    assert given_to(session(trust=3)) == []  # the advice of this band needs points
    assert given_to(session(trust=3, services=("audits",))) == [("sell", 2.0)]
    assert given_to(session(trust=5, services=("audits", "catering"))) == [("sell", 3.0)]
    assert given_to(session()) == []


def test_computed_values() -> None:
    of = session(
        stage="network",
        founded="2027-03-15",
        signed="2027-03-01",
        members=({"name": "a", "kind": "", "fee": Decimal(10)}, {"name": "b", "kind": "core", "fee": None}),
        services=("training", "catering"),
        budget=Decimal(40),
    )
    assert facts(of).numbers() == {"fees": 10, "waiting": 14, "share": Decimal("0.25"), "effort": 14}
    assert facts(session()).numbers() == {"fees": None, "waiting": None, "share": None, "effort": 0}


def test_a_share_of_nothing_is_unknown() -> None:
    of = session(stage="network", members=({"name": "a", "kind": "", "fee": Decimal(10)},), budget=Decimal(0))
    assert facts(of).numbers()["share"] is None


def test_an_agenda_runs_from_its_start_and_leaves_out_what_takes_no_time() -> None:
    items = next(chapter for chapter in MODE.chapters if chapter.kind == "agenda").items
    assert [slot.clock for slot in slots(items, facts(session()), "hours")] == ["09:00–09:15"]
    both = ({"name": "a", "kind": "", "fee": None}, {"name": "b", "kind": "", "fee": None})
    told = slots(items, facts(session(members=both, hours=Decimal("13.5"))), "hours")
    assert [slot.clock for slot in told] == ["13:30–13:45", "13:45–13:55"]
