"""A broken definition is named with its line and key, and the other modes still run; the linter finds the rest."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from assistant.dialogues import checking, definitions
from assistant.domain.dialogues import Dialogue
from assistant.errors import DialogueError
from tests.dialogues.conftest import TRIAL

TEXT = TRIAL.read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


BROKEN = [
    ('kind = "scale"', 'kind = "slider"', 'kind = "slider"'),
    ("required = true", "requird = true", "requird"),
    ('when = {of = "founded", answered = true}', 'when = {of = "founded", is = true}', 'when = {of = "founded", is'),
    ('when = {of = "founded", answered = true}', "when = {answered = true}", "when = {answered"),
    ('value = {days = ["signed", "founded"]}', 'value = {days = ["signed"]}', "value = {days"),
    ('value = {sum = ["members.fee"]}', 'value = {median = ["members.fee"]}', "value = {median"),
    ("low = 0.5", 'low = "half"', 'low = "half"'),
    ("minutes = 5", "minutes = ", "minutes = "),
]


@pytest.mark.parametrize(("good", "bad", "at"), BROKEN, ids=[bad for _, bad, _ in BROKEN])
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, good: str, bad: str, at: str) -> None:
    text = TEXT.replace(good, bad, 1)
    (tmp_path / "broken.toml").write_text(text, encoding="utf-8")
    (tmp_path / "trial.toml").write_text(TEXT, encoding="utf-8")
    found = definitions.load(tmp_path)
    assert list(found.dialogues) == ["trial"]
    (error,) = found.broken
    assert error.details["path"] == "broken.toml"
    assert error.details["line"] == line_of(text, at)


def test_a_file_is_named_by_its_modes_id(tmp_path: Path) -> None:
    (tmp_path / "copy.toml").write_text(TEXT, encoding="utf-8")
    found = definitions.load(tmp_path)
    assert found.dialogues == {}
    assert [error.details["path"] for error in found.broken] == ["copy.toml"]


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DialogueError):
        definitions.read(tmp_path / "x.toml")


def test_the_trial_is_sound(trial: Dialogue) -> None:
    assert checking.problems(trial) == []
    assert checking.unreached(trial) == []


LINTED = [
    ("duplicate", 'id = "hours"', 'id = "trust"'),
    ("translation_missing", 'title.en = "People"', 'title.en = " "'),
    ("language_unknown", 'title.en = "People"', 'title.en = "People"\ntitle.de = "Leute"'),
    ("sentence_long", "Pełny etat to 40 godzin.", " ".join(["słowo"] * 30) + "."),
    ("question_long", "Partnerzy sobie ufają.", "Ufają sobie. " * 30),
    ("name_unknown", "{organisation}?", "{organization}?"),
    ("name_unknown", 'section = "money"', 'section = "cash"'),
    ("name_unknown", '{sum = ["members.fee"]}', '{sum = ["members.cost"]}'),
    ("section_empty", "[[steps]]", '[[sections]]\nid = "more"\ntitle = {pl = "a", en = "b"}\n\n[[steps]]'),
    ("why_missing", 'why.pl = "Od daty liczymy plan."\nwhy.en = "The plan counts from this date."\n', ""),
    ("condition_late", 'when = {of = "founded", answered = true}', 'when = {of = "hours", answered = true}'),
    ("option_unknown", 'when = {not = {of = "stage", equals = "idea"}}', 'when = {of = "stage", equals = "ideas"}'),
    ("not_for_kind", "min = 0\nmax = 60", 'options = [{id = "a", text = {pl = "a", en = "a"}}]'),
    ("anchors_missing", "{level = 5,", "{level = 4,"),
    ("limits_crossed", "min = 0\nmax = 60", "min = 70\nmax = 60"),
    ("dimension_unfed", 'feeds = "ready"', ""),
    ("cannot_score", "score = 0.5, help", "help"),
    ("weight", "weight = 2.0", "weight = 0.0"),
    ("score", "score = 1.0}", "score = 1.5}"),
    ("bands_gap", "low = 0.5\nhigh = 1.0", "low = 0.6\nhigh = 1.0"),
    ("bands_gap", "low = 0.5\nhigh = 1.0", "low = 0.5\nhigh = 0.9"),
    ("days", "days = 30", "days = 45"),
    ("advice_missing", 'bands = ["low"]', 'bands = ["high"]'),
    ("advice_unshown", 'group = "next"', 'group = "later"'),
    ("chapter_empty", 'kind = "agenda"', 'kind = "table"'),
]


@pytest.mark.parametrize(("code", "good", "bad"), LINTED, ids=[f"{code}-{n}" for n, (code, _, _) in enumerate(LINTED)])
def test_the_linter_names_what_is_wrong(tmp_path: Path, code: str, good: str, bad: str) -> None:
    assert good in TEXT
    (tmp_path / "trial.toml").write_text(re.sub(re.escape(good), lambda _: bad, TEXT), encoding="utf-8")
    codes = {problem.code for problem in checking.problems(definitions.read(tmp_path / "trial.toml"))}
    assert code in codes


def test_a_step_that_nobody_reaches_is_found(tmp_path: Path) -> None:
    never = '{all = [{of = "founded", answered = true}, {not = {of = "founded", answered = true}}]}'
    text = TEXT.replace('when = {of = "founded", answered = true}', f"when = {never}")
    (tmp_path / "trial.toml").write_text(text, encoding="utf-8")
    read = definitions.read(tmp_path / "trial.toml")
    assert [problem.at for problem in checking.unreached(read)] == ["steps.signed"]


def test_advice_without_a_sentence_and_sources_without_a_place_are_found(trial: Dialogue) -> None:
    found = checking.unproved(trial, lambda query, lang, path: "klaster" in query, lambda path, heading: False)
    assert {(problem.code, problem.at) for problem in found} == {
        ("unproved", "advice.talk.query.en"),
        ("unproved", "advice.sell.query.pl"),
        ("unproved", "advice.sell.query.en"),
        ("source_missing", "sections.start.source.pl"),
        ("source_missing", "sections.people.source.pl"),
        ("source_missing", "sections.money.source.pl"),
    }


@pytest.mark.parametrize("number", ["0", "1", "0.5"])
def test_zero_and_one_in_a_condition_are_numbers(tmp_path: Path, number: str) -> None:
    text = TEXT.replace('when = {of = "founded", answered = true}', f'when = {{of = "trust", above = {number}}}')
    (tmp_path / "trial.toml").write_text(text, encoding="utf-8")
    condition = definitions.read(tmp_path / "trial.toml").step("signed").when
    assert condition is not None
    assert condition.value == Decimal(number)
    assert not isinstance(condition.value, bool)
