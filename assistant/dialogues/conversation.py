"""What somebody who types lines meant at a step: a reply, a question of their own, or a wish (back, skip, report)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..domain.dialogues import Absent, Option, Step, StepKind
from ..errors import ReplyError
from .guided import CHOOSING, Guided, Opened


class Act(StrEnum):
    """What a line is."""

    REPLY = "reply"  # `raw` goes to Guided.say
    ABSENT = "absent"  # „nie wiem”, „nie dotyczy”, „pomiń”
    CONFIRM = "confirm"  # `option` is the likeliest; ask whether it was meant
    QUESTION = "question"  # pause, answer it, and come back to the same step
    BACK = "back"
    REVIEW = "review"
    REPORT = "report"
    STOP = "stop"


WISHES = {"back": Act.BACK, "review": Act.REVIEW, "report": Act.REPORT, "stop": Act.STOP}


@dataclass(frozen=True, slots=True)
class Turn:
    """One line, understood."""

    act: Act
    raw: Any = None
    absent: Absent | None = None
    option: Option | None = None
    question: str = ""


def understood(guided: Guided, opened: Opened, step: Step, text: str) -> Turn:
    """What a line means at a step that is not a table or group.

    A text step takes nearly every line as its reply; options are matched by their words, then by meaning.
    """
    for group, act in WISHES.items():
        if guided.vocabulary.says(group, text):
            return Turn(act)
    if step.kind is StepKind.INFO:
        return Turn(Act.QUESTION, question=_asked(text)) if guided.asks(step, text) else Turn(Act.REPLY, raw=True)
    if (absent := guided.vocabulary.absent(text)) is not None:
        return Turn(Act.ABSENT, absent=absent)
    if step.kind in CHOOSING:
        return _chosen(guided, opened, step, text)
    if guided.asks(step, text):
        return Turn(Act.QUESTION, question=_asked(text))
    return Turn(Act.REPLY, raw=text)


def confirmed(guided: Guided, text: str) -> bool | None:
    """„tak” or „nie” to "did you mean …?"; None for anything else."""
    if guided.vocabulary.says("yes", text):
        return True
    return False if guided.vocabulary.says("no", text) else None


def _chosen(guided: Guided, opened: Opened, step: Step, text: str) -> Turn:
    """Several at once only as their words or numbers; one also by what it means."""
    try:
        guided.value(opened, step.id, text)
        return Turn(Act.REPLY, raw=text)
    except ReplyError:
        pass
    if guided.asks(step, text):
        return Turn(Act.QUESTION, question=_asked(text))
    option, sure = guided.meant(opened, step, text)
    if option is None:
        return Turn(Act.REPLY, raw=text)  # which the engine refuses with its reason
    return Turn(Act.REPLY if sure else Act.CONFIRM, raw=option.id, option=option)


def _asked(text: str) -> str:
    return text.strip().lstrip("?").strip()
