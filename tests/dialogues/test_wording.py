"""Replies in words, as they stand in questions, drafts and reports."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.config import ROOT
from assistant.dialogues import definitions, engine
from assistant.dialogues.wording import BLANK, Wording
from assistant.domain.dialogues import Absent, Reply, Value
from assistant.prompts import load_words
from tests.dialogues.conftest import TRIAL

MODE, WORDS = definitions.read(TRIAL), load_words(ROOT / "prompts")
PEOPLE = (
    {"name": "Fala", "kind": "core", "fee": Decimal("1200.5")},
    {"name": "Gmina", "kind": "supporting", "fee": None},
)


def worded(lang: str = "pl", **values: Value | Absent) -> Wording:
    session = engine.begin(MODE, "s", lang)
    for step, value in values.items():
        made = Reply(step, absent=value) if isinstance(value, Absent) else Reply(step, value)
        session = engine.apply(MODE, session, made).session
    return Wording(MODE, session, WORDS[lang])


THREE = "Training, Audits and Catering"
NAMED = [
    ("organisation", {"organisation": "Fala {stage} <b>"}, "Fala {stage} <b>", "Fala {stage} <b>"),
    ("stage", {"stage": "network"}, "Sieć bez osobowości prawnej", "Network without legal personality"),
    ("services", {"services": ("training",)}, "Szkolenia", "Training"),
    ("services", {"services": ("audits", "training", "catering")}, "Szkolenia, Audyty i Catering", THREE),
    ("trust", {"trust": 4}, "4 z 5", "4 of 5"),
    ("hours", {"hours": Decimal("20.5")}, "20,5\u00a0godz.", "20.5\u00a0h"),
    ("founded", {"founded": "2027-03-05"}, "5 marca 2027", "5 March 2027"),
    ("budget", {"stage": "network", "budget": Decimal(2032)}, "2032,00 zł", "PLN 2032.00"),
    ("budget", {"stage": "network", "budget": Decimal("1234567.5")}, "1\u00a0234\u00a0567,50 zł", "PLN 1,234,567.50"),
    ("members.name", {"members": PEOPLE}, "Fala, Gmina", "Fala, Gmina"),
    ("members.kind", {"members": PEOPLE}, "członek główny, członek wspierający", "core member, supporting member"),
    ("fees", {"members": PEOPLE}, "1200,50\u00a0zł", "1200.50\u00a0PLN"),
    ("stage", {"stage": Absent.UNKNOWN}, "", ""),
    ("nothing", {}, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "replies", "pl", "en"), NAMED)
def test_a_name_in_words(name: str, replies: dict[str, Value | Absent], pl: str, en: str) -> None:
    assert worded("pl", **replies).named(name) == pl
    assert worded("en", **replies).named(name) == en


def test_what_is_not_answered_is_a_line_of_dots() -> None:
    assert worded().text({"pl": "Liderem jest {leader}."}) == f"Liderem jest {BLANK}."


def test_braces_that_somebody_wrote_are_not_filled_in() -> None:
    assert worded(organisation="{budget}").text({"pl": "To {organisation}"}) == "To {budget}"


def test_rows_are_told_cell_by_cell() -> None:
    made = worded(members=PEOPLE)
    reply = made.session.reply("members")
    assert reply is not None
    assert made.cells(MODE.step("members"), reply) == [
        ["Fala", "członek główny", "1200,50 zł"],
        ["Gmina", "członek wspierający", ""],
    ]
