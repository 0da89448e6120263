"""What every tab of the workspace works with: the service, the words, and handlers that know who asks.

A handler gets the account from the request's own cookie each time, asks for its role, waits for a free
place, and turns whatever goes wrong into a sentence. Nothing is kept between two events: Gradio's queue
and session would bind a person to one server process.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

import gradio as gr

from ....domain.conversations import Account, Role
from ....errors import AssistantError, Overloaded, RoleMissing, SignInRefused
from ....prompts import Words
from ....service import Service
from ... import exports, schemas
from ..preparing import Preparation
from . import markup, receiving
from .gate import token_of
from .shelf import Shelf

AT_ONCE = 2  # events worked on at the same time; the rest of the machine is the visitors'
PATIENCE = 30.0  # seconds an event waits for its turn
AGAIN = 10  # seconds until trying again makes sense
MAY = {Role.EDITOR: (Role.EDITOR, Role.ADMIN), Role.ADMIN: (Role.ADMIN,)}  # role asked for -> roles that have it

log = logging.getLogger(__name__)
turns = BoundedSemaphore(AT_ONCE)

Turn = Callable[[], AbstractContextManager[None]]
Work = Callable[..., tuple[Any, ...]]
"""`work(account, *values)` -> (what to say, "" or HTML, then a value for each output)."""


@dataclass(frozen=True)
class Desk:
    """One language's."""

    service: Service
    preparation: Preparation
    words: Words

    @property
    def shelf(self) -> Shelf:
        """Documents on their way in and out."""
        return receiving.shelf_of(self.service)

    def said(self, key: str, **details: object) -> str:
        """Words of `[staff]`."""
        return self.words.text(f"staff.{key}", **details)

    def known(self, key: str, otherwise: str) -> str:
        """Words of `[staff]` for a name that may have none."""
        return self.said(key) if self.words.has(f"staff.{key}") else otherwise

    def columns(self, *names: str) -> list[str]:
        """Headings of a table's columns."""
        return [self.said(f"column.{name}") for name in names]

    def note(self, account: Account, action: str, subject: str = "", **details: object) -> None:
        """Into the audit log."""
        self.service.stores.audit.note(account.name, action, subject, **details)

    def when(self, at: datetime, form: str = "%Y-%m-%d %H:%M") -> markup.Html:
        """A time as the office's clock shows it."""
        return markup.unbroken(exports.moment(at).strftime(form))

    def said_of(self, error: AssistantError) -> markup.Html:
        """An error's sentences."""
        shown = schemas.error(error, self.words)
        return markup.note(f"{shown['message']} {shown['hint']}", bad=True)

    def place(self) -> gr.Markdown:
        """Where a tab says what came of an action."""
        return gr.Markdown(elem_classes=["place"], latex_delimiters=[], container=False)

    def shown(self, *kinds: str) -> gr.Markdown:
        """Where a tab shows HTML of ours."""
        return gr.Markdown(elem_classes=["shown", *kinds], latex_delimiters=[], container=False)

    def on(
        self,
        listen: Callable[..., Any],
        work: Work,
        inputs: Sequence[Any] = (),
        outputs: Sequence[Any] = (),
        *,
        place: Any,
        role: Role = Role.EDITOR,
        quiet: bool = False,
        slow: bool = False,
    ) -> Any:
        """Have an event do `work` for those who have `role`; it speaks at `place`.

        Values come as the browser sends them and `work` looks at them itself: Gradio's own look at them needs a
        session, and in a mounted application takes any file of the server for an upload (6.31, `_check_allowed`).
        `quiet` shows no progress. What is `slow` works in a process apart and takes nobody's turn here.
        """
        return listen(
            self._handler(work, role, len(outputs), nullcontext if slow else _turn),
            list(inputs),
            [place, *outputs],
            queue=False,
            api_visibility="private",
            preprocess=False,
            show_progress="hidden" if quiet else "minimal",
        )

    def account(self, request: gr.Request, role: Role) -> Account:
        """Who asks. Raises SignInRefused, RoleMissing."""
        account = self.service.stores.accounts.of(token_of(request.headers))
        if account is None:
            raise SignInRefused()
        if account.role not in MAY[role]:
            raise RoleMissing()
        return account

    def _handler(self, work: Work, role: Role, outputs: int, turn: Turn) -> Callable[..., Any]:
        def handler(request: gr.Request, *values: Any) -> tuple[Any, ...]:
            try:
                account = self.account(request, role)
                with turn():
                    return work(account, *values)
            except Exception as error:
                return (self._failed(error), *[gr.skip()] * outputs)

        return handler

    def _failed(self, error: Exception) -> markup.Html:
        if isinstance(error, AssistantError):
            return self.said_of(error)
        if isinstance(error, OSError):
            return markup.note(self.said("disk", reason=error.strerror or type(error).__name__), bad=True)
        number = secrets.token_hex(4)
        log.error("staff error %s", number, exc_info=error)
        return self.said_of(AssistantError(reason=f"nr {number}"))


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for one of the free places. Raises Overloaded."""
    if not turns.acquire(timeout=PATIENCE):
        raise Overloaded(seconds=AGAIN)
    try:
        yield
    finally:
        turns.release()
