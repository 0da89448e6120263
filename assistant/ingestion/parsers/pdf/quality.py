"""Whether a page's text reads like words: the gate between pdfium's text, pypdf's and OCR.

Separate because it knows nothing of where the text came from.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

LONG = 22  # characters: longer words are nearly always glued ones (STACK)
ENOUGH = 20  # words; fewer say nothing

_VOWEL = re.compile(r"[aeiouyąęóáéíöüäåøæаеёиоуыэюяіїєαεηιοουωא-תء-ي]", re.I)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LEADERS = re.compile(r"(?:[._…]\s?){4,}")
_RUBBISH = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares in [0, 1] of a text's words; `words` counts them."""

    words: int
    wordlike: float
    long: float

    @property
    def score(self) -> float:
        """1 for running text, near 0 for garbage."""
        return self.wordlike * (1 - min(4 * self.long, 1.0))

    @property
    def bad(self) -> bool:
        """Whether nobody could read it. Tables of figures and code pass: only letters are judged."""
        return self.words >= ENOUGH and self.score < 0.55


def quality(text: str) -> Quality:
    """Judge running text of a page. Numbers and bare signs are not counted."""
    tokens = [token for token in _LEADERS.sub(" ", text).split() if not _is_figure(token)]
    if not tokens:
        return Quality(0, 1.0, 0.0)
    good = sum(_wordlike(token) for token in tokens)
    long = sum(
        len(token) > LONG and "-" not in token and "." not in token[1:-1] and "/" not in token for token in tokens
    )
    return Quality(len(tokens), good / len(tokens), long / len(tokens))


def _is_figure(token: str) -> bool:
    return not any(char.isalpha() for char in token) and not _RUBBISH.search(token)


def _wordlike(token: str) -> bool:
    """Letters with a vowel among them, all of one case after the first; short ones and addresses pass."""
    if _RUBBISH.search(token):
        return False
    core = token.strip(".,;:!?()[]{}<>\"'„”“«»’‘…/*–—-|•%")
    if not core or "@" in core or "://" in core or core.startswith("www."):
        return True
    if any(char.isdigit() for char in core):
        return sum(char.isalnum() or char in "-./,:_" for char in core) >= 0.9 * len(core)
    if not all(_WORD.fullmatch(part) for part in re.split(r"[/.,&+_]", core) if part):
        return False
    letters = [char for char in core if char.isalpha()]
    if len(letters) <= 3 or core.isupper():
        return True
    changes = sum(a.islower() and b.isupper() for a, b in itertools.pairwise(letters))
    return changes <= 1 and bool(_VOWEL.search(core) or not core.isascii())
