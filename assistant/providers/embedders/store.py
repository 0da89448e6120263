"""Folders that are built once and proved each time they are opened.

A folder is written beside its place, listed with sizes and sha256 in `manifest.json`, flushed to disk
and renamed. So a reader sees it whole or not at all, two builders at once end with one good folder,
and a killed builder leaves a hidden remainder that a later build sweeps away.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from .weights import checksum

MANIFEST = "manifest.json"
_SWEEP_AFTER = 3600  # seconds; a build takes about 3, so an older remainder has lost its builder
_log = logging.getLogger(__name__)


def ensure(folder: Path, write: Callable[[Path], None]) -> Path:
    """The intact folder; built by `write(empty folder)` when missing, again (with a warning) when damaged.

    Raises what `write` raises, and OSError when the place cannot be written.
    """
    fault = damage(folder)
    if fault is None:
        return folder
    if folder.exists():
        _log.warning("%s: %s; building it again", folder, fault)
    _build(folder, write)
    return folder


def damage(folder: Path) -> str | None:
    """What is wrong with a folder, None when every listed file has its size and sha256."""
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        for name, facts in listed.items():
            path = folder / name
            if path.stat().st_size != facts["bytes"] or checksum(path) != facts["sha256"]:
                return f"{name} does not match its checksum"
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{MANIFEST} cannot be read ({error})"
    return None


def _build(folder: Path, write: Callable[[Path], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    temporary = _beside(folder)
    temporary.mkdir()
    try:
        write(temporary)
        _list_files(temporary)
        for path in (*sorted(temporary.rglob("*")), temporary):
            _flush(path)
        _put(temporary, folder)
        _flush(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put(temporary: Path, folder: Path) -> None:
    """Rename into place; another builder's intact folder stays, a damaged one makes room."""
    while folder.exists():
        if damage(folder) is None:
            return
        aside = _beside(folder)
        os.rename(folder, aside)
        shutil.rmtree(aside, ignore_errors=True)
    try:
        os.rename(temporary, folder)
    except OSError:
        if damage(folder) is not None:
            raise


def _list_files(folder: Path) -> None:
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": checksum(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    (folder / MANIFEST).write_text(json.dumps({"files": files}, indent=1), encoding="utf-8")


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")


def _sweep(folder: Path) -> None:
    for remainder in folder.parent.glob(f".{folder.name}.*"):
        if time.time() - remainder.stat().st_mtime > _SWEEP_AFTER:
            shutil.rmtree(remainder, ignore_errors=True)


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
