"""Counts tokens the way chunk sizes and prompt budgets are given: tiktoken's o200k_base, offline.

Home of the package `tiktoken`. Its vocabulary (OpenAI, MIT) lies in `data/` under the name tiktoken's
cache gives it, the sha1 of its address; tiktoken checks its sha256. Polish takes 2.8 tokens a word.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
_ENCODING = "o200k_base"


class TiktokenCounter:
    """A TokenCounter. The vocabulary (3.6 MB) is read at the first count, in about 0.3 s."""

    def count(self, text: str) -> int:
        """Number of tokens; marks such as `<|endoftext|>` in a text are counted as plain words."""
        return len(self._encoding.encode_ordinary(text))

    @cached_property
    def _encoding(self) -> Any:
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(DATA))  # before tiktoken looks for its file
        import tiktoken

        return tiktoken.get_encoding(_ENCODING)
