"""Embeddings from an OpenAI-compatible server (vLLM, TEI, llama.cpp, Ollama). Home of the package `openai`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from assistant.errors import EmbedderUnavailable, MissingExtra

_TIMEOUT = 60.0  # seconds a request; a CPU server takes about 10 for 32 passages
_RETRIES = 2  # after the first try, on 408, 409, 429, 5xx and broken connections; waits 0.5-8 s between


class EndpointEmbedder:
    """A served model. The first call tells its dimension; a later change of it is an error."""

    def __init__(
        self,
        model: str,
        base_url: str,
        api_key: str | None = None,
        query_prefix: str = "",
        passage_prefix: str = "",
        batch: int = 32,
        timeout: float = _TIMEOUT,
    ) -> None:
        self._name, self._base_url, self._api_key, self._batch = model, base_url, api_key, batch
        self._query_prefix, self._passage_prefix = query_prefix, passage_prefix
        self._timeout = timeout
        self._known_dimension: int | None = None
        self._opening = Lock()

    @property
    def identity(self) -> str:
        """`openai:`, the model's name and the passage prefix: a server does not tell its weights' checksum."""
        return f"openai:{self._name}" + (f"/{self._passage_prefix.strip()}" if self._passage_prefix else "")

    @property
    def dimension(self) -> int:
        """Length of a vector; asks the server once."""
        if self._known_dimension is None:
            self._embed(["1"])
        return self._known_dimension or 0

    def embed_query(self, text: str) -> np.ndarray:
        """Vector (dimension,) of a question."""
        return self._embed([self._query_prefix + text])[0]

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        """Vectors (len(texts), dimension) in order, `batch` texts a request."""
        batches = [np.zeros((0, self.dimension), np.float32)]
        for start in range(0, len(texts), self._batch):
            batch = [self._passage_prefix + text for text in texts[start : start + self._batch]]
            batches.append(self._embed(batch))
            if progress:
                progress(len(batch))
        return np.concatenate(batches)

    def _embed(self, texts: list[str]) -> np.ndarray:
        vectors = _in_order(self._request(texts), len(texts))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(norms).all() or not norms.all():
            raise _bad_reply("a vector is zero or not finite")
        if vectors.shape[1] != (self._known_dimension or vectors.shape[1]):
            raise _bad_reply(f"vectors of {vectors.shape[1]} numbers, earlier ones had {self._known_dimension}")
        self._known_dimension = vectors.shape[1]
        return np.asarray(vectors / norms, np.float32)

    def _request(self, texts: list[str]) -> list[Any]:
        client = self._client
        import openai

        try:  # floats, because not every server knows base64, this client's own default
            return client.embeddings.create(model=self._name, input=texts, encoding_format="float").data
        except openai.APITimeoutError as error:
            raise _unavailable("base_url", f"{self._base_url} gave no answer in {self._timeout:g} s") from error
        except openai.APIConnectionError as error:
            raise _unavailable(
                "base_url", f"{self._base_url} cannot be reached ({error.__cause__ or error})"
            ) from error
        except openai.APIStatusError as error:
            setting = _BLAMED.get(error.status_code, "base_url")
            raise _unavailable(setting, f"HTTP {error.status_code}: {error.message[:300]}") from error
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise _bad_reply(str(error)) from error

    @property
    def _client(self) -> Any:
        with self._opening:
            return self._opened

    @cached_property
    def _opened(self) -> Any:
        try:
            from openai import OpenAI
        except ImportError as error:
            raise MissingExtra(package="openai", extra="models", setting="embedder.model") from error
        # the client refuses to start without a key; servers of one's own often need none
        return OpenAI(
            base_url=self._base_url, api_key=self._api_key or "none", timeout=self._timeout, max_retries=_RETRIES
        )


_BLAMED = {400: "model", 401: "api_key", 403: "api_key", 404: "model", 422: "model"}


def _in_order(items: list[Any], count: int) -> np.ndarray:
    """Rows sorted by the reply's index: a server may answer in any order. Raises EmbedderUnavailable."""
    try:
        rows = {int(item.index): [float(number) for number in item.embedding] for item in items}
        vectors = np.array([rows[number] for number in range(count)], np.float64)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _bad_reply(f"{type(error).__name__}: {error}") from error
    if len(items) != count or vectors.ndim != 2 or not vectors.shape[1]:
        raise _bad_reply(f"{len(items)} vectors for {count} texts")
    return vectors


def _bad_reply(reason: str) -> EmbedderUnavailable:
    return _unavailable("base_url", f"the server's reply cannot be used: {reason}")


def _unavailable(setting: str, reason: str) -> EmbedderUnavailable:
    return EmbedderUnavailable(setting=f"embedder.{setting}", reason=reason)
