"""Workshops: many respondents of one guided mode."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime(timezone=True)
CONTENT = {  # as in the first revision: no samples of content, none compressed
    "workshops": ("title",),
    "workshop_outcomes": ("note",),
    "workshop_actions": ("text", "owner"),
}


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "workshops",
        _key("id"),
        *map(_text, ("code_hash", "join_hash", "dialogue", "digest", "lang", "title")),
        _column("open", sa.Boolean()),
        _column("least", sa.Integer()),
        _column("revision", sa.Integer()),
        _text("shown"),
        _column("created_at", TIME),
        _column("seen_at", TIME),
    )
    op.create_index("ix_workshops_code_hash", "workshops", ["code_hash"], unique=True)
    op.create_index("ix_workshops_join_hash", "workshops", ["join_hash"], unique=True)
    op.create_index("ix_workshops_seen_at", "workshops", ["seen_at"])
    op.create_table("workshop_shown", _key("run", _part_of("runs.id")), _text("steps"))
    op.create_table(
        "workshop_outcomes",
        _key("workshop", _part_of("workshops.id")),
        _key("step"),
        sa.Column("level", sa.Integer(), nullable=True),
        _text("note"),
    )
    op.create_table(
        "workshop_actions",
        _column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _text("id"),
        _text("workshop", _part_of("workshops.id")),
        *map(_text, ("text", "owner", "due")),
    )
    op.create_index("ix_workshop_actions_id", "workshop_actions", ["id"], unique=True)
    op.create_index("ix_workshop_actions_workshop", "workshop_actions", ["workshop"])
    if op.get_bind().dialect.name == "postgresql":
        for table, names in CONTENT.items():
            for name in names:
                op.execute(f"ALTER TABLE {table} ALTER {name} SET STORAGE EXTERNAL, ALTER {name} SET STATISTICS 0")


def _column(name: str, kind: Any, *given: Any, **options: Any) -> Any:
    return sa.Column(name, kind, *given, nullable=False, **options)


def _text(name: str, *given: Any, **options: Any) -> Any:
    return _column(name, sa.Text(), *given, **options)


def _key(name: str, *given: Any) -> Any:
    return _text(name, *given, primary_key=True)


def _part_of(column: str) -> Any:
    return sa.ForeignKey(column, ondelete="CASCADE")
