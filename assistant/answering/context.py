"""A short or pronominal question is read together with the one before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .question import OTHER, Cues

SHORT = 3  # topic words; a longer question stands alone unless it points back


def in_context(question: str, earlier: Sequence[str], cues: Cues, lemmas: Callable[[str], Sequence[str]]) -> str:
    """What to search for: the question, with the last question that stood alone before it when it leans on it.

    `earlier` holds the conversation's questions, oldest first.
    """
    if not earlier or not _leans(question, cues, lemmas):
        return question
    asked = next((asked for asked in reversed(earlier) if not _leans(asked, cues, lemmas)), earlier[0])
    return f"{question} {_subject(asked)}"


def _subject(asked: str) -> str:
    """The acronyms in a question ("Kiedy trwał projekt WCES?" -> "WCES"), or all of it when it has none.

    What was asked *about* the subject (its dates, its price) would only draw the same answer again.
    """
    return " ".join(re.findall(r"\b[A-ZĄĆĘŁŃÓŚŹŻ]{2,}\b", asked)) or asked


def _leans(question: str, cues: Cues, lemmas: Callable[[str], Sequence[str]]) -> bool:
    topics = len(set(lemmas(question)))
    if topics == 0 or (topics <= SHORT and cues.says("follow_up", question)):
        return True
    # "Jakie ma zadania?" asks of something; "Co to jest klaster?" and "klaster" name it
    return topics == 1 and cues.kind(question) not in ("definition", OTHER)
