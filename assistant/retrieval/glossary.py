"""The glossary file: acronyms, synonyms and translations, matched in any inflected form.

A term is found in a text when the words of one of its forms stand there in a row, in any inflection
and without their diacritics too: words are the same when their lemmas are or, from five letters on,
when they begin alike. It then lends the search the words of its other forms.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ConfigError

Word = tuple[str, str]  # folded lemma, folded first letters
Families = Callable[[str], Sequence[Word]]
PREFIX_LETTERS = 5  # shorter beginnings tell nothing
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
    """The terms, found by the words of their forms."""

    terms: tuple[Term, ...]
    families: Families
    _by_first: dict[str, list[tuple[tuple[Word, ...], Term]]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for term in self.terms:
            for form in term.forms:
                words = tuple(self.families(form))
                for key in set(words[0]) if words else ():
                    self._by_first.setdefault(key, []).append((words, term))

    def find(self, text: str) -> list[Term]:
        """Terms whose name stands in the text, in order of appearance; the longest name wins."""
        return list(dict.fromkeys(self._matches(self.families(text))))

    def expansions(self, text: str) -> list[str]:
        """Names to search for besides the text's own words."""
        here = self.families(text)
        found = (form for term in self.find(text) for form in term.forms)
        return [form for form in dict.fromkeys(found) if not self._held(form, here)]

    def in_polish(self, text: str) -> list[Word]:
        """A foreign text's words, with the names of terms in the words of their Polish ones."""
        words, place = list(self.families(text)), 0
        said: list[Word] = []
        while place < len(words):
            length, terms = self._longest(words, place)
            said += self.families(terms[0].pl) if terms else words[place : place + length]
            place += length
        return said

    def spelled_out(self, text: str) -> list[str]:
        """Polish full names of the acronyms that stand in the text without them."""
        here = self.families(text)
        acronyms = [term for term in self.find(text) if any(self._held(name, here) for name in term.acronyms)]
        return [term.pl for term in acronyms if not self._held(term.pl, here)]

    def _held(self, form: str, words: Sequence[Word]) -> bool:
        return all(any(_same(word, other) for other in words) for word in self.families(form))

    def _matches(self, words: Sequence[Word]) -> Iterator[Term]:
        place = 0
        while place < len(words):
            length, terms = self._longest(words, place)
            yield from terms
            place += length

    def _longest(self, words: Sequence[Word], place: int) -> tuple[int, list[Term]]:
        """Length in words and terms of the longest name that begins here; (1, []) when none does."""
        forms = {id(form): form for key in words[place] for form in self._by_first.get(key, ())}.values()
        found = [(len(form), term) for form, term in forms if _stands(form, words[place : place + len(form)])]
        longest = max((length for length, _ in found), default=1)
        return longest, [term for length, term in found if length == longest]


def _stands(form: Sequence[Word], words: Sequence[Word]) -> bool:
    return len(form) == len(words) and all(map(_same, form, words))


def _same(one: Word, other: Word) -> bool:
    return one[0] == other[0] or (len(one[1]) >= PREFIX_LETTERS and one[1] == other[1])


def load(file: Path, families: Families) -> Glossary:
    """The glossary of a corpus; empty when there is no file. ConfigError names the entry that is wrong."""
    if not file.exists():
        return Glossary((), families)
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("term", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(setting=str(file), reason=str(error)) from None
    return Glossary(tuple(_term(file, n, entry) for n, entry in enumerate(entries, 1)), families)


def _term(file: Path, n: int, entry: dict[str, Any]) -> Term:
    if unknown := set(entry) - KEYS:
        raise ConfigError(setting=f"{file}: term {n}", reason=f"unknown key {sorted(unknown)[0]}")
    if not entry.get("pl"):
        raise ConfigError(setting=f"{file}: term {n}", reason="pl is missing")
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else str(value) for key, value in entry.items()
    }
    return Term(**{"en": "", **fields})
