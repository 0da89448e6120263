"""Erasing conversations, and proving it: a search for erased words through every byte that was kept.

Files are read as they lie: what is compressed or encrypted hides from this search.
"""

from __future__ import annotations

import html
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, delete, func, select

from ..domain.conversations import Proof
from ..errors import StorageError, UsageError
from .database import Database
from .tables import conversations, feedback, messages, traces

BLOCK = 1 << 20  # bytes read at once
MOST = 256 << 20  # bytes written anew while others wait; measured 8 ms a megabyte
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1250", "iso-8859-2")
TEXT_COLUMNS = """
    SELECT table_schema, table_name, column_name FROM information_schema.columns
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
    AND data_type IN ('text', 'character varying', 'character', 'json', 'jsonb') ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Searched(Proof):
    """A proof, and how the database itself was searched.

    "file": SQLite's file and log; "folder": all files of the PostgreSQL server, its write-ahead log included;
    "columns": every text column by SQL, for its folder cannot be read from here; "": no database was given.
    A hit of "columns" names schema.table.column instead of a file.
    """

    database: str = ""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed: how many conversations and messages, all their ids, and what people had written in them."""

    conversations: int
    messages: int
    ids: tuple[str, ...]
    texts: tuple[str, ...]


def erase(database: Database, identities: Iterable[str]) -> Erased:
    """Remove conversations with messages, citations and feedback; those that are not there are passed over.

    SQLite overwrites what it deletes and its log is emptied at once; where it moved rows between pages an id may be
    left (measured: one in 4,000). PostgreSQL keeps deleted rows. `clean` takes both away.
    """
    wanted = list(identities)
    found: list[tuple[Any, ...]] = []

    def work(connection: Connection) -> None:
        which = conversations.c.id.in_(wanted)
        if not found:  # a second try, after the first was committed unheard, finds nothing any more
            joined = conversations.outerjoin(messages, messages.c.conversation_id == conversations.c.id).outerjoin(
                feedback, feedback.c.message_id == messages.c.id
            )
            columns = (conversations.c.id, messages.c.id, messages.c.question, feedback.c.id, feedback.c.comment)
            found.extend(tuple(row) for row in connection.execute(select(*columns).select_from(joined).where(which)))
        if connection.execute(delete(conversations).where(which)).rowcount:
            note(connection)

    database.write(work)
    database.checkpoint()
    ids = {column: dict.fromkeys(row[column] for row in found if row[column]) for column in (0, 1, 3)}
    texts = dict.fromkeys(text for row in found for text in (row[2], row[4]) if text)
    return Erased(len(ids[0]), len(ids[1]), (*ids[0], *ids[1], *ids[3]), tuple(texts))


def note(connection: Connection) -> None:
    """Remember, within the transaction that deletes content, that its bytes may be left."""
    connection.execute(traces.insert())


def clean(database: Database, most: int | None = MOST) -> bool:
    """Write the content anew if some was deleted since the last time; whether nothing is left of it now.

    A database of more than `most` bytes is left as it is: writers would wait too long.
    """
    with database.read() as connection:
        last = connection.execute(select(func.max(traces.c.number))).scalar()
    if last is None:
        return True
    if most is not None and database.size() > most:
        return False
    database.compact()
    with database.begin() as connection:
        connection.execute(delete(traces).where(traces.c.number <= last))
    return True


def prove(paths: Iterable[Path], texts: Iterable[str], database: Database | None = None) -> Searched:
    """Search all files below `paths`, and a database, for texts in every form they may have been written in.

    The database is written anew first (`Database.compact`). UsageError for nothing to search for, StorageError for a
    file that cannot be read: what was not read proves nothing.
    """
    wanted = [text for text in dict.fromkeys(texts) if text]
    if not wanted:
        raise UsageError(reason="nothing_to_prove")
    places, how = list(paths), ""
    columns: Iterator[tuple[str, int, list[int]]] = iter(())
    if database is not None:
        database.compact()
        folder = None if database.file else server_folder(database)
        how = "file" if database.file else "folder" if folder else "columns"
        places += [*database.files, *([folder] if folder else [])]
        if how == "columns":
            columns = _in_columns(database, wanted)
    forms = sorted({form for text in wanted for form in _forms(text)})
    found = [*((str(file), *_in_file(file, forms)) for file in _files(places)), *columns]
    hits = [(name, offset) for name, _, offsets in found for offset in offsets]
    return Searched(len(found), sum(size for _, size, _ in found), tuple(hits), how)


def server_folder(database: Database) -> Path | None:
    """The files of the PostgreSQL server we are connected to; None when they cannot be read from here."""
    with database.read() as connection:
        try:
            with connection.begin_nested():
                name = connection.exec_driver_sql("SHOW data_directory").scalar_one()
                identity = connection.exec_driver_sql("SELECT system_identifier FROM pg_control_system()").scalar_one()
        except Exception:
            return None
    folder = Path(name)
    try:
        control = (folder / "global" / "pg_control").read_bytes()
    except OSError:
        return None
    # another server's folder may have the same name on this machine; pg_control begins with the server's own number
    return folder if int.from_bytes(control[:8], "little") == identity else None


# files


def _files(places: Sequence[Path]) -> Iterator[Path]:
    """Regular files at and below places, each once, in order of their names."""
    seen: set[tuple[int, int]] = set()
    for place in places:
        below = (
            Path(folder) / name
            for folder, _, names in sorted(os.walk(place, onerror=_unread))
            for name in sorted(names)
        )
        for file in [place] if place.is_file() else below:
            try:
                known = file.stat()
            except FileNotFoundError:
                continue  # gone meanwhile, or a link to nowhere
            if stat.S_ISREG(known.st_mode) and (known.st_dev, known.st_ino) not in seen:
                seen.add((known.st_dev, known.st_ino))
                yield file


def _in_file(file: Path, forms: Sequence[bytes]) -> tuple[int, list[int]]:
    """(bytes read, where a form begins)."""
    overlap = max(map(len, forms)) - 1
    hits: set[int] = set()
    read, kept = 0, b""
    try:
        with file.open("rb") as stream:
            while block := stream.read(BLOCK):
                window, begins = kept + block, read - len(kept)
                hits.update(begins + place for form in forms for place in _places(window, form))
                read += len(block)
                kept = window[-overlap:] if overlap else b""
    except FileNotFoundError:
        return 0, []
    except OSError as error:
        _unread(error)
    return read, sorted(hits)


def _places(window: bytes, form: bytes) -> Iterator[int]:
    place = window.find(form)
    while place >= 0:
        yield place
        place = window.find(form, place + 1)


def _forms(text: str) -> Iterator[bytes]:
    """A text as programs write it: in several encodings, and escaped for JSON, HTML and addresses."""
    for escaped in _escaped(text):
        for encoding in ENCODINGS:
            try:
                yield escaped.encode(encoding)
            except UnicodeEncodeError:
                continue


def _escaped(text: str) -> set[str]:
    ascii_json = json.dumps(text)[1:-1]
    upper = re.sub(r"\\u[0-9a-f]{4}", lambda found: r"\u" + found[0][2:].upper(), ascii_json)
    plain_json = json.dumps(text, ensure_ascii=False)[1:-1]
    addresses = {quote(text, safe="", errors="replace"), quote(text, safe=" ", errors="replace").replace(" ", "+")}
    return {text, ascii_json, upper, plain_json, html.escape(text), html.escape(text, quote=False)} | addresses


def _unread(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise StorageError(reason=f"{error.filename}: {error.strerror}") from None


# columns


def _in_columns(database: Database, texts: Sequence[str]) -> Iterator[tuple[str, int, list[int]]]:
    with database.read() as connection:
        for schema, table, column in connection.exec_driver_sql(TEXT_COLUMNS).all():
            name = ".".join(_quoted(connection, part) for part in (schema, table))
            field = f"{_quoted(connection, column)}::text"
            size = connection.exec_driver_sql(
                f"SELECT coalesce(sum(octet_length({field})), 0) FROM {name}"
            ).scalar_one()
            hits: list[int] = []
            for form in sorted({form for text in texts for form in _escaped(text) if "\0" not in form}):
                places = f"SELECT position(%(form)s in {field}) FROM {name} WHERE position(%(form)s in {field}) > 0"
                hits += [place - 1 for place in connection.exec_driver_sql(places, {"form": form}).scalars()]
            yield f"{schema}.{table}.{column}", int(size), sorted(set(hits))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
