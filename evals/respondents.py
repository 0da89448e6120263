"""A thousand respondents who reply at random but validly, for every guided mode: each must get to a report.

    python -m evals.respondents --runs 1000

Prints, for each mode, steps asked, milliseconds of a step (reply, forgetting, next step, progress) and of a report
(scores, advice, Markdown; without looking up citations, which are cached), and what went wrong with its seed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from assistant import config
from assistant.dialogues import advice, definitions, engine, scoring
from assistant.dialogues.conditions import Facts
from assistant.dialogues.respondents import reply
from assistant.domain.dialogues import Dialogue, GivenAdvice, Report, Session
from assistant.presentation.exports import reports
from assistant.prompts import load_words

WORDS = load_words(config.ROOT / "prompts")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Tried:
    """What many runs of one mode came to; times in milliseconds."""

    asked: list[int] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    reports: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> int:
    """1 when a run did not get to its report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=config.ROOT / "prompts" / "dialogues")
    options = parser.parse_args(arguments)
    found = definitions.load(options.folder)
    failed = len(found.broken)
    print("mode | runs | steps in the definition | asked, least–most | step p50 / p95 ms | report p50 / p95 ms | wrong")
    for dialogue in found.dialogues.values():
        tried = Tried()
        for seed in range(options.runs):
            try:
                _run(dialogue, seed, tried)
            except Exception as error:
                tried.wrong.append(f"seed {seed}: {type(error).__name__}: {error}")
        failed += len(tried.wrong)
        steps, made = _told(tried.steps), _told(tried.reports)
        asked = f"{min(tried.asked, default=0)}–{max(tried.asked, default=0)}"
        columns = (dialogue.id, options.runs, len(dialogue.steps), asked, steps, made, len(tried.wrong))
        print(" | ".join(map(str, columns)), flush=True)
        for line in tried.wrong[:3]:
            print(f"  {line}")
    return 1 if failed else 0


def _run(dialogue: Dialogue, seed: int, tried: Tried) -> None:
    dice = random.Random(seed)
    session, after = engine.begin(dialogue, "r", "pl" if seed % 4 else "en"), ""
    while (step := engine.next_step(dialogue, session, after)) is not None:
        made = reply(dialogue, session, step, dice)
        began = time.perf_counter()
        session, after = engine.apply(dialogue, session, made).session, step.id
        engine.next_step(dialogue, session, after)
        engine.progress(dialogue, session)
        tried.steps.append(1000 * (time.perf_counter() - began))
    tried.asked.append(len(session.replies))
    began = time.perf_counter()
    text = reports.write(_report(dialogue, session), WORDS[session.lang], "md").decode()
    tried.reports.append(1000 * (time.perf_counter() - began))
    if dialogue.title[session.lang] not in text:
        raise ValueError("a report without its title")


def _report(dialogue: Dialogue, session: Session) -> Report:
    facts = Facts(dialogue, {one.step: one for one in session.replies})
    assessment = scoring.assess(dialogue, session)
    given = tuple(GivenAdvice(one, None, points) for one, points in advice.chosen(dialogue, facts, assessment))
    return Report(dialogue, session, assessment, given, NOW, "g", "1", numbers=facts.numbers())


def _told(times: list[float]) -> str:
    if len(times) < 2:
        return "-"
    return f"{statistics.median(times):.2f} / {statistics.quantiles(times, n=20)[-1]:.2f}"


if __name__ == "__main__":
    sys.exit(main())
