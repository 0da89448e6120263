"""The same questions as people type them: without diacritics, with one slip of the finger."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

LETTERS = "aeioprstwzk"
STROKED = str.maketrans("łŁ", "lL")


def stripped(text: str) -> str:
    """Without diacritics, case kept."""
    decomposed = unicodedata.normalize("NFKD", text.translate(STROKED))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def with_typo(text: str, seed: str) -> str:
    """One letter lost, swapped, replaced or added inside one word of at least five letters; `seed` decides which."""
    dice = random.Random(seed)
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long:
        return text
    i = dice.choice(long)
    word, place = words[i], dice.randrange(1, len(words[i]) - 1)
    slips: list[Callable[[], str]] = [
        lambda: word[:place] + word[place + 1 :],
        lambda: word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        lambda: word[:place] + dice.choice(LETTERS) + word[place + 1 :],
        lambda: word[:place] + dice.choice(LETTERS) + word[place:],
    ]
    words[i] = dice.choice(slips)()
    return " ".join(words)


VARIANTS: dict[str, Callable[[str, str], str]] = {
    "original": lambda text, _id: text,
    "stripped": lambda text, _id: stripped(text),
    "typo": with_typo,
}
