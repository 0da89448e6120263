"""Building the index in a process of its own, so that answers stay quick and its memory is given back."""

from __future__ import annotations

import multiprocessing
import os
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from ... import service
from ...config import Settings
from ...errors import AssistantError, IndexBusy
from ...indexing.records import BuildReport

NICE = 10  # below the answers, which run at 0
WAIT = 3.0  # seconds until another process's build is looked at again


class Preparation:
    """Brings the index up to date when asked; tells how far it is. One at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread: threading.Thread | None = None
        self._process: multiprocessing.process.BaseProcess | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._progress = ("", 0, 0)
        self.failed: AssistantError | None = None
        self.report: BuildReport | None = None

    @property
    def running(self) -> bool:
        """Whether a build is under way, here or in another process that holds the lock."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def progress(self) -> tuple[str, int, int]:
        """(stage, done, total) of the build under way."""
        return self._progress

    def start(self, full: bool = False) -> bool:
        """Begin; False when one is under way already."""
        with self._lock:
            if self.running or self._stopping.is_set():
                return False
            self._progress, self.failed, self.report = ("start", 0, 0), None, None
            self._thread = threading.Thread(target=self._run, args=(full,), name="preparation", daemon=True)
            self._thread.start()
            return True

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the build under way."""
        if self._thread is not None:
            self._thread.join(timeout)

    def stop(self) -> None:
        """End the build under way; what it had built so far is thrown away by the next one."""
        self._stopping.set()
        while self._process is not None and self.running:
            if self._process.is_alive():
                self._process.terminate()
            self.join(0.1)

    def _run(self, full: bool) -> None:
        while not self._stopping.is_set():
            outcome = self._built(full)
            if isinstance(outcome, IndexBusy):  # another worker or command builds: this one waits for it
                self._stopping.wait(WAIT)
                continue
            if isinstance(outcome, AssistantError):
                self.failed = outcome
            elif outcome is not None:
                self.report = outcome
            return

    def _built(self, full: bool) -> BuildReport | AssistantError | None:
        spawn = multiprocessing.get_context("spawn")
        here, there = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_build, args=(self._settings, full, there), name="index")
        process.start()
        self._process = process
        there.close()
        outcome: Any = None
        with suppress(EOFError, OSError):
            while True:
                kind, value = here.recv()
                if kind == "progress":
                    self._progress = value
                else:
                    outcome = value
        process.join()
        here.close()
        if outcome is None and not self._stopping.is_set():
            return AssistantError(reason=f"index: {process.exitcode}")
        return outcome


def _build(settings: Settings, full: bool, told: Connection) -> None:
    """The whole life of the process."""
    with suppress(OSError):
        os.nice(NICE)
    outcome: BuildReport | AssistantError
    try:
        outcome = service.build(settings).index(lambda *stage: told.send(("progress", stage)), full)
    except AssistantError as error:
        outcome = error
    except Exception as error:  # the server that waits for this must learn of any end
        outcome = AssistantError(reason=f"{type(error).__name__}: {error}")
    told.send(("end", outcome))
