"""What one server process shares between its requests."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...config import Settings
from ...dialogues.wording import said
from ...domain.answers import Answer, Retrieval, Status
from ...errors import AssistantError, IndexMissing, NotThere, Overloaded, Preparing
from ...prompts import Words
from ...service import Service
from .admission import Admission, Limits
from .metrics import Metrics
from .pages import Pages
from .preparing import Preparation
from .quoting import Quoting
from .switchboard import Switchboard
from .tally import Tally

REPORT_SECONDS = 5  # until a report is worth trying again
PREPARING_SECONDS = 5  # until somebody asks again whether the index is there
OFFERED = frozenset({Status.ANSWERED, Status.PARTIAL, Status.NOT_FOUND})  # after these a guided mode may be proposed
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Running:
    """Made once by `app.application`."""

    service: Service

    @property
    def settings(self) -> Settings:
        """The whole table."""
        return self.service.settings

    def words(self, lang: str) -> Words:
        """Screen texts of a language we have, else of the settings'."""
        return self.service.words.get(lang, self.service.words[self.settings.lang])

    @cached_property
    def admission(self) -> Admission[tuple[Answer, str]]:
        """The queue of questions."""
        return Admission(self.settings.web.slots or min(os.cpu_count() or 1, 8), self.settings.web.queue)

    @cached_property
    def quoting(self) -> Quoting:
        """Quotes for reports, ahead of time."""
        return Quoting(self.service, self.admission)

    @cached_property
    def limits(self) -> Limits:
        """Who has asked too often."""
        return Limits()

    @cached_property
    def _reports(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self.settings.web.reports)

    @asynccontextmanager
    async def reporting(self) -> AsyncIterator[None]:
        """Around the making of a report, of which so many are made at once. Raises Overloaded."""
        try:
            async with asyncio.timeout(self.settings.web.question_seconds):
                await self._reports.acquire()
        except TimeoutError:
            raise Overloaded(seconds=REPORT_SECONDS) from None
        try:
            yield
        finally:
            self._reports.release()

    @cached_property
    def preparation(self) -> Preparation:
        """Building the index."""
        return Preparation(self.settings)

    @cached_property
    def switchboard(self) -> Switchboard:
        """Whether the public surfaces answer."""
        return Switchboard(self.service.stores)

    @cached_property
    def metrics(self) -> Metrics:
        """Numbers for Prometheus."""
        return Metrics(self.admission)

    @cached_property
    def tally(self) -> Tally:
        """Numbers for the workspace."""
        return Tally()

    @cached_property
    def pages(self) -> Pages:
        """The HTML."""
        return Pages(self.service)

    @cached_property
    def ready(self) -> threading.Event:
        """Set when the models are loaded over a verified generation."""
        return threading.Event()

    def known_site(self, site: str) -> None:
        """Raises NotThere for a key that no widget has."""
        if site and site not in self.settings.web.widgets:
            raise NotThere()

    def sooner(self, error: AssistantError) -> AssistantError:
        """While the first index is being built, a missing one is no fault."""
        waiting = isinstance(error, IndexMissing) and self.preparation.running
        return Preparing(seconds=PREPARING_SECONDS) if waiting else error

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Around what needs the index."""
        try:
            yield
        except IndexMissing as error:
            raise self.sooner(error) from error

    def searched(self, query: str, k: int) -> Retrieval:
        """Passages for what somebody typed."""
        with self.patient():
            return self.service.search(query, k)

    def read_units(self, waiting: int) -> int | None:
        """How many sentences the reader looks at for a question while others wait; None = as many as set."""
        full, less = self.settings.answering.read_units, self.settings.web.read_less * waiting
        return max(full - less, min(full, 1)) if less else None

    def answer(self, ask: Any, surface: str, site: str) -> tuple[Answer, str]:
        """Run one question and count its end. Errors are the reader's."""
        try:
            answer, message = ask()
        except AssistantError as error:
            self.metrics.failed(error.code)
            raise self.sooner(error) from error
        self.metrics.answered(answer, surface)
        self.tally.answered(answer, surface, site)
        return answer, message

    def proposed(self, answer: Answer) -> dict[str, str] | None:
        """The guided mode that fits an answered question, as {id, title}. An offer is no part of the answer: what
        goes wrong here is logged and nobody is offered anything."""
        if answer.status not in OFFERED:
            return None
        try:
            found = self.service.guided.proposed(answer.question, answer.lang)
        except Exception:
            log.exception("proposing a guided mode")
            return None
        return {"id": found.id, "title": said(found.title, answer.lang)} if found else None

    def warm_offers(self) -> None:
        """Make what proposing needs, half a second in each language, before somebody waits for it."""
        for lang in self.service.words:
            try:
                self.service.guided.proposed("start", lang)
            except AssistantError as error:
                log.warning("no guided modes are proposed: %s", error)
