"""How many questions are answered at once, how many wait, and who has asked too often.

A queue without an end answered 200 hammering users after 7 to 13 seconds each (SECURITY R-13); here
what does not fit is refused at once and told when to come back. Home of the package `limits`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from time import monotonic, time
from typing import Generic, TypeVar

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ...errors import Overloaded, TooManyTries

T = TypeVar("T")
FIRST_GUESS = 0.1  # seconds an answer takes, until some were timed


class Admission(Generic[T]):
    """`slots` questions at once, `queue` more waiting in the order they came. Safe to use from several threads."""

    def __init__(self, slots: int, queue: int) -> None:
        self._slots, self._room = slots, slots + queue
        self._pool = ThreadPoolExecutor(slots, "ask")
        self._lock = Lock()
        self._inside = 0
        self._seconds = FIRST_GUESS

    def submit(self, work: Callable[[int], T]) -> Future[T]:
        """Queue a piece of work, which is told how many wait behind it when it starts. Raises Overloaded.

        Cancelling the future takes it out of the queue; what has started runs to its end.
        """
        with self._lock:
            self.check()
            self._inside += 1
        try:
            future = self._pool.submit(self._run, work)
        except RuntimeError:  # the pool is closing
            self._leave()
            raise Overloaded(seconds=self._wait()) from None
        future.add_done_callback(lambda _: self._leave())
        return future

    def check(self) -> None:
        """Raises Overloaded when the queue is full; costs nothing."""
        if self._inside >= self._room:
            raise Overloaded(seconds=self._wait())

    @property
    def waiting(self) -> int:
        """Questions that nobody works on yet."""
        return max(0, self._inside - self._slots)

    def close(self) -> None:
        """Finish what has started, drop what waits."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, work: Callable[[int], T]) -> T:
        started = monotonic()
        try:
            return work(self.waiting)
        finally:
            self._seconds += 0.1 * (monotonic() - started - self._seconds)

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1

    def _wait(self) -> int:
        return max(2, math.ceil(self._room * self._seconds / self._slots))


class Limits:
    """Questions a minute by person, address and site, and answers one person has under way.

    Addresses are kept as keyed hashes with a key that lives as long as the process (SECURITY P7).
    """

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._key = secrets.token_bytes(32)
        self._streams: Counter[str] = Counter()
        self._lock = Lock()

    def count(self, kind: str, who: str, per_minute: int) -> None:
        """Count one question. Raises TooManyTries."""
        item = RateLimitItemPerMinute(per_minute)
        if not self._limiter.hit(item, kind, who):
            raise TooManyTries(seconds=self._seconds(item, kind, who))

    def check(self, kind: str, who: str, per_minute: int) -> None:
        """Raises TooManyTries when the next would be one too many; counts nothing."""
        item = RateLimitItemPerMinute(per_minute)
        if not self._limiter.test(item, kind, who):
            raise TooManyTries(seconds=self._seconds(item, kind, who))

    def _seconds(self, item: RateLimitItemPerMinute, kind: str, who: str) -> int:
        wait = self._limiter.get_window_stats(item, kind, who).reset_time - time()
        return max(1, math.ceil(wait))

    def address(self, host: str) -> str | None:
        """An address as it is counted: an IPv6 network of a household (/64) as one; None for loopback or none."""
        try:
            ip = ipaddress.ip_address(host)
        except ValueError:
            return None
        if ip.is_loopback:
            return None
        counted = str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)
        return hashlib.blake2b(counted.encode(), key=self._key, digest_size=16).hexdigest()

    @contextmanager
    def under_way(self, who: str, most: int) -> Iterator[None]:
        """One answer of a person while it is under way. Raises TooManyTries."""
        with self._lock:
            if self._streams[who] >= most:
                raise TooManyTries(seconds=2)
            self._streams[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._streams[who] -= 1
                if not self._streams[who]:
                    del self._streams[who]
