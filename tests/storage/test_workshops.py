"""Workshops open by their codes only, keep counts and never a respondent's words, and go with all that is theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from assistant.answering.guard import mask
from assistant.config import RetentionSettings
from assistant.domain.dialogues import Absent, Action, Outcome, Reply, Session, Tally, Workshop
from assistant.errors import NotThere, RunMissing, WorkshopMissing
from assistant.storage import erasure, retention, tables
from assistant.storage.database import Database
from assistant.storage.retention import Steady
from assistant.storage.runs import Runs
from assistant.storage.workshops import Workshops
from tests.storage.conftest import Clock

SESSION = Session("", "trial", 1, "d1", "pl")
PESEL = "44051401359"


def masked(text: str) -> str:
    return mask(text).text


class Desk:
    """Both stores over one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.workshops = Workshops(database, RetentionSettings(), clock, masked)
        self.runs = Runs(database, RetentionSettings(), clock, masked)

    def begin(self, title: str = "Ocena klastra", least: int = 4) -> tuple[str, str, Workshop]:
        return self.workshops.begin(SESSION, "id = 'trial'", title, least)

    def join(self, workshop: Workshop, *replies: Reply) -> tuple[str, str]:
        """(code, id of the run)"""
        code, run = self.runs.begin(SESSION, "id = 'trial'", workshop.id)
        self.runs.change(run, replace(run.session, replies=replies))
        return code, run.id

    def rows(self) -> dict[str, int]:
        names = ("workshops", "workshop_shown", "workshop_outcomes", "workshop_actions", "runs", "definitions")
        with self.database.read() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(tables.metadata.tables[name])).scalar_one()
                for name in names
            }


@pytest.fixture
def desk(database: Database, clock: Clock) -> Desk:
    return Desk(database, clock)


def test_each_code_opens_its_own_door_however_it_is_typed(desk: Desk) -> None:
    code, joining, made = desk.begin()
    assert desk.workshops.open(code.lower().replace("-", " ")) == made
    assert desk.workshops.joined_by(joining).id == made.id
    for act, wrong in ((desk.workshops.open, joining), (desk.workshops.joined_by, code), (desk.workshops.open, "?")):
        with pytest.raises(WorkshopMissing):
            act(wrong)
    assert (made.title, made.open, made.least, made.shown, made.lang) == ("Ocena klastra", True, 4, (), "pl")
    assert desk.runs.definition("d1") == "id = 'trial'"


def test_no_code_is_kept(desk: Desk) -> None:
    code, joining, _ = desk.begin()
    texts = [code, joining, code.replace("-", ""), joining.replace("-", "")]
    assert not erasure.prove([], texts, desk.database).hits


def test_a_new_code_to_join_by_replaces_the_old(desk: Desk) -> None:
    code, joining, made = desk.begin()
    newer = desk.workshops.invite(made)
    assert desk.workshops.joined_by(newer).id == made.id
    with pytest.raises(WorkshopMissing):
        desk.workshops.joined_by(joining)
    assert desk.workshops.open(code).id == made.id


def test_levels_of_respondents_come_out_and_their_words_do_not(desk: Desk) -> None:
    _, _, made = desk.begin()
    words = Reply("organisation", "Kanarek", note="tajne")
    replies = (Reply("welcome", True), words, Reply("trust", 4, note="sekret"), Reply("other", absent=Absent.UNKNOWN))
    _, run = desk.join(made, *replies)
    desk.runs.begin(SESSION, "x")  # somebody's own run, of no workshop
    (found,) = desk.workshops.respondents(made)
    assert (found.run, found.levels, found.counted) == (run, {"trust": 4, "other": None}, frozenset())
    assert desk.workshops.size(made) == 1


def test_a_round_is_kept_once(desk: Desk) -> None:
    _, _, made = desk.begin()
    _, run = desk.join(made, Reply("trust", 4))
    shown = [Tally("trust", (0, 0, 0, 4, 1), 2)]
    assert desk.workshops.count(made, shown, {run: {"trust"}, "gone": {"trust"}}, opened=True)
    assert not desk.workshops.count(made, [], {}, opened=False)  # another look was quicker
    kept = desk.workshops.read(made.id)
    assert (kept.shown, kept.open, kept.revision) == (tuple(shown), True, 1)
    assert desk.workshops.respondents(kept)[0].counted == {"trust"}
    assert desk.rows()["workshop_shown"] == 1
    assert desk.workshops.count(kept, kept.shown, {run: {"trust", "plan"}}, opened=False)
    closed = desk.workshops.read(made.id)
    assert (closed.open, desk.workshops.respondents(closed)[0].counted) == (False, {"trust", "plan"})


def test_a_respondent_who_leaves_takes_everything_but_the_counts(desk: Desk) -> None:
    _, _, made = desk.begin()
    code, run = desk.join(made, Reply("trust", 4))
    desk.workshops.count(made, [Tally("trust", (0, 0, 0, 4, 0))], {run: {"trust"}}, opened=True)
    desk.runs.remove(desk.runs.open(code))
    assert desk.workshops.respondents(made) == ()
    assert desk.workshops.read(made.id).shown == (Tally("trust", (0, 0, 0, 4, 0)),)
    rows = desk.rows()
    assert (rows["runs"], rows["workshop_shown"]) == (0, 0)


def test_what_was_agreed_is_kept_changed_and_taken_back(desk: Desk) -> None:
    _, _, made = desk.begin()
    assert desk.workshops.record(made, Outcome("trust", 3, "pierwsza\ndruga")).outcomes == (
        Outcome("trust", 3, "pierwsza\ndruga"),
    )
    assert desk.workshops.record(made, Outcome("trust", None, "tylko notatka")).outcome("trust") == Outcome(
        "trust", None, "tylko notatka"
    )
    assert desk.workshops.record(made, Outcome("trust", None)).outcomes == ()
    assert not erasure.prove([], ["pierwsza", "tylko notatka"], desk.database).hits


def test_actions_stay_in_the_order_they_came_in(desk: Desk) -> None:
    _, _, made = desk.begin()
    for number in range(3):
        made = desk.workshops.plan(made, Action("", f"krok {number}", "Ala", "2027-03-15"))
    first, second, _ = made.actions
    made = desk.workshops.replan(made, Action(first.id, "krok inny"))
    made = desk.workshops.drop(made, second.id)
    assert [(one.text, one.owner, one.due) for one in made.actions] == [
        ("krok inny", "", ""),
        ("krok 2", "Ala", "2027-03-15"),
    ]
    _, _, other = desk.begin("Inny")
    for act in (lambda: desk.workshops.drop(other, first.id), lambda: desk.workshops.replan(other, first)):
        with pytest.raises(NotThere):
            act()


def test_identifiers_of_persons_are_masked_before_anything_is_stored(desk: Desk) -> None:
    _, _, made = desk.begin(f"Warsztat {PESEL}")
    made = desk.workshops.record(made, Outcome("trust", 1, f"linia\n{PESEL}"))
    made = desk.workshops.plan(made, Action("", f"zapytać {PESEL}", f"Jan {PESEL}"))
    made = desk.workshops.rename(made, f"Nowy {PESEL}")
    (action,) = made.actions
    assert not [text for text in (made.title, made.outcomes[0].note, action.text, action.owner) if PESEL in text]
    assert not erasure.prove([], [PESEL], desk.database).hits


def test_removing_a_workshop_takes_its_runs_and_leaves_others(desk: Desk) -> None:
    code, joining, made = desk.begin("Tytuł do usunięcia")
    own, run = desk.join(made, Reply("organisation", "Kanarek"))
    desk.workshops.count(made, [Tally("trust", (4, 0, 0, 0, 0))], {run: {"trust"}}, opened=True)
    desk.workshops.record(made, Outcome("trust", 1, "notatka do usunięcia"))
    desk.workshops.plan(made, Action("", "działanie do usunięcia"))
    other, _, stays = desk.begin("Inny")
    theirs, _ = desk.join(stays)
    desk.workshops.remove(desk.workshops.open(code))
    for act, given in ((desk.workshops.open, code), (desk.workshops.joined_by, joining)):
        with pytest.raises(WorkshopMissing):
            act(given)
    with pytest.raises(RunMissing):
        desk.runs.open(own)
    assert desk.workshops.open(other).id == desk.runs.open(theirs).workshop == stays.id
    gone = ["Tytuł do usunięcia", "notatka do usunięcia", "działanie do usunięcia", "Kanarek"]
    assert not erasure.prove([], gone, desk.database).hits
    with pytest.raises(WorkshopMissing):
        desk.workshops.record(made, Outcome("trust", 1))


def test_a_workshop_goes_when_nobody_used_it_long_enough(desk: Desk) -> None:
    code, joining, made = desk.begin()
    desk.workshops.plan(made, Action("", "krok"))
    days = RetentionSettings().runs_days
    desk.clock.go(days=days - 1)
    assert desk.workshops.plan(desk.workshops.open(code), Action("", "drugi")).seen_at == desk.clock()
    desk.clock.go(days=days, hours=2)
    for act, given in ((desk.workshops.open, code), (desk.workshops.joined_by, joining)):
        with pytest.raises(WorkshopMissing):
            act(given)
    removed = [
        retention.run(desk.database, RetentionSettings(), desk.clock, lambda at=at: Steady("b", at))
        for at in (1.0, 4000.0)
    ]
    assert (removed[1]["workshops"], removed[1]["definitions"]) == (1, 1)
    assert set(desk.rows().values()) == {0}


def test_a_definition_stays_as_long_as_a_workshop_needs_it(desk: Desk) -> None:
    desk.begin()
    for at in (1.0, 4000.0):
        retention.run(desk.database, RetentionSettings(), desk.clock, lambda at=at: Steady("b", at))
    assert desk.runs.definition("d1")
