"""Polish (and English) words: folding, lemmas, the two token families of the lexical leg, repair.

The only home of simplemma. Measured choice (shared/RETRIEVAL.md): lemma and first-5-letters as two
families, diacritics folded, stopwords out: nDCG@10 0.845 on PoQuAD against 0.707 for plain words.
"""

from __future__ import annotations

import logging
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from ..domain.folding import fold

log = logging.getLogger(__name__)

LANGUAGES = ("pl", "en")
PREFIX_LETTERS = 5  # RETRIEVAL: 5 folded letters, 0.816 alone
WORD = re.compile(r"[^\W_]+")
ALPHABET = "aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźż"
CACHED_WORDS = 300_000  # about 60 MB when full


class Dictionary:
    """Lemmas and known forms of Polish and English, one instance for all threads.

    Tries under `folder` are made once (about 10 s) and then mapped: 0.1 s and 40 MB, where simplemma's
    default dictionary takes 3.4 s and 430 MB at every start. Without a folder its low-memory streams
    serve: 1.6 s a start, 74 MB.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._loading = Lock()
        self._lemmas: dict[str, str] = {}

    def lemma(self, word: str) -> str:
        """Folded lemma of one lower-case word; numbers and unknown words are their folded selves."""
        found = self._lemmas.get(word)
        if found is None:
            found = word if word.isdigit() else fold(self._lemmatizer.lemmatize(word, lang=LANGUAGES))
            if len(self._lemmas) < CACHED_WORDS:
                self._lemmas[word] = found
        return found

    def knows(self, word: str, *languages: str) -> bool:
        """Whether the dictionary of one of the languages (default: all) holds this lower-case form."""
        return any(word in self._factory.get_dictionary(lang) for lang in languages or LANGUAGES)

    @cached_property
    def _lemmatizer(self) -> Any:
        from simplemma import Lemmatizer
        from simplemma.strategies import DefaultStrategy

        return Lemmatizer(lemmatization_strategy=DefaultStrategy(dictionary_factory=self._factory))

    @cached_property
    def _factory(self) -> Any:
        from simplemma.strategies.dictionaries import LOW_MEMORY_DICTIONARY_FACTORY, TrieDictionaryFactory

        if self._folder is None:
            return LOW_MEMORY_DICTIONARY_FACTORY
        try:
            with self._loading:
                return TrieDictionaryFactory(disk_cache_dir=str(_tries(self._folder, TrieDictionaryFactory)))
        except OSError as error:
            log.warning("dictionary not kept in %s: %s", self._folder, error)
            return LOW_MEMORY_DICTIONARY_FACTORY


def _tries(folder: Path, factory: Any) -> Path:
    """The folder of tries, made beside and renamed so that a killed build leaves nothing half written."""
    import simplemma

    target = folder / f"simplemma-{simplemma.__version__}"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".tries-", ignore_cleanup_errors=True) as making:
            for lang in LANGUAGES:
                factory(disk_cache_dir=making).get_dictionary(lang)
            with suppress(OSError):  # another process was first
                os.rename(making, target)
    return target if target.exists() else folder


@dataclass(frozen=True)
class Analyzer:
    """Turns text into search terms. One instance serves all threads."""

    dictionary: Dictionary = field(default_factory=Dictionary)
    version: str = "pl-en lemma+prefix5 folded 1"  # raise it when the output changes

    def words(self, text: str) -> list[str]:
        """Surface words, lower case, letters composed, as typed; stopwords kept."""
        return WORD.findall(unicodedata.normalize("NFC", text).lower())

    def terms(self, text: str) -> list[str]:
        """Both token families, "l:" + folded lemma and "p:" + folded prefix; stopwords out, duplicates kept."""
        return [term for word in self.families(text) for term in term_families(word)]

    def families(self, text: str) -> list[tuple[str, str]]:
        """(folded lemma, first letters folded) of each word in order, stopwords out."""
        kept = [word for word in self.words(text) if not is_stopword(word)]
        return [(self.dictionary.lemma(word), fold(word)[:PREFIX_LETTERS]) for word in kept]

    def lemmas(self, text: str) -> list[str]:
        """Folded lemmas in order, stopwords out."""
        return [self.dictionary.lemma(word) for word in self.words(text) if not is_stopword(word)]

    def detect(self, text: str) -> str:
        """The language, "pl" or "en", of the first 2,000 characters; "pl" when nothing tells.

        Counts function words of one language only and words with Polish letters; when these tie,
        the words that only one dictionary knows.
        """
        typed = WORD.findall(unicodedata.normalize("NFC", text[:2000]))
        words = [word.lower() for word in typed if not (word.isupper() and len(word) > 1)]  # acronyms tell nothing
        lead = sum(_leaning(word) for word in words)
        if lead == 0:
            lead = sum(self.dictionary.knows(word, "pl") - self.dictionary.knows(word, "en") for word in words)
            lead += 1  # one English-looking word, such as "art." or a name, is no English question
        return "en" if lead < 0 else "pl"


def is_stopword(word: str) -> bool:
    """Whether a lower-case word (with or without its diacritics) carries no topic."""
    return word in _stopwords()


@cache
def _stopwords() -> frozenset[str]:
    typed = {word for words in _stopword_table().values() for word in words.split()}
    return frozenset(typed | {fold(word) for word in typed})


@cache
def _stopword_table() -> Mapping[str, str]:
    return tomllib.loads((Path(__file__).parent / "stopwords.toml").read_text(encoding="utf-8"))


def term_families(word: tuple[str, str]) -> tuple[str, str]:
    """The two search terms of a word given as (folded lemma, folded first letters)."""
    return "l:" + word[0], "p:" + word[1]


def _leaning(word: str) -> int:
    """1 for a word that is surely Polish, -1 for one surely English, 0 for the others."""
    pl, en = _function_words()
    if word in pl or any(letter in "ąćęłńśźż" for letter in word):
        return 1
    return -1 if word in en else 0


@cache
def _function_words() -> tuple[frozenset[str], frozenset[str]]:
    """Stopwords that belong to Polish only (folded forms too) and to English only."""
    pl, en = (set(_stopword_table()[lang].split()) for lang in LANGUAGES)
    pl |= {fold(word) for word in pl}
    return frozenset(pl - en), frozenset(en - pl)


@dataclass(frozen=True)
class Speller:
    """Repairs a question from the index's own vocabulary (form -> count).

    Restores diacritics (the most frequent form of the same folded spelling) and one-edit typos, only
    in words that neither the vocabulary nor the Polish or English dictionary knows: without the
    dictionary guard English questions fall from 0.711 to 0.661 (RETRIEVAL).
    """

    vocabulary: Mapping[str, int]
    dictionary: Dictionary
    minimum_letters: int = 4
    _by_folded: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        best: dict[str, str] = self._by_folded
        for form, count in self.vocabulary.items():
            key = fold(form)
            if key not in best or count > self.vocabulary[best[key]]:
                best[key] = form

    def repair(self, words: Iterable[str]) -> list[tuple[str, str]]:
        """(typed, better) for each lower-case word that needs it."""
        repaired = ((word, self.better(word)) for word in words)
        return [(word, better) for word, better in repaired if better != word]

    def better(self, word: str) -> str:
        """The vocabulary's form of a misspelt word, or the word itself."""
        if word in self.vocabulary or word.isdigit() or is_stopword(word):
            return word
        if (restored := self._by_folded.get(fold(word))) is not None and not self._known_as_typed(word):
            return restored
        if len(word) < self.minimum_letters or self.dictionary.knows(word) or any(c.isdigit() for c in word):
            return word
        return self._one_edit(fold(word)) or word

    def _known_as_typed(self, word: str) -> bool:
        return (
            self.dictionary.knows(word)
            and fold(word) == word
            and self.dictionary.lemma(word) != self.dictionary.lemma(self._by_folded[fold(word)])
        )

    def _one_edit(self, folded: str) -> str | None:
        found = {form for edited in _edits(folded) if (form := self._by_folded.get(edited)) is not None}
        return max(sorted(found), key=lambda form: self.vocabulary[form], default=None)


def _edits(word: str) -> set[str]:
    """Every folded spelling one insertion, deletion, replacement or neighbour swap away (Norvig, 2007)."""
    letters = sorted({fold(c) for c in ALPHABET})
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    deletes = {left + right[1:] for left, right in splits if right}
    swaps = {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    replaces = {left + c + right[1:] for left, right in splits if right for c in letters}
    inserts = {left + c + right for left, right in splits for c in letters}
    return deletes | swaps | replaces | inserts


def repaired_text(text: str, repairs: Sequence[tuple[str, str]]) -> str:
    """The question with each repaired word in place; other characters as typed."""
    table = dict(repairs)
    return WORD.sub(lambda found: table.get(found.group().lower(), found.group()), unicodedata.normalize("NFC", text))
