"""The JSON of DESIGN §10, the one shape of errors, and lines that are safe to print."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import ROOT
from assistant.domain.answers import Answer, Citation, Sentence, SentenceKind, Status, Suggestion, Support
from assistant.domain.documents import Outcome, Verdict, Warning_
from assistant.errors import AssistantError, tree
from assistant.indexing.records import Check
from assistant.presentation import schemas
from assistant.prompts import load_words

WORDS = load_words(ROOT / "prompts")


def an_answer() -> Answer:
    citation = Citation(1, "d1", "Podręcznik", "a.md", "2026", (3, 4), ("Rozdział",), "Składka wynosi 120 zł.", (5, 27))
    sentence = Sentence("Składka wynosi 120 zł.", SentenceKind.QUOTED, (1,), Support.SUPPORTED)
    near = Suggestion("Opłaty", "d1", "Podręcznik", "a.md", (9, 9), ("Opłaty",))
    return Answer(
        "Ile?", "pl", Status.ANSWERED, "…", (sentence,), (citation,), (near,), "extractive", "g1", 0.01, ("uwaga",)
    )


# ---- shapes --------------------------------------------------------------------------------------


def test_an_answer_survives_json() -> None:
    shape = json.loads(schemas.line(schemas.answer(an_answer())))
    assert shape["sentences"] == [
        {
            "text": "Składka wynosi 120 zł.",
            "kind": "quoted",
            "citations": [1],
            "support": "supported",
            "form": "sentence",
        }
    ]
    citation = shape["citations"][0]
    assert (citation["n"], citation["pages"], citation["span"]) == (1, [3, 4], [5, 27])
    assert shape["suggestions"][0]["pages"] == [9, 9]
    assert (shape["status"], shape["notices"]) == ("answered", ["uwaga"])


def test_a_suggestion_without_a_place_has_no_pages() -> None:
    assert schemas.suggestion(Suggestion("Zapytaj tak"))["pages"] is None


@pytest.mark.parametrize("lang", ["pl", "en"])
@pytest.mark.parametrize("kind", tree()[1:], ids=lambda kind: kind.__name__)
def test_every_error_of_the_tree_has_the_one_shape_in_both_languages(kind: type[AssistantError], lang: str) -> None:
    shape = schemas.error(kind(**dict.fromkeys(kind.fields, "szczegół")), WORDS[lang])
    assert set(shape) == {"code", "message", "hint"}
    assert shape["code"] == kind.code
    assert shape["message"]
    assert shape["hint"]
    assert "{" not in shape["message"] + shape["hint"]


def test_braces_in_a_detail_are_shown_and_not_filled_in() -> None:
    error = next(kind for kind in tree() if kind.code == "usage")(reason="{path} {0} %s")
    assert "{path} {0} %s" in schemas.error(error, WORDS["pl"])["message"]


@pytest.mark.parametrize("reason", sorted(WORDS["pl"].table["reasons"]))
def test_a_known_reason_is_told_in_words(reason: str) -> None:
    verdict = Verdict(
        "a.pdf", Outcome.REFUSED, error="document_unreadable", details={"path": "a.pdf", "reason": reason}
    )
    told = schemas.verdict(verdict, WORDS["pl"])
    assert WORDS["pl"].text(f"reasons.{reason}") in told["message"]
    assert told["reason"] == reason


def test_a_refusal_whose_reason_is_unknown_keeps_the_systems_words() -> None:
    verdict = Verdict("a.pdf", Outcome.REFUSED, error="document_limit", details={"path": "a.pdf", "reason": "E2BIG"})
    assert "E2BIG" in schemas.verdict(verdict, WORDS["pl"])["message"]


@pytest.mark.parametrize("code", sorted(WORDS["pl"].table["warnings"]))
def test_a_warning_is_told_with_its_details(code: str) -> None:
    wanted = dict.fromkeys(re.findall(r"{(\w+)}", WORDS["pl"].text(f"warnings.{code}")), "7-8")
    told = schemas.verdict(Verdict("a.pdf", Outcome.WARNED, "d", (Warning_(code, wanted),)), WORDS["pl"])
    assert told["warnings"][0]["code"] == code
    assert "{" not in told["warnings"][0]["message"]


def test_a_warning_without_words_is_told_by_its_code() -> None:
    told = schemas.verdict(Verdict("a.pdf", Outcome.WARNED, "d", (Warning_("tajemnicze", {}),)), WORDS["pl"])
    assert told["warnings"][0]["message"] == "tajemnicze"


def test_a_failed_check_says_what_to_do_and_a_good_one_nothing() -> None:
    bad = schemas.check(Check("index", False, {"error": "index_missing", "path": "/x"}), WORDS["pl"])
    assert "/x" in bad["message"]
    assert "assistant index" in bad["hint"]
    good = schemas.check(Check("index", True, {"generation": "g1"}), WORDS["pl"])
    assert (good["message"], good["hint"]) == ("", "")
    odd = schemas.check(Check("files", False, {"damaged": ["a"]}), WORDS["pl"])
    assert (odd["message"], odd["hint"]) == ("", "")


# ---- lines ---------------------------------------------------------------------------------------

STEERING = ["\x1b", "\x07", "\x7f", "\x9b", "\u200b", "\u202e", "\u2028", "\u2066", "\ufeff", "\ud800", "\udfff", "\r"]


@pytest.mark.parametrize("character", STEERING, ids=[f"U+{ord(c):04X}" for c in STEERING])
def test_a_line_holds_no_character_that_steers_and_loses_none(character: str) -> None:
    line = schemas.line({"a": f"przed{character}po", character: 1})
    assert character not in line
    line.encode("utf-8")
    assert json.loads(line) == {"a": f"przed{character}po", character: 1}


@given(st.dictionaries(st.text(max_size=10), st.text(st.characters(), max_size=20), max_size=4), st.booleans())
def test_a_line_is_one_line_and_the_same_value(value: dict[str, str], ascii_only: bool) -> None:
    line = schemas.line(value, ascii_only)
    assert json.loads(line) == value
    assert len(line.splitlines()) == 1
    assert not ascii_only or line.isascii()
