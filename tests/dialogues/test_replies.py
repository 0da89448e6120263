"""Numbers, dates and options are understood as people in Poland write them; what is unclear is asked again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from assistant.dialogues.replies import day, matched, number, read
from assistant.domain.dialogues import Absent, Dialogue, Option
from assistant.errors import ReplyError
from tests.dialogues.conftest import VOCABULARY

TODAY = date(2026, 11, 22)
NUMBERS = [
    ("1200", "pl", "1200"),
    ("1 200,50 zł", "pl", "1200.50"),
    ("1\u00a0200,50\u00a0zł", "pl", "1200.50"),
    ("1.200,50", "pl", "1200.50"),
    ("1.200", "pl", "1200"),
    ("12.5", "pl", "12.5"),
    ("1,200.50", "en", "1200.50"),
    ("1,200", "en", "1200"),
    ("1,5", "pl", "1.5"),
    ("ok. 120 tys. zł", "pl", "120000"),
    ("1,5 mln", "pl", "1500000"),
    ("około 30 osób", "pl", "30"),
    ("25 %", "pl", "25"),
    ("-5", "pl", "-5"),
    ("−5", "pl", "-5"),
    ("170000 zł netto", "pl", "170000"),
    ("3 etaty", "pl", "3"),
    ("dużo", "pl", None),
    ("10-20", "pl", None),
    ("12 34", "pl", None),
    ("5 albo 6", "pl", None),
    ("1e5", "pl", None),
    ("", "pl", None),
]


@pytest.mark.parametrize(("text", "lang", "value"), NUMBERS)
def test_numbers(text: str, lang: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(ReplyError):
            number("n", text, VOCABULARY, lang)
    else:
        assert number("n", text, VOCABULARY, lang) == Decimal(value)


DAYS = [
    ("15 marca", "2027-03-15"),
    ("15 marca 2028", "2028-03-15"),
    ("15 MARCA 2028 r.", "2028-03-15"),
    ("1 grudnia", "2026-12-01"),
    ("22 listopada", "2026-11-22"),
    ("15.03.2027", "2027-03-15"),
    ("15.3", "2027-03-15"),
    ("5/6/2027", "2027-06-05"),
    ("2027-03-15", "2027-03-15"),
    ("15 III 2027", "2027-03-15"),
    ("15 pazdziernika 2027", "2027-10-15"),
    ("March 15, 2027", "2027-03-15"),
    ("15th March 2027", "2027-03-15"),
    ("jutro", "2026-11-23"),
    ("dziś", "2026-11-22"),
    ("31 lutego", None),
    ("kiedyś", None),
    ("2027", None),
    ("32.13.2027", None),
]


@pytest.mark.parametrize(("text", "value"), DAYS)
def test_days(text: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(ReplyError):
            day("d", text, VOCABULARY, TODAY)
    else:
        assert day("d", text, VOCABULARY, TODAY) == value


OFFERED = [
    Option("idea", {"pl": "Pomysł", "en": "Idea"}),
    Option("network", {"pl": "Sieć współpracy", "en": "Network"}),
    Option("other", {"pl": "Sieć i coś jeszcze", "en": "Other"}),
]
CHOSEN = [
    ("pomysl", "idea"),
    ("POMYSŁ.", "idea"),
    ("idea", "idea"),
    ("IDEA", "idea"),
    ("2", "network"),
    ("b)", "network"),
    ("siec wsp", "network"),
    ("sieć", None),
    ("4", None),
    ("", None),
    ("<script>", None),
]


@pytest.mark.parametrize(("text", "option"), CHOSEN)
def test_an_option_is_known_by_its_words_number_letter_or_beginning(text: str, option: str | None) -> None:
    found = matched(text, OFFERED)
    assert (found.id if found else None) == option


@pytest.mark.parametrize("raw", ["1, 3", "szkolenia i catering", ["Szkolenia", "catering"], "Catering; szkolenia"])
def test_several_options_come_in_the_definitions_order(trial: Dialogue, raw: object) -> None:
    step = trial.step("services")
    assert read(step, raw, {"": step.options}, VOCABULARY, "pl", TODAY) == ("training", "catering")


def test_rows_of_a_form_are_read_cell_by_cell_and_empty_ones_are_none(trial: Dialogue) -> None:
    step = trial.step("members")
    choices = {column.id: column.options for column in step.fields}
    raw = [
        {"name": "Fala", "kind": "członek główny", "fee": "1 200,50 zł"},
        {"name": "", "kind": "", "fee": ""},
        {"name": "Gmina"},
    ]
    assert read(step, raw, choices, VOCABULARY, "pl", TODAY) == (
        {"name": "Fala", "kind": "core", "fee": Decimal("1200.50")},
        {"name": "Gmina", "kind": "", "fee": None},
    )


def test_a_wrong_cell_is_named_by_its_column(trial: Dialogue) -> None:
    with pytest.raises(ReplyError) as refused:
        read(trial.step("members"), [{"name": "x", "fee": "dużo"}], {}, VOCABULARY, "pl", TODAY)
    assert refused.value.details["column"] == "fee"


@pytest.mark.parametrize("raw", [None, True, {"a": 1}, [1], [["a"]], 5], ids=str)
def test_what_is_no_text_is_refused(trial: Dialogue, raw: object) -> None:
    with pytest.raises(ReplyError):
        read(trial.step("members"), raw, {}, VOCABULARY, "pl", TODAY)


def test_a_programs_number_has_a_dot_whatever_the_language(trial: Dialogue) -> None:
    assert read(trial.step("hours"), 1.125, {}, VOCABULARY, "en", TODAY) == Decimal("1.125")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nie wiem", Absent.UNKNOWN),
        ("Nie dotyczy.", Absent.NOT_APPLICABLE),
        ("pomiń", Absent.SKIPPED),
        ("nie wiemy jeszcze nic", None),
    ],
)
def test_the_words_for_no_reply(text: str, why: Absent | None) -> None:
    assert VOCABULARY.absent(text) is why
