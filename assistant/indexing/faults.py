"""Named places where a build can be made to fail, so that tests can prove that it may fail there.

`point("switched")` does nothing unless the environment variable INDEX_FAULT names it: `switched:kill`
ends the process as kill -9 does, `switched:full` raises what a full disk raises, `switched:wait`
stops for a minute. A number picks the n-th passing: `embedding:kill:3`.
"""

from __future__ import annotations

import errno
import os
import signal
import time

VARIABLE = "INDEX_FAULT"
POINTS = (
    "locked",
    "opened",
    "document",
    "read",
    "embedding",
    "embedded",
    "vectors",
    "lexical",
    "dense_batch",
    "dense",
    "sealed",
    "verified",
    "moved",
    "switching",
    "switched",
    "swept",
)

_passed: dict[str, int] = {}


def point(name: str) -> None:
    """A durable step has just been taken (or, for `switching`, is about to be)."""
    order = os.environ.get(VARIABLE)
    if order:
        _obey(name, *order.split(":"))


def _obey(name: str, wanted: str, action: str, nth: str = "1") -> None:
    if name != wanted:
        return
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] != int(nth):
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    elif action == "wait":
        time.sleep(60)
