"""The folder of generations: names, the pointer to the live one, and what is thrown away.

    indexes/CURRENT            name of the live generation, switched by os.replace
    indexes/lock               see locking
    indexes/<generation>/      complete and never changed again
    indexes/.building-*        being built; left behind only by a builder that died
    indexes/.removing-*        half deleted

A name is the UTC time and four random bytes: names sort by age.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..errors import IndexDamaged, IndexMissing
from . import faults

POINTER = "CURRENT"
BUILDING = ".building-"
REMOVING = ".removing-"
NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
_TIME = "%Y%m%dT%H%M%S%f"


def new_name(after: str | None) -> str:
    """A name that sorts behind `after`, also when the clock was set back."""
    now = datetime.now(UTC)
    if after:
        previous = datetime.strptime(after.partition("-")[0], _TIME).replace(tzinfo=UTC)
        now = max(now, previous + timedelta(microseconds=1))
    return f"{now.strftime(_TIME)}-{secrets.token_hex(4)}"


def current(indexes: Path) -> str:
    """Name of the live generation. Raises IndexMissing, IndexDamaged when the pointer makes no sense."""
    try:
        name = (indexes / POINTER).read_bytes().decode("ascii", "replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(path=str(indexes), reason="pointer") from None
    if not NAME.fullmatch(name) or not (indexes / name).is_dir():
        raise IndexDamaged(generation=name[:60], reason="pointer")
    return name


def signature(indexes: Path) -> tuple[int, ...] | None:
    """Changes whenever the pointer is switched; None without a pointer. One stat."""
    try:
        found = os.stat(indexes / POINTER)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def switch(indexes: Path, name: str) -> None:
    """Make `name` the live generation: readers see the old name or the new one, never anything else."""
    temporary = indexes / f".{POINTER}-{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(name.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    faults.point("switching")
    os.replace(temporary, indexes / POINTER)
    sync_folder(indexes)


def names(indexes: Path) -> list[str]:
    """Names of the complete generations, oldest first."""
    return sorted(entry.name for entry in os.scandir(indexes) if NAME.fullmatch(entry.name) and entry.is_dir())


def leftovers(indexes: Path) -> list[str]:
    """What a dead writer left behind."""
    marks = (BUILDING, REMOVING, f".{POINTER}-")
    return sorted(entry.name for entry in os.scandir(indexes) if entry.name.startswith(marks))


def sweep(indexes: Path, keep: int) -> None:
    """Delete what a dead writer left and all but `keep` generations: the live one and the newest before it.

    A complete generation newer than the live one was never switched to: its writer died just before.
    Readers that still have a deleted one open keep it until they let go. Only for the lock's holder.
    """
    for name in leftovers(indexes):
        remove(indexes / name)
    try:
        live = current(indexes)
    except (IndexMissing, IndexDamaged):
        return
    older = [name for name in names(indexes) if name < live]
    kept = {live, *older[len(older) - (keep - 1) :]} if keep > 1 else {live}
    for name in names(indexes):
        if name not in kept:
            doomed = indexes / f"{REMOVING}{name}"
            os.replace(indexes / name, doomed)
            remove(doomed)


def remove(path: Path) -> None:
    """Delete a file or folder, as far as it lets itself be deleted."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def sync_tree(folder: Path) -> None:
    """Bring every file and folder below to the disk."""
    for root, _, files in os.walk(folder):
        for name in files:
            descriptor = os.open(os.path.join(root, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(root))


def sync_folder(folder: Path) -> None:
    """Bring a folder's own entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
