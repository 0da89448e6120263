"""The report of each mode's conversation, as a person reads it. UPDATE_GOLDEN=1 writes the files anew: look at them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.config import ROOT
from assistant.dialogues import advice, scoring
from assistant.dialogues.conditions import Facts
from assistant.domain.answers import Citation
from assistant.domain.dialogues import Absent, GivenAdvice, Report
from assistant.presentation.exports import reports
from assistant.prompts import load_words
from tests.dialogues.test_modes import MODES, mode, played, scenario

GOLDEN = Path(__file__).parent.parent / "golden" / "dialogues"
WORDS = load_words(ROOT / "prompts")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def cited(path: str) -> Citation:
    return Citation(1, path, path, path, "2026-11", (1, 1), ("Rozdział",), f"Zdanie z {path}.", (0, 10), "pl")


def report(name: str) -> Report:
    dialogue, session = mode(name), played(name)
    facts = Facts(dialogue, {reply.step: reply for reply in session.replies})
    assessment = scoring.assess(dialogue, session)
    given = tuple(
        GivenAdvice(one, cited(one.document["pl"]) if one.document else None, points)
        for one, points in advice.chosen(dialogue, facts, assessment)
    )
    skipped = tuple((one.step, one.absent or Absent.SKIPPED) for one in session.replies if one.value is None)
    return Report(dialogue, session, assessment, given, NOW, "g", "1", skipped=skipped, numbers=facts.numbers())


@pytest.mark.parametrize("name", MODES)
def test_the_report_reads_as_it_did(name: str) -> None:
    text = reports.write(report(name), WORDS["pl"], "md").decode()
    file = GOLDEN / f"{name}.md"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    for word in scenario(name)["expect"].get("words", []):
        assert word.lower() in text.lower()
