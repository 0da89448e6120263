"""Guided modes as surfaces use them: which there are, what to show, what a reply does, what comes of it.

Knows nothing of databases and screens; what it needs of the documents comes as ports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..domain.answers import Citation
from ..domain.dialogues import Dialogue
from ..errors import DialogueError, DialogueMissing
from ..prompts import Words
from . import checking, definitions
from .checking import Problem
from .definitions import Definitions
from .replies import Vocabulary

Cite = Callable[[str, str, str], Citation | None]  # question, language, path of the document or ""
Headings = Callable[[str], Iterable[str]]  # of a document by its path; KeyError when there is none


@dataclass(frozen=True)
class Guided:
    """Every mode of a folder."""

    folder: Path
    words: Mapping[str, Words]
    vocabulary: Vocabulary
    cite: Cite
    headings: Headings

    @cached_property
    def definitions(self) -> Definitions:
        """As they stand in the files now; those with problems are broken and do not run."""
        found = definitions.load(self.folder)
        sound: dict[str, Dialogue] = {}
        broken = list(found.broken)
        for id, dialogue in found.dialogues.items():
            problems = checking.problems(dialogue)
            if problems:
                broken += [
                    DialogueError(path=f"{id}.toml", line=0, at=one.at, reason=f"{one.code} {one.detail}".strip())
                    for one in problems
                ]
            else:
                sound[id] = dialogue
        return Definitions(sound, tuple(broken))

    def dialogue(self, id: str) -> Dialogue:
        """By its id. Raises DialogueMissing."""
        try:
            return self.definitions.dialogues[id]
        except KeyError:
            raise DialogueMissing(name=id[:60]) from None

    def check(self, names: Iterable[str] = (), deep: bool = False) -> tuple[list[DialogueError], list[Problem]]:
        """What the linter says: files that cannot be read, and problems of the others; `deep` asks the index too."""
        found = definitions.load(self.folder)
        wanted = set(names) or set(found.dialogues)
        problems: list[Problem] = []
        for id, dialogue in found.dialogues.items():
            if id not in wanted:
                continue
            own = checking.problems(dialogue)
            problems += own or checking.unreached(dialogue)
            if deep:
                problems += checking.unproved(dialogue, lambda *query: self.cite(*query) is not None, self._headed)
        return list(found.broken), problems

    def _headed(self, path: str, heading: str) -> bool:
        try:
            return heading in self.headings(path)
        except KeyError:
            return False
