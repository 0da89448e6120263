"""What a question asks for: its kind, its subject, and how well a sentence fits the kind.

The cues are words, so they live in `prompts/cues.toml`; this module only applies them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..domain.folding import fold

OTHER = "other"
STRUCK = " \N{MIDDLE DOT} "  # stands where harmless words stood: no letter, so nothing matches across it as one word


@dataclass(frozen=True)
class Cues:
    """The compiled table of `prompts/cues.toml`."""

    table: Mapping[str, Any]

    def kind(self, question: str) -> str:
        """The first kind whose pattern fits, or "other"."""
        folded = fold(question).strip()
        return next((name for name, patterns in self._kinds if _any(patterns, folded)), OTHER)

    def evidence(self, kind: str, sentence: str) -> bool:
        """Whether a sentence holds what the kind asks for; True for kinds that ask nothing special."""
        patterns = self._evidence.get(kind)
        return patterns is None or _any(patterns, fold(sentence))

    def asks_evidence(self, kind: str) -> bool:
        """Whether sentences can be told apart by evidence of this kind."""
        return kind in self._evidence

    def says(self, group: str, question: str) -> bool:
        """Whether the question fits a group: refer, crisis, out_of_scope, attack, follow_up."""
        text = self._bare(group, question)
        return all(_any(patterns, text) for patterns in self._groups[group])

    def is_gap(self, sentence: str, headings: Sequence[str]) -> bool:
        """Whether a sentence says that the document does not hold something, or stands among such sentences."""
        texts, names = self._gaps
        return _any(texts, self._bare("gap", sentence)) or any(_any(names, fold(heading)) for heading in headings)

    def is_invented(self, question: str, texts: Sequence[str]) -> bool:
        """Whether words come from an invented example that nobody asked for."""
        table = self._invented
        return not _any(table["asked"], fold(question)) and any(_any(table["patterns"], fold(t)) for t in texts)

    def _bare(self, group: str, text: str) -> str:
        """Folded text without what only looks like the group."""
        folded = fold(text).strip()
        for pattern in self._harmless.get(group, ()):
            folded = pattern.sub(STRUCK, folded)
        return folded

    @cached_property
    def _harmless(self) -> dict[str, list[re.Pattern[str]]]:
        return {name: _compiled(table["harmless"]) for name, table in self.table.items() if "harmless" in table}

    @cached_property
    def _invented(self) -> dict[str, list[re.Pattern[str]]]:
        return {name: _compiled(patterns) for name, patterns in self.table["invented"].items()}

    @cached_property
    def _gaps(self) -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
        table = self.table["gap"]
        return _compiled(table["patterns"]), _compiled(table["headings"])

    @cached_property
    def _kinds(self) -> list[tuple[str, list[re.Pattern[str]]]]:
        return [(kind["name"], _compiled(kind["patterns"])) for kind in self.table["kind"]]

    @cached_property
    def _evidence(self) -> dict[str, list[re.Pattern[str]]]:
        return {name: _compiled(patterns) for name, patterns in self.table["evidence"].items()}

    @cached_property
    def _groups(self) -> dict[str, list[list[re.Pattern[str]]]]:
        tables = {name: self.table[name] for name in ("refer", "crisis", "out_of_scope", "attack", "follow_up")}
        return {
            name: [_compiled(patterns) for patterns in table.get("all_of") or [table["patterns"]]]
            for name, table in tables.items()
        }


def _compiled(patterns: list[str]) -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in patterns]


def _any(patterns: list[re.Pattern[str]], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)
