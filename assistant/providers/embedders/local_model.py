"""Any sentence-transformers model of the user's choice. Home of sentence_transformers and huggingface_hub.

Needs the extra `models`. A name is looked up in the local cache only, unless downloads are allowed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from assistant.errors import EmbedderUnavailable, MissingExtra

from .weights import checksum

_SETTING = "embedder.model"
_NOT_NEEDED = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.gguf"]  # other engines' copies
_PARTS = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model")  # weights, sizes, pooling, vocabulary


class LocalModelEmbedder:
    """A model by name or folder. Opens nothing before the first use.

    A prefix of None means: e5's own for a name with "e5" in it, else the prompts the model declares.
    The model cuts texts at its own longest input.
    """

    def __init__(
        self,
        model: str,
        query_prefix: str | None,
        passage_prefix: str | None,
        batch: int,
        threads: int,
        allow_download: bool,
    ) -> None:
        self._name, self._batch, self._threads, self._allow_download = model, batch, threads, allow_download
        self._query_prefix, self._passage_prefix = query_prefix, passage_prefix
        self._opening = Lock()

    @cached_property
    def identity(self) -> str:
        """The name's last part, `@`, 12 hex digits over weights, configuration and passage prefix."""
        folder = self._folder
        digest = hashlib.sha256(repr(self._passage_prefix).encode())
        for path in sorted({path for pattern in _PARTS for path in folder.rglob(pattern)}):
            digest.update(f"{path.relative_to(folder).as_posix()} {checksum(path)}\n".encode())
        return f"{Path(self._name).name}@{digest.hexdigest()[:12]}"

    @cached_property
    def dimension(self) -> int:
        """Length of a vector; loads the model."""
        return int(self._model.encode([""], show_progress_bar=False).shape[1])

    def embed_query(self, text: str) -> np.ndarray:
        """Vector (dimension,) of a question."""
        return self._encode([text], self._query_prefix, "query")[0]

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        """Vectors (len(texts), dimension) in order."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))  # equal lengths: little padding
        for start in range(0, len(order), self._batch):
            rows = order[start : start + self._batch]
            vectors[rows] = self._encode([texts[row] for row in rows], self._passage_prefix, "document", "passage")
            if progress:
                progress(len(rows))
        return vectors

    def _encode(self, texts: list[str], prefix: str | None, *prompts: str) -> np.ndarray:
        if prefix is None:
            prefix = next((self._model.prompts[name] for name in prompts if self._model.prompts.get(name)), "")
        vectors = self._model.encode(
            texts, prompt=prefix, batch_size=self._batch, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)

    @cached_property
    def _folder(self) -> Path:
        if Path(self._name).expanduser().is_dir():
            return Path(self._name).expanduser()
        if not self._allow_download:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read once, when huggingface_hub is imported
        try:
            from huggingface_hub import snapshot_download
        except ImportError as error:
            raise _missing("huggingface_hub") from error
        try:
            found = snapshot_download(
                self._name, local_files_only=not self._allow_download, ignore_patterns=_NOT_NEEDED
            )
        except Exception as error:  # unknown name, no network, bad cache: the library has a dozen classes for it
            hint = "" if self._allow_download else "; embedder.allow_download = true lets it be fetched"
            reason = f"{self._name}: neither a folder nor a model in the local cache{hint} ({error})"
            raise EmbedderUnavailable(setting=_SETTING, reason=reason) from error
        return Path(found)

    @property
    def _model(self) -> Any:
        with self._opening:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        folder = self._folder
        if not self._allow_download:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        try:
            import torch
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise _missing("sentence-transformers") from error
        torch.set_num_threads(self._threads)
        try:
            return SentenceTransformer(str(folder), local_files_only=True)
        except Exception as error:  # anything a damaged or foreign folder makes the library raise
            raise EmbedderUnavailable(setting=_SETTING, reason=f"{self._name}: {error}") from error


def _missing(package: str) -> MissingExtra:
    return MissingExtra(package=package, extra="models", setting=_SETTING)
