"""Letters without their diacritics: how people type, and how words are compared.

Never used to match a quote: quotes are matched letter by letter.
"""

import unicodedata
from functools import lru_cache

STROKED = str.maketrans("łŁøØđĐ", "lLoOdD")  # letters that Unicode does not decompose


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower case, diacritics gone: "Spółdzielnia" -> "spoldzielnia"."""
    decomposed = unicodedata.normalize("NFKD", text.translate(STROKED).lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
