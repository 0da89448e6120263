"""Words broken at line ends made whole; real hyphens ("społeczno-gospodarczy") kept.

Separate because it is a matter of language: the document's own words decide first, a small rule
about Polish adjectives after them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# The first halves that Polish compounds are made of end so (społeczno-, naukowo-, polsko-, biało-).
_FIRST_HALF = re.compile(r"(?:no|wo|sko|cko|czo|ało|rno|lno|zno)$")
_SHORT_FIRST_HALVES = frozenset(
    (
        "biało",
        "czarno",
        "czerwono",
        "zielono",
        "rolno",
        "leśno",
        "wodno",
        "polsko",
        "prawno",
        "czesko",
        "rusko",
        "duńsko",
    )
)
_ADJECTIVE = re.compile(r"(?:[yie]|[ye]j|ego|emu|[yi]m|[yi]ch|[yi]mi|[aą]|o|ość|ości)$")
_POLISH = re.compile(r"[ąćęłńśźż]", re.I)


class Vocabulary:
    """Words the document writes unbroken."""

    def __init__(self, texts: Iterable[str]) -> None:
        words: set[str] = set()
        polish = 0
        for text in texts:
            # The last word may be a broken one, and the first its rest.
            found = _WORD.findall(text.casefold())
            words.update(found[1:-1])
            polish += bool(_POLISH.search(text))
        self.words = words
        self.sorted = sorted(words)
        self.polish = polish > 0

    def has(self, word: str) -> bool:
        """Whether the word stands somewhere in the document."""
        return word in self.words

    def begins(self, start: str) -> bool:
        """Whether a word of the document begins so."""
        at = bisect_left(self.sorted, start)
        return at < len(self.sorted) and self.sorted[at].startswith(start)


def across(text: str, following: str, known: Vocabulary) -> tuple[str, str]:
    """(`text` without a hyphen that only broke a word, what to write before `following`).

    "gospo-" + "darczy" -> ("gospo", ""); "społeczno-" + "gospodarczy" -> ("społeczno-", "");
    "koniec" + "Dalej" -> ("koniec", " ").
    """
    if text.endswith("\u00ad"):
        return text[:-1], ""
    if text[-1:] == "–" and text[-2:-1].isdigit() and following[:1].isdigit():
        return text, ""  # 2011–2013
    if len(text) < 2 or text[-1] != "-" or not text[-2].isalnum() or not following or not following[0].isalnum():
        return text, " "
    if not (text[-2].isalpha() and following[0].islower()):
        return text, ""  # Bielsko-Biała, COVID-19, 10-12
    first = re.findall(r"[^\W\d_]+", text)[-1].casefold()
    second = re.match(r"[^\W\d_]+", following)
    if second is None or text[: -1 - len(first)].endswith("-"):
        return text, ""
    return (text, "") if is_compound(first, second[0].casefold(), known) else (text[:-1], "")


def is_compound(first: str, second: str, known: Vocabulary) -> bool:
    """Whether the hyphen between two halves belongs to the word."""
    if known.has(first + second):
        return False
    if known.has(f"{first}-{second}") or known.begins(f"{first}-{second[:4]}"):
        return True
    if len(second) >= 3 and known.begins(first + second[: max(3, len(second) - 3)]):
        return False
    if not known.polish:
        return len(first) >= 3 and len(second) >= 3 and known.has(first) and known.has(second)
    if not first.endswith("o") or len(first) < 4 or len(second) < 5 or not _ADJECTIVE.search(second):
        return False
    if first in _SHORT_FIRST_HALVES:
        return True
    return bool(_FIRST_HALF.search(first)) and (len(first) >= 6 or known.begins(second[:5]))
