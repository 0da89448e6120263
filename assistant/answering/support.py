"""Is a sentence in its source? Computed from the words, never asserted."""

from __future__ import annotations

import re

from ..domain.answers import Support
from ..domain.text import clean

WORD = re.compile(r"\w+")


def of_quote(text: str, quote: str, markup: bool = True) -> Support:
    """SUPPORTED when the words and numbers of `text` stand in `quote` in the same order and unbroken.

    Letters are compared as they are (case and diacritics count); white space, punctuation, Markdown
    marks, soft hyphens and line-end hyphenation do not.
    """
    said = WORD.findall(text)
    source = WORD.findall(clean(quote, markup=markup).text)
    if not said:
        return Support.UNSUPPORTED
    first = said[0]
    places = (i for i, word in enumerate(source) if word == first)
    return Support.SUPPORTED if any(source[i : i + len(said)] == said for i in places) else Support.UNSUPPORTED
