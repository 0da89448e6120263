"""Every number and switch, in one table: unit, range, and where it was measured.

Read from `assistant.toml` (or the file ASSISTANT_CONFIG names) and from `ASSISTANT_*` environment
variables (sections joined by two underscores: ASSISTANT_EMBEDDER__MODEL). The environment wins.
Unknown keys are refused by name. Importing this module reads nothing; `load` does.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from .errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ASSISTANT_"
FILE_NAME = "assistant.toml"
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
DARK_GROUND = "#16191d"  # of our pages in dark mode
TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3


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
    remembered: int = Field(500, ge=0, description="answers kept in memory for whoever asks the same, about 10 kB each")
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


class ContactSettings(Section):
    """Whom a person may ask instead; shown at the same place on every surface."""

    name: str = Field("", description="e.g. the regional social-economy support centre (OWES)")
    url: str = Field("", pattern=r"^(https?://\S+)?$", description="its page")
    email: str = Field("", pattern=r"^([^@\s]+@[^@\s]+)?$", description="its address")
    phone: str = Field("", pattern=r"^[0-9 +()-]*$", description="its telephone")


class WidgetSettings(Section):
    """One site that may embed the widget; its key is the name of the table: [web.widgets.<key>]."""

    origins: tuple[str, ...] = Field((), description='e.g. ["https://www.region.pl"]; empty: nobody may embed it')
    lang: Literal["pl", "en"] = Field("pl", description="language the frame opens in")
    title: str = Field("", max_length=80, description="heading of the frame and name of the button")
    accent: str = Field("#1d4f91", description="colour of button and links, #rrggbb; refused below 4.5:1 on white")
    accent_dark: str = Field("#9cc4f5", description="the same for dark pages; refused below 4.5:1 on #16191d")
    requests_per_minute: int = Field(600, ge=1, description="questions a minute from this site, all people together")
    contact: ContactSettings | None = Field(None, description="instead of [web.contact]")

    @field_validator("origins")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for origin in given:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin}: not an origin such as https://www.region.pl")
        return given

    @model_validator(mode="after")
    def _readable(self) -> WidgetSettings:
        for name, ground in (("accent", "#ffffff"), ("accent_dark", DARK_GROUND)):
            ratio = contrast(getattr(self, name), ground)
            if ratio < TEXT_CONTRAST:
                raise ValueError(f"{name}: contrast {ratio:.1f}:1 on {ground}, at least {TEXT_CONTRAST}:1 is needed")
        return self


class WebSettings(Section):
    """The web server and its public surfaces. Limits count in each worker process on its own."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(7860, ge=1, le=65535, description="port to listen on")
    workers: int = Field(1, ge=1, le=32, description="server processes; each loads its own model")
    trusted_proxies: str = Field("127.0.0.1", description="addresses whose X-Forwarded-For is believed, comma between")
    public_url: str = Field(
        "", pattern=r"^(https?://[^/\s]+)?$", description="origin people see, e.g. https://asystent.region.pl"
    )
    prepare: bool = Field(True, description="bring the index up to date when the server starts")
    slots: int = Field(0, ge=0, le=64, description="questions answered at once; 0 = the machine's cores")
    queue: int = Field(64, ge=0, description="questions waiting at most, two to three seconds; more get 503 at once")
    read_less: int = Field(
        2,
        ge=0,
        description="sentences the reader looks at less for each question waiting, at least one stays (10: 90 ms and"
        " 0.79 of the key facts, 3: 45 ms and 0.70); 0: never less",
    )
    question_seconds: int = Field(45, ge=1, description="clock time from question to answer at most")
    body_kb: int = Field(64, ge=1, description="kilobytes of a request's body")
    session_per_minute: int = Field(20, ge=1, description="questions a minute of one person")
    address_per_minute: int = Field(
        120, ge=1, description="questions a minute from one address; loopback is not counted: it is a proxy or a test"
    )
    streams_per_session: int = Field(2, ge=1, description="answers one person has under way at once")
    wrong_codes: int = Field(10, ge=1, description="wrong codes of guided runs a minute from one address")
    reports: int = Field(2, ge=1, le=16, description="reports of guided runs made at once")
    drain_seconds: int = Field(20, ge=1, description="time for answers under way when the server is asked to stop")
    idle_minutes: int = Field(30, ge=1, description="a visit ends after this long without a question")
    visit_hours: int = Field(8, ge=1, description="a visit ends after this long in any case")
    comment_chars: int = Field(1000, ge=100, description="characters of a comment")
    metrics_from: tuple[str, ...] = Field(("127.0.0.1", "::1"), description="addresses that may read /metrics")
    contact: ContactSettings = ContactSettings()
    widgets: dict[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")], WidgetSettings] = Field(
        {}, description="sites that may embed the widget, by key"
    )


class DialogueSettings(Section):
    """Guided modes."""

    remembered: int = Field(2000, ge=0, description="quotes for advice kept in memory")
    least_respondents: int = Field(4, ge=3, description="respondents of a workshop before any result is shown")
    most_respondents: int = Field(1000, ge=10, description="respondents of a workshop at most")
    sure_option: float = Field(0.04, ge=0, le=1, description="cosine by which an option must lead to be taken unasked")
    # measured: of phrasings held out 0.35 get their mode, 0.06 another; of 300 questions for facts 0.07 get one
    proposes: float = Field(0.886, ge=0, le=1, description="nearness (cosines) from which a mode is proposed")
    proposes_lead: float = Field(0.015, ge=0, le=1, description="by which it must be nearer than the next")


class RetentionSettings(Section):
    """Days each class of data is kept (SECURITY L11, P4); a person may erase a conversation at once."""

    conversations_days: int = Field(30, ge=1, le=365, description="questions, answers and feedback")
    runs_days: int = Field(180, ge=1, le=1825, description="replies to guided modes, since they were last opened")
    audit_days: int = Field(730, ge=1, description="who of the staff did what")
    counts_days: int = Field(1825, ge=1, description="numbers of questions by day and status, no content")
    hours: int = Field(1, ge=1, le=24, description="hours between two runs of the job")


class StaffSettings(Section):
    """The staff workspace and its sign-in."""

    min_password: int = Field(12, ge=12, description="characters of a password (NIST SP 800-63B: at least 8)")
    tries: int = Field(5, ge=1, description="wrong passwords until the name is locked")
    lock_minutes: int = Field(15, ge=1, description="how long it is locked")
    session_hours: int = Field(10, ge=1, le=24, description="a session ends after this long")
    idle_minutes: int = Field(60, ge=1, description="a session ends after this long without a click")
    upload_mb: int = Field(50, ge=1, description="megabytes of an uploaded document")
    least_group: int = Field(3, ge=1, description="people behind a question gap before it is shown")
    oidc_issuer: str = Field("", description="address of the OpenID Connect provider; empty: not used")
    oidc_client_id: str = Field("", description="our id at the provider")
    oidc_client_secret: SecretStr | None = Field(None, description="our secret at the provider")
    oidc_claim: str = Field("email", description="claim that must equal the name of an existing account")


class Settings(Section):
    """The whole table."""

    corpus: Path = Field(ROOT / "corpus", description="folder of source documents")
    indexes: Path = Field(ROOT / "indexes", description="folder of built generations")
    models: Path = Field(
        ROOT / "indexes" / "models", description="what is built once for all indexes: model, dictionary"
    )
    prompts: Path = Field(ROOT / "prompts", description="folder of prompts and screen texts")
    data: Path = Field(ROOT / "data", description="folder of what people leave: database, uploads before publication")
    database: str = Field("", description="SQLAlchemy address, e.g. postgresql+psycopg://…; default: a file in data")
    glossary: Path | None = Field(None, description="glossary file; default: glossary.toml in the corpus")
    lang: Literal["pl", "en"] = Field("pl", description="language of messages when nothing tells it")
    keep_generations: int = Field(2, ge=1, description="generations kept after a switch, the live one included")
    embedder: EmbedderSettings = EmbedderSettings()
    ingestion: IngestionSettings = IngestionSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answering: AnsweringSettings = AnsweringSettings()
    web: WebSettings = WebSettings()
    staff: StaffSettings = StaffSettings()
    dialogues: DialogueSettings = DialogueSettings()
    retention: RetentionSettings = RetentionSettings()

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return self.database or f"sqlite:///{quote(str(self.data / 'assistant.sqlite3'))}"

    @property
    def glossary_file(self) -> Path:
        """Where the glossary lies."""
        return self.glossary or self.corpus / "glossary.toml"


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours #rrggbb, 1 to 21 (WCAG 2.2, relative luminance). ValueError for another form."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"{colour}: not a colour such as #1d4f91")
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


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
