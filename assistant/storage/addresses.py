"""Addresses of people's machines, never as they are: hashed with a key of the day that nobody keeps (SECURITY P7).

The key is random and the same for all servers of one database; the day after it is thrown away, and with it
every way from a hash back to an address, or from one day's hash to the next one's.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlalchemy import Connection, delete, select

from ..errors import DatabaseUnavailable
from .database import Database
from .tables import keys

HOUSE = 64  # bits of an IPv6 address that tell one subscriber from another


@dataclass(frozen=True)
class Addresses:
    """Hashes addresses and names; the same within one UTC day."""

    database: Database
    clock: Callable[[], datetime]
    _known: dict[date, bytes] = field(default_factory=dict, repr=False)
    _spare: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def hash(self, address: str) -> str:
        """64 hexadecimal digits; IPv6 by its first 64 bits. While the database is away, good for this process only."""
        return hmac.digest(self._key(), _network(address).encode("utf-8", "surrogatepass"), "sha256").hex()

    def _key(self) -> bytes:
        today = self.clock().astimezone(UTC).date()
        known = self._known.get(today)
        if known is None:
            try:
                known = self.database.write(lambda connection: self._of_day(connection, today))
            except DatabaseUnavailable:
                return self._spare
            self._known.clear()
            self._known[today] = known
        return known

    def _of_day(self, connection: Connection, today: date) -> bytes:
        row = {"day": today, "key": secrets.token_hex(32)}
        connection.execute(self.database.insert(keys).values(row).on_conflict_do_nothing(index_elements=["day"]))
        connection.execute(delete(keys).where(keys.c.day < today))
        return bytes.fromhex(connection.execute(select(keys.c.key).where(keys.c.day == today)).scalar_one())


def _network(address: str) -> str:
    try:
        read = ipaddress.ip_address(address.strip())
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv6Address):
        return str(read.ipv4_mapped or ipaddress.IPv6Network((read, HOUSE), strict=False))
    return str(read)
