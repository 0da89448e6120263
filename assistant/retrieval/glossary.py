"""The glossary file: acronyms, synonyms and translations, matched in any inflected form.

A term is found in a text when the lemmas of one of its forms stand there in a row (acronyms: the
word itself). It then lends the search the words of its other forms.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ConfigError

Lemmas = Callable[[str], Sequence[str]]
KEYS = {"pl", "en", "acronyms", "synonyms", "definition_pl", "definition_en", "note_pl", "note_en"}


@dataclass(frozen=True)
class Term:
    """One entry of `[[term]]`: a name in both languages, acronyms, other names, definitions, notes."""

    pl: str
    en: str
    acronyms: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    definition_pl: str = ""
    definition_en: str = ""
    note_pl: str = ""
    note_en: str = ""

    @property
    def forms(self) -> tuple[str, ...]:
        """Every name the term goes by."""
        return tuple(form for form in (self.pl, self.en, *self.acronyms, *self.synonyms) if form)


@dataclass(frozen=True)
class Glossary:
    """The terms, indexed by the lemmas of their forms."""

    terms: tuple[Term, ...]
    lemmas: Lemmas
    _by_first: dict[str, list[tuple[tuple[str, ...], Term]]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for term in self.terms:
            for form in term.forms:
                key = tuple(self.lemmas(form))
                if key:
                    self._by_first.setdefault(key[0], []).append((key, term))

    def find(self, text: str) -> list[Term]:
        """Terms whose name stands in the text, in order of appearance; the longest name wins."""
        words = list(self.lemmas(text))
        return list(dict.fromkeys(self._matches(words)))

    def expansions(self, text: str) -> list[str]:
        """Names to search for besides the text's own words."""
        here = set(self.lemmas(text))
        found = (form for term in self.find(text) for form in term.forms)
        return [form for form in dict.fromkeys(found) if not set(self.lemmas(form)) <= here]

    def spelled_out(self, text: str) -> list[str]:
        """Polish full names of the acronyms that stand in the text without them."""
        here = set(self.lemmas(text))
        acronyms = (term for term in self.find(text) if any(set(self.lemmas(a)) <= here for a in term.acronyms))
        return [term.pl for term in acronyms if not set(self.lemmas(term.pl)) <= here]

    def _matches(self, words: Sequence[str]) -> Iterator[Term]:
        place = 0
        while place < len(words):
            found = [
                (len(key), term)
                for key, term in self._by_first.get(words[place], ())
                if tuple(words[place : place + len(key)]) == key
            ]
            longest = max((length for length, _ in found), default=1)
            yield from (term for length, term in found if length == longest)
            place += longest


def load(file: Path, lemmas: Lemmas) -> Glossary:
    """The glossary of a corpus; empty when there is no file. ConfigError names the entry that is wrong."""
    if not file.exists():
        return Glossary((), lemmas)
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("term", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(setting=str(file), reason=str(error)) from None
    return Glossary(tuple(_term(file, n, entry) for n, entry in enumerate(entries, 1)), lemmas)


def _term(file: Path, n: int, entry: dict[str, Any]) -> Term:
    if unknown := set(entry) - KEYS:
        raise ConfigError(setting=f"{file}: term {n}", reason=f"unknown key {sorted(unknown)[0]}")
    if not entry.get("pl"):
        raise ConfigError(setting=f"{file}: term {n}", reason="pl is missing")
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else str(value) for key, value in entry.items()
    }
    return Term(**{"en": "", **fields})
