"""Whether the public surfaces answer: the operator's switch as this process last saw it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ...domain.conversations import SwitchState
from ...errors import StorageError
from ...storage.stores import Stores

INTERVAL = 1.0  # seconds between two looks; the switch must work within two (SECURITY E13)


class Switchboard:
    """`known` never waits; `refresh` asks the database. With the database gone the last state holds."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.known = SwitchState(open=True)

    def refresh(self) -> None:
        """Look once; waits for the database."""
        with suppress(StorageError):
            self.known = self._stores.switch.state()

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.to_thread(self.refresh)
            await asyncio.sleep(INTERVAL)
