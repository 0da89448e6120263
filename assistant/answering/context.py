"""A short or pronominal question is read together with the one before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .question import Cues

SHORT = 3  # topic words; a longer question stands alone unless it points back


def in_context(question: str, earlier: Sequence[str], cues: Cues, lemmas: Callable[[str], Sequence[str]]) -> str:
    """What to search for: the question, with the last question that stood alone before it when it leans on it.

    `earlier` holds the conversation's questions, oldest first.
    """
    if not earlier or not _leans(question, cues, lemmas):
        return question
    subject = next((asked for asked in reversed(earlier) if not _leans(asked, cues, lemmas)), earlier[0])
    return f"{subject} {question}"


def _leans(question: str, cues: Cues, lemmas: Callable[[str], Sequence[str]]) -> bool:
    topics = len(set(lemmas(question)))
    return topics == 0 or (topics <= SHORT and cues.says("follow_up", question))
