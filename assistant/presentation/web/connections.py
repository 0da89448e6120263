"""Connections on which no whole request head comes: closed after a while, which uvicorn alone does not do."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0  # from the connection, or the first byte of a later request, to the end of its head


class Patient(HttpToolsProtocol):
    """uvicorn's protocol with an end to its patience; a body that does not come is the guard's affair."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has connected."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """A request has begun."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._wait_no_more()
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
