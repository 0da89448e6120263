"""Which tables a database has, and how it gets ours (Alembic). Works inside the transaction it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from ..errors import DatabaseMismatch, DatabaseUnavailable
from .outages import DAMAGED
from .tables import metadata

FOLDER = Path(__file__).parent / "migrations"
VERSIONS = "assistant_version"  # table of the revision; its own name, so that we can share a database
LOCK = 0x6173736973  # PostgreSQL's advisory lock of whoever changes the tables
NOBODY = "?"


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision; DatabaseMismatch when they are newer or not ours."""
    from alembic import command

    script = _script()
    built = revision(connection)
    known = {item.revision for item in script.walk_revisions()}
    strangers = built is None and set(inspect(connection).get_table_names()) & set(metadata.tables)
    if strangers or built not in known | {None}:
        raise DatabaseMismatch(built=built or NOBODY, wanted=head())
    if built != head():
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(connection: Connection) -> None:
    """Raises DatabaseMismatch unless the tables are of the newest revision."""
    built = revision(connection)
    if built != head():
        raise DatabaseMismatch(built=built or NOBODY, wanted=head())


def is_current(connection: Connection) -> bool:
    """Whether nothing has to be done."""
    return revision(connection) == head()


def check_file(connection: Connection) -> None:
    """SQLite's own look at its file; DatabaseUnavailable when it is damaged."""
    if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise DatabaseUnavailable(reason=DAMAGED)


def revision(connection: Connection) -> str | None:
    """The revision of the tables; None when there is none."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection, opts={"version_table": VERSIONS}).get_current_revision()


def head() -> str:
    """The revision this program needs."""
    return str(_script().get_current_head())


def _script() -> Any:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config
