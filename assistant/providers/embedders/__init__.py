"""The choice of embedder. One setting names it; nothing is loaded before the first text.

`weights` reads the packed model, `graph` and `tokenizer` write it for ONNX Runtime, `store` keeps what
was built, `onnx_engine` and `c_engine` run it, `bundled` puts them together; `unpacked` writes the same
weights as a sentence-transformers folder; `local_model` and `endpoint` are models of the user's choice.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ConfigError

from .bundled import BundledEmbedder
from .endpoint import EndpointEmbedder
from .local_model import LocalModelEmbedder
from .unpacked import unpack
from .weights import PASSAGE_PREFIX, QUERY_PREFIX

if TYPE_CHECKING:
    from assistant.config import EmbedderSettings

__all__ = ["Chosen", "choose", "threads", "unpack"]

Chosen = BundledEmbedder | LocalModelEmbedder | EndpointEmbedder  # each is a domain.ports.Embedder

_SERVED = "openai:"
_MOST_THREADS = 2  # without a setting: an assistant on a shared machine leaves the other cores alone


def choose(settings: EmbedderSettings, models_dir: Path) -> Chosen:
    """The embedder that `settings.model` names; built models are kept under `models_dir`.

    Cheap: errors of weights, packages and servers come with the first text. Raises ConfigError when
    a served model has no address.
    """
    if settings.model == "bundled":
        return BundledEmbedder(models_dir, settings.engine, threads(settings))
    query_prefix, passage_prefix = _prefixes(settings)
    if not settings.model.startswith(_SERVED):
        return LocalModelEmbedder(
            settings.model, query_prefix, passage_prefix, settings.batch, threads(settings), settings.allow_download
        )
    if not settings.base_url:
        raise ConfigError(setting="embedder.base_url", reason=f'model "{settings.model}" needs the server\'s address')
    name = settings.model.removeprefix(_SERVED)
    key = _revealed(settings.api_key)
    return EndpointEmbedder(name, settings.base_url, key, query_prefix or "", passage_prefix or "", settings.batch)


def threads(settings: EmbedderSettings) -> int:
    """How many texts the bundled models read at once: as set, or the machine's cores, at most two."""
    return settings.threads or min(os.cpu_count() or 1, _MOST_THREADS)


def _prefixes(settings: EmbedderSettings) -> tuple[str | None, str | None]:
    """As set; where not set, e5's for a model of that family (an `e5` in the last part of its name), else None."""
    family = re.search(r"(?<![a-z0-9])e5(?![0-9])", Path(settings.model).name.lower())
    query, passage = (QUERY_PREFIX, PASSAGE_PREFIX) if family else (None, None)
    return (
        query if settings.query_prefix is None else settings.query_prefix,
        passage if settings.passage_prefix is None else settings.passage_prefix,
    )


def _revealed(key: Any) -> str | None:
    """A pydantic SecretStr's or a plain string's value; None when not set."""
    return key.get_secret_value() if hasattr(key, "get_secret_value") else key or None
