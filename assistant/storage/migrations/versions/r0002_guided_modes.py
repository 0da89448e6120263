"""Runs of guided modes, and the definitions they began with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "definitions",
        sa.Column("digest", sa.Text(), nullable=False, primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
    )
    texts = ("code_hash", "workshop", "dialogue", "digest", "lang")
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False, primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("replies", sa.Text(), nullable=False),
    )
    op.create_index("ix_runs_code_hash", "runs", ["code_hash"], unique=True)
    op.create_index("ix_runs_workshop", "runs", ["workshop"])
    op.create_index("ix_runs_seen_at", "runs", ["seen_at"])
    if op.get_bind().dialect.name == "postgresql":  # as in the first revision: no samples of content, none compressed
        op.execute("ALTER TABLE runs ALTER replies SET STORAGE EXTERNAL, ALTER replies SET STATISTICS 0")
