"""The modes that are shipped: sound, played by people in their own words, survived by anybody who replies validly."""

from __future__ import annotations

import random
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assistant.config import ROOT
from assistant.dialogues import checking, definitions, engine, scoring
from assistant.dialogues.advice import chosen
from assistant.dialogues.conditions import Facts
from assistant.dialogues.replies import read
from assistant.dialogues.respondents import respond
from assistant.dialogues.wording import BLANK, Wording
from assistant.domain.dialogues import Dialogue, Reply, Session
from assistant.prompts import load_words
from tests.dialogues.conftest import VOCABULARY

FOLDER = ROOT / "prompts" / "dialogues"
SCENARIOS = Path(__file__).parent.parent / "data" / "dialogues"
MODES = sorted(file.stem for file in FOLDER.glob("*.toml"))
WORDS = load_words(ROOT / "prompts")
TODAY = date(2026, 11, 22)
RESPONDENTS = 60  # a mode here; `python -m evals.respondents` tries 1,000


@cache
def mode(name: str) -> Dialogue:
    return definitions.read(FOLDER / f"{name}.toml")


def scenario(name: str) -> dict[str, Any]:
    return tomllib.loads((SCENARIOS / f"{name}.toml").read_text(encoding="utf-8"))


def played(name: str) -> Session:
    """The scenario's conversation; fails at the first step that is not the one it expects."""
    dialogue, told = mode(name), scenario(name)
    session, after = engine.begin(dialogue, "s", told["lang"]), ""
    for turn in told["turns"]:
        step = engine.next_step(dialogue, session, after)
        assert step is not None
        assert step.id == turn["step"]
        raw = turn.get("rows", turn.get("say"))
        absent = VOCABULARY.absent(raw) if isinstance(raw, str) and step.kind != "info" else None
        choices = {"": engine.options(dialogue, session, step)}
        choices |= {column.id: engine.options(dialogue, session, column) for column in step.fields}
        value = None if absent else read(step, raw, choices, VOCABULARY, told["lang"], TODAY)
        session, after = engine.apply(dialogue, session, Reply(step.id, value, absent)).session, step.id
    return session


def test_the_eleven_modes_are_there() -> None:
    assert sorted(file.stem for file in SCENARIOS.glob("*.toml")) == MODES
    assert len(MODES) == 11


@pytest.mark.parametrize("name", MODES)
def test_a_mode_is_sound(name: str) -> None:
    assert mode(name).id == name
    assert checking.problems(mode(name)) == []
    assert checking.unreached(mode(name)) == []


@pytest.mark.parametrize("name", MODES)
def test_somebodys_conversation_gets_to_the_end_and_to_the_advice_it_should(name: str) -> None:
    dialogue, told, session = mode(name), scenario(name), played(name)
    assert engine.finished(dialogue, session)
    facts = Facts(dialogue, {reply.step: reply for reply in session.replies})
    given = {one.id for one, _ in chosen(dialogue, facts, scoring.assess(dialogue, session))}
    assert set(told["expect"].get("advice", [])) <= given
    assert not set(told["expect"].get("no_advice", [])) & given


@pytest.mark.parametrize("lang", ["pl", "en"])
@pytest.mark.parametrize("name", MODES)
def test_whoever_replies_validly_gets_advice_and_whole_sentences(name: str, lang: str) -> None:
    dialogue = mode(name)
    for seed in range(RESPONDENTS):
        session = respond(dialogue, random.Random(seed), lang)
        assert engine.finished(dialogue, session)
        facts = Facts(dialogue, {reply.step: reply for reply in session.replies})
        given = chosen(dialogue, facts, scoring.assess(dialogue, session))
        assert given
        wording = Wording(dialogue, session, WORDS[lang])
        texts = [wording.text(one.text) for one, _ in given]
        texts += [wording.text(p.text) for c in dialogue.chapters for p in c.paragraphs if facts.holds(p.when)]
        assert all(text.strip(f" {BLANK}") and "{" not in text for text in texts)
