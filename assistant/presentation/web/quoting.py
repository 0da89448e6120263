"""Quotes for a mode's advice are looked up while somebody still replies, so that the report need not wait for them."""

from __future__ import annotations

import logging
import threading
from typing import Any

from ...domain.dialogues import Dialogue
from ...errors import AssistantError
from ...service import Service
from .admission import Admission

PAUSE = 0.5  # seconds between two looks whether questions of others still wait
log = logging.getLogger(__name__)


class Quoting:
    """One mode at a time, in a thread; questions that people ask come first."""

    def __init__(self, service: Service, admission: Admission[Any]) -> None:
        self._service, self._admission = service, admission
        self._begun: set[tuple[str, str, str]] = set()
        self._one = threading.Lock()
        self._ending = threading.Event()

    def begin(self, dialogue: Dialogue, lang: str) -> None:
        """Returns at once; does nothing for what is looked up already."""
        try:
            key = (self._service.generation, dialogue.digest, lang)
        except AssistantError:  # without an index there is nothing to quote
            return
        if key not in self._begun:
            self._begun.add(key)
            threading.Thread(target=self._run, args=(dialogue, lang), name="quoting", daemon=True).start()

    def stop(self) -> None:
        """Look nothing up any more."""
        self._ending.set()

    def _run(self, dialogue: Dialogue, lang: str) -> None:
        with self._one:
            for advice in dialogue.advice:
                while self._admission.waiting and not self._ending.is_set():
                    self._ending.wait(PAUSE)
                if self._ending.is_set():
                    return
                try:
                    self._service.guided.quoted(advice, lang)
                except AssistantError as error:  # the report will say so itself
                    log.warning("quotes: %s", error)
                    return
