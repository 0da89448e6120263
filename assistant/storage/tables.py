"""The tables as the program needs them; `migrations` is how a database gets there, and a test keeps both the same.

Every text is kept as it is, times are in UTC, and everything that belongs to a conversation goes with it
(ON DELETE CASCADE).
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

# PostgreSQL has no NUL in a text and UTF-8 no half of a surrogate pair: both are written as SUB and four digits
UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
STORED = re.compile("\x1a([0-9a-f]{4})")


class Verbatim(TypeDecorator[str]):
    """Any str, character by character."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What the database can hold."""
        return None if value is None else UNSTORABLE.sub(lambda found: f"\x1a{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """What was given."""
        return None if value is None else STORED.sub(lambda found: chr(int(found[1], 16)), value)


class Json(TypeDecorator[Any]):
    """Lists and tables as JSON in plain letters, so that a search through the file finds them."""

    impl = Verbatim
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """As text."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """As it was."""
        return json.loads(value or "null")


class Moment(TypeDecorator[datetime]):
    """An aware time; SQLite keeps it without its zone, which is always UTC. ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC, aware."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows by themselves only in an INTEGER key
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(column_0_label)s",
    }
)


def _text(name: str, *given: Any, **options: Any) -> Column[Any]:
    return Column(name, Verbatim, *given, nullable=False, **options)


def _time(name: str, **options: Any) -> Column[Any]:
    return Column(name, Moment, nullable=False, **options)


visits = Table(
    "visits",
    metadata,
    _text("id", primary_key=True),
    _text("token_hash"),
    _text("site"),
    _time("created_at"),
    _time("seen_at", index=True),
    Index("ix_visits_token_hash", "token_hash", unique=True),
)
conversations = Table(
    "conversations",
    metadata,
    _text("id", primary_key=True),
    _text("visit_id", ForeignKey("visits.id"), index=True),
    _text("lang"),
    _time("created_at", index=True),
)
messages = Table(
    "messages",
    metadata,
    Column("number", Number, primary_key=True),  # the order in which they came, whatever the clock says
    _text("id"),
    _text("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), index=True),
    _time("asked_at", index=True),
    Column("interrupted", Boolean, nullable=False),
    _text("question"),
    _text("lang"),
    _text("status"),
    _text("engine"),
    _text("generation"),
    Column("seconds", Double, nullable=False),
    Column("body", Json, nullable=False),  # text, sentences, suggestions, notices
    Index("ix_messages_id", "id", unique=True),
)
citations = Table(
    "citations",
    metadata,
    _text("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    _text("document_id"),
    _text("title"),
    _text("path"),
    _text("edition"),
    _text("state_of_law"),
    _text("language"),
    Column("first_page", Integer, nullable=False),
    Column("last_page", Integer, nullable=False),
    Column("headings", Json, nullable=False),
    _text("quote"),
    _text("quote_sha256"),
    Column("span_start", BigInteger, nullable=False),
    Column("span_end", BigInteger, nullable=False),
)
feedback = Table(
    "feedback",
    metadata,
    _text("id", primary_key=True),
    _text("message_id", ForeignKey("messages.id", ondelete="CASCADE")),
    _text("rating"),
    _text("comment"),
    _time("given_at", index=True),
    Index("ix_feedback_message_id", "message_id", unique=True),
)
accounts = Table(
    "accounts",
    metadata,
    _text("name", primary_key=True),
    _text("role"),
    _text("password_hash"),
    _time("created_at"),
)
staff_sessions = Table(
    "staff_sessions",
    metadata,
    _text("token_hash", primary_key=True),
    _text("name", ForeignKey("accounts.name", ondelete="CASCADE"), index=True),
    _time("created_at", index=True),
    _time("seen_at"),
)
tries = Table(
    "tries",
    metadata,
    Column("number", Number, primary_key=True),
    _text("subject", index=True),  # keyed hash of a name or of an address
    _time("at", index=True),
)
audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True),
    _time("at", index=True),
    _text("actor"),
    _text("action"),
    _text("subject"),
    Column("details", Json, nullable=False),
)
switch = Table(
    "switch",
    metadata,
    Column("number", Number, primary_key=True),
    _time("at"),
    Column("open", Boolean, nullable=False),
    _text("reason"),
    _text("actor"),
)
counts = Table(
    "counts",
    metadata,
    Column("day", Date, primary_key=True),
    _text("surface", primary_key=True),
    _text("site", primary_key=True),
    _text("lang", primary_key=True),
    _text("status", primary_key=True),
    Column("questions", Integer, nullable=False),
)
keys = Table(  # of the day, to hash addresses with; older ones are thrown away
    "keys",
    metadata,
    Column("day", Date, primary_key=True),
    _text("key"),
)
sweeps = Table(  # runs of the retention job by two clocks: the wall's, and the seconds since this boot
    "sweeps",
    metadata,
    Column("number", Number, primary_key=True),
    _time("at"),
    _text("boot"),
    Column("steady", Double, nullable=False),
)
definitions = Table(  # files of guided modes, as long as a run began with them
    "definitions",
    metadata,
    _text("digest", primary_key=True),
    _text("body"),
)
runs = Table(
    "runs",
    metadata,
    _text("id", primary_key=True),
    _text("code_hash"),
    _text("workshop", index=True),
    _text("dialogue"),
    _text("digest"),
    _text("lang"),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    _time("created_at"),
    _time("seen_at", index=True),
    Column("replies", Json, nullable=False),
    Index("ix_runs_code_hash", "code_hash", unique=True),
)
workshops = Table(
    "workshops",
    metadata,
    _text("id", primary_key=True),
    _text("code_hash"),
    _text("join_hash"),
    _text("dialogue"),
    _text("digest"),
    _text("lang"),
    _text("title"),
    Column("open", Boolean, nullable=False),
    Column("least", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("shown", Json, nullable=False),  # step -> [replies of each level from 1, without a level]
    _time("created_at"),
    _time("seen_at", index=True),
    Index("ix_workshops_code_hash", "code_hash", unique=True),
    Index("ix_workshops_join_hash", "join_hash", unique=True),
)
workshop_shown = Table(  # which statements of a respondent are counted in `workshops.shown`; not with what
    "workshop_shown",
    metadata,
    _text("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("steps", Json, nullable=False),
)
workshop_outcomes = Table(
    "workshop_outcomes",
    metadata,
    _text("workshop", ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True),
    _text("step", primary_key=True),
    Column("level", Integer),
    _text("note"),
)
workshop_actions = Table(
    "workshop_actions",
    metadata,
    Column("number", Number, primary_key=True),
    _text("id"),
    _text("workshop", ForeignKey("workshops.id", ondelete="CASCADE"), index=True),
    _text("text"),
    _text("owner"),
    _text("due"),
    Index("ix_workshop_actions_id", "id", unique=True),
)
# deletions of content since the files were last written anew: bytes of it may be left in them
traces = Table("traces", metadata, Column("number", Number, primary_key=True))
# tables of what people wrote
CONTENT = (conversations, messages, citations, feedback, runs, workshops, workshop_outcomes, workshop_actions)
