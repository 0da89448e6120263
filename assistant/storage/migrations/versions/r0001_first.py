"""The first tables. Constraints and indexes get their names by the convention of `storage.tables`."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)
INDEXES = {  # table -> (column, unique)
    "visits": [("token_hash", True), ("seen_at", False)],
    "conversations": [("visit_id", False), ("created_at", False)],
    "messages": [("id", True), ("conversation_id", False), ("asked_at", False)],
    "feedback": [("message_id", True), ("given_at", False)],
    "staff_sessions": [("name", False), ("created_at", False)],
    "tries": [("subject", False), ("at", False)],
    "audit": [("at", False)],
}
# PostgreSQL: samples of a column with statistics stay in pg_statistic after its rows are gone, and a compressed
# value cannot be found by a search through the files
CONTENT = {
    "messages": ("question", "body"),
    "citations": ("quote", "headings"),
    "feedback": ("comment",),
}


def upgrade() -> None:
    """Make them."""
    for table, columns in _tables().items():
        op.create_table(table, *columns)
        for column, unique in INDEXES.get(table, []):
            op.create_index(f"ix_{table}_{column}", table, [column], unique=unique)
    if op.get_bind().dialect.name == "postgresql":
        for table, names in CONTENT.items():
            for name in names:
                op.execute(f"ALTER TABLE {table} ALTER {name} SET STORAGE EXTERNAL, ALTER {name} SET STATISTICS 0")


def _tables() -> dict[str, list[Any]]:
    return {
        "visits": [_key("id"), _text("token_hash"), _text("site"), _time("created_at"), _time("seen_at")],
        "conversations": [
            _key("id"),
            _text("visit_id", sa.ForeignKey("visits.id")),
            _text("lang"),
            _time("created_at"),
        ],
        "messages": [
            _key("number", NUMBER),
            _text("id"),
            _text("conversation_id", _part_of("conversations.id")),
            _time("asked_at"),
            _column("interrupted", sa.Boolean()),
            *map(_text, ("question", "lang", "status", "engine", "generation")),
            _column("seconds", sa.Double()),
            _text("body"),
        ],
        "citations": [
            _text("message_id", _part_of("messages.id"), primary_key=True),
            _column("place", sa.Integer(), primary_key=True, autoincrement=False),
            _column("n", sa.Integer()),
            *map(_text, ("document_id", "title", "path", "edition", "state_of_law", "language")),
            _column("first_page", sa.Integer()),
            _column("last_page", sa.Integer()),
            *map(_text, ("headings", "quote", "quote_sha256")),
            _column("span_start", sa.BigInteger()),
            _column("span_end", sa.BigInteger()),
        ],
        "feedback": [
            _key("id"),
            _text("message_id", _part_of("messages.id")),
            _text("rating"),
            _text("comment"),
            _time("given_at"),
        ],
        "accounts": [_key("name"), _text("role"), _text("password_hash"), _time("created_at")],
        "staff_sessions": [
            _key("token_hash"),
            _text("name", _part_of("accounts.name")),
            _time("created_at"),
            _time("seen_at"),
        ],
        "tries": [_key("number", NUMBER), _text("subject"), _time("at")],
        "audit": [_key("number", NUMBER), _time("at"), *map(_text, ("actor", "action", "subject", "details"))],
        "switch": [
            _key("number", NUMBER),
            _time("at"),
            _column("open", sa.Boolean()),
            _text("reason"),
            _text("actor"),
        ],
        "counts": [
            _key("day", sa.Date()),
            *(_key(name) for name in ("surface", "site", "lang", "status")),
            _column("questions", sa.Integer()),
        ],
        "keys": [_key("day", sa.Date()), _text("key")],
        "traces": [_key("number", NUMBER)],
        "sweeps": [_key("number", NUMBER), _time("at"), _text("boot"), _column("steady", sa.Double())],
    }


def _column(name: str, kind: Any, *given: Any, **options: Any) -> Any:
    return sa.Column(name, kind, *given, nullable=False, **options)


def _text(name: str, *given: Any, **options: Any) -> Any:
    return _column(name, sa.Text(), *given, **options)


def _time(name: str) -> Any:
    return _column(name, TIME)


def _key(name: str, kind: Any = None) -> Any:
    return _column(name, kind or sa.Text(), primary_key=True)


def _part_of(column: str) -> Any:
    return sa.ForeignKey(column, ondelete="CASCADE")
