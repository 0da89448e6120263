"""Heavy work of the staff in a process of its own, niced, one piece at a time, so that answers stay quick."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from .... import service
from ....config import Settings
from ....domain.documents import Verdict
from ....errors import AssistantError, Overloaded
from ....indexing.records import PreparedDocument, VerifyReport

NICE = 10
PATIENCE = 180.0  # seconds one piece of work may wait for the one before
AGAIN = 30  # seconds until trying again makes sense

P = ParamSpec("P")
T = TypeVar("T")
_one = BoundedSemaphore(1)


def run(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """The work's result or error. Raises Overloaded when another piece takes too long."""
    if not _one.acquire(timeout=PATIENCE):
        raise Overloaded(seconds=AGAIN)
    try:
        with ProcessPoolExecutor(1, get_context("spawn"), _begin) as pool:
            return pool.submit(work, *given, **named).result()
    except BrokenProcessPool as error:
        raise AssistantError(reason=str(error)) from None
    finally:
        _one.release()


def examine(settings: Settings, folder: Path) -> list[tuple[Verdict, PreparedDocument | None]]:
    """See Service.examine."""
    return service.build(settings).examine(folder)


def verify(settings: Settings, strict: bool) -> VerifyReport:
    """See Service.verify."""
    return service.build(settings).verify(strict)


def _begin() -> None:
    with suppress(OSError, AttributeError):
        os.nice(NICE)
