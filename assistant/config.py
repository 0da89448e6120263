"""Every number and switch, in one table: unit, range, and where it was measured.

Read from `assistant.toml` (or the file ASSISTANT_CONFIG names) and from `ASSISTANT_*` environment
variables (sections joined by two underscores: ASSISTANT_EMBEDDER__MODEL). The environment wins.
Unknown keys are refused by name. Importing this module reads nothing; `load` does.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from .errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ASSISTANT_"
FILE_NAME = "assistant.toml"


class Section(BaseModel):
    """A group of settings; refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbedderSettings(Section):
    """Which model turns text into vectors."""

    model: str = Field("bundled", description='"bundled", a sentence-transformers name or folder, or "openai:<model>"')
    engine: Literal["auto", "onnx", "c"] = Field(
        "auto", description="engine of the bundled model; auto falls back to C"
    )
    base_url: str = Field("", description="address of an OpenAI-compatible server, for openai:<model>")
    api_key: SecretStr | None = Field(None, description="its key")
    threads: int = Field(0, ge=0, le=64, description="threads for indexing; 0 = the machine's cores, at most 2")
    batch: int = Field(32, ge=1, le=2048, description="texts a request or batch")
    query_prefix: str | None = Field(None, description="written before questions; default by model family")
    passage_prefix: str | None = Field(None, description="written before passages; default by model family")
    allow_download: bool = Field(False, description="let sentence-transformers fetch a model by name")


class IngestionSettings(Section):
    """Limits on files (SECURITY rows 15-18)."""

    max_file_mb: int = Field(200, ge=1, description="megabytes a file")
    max_pages: int = Field(2000, ge=1, description="pages a PDF, slides a PPTX")
    memory_mb: int = Field(1024, ge=256, description="address space a parser may take")
    cpu_seconds: int = Field(60, ge=1, description="processor time a parser may take")
    wall_seconds: int = Field(120, ge=1, description="clock time a parser may take")
    unpacked_mb: int = Field(200, ge=1, description="megabytes an OOXML file may unpack to")
    unpacked_ratio: int = Field(100, ge=2, description="unpacked size over packed size")
    archive_entries: int = Field(2000, ge=10, description="entries in an OOXML archive")
    ocr: bool = Field(True, description="read scanned pages when tesseract with Polish is installed")
    ocr_dpi: int = Field(200, ge=72, le=600, description="dots an inch; measured: all Polish letters right at 200")
    ocr_seconds_per_page: int = Field(30, ge=1, description="clock time a page may take")


class ChunkingSettings(Section):
    """The recipe; a change makes every document be chunked again."""

    max_tokens: int = Field(
        600, ge=40, description="tiktoken o200k tokens, about 210 Polish words: just inside e5's own limit of 512"
    )
    min_tokens: int = Field(60, ge=0, description="smaller neighbours under one heading are joined")


class RetrievalSettings(Section):
    """See shared/RETRIEVAL.md for the measurements."""

    candidates: int = Field(30, ge=5, le=200, description="passages re-scored by the ranker")
    dense_candidates: int = Field(50, ge=5, le=1000, description="nearest neighbours asked of the dense leg")
    dense_weight: float = Field(3.0, ge=0, description="weight of the cosine against bm25/ideal in the first stage")
    foreign_dense_weight: float = Field(4.5, ge=0, description="the same when question and corpus differ in language")
    foreign_words: float = Field(
        0.4,
        ge=0,
        le=1,
        description="normalised BM25 below which a passage in another language is judged by meaning alone",
    )
    foreign_shift: float = Field(
        0.035,
        ge=0,
        le=1,
        description="added to such a passage's cosines; a dozen English questions lost about 0.05 on Polish passages",
    )
    k1: float = Field(0.9, gt=0, description="BM25 saturation; 0.6-1.2 make no difference that matters")
    b: float = Field(0.8, ge=0, le=1, description="BM25 length normalisation; 0.75-0.9 likewise")
    expansion_weight: float = Field(0.4, ge=0, le=1, description="weight of a glossary synonym against a typed word")
    top_k: int = Field(10, ge=1, le=100, description="passages returned")


class AnsweringSettings(Section):
    """Length and bars of an answer. The bars themselves are fitted: retrieval/weights.json."""

    max_words: int = Field(150, ge=30, description="words of an answer; a list asked for may pass it")
    max_list_words: int = Field(
        600, ge=60, description="words of a list, table or steps given whole; longer ones are cut and say so"
    )
    max_sentences: int = Field(6, ge=1, description="sentences of an answer that is no list")
    passages: int = Field(5, ge=1, description="passages whose sentences may answer")
    foreign_passages: int = Field(2, ge=0, description="of them in another language than the question, when there are")
    going_on: int = Field(2, ge=0, description="passages of the question before whose documents a follow-up is about")
    read_units: int = Field(10, ge=0, description="sentences the reader looks at, about 7 ms each; 0: no reader")
    max_question_chars: int = Field(2000, ge=100, description="characters (SECURITY row 29)")
    suggestions: int = Field(3, ge=0, description="nearest sections offered")
    same_heading: float = Field(
        0.75, ge=0, le=1, description="overlap of words from which a heading is the question itself"
    )
    block_margin: float = Field(
        1.0,
        ge=0,
        description="a list or table may score this much less than a sentence and still lead when one is asked for",
    )
    support_margin: float = Field(
        12.0, ge=0, description="a supporting sentence may score this much less than the first"
    )
    coverage_gain: float = Field(6.0, ge=0, description="score a sentence gets for question words not covered yet")
    section_gain: float = Field(6.0, ge=0, description="score a sentence gets for standing in the first one's section")
    document_gain: float = Field(12.0, ge=0, description="the same for standing in the first one's document")
    support_read: float = Field(-2.0, description="log-odds of answering that a supporting sentence needs")
    redundancy: float = Field(0.7, ge=0, le=1, description="share of a sentence's words already said that drops it")


class Settings(Section):
    """The whole table."""

    corpus: Path = Field(ROOT / "corpus", description="folder of source documents")
    indexes: Path = Field(ROOT / "indexes", description="folder of built generations")
    models: Path = Field(
        ROOT / "indexes" / "models", description="what is built once for all indexes: model, dictionary"
    )
    prompts: Path = Field(ROOT / "prompts", description="folder of prompts and screen texts")
    glossary: Path | None = Field(None, description="glossary file; default: glossary.toml in the corpus")
    lang: Literal["pl", "en"] = Field("pl", description="language of messages when nothing tells it")
    keep_generations: int = Field(2, ge=1, description="generations kept after a switch, the live one included")
    embedder: EmbedderSettings = EmbedderSettings()
    ingestion: IngestionSettings = IngestionSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answering: AnsweringSettings = AnsweringSettings()

    @property
    def glossary_file(self) -> Path:
        """Where the glossary lies."""
        return self.glossary or self.corpus / "glossary.toml"


def load(environ: Mapping[str, str] | None = None, directory: Path | None = None, **given: Any) -> Settings:
    """Settings from file, environment and `given` (command-line options; None = not given), last wins.

    Raises ConfigError naming the first bad setting and its source.
    """
    environ = os.environ if environ is None else environ
    file = Path(environ.get(PREFIX + "CONFIG", (directory or Path.cwd()) / FILE_NAME))
    values = _from_file(file, required=PREFIX + "CONFIG" in environ)
    _merge(values, _from_environment(environ))
    _merge(values, {key: value for key, value in given.items() if value is not None})
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"])
        raise ConfigError(setting=setting, reason=first["msg"]) from None


def _from_file(file: Path, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise ConfigError(setting=PREFIX + "CONFIG", reason=f"{file}: no such file") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(setting=str(file), reason=str(error)) from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name == PREFIX + "CONFIG":
            continue
        *sections, key = name.removeprefix(PREFIX).lower().split("__")
        place = values
        for section in sections:
            inner = place.setdefault(section, {})
            if not isinstance(inner, dict):
                raise ConfigError(
                    setting=PREFIX + section.upper(), reason=f"a section; set {name} and its like instead"
                )
            place = inner
        place[key] = text
    return values


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
