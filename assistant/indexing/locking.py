"""One writer at a time, across processes.

The lock is the kernel's (flock) on `indexes/lock`, so it goes when its holder goes, however it ends,
and can never be stale. The file's content only tells others who holds it. POSIX only.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..errors import IndexBusy

PATIENCE = 0.5  # seconds to wait for the holder's name, or for a lock that is just being let go

_held: set[int] = set()
_fork_hook: list[bool] = []


@contextlib.contextmanager
def hold(indexes: Path) -> Iterator[None]:
    """Hold the writer's lock of this folder; raises IndexBusy(pid, since) within a second, OSError from the disk."""
    descriptor = os.open(indexes / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    _drop_in_children(descriptor)
    try:
        _acquire(descriptor)
        _write(descriptor, {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")})
        yield
        _write(descriptor, {})
    finally:
        if descriptor in _held:  # not so in a forked child that comes this way
            _held.discard(descriptor)
            os.close(descriptor)


def holder(indexes: Path) -> tuple[int, str] | None:
    """(pid, since) of whoever holds the lock now; None when it is free."""
    try:
        descriptor = os.open(indexes / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor) or (0, "")
    finally:
        os.close(descriptor)
    return None


def _acquire(descriptor: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            named = _read(descriptor)
            if named and _alive(named[0]):
                raise IndexBusy(pid=named[0], since=named[1]) from None
            if time.monotonic() > deadline:
                raise IndexBusy(pid=named[0] if named else 0, since=named[1] if named else "") from None
            time.sleep(0.02)


def _read(descriptor: int) -> tuple[int, str] | None:
    """None while the holder has not written its name yet."""
    try:
        note = json.loads(os.pread(descriptor, 1000, 0))
        return int(note["pid"]), str(note["since"])
    except (ValueError, KeyError, TypeError):
        return None


def _write(descriptor: int, note: dict[str, object]) -> None:
    """The note is a courtesy: a full disk must not fail the lock."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(note).encode(), 0)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _drop_in_children(descriptor: int) -> None:
    """A forked child shares the kernel's lock: left alone, it would keep it after our death."""
    _held.add(descriptor)
    if not _fork_hook:
        _fork_hook.append(True)
        os.register_at_fork(after_in_child=_close_held)


def _close_held() -> None:
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()
