"""Modes as surfaces use them: runs kept by a code, tabs side by side, definitions that change, questions in between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.config import ROOT, DialogueSettings, RetentionSettings
from assistant.dialogues.conversation import Act, confirmed, understood
from assistant.dialogues.guided import Guided, Opened
from assistant.dialogues.respondents import reply
from assistant.domain.answers import Citation
from assistant.domain.dialogues import Absent, Source
from assistant.errors import DialogueMissing, ReplyError, RunMissing
from assistant.prompts import load_words
from assistant.storage.database import Database
from assistant.storage.runs import Runs
from tests.dialogues.conftest import TRIAL, VOCABULARY
from tests.fakes import FakeEmbedder

TEXT = TRIAL.read_text(encoding="utf-8")
QUOTE = "Klaster to sieć spółdzielni socjalnych."


def cite(question: str, lang: str, path: str) -> Citation | None:
    if "klaster" not in question and "cluster" not in question:
        return None
    return Citation(1, "d", "Klaster", "klaster.md", "2026", (1, 1), ("Klaster",), QUOTE, (0, len(QUOTE)), "pl")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SimpleNamespace]:
    folder = tmp_path / "dialogues"
    folder.mkdir()
    (folder / "trial.toml").write_text(TEXT, encoding="utf-8")
    database, clock = Database(f"sqlite:///{tmp_path}/runs.sqlite3"), Clock()
    database.upgrade()
    runs = Runs(database, RetentionSettings(), clock, lambda text: text.replace("44051401359", "[PESEL]"))

    def made() -> Guided:
        return Guided(
            folder=folder,
            words=load_words(ROOT / "prompts"),
            vocabulary=VOCABULARY,
            cite=cite,
            headings={"klaster.md": ["Klaster"]}.__getitem__,
            embedder=FakeEmbedder,
            runs=lambda: runs,
            generation=lambda: "g1",
            settings=DialogueSettings(),
            software="1",
        )

    yield SimpleNamespace(guided=made(), made=made, folder=folder, clock=clock, runs=runs, database=database)
    database.close()


# ---- runs ----------------------------------------------------------------------------------------


def test_one_comes_back_by_the_code_however_it_is_typed(desk: SimpleNamespace) -> None:
    code, opened = desk.guided.begin("trial", "pl")
    desk.guided.say(code, "organisation", "Fala")
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} ", code.replace("1", "I")):
        again = desk.made().open(typed)
        assert again.session.reply("organisation").value == "Fala"
    assert len(code.replace("-", "")) * 5 >= 80  # bits
    assert opened.session.replies == ()


@pytest.mark.parametrize(
    "code", ["", "AAAA-BBBB-CCCC-DDDD", "x" * 5000, "żżżż-żżżż-żżżż-żżżż", "'; DROP TABLE runs;--"]
)
def test_a_guessed_code_opens_nothing(desk: SimpleNamespace, code: str) -> None:
    desk.guided.begin("trial", "pl")
    with pytest.raises(RunMissing):
        desk.guided.open(code)


def test_the_code_itself_is_not_kept(desk: SimpleNamespace) -> None:
    code, _ = desk.guided.begin("trial", "pl")
    kept = b"".join(file.read_bytes() for file in desk.database.files)
    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept


def test_a_run_expires_and_can_be_deleted(desk: SimpleNamespace) -> None:
    old, _ = desk.guided.begin("trial", "pl")
    gone, _ = desk.guided.begin("trial", "pl")
    desk.guided.say(gone, "organisation", "Spółdzielnia Mewa")
    desk.guided.remove(gone)
    with pytest.raises(RunMissing):
        desk.guided.open(gone)
    assert "Spółdzielnia Mewa".encode() not in b"".join(file.read_bytes() for file in desk.database.files)
    desk.clock.now += timedelta(days=181)
    with pytest.raises(RunMissing):
        desk.guided.open(old)


def test_identifiers_are_masked_before_anything_is_stored(desk: SimpleNamespace) -> None:
    code, _ = desk.guided.begin("trial", "pl")
    desk.guided.say(code, "organisation", "Jan 44051401359", note="pesel 44051401359")
    kept = desk.guided.open(code).session.reply("organisation")
    assert (kept.value, kept.note) == ("Jan [PESEL]", "pesel [PESEL]")


def test_every_value_comes_back_as_it_was(desk: SimpleNamespace) -> None:
    dice = random.Random(7)
    code, opened = desk.guided.begin("trial", "pl")
    view = desk.guided.view(opened)
    while view.step is not None:
        made = reply(opened.dialogue, opened.session, view.step, dice)
        before = opened
        applied = desk.guided._changed(code, lambda o, made=made: _applied(o, made))
        assert applied.session.reply(made.step) == made or made.value is None
        opened = desk.guided.open(code)
        assert opened.session == applied.session
        assert before.session != opened.session
        view = desk.guided.view(opened)
    assert view.progress.answered == view.progress.asked


def _applied(opened: Opened, made: object) -> object:
    from assistant.dialogues import engine

    return engine.apply(opened.dialogue, opened.session, made)  # type: ignore[arg-type]


def test_two_tabs_of_one_run_lose_nothing(desk: SimpleNamespace) -> None:
    code, first = desk.guided.begin("trial", "pl")
    desk.guided.say(code, "organisation", "Fala")
    assert desk.runs.change(first.run, first.session) is None  # what this tab knows is old
    opened = desk.guided.say(code, "trust", "4")
    assert [one.step for one in opened.session.replies] == ["organisation", "trust"]


def test_a_refused_reply_changes_nothing(desk: SimpleNamespace) -> None:
    code, _ = desk.guided.begin("trial", "pl")
    desk.guided.say(code, "hours", "20")
    for step, raw in (("hours", "dużo"), ("hours", "99"), ("stage", "9"), ("nothing", "x"), ("signed", "jutro")):
        with pytest.raises(ReplyError):
            desk.guided.say(code, step, raw)
    assert desk.guided.open(code).session.reply("hours").value == Decimal(20)


def test_an_edit_says_what_it_made_forgotten(desk: SimpleNamespace) -> None:
    code, _ = desk.guided.begin("trial", "pl")
    desk.guided.say(code, "stage", "2")
    desk.guided.say(code, "budget", "1 200,50 zł")
    assert desk.guided.say(code, "stage", "pomysł").forgotten == ("budget",)


# ---- definitions that change ---------------------------------------------------------------------


def test_a_run_goes_on_with_its_own_version_and_may_move(desk: SimpleNamespace) -> None:
    code, _ = desk.guided.begin("trial", "pl")
    desk.guided.say(code, "hours", "20")
    desk.guided.say(code, "trust", "3")
    newer = TEXT.replace("version = 1", "version = 2").replace("max = 60", "max = 10")
    (desk.folder / "trial.toml").write_text(newer, encoding="utf-8")
    later = desk.made()
    opened = later.open(code)
    assert (opened.dialogue.version, opened.newer.version) == (1, 2)
    later.say(code, "hours", "30")  # which only the old version takes
    moved = later.migrate(code)
    assert moved.forgotten == ("hours",)
    assert (moved.dialogue.version, moved.newer, moved.session.reply("trust").value) == (2, None, 3)
    assert later.open(code).dialogue.version == 2


def test_a_mode_that_was_taken_away_can_still_be_finished(desk: SimpleNamespace) -> None:
    code, _ = desk.guided.begin("trial", "pl")
    (desk.folder / "trial.toml").unlink()
    later = desk.made()
    assert later.say(code, "organisation", "Fala").newer is None
    with pytest.raises(DialogueMissing):
        later.begin("trial", "pl")


def test_a_broken_definition_stops_only_itself(desk: SimpleNamespace) -> None:
    (desk.folder / "other.toml").write_text(
        TEXT.replace('id = "trial"', 'id = "other"', 1).replace('feeds = "ready"', ""), encoding="utf-8"
    )
    guided = desk.made()
    assert list(guided.definitions.dialogues) == ["trial"]
    assert {error.details["path"] for error in guided.definitions.broken} == {"other.toml"}
    broken, problems = guided.check()
    assert broken == []
    assert {problem.dialogue for problem in problems} == {"other"}


# ---- in conversation -----------------------------------------------------------------------------

LINES = [
    ("organisation", "Fala", Act.REPLY),
    ("organisation", "Co to jest klaster?", Act.QUESTION),
    ("organisation", "? ile to kosztuje", Act.QUESTION),
    ("organisation", "Jak moglibyśmy pomóc seniorom?", Act.REPLY),
    ("organisation", "wstecz", Act.BACK),
    ("stage", "2", Act.REPLY),
    ("stage", "pomysl", Act.REPLY),
    ("stage", "co to znaczy sieć?", Act.QUESTION),
    ("stage", "nie wiem", Act.ABSENT),
    ("hours", "20", Act.REPLY),
    ("hours", "a ile to jest etat?", Act.QUESTION),
    ("hours", "dużo", Act.REPLY),
    ("services", "1, 3", Act.REPLY),
    ("services", "koniec", Act.STOP),
    ("services", "raport", Act.REPORT),
    ("services", "przegląd", Act.REVIEW),
    ("welcome", "dalej", Act.REPLY),
    ("welcome", "po co to?", Act.QUESTION),
    ("trust", "nie dotyczy", Act.ABSENT),
]


@pytest.mark.parametrize(("step", "line", "act"), LINES)
def test_a_line_is_a_reply_a_question_or_a_wish(desk: SimpleNamespace, step: str, line: str, act: Act) -> None:
    _, opened = desk.guided.begin("trial", "pl")
    assert understood(desk.guided, opened, opened.dialogue.step(step), line).act is act


@pytest.mark.parametrize(("bar", "act"), [(0.0, Act.REPLY), (1.0, Act.CONFIRM)])
def test_an_option_that_is_only_meant_is_taken_when_sure_and_else_asked_about(
    desk: SimpleNamespace, bar: float, act: Act
) -> None:
    guided = replace(desk.guided, settings=DialogueSettings(sure_option=bar))
    _, opened = guided.begin("trial", "pl")
    turn = understood(guided, opened, opened.dialogue.step("stage"), "nasze stowarzyszenie")
    assert (turn.act, turn.raw) == (act, "association")


def test_yes_and_no(desk: SimpleNamespace) -> None:
    assert [confirmed(desk.guided, word) for word in ("tak", "Nie!", "hm")] == [True, False, None]


def test_a_question_near_a_modes_own_proposes_it(desk: SimpleNamespace) -> None:
    guided = replace(desk.guided, settings=DialogueSettings(proposes=0.7))
    assert guided.proposed("czy jesteśmy gotowi na klaster", "pl").id == "trial"
    assert guided.proposed("Ile kosztuje znaczek?", "pl") is None
    assert guided.proposed("", "pl") is None


def test_two_modes_equally_near_are_not_proposed(desk: SimpleNamespace) -> None:
    (desk.folder / "twin.toml").write_text(TEXT.replace('id = "trial"', 'id = "twin"', 1), encoding="utf-8")
    guided = replace(desk.made(), settings=DialogueSettings(proposes=0.7))
    assert len(guided.definitions.dialogues) == 2
    assert guided.proposed("czy jesteśmy gotowi na klaster", "pl") is None


def test_the_view_tells_where_one_is_and_why_it_is_asked(desk: SimpleNamespace) -> None:
    code, _ = desk.guided.begin("trial", "pl")
    opened = desk.guided.say(code, "organisation", "Fala")
    view = desk.guided.view(opened, "stage")
    assert (view.number, view.previous, view.source) == (3, "organisation", Source("klaster.md", "Klaster"))
    assert view.wording.text(view.step.text) == "Na jakim etapie jest Fala?"
    assert desk.guided.view(opened, "budget").step.id == "budget"
    opened = desk.guided.say(code, "stage", "1")
    assert desk.guided.view(opened, "budget").step.id == "welcome"  # no longer asked: what is left instead


# ---- the report ----------------------------------------------------------------------------------


def test_the_report_holds_advice_with_its_place_and_marks_what_has_none(desk: SimpleNamespace) -> None:
    code, _ = desk.guided.begin("trial", "pl")
    desk.guided.say(code, "trust", "1")
    opened = desk.guided.say(code, "hours", absent=Absent.UNKNOWN)
    made = desk.guided.report(opened, desk.clock.now)
    assert [(one.advice.id, one.citation.quote) for one in made.advice] == [("talk", QUOTE)]
    assert ("hours", Absent.UNKNOWN) in made.skipped
    assert ("organisation", Absent.SKIPPED) in made.skipped
    desk.guided.say(code, "trust", "5")
    opened = desk.guided.say(code, "services", "audyty")
    assert [one.citation for one in desk.guided.report(opened, desk.clock.now).advice] == [None]


def test_a_second_run_is_compared_with_the_first(desk: SimpleNamespace) -> None:
    codes = [desk.guided.begin("trial", "pl")[0] for _ in "ab"]
    before = desk.guided.say(codes[0], "trust", "1")
    now = desk.guided.say(codes[1], "trust", "5")
    made = desk.guided.report(now, desk.clock.now, before)
    assert (made.before.overall, made.assessment.overall) == (0.0, 1.0)
