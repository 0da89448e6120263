"""Times the stages of a call from outside: methods are wrapped while measuring, the product stays as it is."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Stage = tuple[type, str, str]  # class, method, name of the stage


class Stopwatch:
    """Seconds by stage since the last `lap`; a stage's time is without the stages called inside it."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []  # for each call under way, the seconds of the stages inside it

    @contextmanager
    def watching(self, stages: Sequence[Stage]) -> Iterator[None]:
        """Time these methods; each has to be there."""
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in stages]
        try:
            for owner, name, stage in stages:
                setattr(owner, name, self._timed(getattr(owner, name), stage))
            yield
        finally:
            for owner, name, original in originals:
                setattr(owner, name, original)

    def lap(self) -> dict[str, float]:
        """The seconds since the last lap."""
        seconds, self._seconds = dict(self._seconds), defaultdict(float)
        return seconds

    def _timed(self, method: Any, stage: str) -> Any:
        @functools.wraps(method)
        def timed(*args: Any, **named: Any) -> Any:
            started = time.perf_counter()
            self._inner.append(0.0)
            try:
                return method(*args, **named)
            finally:
                took = time.perf_counter() - started
                self._seconds[stage] += took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took

        return timed
